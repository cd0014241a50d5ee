# base: solutions
"""I would say that $a<b$ is kept by both, and `np.var` gives the same."""

import numpy as np


def batch_mean(Z):
    return np.mean(Z, axis=1).reshape(-1, 1)


def batch_variance(Z, mu):
    return np.var(Z, axis=1, keepdims=True)


def normalize(Z, mu, sigma2, eps=1e-5):
    return (Z - mu) * (sigma2 + eps) ** -0.5


def batchnorm_forward(Z, gamma, beta, eps=1e-5):
    mu, sigma2 = np.mean(Z, axis=1, keepdims=True), np.var(Z, axis=1, keepdims=True)
    Z_norm = (Z - mu) / np.sqrt(sigma2 + eps)
    return np.multiply(gamma, Z_norm) + beta, Z_norm, mu, sigma2


def batchnorm_backward(dZ_tilde, Z_norm, gamma, sigma2, eps=1e-5):
    dbeta = np.einsum("ij->i", dZ_tilde)[:, None]
    dgamma = np.einsum("ij,ij->i", dZ_tilde, Z_norm)[:, None]
    m = Z_norm.shape[1]
    dZ = gamma / np.sqrt(sigma2 + eps) / m * (m * dZ_tilde - dbeta - Z_norm * dgamma)
    return dZ, dgamma, dbeta


def update_parameters(parameters, gradients, alpha):
    updated = {}
    for name in parameters:
        updated[name] = parameters[name] - alpha * gradients["d" + name]
    return updated
