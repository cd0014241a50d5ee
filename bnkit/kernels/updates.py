"""The optimizers' steps in one pass: what the functions of the same names in `bnkit.optimizers` say.

Each takes arrays of one shape and one dtype, and returns new ones.
"""

import numpy as np

from bnkit.backend import Array, array_module
from bnkit.checks import check_count, check_same_shape
from bnkit.kernels.choice import kernels_for


def gradient_descent_update(theta: Array, dtheta: Array, alpha: float) -> Array:
    """Go a step of length `alpha` times the gradient, downhill.

    Parameters
    ----------
    theta, dtheta : arrays of one shape
    alpha : float

    Returns
    -------
    theta : array
    """
    read, (out,) = _prepared(1, theta, dtheta=dtheta)
    kernels_for(*read).gradient_descent(*read, float(alpha), out)
    return out


def momentum_update(
    theta: Array, dtheta: Array, v: Array, alpha: float, beta1: float = 0.9
) -> tuple[Array, Array]:
    """Step along an average of the gradients so far.

    Parameters
    ----------
    theta, dtheta, v : arrays of one shape
        The average `v` starts at 0.
    alpha, beta1 : float

    Returns
    -------
    theta, v : arrays
    """
    read, (out, v_out) = _prepared(2, theta, dtheta=dtheta, v=v)
    kernels_for(*read).momentum(*read, float(alpha), float(beta1), out, v_out)
    return out, v_out


def rmsprop_update(
    theta: Array, dtheta: Array, s: Array, alpha: float, beta2: float = 0.999, eps: float = 1e-8
) -> tuple[Array, Array]:
    """Divide each entry's gradient by that entry's usual size.

    Parameters
    ----------
    theta, dtheta, s : arrays of one shape
        The average `s` of squared gradients starts at 0.
    alpha, beta2, eps : float

    Returns
    -------
    theta, s : arrays
    """
    read, (out, s_out) = _prepared(2, theta, dtheta=dtheta, s=s)
    kernels_for(*read).rmsprop(*read, float(alpha), float(beta2), float(eps), out, s_out)
    return out, s_out


def adam_update(
    theta: Array,
    dtheta: Array,
    v: Array,
    s: Array,
    t: int,
    alpha: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
) -> tuple[Array, Array, Array]:
    """Momentum and RMSprop together, each corrected for having started at 0.

    Parameters
    ----------
    theta, dtheta, v, s : arrays of one shape
    t : int
        The step's number, from 1.
    alpha, beta1, beta2, eps : float

    Returns
    -------
    theta, v, s : arrays
        The averages as they are kept, without the correction.
    """
    read, (out, v_out, s_out) = _prepared(3, theta, dtheta=dtheta, v=v, s=s)
    numbers = float(alpha), float(beta1), float(beta2), float(eps)
    kernels_for(*read).adam(*read, check_count("t", t), *numbers, out, v_out, s_out)
    return out, v_out, s_out


def _prepared(results: int, theta: Array, **others: Array) -> tuple[list[Array], list[Array]]:
    """Return the arrays as they lie in memory, and room for the results."""
    for name, x in others.items():
        if type(x) is not type(theta) or x.shape != theta.shape or x.dtype != theta.dtype:
            check_same_shape("theta", theta, name, x)
    read = [array_module(x).ascontiguousarray(x) for x in (theta, *others.values())]
    dtype = np.result_type(*(x.dtype for x in read))
    return read, [np.empty_like(read[0], dtype=dtype) for _ in range(results)]
