"""Correct answers to the exercises of notebook 01."""

from __future__ import annotations

import math

import numpy as np


def mean_by_method(Z):
    return Z.mean(axis=1, keepdims=True)


def mean_by_sum(Z):
    return np.sum(Z, axis=1).reshape(-1, 1) / Z.shape[1]


def mean_by_product(Z):
    return Z @ np.full((Z.shape[1], 1), 1 / Z.shape[1], dtype=Z.dtype)


def mean_by_loops(Z):
    n, m = Z.shape
    mu = np.zeros((n, 1), dtype=Z.dtype)
    for i in range(n):
        for j in range(m):
            mu[i, 0] += Z[i, j]
        mu[i, 0] /= m
    return mu


def mean_in_float64(Z):
    return np.average(Z.astype(np.float64), axis=1)[:, np.newaxis]


def mean_by_einsum(Z):
    return (np.einsum("ij->i", Z) / Z.shape[1])[:, None]


def mean_as_a_view(Z):
    return np.broadcast_to(Z.mean(axis=1, keepdims=True), (len(Z), 2))[:, :1]


def mean_twice(Z):
    mu = Z.mean(axis=1, keepdims=True)
    return mu + (Z - mu).mean(axis=1, keepdims=True)


def variance_by_definition(Z, mu):
    return np.mean((Z - mu) ** 2, axis=1, keepdims=True)


def variance_by_numpy(Z, mu):
    return np.var(Z, axis=1, keepdims=True)


def variance_by_einsum(Z, mu):
    deviation = Z - mu
    return np.einsum("ij,ij->i", deviation, deviation)[:, None] / Z.shape[1]


def variance_by_std(Z, mu):
    return Z.std(axis=1, keepdims=True) ** 2


def variance_by_loops(Z, mu):
    rows = [
        sum((float(z) - float(center)) ** 2 for z in row) / len(row)
        for row, center in zip(Z, mu[:, 0], strict=True)
    ]
    return np.array(rows).reshape(-1, 1)


def variance_in_float64(Z, mu):
    return np.square(np.subtract(Z, mu, dtype=np.float64)).mean(1, keepdims=True)


def variance_corrected(Z, mu):
    deviation = Z - mu
    m = Z.shape[1]
    return (deviation**2).sum(axis=1, keepdims=True) / m - (deviation.sum(axis=1, keepdims=True) / m) ** 2


def variance_by_products(Z, mu):
    rows = [np.dot(row, row) / len(row) for row in Z - mu]
    return np.vstack(rows)


def normalize_by_root(Z, mu, sigma2, eps=1e-5):
    return (Z - mu) / np.sqrt(sigma2 + eps)


def normalize_by_power(Z, mu, sigma2, eps=1e-5):
    return (Z - mu) * (sigma2 + eps) ** -0.5


def normalize_by_inverse(Z, mu, sigma2, eps=1e-5):
    inv_std = 1.0 / np.sqrt(sigma2 + eps)
    return np.multiply(np.subtract(Z, mu), inv_std)


def normalize_by_units(Z, mu, sigma2, eps=1e-5):
    Z_norm = np.empty_like(Z)
    for i in range(Z.shape[0]):
        Z_norm[i] = (Z[i] - mu[i]) / math.sqrt(sigma2[i, 0] + eps)
    return Z_norm


def normalize_transposed(Z, mu, sigma2, eps=1e-5):
    return ((Z.T - mu.ravel()) / np.sqrt(sigma2.ravel() + eps)).T


def normalize_in_float64(Z, mu, sigma2, eps=1e-5):
    return (Z.astype("float64") - mu) / np.sqrt(sigma2.astype("float64") + eps)


def normalize_folded(Z, mu, sigma2, *, eps=1e-5):
    scale = 1 / np.sqrt(sigma2 + eps)
    return scale * Z - scale * mu


def normalize_a_copy(Z, mu, sigma2, eps=1e-5):
    result = Z.copy()
    result -= mu
    result /= np.sqrt(sigma2 + eps)
    return result


def scale_by_operators(Z_norm, gamma, beta):
    return gamma * Z_norm + beta


def scale_by_einsum(Z_norm, gamma, beta):
    return np.einsum("i,ij->ij", gamma[:, 0], Z_norm) + beta


def scale_by_diagonal(Z_norm, gamma, beta):
    return np.diag(gamma.ravel()) @ Z_norm + beta


def scale_by_units(Z_norm, gamma, beta):
    return np.array([g[0] * row + b[0] for g, row, b in zip(gamma, Z_norm, beta, strict=True)])


def scale_by_repeating(Z_norm, gamma, beta):
    m = Z_norm.shape[1]
    return np.add(np.multiply(np.repeat(gamma, m, axis=1), Z_norm), np.tile(beta, (1, m)))


def forward_by_formulas(Z, gamma, beta, eps=1e-5):
    mu = np.mean(Z, axis=1, keepdims=True)
    sigma2 = np.var(Z, axis=1, keepdims=True)
    Z_norm = (Z - mu) / np.sqrt(sigma2 + eps)
    Z_tilde = gamma * Z_norm + beta
    return Z_tilde, Z_norm, mu, sigma2


def forward_by_inverse(Z, gamma, beta, eps=1e-5):
    m = Z.shape[1]
    mu = Z.sum(axis=1, keepdims=True) / m
    centered = Z - mu
    sigma2 = (centered * centered).sum(axis=1, keepdims=True) / m
    inv_std = 1 / np.sqrt(sigma2 + eps)
    Z_norm = centered * inv_std
    return [gamma * Z_norm + beta, Z_norm, mu, sigma2]


def forward_by_units(Z, gamma, beta, eps=1e-5):
    n = Z.shape[0]
    Z_tilde, Z_norm = np.zeros_like(Z), np.zeros_like(Z)
    mu, sigma2 = np.zeros((n, 1), Z.dtype), np.zeros((n, 1), Z.dtype)
    for i in range(n):
        mu[i, 0] = sum(Z[i]) / len(Z[i])
        sigma2[i, 0] = sum((z - mu[i, 0]) ** 2 for z in Z[i]) / len(Z[i])
        Z_norm[i] = (Z[i] - mu[i, 0]) / (sigma2[i, 0] + eps) ** 0.5
        Z_tilde[i] = gamma[i] * Z_norm[i] + beta[i]
    return Z_tilde, Z_norm, mu, sigma2


def forward_transposed(Z, gamma, beta, eps=1e-5):
    rows = Z.T
    mu, sigma2 = rows.mean(axis=0), rows.var(axis=0)
    Z_norm = (rows - mu) / np.sqrt(sigma2 + eps)
    Z_tilde = Z_norm * gamma.T + beta.T
    return Z_tilde.T, Z_norm.T, mu.reshape(-1, 1), sigma2.reshape(-1, 1)


def forward_in_float64(Z, gamma, beta, eps=1e-5):
    Z = np.asarray(Z, dtype=np.float64)
    mu = Z.mean(1)[:, None]
    sigma2 = Z.std(1)[:, None] ** 2
    Z_norm = (Z - mu) * np.power(sigma2 + eps, -0.5)
    return np.multiply(gamma, Z_norm) + beta, Z_norm, mu, sigma2


def forward_folded(Z, gamma, beta, eps=1e-5):
    mu = np.einsum("ij->i", Z)[:, None] / Z.shape[1]
    deviation = Z - mu
    sigma2 = np.einsum("ij,ij->i", deviation, deviation)[:, None] / Z.shape[1]
    scale = gamma / np.sqrt(sigma2 + eps)
    return scale * deviation + beta, deviation / np.sqrt(sigma2 + eps), mu, sigma2


def forward_in_one_step(Z, gamma, beta, *eps_as_given, eps=1e-5):
    """One factor and one shift per unit, as a layer does it at test time."""
    eps = eps_as_given[0] if eps_as_given else eps
    mu, sigma2 = Z.mean(1, keepdims=True), Z.var(1, keepdims=True)
    inv_std = 1 / np.sqrt(sigma2 + eps)
    scale = gamma * inv_std
    return scale * Z + (beta - scale * mu), inv_std * Z - inv_std * mu, mu, sigma2


def identity_by_root(mu, sigma2, eps=1e-5):
    return np.sqrt(sigma2 + eps), mu


def identity_by_power(mu, sigma2, eps=1e-5):
    return (sigma2 + eps) ** 0.5, mu.copy()


def identity_as_a_list(mu, sigma2, eps=1e-5):
    return [np.power(sigma2.astype(np.float64) + eps, 0.5), mu + 0]


def identity_by_inverse(mu, sigma2, eps=1e-5):
    inv_std = 1 / np.sqrt(sigma2 + eps)
    return 1 / inv_std, mu[:]


def identity_by_units(mu, sigma2, eps=1e-5):
    return np.array([[math.sqrt(s + eps)] for s in sigma2[:, 0]]), np.array(mu)


def inputs_by_numpy(X_train, X_test, eps=1e-5):
    mu = X_train.mean(axis=1, keepdims=True)
    sigma2 = X_train.var(axis=1, keepdims=True)
    return (X_train - mu) / np.sqrt(sigma2 + eps), (X_test - mu) / np.sqrt(sigma2 + eps)


def inputs_by_function(X_train, X_test, eps=1e-5):
    mu = np.mean(X_train, axis=1)[:, np.newaxis]
    deviation = np.sqrt(np.mean(np.square(X_train - mu), axis=1)[:, np.newaxis] + eps)
    return [(X - mu) / deviation for X in (X_train, X_test)]


def inputs_folded(X_train, X_test, *, eps=1e-5):
    scale = 1 / np.sqrt(X_train.var(axis=1, keepdims=True) + eps)
    shift = -scale * X_train.mean(axis=1, keepdims=True)
    return scale * X_train + shift, scale * X_test + shift


def inputs_together(X_train, X_test, eps=1e-5):
    m = X_train.shape[1]
    everything = np.hstack([X_train, X_test])
    mu, sigma2 = X_train.mean(1, keepdims=True), X_train.std(1, keepdims=True) ** 2
    everything = (everything - mu) * (sigma2 + eps) ** -0.5
    return everything[:, :m], everything[:, m:]


def inputs_by_units(X_train, X_test, eps=1e-5):
    train, test = X_train.astype(np.float64), X_test.astype(np.float64)
    for i in range(len(train)):
        mu, sigma2 = np.mean(train[i]), np.var(train[i])
        train[i] = (train[i] - mu) / np.sqrt(sigma2 + eps)
        test[i] = (test[i] - mu) / np.sqrt(sigma2 + eps)
    return train, test


def a_large_mean():
    return np.array([[1.0, 2.0, 3.0, 4.0]]) + 1e8


def a_variance_like_eps():
    return 0.003 * np.array([[1.0, 2.0, 3.0, 4.0]])


def one_unit_of_many():
    Z = np.random.default_rng(5).normal(size=(4, 6))
    Z[2] = 3e9 + np.arange(6)
    return Z


def whole_numbers_far_away():
    return np.arange(12).reshape(2, 6) + 10**9


def a_quiet_float32_unit():
    return np.random.default_rng(6).normal(0, 0.003, size=(3, 20)).astype(np.float32)


def two_examples():
    return np.array([[0.0, 0.006], [1.0, 2.0]])


VARIANTS = {
    "batch_mean": (
        mean_by_method,
        mean_by_sum,
        mean_by_product,
        mean_by_loops,
        mean_in_float64,
        mean_by_einsum,
        mean_as_a_view,
        mean_twice,
    ),
    "batch_variance": (
        variance_by_definition,
        variance_by_numpy,
        variance_by_einsum,
        variance_by_std,
        variance_by_loops,
        variance_in_float64,
        variance_corrected,
        variance_by_products,
    ),
    "normalize": (
        normalize_by_root,
        normalize_by_power,
        normalize_by_inverse,
        normalize_by_units,
        normalize_transposed,
        normalize_in_float64,
        normalize_a_copy,
        normalize_folded,
    ),
    "scale_and_shift": (
        scale_by_operators,
        scale_by_einsum,
        scale_by_diagonal,
        scale_by_units,
        scale_by_repeating,
    ),
    "batchnorm_forward": (
        forward_by_formulas,
        forward_by_inverse,
        forward_by_units,
        forward_transposed,
        forward_in_float64,
        forward_folded,
        forward_in_one_step,
    ),
    "identity_parameters": (
        identity_by_root,
        identity_by_power,
        identity_as_a_list,
        identity_by_inverse,
        identity_by_units,
    ),
    "normalize_inputs": (
        inputs_by_numpy,
        inputs_by_function,
        inputs_together,
        inputs_by_units,
        inputs_folded,
    ),
    "expose_variance": (
        a_large_mean,
        a_variance_like_eps,
        one_unit_of_many,
        whole_numbers_far_away,
        a_quiet_float32_unit,
        two_examples,
    ),
}
