# base: solutions
import math

import numpy as np


def column(values):
    return np.array(values).reshape(len(values), 1)


def batch_mean(Z):
    return column([sum(unit) / len(unit) for unit in Z.astype(np.float64)])


def batch_variance(Z, mu):
    rows = zip(Z.astype(np.float64), mu[:, 0], strict=True)
    return column([sum((z - mean) ** 2 for z in unit) / len(unit) for unit, mean in rows])


def scale_and_shift(Z_norm, gamma, beta):
    Z_tilde = np.empty(Z_norm.shape)
    for unit in range(len(Z_norm)):
        Z_tilde[unit] = Z_norm[unit] * gamma[unit] + beta[unit]
    return Z_tilde


def identity_parameters(mu, sigma2, eps=1e-5):
    return column([math.sqrt(variance + eps) for variance in sigma2[:, 0]]), mu
