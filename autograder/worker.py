"""Runs a student's code: the untrusted side of the wall, and the notebook's own calls.

Imports nothing of bnkit or autograder but its neighbours, so that they can stand alone inside
the wall. There it answers frames, one by one: scan a source, run a cell, call a function. In a notebook only
`call_function` is used, so that both places agree on what a call is.
"""

import contextlib
import os
import sys
import time
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

if __package__:
    from . import arguments, cells, wire
else:
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    import arguments
    import cells
    import wire

    del sys.path[0]


def call_function(
    function: Callable,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    names: Sequence[str] = (),
    *,
    catch_interrupt: bool = False,
) -> wire.Outcome:
    """Call a function on copies of its arguments, and tell what came of it.

    Parameters
    ----------
    function : callable
    args, kwargs : arguments
        May hold what the module `arguments` adds to plain values: generators, views, devices, series.
    names : sequence of str
        The positional arguments' names, for ``Outcome.changed``.
    catch_interrupt : bool
        Whether a KeyboardInterrupt is the function's error; in a notebook it is the student's wish to stop.

    Returns
    -------
    outcome : Outcome
        Its value is as it would arrive from behind the wall.
    """
    given = arguments.materialise([*args, *kwargs.values()])
    labels = [*names[: len(args)], *(f"argument {i + 1}" for i in range(len(names), len(args))), *kwargs]
    watched = arguments.Watched(function, labels)
    keywords = dict(zip(kwargs, given[len(args) :], strict=True))
    value, error = None, None
    start = time.perf_counter()
    try:
        value = arguments.called(watched, given[: len(args)], keywords)
    except BaseException as exception:
        if isinstance(exception, KeyboardInterrupt) and not catch_interrupt:
            raise
        error = cells.describe(exception, _source_file(function))
    seconds = time.perf_counter() - start
    changed = watched.changed
    try:
        return wire.Outcome(wire.normalise(value), error, changed, seconds)
    except Exception as exception:
        # Containers that change under our hands, or attributes that raise: no result of ours.
        return wire.Outcome(None, error or cells.describe(exception), changed, seconds)


def _source_file(function: Any) -> str | None:
    code = getattr(getattr(function, "__wrapped__", function), "__code__", None)
    return getattr(code, "co_filename", None)


def serve() -> None:
    """Answer frames from descriptor 0 on descriptor 1 until the other side hangs up."""
    import fcntl
    import signal

    # A grader that was started in the background ignores interrupts; a student's code meets them as ever.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # Prints and child processes must not meet the frames: both move away, 1 joins the captured 2.
    requests, replies = (fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 100) for fd in (0, 1))
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    streams = sys.stdout, sys.stderr
    for stream in streams:
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    own = os.getpid()
    student = types.ModuleType("__main__")
    student.__dict__.update(display=print, get_ipython=cells.Mute())
    sys.modules["__main__"] = student
    while (frame := _read_frame(requests)) is not None:
        message = wire.decode(frame, None)
        try:
            head, value = _answer(message, student.__dict__)
        except BaseException as exception:
            head, value = {"error": _plain(cells.describe(exception))}, None
        for stream in streams:
            _flush(stream)
        if os.getpid() != own:
            os._exit(1)  # a child that came back from the student's fork must not answer as well
        _write(replies, wire.encode(value, head, message.nonce, reply=True))
    os._exit(0)


def _answer(message: wire.Message, namespace: dict[str, Any]) -> tuple[dict[str, Any], Any]:
    """Do what a request asks; returns the reply's head and value."""
    head = message.head
    match head["op"]:
        case "begin":
            _limit(head["limits"])
            return {"error": None}, None
        case "scan":
            found = cells.scan(head["source"])
            words = {"names": sorted(found.names), "mentions": sorted(found.mentions)}
            return {"error": _plain(found.error), **words}, None
        case "run":
            error = cells.run_cell(head["source"], head["name"], namespace, head["definitions"])
            return {"error": _plain(error)}, None
        case "call":
            function = namespace.get(head["function"])
            if not callable(function):
                text = f"{head['function']} is not {'defined' if function is None else 'a function'}"
                return {"error": _plain(wire.CallError("missing", text)), "changed": []}, None
            args, kwargs = message.value
            outcome = call_function(function, args, kwargs, head["names"], catch_interrupt=True)
            return {"error": _plain(outcome.error), "changed": list(outcome.changed)}, outcome.value
    raise ValueError(f"no such operation: {head['op']}")


def _limit(limits: dict[str, int]) -> None:
    """Bind this process and all that it starts; names are those of the resource module."""
    import resource

    for name, amount in limits.items():
        kind = getattr(resource, name)
        if name == "RLIMIT_AS":
            # Python and NumPy have mapped much that they will not use: allow that, and the amount on top.
            with open("/proc/self/statm") as file:
                amount += int(file.read().split()[0]) * resource.getpagesize()
        hard = resource.getrlimit(kind)[1]
        amount = amount if hard == resource.RLIM_INFINITY else min(amount, hard)
        resource.setrlimit(kind, (amount, amount))


def _plain(error: wire.CallError | None) -> list[Any] | None:
    return error and [error.kind, error.message, error.line]


def _flush(stream: Any) -> None:
    with contextlib.suppress(BaseException):  # the student may have closed it
        stream.flush()


def _read_frame(descriptor: int) -> bytes | None:
    header = _read(descriptor, wire.HEADER.size)
    return header and header + _read(descriptor, wire.frame_size(header) - len(header))


def _read(descriptor: int, size: int) -> bytes | None:
    data = bytearray()
    while len(data) < size:
        chunk = os.read(descriptor, size - len(data))
        if not chunk:
            return None
        data += chunk
    return bytes(data)


def _write(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


if __name__ == "__main__":
    serve()
