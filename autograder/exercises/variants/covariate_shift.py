"""Correct answers to the exercises of notebook 07."""

from __future__ import annotations

import math

import numpy as np


def moments_by_formula(gamma, beta, sigma2, eps=1e-5):
    return beta, gamma**2 * sigma2 / (sigma2 + eps)


def moments_by_deviation(gamma, beta, sigma2, eps=1e-5):
    deviation = np.abs(gamma) * np.sqrt(sigma2) / np.sqrt(sigma2 + eps)
    return [beta.copy(), deviation**2]


def moments_by_what_is_lost(gamma, beta, sigma2, eps=1e-5):
    return beta + 0, np.square(gamma) * (1 - eps / (sigma2 + eps))


def moments_by_loops(gamma, beta, sigma2, eps=1e-5):
    mean, variance = np.empty_like(beta), np.empty_like(beta)
    for j in range(len(gamma)):
        g, s = float(gamma[j, 0]), float(sigma2[j, 0])
        mean[j], variance[j] = beta[j], g * g * s / (s + eps)
    return mean, variance


def moments_of_two_examples(gamma, beta, sigma2, eps=1e-5):
    # The two examples mu - sigma and mu + sigma have the mean mu and the variance sigma2.
    sigma = np.sqrt(sigma2)
    Z_norm = np.hstack([-sigma, sigma]) / np.sqrt(sigma2 + eps)
    Z_tilde = gamma * Z_norm + beta
    return np.mean(Z_tilde, axis=1, keepdims=True), np.var(Z_tilde, axis=1, keepdims=True)


def moments_in_float32(gamma, beta, sigma2, eps=1e-5):
    variance = gamma**2 / (sigma2 + eps) * sigma2
    return beta.astype(gamma.dtype, copy=False), variance.astype(gamma.dtype, copy=False)


def moments_as_power(gamma, beta, sigma2, eps=1e-5):
    inv_std = (sigma2 + eps) ** -0.5
    return beta, (gamma * inv_std) ** 2 * sigma2


def shift_by_formula(Z_before, Z_after, eps=1e-5):
    mu_before, mu_after = Z_before.mean(axis=1, keepdims=True), Z_after.mean(axis=1, keepdims=True)
    sigma2 = ((Z_before - mu_before) ** 2).mean(axis=1, keepdims=True)
    return (mu_after - mu_before) / np.sqrt(sigma2 + eps)


def shift_by_numpy(Z_before, Z_after, eps=1e-5):
    difference = np.average(Z_after, axis=1) - np.average(Z_before, axis=1)
    return (difference / np.sqrt(np.var(Z_before, axis=1) + eps))[:, np.newaxis]


def shift_of_the_deviations(Z_before, Z_after, eps=1e-5):
    mu = np.mean(Z_before, axis=1, keepdims=True)
    moved = (Z_after - mu) * (np.var(Z_before, axis=1, keepdims=True) + eps) ** -0.5
    return moved.sum(axis=1, keepdims=True) / Z_after.shape[1]


def shift_by_loops(Z_before, Z_after, eps=1e-5):
    rows = []
    for before, after in zip(Z_before, Z_after, strict=True):
        mu = math.fsum(before) / len(before)
        sigma2 = math.fsum((z - mu) ** 2 for z in before) / len(before)
        rows.append([(math.fsum(after) / len(after) - mu) / math.sqrt(sigma2 + eps)])
    return np.array(rows)


def shift_by_products(Z_before, Z_after, eps=1e-5):
    mus = [Z @ np.full((Z.shape[1], 1), 1 / Z.shape[1], Z.dtype) for Z in (Z_before, Z_after)]
    centred = Z_before - mus[0]
    sigma2 = np.einsum("ij,ij->i", centred, centred)[:, None] / Z_before.shape[1]
    return (mus[1] - mus[0]) / np.sqrt(sigma2 + eps)


def shift_of_normalized_batches(Z_before, Z_after, eps=1e-5):
    mu = Z_before.mean(axis=1, keepdims=True)
    inv_std = 1 / np.sqrt(Z_before.var(axis=1, keepdims=True) + eps)
    return np.mean((Z_after - mu) * inv_std, 1, keepdims=True) - np.mean(
        (Z_before - mu) * inv_std, 1, keepdims=True
    )


def shift_in_float64(Z_before, Z_after, eps=1e-5):
    return shift_by_formula(Z_before.astype(np.float64), Z_after.astype(np.float64), eps)


def gradient_over_c(dW, c):
    return dW / c


def gradient_times_inverse(dW, c):
    return (1 / c) * dW


def gradient_out_of_place(dW, c):
    answer = dW.copy()
    answer /= c
    return answer


def gradient_by_loops(dW, c):
    answer = np.zeros(dW.shape, dtype=dW.dtype)
    for i, j in np.ndindex(*dW.shape):
        answer[i, j] = dW[i, j] / c
    return answer


def gradient_by_divide(dW, c):
    return np.divide(dW.astype(np.float64), float(c))


def gradient_by_a_matrix(dW, c):
    return np.eye(len(dW)) / c @ dW


def units_that_part():
    return np.array([[0.0, 1], [0, 1]]), np.array([[9.0], [-9.0]])


def one_of_two_stays_behind():
    rng = np.random.default_rng(0)
    before = rng.normal(size=(4, 20))
    return before, before + np.array([[3.0], [-1.0], [0.5], [-2.0]])


def integers_that_part():
    return [np.array([[1, 2], [3, 4]]), np.array([[5, 6, 7], [1, 2, 3]])]


def a_layer_that_is_turned():
    before = np.arange(12.0).reshape(3, 4)
    return before, before[::-1]


def scattered_at_random():
    rng = np.random.default_rng(1)
    return rng.normal(size=(6, 50)).astype(np.float32), rng.normal(size=(6, 30)).astype(np.float32)


VARIANTS = {
    "moments_after_batchnorm": (
        moments_by_formula,
        moments_by_deviation,
        moments_by_what_is_lost,
        moments_by_loops,
        moments_of_two_examples,
        moments_in_float32,
        moments_as_power,
    ),
    "standardized_shift": (
        shift_by_formula,
        shift_by_numpy,
        shift_of_the_deviations,
        shift_by_loops,
        shift_by_products,
        shift_of_normalized_batches,
        shift_in_float64,
    ),
    "rescaled_gradient": (
        gradient_over_c,
        gradient_times_inverse,
        gradient_out_of_place,
        gradient_by_loops,
        gradient_by_divide,
        gradient_by_a_matrix,
    ),
    "expose_shift_alarm": (
        units_that_part,
        one_of_two_stays_behind,
        integers_that_part,
        a_layer_that_is_turned,
        scattered_at_random,
    ),
}
