"""Which kernels an array goes to."""

import contextlib
import functools
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

import numpy as np

from bnkit.backend import Array, array_module
from bnkit.checks import FLOATS

# From how many entries on a layer or an optimizer leaves the formulas. Below, they take some 50 microseconds,
# and starting a compiler for them would take longer than most programs run.
WORTH_STARTING = 2**13


_formulas_only = False


def kernels_for(Z: Array, *others: Array) -> ModuleType:
    """Return the module whose functions take these arrays.

    Parameters
    ----------
    Z, *others : arrays
        All that will be read, the largest first.

    Returns
    -------
    module
        `cpu`, `blocked`, `gpu`, or `formulas`, which take anything.
    """
    if _formulas_only:
        return _module("formulas")
    if type(Z) is np.ndarray:
        alike = Z.dtype in FLOATS and all(type(x) is np.ndarray and x.dtype == Z.dtype for x in others)
        return _on_a_processor(Z.nbytes) if alike else _module("formulas")
    if array_module(Z).__name__ == "cupy" and _module("gpu").takes(Z, *others):
        return _module("gpu")
    return _module("formulas")


def compiled_kernels() -> ModuleType | None:
    """Return `cpu` where NumPy's arrays go there, so that they can be handed over unchecked."""
    return None if _formulas_only else _compiled_kernels()


@contextlib.contextmanager
def formulas_only() -> Iterator[None]:
    """Have everything go to the formulas, as where the kernels are not installed."""
    global _formulas_only
    before, _formulas_only = _formulas_only, True
    try:
        yield
    finally:
        _formulas_only = before


def worth_starting(like: Array, size: int) -> bool:
    """Say whether layers and optimizers leave the formulas for an array of that size, where `like` lives."""
    return size >= WORTH_STARTING or array_module(like).__name__ == "cupy"


def _on_a_processor(nbytes: int) -> ModuleType:
    if _module("cpu").available():
        return _module("cpu")
    return _module("blocked" if nbytes >= _module("blocked").WORTH_BLOCKS else "formulas")


@functools.cache
def _compiled_kernels() -> ModuleType | None:
    cpu = _module("cpu")
    return cpu if cpu.available() and hasattr(cpu, "forward_plain") else None


@functools.cache
def _module(name: str) -> ModuleType:
    try:
        return import_module(f"bnkit.kernels.{name}")
    except ModuleNotFoundError as error:
        if error.name != f"bnkit.kernels.{name}":
            raise
        return import_module("bnkit.kernels.formulas")  # kernels are left out where answers are graded
