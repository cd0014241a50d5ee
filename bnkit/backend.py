"""Which device an array lives on, and how to move it: the only place that asks.

The formulas need none of this. They use operators, methods and NumPy's functions, and those dispatch on a
CuPy array as they stand: ``np.sqrt`` of an array on the GPU is computed on the GPU. Only making an array out
of nothing, and moving one, need to know the device. An array that is neither NumPy's nor CuPy's tells its
module by itself, through ``__array_namespace__``.
"""

import os
import platform
import sys
from importlib.util import find_spec
from types import ModuleType
from typing import Any, TypeAlias

import numpy as np

# A CuPy array has the same methods and is welcome wherever this type stands.
Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]


def array_module(x: Array) -> ModuleType:
    """Return the module that makes arrays like `x`: NumPy, or CuPy where `x` lives on a GPU.

    Parameters
    ----------
    x : array
        NumPy's, CuPy's, or one that names its module as the array API standard has it.

    Returns
    -------
    module
    """
    cupy = sys.modules.get("cupy")  # whoever has a CuPy array has imported CuPy
    if cupy is not None and isinstance(x, cupy.ndarray):
        return cupy
    if isinstance(x, np.ndarray) or not hasattr(x, "__array_namespace__"):
        return np
    namespace: ModuleType = x.__array_namespace__()
    return namespace


def to_numpy(x: Array) -> Array:
    """Return `x` as a NumPy array, copied from the GPU where it lives there."""
    if array_module(x) is np:
        return np.asarray(x)
    there: Any = x
    host: Array = there.get()
    return host


def to_device(x: Array, device: str) -> Array:
    """Return `x` on a device, as it is where it lives there already.

    Parameters
    ----------
    x : array
        A NumPy or a CuPy array.
    device : {"cpu", "gpu"}

    Returns
    -------
    array
        NumPy's for "cpu", CuPy's for "gpu".

    Raises
    ------
    RuntimeError
        If there is no GPU, or no CuPy to use it with.
    """
    if device == "cpu":
        return to_numpy(x)
    if device != "gpu":
        raise ValueError(f"device is {device!r}, expected 'cpu' or 'gpu'")
    if not gpu_available():
        raise RuntimeError(
            "no GPU to use: install the extra 'gpu' (pip install '.[gpu]') on a machine with an NVIDIA GPU, "
            "or use device='cpu'"
        )
    import cupy

    return cupy.asarray(x)


def gpu_available() -> bool:
    """Say whether CuPy is installed and finds a GPU."""
    if find_spec("cupy") is None:
        return False
    try:
        import cupy

        return cupy.cuda.runtime.getDeviceCount() > 0
    except Exception:  # a missing or mismatched driver raises one of many types; each means: no GPU
        return False


def describe_environment() -> str:
    """Return one line for the top of a notebook: the device and the versions of what computes."""
    versions = f"Python {platform.python_version()}, NumPy {np.__version__}"
    if not gpu_available():
        return f"CPU ({os.cpu_count()} cores), {versions}"
    import cupy

    name = cupy.cuda.runtime.getDeviceProperties(0)["name"].decode()
    return f"GPU ({name}), {versions}, CuPy {cupy.__version__}"
