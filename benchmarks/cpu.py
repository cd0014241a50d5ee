"""Batch norm on a processor: ours, the plain formulas, PyTorch and a copy of the same bytes."""

import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import click
import numpy as np
from peer import Jobs, pytorch_jobs
from timing import Report, in_turn, tell

import bnkit
from bnkit import kernels

SIZES = [(64, 256), (256, 512), (1024, 1024), (512, 16384), (4096, 8192), (131_072, 128)]
EPS = 1e-5


def draw(n: int, m: int, mean: float = 0.0, seed: int = 0) -> dict[str, Any]:
    """Draw what a layer of n units meets for m examples, in float32, and what forward makes of it."""
    rng = np.random.default_rng(seed)
    Z = rng.standard_normal((n, m), np.float32) + np.float32(mean)
    dZ_tilde = rng.standard_normal((n, m), np.float32)
    gamma = rng.uniform(0.5, 2, (n, 1)).astype(np.float32)
    beta = rng.standard_normal((n, 1), np.float32)
    _, mu, inv_std = kernels.batchnorm_forward(Z, gamma, beta, EPS)
    return {"Z": Z, "dZ_tilde": dZ_tilde, "gamma": gamma, "beta": beta, "mu": mu, "inv_std": inv_std}


def our_jobs(a: dict[str, Any], out: Any) -> dict[str, Jobs]:
    """Return the kernels, with a result of their own and with one that is there, and the plain formulas."""
    Z, dZ_tilde, gamma, beta, mu, inv_std = a.values()
    sigma2 = inv_std**-2 - np.float32(EPS)
    Z_norm = (Z - mu) * inv_std
    forward, backward = (gamma, beta, EPS), (dZ_tilde, Z, gamma, mu, inv_std)
    return {
        "forward": {
            "ours": lambda: kernels.batchnorm_forward(Z, *forward),
            "ours, out=": lambda: kernels.batchnorm_forward(Z, *forward, out=out),
            "formulas": lambda: bnkit.batchnorm_forward(Z, *forward),
            "copy": lambda: np.copyto(out, Z),
        },
        "backward": {
            "ours": lambda: kernels.batchnorm_backward(*backward),
            "ours, out=": lambda: kernels.batchnorm_backward(*backward, out=out),
            "formulas": lambda: bnkit.batchnorm_backward(dZ_tilde, Z_norm, gamma, np.maximum(sigma2, 0), EPS),
            "copy": lambda: np.copyto(out, Z),
        },
    }


def torch_jobs(a: dict[str, Any], compiled: bool) -> dict[str, Jobs]:
    """Return PyTorch's kernels on copies of the same arrays."""
    import torch

    return pytorch_jobs(a, EPS, torch.tensor, np.ascontiguousarray, compiled)


def check_numbers(n: int, m: int, mean: float, with_torch: bool) -> Iterator[dict[str, Any]]:
    """Compare with the formulas in float64; yield the largest error as a share of the largest value.

    It is the mean over some draws: the largest of 10,000 roundings is a matter of luck.
    """
    draws = [draw(n, m, mean, seed) for seed in range(min(16, max(4, 2**22 // (n * m))))]
    errors = [errors_in(a, with_torch) for a in draws]
    for way in ("forward", "backward"):
        row = {"what": f"{way} {n}×{m}", "mean / σ": mean}
        row |= {who: float(np.mean([told[way][who] for told in errors])) for who in errors[0][way]}
        if not row["ours"] < 1e-5:
            raise click.ClickException(f"{way} is wrong at {n}×{m}: {row['ours']:.1e} off")
        yield row


def errors_in(a: dict[str, Any], with_torch: bool) -> dict[str, dict[str, float]]:
    """Return the errors for one draw, each way, of ours and of PyTorch in its better layout."""
    Z, dZ_tilde, gamma, beta, mu, inv_std = a.values()
    Z64, dZ64, gamma64, beta64 = (x.astype(np.float64) for x in (Z, dZ_tilde, gamma, beta))
    Z_tilde, Z_norm, _, sigma2 = bnkit.batchnorm_forward(Z64, gamma64, beta64, EPS)
    exact = {
        "forward": Z_tilde,
        "backward": bnkit.batchnorm_backward(dZ64, Z_norm, gamma64, sigma2, EPS)[0],
    }
    ours = {
        "forward": kernels.batchnorm_forward(Z, gamma, beta, EPS)[0],
        "backward": kernels.batchnorm_backward(dZ_tilde, Z, gamma, mu, inv_std)[0],
    }
    errors = {way: {"ours": _error(ours[way], exact[way])} for way in exact}
    if with_torch:
        for way, jobs in torch_jobs(a, compiled=False).items():
            results = {name: job()[0].numpy() for name, job in jobs.items()}
            theirs = [x.T if name.endswith("examples as rows") else x[0] for name, x in results.items()]
            errors[way]["PyTorch"] = min(_error(x, exact[way]) for x in theirs)
    return errors


def _error(result: Any, exact: Any) -> float:
    return float(np.abs(result - exact).max() / np.abs(exact).max())


def timed(n: int, m: int, with_torch: bool, compiled: bool, rounds: int) -> Iterator[dict[str, Any]]:
    """Yield a row for each way: microseconds, and how many times as long others take."""
    a = draw(n, m)
    jobs = our_jobs(a, np.empty_like(a["Z"]))
    if with_torch:
        for way, more in torch_jobs(a, compiled).items():
            jobs[way] |= more
    for way in ("forward", "backward"):
        timings = in_turn(jobs[way], rounds)
        row: dict[str, Any] = {"what": f"{way} {n}×{m}"}
        row |= {
            f"{name}, µs": 1e6 * timings.median(name) for name in ("copy", "formulas", "ours", "ours, out=")
        }
        for library in ("PyTorch", "compiled") if with_torch else ():
            if layouts := [name for name in jobs[way] if name.startswith(library)]:
                best = timings.fastest(layouts)
                row |= {
                    f"{library}, µs": 1e6 * timings.median(best),
                    f"{library} / ours": timings.ratio(best, "ours"),
                }
        row["formulas / ours"] = timings.ratio("formulas", "ours")
        row["ours, out= / copy"] = timings.ratio("ours, out=", "copy")
        yield row


FIRST_CALL = """
import numpy as np, time, bnkit
from bnkit import kernels
Z, one = np.ones((64, 256), np.float32), np.ones((64, 1), np.float32)
start = time.perf_counter()
{call}
print(time.perf_counter() - start)
"""


def first_calls(rounds: int) -> Report:
    """Time the first call in a fresh process: the formulas, and the kernels with a warm cache."""
    calls = {
        "formulas": "x = bnkit.batchnorm_forward(Z, one, one); bnkit.batchnorm_backward(Z, x[1], one, x[3])",
        "ours": "x = kernels.batchnorm_forward(Z, one, one); kernels.batchnorm_backward(Z, Z, one, *x[1:])",
    }

    def once(call: str) -> float:
        program = FIRST_CALL.format(call=call)
        return float(subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout)

    once(calls["ours"])  # warms the cache
    seconds = {name: sorted(once(call) for _ in range(rounds))[rounds // 2] for name, call in calls.items()}
    row = {f"{name}, s": value for name, value in seconds.items()}
    return Report(
        "First calls in a fresh process, forward and backward",
        [row | {"more, s": seconds["ours"] - seconds["formulas"]}],
    )


@click.command()
@click.option("--quick", is_flag=True, help="Three rounds and no array above 16 MiB: half a minute.")
@click.option("--compiled", is_flag=True, help="Also time torch.compile, which needs a C++ compiler.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")
@click.option("--markdown", is_flag=True, help="Print the tables as RESULTS.md has them.")
def main(quick: bool, compiled: bool, as_json: bool, markdown: bool) -> None:
    """Check the numbers of bnkit's kernels on this processor, then time them.

    Ours, the formulas, PyTorch in the faster of its two layouts, and a copy of Z take turns in one process. A
    ratio is the median over the rounds; "PyTorch / ours" of 3 says that PyTorch takes three times as long.

    \b
    Examples:
      python benchmarks/cpu.py --quick
      python benchmarks/cpu.py --markdown > table.md
    """
    with_torch = find_spec("torch") is not None
    if not with_torch:
        click.echo("PyTorch is not installed, so there is no peer: pip install '.[peers]'", err=True)
    rounds = 3 if quick else 9
    sizes = [size for size in SIZES if not quick or size[0] * size[1] <= 2**22]
    errors = [
        row for size in sizes[:4] for mean in (0.0, 1e4) for row in check_numbers(*size, mean, with_torch)
    ]
    start, rows = time.perf_counter(), []
    for n, m in sizes:
        rows += timed(n, m, with_torch, compiled, rounds)
        click.echo(f"{n}×{m} timed, {time.perf_counter() - start:.0f} s", err=True)
    reports = [
        Report("Largest error as a share of the largest value, mean over some draws", errors),
        Report("Float32", rows),
        first_calls(rounds),
    ]
    tell(reports, as_json, markdown)


if __name__ == "__main__":
    main()
