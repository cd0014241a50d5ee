"""Correct answers to the exercises of notebook 06."""

from __future__ import annotations

import numpy as np


def update_by_formula(average, value, decay=0.9):
    return decay * average + (1 - decay) * value


def update_by_difference(average, value, decay=0.9):
    return average + (1 - decay) * (value - average)


def update_from_the_value(average, value, decay=0.9):
    return value - decay * (value - average)


def update_by_numpy(average, value, decay=0.9):
    return np.add(np.multiply(decay, average), np.multiply(1 - decay, value))


def update_by_average(average, value, decay=0.9):
    return np.average([average, value], axis=0, weights=[decay, 1 - decay])


def update_out_of_place(average, value, decay=0.9):
    average = average * decay
    average += (1 - decay) * value
    return average


def update_by_product(average, value, decay=0.9):
    both = np.stack([average, value], axis=-1)
    return both @ np.array([decay, 1 - decay])


def correction_by_formula(average, decay, t):
    return average / (1 - decay**t)


def correction_by_numpy(average, decay, t):
    return np.divide(average, 1.0 - np.power(decay, t))


def correction_by_loop(average, decay, t):
    weight_of_the_start = 1.0
    for _ in range(t):
        weight_of_the_start *= decay
    return average / (1 - weight_of_the_start)


def correction_by_weights(average, decay, t):
    weights = [(1 - decay) * decay**age for age in range(t)]
    return average / sum(weights)


def correction_by_factor(average, decay, t):
    return average * (1 / (1 - decay**t))


def correction_of_a_copy(average, decay, t):
    average = np.array(average, dtype=np.float64)
    average /= 1 - decay**t
    return average


def running_by_formula(batches, decay=0.9):
    n = batches[0].shape[0]
    running_mu, running_sigma2 = np.zeros((n, 1)), np.ones((n, 1))
    for Z in batches:
        running_mu = decay * running_mu + (1 - decay) * Z.mean(axis=1, keepdims=True)
        running_sigma2 = decay * running_sigma2 + (1 - decay) * Z.var(axis=1, keepdims=True)
    return running_mu, running_sigma2


def running_by_update(batches, decay=0.9):
    mu = np.zeros_like(batches[0][:, :1])
    sigma2 = np.ones_like(batches[0][:, :1])
    for Z in batches:
        mean = np.mean(Z, 1, keepdims=True)
        mu = update_by_formula(mu, mean, decay)
        sigma2 = update_by_formula(sigma2, np.mean((Z - mean) ** 2, 1, keepdims=True), decay)
    return [mu, sigma2]


def running_in_place_of_its_own(batches, decay=0.9):
    running_mu, running_sigma2 = np.zeros((len(batches[0]), 1)), np.ones((len(batches[0]), 1))
    for Z in batches:
        running_mu += (1 - decay) * (Z.mean(axis=1, keepdims=True) - running_mu)
        running_sigma2 *= decay
        running_sigma2 += (1 - decay) * Z.std(axis=1, keepdims=True) ** 2
    return running_mu, running_sigma2


def running_from_numbers(batches, decay=0.9):
    mu, sigma2 = 0, 1
    for Z in batches:
        mean = np.sum(Z, axis=1).reshape(-1, 1) / Z.shape[1]
        deviation = Z - mean
        mu = decay * mu + (1 - decay) * mean
        sigma2 = (
            decay * sigma2 + (1 - decay) * np.einsum("ij,ij->i", deviation, deviation)[:, None] / Z.shape[1]
        )
    return mu, sigma2


def running_by_weights(batches, decay=0.9):
    T = len(batches)
    weights = [(1 - decay) * decay ** (T - t) for t in range(1, T + 1)]
    mu = sum(w * Z.mean(axis=1, keepdims=True) for w, Z in zip(weights, batches, strict=True))
    sigma2 = sum(w * Z.var(axis=1, keepdims=True) for w, Z in zip(weights, batches, strict=True))
    return mu, decay**T + sigma2


def running_flat_inside(batches, decay=0.9):
    n = len(batches[0])
    mu, sigma2 = np.zeros(n), np.ones(n)
    for Z in batches:
        for i in range(n):
            mu[i] = decay * mu[i] + (1 - decay) * Z[i].mean()
            sigma2[i] = decay * sigma2[i] + (1 - decay) * Z[i].var()
    return mu[:, np.newaxis], sigma2[:, np.newaxis]


def running_recursively(batches, decay=0.9):
    if len(batches) == 0:
        return 0.0, 1.0
    mu, sigma2 = running_recursively(batches[:-1], decay)
    Z = batches[-1]
    mean = Z.mean(axis=1, keepdims=True)
    return (
        update_by_difference(mu, mean, decay),
        update_by_difference(sigma2, ((Z - mean) ** 2).mean(axis=1, keepdims=True), decay),
    )


def inference_by_formula(Z, gamma, beta, running_mu, running_sigma2, eps=1e-5):
    return gamma * (Z - running_mu) / np.sqrt(running_sigma2 + eps) + beta


def inference_in_steps(Z, gamma, beta, running_mu, running_sigma2, eps=1e-5):
    std = (running_sigma2 + eps) ** 0.5
    Z_norm = (Z - running_mu) / std
    Z_tilde = gamma * Z_norm
    Z_tilde += beta
    return Z_tilde


def inference_folded(Z, gamma, beta, running_mu, running_sigma2, eps=1e-5):
    scale = gamma * (running_sigma2 + eps) ** -0.5
    return scale * Z + (beta - scale * running_mu)


def inference_by_loops(Z, gamma, beta, running_mu, running_sigma2, eps=1e-5):
    n, m = Z.shape
    Z_tilde = np.empty((n, m))
    for i in range(n):
        for j in range(m):
            z_norm = (Z[i, j] - running_mu[i, 0]) / np.sqrt(running_sigma2[i, 0] + eps)
            Z_tilde[i, j] = gamma[i, 0] * z_norm + beta[i, 0]
    return Z_tilde


def inference_in_float64(Z, gamma, beta, running_mu, running_sigma2, eps=1e-5):
    Z, gamma, beta, mu, sigma2 = (
        np.asarray(x, dtype=np.float64) for x in (Z, gamma, beta, running_mu, running_sigma2)
    )
    return (Z - mu) * (gamma / np.sqrt(sigma2 + eps)) + beta


def inference_by_columns(Z, gamma, beta, running_mu, running_sigma2, eps=1e-5):
    columns = [
        inference_by_formula(z.reshape(-1, 1), gamma, beta, running_mu, running_sigma2, eps) for z in Z.T
    ]
    return np.hstack(columns)


def inference_as_a_product(Z, gamma, beta, running_mu, running_sigma2, eps=1e-5):
    return np.diagflat(gamma / np.sqrt(running_sigma2 + eps)) @ (Z - running_mu) + beta


def fold_by_formula(W, gamma, beta, running_mu, running_sigma2, eps=1e-5):
    scale = gamma / np.sqrt(running_sigma2 + eps)
    return scale * W, beta - scale * running_mu


def fold_by_diagonal(W, gamma, beta, running_mu, running_sigma2, eps=1e-5):
    scale = np.diagflat(gamma * (running_sigma2 + eps) ** -0.5)
    return scale @ W, beta - scale @ running_mu


def fold_term_by_term(W, gamma, beta, running_mu, running_sigma2, eps=1e-5):
    std = np.sqrt(running_sigma2 + eps)
    return gamma * W / std, beta - gamma * running_mu / std


def fold_by_einsum(W, gamma, beta, running_mu, running_sigma2, eps=1e-5):
    scale = (gamma / np.sqrt(running_sigma2 + eps))[:, 0]
    b = -np.einsum("i,ij->ij", scale, running_mu) + beta
    return np.einsum("i,ij->ij", scale, W), b


def fold_by_rows(W, gamma, beta, running_mu, running_sigma2, eps=1e-5):
    W_folded, b_folded = np.array(W), np.array(beta)
    for i in range(len(W)):
        scale = gamma[i, 0] / (running_sigma2[i, 0] + eps) ** 0.5
        W_folded[i] *= scale
        b_folded[i] -= scale * running_mu[i, 0]
    return [W_folded, b_folded]


def fold_through_inference(W, gamma, beta, running_mu, running_sigma2, eps=1e-5):
    b = inference_by_formula(np.zeros_like(running_mu), gamma, beta, running_mu, running_sigma2, eps)
    return inference_by_formula(W, gamma, 0, 0, running_sigma2, eps), b


def fold_by_transposing(W, gamma, beta, running_mu, running_sigma2, eps=1e-5):
    scale = (gamma / np.sqrt(running_sigma2 + eps)).ravel()
    return (W.T * scale).T, beta - (scale * running_mu.T).T


def expose_by_a_shifted_batch():
    Z = np.random.default_rng(0).normal(5, 1, size=(3, 8))
    return Z, np.zeros((3, 1)), np.ones((3, 1))


def expose_by_a_spread():
    return np.array([[-10.0, 10.0]]), np.array([[0.0]]), np.array([[1.0]])


def expose_by_whole_numbers():
    return np.array([[1, 2, 3, 4]]), np.array([[0]]), np.array([[1]])


def expose_by_the_same_example_twice():
    return np.array([[3.0, 3.0]]), np.array([[1.0]]), np.array([[1.0]])


def expose_as_a_list():
    return [np.full((2, 5), 7, dtype=np.float32), np.ones((2, 1)), np.ones((2, 1))]


VARIANTS = {
    "ewa_update": (
        update_by_formula,
        update_by_difference,
        update_from_the_value,
        update_by_numpy,
        update_by_average,
        update_out_of_place,
        update_by_product,
    ),
    "ewa_bias_correction": (
        correction_by_formula,
        correction_by_numpy,
        correction_by_loop,
        correction_by_weights,
        correction_by_factor,
        correction_of_a_copy,
    ),
    "running_statistics": (
        running_by_formula,
        running_by_update,
        running_in_place_of_its_own,
        running_from_numbers,
        running_by_weights,
        running_flat_inside,
        running_recursively,
    ),
    "batchnorm_inference": (
        inference_by_formula,
        inference_in_steps,
        inference_folded,
        inference_by_loops,
        inference_in_float64,
        inference_by_columns,
        inference_as_a_product,
    ),
    "fold_batchnorm": (
        fold_by_formula,
        fold_by_diagonal,
        fold_term_by_term,
        fold_by_einsum,
        fold_by_rows,
        fold_through_inference,
        fold_by_transposing,
    ),
    "expose_inference": (
        expose_by_a_shifted_batch,
        expose_by_a_spread,
        expose_by_whole_numbers,
        expose_by_the_same_example_twice,
        expose_as_a_list,
    ),
}
