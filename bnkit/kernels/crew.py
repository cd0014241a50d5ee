"""The threads that help with a job, and how they are woken.

They wait for the next job in machine code, where a core notices it at once, for about as long as waking a
thread takes. Then they sleep, and cost nothing.
"""

import contextlib
import ctypes
import os
import sys
import threading
from collections.abc import Callable, Iterator
from queue import SimpleQueue

import numpy as np

from bnkit.kernels import words as at
from bnkit.kernels.compiled import available, loaded
from bnkit.kernels.leading import leading

MOST_HELPERS = 7  # eight cores read and write as fast as memory can
WORTH_WAKING = 2**16  # entries
# Between matrix products it takes more: OpenBLAS's threads go on looking for work for 30 ms after each, and
# helpers would have to share their cores.
WORTH_WAKING_AMONG_PRODUCTS = 2**21
PATIENCE = 3000  # looks at whether there is something new, 50 nanoseconds each

_memory = (ctypes.c_int64 * (at.CREW_WORDS + 8))()  # with room to begin at a cache line
ctypes.pythonapi.Py_IncRef(ctypes.py_object(_memory))  # who waits at the end of the program still looks at it
ADDRESS = ctypes.addressof(_memory) + -ctypes.addressof(_memory) % 64
_words = (ctypes.c_int64 * at.CREW_WORDS).from_address(ADDRESS)
_bell: SimpleQueue[None] = SimpleQueue()
_hiring = threading.Lock()
_hired = 0


class _Waking(threading.local):
    least = 0


_waking = _Waking()


def helpers_for(entries: int, least: int) -> bool:
    """Wake the crew for a job of that size; say whether the job gets help.

    Parameters
    ----------
    entries : int
    least : int
        From how many entries on such a job is worth it.
    """
    if entries < least or entries < _waking.least or (_hired == 0 and not _hire()):
        return False
    for _ in range(_words[at.ASLEEP] - _bell.qsize()):
        _bell.put(None)
    return True


@contextlib.contextmanager
def waking_from(entries: int) -> Iterator[None]:
    """Have only those of this thread's jobs get help that are that large."""
    before = _waking.least
    _waking.least = max(before, entries)
    try:
        yield
    finally:
        _waking.least = before


def alone() -> contextlib.AbstractContextManager[None]:
    """Have this thread's jobs done by one core."""
    return waking_from(sys.maxsize)


def cores() -> int:
    """Return how many threads may work at once: the cores that this process may use, or OMP_NUM_THREADS."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdecimal() and int(asked) > 0:
        return int(asked)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _hire() -> bool:
    """Start the threads, unless they are there; say whether there are any."""
    global _hired
    if not _hiring.acquire(blocking=False):  # somebody is at it: this job goes without
        return False
    try:
        if _hired == 0 and cores() > 1 and available():
            _words[at.PATIENCE] = PATIENCE
            serve = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(loaded(leading, "serve", np.dtype(np.float64)))
            for number in range(min(cores() - 1, MOST_HELPERS)):
                thread = threading.Thread(target=_work, args=(serve, _bell), daemon=True, name="bnkit-crew")
                try:
                    thread.start()
                except RuntimeError:  # the system gives no more: go on with those there are
                    _hired = _hired or -1
                    break
                _words[at.ASLEEP] += 1
                _hired = number + 1
        return _hired != 0
    finally:
        _hiring.release()


def _work(serve: Callable[[int], None], bell: SimpleQueue[None]) -> None:
    copy = (ctypes.c_int64 * at.WORDS)()
    place = (ctypes.c_int64 * 2)(ADDRESS, ctypes.addressof(copy))
    while True:
        bell.get()
        serve(ctypes.addressof(place))


def _forget() -> None:
    """Begin anew in a forked child, where no thread but the one that forked goes on."""
    global _hired, _hiring, _bell
    ctypes.memset(ADDRESS, 0, ctypes.sizeof(_words))
    _hired, _hiring, _bell = 0, threading.Lock(), SimpleQueue()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
