"""Batch norm's relatives: the same formulas over other sets of numbers.

Each normalization below arranges its array so that what is normalized together is one row, and leaves the
rest to `bnkit.normalization`. Images have shape (N, C, H, W): examples, channels, height, width.
"""

import numpy as np

from bnkit.backend import Array
from bnkit.checks import check_columns, check_count, check_images, check_same_shape, check_units
from bnkit.normalization import batch_mean, batch_variance, batchnorm_backward, batchnorm_forward, normalize


def spatial_batchnorm_forward(X: Array, gamma: Array, beta: Array, eps: float = 1e-5) -> Array:
    """Normalize each channel over all examples and pixels, then scale and shift it.

    Parameters
    ----------
    X : array of shape (N, C, H, W)
    gamma, beta : arrays of shape (C, 1)
    eps : float

    Returns
    -------
    array of shape (N, C, H, W)
    """
    check_images("X", X)
    check_columns(X.shape[1], X, per="channel", gamma=gamma, beta=beta)
    return _from_channel_rows(batchnorm_forward(_to_channel_rows(X), gamma, beta, eps)[0], X.shape)


def spatial_batchnorm_backward(
    dX_tilde: Array, X: Array, gamma: Array, eps: float = 1e-5
) -> tuple[Array, Array, Array]:
    """Go back through `spatial_batchnorm_forward`.

    Parameters
    ----------
    dX_tilde, X : arrays of shape (N, C, H, W)
        The gradient of the cost with respect to the output, and the input.
    gamma : array of shape (C, 1)
    eps : float
        As in the forward pass.

    Returns
    -------
    dX : array of shape (N, C, H, W)
    dgamma, dbeta : arrays of shape (C, 1)
    """
    check_images("X", X)
    check_columns(X.shape[1], X, per="channel", gamma=gamma)
    check_same_shape("X", X, "dX_tilde", dX_tilde)
    Z = _to_channel_rows(X)
    mu = batch_mean(Z)
    sigma2 = batch_variance(Z, mu)
    Z_norm = normalize(Z, mu, sigma2, eps)
    dZ, dgamma, dbeta = batchnorm_backward(_to_channel_rows(dX_tilde), Z_norm, gamma, sigma2, eps)
    return _from_channel_rows(dZ, X.shape), dgamma, dbeta


def layernorm_forward(Z: Array, gamma: Array, beta: Array, eps: float = 1e-5) -> Array:
    """Normalize each example over its units, then scale and shift each unit.

    Parameters
    ----------
    Z : array of shape (n, m)
    gamma, beta : arrays of shape (n, 1)
    eps : float

    Returns
    -------
    array of shape (n, m)

    References
    ----------
    Ba, Kiros & Hinton (2016), "Layer Normalization".
    """
    check_units(Z, gamma=gamma, beta=beta)
    return gamma * _normalize_rows(Z.T, eps).T + beta


def groupnorm_forward(X: Array, gamma: Array, beta: Array, groups: int, eps: float = 1e-5) -> Array:
    """Normalize each example over each group of channels, then scale and shift each channel.

    Parameters
    ----------
    X : array of shape (N, C, H, W)
    gamma, beta : arrays of shape (C, 1)
    groups : int
        Divides C; consecutive channels form a group.
    eps : float

    Returns
    -------
    array of shape (N, C, H, W)

    References
    ----------
    Wu & He (2018), "Group Normalization".
    """
    check_images("X", X)
    N, C, _, _ = X.shape
    check_columns(C, X, per="channel", gamma=gamma, beta=beta)
    if C % check_count("groups", groups):
        raise ValueError(f"groups is {groups}, expected a divisor of the {C} channels")
    X_norm = _normalize_rows(X.reshape(N * groups, -1), eps).reshape(X.shape)
    return gamma.reshape(1, C, 1, 1) * X_norm + beta.reshape(1, C, 1, 1)


def _normalize_rows(Z: Array, eps: float) -> Array:
    mu = batch_mean(Z)
    return normalize(Z, mu, batch_variance(Z, mu), eps)


def _to_channel_rows(X: Array) -> Array:
    # The channel has to come first before the rest is flattened: reshape alone would mix channels.
    return np.moveaxis(X, 1, 0).reshape(X.shape[1], -1)


def _from_channel_rows(Z: Array, shape: tuple[int, ...]) -> Array:
    N, C, H, W = shape
    return np.moveaxis(Z.reshape(C, N, H, W), 0, 1)
