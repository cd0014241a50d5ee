"""Timing against peers, in turn and in one process; tables of it; and what it ran on."""

import importlib.metadata
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

# After its work a library's threads go on spinning, OpenBLAS's for 30 ms, and would be in the next one's way.
PAUSE = 0.1


@dataclass(frozen=True)
class Timings:
    """Seconds a call, by job: one number per round.

    Attributes
    ----------
    rounds : dict
        A list of seconds for each job's name; the n-th numbers of all jobs were measured next to each other.
    """

    rounds: dict[str, list[float]]

    def median(self, job: str) -> float:
        """Return the job's median time in seconds."""
        return statistics.median(self.rounds[job])

    def ratio(self, job: str, peer: str) -> float:
        """Return how many times as long as the peer the job takes: the median over the rounds."""
        pairs = zip(self.rounds[job], self.rounds[peer], strict=True)
        return statistics.median(ours / theirs for ours, theirs in pairs)

    def fastest(self, jobs: Iterable[str]) -> str:
        """Return the job with the smallest median."""
        return min(jobs, key=self.median)


def in_turn(jobs: Mapping[str, Callable[[], Any]], rounds: int = 9, seconds: float = 0.02) -> Timings:
    """Time jobs round after round, each time in another order.

    Parameters
    ----------
    jobs : dict
        Callables by name.
    rounds : int
        How often each job has its turn.
    seconds : float
        How long a turn lasts at least: a job is called as often as fits, after a call that does not count.

    Returns
    -------
    Timings
    """
    calls = {name: max(1, int(seconds / _once(job))) for name, job in jobs.items()}
    timings: dict[str, list[float]] = {name: [] for name in jobs}
    order = list(jobs)
    for _ in range(rounds):
        for name in order:
            time.sleep(PAUSE)
            jobs[name]()
            start = time.perf_counter()
            for _ in range(calls[name]):
                jobs[name]()
            timings[name].append((time.perf_counter() - start) / calls[name])
        order.append(order.pop(0))
    return Timings(timings)


def _once(job: Callable[[], Any]) -> float:
    job()
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


@dataclass(frozen=True)
class Report:
    """A table, for a terminal, for RESULTS.md or as JSON.

    Attributes
    ----------
    title : str
    rows : list of dict
        Column names and values; numbers are shown with three digits.
    """

    title: str
    rows: list[dict[str, Any]]

    def show(self) -> None:
        """Print the table."""
        table = Table(title=self.title, title_justify="left")
        for name in self.rows[0]:
            table.add_column(name, justify="left" if isinstance(self.rows[0][name], str) else "right")
        for row in self.rows:
            table.add_row(*map(_shown, row.values()))
        Console(width=None if os.isatty(1) else 150).print(table)

    def markdown(self) -> str:
        """Return the table as RESULTS.md has it."""
        names = list(self.rows[0])
        rule = ["---" if isinstance(self.rows[0][name], str) else "---:" for name in names]
        lines = [names, rule, *(map(_shown, row.values()) for row in self.rows)]
        return f"**{self.title}**\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def tell(reports: Iterable[Report], as_json: bool, as_markdown: bool = False) -> None:
    """Print reports: as tables, or as one JSON object with the versions beside them."""
    if as_json:
        tables = {report.title: report.rows for report in reports}
        print(json.dumps({"ran on": machine(), "tables": tables}, indent=2))
    elif as_markdown:
        print(f"{machine()}\n")
        print("\n".join(report.markdown() for report in reports))
    else:
        print(machine())
        for report in reports:
            report.show()


def machine() -> str:
    """Return the processor and the versions of what computes, in one line."""
    names = ("numpy", "numba", "torch", "cupy-cuda12x", "cupy-cuda13x")
    versions = [f"{name} {version}" for name in names if (version := _version(name))]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return ", ".join([f"{_processor()}, {cores} cores", f"Python {platform.python_version()}", *versions])


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _processor() -> str:
    """Name the processor by its features where a virtual machine hides the model."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    about = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    widest = next((name for name in ("avx512f", "avx2") if name in about.get("flags", "").split()), "")
    return f"{about.get('model name', platform.machine())} {widest}".strip()


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3g}" if value < 1000 else f"{value:,.0f}"
    return str(value)
