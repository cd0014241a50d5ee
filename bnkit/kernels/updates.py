"""The optimizers' steps in one pass: what the functions of the same names in `bnkit.optimizers` say.

``out`` says where results go, one place for each, or None for a new array. An average may take the place of
the old one, and the parameter that of the old parameter.
"""

from typing import TypeAlias

import numpy as np

from bnkit.backend import Array, array_module
from bnkit.checks import check_array, check_count, check_same_shape
from bnkit.kernels.choice import kernels_for
from bnkit.kernels.recycling import empty_like

Out: TypeAlias = tuple[Array | None, ...]


def gradient_descent_update(theta: Array, dtheta: Array, alpha: float, *, out: Out = (None,)) -> Array:
    """Go a step of length `alpha` times the gradient, downhill.

    Parameters
    ----------
    theta, dtheta : arrays of one shape
    alpha : float
    out : one array or None, in a tuple

    Returns
    -------
    theta : array
    """
    read, written = _prepared(out, theta, dtheta=dtheta)
    kernels_for(*read).gradient_descent(*read, float(alpha), *written)
    return written[0]


def momentum_update(
    theta: Array, dtheta: Array, v: Array, alpha: float, beta1: float = 0.9, *, out: Out = (None, None)
) -> tuple[Array, Array]:
    """Step along an average of the gradients so far.

    Parameters
    ----------
    theta, dtheta, v : arrays of one shape
        The average `v` starts at 0.
    alpha, beta1 : float
    out : pair of arrays or None

    Returns
    -------
    theta, v : arrays
    """
    read, (theta_out, v_out) = _prepared(out, theta, dtheta=dtheta, v=v)
    kernels_for(*read).momentum(*read, float(alpha), float(beta1), theta_out, v_out)
    return theta_out, v_out


def rmsprop_update(
    theta: Array,
    dtheta: Array,
    s: Array,
    alpha: float,
    beta2: float = 0.999,
    eps: float = 1e-8,
    *,
    out: Out = (None, None),
) -> tuple[Array, Array]:
    """Divide each entry's gradient by that entry's usual size.

    Parameters
    ----------
    theta, dtheta, s : arrays of one shape
        The average `s` of squared gradients starts at 0.
    alpha, beta2, eps : float
    out : pair of arrays or None

    Returns
    -------
    theta, s : arrays
    """
    read, (theta_out, s_out) = _prepared(out, theta, dtheta=dtheta, s=s)
    kernels_for(*read).rmsprop(*read, float(alpha), float(beta2), float(eps), theta_out, s_out)
    return theta_out, s_out


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
    *,
    out: Out = (None, None, None),
) -> tuple[Array, Array, Array]:
    """Momentum and RMSprop together, each corrected for having started at 0.

    Parameters
    ----------
    theta, dtheta, v, s : arrays of one shape
    t : int
        The step's number, from 1.
    alpha, beta1, beta2, eps : float
    out : three arrays or None

    Returns
    -------
    theta, v, s : arrays
        The averages as they are kept, without the correction.
    """
    read, (theta_out, v_out, s_out) = _prepared(out, theta, dtheta=dtheta, v=v, s=s)
    numbers = float(alpha), float(beta1), float(beta2), float(eps)
    kernels_for(*read).adam(*read, check_count("t", t), *numbers, theta_out, v_out, s_out)
    return theta_out, v_out, s_out


def _prepared(out: Out, theta: Array, **others: Array) -> tuple[list[Array], list[Array]]:
    """Return the arrays as they lie in memory, and the places for the results."""
    check_array("theta", theta)
    alike = True
    for name, x in others.items():
        if type(x) is not type(theta) or x.shape != theta.shape or x.dtype != theta.dtype:
            check_same_shape("theta", theta, name, x)
            alike = False
    xp = array_module(theta)
    read = [x if x.flags.c_contiguous else xp.ascontiguousarray(x) for x in (theta, *others.values())]
    dtype = theta.dtype if alike else np.result_type(*(x.dtype for x in read))
    own = [0, *range(2, len(read))]  # whose place a result may take: anyone's but the gradient's
    written: list[Array] = []
    for place, k in zip(out, own, strict=True):
        if place is None:
            continue
        if type(place) is not type(theta) or place.shape != theta.shape or place.dtype != dtype:
            raise ValueError(f"out has an array unlike theta, expected shape {theta.shape} and dtype {dtype}")
        others_read = read if place is not read[k] else read[:k] + read[k + 1 :]
        if any(xp.may_share_memory(place, x) for x in (*others_read, *written)):
            raise ValueError("out shares memory with what is read, expected an array's own place or another")
        written.append(place)
    return read, [empty_like(read[0], dtype) if place is None else place for place in out]
