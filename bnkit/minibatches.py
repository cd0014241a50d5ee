"""Cutting a training set into mini-batches."""

import numpy as np

from bnkit.backend import Array, array_module
from bnkit.checks import check_count, check_rng


def mini_batches(X: Array, Y: Array, batch_size: int, rng: np.random.Generator) -> list[tuple[Array, Array]]:
    """Shuffle the examples and cut them into mini-batches; the last one may be smaller.

    Parameters
    ----------
    X : array of shape (n_x, m)
    Y : array of shape (n_L, m)
        The columns of X and Y belong together, and stay together.
    batch_size : int
    rng : numpy.random.Generator
        Draws the order; call again with the same generator for the next epoch's order.

    Returns
    -------
    list of (X_t, Y_t)
        Arrays of shapes (n_x, m_t) and (n_L, m_t), where m_t is at most `batch_size`.
    """
    check_rng(rng)
    batch_size = check_count("batch_size", batch_size)
    for name, x in (("X", X), ("Y", Y)):
        if getattr(x, "ndim", None) != 2:
            got = f"shape {x.shape}" if hasattr(x, "shape") else f"type {type(x).__name__}"
            raise ValueError(f"{name} has {got}, expected an array with one column per example")
    m = X.shape[1]
    if Y.shape[1] != m:
        raise ValueError(f"Y has {Y.shape[1]} columns, expected {m}, as many as X: one per example")
    order = array_module(X).asarray(rng.permutation(m))
    chosen = [order[start : start + batch_size] for start in range(0, m, batch_size)]
    return [(np.take(X, columns, axis=1), np.take(Y, columns, axis=1)) for columns in chosen]
