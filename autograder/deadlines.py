"""Work in a process that is ended when it takes too long."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Mapping
from typing import Any

from .markup import one_line
from .processes import end_with_parent


def each_in_time(
    work: Callable[..., None], jobs: Mapping[str, tuple[Any, ...]], seconds: float
) -> dict[str, str]:
    """Do each job, one after the other, in another process.

    Parameters
    ----------
    work : callable
        Importable by its name.
    jobs : dict of str to tuple
        The arguments of each, by a name.
    seconds : float
        What each of them may take.

    Returns
    -------
    dict of str to str
        Why it failed, for each that did.
    """
    failures = {}
    pool = None
    try:
        for name, arguments in jobs.items():
            pool = pool or multiprocessing.get_context("spawn").Pool(1, initializer=end_with_parent)
            try:
                pool.apply_async(work, arguments).get(seconds)
            except multiprocessing.TimeoutError:
                # A process that died gives no answer either.
                failures[name] = f"it took longer than {seconds:g} s"
                pool.terminate()
                pool = None
            except Exception as error:
                failures[name] = one_line(str(error))
    finally:
        if pool:
            pool.terminate()
    return failures
