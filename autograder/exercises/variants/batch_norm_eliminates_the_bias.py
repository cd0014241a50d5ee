"""Correct answers to the exercises of notebook 04."""

from __future__ import annotations

import copy
import re

import numpy as np

import bnkit


def gradient_by_chain_rule(dZ_tilde, Z_norm, gamma, sigma2, eps=1e-5):
    m = dZ_tilde.shape[1]
    dgamma = np.sum(dZ_tilde * Z_norm, axis=1, keepdims=True)
    dbeta = np.sum(dZ_tilde, axis=1, keepdims=True)
    dZ = gamma / np.sqrt(sigma2 + eps) * (dZ_tilde - dbeta / m - Z_norm * dgamma / m)
    return np.sum(dZ, axis=1, keepdims=True)


def gradient_by_library(dZ_tilde, Z_norm, gamma, sigma2, eps=1e-5):
    return bnkit.batchnorm_backward(dZ_tilde, Z_norm, gamma, sigma2, eps)[0].sum(axis=1, keepdims=True)


def gradient_by_stages(dZ_tilde, Z_norm, gamma, sigma2, eps=1e-5):
    m = Z_norm.shape[1]
    std = (sigma2 + eps) ** 0.5
    deviation = Z_norm * std
    dZ_norm = dZ_tilde * gamma
    dsigma2 = (dZ_norm * deviation * -0.5 * std**-3).sum(axis=1, keepdims=True)
    dmu = (-dZ_norm / std).sum(axis=1, keepdims=True) + dsigma2 * (-2 * deviation).mean(axis=1, keepdims=True)
    dZ = dZ_norm / std + dsigma2 * 2 * deviation / m + dmu / m
    return dZ.sum(axis=1, keepdims=True)


def gradient_along_two_paths(dZ_tilde, Z_norm, gamma, sigma2, eps=1e-5):
    straight = (gamma * dZ_tilde / np.sqrt(sigma2 + eps)).sum(axis=1, keepdims=True)
    through_the_mean = -(gamma * dZ_tilde / np.sqrt(sigma2 + eps)).sum(axis=1, keepdims=True)
    return straight + through_the_mean


def gradient_as_zeros(dZ_tilde, Z_norm, gamma, sigma2, eps=1e-5):
    return np.zeros_like(sigma2)


def gradient_as_whole_zeros(dZ_tilde, Z_norm, gamma, sigma2, eps=1e-5):
    return np.zeros((dZ_tilde.shape[0], 1), dtype=int)


def gradient_by_units(dZ_tilde, Z_norm, gamma, sigma2, eps=1e-5):
    db = np.empty(gamma.shape)
    for j in range(len(gamma)):
        inv_std = 1 / np.sqrt(sigma2[j, 0] + eps)
        d, z = dZ_tilde[j], Z_norm[j]
        dZ = gamma[j, 0] * inv_std * (d - d.mean() - z * (d * z).mean())
        db[j, 0] = sum(dZ)
    return db


def gradient_by_einsum(dZ_tilde, Z_norm, gamma, sigma2, eps=1e-5):
    n, m = Z_norm.shape
    centred = dZ_tilde - np.einsum("ij->i", dZ_tilde).reshape(n, 1) / m
    along = np.einsum("ij,ij->i", centred, Z_norm)[:, None] / m
    return ((centred - along * Z_norm) @ np.ones((m, 1))) * gamma * (sigma2 + eps) ** -0.5


def gradient_in_float64(dZ_tilde, Z_norm, gamma, sigma2, eps=1e-5):
    given = (x.astype(np.float64) for x in (dZ_tilde, Z_norm, gamma, sigma2))
    return gradient_by_chain_rule(*given, eps=eps)


def drop_by_comprehension(parameters):
    return {
        key: value
        for key, value in parameters.items()
        if not (key.startswith("b") and "gamma" + key[1:] in parameters)
    }


def drop_by_pop(parameters):
    kept = dict(parameters)
    for key in parameters:
        if key.startswith("gamma"):
            kept.pop("b" + key[5:], None)
    return kept


def drop_by_pattern(parameters):
    kept = {}
    for key, value in parameters.items():
        bias = re.fullmatch(r"b(\d+)", key)
        if bias is None or f"gamma{bias[1]}" not in parameters:
            kept[key] = value
    return kept


def drop_from_a_deep_copy(parameters):
    kept = copy.deepcopy(parameters)
    L = sum(key.startswith("W") for key in kept)
    for layer in range(1, L + 1):
        if f"gamma{layer}" in kept and f"b{layer}" in kept:
            del kept[f"b{layer}"]
    return kept


def drop_by_sets(parameters):
    biases = {f"b{key[5:]}" for key in parameters if key[:5] == "gamma"}
    return {key: parameters[key].copy() for key in sorted(set(parameters) - biases)}


def drop_by_layers(parameters):
    kept, layer = {}, 1
    while f"W{layer}" in parameters:
        names = ("W", "gamma", "beta") if f"gamma{layer}" in parameters else ("W", "b")
        kept.update({f"{name}{layer}": parameters[f"{name}{layer}"] for name in names})
        layer += 1
    return kept


def count_by_loop(layer_dims, batch_norm):
    total = 0
    L = len(layer_dims) - 1
    for layer in range(1, L + 1):
        total += layer_dims[layer] * layer_dims[layer - 1]
        if layer < L and batch_norm:
            total += 2 * layer_dims[layer]
        else:
            total += layer_dims[layer]
    return total


def count_by_sums(layer_dims, batch_norm):
    n = np.array(layer_dims)
    return (n[1:] * n[:-1]).sum() + n[1:].sum() + (n[1:-1].sum() if batch_norm else 0)


def count_by_arrays(layer_dims, batch_norm):
    sizes = []
    for i in range(1, len(layer_dims)):
        sizes.append(np.zeros((layer_dims[i], layer_dims[i - 1])).size)
        last = i == len(layer_dims) - 1
        sizes += [np.zeros((layer_dims[i], 1)).size] * (2 if batch_norm and not last else 1)
    return sum(sizes)


def count_by_dot(layer_dims, batch_norm):
    weights = np.dot(layer_dims[1:], layer_dims[:-1])
    hidden = sum(layer_dims[1:-1])
    return int(weights) + layer_dims[-1] + hidden * (1 + batch_norm)


def count_as_a_float(layer_dims, batch_norm):
    return float(count_by_loop(layer_dims, batch_norm))


def count_recursively(layer_dims, batch_norm):
    n_prev, n, *rest = layer_dims
    if not rest:
        return n * n_prev + n
    return n * n_prev + (2 * n if batch_norm else n) + count_recursively([n, *rest], batch_norm)


def remove_by_difference(b, running_mu):
    return running_mu - b


def remove_by_negative(b, running_mu):
    return -b + running_mu


def remove_by_subtract(b, running_mu):
    return np.subtract(running_mu, b)


def remove_by_copy(b, running_mu):
    corrected = running_mu.copy()
    corrected -= b
    return corrected


def remove_by_units(b, running_mu):
    return np.array([[mean.item() - bias.item()] for mean, bias in zip(running_mu, b, strict=True)])


def remove_by_rows(b, running_mu):
    return (running_mu.ravel() - b.ravel())[:, np.newaxis]


def expose_by_gamma():
    return np.array([[1.0]]), np.array([[2.0]]), np.array([[1.0]])


def expose_by_variance():
    return np.ones((3, 1)), np.ones((3, 1)), np.full((3, 1), 0.01)


def expose_by_a_negative_scale():
    return np.array([[1], [2]]), np.array([[-1], [-1]]), np.array([[1], [1]])


def expose_in_one_unit():
    return [np.array([[0.0], [5]]), np.array([[1.0], [0.1]]), np.array([[1.0], [3]])]


def expose_at_random():
    rng = np.random.default_rng(3)
    return rng.normal(size=(20, 1)), rng.uniform(0.5, 2, (20, 1)), rng.uniform(0.1, 4, (20, 1))


def expose_in_float32():
    columns = np.array([[[2.0]], [[3.0]], [[4.0]]], dtype=np.float32)
    return tuple(columns)


VARIANTS = {
    "bias_gradient": (
        gradient_by_chain_rule,
        gradient_by_library,
        gradient_by_stages,
        gradient_along_two_paths,
        gradient_as_zeros,
        gradient_as_whole_zeros,
        gradient_by_units,
        gradient_by_einsum,
        gradient_in_float64,
    ),
    "drop_biases": (
        drop_by_comprehension,
        drop_by_pop,
        drop_by_pattern,
        drop_from_a_deep_copy,
        drop_by_sets,
        drop_by_layers,
    ),
    "count_parameters": (
        count_by_loop,
        count_by_sums,
        count_by_arrays,
        count_by_dot,
        count_as_a_float,
        count_recursively,
    ),
    "remove_trained_bias": (
        remove_by_difference,
        remove_by_negative,
        remove_by_subtract,
        remove_by_copy,
        remove_by_units,
        remove_by_rows,
    ),
    "expose_bias": (
        expose_by_gamma,
        expose_by_variance,
        expose_by_a_negative_scale,
        expose_in_one_unit,
        expose_at_random,
        expose_in_float32,
    ),
}
