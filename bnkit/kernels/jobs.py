"""How a kernel finds what belongs to its job, and comes by its share of the work."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from bnkit.kernels import native
from bnkit.kernels import words as at


def job_tools(dtype: np.dtype[Any], shared: Callable[..., Any]) -> SimpleNamespace:
    """Return what every kernel of a dtype calls.

    Parameters
    ----------
    dtype : float32 or float64
    shared : callable
        Decorates what kernels call.

    Returns
    -------
    SimpleNamespace
        - ``array(words, k)`` : the memory of the job's k-th array
        - ``given(words, k)`` : its k-th number, in float64
        - ``next_chunk(words)`` : the first unit of the next chunk and the one after its last, with nothing
          between them when all are taken
        - ``wide()`` : that of `native.tools`
    """
    tools = native.tools(dtype)
    numbers_at, words_at, real, add = tools.numbers_at, tools.words_at, tools.real, tools.add

    @shared
    def array(words, k):
        return numbers_at(words[at.ARRAYS + k])

    @shared
    def given(words, k):
        return real(words[at.NUMBERS + k])

    @shared
    def next_chunk(words):
        leader, chunks = words_at(words[at.SELF]), words[at.CHUNKS]
        if add(leader, at.TAKEN, 1) >= chunks:
            return 0, 0
        chunk = chunks - 1 - add(leader, at.BACK, 1) if words[at.HELPING] else add(leader, at.FRONT, 1)
        start = chunk * words[at.CHUNK]
        return start, min(start + words[at.CHUNK], words[at.UNITS])

    return SimpleNamespace(array=array, given=given, next_chunk=next_chunk, wide=tools.wide)
