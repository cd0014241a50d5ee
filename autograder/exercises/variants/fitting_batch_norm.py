"""Correct answers to the exercises of notebook 02."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

import bnkit

from .normalizing_activations import (
    forward_by_formulas,
    forward_by_inverse,
    forward_by_units,
    forward_in_one_step,
)


def initialize_by_standard_normal(layer_dims, rng):
    parameters = {}
    L = len(layer_dims) - 1
    for layer in range(1, L + 1):
        n_prev, n = layer_dims[layer - 1], layer_dims[layer]
        parameters[f"W{layer}"] = rng.standard_normal((n, n_prev)) * np.sqrt(2 / n_prev)
        if layer < L:
            parameters[f"gamma{layer}"] = np.ones((n, 1))
            parameters[f"beta{layer}"] = np.zeros((n, 1))
    parameters[f"b{L}"] = np.zeros((layer_dims[-1], 1))
    return parameters


def initialize_by_normal(layer_dims, rng):
    sizes = list(pairwise(layer_dims))
    parameters = {
        f"W{i}": rng.normal(0, math.sqrt(2 / n_prev), size=(n, n_prev))
        for i, (n_prev, n) in enumerate(sizes, 1)
    }
    for i, (_, n) in enumerate(sizes[:-1], 1):
        parameters |= {f"gamma{i}": np.full((n, 1), 1.0), f"beta{i}": np.full((n, 1), 0.0)}
    return {**parameters, "b" + str(len(sizes)): 0 * np.ones((sizes[-1][1], 1))}


def initialize_in_float32(layer_dims, rng):
    return {
        key: value.astype(np.float32) for key, value in initialize_by_standard_normal(layer_dims, rng).items()
    }


def initialize_transposed(layer_dims, rng):
    parameters = {}
    for i in range(len(layer_dims) - 1, 0, -1):
        draws = rng.normal(size=(layer_dims[i - 1], layer_dims[i]))
        parameters["W" + str(i)] = draws.T * (2 / layer_dims[i - 1]) ** 0.5
        column = np.zeros(layer_dims[i]).reshape(-1, 1)
        if i == len(layer_dims) - 1:
            parameters["b" + str(i)] = column
        else:
            parameters["gamma" + str(i)] = np.ones_like(column)
            parameters["beta" + str(i)] = column
    return parameters


def initialize_with_integers(layer_dims, rng):
    parameters = initialize_by_standard_normal(layer_dims, rng)
    return {key: value if key[0] == "W" else value.astype(int) for key, value in parameters.items()}


def layer_by_library(A_prev, W, gamma, beta, eps=1e-5):
    return np.maximum(0, bnkit.batchnorm_forward(W @ A_prev, gamma, beta, eps)[0])


def layer_by_formulas(A_prev, W, gamma, beta, eps=1e-5):
    Z_tilde, _, _, _ = forward_by_formulas(np.dot(W, A_prev), gamma, beta, eps)
    return Z_tilde * (Z_tilde > 0)


def layer_by_einsum(A_prev, W, gamma, beta, eps=1e-5):
    Z_tilde = forward_by_inverse(np.einsum("ij,jk->ik", W, A_prev), gamma, beta, eps)[0]
    return np.where(Z_tilde > 0, Z_tilde, 0)


def layer_by_units(A_prev, W, gamma, beta, eps=1e-5):
    A = forward_by_units(W @ A_prev, gamma, beta, eps)[0]
    A[A < 0] = 0
    return A


def layer_in_float64(A_prev, W, gamma, beta, eps=1e-5):
    Z = W.astype(np.float64) @ A_prev.astype(np.float64)
    return np.clip(forward_by_formulas(Z, gamma, beta, eps)[0], 0, None)


def layer_with_half_the_sum(A_prev, W, gamma, beta, eps=1e-5):
    Z_tilde = forward_by_formulas(W @ A_prev, gamma, beta, eps)[0]
    return (Z_tilde + np.abs(Z_tilde)) / 2


def layer_folded(A_prev, W, gamma, beta, eps=1e-5):
    return np.maximum(forward_in_one_step(W @ A_prev, gamma, beta, eps)[0], 0)


def _softmax(Z):
    shifted = np.exp(Z - np.max(Z, axis=0, keepdims=True))
    return shifted / np.sum(shifted, axis=0, keepdims=True)


def _numbers(parameters):
    return sorted(int(key[1:]) for key in parameters if key.startswith("W"))


def network_by_layers(X, parameters, eps=1e-5):
    L = len(_numbers(parameters))
    A = X
    for i in range(1, L):
        W = parameters[f"W{i}"]
        if f"gamma{i}" in parameters:
            A = layer_by_formulas(A, W, parameters[f"gamma{i}"], parameters[f"beta{i}"], eps)
        else:
            A = np.maximum(W @ A + parameters[f"b{i}"], 0)
    return _softmax(parameters[f"W{L}"] @ A + parameters[f"b{L}"])


def network_by_library(X, parameters, eps=1e-5):
    A, i = X, 1
    while f"W{i + 1}" in parameters:
        Z = parameters[f"W{i}"] @ A + parameters.get(f"b{i}", 0)
        if f"gamma{i}" in parameters:
            Z = bnkit.batchnorm_forward(Z, parameters[f"gamma{i}"], parameters[f"beta{i}"], eps=eps)[0]
        A, i = bnkit.relu(Z), i + 1
    return bnkit.softmax(parameters[f"W{i}"] @ A + parameters[f"b{i}"])


def network_by_recursion(X, parameters, eps=1e-5):
    def output(i):
        if i == 0:
            return X
        Z = np.matmul(parameters[f"W{i}"], output(i - 1))
        if f"b{i}" in parameters:
            Z = Z + parameters[f"b{i}"]
        if f"gamma{i}" in parameters:
            Z = forward_by_inverse(Z, parameters[f"gamma{i}"], parameters[f"beta{i}"], eps)[0]
        return Z if i == last else np.maximum(Z, 0)

    last = max(_numbers(parameters))
    logits = output(last)
    log_sum = np.log(np.exp(logits - logits.max(0)).sum(0)) + logits.max(0)
    return np.exp(logits - log_sum)


def network_in_float64(X, parameters, eps=1e-5):
    return network_by_layers(
        X.astype(np.float64), {key: value.astype(np.float64) for key, value in parameters.items()}, eps
    )


def network_folded(X, parameters, eps=1e-5):
    """Batch norm as one factor and one shift; exponents cut off where a power would underflow."""
    A, L = X, len(_numbers(parameters))
    for i in range(1, L):
        W = parameters[f"W{i}"]
        if f"gamma{i}" in parameters:
            A = layer_folded(A, W, parameters[f"gamma{i}"], parameters[f"beta{i}"], eps)
        else:
            A = np.maximum(W @ A + parameters[f"b{i}"], 0)
    logits = parameters[f"W{L}"] @ A + parameters[f"b{L}"]
    powers = np.exp(np.clip(logits - logits.max(axis=0), -80, 0))
    return powers / powers.sum(axis=0)


def stages_with_eps_by_keyword(dZ_tilde, Z, gamma, mu, sigma2, *, eps=1e-5):
    return stages_by_formulas(dZ_tilde, Z, gamma, mu, sigma2, eps)


def stages_by_formulas(dZ_tilde, Z, gamma, mu, sigma2, eps=1e-5):
    m = Z.shape[1]
    inv_std = 1 / np.sqrt(sigma2 + eps)
    dZ_norm = dZ_tilde * gamma
    dsigma2 = np.sum(dZ_norm * (Z - mu) * -0.5 * inv_std**3, axis=1, keepdims=True)
    dmu = np.sum(-dZ_norm * inv_std, axis=1, keepdims=True)
    dmu = dmu + dsigma2 * np.sum(-2 * (Z - mu), axis=1, keepdims=True) / m
    dZ = dZ_norm * inv_std + dsigma2 * 2 * (Z - mu) / m + dmu / m
    return {"dZ_norm": dZ_norm, "dsigma2": dsigma2, "dmu": dmu, "dZ": dZ}


def stages_without_the_zero_term(dZ_tilde, Z, gamma, mu, sigma2, eps=1e-5):
    m = Z.shape[1]
    std = np.sqrt(sigma2 + eps)
    dZ_norm = gamma * dZ_tilde
    dsigma2 = -(dZ_norm * (Z - mu)).sum(axis=1, keepdims=True) / (2 * std**3)
    dmu = -dZ_norm.sum(axis=1, keepdims=True) / std
    return dict(
        dZ=dZ_norm / std + 2 * dsigma2 * (Z - mu) / m + dmu / m, dmu=dmu, dsigma2=dsigma2, dZ_norm=dZ_norm
    )


def stages_by_power(dZ_tilde, Z, gamma, mu, sigma2, eps=1e-5):
    m = Z.shape[1]
    dZ_norm = np.multiply(gamma, dZ_tilde)
    dsigma2 = -0.5 * np.einsum("ij,ij->i", dZ_norm, Z - mu)[:, None] * (sigma2 + eps) ** -1.5
    dmu = -np.einsum("ij->i", dZ_norm)[:, None] * (sigma2 + eps) ** -0.5
    dZ = dZ_norm * (sigma2 + eps) ** -0.5
    dZ += 2 / m * dsigma2 * (Z - mu)
    dZ += dmu / m
    return {"dZ_norm": dZ_norm, "dsigma2": dsigma2, "dmu": dmu, "dZ": dZ}


def stages_by_units(dZ_tilde, Z, gamma, mu, sigma2, eps=1e-5):
    n, m = Z.shape
    dZ_norm, dZ = np.zeros((n, m)), np.zeros((n, m))
    dsigma2, dmu = np.zeros((n, 1)), np.zeros((n, 1))
    for i in range(n):
        variance = float(sigma2[i, 0]) + eps
        for j in range(m):
            dZ_norm[i, j] = float(gamma[i, 0]) * float(dZ_tilde[i, j])
            dsigma2[i, 0] += -0.5 * variance**-1.5 * dZ_norm[i, j] * (float(Z[i, j]) - float(mu[i, 0]))
            dmu[i, 0] -= dZ_norm[i, j] / math.sqrt(variance)
        for j in range(m):
            slope = dsigma2[i, 0] * 2 * (float(Z[i, j]) - float(mu[i, 0])) / m
            dZ[i, j] = dZ_norm[i, j] / math.sqrt(variance) + slope + dmu[i, 0] / m
    return {"dZ_norm": dZ_norm, "dsigma2": dsigma2, "dmu": dmu, "dZ": dZ}


def stages_with_compact_end(dZ_tilde, Z, gamma, mu, sigma2, eps=1e-5):
    stages = stages_without_the_zero_term(dZ_tilde, Z, gamma, mu, sigma2, eps)
    Z_norm = (Z - mu) / np.sqrt(sigma2 + eps)
    stages["dZ"] = backward_compact(dZ_tilde, Z_norm, gamma, sigma2, eps)[0]
    return stages


def backward_compact(dZ_tilde, Z_norm, gamma, sigma2, eps=1e-5):
    m = Z_norm.shape[1]
    dgamma = np.sum(dZ_tilde * Z_norm, axis=1, keepdims=True)
    dbeta = np.sum(dZ_tilde, axis=1, keepdims=True)
    dZ = gamma / np.sqrt(sigma2 + eps) * (dZ_tilde - dbeta / m - Z_norm * dgamma / m)
    return dZ, dgamma, dbeta


def backward_over_m(dZ_tilde, Z_norm, gamma, sigma2, eps=1e-5):
    m = Z_norm.shape[1]
    dZ_norm = dZ_tilde * gamma
    total = dZ_norm.sum(1, keepdims=True)
    along = (dZ_norm * Z_norm).sum(1, keepdims=True)
    dZ = (m * dZ_norm - total - Z_norm * along) / (m * np.sqrt(sigma2 + eps))
    return [dZ, (dZ_tilde * Z_norm).sum(1, keepdims=True), dZ_tilde.sum(1, keepdims=True)]


def backward_staged(dZ_tilde, Z_norm, gamma, sigma2, eps=1e-5):
    m = Z_norm.shape[1]
    std = np.sqrt(sigma2 + eps)
    deviation = Z_norm * std
    dZ_norm = gamma * dZ_tilde
    dsigma2 = -0.5 * std**-3 * np.sum(dZ_norm * deviation, axis=1, keepdims=True)
    dmu = -np.sum(dZ_norm, axis=1, keepdims=True) / std
    dZ = dZ_norm / std + dsigma2 * 2 * deviation / m + dmu / m
    return dZ, np.einsum("ij,ij->i", dZ_tilde, Z_norm)[:, None], np.einsum("ij->i", dZ_tilde)[:, None]


def backward_by_means(dZ_tilde, Z_norm, gamma, sigma2, eps=1e-5):
    centered = dZ_tilde - dZ_tilde.mean(axis=1, keepdims=True)
    centered = centered - Z_norm * (dZ_tilde * Z_norm).mean(axis=1, keepdims=True)
    m = dZ_tilde.shape[1]
    dgamma = m * (dZ_tilde * Z_norm).mean(axis=1, keepdims=True)
    return gamma * (sigma2 + eps) ** -0.5 * centered, dgamma, m * dZ_tilde.mean(axis=1, keepdims=True)


def backward_by_jacobian(dZ_tilde, Z_norm, gamma, sigma2, eps=1e-5):
    n, m = Z_norm.shape
    dZ = np.empty((n, m))
    for i in range(n):
        row = Z_norm[i].astype(np.float64)
        jacobian = (np.eye(m) - 1 / m - np.outer(row, row) / m) / math.sqrt(float(sigma2[i, 0]) + eps)
        dZ[i] = float(gamma[i, 0]) * jacobian @ dZ_tilde[i]
    return dZ, (dZ_tilde * Z_norm) @ np.ones((m, 1)), dZ_tilde @ np.ones((m, 1))


def backward_of_centred_slopes(dZ_tilde, Z_norm, gamma, sigma2, eps=1e-5):
    std = np.sqrt(sigma2 + eps)
    dZ_norm, m = dZ_tilde * gamma, Z_norm.shape[1]
    deviation_slope = dZ_norm / std - np.sum(dZ_norm * Z_norm, 1, keepdims=True) / std * Z_norm / m
    dZ = deviation_slope - deviation_slope.mean(axis=1, keepdims=True)
    return dZ, np.sum(dZ_tilde * Z_norm, 1, keepdims=True), np.sum(dZ_tilde, 1, keepdims=True)


def backward_centred_twice(dZ_tilde, Z_norm, gamma, sigma2, eps=1e-5):
    slope = dZ_tilde - dZ_tilde.mean(1, keepdims=True)
    row = Z_norm - Z_norm.mean(1, keepdims=True)
    dZ = gamma / np.sqrt(sigma2 + eps) * (slope - row * (slope * row).mean(1, keepdims=True))
    return dZ, np.sum(dZ_tilde * Z_norm, 1, keepdims=True), np.sum(dZ_tilde, 1, keepdims=True)


def backward_through_the_variance(dZ_tilde, Z_norm, gamma, sigma2, eps=1e-5):
    m, std = Z_norm.shape[1], np.sqrt(sigma2 + eps)
    deviation, dZ_norm = Z_norm * std, gamma * dZ_tilde
    dvar = np.sum(dZ_norm * deviation * -0.5 * (sigma2 + eps) ** -1.5, axis=1, keepdims=True)
    dmu = np.sum(-dZ_norm / std, axis=1, keepdims=True) + dvar * np.mean(
        -2 * deviation, axis=1, keepdims=True
    )
    dZ = dZ_norm / std + dvar * 2 * deviation / m + dmu / m
    return dZ, np.sum(dZ_tilde * Z_norm, axis=1, keepdims=True), np.sum(dZ_tilde, axis=1, keepdims=True)


def backward_with_eps_by_keyword(dZ_tilde, Z_norm, gamma, sigma2, *, eps=1e-5):
    return backward_compact(dZ_tilde, Z_norm, gamma, sigma2, eps)


def _gradients(X, Y, parameters, eps, forward, backward):
    L, m = len(_numbers(parameters)), X.shape[1]
    A, caches = [X], []
    for i in range(1, L):
        Z = parameters[f"W{i}"] @ A[-1]
        if f"gamma{i}" in parameters:
            Z_tilde, Z_norm, _, sigma2 = forward(Z, parameters[f"gamma{i}"], parameters[f"beta{i}"], eps)
        else:
            Z_tilde, Z_norm, sigma2 = Z + parameters[f"b{i}"], None, None
        caches.append((Z_tilde, Z_norm, sigma2))
        A.append(np.maximum(Z_tilde, 0))
    dZ = (_softmax(parameters[f"W{L}"] @ A[-1] + parameters[f"b{L}"]) - Y) / m
    gradients = {f"dW{L}": dZ @ A[-1].T, f"db{L}": dZ.sum(axis=1, keepdims=True)}
    for i in range(L - 1, 0, -1):
        Z_tilde, Z_norm, sigma2 = caches[i - 1]
        dZ = (parameters[f"W{i + 1}"].T @ dZ) * (Z_tilde > 0)
        if Z_norm is None:
            gradients[f"db{i}"] = dZ.sum(axis=1, keepdims=True)
        else:
            dZ, gradients[f"dgamma{i}"], gradients[f"dbeta{i}"] = backward(
                dZ, Z_norm, parameters[f"gamma{i}"], sigma2, eps
            )
        gradients[f"dW{i}"] = dZ @ A[i - 1].T
    return gradients


def gradients_compact(X, Y, parameters, eps=1e-5):
    return _gradients(X, Y, parameters, eps, forward_by_formulas, backward_compact)


def gradients_staged(X, Y, parameters, eps=1e-5):
    return _gradients(X, Y, parameters, eps, bnkit.batchnorm_forward, backward_staged)


def gradients_by_jacobian(X, Y, parameters, eps=1e-5):
    return _gradients(X, Y, parameters, eps, forward_by_units, backward_by_jacobian)


def gradients_in_float64(X, Y, parameters, eps=1e-5):
    parameters = {key: value.astype(np.float64) for key, value in parameters.items()}
    return _gradients(X.astype(np.float64), Y, parameters, eps, forward_by_inverse, backward_over_m)


def gradients_folded(X, Y, parameters, *, eps=1e-5):
    return _gradients(X, Y, parameters, eps, forward_in_one_step, backward_centred_twice)


def gradients_by_examples(X, Y, parameters, eps=1e-5):
    gradients = _gradients(X, Y, parameters, eps, forward_by_inverse, backward_by_means)
    A, i = X, 1
    while f"W{i + 1}" in parameters:
        Z = parameters[f"W{i}"] @ A + parameters.get(f"b{i}", 0)
        if f"gamma{i}" in parameters:
            Z = bnkit.batchnorm_forward(Z, parameters[f"gamma{i}"], parameters[f"beta{i}"], eps)[0]
        A, i = bnkit.relu(Z), i + 1
    dZ = bnkit.softmax_cross_entropy_gradient(parameters[f"W{i}"] @ A + parameters[f"b{i}"], Y)
    gradients[f"dW{i}"] = sum(np.outer(dZ[:, j], A[:, j]) for j in range(X.shape[1]))
    return dict(sorted(gradients.items()))


def update_by_comprehension(parameters, gradients, alpha):
    return {key: parameters[key] - alpha * gradients["d" + key] for key in parameters}


def update_by_copy(parameters, gradients, alpha):
    updated = {key: value.copy() for key, value in parameters.items()}
    for key in updated:
        updated[key] -= alpha * gradients[f"d{key}"]
    return updated


def update_by_gradients(parameters, gradients, alpha):
    updated = {}
    for name, slope in gradients.items():
        updated[name[1:]] = np.add(parameters[name[1:]], -alpha * slope)
    return updated


def update_by_names(parameters, gradients, alpha):
    updated = dict(parameters)
    for i in _numbers(parameters):
        for name in ("W", "b", "gamma", "beta"):
            if f"{name}{i}" in parameters:
                updated[f"{name}{i}"] = parameters[f"{name}{i}"] - gradients[f"d{name}{i}"] * np.float64(
                    alpha
                )
    return updated


def expose_by_random_numbers():
    rng = np.random.default_rng(1)
    return rng.normal(size=(4, 10)), rng.normal(size=(4, 10)), rng.uniform(0.5, 2, size=(4, 1))


def expose_by_hand():
    return np.array([[1.0, 0, 0, 2]]), np.array([[1.0, 2, 3, 5]]), np.array([[10.0]])


def expose_with_whole_numbers():
    dZ_tilde = np.array([[1, -1, 3, 0, 2], [0, 1, 0, 0, 0]])
    return dZ_tilde, np.arange(10).reshape(2, 5) ** 2 % 7, np.array([[-1], [3]])


def expose_in_one_unit():
    gamma = np.ones((3, 1))
    gamma[1] = 4
    Z = np.linspace(-1, 1, 24).reshape(3, 8) ** 3
    return np.eye(3, 8), Z, gamma


def expose_without_scale():
    rng = np.random.default_rng(2)
    return [rng.random((2, 6)), rng.random((2, 6)), np.zeros((2, 1))]


def expose_in_float32():
    rng = np.random.default_rng(3)
    dZ_tilde, Z = rng.standard_normal((2, 5, 20), dtype=np.float32)
    return dZ_tilde, Z, np.full((5, 1), 3, np.float32)


def expose_with_activations_far_apart():
    rng = np.random.default_rng(8)
    return rng.normal(size=(4, 16)), 1e6 * rng.normal(size=(4, 16)), np.full((4, 1), 2.0)


def expose_with_two_examples():
    rng = np.random.default_rng(9)
    return rng.normal(size=(4, 2)), rng.normal(size=(4, 2)), np.full((4, 1), 3.0)


VARIANTS = {
    "initialize_parameters": (
        initialize_by_standard_normal,
        initialize_by_normal,
        initialize_in_float32,
        initialize_transposed,
        initialize_with_integers,
    ),
    "layer_forward": (
        layer_by_library,
        layer_by_formulas,
        layer_by_einsum,
        layer_by_units,
        layer_in_float64,
        layer_with_half_the_sum,
        layer_folded,
    ),
    "network_forward": (
        network_by_layers,
        network_by_library,
        network_by_recursion,
        network_in_float64,
        network_folded,
    ),
    "batchnorm_backward_stages": (
        stages_by_formulas,
        stages_without_the_zero_term,
        stages_by_power,
        stages_by_units,
        stages_with_compact_end,
        stages_with_eps_by_keyword,
        bnkit.batchnorm_backward_stages,
    ),
    "batchnorm_backward": (
        backward_compact,
        backward_over_m,
        backward_staged,
        backward_by_means,
        backward_by_jacobian,
        backward_of_centred_slopes,
        backward_centred_twice,
        backward_through_the_variance,
        backward_with_eps_by_keyword,
        bnkit.batchnorm_backward,
    ),
    "network_gradients": (
        gradients_compact,
        gradients_staged,
        gradients_by_jacobian,
        gradients_in_float64,
        gradients_by_examples,
        gradients_folded,
    ),
    "update_parameters": (update_by_comprehension, update_by_copy, update_by_gradients, update_by_names),
    "expose_backward": (
        expose_by_random_numbers,
        expose_by_hand,
        expose_with_whole_numbers,
        expose_in_one_unit,
        expose_without_scale,
        expose_in_float32,
        expose_with_activations_far_apart,
        expose_with_two_examples,
    ),
}
