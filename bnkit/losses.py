"""Softmax and cross-entropy: from the output layer's numbers to one cost.

``logits`` and ``Y`` have shape (n_L, m): a row per class, a column per example. Each column of ``Y`` is
one-hot.
"""

import numpy as np
from numpy.typing import DTypeLike

from bnkit.backend import Array, array_module
from bnkit.checks import check_count, check_matrix, check_targets


def softmax(logits: Array) -> Array:
    """Return each example's probabilities of the classes.

    Parameters
    ----------
    logits : array of shape (n_L, m)

    Returns
    -------
    Y_hat : array of shape (n_L, m)
        Each column sums to 1.
    """
    check_matrix("logits", logits)
    powers = np.exp(logits - logits.max(axis=0))  # no power is above 1, so none overflows
    return powers / powers.sum(axis=0)


def cross_entropy(Y_hat: Array, Y: Array) -> float:
    """Return the mean over the examples of minus the log-probability of the right class.

    A probability that was rounded to 0 counts as the smallest positive number, so that the cost stays finite.

    Parameters
    ----------
    Y_hat, Y : arrays of shape (n_L, m)
        Probabilities, and one-hot columns.
    """
    check_matrix("Y_hat", Y_hat)
    check_targets("Y_hat", Y_hat, Y)
    log_Y_hat = np.log(np.maximum(Y_hat, np.finfo(Y_hat.dtype).tiny))
    return -(Y.astype(Y_hat.dtype, copy=False) * log_Y_hat).sum(axis=0).mean()


def softmax_cross_entropy(logits: Array, Y: Array) -> float:
    """Return ``cross_entropy(softmax(logits), Y)``, exact also where a probability rounds to 0.

    Parameters
    ----------
    logits, Y : arrays of shape (n_L, m)
    """
    check_matrix("logits", logits)
    check_targets("logits", logits, Y)
    shifted = logits - logits.max(axis=0)
    log_Y_hat = shifted - np.log(np.exp(shifted).sum(axis=0))
    return -(Y.astype(logits.dtype, copy=False) * log_Y_hat).sum(axis=0).mean()


def softmax_cross_entropy_gradient(logits: Array, Y: Array) -> Array:
    """Return the gradient of `softmax_cross_entropy` with respect to the logits.

    Parameters
    ----------
    logits, Y : arrays of shape (n_L, m)

    Returns
    -------
    dlogits : array of shape (n_L, m)
        ``(Y_hat - Y) / m``: the only place of a network's backward pass that divides by m.
    """
    check_targets("logits", logits, Y)
    return (softmax(logits) - Y.astype(logits.dtype, copy=False)) / logits.shape[1]


def softmax_cross_entropy_with_gradient(logits: Array, Y: Array) -> tuple[Array, Array]:
    """Return `softmax_cross_entropy` and its gradient together: each exponential is computed once.

    Parameters
    ----------
    logits, Y : arrays of shape (n_L, m)

    Returns
    -------
    cost : array without dimensions
    dlogits : array of shape (n_L, m)
    """
    check_matrix("logits", logits)
    check_targets("logits", logits, Y)
    Y = Y.astype(logits.dtype, copy=False)
    shifted = logits - logits.max(axis=0)
    powers = np.exp(shifted)
    totals = powers.sum(axis=0)
    cost = (Y * (np.log(totals) - shifted)).sum(axis=0).mean()
    return cost, (powers / totals - Y) / logits.shape[1]


def one_hot(labels: Array, classes: int, dtype: DTypeLike = np.float64) -> Array:
    """Return a column per label, 1 in the label's row and 0 elsewhere.

    Parameters
    ----------
    labels : array of shape (m,)
        Whole numbers from 0 to ``classes - 1``.
    classes : int
    dtype : float32 or float64

    Returns
    -------
    Y : array of shape (classes, m)
    """
    xp = array_module(labels)
    labels, classes = xp.asarray(labels), check_count("classes", classes)
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise ValueError(
            f"labels has shape {labels.shape} and dtype {labels.dtype}, expected (m,) whole numbers: "
            "one class number per example"
        )
    if labels.size and not 0 <= int(labels.min()) <= int(labels.max()) < classes:
        raise ValueError(f"labels run from {labels.min()} to {labels.max()}, expected 0 to {classes - 1}")
    return (xp.arange(classes)[:, None] == labels).astype(dtype)
