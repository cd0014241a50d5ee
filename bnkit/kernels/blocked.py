"""Batch norm without a compiler: NumPy's own passes, over blocks that stay in the cache from pass to pass.

Written with whole arrays, each of the dozen passes reads from memory and writes to it. Some units at a time,
all passes but the first find their numbers in the cache. `formulas` explains the arguments.
"""

from collections.abc import Iterator

import numpy as np

from bnkit.backend import Array
from bnkit.kernels.formulas import Running, adam, gradient_descent, momentum, rmsprop
from bnkit.statistics import ewa_update

__all__ = ["adam", "backward", "forward", "gradient_descent", "inference", "momentum", "rmsprop"]

# Smaller arrays lie in the cache as it is, and more calls would only cost more.
WORTH_BLOCKS = 2**18  # bytes
BLOCK = 2**19  # bytes: a block, its result and what is put aside fit into a core's cache together


def forward(
    Z: Array,
    gamma: Array,
    beta: Array,
    eps: float,
    relu: bool,
    out: Array,
    mu: Array,
    inv_std: Array,
    running: Running | None,
) -> None:
    """Normalize, scale and shift; with `relu`, cut off below 0; move the running statistics."""
    for units in _blocks(Z):
        mean = _means(Z[:, units])
        deviation = np.subtract(Z[:, units], mean, out=out[:, units])
        rest = _means(deviation)  # what the rounding of the mean has left
        deviation -= rest
        variance = _means(deviation * deviation)
        inverse = 1 / np.sqrt(variance + eps)
        deviation *= gamma[units] * inverse
        deviation += beta[units]
        if relu:
            np.maximum(deviation, 0, out=deviation)
        mu[units], inv_std[units] = mean + rest, inverse
        if running is not None:
            old_mu, old_sigma2, decay, new_mu, new_sigma2 = running
            new_mu[units] = ewa_update(old_mu[units], mu[units], decay)
            new_sigma2[units] = ewa_update(old_sigma2[units], variance, decay)


def backward(
    dZ_tilde: Array,
    Z: Array,
    gamma: Array,
    beta: Array,
    mu: Array,
    inv_std: Array,
    relu: bool,
    out: Array,
    dgamma: Array,
    dbeta: Array,
) -> None:
    """Go back through batch norm; with `relu`, through the ReLU behind it first."""
    m = Z.shape[0] * Z.shape[2]
    for units in _blocks(Z):
        Z_norm = Z[:, units] - mu[units]
        Z_norm -= _means(Z_norm)
        Z_norm *= inv_std[units]
        slopes = dZ_tilde[:, units]
        if relu:
            slopes = np.where(gamma[units] * Z_norm + beta[units] > 0, slopes, 0)
        dbeta[units] = _means(slopes) * m
        dgamma[units] = _means(slopes * Z_norm) * m
        dZ = np.subtract(slopes, dbeta[units] / m, out=out[:, units])
        Z_norm *= dgamma[units] / m
        dZ -= Z_norm
        dZ *= gamma[units] * inv_std[units]


def inference(Z: Array, scale: Array, shift: Array, center: Array, relu: bool, out: Array) -> None:
    """Scale the distance from the centre, and shift it."""
    for units in _blocks(Z):
        result = np.subtract(Z[:, units], center[units], out=out[:, units])
        result *= scale[units]
        result += shift[units]
        if relu:
            np.maximum(result, 0, out=result)


def _blocks(Z: Array) -> Iterator[slice]:
    N, n, L = Z.shape
    size = max(1, BLOCK // (N * L * Z.itemsize))
    for start in range(0, n, size):
        yield slice(start, start + size)


def _means(block: Array) -> Array:
    """Return each unit's mean over groups and entries, of shape (units, 1)."""
    return block.mean(axis=2).mean(axis=0)[:, None]
