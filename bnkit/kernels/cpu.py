"""The kernels of a processor: one pass per row, compiled by Numba, rows dealt to the cores.

`rows` and `steps` hold what is compiled, and `leading` what stands before it. The functions take what those
of `formulas` take, and leave to them what is not of float32 or float64, or does not lie in memory as it is
read.
"""

import ctypes
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from bnkit.backend import Array
from bnkit.checks import FLOATS
from bnkit.kernels import formulas
from bnkit.kernels import words as at
from bnkit.kernels.compiled import FUNCTION, NO_ROOM, available, give_up, loaded
from bnkit.kernels.crew import WORTH_WAKING, WORTH_WAKING_AMONG_PRODUCTS, helpers_for
from bnkit.kernels.formulas import Running
from bnkit.kernels.leading import leading
from bnkit.kernels.rows import row_kernels
from bnkit.kernels.steps import step_kernels

__all__ = ["adam", "available", "backward", "forward", "gradient_descent", "inference", "momentum", "rmsprop"]


HELPERS = 8 * at.CREW  # where what a call brings begins: the helpers' address, then arrays and numbers


@dataclass(frozen=True)
class Kind:
    """What jobs with one kernel have in common.

    Attributes
    ----------
    sources : callable
        Where the kernel is.
    arrays : int
    large, written : int
        Which of the arrays have the first one's shape, and which are written: a bit for each.
    numbers : int
    """

    sources: Callable[..., Any]
    arrays: int
    large: int
    written: int
    numbers: int


KINDS = {
    # Z, gamma, beta, old_mu, old_sigma2, out, mu, inv_std, new_mu, new_sigma2; eps, decay, relu
    "forward": Kind(row_kernels, 10, large=0b0000100001, written=0b1111100000, numbers=3),
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


class Job:
    """The words of one kind of job; a thread has its own.

    Parameters
    ----------
    name : str
        The kernel's.
    dtype : float32 or float64
    """

    def __init__(self, name: str, dtype: np.dtype[Any]) -> None:
        kind = KINDS[name]
        # An optimizer's step comes after the products that found its gradient.
        self.worth_help = WORTH_WAKING if kind.sources is row_kernels else WORTH_WAKING_AMONG_PRODUCTS
        self.words = (ctypes.c_int64 * at.WORDS)()
        self.address = ctypes.addressof(self.words)
        self.pack_into = struct.Struct(
            f"={1 + kind.arrays}q{8 * (11 - kind.arrays)}x{kind.numbers}d"
        ).pack_into
        self.lead = FUNCTION(loaded(leading, "lead", np.dtype(np.float64)))
        head = {
            at.NDARRAY: id(np.ndarray),
            at.DTYPE: id(np.dtype(dtype.type)),  # the one that NumPy's own arrays have
            at.ITEMSIZE: dtype.itemsize,
            at.COUNT: kind.arrays,
            at.LARGE: kind.large,
            at.WRITTEN: kind.written,
            at.IN_ROWS: kind.sources is row_kernels,
            at.KERNEL: loaded(kind.sources, name, dtype),
            at.SELF: self.address,
        }
        for place, word in head.items():
            self.words[place] = word


class _Jobs(threading.local):
    def __init__(self) -> None:
        self.idle: dict[tuple[str, np.dtype[Any]], Job] = {}


_jobs = _Jobs()


def _done(name: str, first: Array, *given: float) -> bool:
    """Have a job done with arrays of these ids and with these numbers; say whether it could be."""
    key = name, first.dtype
    # A job is not to be found while it is at work: a signal's handler may come in between and call the same.
    job = _jobs.idle.pop(key, None)
    if job is None:
        if first.dtype not in FLOATS:
            return False
        try:
            job = Job(*key)
        except Exception as error:
            give_up(error)
            return False
    job.pack_into(job.words, HELPERS, helpers_for(first.size, job.worth_help), *given)
    job.lead(NO_ROOM, NO_ROOM, job.address)
    refused = job.words[at.REFUSED]
    _jobs.idle[key] = job
    return not refused


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
    old_mu, old_sigma2, decay, new_mu, new_sigma2 = 0, 0, 0.0, 0, 0
    if running is not None:
        decay = running[2]
        old_mu, old_sigma2, new_mu, new_sigma2 = map(id, (*running[:2], *running[3:]))
    return _done(
        *("forward", Z),
        *(id(Z), id(gamma), id(beta), old_mu, old_sigma2),
        *(id(out), id(mu), id(inv_std), new_mu, new_sigma2),
        *(eps, decay, relu),
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
    return _done(
        *("backward", Z),
        *(id(Z), id(dZ_tilde), id(gamma), id(beta), id(mu), id(inv_std)),
        *(id(out), id(dgamma), id(dbeta)),
        relu,
    )


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
    if not _done("inference", Z, id(Z), id(scale), id(shift), id(center), id(out), relu):
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
    return _done(name, arrays[0], *map(id, arrays), *numbers)
