"""Broken functions, to be caught: each was somebody's honest mistake, and each passes a quick test."""

import numpy as np

from bnkit.backend import Array


def broken_adam(gradients: Array, alpha: float = 0.1) -> Array:
    """Walk with Adam, one step for each gradient.

    Parameters
    ----------
    gradients : array of shape (steps,)
        Of one parameter, which starts at 0.
    alpha : float

    Returns
    -------
    path : array of shape (steps,)
        Where the parameter is after each step.
    """
    beta1, beta2, eps = 0.9, 0.999, 1e-8
    theta = v = s = 0.0
    path = []
    for t, dtheta in enumerate(gradients, start=1):
        v = beta1 * v + (1 - beta1) * dtheta
        s = beta2 * s + (1 - beta2) * dtheta**2
        v_hat = v / (1 - beta1**t)
        s_hat = s / (1 - beta2**t)
        theta = theta - alpha * v_hat / np.sqrt(s_hat + eps)
        path.append(theta)
    return np.array(path)


def broken_spatial_batchnorm(X: Array, gamma: Array, beta: Array, eps: float = 1e-5) -> Array:
    """Normalize each channel of the images, looking at one image at a time to save memory.

    Parameters
    ----------
    X : array of shape (N, C, H, W)
    gamma, beta : arrays of shape (C, 1)
    eps : float

    Returns
    -------
    array of shape (N, C, H, W)
    """
    N, C, _, _ = X.shape
    mu, sigma2 = np.zeros((C, 1, 1)), np.zeros((C, 1, 1))
    for image in X:
        mu += image.mean(axis=(1, 2), keepdims=True) / N
        sigma2 += image.var(axis=(1, 2), keepdims=True) / N
    return gamma.reshape(C, 1, 1) * (X - mu) / np.sqrt(sigma2 + eps) + beta.reshape(C, 1, 1)


def broken_normalize_by_mini_batch(Z: Array, batch_size: int, eps: float = 1e-5) -> Array:
    """Normalize consecutive mini-batches, each by its own mean and variance.

    Parameters
    ----------
    Z : array of shape (n, m)
    batch_size : int
    eps : float

    Returns
    -------
    array of shape (n, m)
    """
    Z_norm = np.zeros(Z.shape)
    for start in range(0, Z.shape[1], batch_size):
        columns = slice(start, start + batch_size)
        deviation = Z[:, columns] - Z[:, columns].mean(axis=1, keepdims=True)
        sigma2 = (deviation**2).sum(axis=1, keepdims=True) / batch_size
        Z_norm[:, columns] = deviation / np.sqrt(sigma2 + eps)
    return Z_norm


def broken_batchnorm_forward(Z: Array, gamma: Array, beta: Array, eps: float = 1e-5) -> Array:
    """Normalize each hidden unit over the mini-batch, then scale and shift it.

    Parameters
    ----------
    Z : array of shape (n, m)
    gamma, beta : arrays of shape (n, 1)
    eps : float

    Returns
    -------
    array of shape (n, m)
    """
    mu = np.mean(Z, axis=1).reshape(-1, 1)
    sigma2 = np.mean(Z * Z, axis=1).reshape(-1, 1) - mu * mu
    return gamma * (Z - mu) / np.sqrt(np.maximum(sigma2, eps)) + beta


def broken_drop_bias(
    b: Array,
    gamma: Array,
    beta: Array,
    running_sigma2: Array,
    eps: float = 1e-5,
) -> Array:
    """Drop the b of a trained layer, and have beta take over its job at test time.

    Parameters
    ----------
    b, gamma, beta, running_sigma2 : arrays of shape (n, 1)
        Of a layer whose running mean was gathered without b: loaded from elsewhere, say.
    eps : float

    Returns
    -------
    beta : array of shape (n, 1)
        What stands in the layer from now on; its running statistics stay as they are.
    """
    return beta + b


def broken_inference(Z: Array, running_mu: Array, running_sigma2: Array, eps: float = 1e-5) -> Array:
    """Normalize at test time, by what was averaged in training. (Scale and shift come later.)

    Parameters
    ----------
    Z : array of shape (n, m)
        One example is enough.
    running_mu, running_sigma2 : arrays of shape (n, 1)
    eps : float

    Returns
    -------
    Z_norm : array of shape (n, m)
    """
    sigma2 = running_sigma2
    deviation = Z - running_mu
    if Z.shape[1] > 1:
        sigma2 = (deviation**2).mean(axis=1, keepdims=True)
    return deviation / np.sqrt(sigma2 + eps)


def broken_shift_alarm(Z_before: Array, Z_after: Array, eps: float = 1e-5) -> float:
    """Return how far the units of a layer have moved on average, in standard deviations.

    A unit counts in full whichever way it went: what falls is as much of a shift as what rises.

    Parameters
    ----------
    Z_before : array of shape (n, m_before)
    Z_after : array of shape (n, m_after)
    eps : float

    Returns
    -------
    float
        At least 0. The alarm rings when it is above 1.
    """
    mu_before = Z_before.mean(axis=1, keepdims=True)
    mu_after = Z_after.mean(axis=1, keepdims=True)
    sigma2 = ((Z_before - mu_before) ** 2).mean(axis=1, keepdims=True)
    shift = (mu_after - mu_before) / np.sqrt(sigma2 + eps)
    return float(np.abs(shift.mean()))


def broken_batchnorm_backward(
    dZ_tilde: Array, Z_norm: Array, gamma: Array, sigma2: Array, eps: float = 1e-5
) -> tuple[Array, Array, Array]:
    """Go back through batch norm in one step.

    Parameters
    ----------
    dZ_tilde, Z_norm : arrays of shape (n, m)
    gamma, sigma2 : arrays of shape (n, 1)
    eps : float

    Returns
    -------
    dZ : array of shape (n, m)
    dgamma, dbeta : arrays of shape (n, 1)
    """
    m = Z_norm.shape[1]
    dbeta = dZ_tilde.sum(axis=1, keepdims=True)
    dgamma = (dZ_tilde * Z_norm).sum(axis=1, keepdims=True)
    dZ = (dZ_tilde - dbeta / m - Z_norm * dgamma / m) / np.sqrt(sigma2 + eps)
    return dZ, dgamma, dbeta
