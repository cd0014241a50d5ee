"""A student's code behind the wall: what the grader asks of it, and what it gets.

Calls that crash, hang or overrun a limit are outcomes like any other. The next use starts a new worker, in
which the cells that had run are run again.
"""

import functools
import math
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .claims import error_of, words_of
from .limits import Limits
from .wall import Wall, WallUnavailable, find_wall
from .wire import Call, CallError, Message, Outcome, Scan, WireError
from .worker_process import Broken, WorkerProcess

__all__ = ["Limits", "Sandbox", "SandboxError", "Wall", "WallUnavailable", "find_wall"]

# A worker needs 0.1 s to be ready; a machine that takes this long is in trouble of its own.
START_SECONDS = 60


class SandboxError(RuntimeError):
    """The sandbox could not be started: the grader's own trouble, never a student's."""


class Sandbox:
    """One submission's code, running behind a wall.

    Parameters
    ----------
    packages : Path
        Folder with the bnkit/ and autograder/ that the code imports; see ``stripping``.
    limits : Limits
    wall : Wall, optional
        The one that `find_wall` finds, if not given.
    unsafe : bool
        No wall at all: for one's own code only.
    hidden : Path, optional
        A folder that nobody inside may see, should it lie within what is visible there: the course.

    Attributes
    ----------
    exceeded : tuple of str
        Names of the limits that the code has run into; a cell of the student's own that takes too long is
        among `cut` instead.

    Raises
    ------
    WallUnavailable
        On entering, where there is no wall.
    SandboxError
        Where a worker does not start.

    Examples
    --------
    >>> with Sandbox(packages) as sandbox:  # doctest: +SKIP
    ...     sandbox.run("double", "def double(x): return 2 * x")
    ...     sandbox.call(Call("double", (21,), names=("x",))).value
    42
    """

    def __init__(
        self,
        packages: Path,
        limits: Limits | None = None,
        wall: Wall | None = None,
        unsafe: bool = False,
        hidden: Path | None = None,
    ):
        self.limits = limits or Limits()
        self.exceeded: tuple[str, ...] = ()
        self._packages = Path(packages).resolve()
        self._wall = wall
        self._unsafe = unsafe
        self._hidden = hidden
        self._printed = bytearray()
        self._cells: list[_Cell] = []
        self._spent = 0.0
        self._spent_by_helpers = 0.0
        self._worker: WorkerProcess | None = None

    def __enter__(self) -> "Sandbox":
        if not self._unsafe:
            self._wall = replace(self._wall or find_wall(), hidden=self._hidden)
        self._worker = self._start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._worker:
            self._worker.kill()

    @property
    def alive(self) -> bool:
        """Whether the code that ran so far is still there; if not, the next use starts it again."""
        return self._worker is not None and self._worker.alive

    @property
    def output(self) -> str:
        """What the code has printed, up to the limit."""
        return self._printed.decode(errors="replace")

    @property
    def cut(self) -> tuple[str, ...]:
        """The student's own cells of which only the definitions count, because they took too long."""
        return tuple(cell.name for cell in self._cells if cell.cut)

    def scan(self, source: str) -> Scan:
        """Say what a cell's source binds and mentions, without running it."""
        try:
            self._revive()
            head = self._timed({"op": "scan", "source": source}).head
            return Scan(error_of(head), *(frozenset(words_of(head, kind)) for kind in ("names", "mentions")))
        except Broken as broken:
            return Scan(self._end(broken))

    def run(self, name: str, source: str, helper: bool = False) -> CallError | None:
        """Run a cell; returns what went wrong first, with the line counted within the cell.

        A helper, a cell of the student's own, has its time from a share of the submission's. Where that is
        used up, only what it defines is run, so that experiments cost no exercise anything.
        """
        cell = _Cell(name, source, helper)
        try:
            self._revive()
            error = error_of(self._run(cell).head)
        except Broken as broken:
            if not self._cut(cell, broken):
                return self._end(broken)
            error = broken.error
        # Also a cell that raised: what it had defined by then is there again after a restart.
        self._cells.append(cell)
        return self._noted(error)

    def call(self, call: Call) -> Outcome:
        """Call a function that a cell has defined."""
        head = {"op": "call", "function": call.function, "names": list(call.names)}
        start = time.monotonic()
        try:
            self._revive()
            message = self._timed(head, (tuple(call.args), dict(call.kwargs)))
            error, changed = self._noted(error_of(message.head)), tuple(words_of(message.head, "changed"))
            value = None if error else message.value
            if not set(changed) <= _labels(call):
                raise Broken("protocol", "the reply names arguments that were not given")
        except Broken as broken:
            error, changed, value = self._end(broken), (), None
        return Outcome(value, error, changed, time.monotonic() - start)

    def _run(self, cell: "_Cell") -> Message:
        """Run a cell, or what it defines, on the clock that it has."""
        seconds = self.limits.helper_seconds - self._spent_by_helpers
        cell.cut = cell.cut or (cell.helper and seconds <= 0)
        head = {"op": "run", "name": cell.name, "source": cell.source, "definitions": cell.cut}
        if not cell.helper or cell.cut:
            return self._timed(head)
        start = time.monotonic()
        try:
            return self._timed(head, None, seconds)
        finally:
            self._spent_by_helpers += time.monotonic() - start

    def _cut(self, cell: "_Cell", broken: Broken) -> bool:
        """Whether there is more to try with a cell that took too long: its definitions."""
        if not cell.helper or cell.cut or broken.limit not in ("call_seconds", "helper_share"):
            return False
        self._worker.kill()
        cell.cut = True
        return True

    def _left(self) -> float:
        return self.limits.submission_seconds - self._spent

    def _timed(self, head: dict[str, Any], value: Any = None, seconds: float = math.inf) -> Message:
        """Put one question, on the submission's clock."""
        allowed = {
            "call_seconds": self.limits.call_seconds,
            "submission_seconds": self._left(),
            "helper_share": seconds,
        }
        name = min(allowed, key=allowed.get)
        if allowed[name] <= 0:
            raise _out_of_time(name, self.limits)
        start = time.monotonic()
        try:
            return self._worker.ask(head, value, allowed[name])
        except Broken as broken:
            if broken.error.kind == "timeout":
                raise _out_of_time(name, self.limits) from None
            raise
        except WireError as error:
            if head["op"] == "call":
                raise  # the grader's arguments, not the student's
            raise Broken("protocol", f"the cell is too large to run: {error}") from None
        finally:
            self._spent += time.monotonic() - start

    def _revive(self) -> None:
        """Restart a worker that has ended, while there is time."""
        while not self.alive and self._left() > 0:
            self._restart()

    def _restart(self) -> None:
        """Start a worker and run again what had run; a cell that ends it this time is left out."""
        start = time.monotonic()
        self._worker = self._start()
        self._spent += time.monotonic() - start
        self._worker.keep = lambda chunk: None  # all this was printed before
        for cell in list(self._cells):
            try:
                self._run(cell)
            except Broken as broken:
                if not self._cut(cell, broken):
                    self._cells.remove(cell)
                    self._end(broken)
                return
        self._worker.keep = self._keep

    def _start(self) -> WorkerProcess:
        worker = WorkerProcess(self._wall, self._packages, self.limits, self._keep)
        try:
            worker.ask({"op": "begin", "limits": self._resources()}, None, START_SECONDS)
            worker.measure()
        except Broken as broken:
            worker.kill()
            raise SandboxError(f"A worker did not start: {broken}. {self.output[-500:].strip()}") from None
        return worker

    def _resources(self) -> dict[str, int]:
        """What the kernel holds each process to; the whole tree is watched from outside."""
        amounts = {
            "RLIMIT_AS": self.limits.memory,
            "RLIMIT_CORE": 0,
            "RLIMIT_CPU": int(self.limits.submission_seconds) + 1,
            "RLIMIT_FSIZE": self.limits.written,
            "RLIMIT_NOFILE": 256,
        }
        if self._wall and _counts_processes_by_namespace():
            amounts["RLIMIT_NPROC"] = self.limits.processes + 1
        return amounts

    def _end(self, broken: Broken) -> CallError:
        """A worker that broke once is not asked again."""
        if self._worker:
            self._worker.kill()
        self._note(broken.limit)
        return broken.error

    def _noted(self, error: CallError | None) -> CallError | None:
        if error and error.kind == "MemoryError":
            self._note("memory")
        return error

    def _note(self, limit: str | None) -> None:
        if limit and limit not in self.exceeded:
            self.exceeded += (limit,)

    def _keep(self, chunk: bytes) -> None:
        room = self.limits.output - len(self._printed)
        self._printed += chunk[:room]
        if len(chunk) > room:
            self._note("output")


@dataclass(eq=False)
class _Cell:
    """A cell that has run, and how it runs again; of one that is cut, only the definitions."""

    name: str
    source: str
    helper: bool
    cut: bool = False


def _labels(call: Call) -> set[str]:
    """What a worker may call the arguments."""
    numbered = (f"argument {number + 1}" for number in range(len(call.args)))
    return {*call.names, *numbered, *call.kwargs}


def _out_of_time(name: str, limits: Limits) -> Broken:
    message = {
        "call_seconds": f"this took longer than {limits.call_seconds:g} s",
        "submission_seconds": f"the submission has used up its {limits.submission_seconds:g} s",
        "helper_share": f"added cells took longer than {limits.helper_seconds:g} s together",
    }
    return Broken("timeout", message[name], name)


@functools.cache
def _counts_processes_by_namespace() -> bool:
    """Since Linux 5.14 the limit counts the sandbox's processes; before, all of the user's."""
    release = os.uname().release.split(".")
    return tuple(int("".join(filter(str.isdigit, part)) or 0) for part in release[:2]) >= (5, 14)
