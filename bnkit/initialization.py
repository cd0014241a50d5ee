"""Where the weights start.

A layer's weights have shape (n, n_prev): a row per unit, a column per input. They are drawn in float64
whatever their dtype, so that a float32 network starts from the float64 one's weights, rounded.
"""

import math

import numpy as np
from numpy.typing import DTypeLike

from bnkit.backend import Array
from bnkit.checks import check_count, check_dtype, check_positive, check_rng


def he_normal(n: int, n_prev: int, rng: np.random.Generator, dtype: DTypeLike = np.float64) -> Array:
    """Draw weights of variance ``2 / n_prev``, which keeps a signal's size from ReLU layer to ReLU layer.

    Parameters
    ----------
    n, n_prev : int
        The layer's units, and its inputs.
    rng : numpy.random.Generator
    dtype : float32 or float64

    Returns
    -------
    W : array of shape (n, n_prev)

    References
    ----------
    He et al. (2015), "Delving Deep into Rectifiers".
    """
    return normal(n, n_prev, rng, math.sqrt(2 / check_count("n_prev", n_prev)), dtype)


def scaled_normal(n: int, n_prev: int, rng: np.random.Generator, dtype: DTypeLike = np.float64) -> Array:
    """Draw weights of variance ``1 / n_prev``, which does for tanh what `he_normal` does for ReLU.

    Parameters and result are those of `he_normal`.

    References
    ----------
    LeCun et al. (1998), "Efficient BackProp".
    """
    return normal(n, n_prev, rng, math.sqrt(1 / check_count("n_prev", n_prev)), dtype)


def normal(
    n: int, n_prev: int, rng: np.random.Generator, std: float = 0.01, dtype: DTypeLike = np.float64
) -> Array:
    """Draw weights of one standard deviation, however many inputs there are.

    Too small, and the signal dies out from layer to layer; too large, and it explodes. Batch norm forgives
    both.

    Parameters
    ----------
    n, n_prev : int
    rng : numpy.random.Generator
    std : float
    dtype : float32 or float64

    Returns
    -------
    W : array of shape (n, n_prev)
    """
    check_rng(rng)
    shape = check_count("n", n), check_count("n_prev", n_prev)
    return (check_positive("std", std) * rng.standard_normal(shape)).astype(check_dtype(dtype))
