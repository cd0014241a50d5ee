"""Long work, dealt to threads.

A kernel or a matrix product lets go of Python's lock while it runs, so plain threads work side by side. They
wait at a queue; to hand over a piece of work takes 30 to 40 microseconds, half of what a thread pool's
futures take.
"""

import contextlib
import functools
import itertools
import os
import threading
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from typing import Any

Work = Callable[[int, int], None]

_share = threading.local()  # whether this thread is at work on one
_waiting: SimpleQueue[Any] = SimpleQueue()
_started = 0
_starting = threading.Lock()


def cores() -> int:
    """Return how many threads may work at once: the cores that this process may use, or OMP_NUM_THREADS."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdecimal() and int(asked) > 0:
        return int(asked)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def deal(work: Work, count: int, most: int) -> None:
    """Call ``work(start, stop)`` for shares of ``range(count)``, one share per thread, and wait for all.

    Within a share everything stays in its thread.

    Parameters
    ----------
    work : callable
        May be called from several threads at once.
    count : int
    most : int
        Into how many shares the work is worth dividing.
    """
    shares = min(most, count)
    if shares < 2 or getattr(_share, "mine", False) or (shares := min(shares, cores())) < 2:
        work(0, count)
        return
    _start(shares - 1)
    bounds = [count * share // shares for share in range(shares + 1)]
    done: SimpleQueue[BaseException | None] = SimpleQueue()
    for start, stop in itertools.pairwise(bounds[1:]):
        _waiting.put((work, start, stop, done))
    _share.mine = True
    try:
        work(bounds[0], bounds[1])
    finally:  # nobody may write into arrays that the caller has been given back
        _share.mine = False
        errors = [done.get() for _ in range(shares - 1)]
    for error in errors:
        if error is not None:
            raise error


@contextlib.contextmanager
def products_in_one_thread() -> Iterator[bool]:
    """Keep NumPy's matrix products to the thread that asks for them, for `deal` to give each core one.

    Their own threads would go on spinning for a while after each product, in the way of whatever comes next.

    Yields
    ------
    bool
        Whether they stay in one thread, for which threadpoolctl is needed (the extra 'fast'). Where they do
        not, to deal them as well would only set threads on each other.
    """
    control = _product_control()
    if control is None:
        yield False
        return
    with control.limit(limits=1, user_api="blas"):
        yield True


@functools.cache
def _product_control() -> Any:
    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:
        return None
    return ThreadpoolController()


def _start(needed: int) -> None:
    global _started
    with _starting:
        while _started < needed:
            threading.Thread(target=_serve, args=(_waiting,), daemon=True, name="bnkit-kernels").start()
            _started += 1


def _serve(waiting: SimpleQueue[Any]) -> None:
    _share.mine = True
    while True:
        work, start, stop, done = waiting.get()
        try:
            work(start, stop)
        except BaseException as error:
            done.put(error)
        else:
            done.put(None)
        del work  # it holds the arrays


def _forget() -> None:
    """Begin anew in a forked child, where no thread but the one that forked goes on."""
    global _waiting, _started, _starting
    _waiting, _started, _starting = SimpleQueue(), 0, threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
