"""Batch norm on a GPU: ours, the plain formulas through CuPy, PyTorch and a copy of the same bytes."""

import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any

import click
import numpy as np
from peer import Jobs, pytorch_jobs
from timing import Report, Timings, tell

import bnkit
from bnkit import kernels
from bnkit.kernels import gpu, launch

LENGTHS = [2**10, 2**13, 2**16, 2**20]
EPS = 1e-5
PASSES = {"forward": 2, "backward": 3}  # the fewest accesses to memory for each entry
TOLERANCE = 1e-5


def draw(n: int, m: int, mean: float = 0.0) -> dict[str, Any]:
    """Draw on the GPU what a layer of n units meets for m examples, and what forward makes of it."""
    import cupy

    rng = cupy.random.default_rng()  # fresh numbers in every run
    Z = rng.standard_normal((n, m), np.float32) + np.float32(mean)
    dZ_tilde = rng.standard_normal((n, m), np.float32)
    gamma, beta = rng.standard_normal((2, n, 1), np.float32)
    _, mu, inv_std = kernels.batchnorm_forward(Z, gamma, beta, EPS)
    return {"Z": Z, "dZ_tilde": dZ_tilde, "gamma": gamma, "beta": beta, "mu": mu, "inv_std": inv_std}


def in_turn(jobs: Jobs, rounds: int, milliseconds: float = 20) -> Timings:
    """Time jobs round after round by the GPU's own clock, each time in another order.

    Parameters
    ----------
    jobs : dict
        Callables by name.
    rounds : int
        How often each job has its turn.
    milliseconds : float
        How long a turn lasts about: a job is called as often as fits, after a call that does not count.

    Returns
    -------
    Timings
    """
    import cupy

    def seconds(job: Callable[[], Any], calls: int) -> float:
        start, end = cupy.cuda.Event(), cupy.cuda.Event()
        job()
        start.record()
        for _ in range(calls):
            job()
        end.record()
        end.synchronize()
        return 1e-3 * cupy.cuda.get_elapsed_time(start, end) / calls

    for job in jobs.values():
        job()  # compiled, and its memory allocated
    calls = {name: max(1, int(1e-3 * milliseconds / seconds(job, 1))) for name, job in jobs.items()}
    timings: dict[str, list[float]] = {name: [] for name in jobs}
    order = list(jobs)
    for _ in range(rounds):
        for name in order:
            timings[name].append(seconds(jobs[name], calls[name]))
        order.append(order.pop(0))
    return Timings(timings)


def our_jobs(a: dict[str, Any], out: Any, formulas: bool) -> dict[str, Jobs]:
    """Return the kernels, a copy, and with `formulas` the plain ones; results go where memory is theirs."""
    Z, dZ_tilde, gamma, beta, mu, inv_std = a.values()
    forward, backward = (gamma, beta, EPS), (dZ_tilde, Z, gamma, mu, inv_std)

    def copy() -> None:
        out[...] = Z

    jobs: dict[str, Jobs] = {
        "forward": {"copy": copy, "ours": lambda: kernels.batchnorm_forward(Z, *forward, out=out)},
        "backward": {"copy": copy, "ours": lambda: kernels.batchnorm_backward(*backward, out=out)},
    }
    if formulas:
        sigma2 = np.maximum(inv_std**-2 - np.float32(EPS), 0)
        jobs["forward"]["formulas"] = lambda: bnkit.batchnorm_forward(Z, *forward)
        jobs["backward"]["formulas"] = lambda: bnkit.batchnorm_backward(
            dZ_tilde, (Z - mu) * inv_std, gamma, sigma2, EPS
        )
    return jobs


def torch_jobs(a: dict[str, Any], compiled: bool) -> dict[str, Jobs]:
    """Return PyTorch's kernels on the same memory."""
    import cupy
    import torch

    return pytorch_jobs(a, EPS, torch.from_dlpack, cupy.ascontiguousarray, compiled)


def ladder_jobs(a: dict[str, Any], out: Any, direction: str) -> Jobs:
    """Return every rung of the ladder that takes this shape, and the one that the rule chooses."""
    import cupy

    Z, dZ_tilde, gamma, beta, mu, inv_std = (x[None] if x.shape[1] > 1 else x for x in a.values())
    arrays = PASSES[direction] - 1
    size = arrays, *Z.shape, Z.itemsize
    results = cupy.empty_like(gamma), cupy.empty_like(gamma)
    plans = {"chosen": launch.plan(*size, gpu.device_of(Z))}
    for variant in launch.LADDER:
        try:
            plans[variant] = launch.forced_plan(variant, *size, gpu.device_of(Z))
        except ValueError:
            continue

    def run(plan: launch.Plan) -> None:
        if direction == "forward":
            gpu.forward(Z, gamma, beta, EPS, False, out[None], *results, None, plan=plan)
        else:
            gpu.backward(dZ_tilde, Z, gamma, beta, mu, inv_std, False, out[None], *results, plan=plan)

    if direction == "backward":
        del plans["plain"]
    return {name: lambda plan=plan: run(plan) for name, plan in plans.items()}


def exact(a: dict[str, Any], direction: str) -> tuple[Any, Any]:
    """Return some units from all over Z, and what the formulas make of them in float64."""
    import cupy

    n, m = a["Z"].shape
    units = cupy.unique(cupy.linspace(0, n - 1, max(1, min(n, 2**22 // m))).astype(int))
    Z, dZ_tilde, gamma, beta = (
        a[name][units].astype(np.float64) for name in ("Z", "dZ_tilde", "gamma", "beta")
    )
    Z_tilde, Z_norm, _, sigma2 = bnkit.batchnorm_forward(Z, gamma, beta, EPS)
    if direction == "forward":
        return units, Z_tilde
    return units, bnkit.batchnorm_backward(dZ_tilde, Z_norm, gamma, sigma2, EPS)[0]


def error(found: Any, right: Any) -> float:
    """Return the largest error as a share of the largest value."""
    return float(abs(found - right).max() / abs(right).max())


def check_numbers(a: dict[str, Any], jobs: Jobs, out: Any, direction: str) -> float:
    """Compare what jobs write into `out` with the formulas; return the largest error of them."""
    import cupy

    units, right = exact(a, direction)
    worst = 0.0
    for name, job in jobs.items():
        out.fill(np.nan)
        job()
        if bool(cupy.isnan(out).any()):
            raise click.ClickException(f"{name} {direction} leaves entries unwritten at {out.shape}")
        worst = max(worst, error(out[units], right))
        if worst > TOLERANCE:
            raise click.ClickException(f"{name} {direction} is {worst:.1e} off at {out.shape}")
    return worst


def torch_error(a: dict[str, Any], jobs: Jobs, direction: str) -> float:
    """Return the smallest error of PyTorch's layouts, measured in the same way."""
    import cupy

    units, right = exact(a, direction)
    results = {name: cupy.from_dlpack(job()[0]) for name, job in jobs.items()}
    rows = (x.T if name.endswith("examples as rows") else x[0] for name, x in results.items())
    return min(error(found[units], right) for found in rows)


def bandwidth(timings: Timings, job: str, nbytes: int) -> float:
    """Return a job's terabytes a second, counting the fewest bytes that it could move."""
    return 1e-12 * nbytes / timings.median(job)


def compared(m: int, nbytes: int, with_torch: bool, compiled: bool, rounds: int) -> Iterator[dict[str, Any]]:
    """Yield a row for each way: terabytes a second, the share of a copy's, and how much longer peers take."""
    import cupy

    a = draw(nbytes // 4 // m, m)
    out = cupy.empty_like(a["Z"])
    jobs = our_jobs(a, out, formulas=True)
    peers = torch_jobs(a, compiled) if with_torch else {"forward": {}, "backward": {}}
    for way, passes in PASSES.items():
        row: dict[str, Any] = {"what": f"{way} {out.shape[0]}×{m}"}
        check_numbers(a, {"ours": jobs[way]["ours"]}, out, way)
        timings = in_turn(jobs[way] | peers[way], rounds)
        copied, ours = bandwidth(timings, "copy", 2 * nbytes), bandwidth(timings, "ours", passes * nbytes)
        row |= {"ours, ms": 1e3 * timings.median("ours"), "copy, TB/s": copied, "ours, TB/s": ours}
        row["% of a copy"] = 100 * ours / copied
        for library in ("PyTorch", "compiled") if with_torch else ():
            if layouts := [name for name in peers[way] if name.startswith(library)]:
                row[f"{library} / ours"] = timings.ratio(timings.fastest(layouts), "ours")
        row["formulas / ours"] = timings.ratio("formulas", "ours")
        yield row


def accuracy(n: int, m: int, mean: float, with_torch: bool) -> Iterator[dict[str, Any]]:
    """Yield a row for each way: how far ours and PyTorch's are from the formulas in float64."""
    import cupy

    a = draw(n, m, mean)
    out = cupy.empty_like(a["Z"])
    ours, peers = our_jobs(a, out, formulas=False), torch_jobs(a, compiled=False) if with_torch else {}
    for way in PASSES:
        row: dict[str, Any] = {"what": f"{way} {n}×{m}", "mean / σ": mean}
        row["ours"] = check_numbers(a, {"ours": ours[way]["ours"]}, out, way)
        if with_torch:
            row["PyTorch"] = torch_error(a, peers[way], way)
        yield row


def climbed(m: int, nbytes: int, rounds: int) -> Iterator[dict[str, Any]]:
    """Yield a row for each way: every rung's share of a copy's bandwidth in percent."""
    import cupy

    a = draw(nbytes // 4 // m, m)
    out = cupy.empty_like(a["Z"])
    for way, passes in PASSES.items():
        jobs = ladder_jobs(a, out, way)
        check_numbers(a, jobs, out, way)
        timings = in_turn(our_jobs(a, out, formulas=False)[way] | jobs, rounds)
        copied = bandwidth(timings, "copy", 2 * nbytes)
        row: dict[str, Any] = {"what": f"{way} {out.shape[0]}×{m}"}
        for variant in ("chosen", *launch.LADDER):
            there = variant in jobs
            row[variant] = 100 * bandwidth(timings, variant, passes * nbytes) / copied if there else "-"
        yield row


@click.command()
@click.option("--quick", is_flag=True, help="128 MiB and three rounds instead of 1 GiB and nine.")
@click.option("--compiled", is_flag=True, help="Also time torch.compile, which takes a minute to start.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")
@click.option("--markdown", is_flag=True, help="Print the tables as RESULTS.md has them.")
def main(quick: bool, compiled: bool, as_json: bool, markdown: bool) -> None:
    """Check the numbers of bnkit's kernels on this GPU, then time them.

    Ours, the plain formulas through CuPy, PyTorch in the faster of its two layouts, and a copy of Z on the
    device take turns in one process, timed by the GPU's own clock. Bandwidth counts the fewest bytes there
    are: 8 for each float32 entry forward, 12 back. 100 % of a copy is as fast as memory can be read and
    written. A second table climbs the ladder of batch_norm.cu rung by rung; "-" is a rung that does not take
    the shape.

    \b
    Examples:
      python benchmarks/gpu.py --quick
      python benchmarks/gpu.py --compiled --json > gpu.json
    """
    if not bnkit.gpu_available():
        click.echo(
            "There is no GPU to time: this needs an NVIDIA GPU, its driver, and CuPy (pip install '.[gpu]').",
            err=True,
        )
        sys.exit(2)
    with_torch = _torch_sees_the_gpu()
    if not with_torch:
        click.echo("PyTorch with CUDA is not installed, so there is no peer.", err=True)
    nbytes, rounds = (2**27, 3) if quick else (2**30, 9)
    errors, rows, rungs = [], [], []
    for m in LENGTHS:
        for mean in (0.0, 1e4):
            errors += accuracy(2**24 // m, m, mean, with_torch)
        rows += compared(m, nbytes, with_torch, compiled, rounds)
        rungs += climbed(m, nbytes, rounds)
        click.echo(f"rows of {m:,} timed", err=True)
    size = f"{nbytes // 2**20} MiB of float32 on {_name()}"
    tell(
        [
            Report("Largest error, as a share of the largest value", errors),
            Report(f"Batch norm, {size}", rows),
            Report(f"The ladder, {size}: % of a copy's bandwidth", rungs),
        ],
        as_json,
        markdown,
    )


def _torch_sees_the_gpu() -> bool:
    if find_spec("torch") is None:
        return False
    import torch

    return torch.cuda.is_available()


def _name() -> str:
    import cupy

    return cupy.cuda.runtime.getDeviceProperties(0)["name"].decode()


if __name__ == "__main__":
    main()
