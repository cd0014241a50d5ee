"""The kernels of the optimizers: a step in one pass over the parameter, its gradient and its averages.

`bnkit.optimizers` has the formulas. Each kernel works on the entries from `start` to `stop`.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

# The parameters of each kernel, in the letters of `compiled.kernel`.
STEP_KERNELS = {
    "gradient_descent": "pp" + "d" + "p" + "ii",
    "momentum": "ppp" + "dd" + "pp" + "ii",
    "rmsprop": "ppp" + "ddd" + "pp" + "ii",
    "adam": "pppp" + "dddddd" + "ppp" + "ii",
}


def step_kernels(
    number: type[np.floating[Any]], shared: Callable[..., Any]
) -> dict[str, Callable[..., None]]:
    """Return the kernels for one dtype, by name; they call nothing, so nothing is `shared`."""

    def gradient_descent(theta, dtheta, alpha, out, start, stop):
        alpha = number(alpha)
        for j in range(start, stop):
            out[j] = theta[j] - alpha * dtheta[j]

    def momentum(theta, dtheta, v, alpha, beta1, out, v_out, start, stop):
        alpha, keep, take = number(alpha), number(beta1), number(1.0 - beta1)
        for j in range(start, stop):
            average = keep * v[j] + take * dtheta[j]
            v_out[j] = average
            out[j] = theta[j] - alpha * average

    def rmsprop(theta, dtheta, s, alpha, beta2, eps, out, s_out, start, stop):
        alpha, keep, take, eps = number(alpha), number(beta2), number(1.0 - beta2), number(eps)
        for j in range(start, stop):
            average = keep * s[j] + take * (dtheta[j] * dtheta[j])
            s_out[j] = average
            out[j] = theta[j] - alpha * dtheta[j] / (math.sqrt(average) + eps)

    def adam(
        theta, dtheta, v, s, alpha, beta1, beta2, eps, correct_v, correct_s, out, v_out, s_out, start, stop
    ):  # fmt: skip
        """`correct_v` and `correct_s` are what the averages are multiplied by for having started at 0."""
        alpha, eps = number(alpha), number(eps)
        keep_v, take_v = number(beta1), number(1.0 - beta1)
        keep_s, take_s = number(beta2), number(1.0 - beta2)
        correct_v, correct_s = number(correct_v), number(correct_s)
        for j in range(start, stop):
            average = keep_v * v[j] + take_v * dtheta[j]
            square = keep_s * s[j] + take_s * (dtheta[j] * dtheta[j])
            v_out[j], s_out[j] = average, square
            out[j] = theta[j] - alpha * (correct_v * average) / (math.sqrt(correct_s * square) + eps)

    return {"gradient_descent": gradient_descent, "momentum": momentum, "rmsprop": rmsprop, "adam": adam}
