"""Which kernels an array goes to."""

from types import ModuleType

import numpy as np

from bnkit.backend import Array, array_module
from bnkit.checks import FLOATS
from bnkit.kernels import blocked, cpu, formulas

# From how many entries on a layer or an optimizer leaves the formulas. Below, they take some 50 microseconds,
# and starting a compiler for them would take longer than most programs run.
WORTH_STARTING = 2**13


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
    if type(Z) is np.ndarray:
        if Z.dtype not in FLOATS or any(type(x) is not np.ndarray or x.dtype != Z.dtype for x in others):
            return formulas
        if cpu.available():
            return cpu
        return blocked if Z.nbytes >= blocked.WORTH_BLOCKS else formulas
    if array_module(Z).__name__ == "cupy":
        from bnkit.kernels import gpu

        if gpu.takes(Z, *others):
            return gpu
    return formulas


def compiled_kernels() -> ModuleType | None:
    """Return `cpu` where NumPy's arrays go there, so that they can be handed over unchecked."""
    return cpu if cpu.available() else None


def worth_starting(like: Array, size: int) -> bool:
    """Say whether layers and optimizers leave the formulas for an array of that size, where `like` lives."""
    return size >= WORTH_STARTING or array_module(like).__name__ == "cupy"
