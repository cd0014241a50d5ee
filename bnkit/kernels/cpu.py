"""The kernels of a processor: one pass per row, compiled by Numba, rows dealt to the cores.

`rows` and `steps` hold what is compiled, and `leading` what stands before it. The functions take what those
of `formulas` take, and leave to them what is not of float32 or float64, or does not lie in memory as it is
read.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from bnkit.backend import Array
from bnkit.checks import FLOATS
from bnkit.kernels import crew, formulas
from bnkit.kernels import words as at
from bnkit.kernels.builtin import address_of, built_in, fields_of
from bnkit.kernels.compiled import available, give_up, loaded
from bnkit.kernels.crew import WORTH_WAKING, WORTH_WAKING_AMONG_PRODUCTS, helpers_for
from bnkit.kernels.formulas import Running
from bnkit.kernels.leading import leading
from bnkit.kernels.rows import row_kernels
from bnkit.kernels.steps import step_kernels

__all__ = ["adam", "available", "backward", "forward", "gradient_descent", "inference", "momentum", "rmsprop"]


@dataclass(frozen=True)
class Kind:
    """What jobs with one kernel have in common.

    Attributes
    ----------
    sources : callable
        Where the kernel is.
    arrays : int
    large, written, optional : int
        Which of the arrays have the first one's shape, which are written, and which may be None: a bit for
        each.
    numbers : int
        How many numbers follow the arrays; a truth value is one.
    """

    sources: Callable[..., Any]
    arrays: int
    large: int
    written: int
    numbers: int
    optional: int = 0


KINDS = {
    # Z, gamma, beta, old_mu, old_sigma2, out, mu, inv_std, new_mu, new_sigma2; eps, decay, relu
    "forward": Kind(
        row_kernels, 10, large=0b0000100001, written=0b1111100000, optional=0b1100011000, numbers=3
    ),
    # Z, dZ_tilde, gamma, beta, mu, inv_std, out, dgamma, dbeta; relu
    "backward": Kind(row_kernels, 9, large=0b001000011, written=0b111000000, numbers=1),
    # Z, scale, shift, center, out; relu
    "inference": Kind(row_kernels, 5, large=0b10001, written=0b10000, numbers=1),
    # theta, dtheta, out, then the averages, which move where they are; alpha and what follows it
    "gradient_descent": Kind(step_kernels, 3, large=0b111, written=0b100, numbers=1),
    "momentum": Kind(step_kernels, 4, large=0b1111, written=0b1100, numbers=2),
    "rmsprop": Kind(step_kernels, 4, large=0b1111, written=0b1100, numbers=3),
    "adam": Kind(step_kernels, 5, large=0b11111, written=0b11100, numbers=6),
}


Kernel = Callable[..., bool]


class Kernels(dict[np.dtype[Any], Kernel]):
    """The built-in functions of one kind, by dtype, each made when it is first asked for.

    They take whether the crew has been woken, the arrays, and the numbers; and say whether the job was done:
    not with arrays that do not fit.

    Parameters
    ----------
    name : str
        The kernel's.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def __missing__(self, dtype: np.dtype[Any]) -> Kernel:
        if dtype not in FLOATS or not available():
            return lambda *arguments: False
        try:
            self[dtype] = built_in(self.name, *self._entry_and_head(dtype))
        except Exception as error:
            give_up(error)
        return self[dtype]

    def _entry_and_head(self, dtype: np.dtype[Any]) -> tuple[int, Array]:
        kind = KINDS[self.name]
        head = {
            at.NDARRAY: id(np.ndarray),
            at.DTYPE: fields_of(dtype)[at.LETTERS_AND_NUMBER],
            at.ITEMSIZE: dtype.itemsize,
            at.COUNT: kind.arrays,
            at.LARGE: kind.large,
            at.WRITTEN: kind.written,
            at.OPTIONAL: kind.optional,
            at.IN_ROWS: kind.sources is row_kernels,
            at.KERNEL: loaded(kind.sources, self.name, dtype),
            at.CREW: crew.ADDRESS,
            at.FIGURES: kind.numbers,
            at.NONE: id(None),
            at.TRUE: id(True),
            at.FALSE: id(False),
            at.FLOAT: id(float),
            at.TO_BOOL: address_of("PyBool_FromLong"),
            at.SAVE_THREAD: address_of("PyEval_SaveThread"),
            at.RESTORE_THREAD: address_of("PyEval_RestoreThread"),
        }
        entry = loaded(leading, "enter", np.dtype(np.float64))
        return entry, np.array([head.get(word, 0) for word in range(at.HEAD)], np.int64)


KERNELS = {name: Kernels(name) for name in KINDS}
FORWARD, BACKWARD = KERNELS["forward"], KERNELS["backward"]
NOT_RUNNING = None, None, 0.0, None, None


def forward_plain(
    Z: Array,
    gamma: Array,
    beta: Array,
    eps: float,
    relu: bool,
    out: Array,
    mu: Array,
    inv_std: Array,
    running: Running | None,
) -> bool:
    """Do what `forward` does, if the arrays are such as a kernel can take; say whether they are."""
    kernel, helped = FORWARD[Z.dtype], helpers_for(Z.size, WORTH_WAKING)
    old_mu, old_sigma2, decay, new_mu, new_sigma2 = running or NOT_RUNNING
    return kernel(
        helped, Z, gamma, beta, old_mu, old_sigma2, out, mu, inv_std, new_mu, new_sigma2, eps, decay, relu
    )


def backward_plain(
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
) -> bool:
    """Do what `backward` does, if the arrays are such as a kernel can take; say whether they are."""
    kernel, helped = BACKWARD[Z.dtype], helpers_for(Z.size, WORTH_WAKING)
    return kernel(helped, Z, dZ_tilde, gamma, beta, mu, inv_std, out, dgamma, dbeta, relu)


def forward(*arguments: Any) -> None:
    """Normalize, scale and shift; with `relu`, cut off below 0; move the running statistics."""
    if not forward_plain(*arguments):
        formulas.forward(*arguments)


def backward(*arguments: Any) -> None:
    """Go back through batch norm; with `relu`, through the ReLU behind it first."""
    if not backward_plain(*arguments):
        formulas.backward(*arguments)


def inference(Z: Array, scale: Array, shift: Array, center: Array, relu: bool, out: Array) -> None:
    """Scale the distance from the centre, and shift it."""
    kernel, helped = KERNELS["inference"][Z.dtype], helpers_for(Z.size, WORTH_WAKING)
    if not kernel(helped, Z, scale, shift, center, out, relu):
        formulas.inference(Z, scale, shift, center, relu, out)


def gradient_descent(theta: Array, dtheta: Array, alpha: float, out: Array) -> None:
    """Make a step of gradient descent."""
    if not _step("gradient_descent", (theta, dtheta, out), (alpha,)):
        formulas.gradient_descent(theta, dtheta, alpha, out)


def momentum(
    theta: Array, dtheta: Array, v: Array, alpha: float, beta1: float, out: Array, v_out: Array
) -> None:
    """Make a step of gradient descent with momentum."""
    if not _step("momentum", (theta, dtheta, out, _moved(v, v_out)), (alpha, beta1)):
        formulas.momentum(theta, dtheta, v, alpha, beta1, out, v_out)


def rmsprop(
    theta: Array, dtheta: Array, s: Array, alpha: float, beta2: float, eps: float, out: Array, s_out: Array
) -> None:
    """Make a step of RMSprop."""
    if not _step("rmsprop", (theta, dtheta, out, _moved(s, s_out)), (alpha, beta2, eps)):
        formulas.rmsprop(theta, dtheta, s, alpha, beta2, eps, out, s_out)


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
    arrays = theta, dtheta, out, _moved(v, v_out), _moved(s, s_out)
    if not _step("adam", arrays, numbers):
        formulas.adam(theta, dtheta, v, s, t, alpha, beta1, beta2, eps, out, v_out, s_out)


def _moved(average: Array, place: Array) -> Array:
    """Return an average where it is to be after the step."""
    if place is not average:
        np.copyto(place, average)
    return place


def _step(name: str, arrays: tuple[Array, ...], numbers: tuple[float, ...]) -> bool:
    kernel = KERNELS[name][arrays[0].dtype]
    # It comes after the products that found its gradient.
    helped = helpers_for(arrays[0].size, WORTH_WAKING_AMONG_PRODUCTS)
    return kernel(helped, *arrays, *numbers)
