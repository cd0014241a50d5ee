"""The kernels of the optimizers: a step in one pass over the parameter, its gradient and its averages.

`bnkit.optimizers` has the formulas. An average is replaced by the new one, entry by entry: a compiler that is
told of two arrays, which may overlap, does not dare to take eight entries at once. A kernel finds its arrays
and numbers in the words of its job, and works on one chunk of entries after the other, as `rows` explains.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from bnkit.kernels.jobs import job_tools


def step_kernels(dtype: np.dtype[Any], shared: Callable[..., Any]) -> dict[str, Callable[..., None]]:
    """Return the kernels for one dtype, by name.

    Parameters
    ----------
    dtype : float32 or float64
    shared : callable
        Decorates what the kernels call.
    """
    tools, number = job_tools(dtype, shared), dtype.type
    array, given, next_chunk = tools.array, tools.given, tools.next_chunk

    def gradient_descent(words):
        theta, dtheta, out = array(words, 0), array(words, 1), array(words, 2)
        alpha = number(given(words, 0))
        start, stop = next_chunk(words)
        while start < stop:
            for j in range(start, stop):
                out[j] = theta[j] - alpha * dtheta[j]
            start, stop = next_chunk(words)

    def momentum(words):
        theta, dtheta, out, v = array(words, 0), array(words, 1), array(words, 2), array(words, 3)
        alpha, keep, take = number(given(words, 0)), number(given(words, 1)), number(1.0 - given(words, 1))
        start, stop = next_chunk(words)
        while start < stop:
            for j in range(start, stop):
                average = keep * v[j] + take * dtheta[j]
                v[j] = average
                out[j] = theta[j] - alpha * average
            start, stop = next_chunk(words)

    def rmsprop(words):
        theta, dtheta, out, s = array(words, 0), array(words, 1), array(words, 2), array(words, 3)
        alpha, keep, take = number(given(words, 0)), number(given(words, 1)), number(1.0 - given(words, 1))
        eps = number(given(words, 2))
        start, stop = next_chunk(words)
        while start < stop:
            for j in range(start, stop):
                average = keep * s[j] + take * (dtheta[j] * dtheta[j])
                s[j] = average
                out[j] = theta[j] - alpha * dtheta[j] / (math.sqrt(average) + eps)
            start, stop = next_chunk(words)

    def adam(words):
        """The last two numbers are what the averages are multiplied by for having started at 0."""
        theta, dtheta, out = array(words, 0), array(words, 1), array(words, 2)
        v, s = array(words, 3), array(words, 4)
        alpha, eps = number(given(words, 0)), number(given(words, 3))
        keep_v, take_v = number(given(words, 1)), number(1.0 - given(words, 1))
        keep_s, take_s = number(given(words, 2)), number(1.0 - given(words, 2))
        correct_v, correct_s = number(given(words, 4)), number(given(words, 5))
        start, stop = next_chunk(words)
        while start < stop:
            for j in range(start, stop):
                average = keep_v * v[j] + take_v * dtheta[j]
                square = keep_s * s[j] + take_s * (dtheta[j] * dtheta[j])
                v[j], s[j] = average, square
                out[j] = theta[j] - alpha * (correct_v * average) / (math.sqrt(correct_s * square) + eps)
            start, stop = next_chunk(words)

    return {"gradient_descent": gradient_descent, "momentum": momentum, "rmsprop": rmsprop, "adam": adam}
