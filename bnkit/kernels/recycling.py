"""Large results in memory that has been used before.

Before a program sees a fresh page of memory the system fills it with zeros, which takes as long as
normalizing what will stand there. So the memory of a large result is kept when the result is gone, and is
handed out again under the next one of about its size: two of them, for as long as the program runs.
"""

import numpy as np

from bnkit.backend import Array
from bnkit.checks import FLOATS

WORTH_KEEPING = 2**22  # bytes; the system's allocator does as much for smaller arrays
TOO_LARGE = 2**28
MOST_KEPT = 2  # a result and a gradient, in turn

_kept: list[Array] = []


def empty_like(Z: Array) -> Array:
    """Return an array of Z's shape and dtype, in C order, with no particular content.

    Parameters
    ----------
    Z : array
        NumPy's.

    Returns
    -------
    array
        From 4 MiB on to 256 MiB it is a view of memory that comes back here when the last view of it is gone.
    """
    if not WORTH_KEEPING <= Z.nbytes <= TOO_LARGE or Z.dtype not in FLOATS:
        return np.empty_like(Z, order="C")
    lent = np.asarray(_Loan(_take(Z.nbytes)))
    return lent[: Z.nbytes].view(Z.dtype).reshape(Z.shape)


class _Loan:
    """What a result's memory belongs to: the last view of it lets this go."""

    def __init__(self, memory: Array) -> None:
        self.memory = memory
        self.__array_interface__ = memory.__array_interface__

    def __del__(self, kept: list[Array] = _kept) -> None:
        kept.append(self.memory)
        del kept[:-MOST_KEPT]


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
