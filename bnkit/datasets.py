"""Data to try things on, without a download. Examples are columns; targets are one-hot."""

from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from bnkit.backend import Array
from bnkit.checks import check_columns, check_count, check_matrix, check_number, check_positive, check_rng
from bnkit.losses import one_hot


class Dataset(NamedTuple):
    """A training set and a test set, to be unpacked: ``X_train, Y_train, X_test, Y_test = digits()``."""

    X_train: Array
    Y_train: Array
    X_test: Array
    Y_test: Array


def digits(
    rng: np.random.Generator | None = None, test_share: float = 0.2, dtype: DTypeLike = np.float64
) -> Dataset:
    """Return scikit-learn's 1797 handwritten digits of 8 by 8 pixels.

    Parameters
    ----------
    rng : numpy.random.Generator, optional
        Draws which digits are for testing; if not given, they are the same ones every time.
    test_share : float
        The share of the digits that is for testing.
    dtype : float32 or float64

    Returns
    -------
    Dataset
        X of shape (64, m) with values from 0 to 1, Y of shape (10, m).

    Raises
    ------
    ImportError
        If scikit-learn is not installed.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise ImportError("the digits come with scikit-learn: pip install scikit-learn") from error
    if not 0 < check_positive("test_share", test_share) < 1:
        raise ValueError(f"test_share is {test_share}, expected a share between 0 and 1, such as 0.2")
    if rng is None:
        rng = np.random.default_rng(0)
    check_rng(rng)
    pixels, labels = load_digits(return_X_y=True)
    X, Y = (pixels.T / 16).astype(dtype), one_hot(labels, 10, dtype)
    order = rng.permutation(X.shape[1])
    test, training = np.split(order, [round(test_share * order.size)])
    return Dataset(
        np.take(X, training, axis=1),
        np.take(Y, training, axis=1),
        np.take(X, test, axis=1),
        np.take(Y, test, axis=1),
    )


def spirals(
    rng: np.random.Generator,
    m_per_class: int = 100,
    classes: int = 3,
    noise: float = 0.2,
    dtype: DTypeLike = np.float64,
) -> tuple[Array, Array]:
    """Draw points on intertwined spirals, one for each class.

    Parameters
    ----------
    rng : numpy.random.Generator
    m_per_class, classes : int
    noise : float
        The standard deviation of the angle, in radians.
    dtype : float32 or float64

    Returns
    -------
    X : array of shape (2, m)
    Y : array of shape (classes, m)
        ``m = m_per_class * classes``, one class after the other.
    """
    check_rng(rng)
    m_per_class, classes = check_count("m_per_class", m_per_class), check_count("classes", classes, least=2)
    check_number("noise", noise)
    labels = np.repeat(np.arange(classes), m_per_class)
    radius = np.tile(np.linspace(0.05, 1, m_per_class), classes)
    angle = 2 * np.pi * labels / classes + 4 * radius + noise * rng.standard_normal(labels.size)
    X = radius * np.stack([np.cos(angle), np.sin(angle)])
    return X.astype(dtype), one_hot(labels, classes, dtype)


def shifted(X: Array, shift: float | Array = 0.5, scale: float | Array = 1.0) -> Array:
    """Return a copy of `X` with a covariate shift: the same examples, seen under other conditions.

    Parameters
    ----------
    X : array of shape (n, m)
    shift, scale : numbers, or arrays of shape (n, 1)
        Each feature becomes ``scale * feature + shift``; its targets stay the same.

    Returns
    -------
    array of shape (n, m)
    """
    check_matrix("X", X)
    for name, x in (("shift", shift), ("scale", scale)):
        if hasattr(x, "shape") and x.shape:
            check_columns(X.shape[0], X, per="feature", **{name: x})
        else:
            check_number(name, x)
    return (scale * X + shift).astype(X.dtype, copy=False)
