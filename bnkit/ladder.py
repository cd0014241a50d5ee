"""Batch norm's forward pass, rung by rung: each kernel adds one idea, to be timed against a copy."""

import contextlib
import sys
from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any

import numpy as np

from bnkit.backend import Array, gpu_available
from bnkit.checks import check_count
from bnkit.figures import filled

Jobs = dict[str, Callable[[], Any]]


def cpu_ladder(Z: Array, gamma: Array, beta: Array, out: Array, eps: float = 1e-5) -> Jobs:
    """Return the kernels of a processor from slow to fast, and a copy of the same bytes.

    Parameters
    ----------
    Z : array of shape (n, m)
        NumPy's, in float32 or float64.
    gamma, beta : arrays of shape (n, 1)
    out : array of shape (n, m)
        Where every job leaves its result.
    eps : float
        Added to the variance, inside the root.

    Returns
    -------
    dict
        Jobs by name: "in blocks"; "compiled", on one core, and "on 2 cores", or as many as there are, up to
        eight; "a copy", on one core, and "a copy, 2 cores". What is not there is left out: without Numba all
        but the first and the copy, with a single core what takes more.
    """
    from bnkit.kernels import blocked, cpu, crew

    results = np.empty_like(gamma), np.empty_like(gamma)
    arguments = Z[None], gamma, beta, float(eps), False, out[None], *results, None
    jobs: Jobs = {"in blocks": lambda: blocked.forward(*arguments)}
    copies: Jobs = {"a copy": lambda: np.copyto(out, Z)}
    if cpu.available():
        jobs["compiled"] = lambda: _on_one_core(cpu.forward, *arguments)
        cores = min(crew.cores(), 1 + crew.MOST_HELPERS)
        if cores > 1:
            jobs[f"on {cores} cores"] = lambda: cpu.forward(*arguments)
            copies[f"a copy, {cores} cores"] = _copy_on(cores, Z, out)
    return jobs | copies


def gpu_ladder(Z: Array, gamma: Array, beta: Array, out: Array, eps: float = 1e-5) -> Jobs:
    """Return the kernels of a GPU from slow to fast, and a copy of the same bytes.

    Parameters
    ----------
    Z : array of shape (n, m)
        On a GPU.
    gamma, beta : arrays of shape (n, 1)
    out : array of shape (n, m)
        Where every job leaves its result.
    eps : float
        Added to the variance, inside the root.

    Returns
    -------
    dict
        Jobs by name: each rung of `bnkit.kernels.launch.LADDER` that rows of this length fit; "by the rule",
        which is what `bnkit.kernels.launch.plan` chooses; "a copy". They do not wait for the GPU.
    """
    from bnkit.kernels import gpu, launch

    n, m = Z.shape
    size, device = (1, 1, n, m, Z.itemsize), gpu.device_of(Z)
    plans = {}
    for variant in launch.LADDER:
        with contextlib.suppress(ValueError):
            plans[variant] = launch.forced_plan(variant, *size, device)
    plans["by the rule"] = launch.plan(*size, device)
    results = np.empty_like(gamma), np.empty_like(gamma)
    arguments = Z[None], gamma, beta, float(eps), False, out[None], *results, None

    def job(plan: launch.Plan) -> Callable[[], None]:
        return lambda: gpu.forward(*arguments, plan=plan)

    def copy() -> None:
        out[...] = Z

    return {name: job(plan) for name, plan in plans.items()} | {"a copy": copy}


def time_in_turn(jobs: Mapping[str, Callable[[], Any]], rounds: int = 5, calls: int = 1) -> dict[str, float]:
    """Time jobs round after round, and keep for each the round in which it was disturbed least.

    Parameters
    ----------
    jobs : dict
        What to call, by name.
    rounds : int
        How often each job has its turn, after a call that does not count.
    calls : int
        How often it is called in a turn. More than once for what is launched on a GPU: the GPU then works
        through the calls without waiting for the next.

    Returns
    -------
    dict
        Milliseconds of a call, by name.
    """
    rounds, calls = check_count("rounds", rounds), check_count("calls", calls)
    wait = _gpu_wait()
    for job in filled("jobs", jobs).values():
        job()  # compiled, and its memory handed out

    def turn(job: Callable[[], Any]) -> float:
        wait()
        start = perf_counter()
        for _ in range(calls):
            job()
        wait()
        return 1e3 * (perf_counter() - start) / calls

    turns = [{name: turn(job) for name, job in jobs.items()} for _ in range(rounds)]
    return {name: min(each[name] for each in turns) for name in jobs}


def _on_one_core(kernel: Callable[..., None], *arguments: Any) -> None:
    from bnkit.kernels import crew

    with crew.alone():
        kernel(*arguments)


def _copy_on(cores: int, Z: Array, out: Array) -> Callable[[], None]:
    """Return a copy that several threads make, each of its own rows: NumPy lets go of Python meanwhile."""
    from concurrent.futures import ThreadPoolExecutor

    threads = ThreadPoolExecutor(cores)
    parts = list(zip(np.array_split(out, cores), np.array_split(Z, cores), strict=True))

    def copy() -> None:
        list(threads.map(lambda part: np.copyto(*part), parts))

    return copy


def _gpu_wait() -> Callable[[], None]:
    """Return what waits until the GPU has done all it was asked, where there is one in use."""
    cupy = sys.modules.get("cupy")  # whoever launches something has imported it
    if cupy is None or not gpu_available():
        return lambda: None
    wait: Callable[[], None] = cupy.cuda.Device().synchronize
    return wait
