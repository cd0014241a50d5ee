"""What a bad argument is told: what it was, what was expected and what to do.

Only shapes, dtypes and plain numbers are looked at. Looking at an array's values would make a GPU wait, so
that is done for NumPy arrays alone.
"""

import math
import operator
from typing import Any, SupportsIndex

import numpy as np

from bnkit.backend import Array, array_module

FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


def check_array(name: str, x: Any) -> None:
    """Refuse what is not an array of float32 or float64."""
    if type(x) is np.ndarray and x.dtype in FLOATS:
        return
    if isinstance(x, np.matrix | np.ma.MaskedArray):
        raise TypeError(f"{name} is a {type(x).__name__}, expected a plain array: use np.asarray({name})")
    if isinstance(x, tuple):
        raise TypeError(
            f"{name} is a tuple, expected an array: pick one of the several results, as in {name}[0]"
        )
    if not all(hasattr(x, attribute) for attribute in ("shape", "dtype", "__array_ufunc__")):
        raise TypeError(
            f"{name} is a {type(x).__name__}, expected a NumPy or CuPy array: use np.array({name})"
        )
    if x.dtype not in FLOATS:
        raise TypeError(
            f"{name} has dtype {x.dtype}, expected float32 or float64: "
            f"convert it with {name}.astype(np.float64)"
        )


def check_dtype(dtype: Any) -> np.dtype[Any]:
    """Return a dtype; refuse what is not float32 or float64."""
    if np.dtype(dtype) not in FLOATS:
        raise TypeError(f"dtype is {np.dtype(dtype)}, expected np.float32 or np.float64")
    return np.dtype(dtype)


def check_matrix(name: str, x: Any) -> None:
    """Refuse what is not a matrix with at least one example."""
    check_array(name, x)
    if x.ndim != 2:
        raise ValueError(f"{name} has shape {x.shape}, expected (n, m): a row per unit, a column per example")
    if 0 in x.shape:
        raise ValueError(f"{name} has shape {x.shape}, expected at least one unit and one example")


def check_images(name: str, x: Any) -> None:
    """Refuse what is not a non-empty stack of images (N, C, H, W)."""
    check_array(name, x)
    if x.ndim != 4 or 0 in x.shape:
        raise ValueError(
            f"{name} has shape {x.shape}, expected (N, C, H, W): examples, channels, height, width"
        )


def check_columns(n: int, like: Array, per: str = "hidden unit", **columns: Any) -> None:
    """Refuse each of `columns` that is not of shape (n, 1), or does not live where `like` does."""
    for name, x in columns.items():
        check_array(name, x)
        if x.shape != (n, 1):
            raise ValueError(
                f"{name} has shape {x.shape}, expected {(n, 1)}: one value per {per}, as a column"
            )
        check_same_device(like, name, x)
        if "sigma2" in name and isinstance(x, np.ndarray) and (x < 0).any():
            raise ValueError(
                f"{name} has a negative value, expected a variance: a mean of squares is never below 0"
            )


def check_units(Z: Any, **columns: Any) -> None:
    """Refuse a Z that is not a matrix, and each column that does not fit its height."""
    check_matrix("Z", Z)
    check_columns(Z.shape[0], Z, **columns)


def check_same_shape(reference: str, like: Array, name: str, x: Any) -> None:
    """Refuse an x whose shape is not that of `like`."""
    check_array(name, x)
    if x.shape != like.shape:
        raise ValueError(f"{name} has shape {x.shape}, expected {like.shape}, the shape of {reference}")
    check_same_device(like, name, x)


def check_same_device(like: Array, name: str, x: Array) -> None:
    """Refuse an x that lives on another device than `like`."""
    if array_module(x) is not array_module(like):
        there = "cpu" if array_module(like) is np else "gpu"
        raise TypeError(f"{name} lives on another device than the rest: use to_device({name}, {there!r})")


def check_eps(eps: Any) -> None:
    """Refuse an eps that could make a variance negative."""
    check_number("eps", eps)
    if not 0 <= eps < math.inf:
        raise ValueError(f"eps is {eps}, expected a small number of at least 0, such as 1e-5")


def check_decay(decay: Any, name: str = "decay") -> float:
    """Return the weight of the old value as a float; refuse one outside 0 to 1."""
    check_number(name, decay)
    if not 0 <= decay <= 1:
        raise ValueError(f"{name} is {decay}, expected 0 to 1: the weight of the old value")
    return float(decay)


def check_positive(name: str, value: Any) -> float:
    """Return a number as a float; refuse one that is not finite and above 0."""
    check_number(name, value)
    if not 0 < value < math.inf:
        raise ValueError(f"{name} is {value}, expected a number above 0")
    return float(value)


def check_number(name: str, value: Any) -> None:
    """Refuse what is not one real number."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise TypeError(f"{name} is {value!r}, expected a number")


def check_count(name: str, value: SupportsIndex, least: int = 1) -> int:
    """Return a count as an int; refuse what is not whole or below `least`."""
    try:
        count = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} is {value!r}, expected a whole number") from None
    if count < least or isinstance(value, bool):
        raise ValueError(f"{name} is {value}, expected a whole number of at least {least}")
    return count


def check_rng(rng: Any) -> None:
    """Refuse a seed where a generator is asked, because a seed would repeat itself at every call."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng is {rng!r}, expected a random generator: np.random.default_rng(seed)")


def check_targets(name: str, like: Array, Y: Any) -> None:
    """Refuse a Y that is not one column of class weights per column of `like`; whole numbers are welcome."""
    if not hasattr(Y, "shape") or not hasattr(Y, "dtype"):
        raise TypeError(f"Y is a {type(Y).__name__}, expected an array: use one_hot(labels, classes)")
    if Y.shape != like.shape:
        raise ValueError(
            f"Y has shape {Y.shape}, expected {like.shape}, the shape of {name}: "
            "a one-hot column per example, as one_hot(labels, classes) makes it"
        )
    if np.dtype(Y.dtype).kind not in "biuf":
        raise TypeError(f"Y has dtype {Y.dtype}, expected numbers: use one_hot(labels, classes)")
    check_same_device(like, "Y", Y)
