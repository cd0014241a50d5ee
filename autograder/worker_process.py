"""A running worker as the trusted side sees it: frames go in and out, time and memory are watched.

Everything that comes back is a claim of the student's process. It is read as numbers or refused; no
exception, no delay beyond the limits and no process of theirs comes through.
"""

import contextlib
import os
import secrets
import selectors
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import processes, wire
from .limits import Limits
from .wall import HERE, WORKER_PROGRAM, Wall, environment, interpreter
from .wire import CallError, Message, WireError

CHUNK = 2**18
TICK_SECONDS = 0.02
# A reply is there, and so is what was printed before it; more than this is a flood that can wait.
LAST_CHUNKS = 64
# bubblewrap's own two processes, outside and inside.
WALL_PROCESSES = 2


class Broken(Exception):
    """The worker is of no more use; says why, and which limit it broke."""

    def __init__(self, kind: str, message: str, limit: str | None = None):
        super().__init__(message)
        self.error = CallError(kind, message)
        self.limit = limit


class WorkerProcess:
    """One worker, behind the wall or (without one) beside us.

    Parameters
    ----------
    wall : Wall or None
    packages : Path
        What its code imports bnkit and autograder from.
    limits : Limits
    keep : callable
        Takes what it prints, piece by piece.
    """

    def __init__(self, wall: Wall | None, packages: Path, limits: Limits, keep: Callable[[bytes], None]):
        self.limits = limits
        self.keep = keep
        self.alive = True
        self._first = WALL_PROCESSES if wall else 0
        self._memory = limits.memory
        self._watched = time.monotonic()
        self._home = None if wall else tempfile.mkdtemp(prefix="workbook-")
        pipes = {**dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE), "bufsize": 0}
        if wall:
            self._process = wall.start(WORKER_PROGRAM, packages, limits.written, **pipes)
        else:
            command = interpreter(str(HERE / "worker.py"))
            variables = environment([str(packages)], home=self._home)
            self._process = subprocess.Popen(
                command, env=variables, cwd=self._home, start_new_session=True, **pipes
            )
        self._requests = self._process.stdin.fileno()
        self._replies = self._process.stdout.fileno()
        self._prints = self._process.stderr.fileno()
        for descriptor in (self._requests, self._replies, self._prints):
            os.set_blocking(descriptor, False)

    def ask(self, head: dict[str, Any], value: Any, seconds: float) -> Message:
        """Put a question and wait for its answer.

        Raises
        ------
        Broken
            If there is none within the limits, or one that is no answer.
        WireError
            If the question itself may not cross.
        """
        nonce = secrets.token_hex(16)
        request = memoryview(wire.encode(value, head, nonce))
        reply = self._exchange(request, time.monotonic() + seconds)
        try:
            return wire.decode(reply, nonce, reply=True)
        except WireError as error:
            raise Broken("protocol", str(error)) from None

    def measure(self) -> None:
        """Take what it holds now, before any student's code, as not the student's."""
        self._memory = self.limits.memory + processes.memory(self._tree(), self.limits.memory)

    def kill(self) -> None:
        """End it and all that it has started; returns when nothing is left."""
        if not self.alive:
            return
        self.alive = False
        # Behind the wall the second is the namespace's first process: the kernel ends all others with it. No
        # other is looked for, because a bomb would not let us come to an end.
        pids = processes.tree(self._process.pid, self._first or self.limits.processes)
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if not self._first:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        _await_end(pids[1:])
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            pipe.close()
        if self._home:
            shutil.rmtree(self._home, ignore_errors=True)

    def _exchange(self, request: memoryview, deadline: float) -> bytearray:
        """Send a request and receive one frame, draining what is printed meanwhile."""
        reply = bytearray()
        with selectors.DefaultSelector() as ready:
            ready.register(self._replies, selectors.EVENT_READ)
            ready.register(self._prints, selectors.EVENT_READ)
            ready.register(self._requests, selectors.EVENT_WRITE)
            while len(reply) < wire.HEADER.size or len(reply) < _frame_size(reply):
                for key, _ in ready.select(TICK_SECONDS):
                    if key.fd == self._prints:
                        if not self._keep_prints():
                            ready.unregister(self._prints)
                    elif key.fd == self._replies:
                        reply += self._receive()
                    elif request := self._send(request):
                        continue
                    else:
                        ready.unregister(self._requests)
                self._watch()
                if time.monotonic() > deadline:
                    raise Broken("timeout", "it did not come to an end in time")
        if request:
            raise Broken("protocol", "the worker answered before it was asked")
        for _ in range(LAST_CHUNKS):
            if not self._keep_prints():
                break
        return reply

    def _send(self, request: memoryview) -> memoryview:
        try:
            return request[os.write(self._requests, request[:CHUNK]) :]
        except BlockingIOError:
            return request
        except BrokenPipeError:
            raise self._ended() from None

    def _receive(self) -> bytes:
        chunk = _read(self._replies)
        if chunk == b"":
            raise self._ended()
        return chunk or b""

    def _keep_prints(self) -> bool:
        """Whether there was something, and there may be more."""
        chunk = _read(self._prints)
        if chunk:
            self.keep(chunk)
        return bool(chunk)

    def _ended(self) -> Broken:
        while self._keep_prints():
            pass
        with contextlib.suppress(subprocess.TimeoutExpired):
            status = self._process.wait(1)
            # bubblewrap tells a signal as shells do.
            number = status - 128 if status > 128 else -status
            if number in set(signal.Signals):
                return Broken("crashed", f"the process was ended by {signal.Signals(number).name}")
            return Broken("crashed", f"the process ended itself with status {status}")
        return Broken("crashed", "the process hung up")

    def _watch(self) -> None:
        """Hold the whole tree to limits that the kernel holds only each process to, and root not at all."""
        now = time.monotonic()
        if now - self._watched < TICK_SECONDS:
            return
        self._watched = now
        pids = self._tree()
        if processes.count_tasks(pids) > self.limits.processes:
            message = f"it had more than {self.limits.processes} processes and threads"
            raise Broken("crashed", message, "processes")
        if processes.memory(pids, self._memory) > self._memory:
            message = f"it used more than {self.limits.memory / 2**20:.0f} MiB of memory"
            raise Broken("crashed", message, "memory")

    def _tree(self) -> list[int]:
        most = self._first + self.limits.processes + 1
        return processes.tree(self._process.pid, most)[self._first :]


def _frame_size(reply: bytearray) -> int:
    try:
        return wire.frame_size(bytes(reply[: wire.HEADER.size]))
    except WireError as error:
        raise Broken("protocol", str(error)) from None


def _read(descriptor: int) -> bytes | None:
    """What is there to read: nothing yet is None, nothing ever again is empty."""
    try:
        return os.read(descriptor, CHUNK)
    except BlockingIOError:
        return None


def _await_end(pids: list[int], seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while any(processes.is_running(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.001)
