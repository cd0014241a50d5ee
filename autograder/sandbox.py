"""A student's code behind the wall: what the grader asks of it, and what it gets.

Calls that crash, hang or overrun a limit are outcomes like any other. The next use starts a new worker, in
which the cells that had run are run again.
"""

import functools
import os
import time
from pathlib import Path
from typing import Any

from .limits import Limits
from .wall import Wall, WallUnavailable, find_wall
from .wire import Call, CallError, Message, Outcome, Scan, WireError
from .worker_process import Broken, WorkerProcess

__all__ = ["Limits", "Sandbox", "SandboxError", "Wall", "WallUnavailable", "find_wall"]

# A worker needs 0.1 s to be ready; a machine that takes this long is in trouble of its own.
START_SECONDS = 60
# Only the trusted side may say these: a student's exception of such a name is called Exception.
OUR_KINDS = ("crashed", "timeout", "protocol")


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

    Attributes
    ----------
    exceeded : tuple of str
        Names of the limits that the code has run into.

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
    ):
        self.limits = limits or Limits()
        self.exceeded: tuple[str, ...] = ()
        self._packages = Path(packages).resolve()
        self._wall = wall
        self._unsafe = unsafe
        self._printed = bytearray()
        self._cells: list[tuple[str, str]] = []
        self._spent = 0.0
        self._worker: WorkerProcess | None = None

    def __enter__(self) -> "Sandbox":
        if not self._unsafe:
            self._wall = self._wall or find_wall()
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

    def scan(self, source: str) -> Scan:
        """Say what a cell's source binds and mentions, without running it."""
        try:
            head = self._ask({"op": "scan", "source": source}).head
            return Scan(_error(head), frozenset(_words(head, "names")), frozenset(_words(head, "mentions")))
        except Broken as broken:
            return Scan(self._end(broken))

    def run(self, name: str, source: str) -> CallError | None:
        """Run a cell; returns what went wrong, with the line counted within the cell."""
        try:
            error = _error(self._ask({"op": "run", "name": name, "source": source}).head)
        except Broken as broken:
            return self._end(broken)
        # Also a cell that raised: what it had defined by then is there again after a restart.
        self._cells.append((name, source))
        return self._noted(error)

    def call(self, call: Call) -> Outcome:
        """Call a function that a cell has defined."""
        head = {"op": "call", "function": call.function, "names": list(call.names)}
        start = time.monotonic()
        try:
            message = self._ask(head, (tuple(call.args), dict(call.kwargs)))
            error, changed = self._noted(_error(message.head)), tuple(_words(message.head, "changed"))
            value = None if error else message.value
            if not set(changed) <= _labels(call):
                raise Broken("protocol", "the reply names arguments that were not given")
        except Broken as broken:
            error, changed, value = self._end(broken), (), None
        return Outcome(value, error, changed, time.monotonic() - start)

    def _ask(self, head: dict[str, Any], value: Any = None) -> Message:
        """Put a question within the submission's time, after a restart where one is due."""
        while not self.alive and self._left() > 0:
            self._restart()
        return self._timed(head, value)

    def _left(self) -> float:
        return self.limits.submission_seconds - self._spent

    def _timed(self, head: dict[str, Any], value: Any = None) -> Message:
        """Put one question, on the submission's clock."""
        left = self._left()
        if left <= 0:
            raise _out_of_time("submission_seconds", self.limits)
        start = time.monotonic()
        try:
            return self._worker.ask(head, value, min(left, self.limits.call_seconds))
        except Broken as broken:
            if broken.error.kind == "timeout":
                name = "call_seconds" if self.limits.call_seconds <= left else "submission_seconds"
                raise _out_of_time(name, self.limits) from None
            raise
        except WireError as error:
            if head["op"] == "call":
                raise  # the grader's arguments, not the student's
            raise Broken("protocol", f"the cell is too large to run: {error}") from None
        finally:
            self._spent += time.monotonic() - start

    def _restart(self) -> None:
        """Start a worker and run again what had run; a cell that ends it this time is left out."""
        start = time.monotonic()
        self._worker = self._start()
        self._spent += time.monotonic() - start
        self._worker.keep = lambda chunk: None  # all this was printed before
        for cell in list(self._cells):
            try:
                self._timed({"op": "run", "name": cell[0], "source": cell[1]})
            except Broken as broken:
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


def _labels(call: Call) -> set[str]:
    """What a worker may call the arguments."""
    numbered = (f"argument {number + 1}" for number in range(len(call.args)))
    return {*call.names, *numbered, *call.kwargs}


def _out_of_time(name: str, limits: Limits) -> Broken:
    whose = "this took longer than" if name == "call_seconds" else "the submission has used up its"
    return Broken("timeout", f"{whose} {getattr(limits, name):g} s", name)


def _error(head: dict[str, Any]) -> CallError | None:
    """The error that a reply claims."""
    claim = head.get("error")
    if claim is None:
        return None
    match claim:
        case [str(kind), str(message), int() | None as line]:
            kind = "Exception" if kind in OUR_KINDS or not kind.isidentifier() else kind
            return CallError(_clean(kind), _clean(message), line if line and 0 < line < 10**6 else None)
    raise Broken("protocol", "the reply's error is none")


def _words(head: dict[str, Any], name: str) -> list[str]:
    """A list of words that a reply claims."""
    words = head.get(name, [])
    if type(words) is not list or not all(type(word) is str for word in words):
        raise Broken("protocol", f"the reply's {name} are no words")
    return [_clean(word) for word in words]


def _clean(text: str) -> str:
    """Printable whatever it holds: lone surrogates break whoever writes them down later."""
    return text[:1000].encode(errors="replace").decode()


@functools.cache
def _counts_processes_by_namespace() -> bool:
    """Since Linux 5.14 the limit counts the sandbox's processes; before, all of the user's."""
    release = os.uname().release.split(".")
    return tuple(int("".join(filter(str.isdigit, part)) or 0) for part in release[:2]) >= (5, 14)
