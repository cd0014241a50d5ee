"""What is on this machine, what is missing, and what to do about it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass

ENOUGH_DISK = 2**30


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes
    ----------
    name : str
    fine : bool
    told : str
        What is there, or what to do.
    needed : bool
        Whether grading is impossible without it.
    """

    name: str
    fine: bool
    told: str
    needed: bool = False


def examine() -> list[Finding]:
    """Look at everything; nothing here raises."""
    examinations: tuple[Callable[[], Finding], ...] = (
        _python,
        lambda: _package("numpy", "2.0", "pip install 'numpy>=2,<3'", needed=True),
        lambda: _package("nbgrader", "0.9.5", "pip install 'batchnorm-workbook[grading]'", needed=True),
        _exercises,
        _wall,
        _disk,
        lambda: _package("jupyterlab", "4.2", "for notebooks: pip install 'batchnorm-workbook[course]'"),
        lambda: _package("numba", "0.61", "for fast CPU kernels: pip install 'batchnorm-workbook[fast]'"),
        lambda: _package(
            "distributed", "2024.8", "for --scheduler: pip install 'batchnorm-workbook[cluster]'"
        ),
        _gpu,
        _browser,
    )
    return [_safely(examination) for examination in examinations]


def _safely(examination: Callable[[], Finding]) -> Finding:
    try:
        return examination()
    except Exception as error:
        name = examination.__name__.strip("_")
        return Finding(name, False, f"could not be looked at: {type(error).__name__}: {error}", needed=True)


def _python() -> Finding:
    fine = (3, 11) <= sys.version_info[:2] < (3, 14)
    told = f"{platform.python_version()} at {sys.executable}"
    return Finding("Python", fine, told if fine else f"{told}; expected 3.11 to 3.13", needed=True)


def _package(name: str, oldest: str, advice: str, needed: bool = False) -> Finding:
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return Finding(name, False, advice, needed)
    fine = _numbers(version) >= _numbers(oldest)
    return Finding(name, fine, version if fine else f"{version} is older than {oldest}; {advice}", needed)


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")[:3] if part.isdigit()]


def _exercises() -> Finding:
    from . import exercises
    from .course import packaged_notebooks

    told = f"{len(exercises.every())} exercises in {len(packaged_notebooks())} notebooks"
    return Finding("workbook", True, told, needed=True)


def _wall() -> Finding:
    from .wall import WallUnavailable, find_wall

    try:
        bwrap = find_wall().bwrap
    except WallUnavailable as error:
        return Finding("wall", False, str(error), needed=True)
    version = subprocess.run([bwrap, "--version"], capture_output=True, text=True, timeout=10).stdout.strip()
    return Finding("wall", True, f"{version} at {bwrap}", needed=True)


def _disk() -> Finding:
    free = {folder: shutil.disk_usage(folder).free for folder in (tempfile.gettempdir(), ".")}
    told = ", ".join(f"{free[folder] / 2**30:.1f} GiB free in {folder}" for folder in free)
    fine = min(free.values()) >= ENOUGH_DISK
    return Finding(
        "disk", fine, told if fine else f"{told}; make room", needed=min(free.values()) < ENOUGH_DISK / 10
    )


def _gpu() -> Finding:
    if importlib.util.find_spec("cupy") is None:
        return Finding("GPU", False, "for CuPy on a CUDA GPU: pip install 'batchnorm-workbook[gpu]'")
    import cupy

    try:
        properties = cupy.cuda.runtime.getDeviceProperties(0)
    except cupy.cuda.runtime.CUDARuntimeError as error:
        return Finding(
            "GPU", False, f"CuPy {cupy.__version__} finds none ({error}); everything runs on the CPU"
        )
    return Finding("GPU", True, f"{properties['name'].decode()}, CuPy {cupy.__version__}")


def _browser() -> Finding:
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    return Finding("Chromium", bool(found), found or "only the browser test needs it: apt install chromium")
