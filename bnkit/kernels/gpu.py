"""Batch norm on a GPU: the kernels of batch_norm.cu, compiled and launched through CuPy.

Arrays have the shape (N, C, L): N groups of C units with L entries each, in C order; a unit's statistics
run over its N * L entries. What belongs to a unit has shape (C, 1), in the arrays' dtype, or in float32
where they are float16. Nothing here waits for the GPU.
"""

import functools
from pathlib import Path
from typing import Any

import numpy as np

from bnkit.backend import Array, array_module
from bnkit.kernels import launch
from bnkit.kernels.gpu_optimizers import adam, gradient_descent, momentum, rmsprop

__all__ = ["adam", "backward", "forward", "gradient_descent", "inference", "momentum", "rmsprop", "takes"]

Running = tuple[Array, Array, float, Array, Array]

# What C++ calls an entry of each dtype that the kernels take.
ENTRIES = {np.dtype(np.float16): "Half", np.dtype(np.float32): "float", np.dtype(np.float64): "double"}
OPTIONS = ("--std=c++17",)
OLDEST = 80  # the compute capability that brought asynchronous copies into shared memory


def takes(Z: Array, *others: Array) -> bool:
    """Say whether the kernels can do it.

    Parameters
    ----------
    Z : array
        The input, of any shape.
    *others : arrays
        What else is read: arrays of Z's shape and dtype, and what belongs to units.

    Returns
    -------
    bool
        False where a dtype is another, the GPU too old, or CuPy finds no compiler.
    """
    if Z.dtype not in ENTRIES or Z.size == 0:
        return False
    statistics = _statistics(Z.dtype)
    alike = all(x.dtype == statistics or (x.shape == Z.shape and x.dtype == Z.dtype) for x in others)
    place: Any = Z.device
    return alike and all(x.device == place for x in others) and _works(place.id)


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
    *,
    plan: launch.Plan | None = None,
) -> None:
    """Normalize, scale and shift; with `relu`, cut off below 0; move the running statistics.

    Parameters
    ----------
    Z, out : arrays of shape (N, C, L)
    gamma, beta, mu, inv_std : arrays of shape (C, 1)
    eps : float
    relu : bool
    running : tuple or None
        The old mean and variance, their weight, and where the new ones go.
    plan : Plan, optional
        How to launch, where it is not left to `launch.plan`.
    """
    plan = plan or launch.plan(1, *_shape(Z), Z.itemsize, device_of(Z))
    arrays = {"Z": Z, "out": out, "gamma": gamma, "beta": beta, "mu": mu, "inv_std": inv_std}
    numbers = {"eps": eps}
    if running is not None:
        arrays["old_mu"], arrays["old_sigma2"], numbers["decay"] = running[:3]
        arrays["new_mu"], arrays["new_sigma2"] = running[3:]
    _run("forward", launch.FORWARD, plan, relu, arrays, numbers)


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
    *,
    plan: launch.Plan | None = None,
) -> None:
    """Go back through batch norm, and with `relu` through the ReLU after it.

    Parameters
    ----------
    dZ_tilde, Z, out : arrays of shape (N, C, L)
        With `relu`, `dZ_tilde` is the gradient of ReLU's output.
    gamma, beta, mu, inv_std, dgamma, dbeta : arrays of shape (C, 1)
    relu : bool
    plan : Plan, optional
        How to launch, where it is not left to `launch.plan`.
    """
    plan = plan or launch.plan(2, *_shape(Z), Z.itemsize, device_of(Z))
    arrays = {
        "Z": Z,
        "dZ_tilde": dZ_tilde.astype(Z.dtype, copy=False),
        "out": out,
        "gamma": gamma,
        "beta": beta,
    }
    columns = {"mu": mu, "inv_std": inv_std, "dgamma": dgamma, "dbeta": dbeta}
    _run("backward", launch.BACKWARD, plan, relu, arrays | columns, {})


def inference(Z: Array, scale: Array, shift: Array, center: Array, relu: bool, out: Array) -> None:
    """Compute scale * (Z - center) + shift for each unit; with `relu`, cut off below 0.

    Parameters
    ----------
    Z, out : arrays of shape (N, C, L)
    scale, shift, center : arrays of shape (C, 1)
    relu : bool
    """
    plan = launch.inference_plan(*_shape(Z), Z.itemsize)
    arrays = {"Z": Z, "out": out, "scale": scale, "shift": shift, "center": center}
    _run("inference", launch.INFERENCE, plan, relu, arrays, {"units": Z.shape[1]})


def _run(
    direction: str,
    struct: np.dtype[Any],
    plan: launch.Plan,
    relu: bool,
    arrays: dict[str, Array],
    numbers: dict[str, float],
) -> None:
    """Launch the kernel of a plan on arrays and numbers that stand under their names in its struct."""
    Z = arrays["Z"]
    N, C, L = _shape(Z)
    xp = array_module(Z)
    # Bound to a name, the copies of what does not lie in C order live until the launch.
    lying = {name: xp.ascontiguousarray(x) for name, x in arrays.items()}
    if plan.messages:
        lying |= {"messages": xp.empty(C * plan.messages, np.float64), "arrived": xp.zeros(C, np.uint32)}
    addresses = {name: _address(x) for name, x in lying.items()}
    told = plan.fill(struct, (1, N * C, L) if direction == "inference" else (N, C, L), addresses | numbers)
    _launch(plan.kernel(direction, ENTRIES[Z.dtype], relu), plan, told, Z)


def _launch(name: str, plan: launch.Plan, told: Array, Z: Array) -> None:
    place: Any = Z.device
    with place:
        kernel = _kernel(place.id, name, plan.cooperative)
        kernel(plan.grid, (plan.block,), (told,), shared_mem=plan.shared_memory)


def _address(x: Any) -> int:
    address: int = x.data.ptr
    return address


def _shape(Z: Array) -> tuple[int, int, int]:
    N, C, L = Z.shape
    return N, C, L


def _statistics(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return np.dtype(np.float32) if dtype == np.float16 else dtype


def device_of(Z: Any) -> launch.Device:
    """Return what the launch rule asks about the GPU on which an array lives."""
    return _properties(Z.device.id)


@functools.cache
def _properties(device: int) -> launch.Device:
    import cupy

    there = cupy.cuda.Device(device)
    return launch.Device(
        multiprocessors=there.attributes["MultiProcessorCount"],
        shared_memory=there.attributes["MaxSharedMemoryPerBlockOptin"],
        compute_capability=int(there.compute_capability),
    )


@functools.cache
def _kernel(device: int, name: str, cooperative: bool) -> Any:
    """Compile one kernel for the current device; CuPy keeps what it has compiled on disk.

    One at a time, because all of them take a minute and a program needs a few.
    """
    import cupy

    module = cupy.RawModule(
        code=_source(),
        options=OPTIONS,
        name_expressions=(name,),
        enable_cooperative_groups=cooperative,
    )
    kernel = module.get_function(name)
    kernel.max_dynamic_shared_size_bytes = _properties(device).shared_memory
    kernel.preferred_shared_memory_carveout = 100  # percent: what the kernels do not keep there, nobody does
    return kernel


@functools.cache
def _source() -> str:
    """Return batch_norm.cu with what it includes: a compiler that gets a string looks into no folder."""
    here = Path(__file__).parent
    included = (here / "walk.cuh").read_text(encoding="utf-8").replace("#pragma once", "")
    return (here / "batch_norm.cu").read_text(encoding="utf-8").replace('#include "walk.cuh"', included)


@functools.cache
def _works(device: int) -> bool:
    import cupy

    if _properties(device).compute_capability < OLDEST:
        return False
    try:
        with cupy.cuda.Device(device):
            _kernel(device, "warps<Forward<float, false>>", False)
    except Exception:  # no compiler, or one that does not know this GPU: the formulas can do without
        return False
    return True
