"""Correct answers to the exercises of notebook 09."""

from __future__ import annotations

import math

import numpy as np


def spatial_by_axes(X, gamma, beta, eps=1e-5):
    mu = X.mean(axis=(0, 2, 3), keepdims=True)
    sigma2 = X.var(axis=(0, 2, 3), keepdims=True)
    return gamma.reshape(1, -1, 1, 1) * (X - mu) / np.sqrt(sigma2 + eps) + beta.reshape(1, -1, 1, 1)


def spatial_by_rows(X, gamma, beta, eps=1e-5):
    N, C, H, W = X.shape
    Z = X.transpose(1, 0, 2, 3).reshape(C, -1)
    mu = Z.mean(axis=1, keepdims=True)
    sigma2 = ((Z - mu) ** 2).mean(axis=1, keepdims=True)
    Z_tilde = gamma * (Z - mu) / np.sqrt(sigma2 + eps) + beta
    return Z_tilde.reshape(C, N, H, W).transpose(1, 0, 2, 3)


def spatial_with_channels_last(X, gamma, beta, eps=1e-5):
    columns = np.moveaxis(X, 1, -1)
    flat = columns.reshape(-1, X.shape[1])
    inv_std = 1 / np.sqrt(flat.var(axis=0) + eps)
    result = (columns - flat.mean(axis=0)) * inv_std * gamma.ravel() + beta.ravel()
    return np.moveaxis(result, -1, 1)


def spatial_by_channels(X, gamma, beta, eps=1e-5):
    result = np.empty_like(X)
    for c in range(X.shape[1]):
        channel = X[:, c]
        result[:, c] = gamma[c, 0] * (channel - channel.mean()) / math.sqrt(channel.var() + eps) + beta[c, 0]
    return result


def spatial_in_float64(X, gamma, beta, eps=1e-5):
    X = X.astype(np.float64)
    m = X.shape[0] * X.shape[2] * X.shape[3]
    mu = np.einsum("nchw->c", X)[:, None, None] / m
    deviation = X - mu
    sigma2 = np.einsum("nchw,nchw->c", deviation, deviation)[:, None, None] / m
    return gamma[:, :, None] * deviation * (sigma2 + eps) ** -0.5 + beta[:, :, None]


def spatial_in_one_step(X, gamma, beta, *, eps=1e-5):
    """One factor and one shift per channel, as a layer does it at test time."""
    mu = X.mean((0, 2, 3))
    scale = gamma[:, 0] / np.sqrt(X.var((0, 2, 3)) + eps)
    shift = beta[:, 0] - scale * mu
    return scale[None, :, None, None] * X + shift[None, :, None, None]


def spatial_image_by_image(X, gamma, beta, eps=1e-5):
    """Two passes over the images, neither of which needs more than one at a time."""
    N = len(X)
    mu = sum(image.mean(axis=(1, 2)) for image in X) / N
    mu = mu[:, None, None]
    sigma2 = sum(((image - mu) ** 2).mean(axis=(1, 2)) for image in X)[:, None, None] / N
    images = [gamma[..., None] * (image - mu) / np.sqrt(sigma2 + eps) + beta[..., None] for image in X]
    return np.stack(images)


def spatial_by_concatenating(X, gamma, beta, eps=1e-5):
    N, C, H, W = X.shape
    Z = np.concatenate([image.reshape(C, -1) for image in X], axis=1)
    Z_norm = (Z - Z.mean(1, keepdims=True)) / np.sqrt(Z.var(1, keepdims=True) + eps)
    parts = np.split(gamma * Z_norm + beta, N, axis=1)
    return np.array([part.reshape(C, H, W) for part in parts])


def layer_by_axes(Z, gamma, beta, eps=1e-5):
    mu = Z.mean(axis=0, keepdims=True)
    sigma2 = Z.var(axis=0, keepdims=True)
    return gamma * (Z - mu) / np.sqrt(sigma2 + eps) + beta


def layer_with_flat_statistics(Z, gamma, beta, eps=1e-5):
    return gamma * ((Z - Z.mean(axis=0)) * (Z.var(axis=0) + eps) ** -0.5) + beta


def layer_transposed(Z, gamma, beta, eps=1e-5):
    rows = Z.T
    mu = rows.mean(axis=1, keepdims=True)
    rows_norm = (rows - mu) / np.sqrt(((rows - mu) ** 2).mean(axis=1, keepdims=True) + eps)
    return (rows_norm * gamma.T + beta.T).T


def layer_by_examples(Z, gamma, beta, eps=1e-5):
    columns = []
    for i in range(Z.shape[1]):
        z = Z[:, i : i + 1].astype(np.float64)
        columns.append(gamma * (z - z.mean()) / math.sqrt(z.var() + eps) + beta)
    return np.hstack(columns)


def layer_by_einsum(Z, gamma, beta, *, eps=1e-5):
    n = len(Z)
    deviation = Z - np.einsum("ij->j", Z) / n
    inv_std = 1 / np.sqrt(np.einsum("ij,ij->j", deviation, deviation) / n + eps)
    return np.einsum("i,ij,j->ij", gamma[:, 0], deviation, inv_std) + beta


def layer_by_a_matrix(Z, gamma, beta, eps=1e-5):
    n = Z.shape[0]
    centering = np.eye(n) - np.full((n, n), 1 / n)
    deviation = centering @ (Z.astype(np.float64) - Z[:1])
    return gamma * deviation / np.sqrt((deviation**2).sum(axis=0) / n + eps) + beta


def layer_in_a_copy(Z, gamma, beta, eps=1e-5):
    result = np.array(Z)
    result -= result.mean(axis=0)
    result /= np.sqrt(np.mean(result * result, axis=0) + eps)
    result *= gamma
    result += beta
    return result


def group_by_reshaping(X, gamma, beta, groups, eps=1e-5):
    N, C, H, W = X.shape
    parts = X.reshape(N, groups, C // groups, H, W)
    mu = parts.mean(axis=(2, 3, 4), keepdims=True)
    sigma2 = parts.var(axis=(2, 3, 4), keepdims=True)
    X_norm = ((parts - mu) / np.sqrt(sigma2 + eps)).reshape(N, C, H, W)
    return gamma.reshape(1, C, 1, 1) * X_norm + beta.reshape(1, C, 1, 1)


def group_by_rows(X, gamma, beta, groups, eps=1e-5):
    rows = X.reshape(len(X) * groups, -1)
    deviation = rows - rows.mean(axis=1, keepdims=True)
    rows_norm = deviation / np.sqrt((deviation**2).mean(axis=1, keepdims=True) + eps)
    return rows_norm.reshape(X.shape) * gamma[:, :, None] + beta[:, :, None]


def group_by_loops(X, gamma, beta, groups, eps=1e-5):
    N, C = X.shape[:2]
    size = C // groups
    result = np.zeros_like(X)
    for i in range(N):
        for g in range(groups):
            own = slice(g * size, (g + 1) * size)
            part = X[i, own].astype(np.float64)
            part = (part - part.mean()) / np.sqrt(part.var() + eps)
            result[i, own] = gamma[own, :, None] * part + beta[own, :, None]
    return result


def group_by_splitting(X, gamma, beta, groups, eps=1e-5):
    def normalized(part):
        mu = part.mean(axis=(1, 2, 3), keepdims=True)
        return (part - mu) * (part.var(axis=(1, 2, 3), keepdims=True) + eps) ** -0.5

    X_norm = np.concatenate([normalized(part) for part in np.split(X, groups, axis=1)], axis=1)
    return gamma.reshape(-1, 1, 1) * X_norm + beta.reshape(-1, 1, 1)


def group_with_groups_first(X, gamma, beta, groups, *, eps=1e-5):
    parts = np.moveaxis(X.reshape(len(X), groups, -1), 1, 0)
    mu, sigma2 = parts.mean(axis=2, keepdims=True), parts.var(axis=2, keepdims=True)
    X_norm = np.moveaxis((parts - mu) / np.sqrt(sigma2 + eps), 0, 1).reshape(X.shape)
    return np.einsum("c,nchw->nchw", gamma.ravel(), X_norm) + beta[None, :, :, None]


def group_by_repeating(X, gamma, beta, groups, eps=1e-5):
    N, C = X.shape[:2]
    parts = X.reshape(N, groups, -1)
    mu = np.repeat(parts.mean(axis=2), C // groups, axis=1).reshape(N, C, 1, 1)
    sigma2 = np.repeat(parts.var(axis=2), C // groups, axis=1).reshape(N, C, 1, 1)
    scale = gamma[:, 0].reshape(1, C, 1, 1) / np.sqrt(sigma2 + eps)
    return scale * X + (beta.reshape(1, C, 1, 1) - scale * mu)


def merge_by_shares(mu_a, sigma2_a, m_a, mu_b, sigma2_b, m_b):
    share_a, share_b = m_a / (m_a + m_b), m_b / (m_a + m_b)
    distance = mu_b - mu_a
    sigma2 = share_a * sigma2_a + share_b * sigma2_b + share_a * share_b * distance**2
    return mu_a + share_b * distance, sigma2


def merge_sums_of_squares(mu_a, sigma2_a, m_a, mu_b, sigma2_b, m_b):
    m = m_a + m_b
    mu = (m_a * mu_a + m_b * mu_b) / m
    M2 = m_a * sigma2_a + m_b * sigma2_b + (mu_a - mu_b) ** 2 * m_a * m_b / m
    return [mu, M2 / m]


def merge_around_the_mean(mu_a, sigma2_a, m_a, mu_b, sigma2_b, m_b):
    mu = (m_a * mu_a + m_b * mu_b) / (m_a + m_b)
    sigma2 = (m_a * (sigma2_a + (mu_a - mu) ** 2) + m_b * (sigma2_b + (mu_b - mu) ** 2)) / (m_a + m_b)
    return mu, sigma2


def merge_by_numpy(mu_a, sigma2_a, m_a, mu_b, sigma2_b, m_b):
    mus, sigma2s = np.stack([mu_a, mu_b]), np.stack([sigma2_a, sigma2_b])
    mu = np.average(mus, axis=0, weights=[m_a, m_b])
    return mu, np.average(sigma2s + (mus - mu) ** 2, axis=0, weights=[m_a, m_b])


def merge_in_float64(mu_a, sigma2_a, m_a, mu_b, sigma2_b, m_b):
    mu_a, mu_b = np.float64(mu_a), np.float64(mu_b)
    ratio = m_b / (m_a + m_b)
    mu = (1 - ratio) * mu_a + ratio * mu_b
    return mu, sigma2_a + ratio * (sigma2_b - sigma2_a) + (mu - mu_a) * (mu_b - mu)


def merge_unit_by_unit(mu_a, sigma2_a, m_a, mu_b, sigma2_b, m_b):
    m = m_a + m_b
    mu, sigma2 = np.zeros_like(mu_a), np.zeros_like(mu_a)
    for j in range(len(mu_a)):
        delta = mu_b[j, 0] - mu_a[j, 0]
        mu[j, 0] = mu_a[j, 0] + delta * m_b / m
        sigma2[j, 0] = (sigma2_a[j, 0] * m_a + sigma2_b[j, 0] * m_b + delta**2 * m_a * m_b / m) / m
    return mu, sigma2


def merge_invented_examples(mu_a, sigma2_a, m_a, mu_b, sigma2_b, m_b):
    """Two examples stand for each part, one deviation above its mean and one below."""
    d_a, d_b = np.sqrt(sigma2_a), np.sqrt(sigma2_b)
    Z = np.hstack([mu_a - d_a, mu_a + d_a, mu_b - d_b, mu_b + d_b])
    weights = np.array([m_a, m_a, m_b, m_b]) / (2 * (m_a + m_b))
    mu = (Z * weights).sum(axis=1, keepdims=True)
    return mu, ((Z - mu) ** 2 * weights).sum(axis=1, keepdims=True)


def expose_by_brightness():
    X = np.random.default_rng(0).normal(size=(4, 3, 5, 5))
    X[0] += 10
    return X


def expose_by_plain_images():
    X = np.zeros((2, 1, 2, 2))
    X[1] = 1
    return X


def expose_by_counting():
    return np.arange(24).reshape(2, 3, 2, 2)


def expose_by_single_pixels():
    return np.random.default_rng(1).normal(size=(8, 2, 1, 1))


def expose_one_channel():
    X = np.random.default_rng(2).uniform(size=(6, 3, 4, 4)).astype(np.float32)
    X[::2, 1] *= 20
    return X


VARIANTS = {
    "spatial_batchnorm_forward": (
        spatial_by_axes,
        spatial_by_rows,
        spatial_with_channels_last,
        spatial_by_channels,
        spatial_in_float64,
        spatial_in_one_step,
        spatial_image_by_image,
        spatial_by_concatenating,
    ),
    "layernorm_forward": (
        layer_by_axes,
        layer_with_flat_statistics,
        layer_transposed,
        layer_by_examples,
        layer_by_einsum,
        layer_by_a_matrix,
        layer_in_a_copy,
    ),
    "groupnorm_forward": (
        group_by_reshaping,
        group_by_rows,
        group_by_loops,
        group_by_splitting,
        group_with_groups_first,
        group_by_repeating,
    ),
    "merge_statistics": (
        merge_by_shares,
        merge_sums_of_squares,
        merge_around_the_mean,
        merge_by_numpy,
        merge_in_float64,
        merge_unit_by_unit,
        merge_invented_examples,
    ),
    "expose_spatial": (
        expose_by_brightness,
        expose_by_plain_images,
        expose_by_counting,
        expose_by_single_pixels,
        expose_one_channel,
    ),
}
