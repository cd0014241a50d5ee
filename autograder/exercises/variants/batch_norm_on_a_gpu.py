"""Correct answers to the exercises of notebook 08."""

from __future__ import annotations

import math
import operator
from functools import reduce

import numpy as np


def portable_by_operators(Z, gamma, beta, eps=1e-5):
    mu = Z.mean(axis=1, keepdims=True)
    sigma2 = ((Z - mu) ** 2).mean(axis=1, keepdims=True)
    return gamma * ((Z - mu) / np.sqrt(sigma2 + eps)) + beta


def portable_by_numpy_functions(Z, gamma, beta, eps=1e-5):
    Z_norm = np.divide(
        np.subtract(Z, np.mean(Z, axis=1, keepdims=True)),
        np.sqrt(np.add(np.var(Z, axis=1, keepdims=True), eps)),
    )
    return np.add(np.multiply(gamma, Z_norm), beta)


def portable_by_methods(Z, gamma, beta, eps=1e-5):
    std = (Z.std(axis=1, keepdims=True) ** 2 + eps) ** 0.5
    return gamma * (Z - Z.mean(axis=1, keepdims=True)) / std + beta


def portable_with_reciprocals(Z, gamma, beta, eps=1e-5):
    deviation = Z - np.average(Z, axis=1)[:, np.newaxis]
    inv_std = np.reciprocal(np.sqrt(np.mean(np.square(deviation), axis=1, keepdims=True) + eps))
    return deviation * inv_std * gamma + beta


def portable_by_einsum(Z, gamma, beta, eps=1e-5):
    m = Z.shape[1]
    deviation = Z - (np.einsum("ij->i", Z) / m).reshape(-1, 1)
    sigma2 = np.einsum("ij,ij->i", deviation, deviation)[:, None] / m
    return gamma * deviation * (sigma2 + eps) ** -0.5 + beta


def portable_by_its_module(Z, gamma, beta, eps=1e-5):
    xp = Z.__array_namespace__() if hasattr(Z, "__array_namespace__") else np
    average = xp.full((Z.shape[1], 1), 1 / Z.shape[1], dtype=Z.dtype)
    deviation = Z - Z @ average
    return gamma * deviation / xp.sqrt(deviation**2 @ average + eps) + beta


def portable_row_by_row(Z, gamma, beta, eps=1e-5):
    Z_tilde = np.empty_like(Z)
    for j in range(len(Z)):
        deviation = Z[j] - Z[j].mean()
        Z_tilde[j] = gamma[j] * deviation / np.sqrt((deviation @ deviation) / Z.shape[1] + eps) + beta[j]
    return Z_tilde


def portable_by_stacking(Z, gamma, beta, eps=1e-5):
    rows = [(row - row.mean()) / (row.var() + eps) ** 0.5 for row in Z]
    return np.stack(rows) * gamma + beta


def portable_out_of_place(Z, gamma, beta, eps=1e-5):
    Z_tilde = Z.copy()
    Z_tilde -= Z.mean(axis=1, keepdims=True)
    Z_tilde /= np.sqrt(np.var(Z, axis=1, keepdims=True) + eps)
    Z_tilde *= gamma
    Z_tilde += beta
    return Z_tilde


def portable_into_out(Z, gamma, beta, eps=1e-5):
    deviation = np.subtract(Z, Z.mean(axis=1, keepdims=True), out=np.empty_like(Z))
    sigma2 = np.add.reduce(deviation * deviation, axis=1, keepdims=True) / Z.shape[1]
    np.multiply(deviation, gamma / np.sqrt(sigma2 + eps), out=deviation)
    return np.add(deviation, beta, out=deviation)


def portable_across(Z, gamma, beta, eps=1e-5):
    X = Z.T
    Z_norm = (X - X.mean(axis=0)) / np.sqrt(X.var(axis=0) + eps)
    return (Z_norm * gamma[:, 0] + beta.squeeze(axis=1)).T


def portable_in_float64(Z, gamma, beta, eps=1e-5):
    Z = Z.astype(np.float64)
    deviation = Z - np.sum(Z, axis=1, keepdims=True) / np.float64(Z.shape[1])
    norm = np.linalg.norm(deviation, axis=1, keepdims=True) / math.sqrt(Z.shape[1])
    return np.where(norm >= 0, gamma * deviation / np.hypot(norm, math.sqrt(eps)) + beta, Z)


def portable_example_by_example(Z, gamma, beta, eps=1e-5):
    m = Z.shape[1]
    examples = [Z[:, i : i + 1] for i in range(m)]
    mu = reduce(operator.add, examples) / m
    sigma2 = sum((z - mu) ** 2 for z in examples) / m
    inv_std = 1 / np.sqrt(sigma2 + eps)
    return np.concatenate([gamma * (z - mu) * inv_std + beta for z in examples], axis=1)


def bytes_in_one_line(n, m, itemsize, passes):
    return n * m * itemsize * passes


def bytes_by_entries(n, m, itemsize, passes):
    entries = n * m
    of_one_pass = entries * itemsize
    return sum(of_one_pass for _ in range(passes))


def bytes_by_numpy(n, m, itemsize, passes):
    return np.prod([n, m, itemsize, passes], dtype=np.int64)


def bytes_as_a_float(n, m, itemsize, passes):
    return float(n) * m * itemsize * passes


def bytes_by_math(n, m, itemsize, passes):
    return math.prod((passes, itemsize, m, n))


def bytes_of_a_dtype(n, m, itemsize, passes):
    return np.dtype(f"V{itemsize}").itemsize * n * m * passes


def momentum_by_subtraction(decay):
    return 1 - decay


def momentum_the_other_way(decay):
    return -(decay - 1)


def momentum_rounded(decay):
    return round(1 - decay, 10)


def momentum_in_numpy(decay):
    return np.float64(1) - np.float64(decay)


def momentum_in_an_array(decay):
    return np.asarray(1.0 - decay)


def momentum_as_a_float(decay):
    return float(1.0 - float(decay))


def unbiased_by_a_factor(running_sigma2, m):
    return running_sigma2 * (m / (m - 1))


def unbiased_in_order(running_sigma2, m):
    return m * running_sigma2 / (m - 1)


def unbiased_by_the_sum(running_sigma2, m):
    sum_of_squares = running_sigma2 * m
    return sum_of_squares / (m - 1)


def unbiased_by_division(running_sigma2, m):
    return running_sigma2 / (1 - 1 / m)


def unbiased_by_adding(running_sigma2, m):
    return running_sigma2 + running_sigma2 / (m - 1)


def unbiased_by_loop(running_sigma2, m):
    unbiased = np.zeros_like(running_sigma2)
    for j in range(len(running_sigma2)):
        unbiased[j, 0] = running_sigma2[j, 0] * m / (m - 1)
    return unbiased


def unbiased_out_of_place(running_sigma2, m):
    unbiased = running_sigma2.astype(np.float64)
    unbiased *= m
    unbiased /= m - 1
    return unbiased


VARIANTS = {
    "portable_batchnorm": (
        portable_by_operators,
        portable_by_numpy_functions,
        portable_by_methods,
        portable_with_reciprocals,
        portable_by_einsum,
        portable_by_its_module,
        portable_row_by_row,
        portable_by_stacking,
        portable_out_of_place,
        portable_into_out,
        portable_across,
        portable_in_float64,
        portable_example_by_example,
    ),
    "batchnorm_bytes": (
        bytes_in_one_line,
        bytes_by_entries,
        bytes_by_numpy,
        bytes_as_a_float,
        bytes_by_math,
        bytes_of_a_dtype,
    ),
    "decay_to_momentum": (
        momentum_by_subtraction,
        momentum_the_other_way,
        momentum_rounded,
        momentum_in_numpy,
        momentum_in_an_array,
        momentum_as_a_float,
    ),
    "unbiased_running_variance": (
        unbiased_by_a_factor,
        unbiased_in_order,
        unbiased_by_the_sum,
        unbiased_by_division,
        unbiased_by_adding,
        unbiased_by_loop,
        unbiased_out_of_place,
    ),
}
