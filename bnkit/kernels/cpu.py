"""The kernels of a processor: one pass per row, compiled by Numba, rows dealt to the cores.

`rows` and `steps` hold what is compiled. Arrays have shape (N, n, L), as `formulas` explains, lie in memory
as they are read, and have one dtype, float32 or float64.
"""

import ctypes
import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from bnkit.backend import Array
from bnkit.kernels.compiled import available, kernel
from bnkit.kernels.formulas import Running
from bnkit.kernels.rows import ROW_KERNELS, row_kernels
from bnkit.kernels.steps import STEP_KERNELS, step_kernels
from bnkit.kernels.threads import deal

__all__ = ["adam", "available", "backward", "forward", "gradient_descent", "inference", "momentum", "rmsprop"]

# A thread is handed this many entries at least: they take longer than the handing over.
WORTH_A_THREAD = 2**17

# A decay above 1 and no pointers: there are no running statistics.
NOTHING_TO_MOVE = 2.0, None, None, None, None

_buffer_of = (ctypes.c_char * 0).from_buffer


def forward(
    Z: Array,
    gamma: Array,
    beta: Array,
    eps: float,
    relu: bool,
    out: Array,
    mu: Array,
    inv_std: Array,
    running: Running | None,
) -> None:
    """Normalize, scale and shift; with `relu`, cut off below 0; move the running statistics."""
    statistics: tuple[Any, ...] = NOTHING_TO_MOVE
    if running is not None:
        old_mu, old_sigma2, decay, new_mu, new_sigma2 = running
        statistics = decay, *map(_pointer, (old_mu, old_sigma2, new_mu, new_sigma2))
    read = map(_pointer, (Z, gamma, beta))
    _by_rows("forward", Z, *read, eps, relu, *map(_pointer, (out, mu, inv_std)), *statistics)


def backward(
    dZ_tilde: Array,
    Z: Array,
    gamma: Array,
    beta: Array,
    mu: Array,
    inv_std: Array,
    relu: bool,
    out: Array,
    dgamma: Array,
    dbeta: Array,
) -> None:
    """Go back through batch norm; with `relu`, through the ReLU behind it first."""
    read = map(_pointer, (dZ_tilde, Z, gamma, beta, mu, inv_std))
    _by_rows("backward", Z, *read, relu, *map(_pointer, (out, dgamma, dbeta)))


def inference(Z: Array, scale: Array, shift: Array, center: Array, relu: bool, out: Array) -> None:
    """Scale the distance from the centre, and shift it."""
    _by_rows("inference", Z, *map(_pointer, (Z, scale, shift, center)), relu, _pointer(out))


def gradient_descent(theta: Array, dtheta: Array, alpha: float, out: Array) -> None:
    """Make a step of gradient descent."""
    _by_entries("gradient_descent", theta, (theta, dtheta), (alpha,), (out,))


def momentum(
    theta: Array, dtheta: Array, v: Array, alpha: float, beta1: float, out: Array, v_out: Array
) -> None:
    """Make a step of gradient descent with momentum."""
    _by_entries("momentum", theta, (theta, dtheta, v), (alpha, beta1), (out, v_out))


def rmsprop(
    theta: Array, dtheta: Array, s: Array, alpha: float, beta2: float, eps: float, out: Array, s_out: Array
) -> None:
    """Make a step of RMSprop."""
    _by_entries("rmsprop", theta, (theta, dtheta, s), (alpha, beta2, eps), (out, s_out))


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
    """Make a step of Adam."""
    numbers = alpha, beta1, beta2, eps, 1 / (1 - beta1**t), 1 / (1 - beta2**t)
    _by_entries("adam", theta, (theta, dtheta, v, s), numbers, (out, v_out, s_out))


def _by_rows(name: str, Z: Array, *arguments: Any) -> None:
    native = _row_kernel(name, Z.dtype)
    N, n, L = Z.shape

    def work(start: int, stop: int) -> None:
        native(*arguments, N, n, L, start, stop)

    deal(work, n, Z.size // WORTH_A_THREAD)


def _by_entries(
    name: str, theta: Array, read: tuple[Array, ...], numbers: tuple[float, ...], written: tuple[Array, ...]
) -> None:
    native = _step_kernel(name, theta.dtype)
    arguments = (*map(_pointer, read), *numbers, *map(_pointer, written))

    def work(start: int, stop: int) -> None:
        native(*arguments, start, stop)

    deal(work, theta.size, theta.size // WORTH_A_THREAD)


@functools.cache
def _row_kernel(name: str, dtype: np.dtype[Any]) -> Callable[..., None]:
    return kernel(row_kernels, name, ROW_KERNELS[name], dtype)


@functools.cache
def _step_kernel(name: str, dtype: np.dtype[Any]) -> Callable[..., None]:
    return kernel(step_kernels, name, STEP_KERNELS[name], dtype)


def _pointer(x: Array) -> Any:
    memory: Any = x
    try:
        return _buffer_of(memory)  # a fifth of the time of x.ctypes.data
    except TypeError:  # an array that may not be written into
        return x.ctypes.data
