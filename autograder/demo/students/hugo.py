# base: solutions
import numpy as np


def batchnorm_backward(dZ_tilde, Z_norm, gamma, sigma2, eps=1e-5):
    dbeta = dZ_tilde.sum(axis=1, keepdims=True)
    dgamma = (dZ_tilde * Z_norm).sum(axis=1, keepdims=True)
    return dZ_tilde * gamma / np.sqrt(sigma2 + eps), dgamma, dbeta
