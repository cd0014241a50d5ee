"""Where a unit is and how far it spreads: what batch norm sets, and how it moves from batch to batch."""

import numpy as np

from bnkit.backend import Array
from bnkit.checks import check_columns, check_eps, check_matrix


def moments_after_batchnorm(
    gamma: Array, beta: Array, sigma2: Array, eps: float = 1e-5
) -> tuple[Array, Array]:
    """Return each unit's mean and variance over the mini-batch after batch norm.

    Parameters
    ----------
    gamma, beta : arrays of shape (n, 1)
    sigma2 : array of shape (n, 1)
        The variance before batch norm.
    eps : float
        Batch norm's.

    Returns
    -------
    mean, variance : arrays of shape (n, 1)
    """
    check_columns(gamma.shape[0], gamma, gamma=gamma, beta=beta, sigma2=sigma2)
    check_eps(eps)
    return beta.copy(), gamma**2 * sigma2 / (sigma2 + eps)


def standardized_shift(Z_before: Array, Z_after: Array, eps: float = 1e-5) -> Array:
    """Return how far each unit's mean has moved, in standard deviations of where it came from.

    Parameters
    ----------
    Z_before : array of shape (n, m_before)
    Z_after : array of shape (n, m_after)
        The same units for other examples, or after some steps of training.
    eps : float
        Added to the variance, so that a constant unit stays finite.

    Returns
    -------
    array of shape (n, 1)
    """
    check_matrix("Z_before", Z_before)
    check_matrix("Z_after", Z_after)
    check_eps(eps)
    if len(Z_before) != len(Z_after):
        raise ValueError(
            f"Z_after has shape {Z_after.shape}, expected ({len(Z_before)}, m): the units of Z_before"
        )
    mu = Z_before.mean(axis=1, keepdims=True)
    sigma2 = ((Z_before - mu) ** 2).mean(axis=1, keepdims=True)
    return (Z_after.mean(axis=1, keepdims=True) - mu) / np.sqrt(sigma2 + eps)
