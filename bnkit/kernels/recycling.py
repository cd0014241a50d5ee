"""Large results in memory that has been used before.

Before a program sees a fresh page of memory the system fills it with zeros, which takes as long as
normalizing what will stand there. So the memory of the last large results is remembered, and what nobody
looks at any more is handed out again under the next result of about its size.
"""

import sys
from typing import Any

import numpy as np

from bnkit.backend import Array
from bnkit.checks import FLOATS

WORTH_KEEPING = 2**20  # bytes; of smaller ones the system's allocator keeps enough
TOO_LARGE = 2**28
MOST_KEPT = 8  # two layers' weights before a training step, after it, and their gradients
MOST_BYTES = 2 * TOO_LARGE

_kept: list[Array] = []  # the one handed out last at the end


def empty_like(like: Array, dtype: np.dtype[Any] | None = None) -> Array:
    """Return an array of `like`'s shape, in C order, with no particular content.

    Parameters
    ----------
    like : array
    dtype : numpy.dtype, optional
        That of `like`, if not given.

    Returns
    -------
    array
        Where `like` lives. One of NumPy's of 1 to 256 MiB is a view of memory that is handed out again when
        the last view of it is gone.
    """
    dtype = like.dtype if dtype is None else dtype
    size = like.size * dtype.itemsize
    if type(like) is not np.ndarray:
        return np.empty_like(like, dtype=dtype, order="C")
    if not WORTH_KEEPING <= size <= TOO_LARGE or dtype not in FLOATS:
        return np.empty(like.shape, dtype)
    memory = _take(size)
    view: Array = np.ndarray(like.shape, dtype, memory)
    _kept.append(memory)
    while len(_kept) > MOST_KEPT or sum(kept.nbytes for kept in _kept) > MOST_BYTES:
        del _kept[:1]
    return view


def _take(size: int) -> Array:
    """Return memory that nobody looks at; it is not among what is kept until it is put back."""
    for _ in range(len(_kept)):
        try:
            memory = _kept.pop()  # first take, then look: another thread may be about to do the same
        except IndexError:
            break
        if size <= memory.nbytes <= 2 * size and _references(memory) == UNSEEN:
            return memory
        _kept.insert(0, memory)
    return np.empty(size, np.uint8)


def _references(memory: Array) -> int:
    """Return how many hold on to it: every view does, and views of views, beside who asks."""
    return sys.getrefcount(memory)


def _references_without_a_view() -> int:
    memory = np.empty(1, np.uint8)
    return _references(memory)


UNSEEN = _references_without_a_view()  # Pythons count differently
