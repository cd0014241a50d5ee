"""Large results in memory that has been used before.

Before a program sees a fresh page of memory the system fills it with zeros, which takes as long as
normalizing what will stand there. So the memory of a large result is kept when the result is gone, and is
handed out again under the next one of about its size.
"""

from typing import Any

import numpy as np

from bnkit.backend import Array
from bnkit.checks import FLOATS

WORTH_KEEPING = 2**20  # bytes; of smaller ones the system's allocator keeps enough
TOO_LARGE = 2**28
MOST_KEPT = 8  # two layers' weights before a training step, after it, and their gradients
MOST_BYTES = 2 * TOO_LARGE

_kept: list[Array] = []


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
        Where `like` lives. One of NumPy's of 1 to 256 MiB is a view of memory that comes back here when
        the last view of it is gone.
    """
    dtype = like.dtype if dtype is None else dtype
    size = like.size * dtype.itemsize
    if type(like) is not np.ndarray:
        return np.empty_like(like, dtype=dtype, order="C")
    if not WORTH_KEEPING <= size <= TOO_LARGE or dtype not in FLOATS:
        return np.empty(like.shape, dtype)
    return np.ndarray(like.shape, dtype, np.asarray(_Loan(_take(size))))


class _Loan:
    """What a result's memory belongs to: the last view of it lets this go."""

    __slots__ = "__array_struct__", "memory"

    def __init__(self, memory: Array) -> None:
        self.memory = memory
        self.__array_struct__ = memory.__array_struct__

    def __del__(self, kept: list[Array] = _kept) -> None:
        kept.append(self.memory)
        while len(kept) > MOST_KEPT or sum(memory.nbytes for memory in kept) > MOST_BYTES:
            del kept[:1]


def _take(size: int) -> Array:
    for _ in range(len(_kept)):
        try:
            memory = _kept.pop()  # first take, then look: another thread may be about to do the same
        except IndexError:
            break
        if size <= memory.nbytes <= 2 * size:
            return memory
        _kept.insert(0, memory)
    return np.empty(size, np.uint8)
