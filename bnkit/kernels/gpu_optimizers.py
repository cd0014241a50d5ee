"""The optimizers' updates on a GPU: one fused pass over each parameter, through CuPy's elementwise kernels.

Each kernel says what its formula in `bnkit.optimizers` says, and computes in the parameter's dtype. An
average may be updated in place.
"""

import functools
from typing import Any

from bnkit.backend import Array


def gradient_descent(theta: Array, dtheta: Array, alpha: float, out: Array) -> None:
    """Write theta - alpha * dtheta into `out`.

    Parameters
    ----------
    theta, dtheta, out : arrays of one shape
    alpha : float
    """
    _kernel("gradient_descent", "T theta, T dtheta, T alpha", "T out", "out = theta - alpha * dtheta")(
        theta, dtheta, alpha, out
    )


def momentum(
    theta: Array, dtheta: Array, v: Array, alpha: float, beta1: float, out: Array, v_out: Array
) -> None:
    """Move the average of gradients, and step along it.

    Parameters
    ----------
    theta, dtheta, v, out, v_out : arrays of one shape
    alpha, beta1 : float
    """
    _kernel(
        "momentum",
        "T theta, T dtheta, T v, T alpha, T beta1, T rest1",
        "T out, T v_out",
        "T average = beta1 * v + rest1 * dtheta; v_out = average; out = theta - alpha * average",
    )(theta, dtheta, v, alpha, beta1, 1 - beta1, out, v_out)


def rmsprop(
    theta: Array, dtheta: Array, s: Array, alpha: float, beta2: float, eps: float, out: Array, s_out: Array
) -> None:
    """Move the average of squared gradients, and divide the step by its root.

    Parameters
    ----------
    theta, dtheta, s, out, s_out : arrays of one shape
    alpha, beta2, eps : float
    """
    _kernel(
        "rmsprop",
        "T theta, T dtheta, T s, T alpha, T beta2, T rest2, T eps",
        "T out, T s_out",
        "T square = beta2 * s + rest2 * dtheta * dtheta; s_out = square; "
        "out = theta - alpha * dtheta / (sqrt(square) + eps)",
    )(theta, dtheta, s, alpha, beta2, 1 - beta2, eps, out, s_out)


def adam(
    theta: Array,
    dtheta: Array,
    v: Array,
    s: Array,
    t: int,
    alpha: float,
    beta1: float,
    beta2: float,
    eps: float,
    out: Array,
    v_out: Array,
    s_out: Array,
) -> None:
    """Move both averages, correct them for their start at 0, and step.

    Parameters
    ----------
    theta, dtheta, v, s, out, v_out, s_out : arrays of one shape
    t : int
        The step's number, from 1.
    alpha, beta1, beta2, eps : float
    """
    _kernel(
        "adam",
        "T theta, T dtheta, T v, T s, T alpha, T beta1, T rest1, T beta2, T rest2, "
        "T weight1, T weight2, T eps",
        "T out, T v_out, T s_out",
        "T average = beta1 * v + rest1 * dtheta; T square = beta2 * s + rest2 * dtheta * dtheta; "
        "v_out = average; s_out = square; "
        "out = theta - alpha * (average / weight1) / (sqrt(square / weight2) + eps)",
    )(
        *(theta, dtheta, v, s, alpha, beta1, 1 - beta1, beta2, 1 - beta2),
        *(1 - beta1**t, 1 - beta2**t, eps, out, v_out, s_out),
    )


@functools.cache
def _kernel(name: str, inputs: str, outputs: str, formula: str) -> Any:
    import cupy

    return cupy.ElementwiseKernel(inputs, outputs, formula, f"bnkit_{name}")
