"""Many submissions, on any executor: local processes, or a Dask cluster."""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass

from .course import CourseError
from .grader import GradedSubmission, Job, grade
from .processes import end_with_parent

AHEAD = 2  # jobs in hand for each worker, so that none waits; few are lost when one of them breaks the pool
CONNECT_SECONDS = 15


@dataclass(frozen=True)
class Failure:
    """The grader's own fault: which job, and why."""

    job: Job
    reason: str


@dataclass(frozen=True)
class Cluster:
    """Who does the work: local processes (all cores unless told), or the Dask scheduler at an address."""

    workers: int | None = None
    scheduler: str | None = None

    @contextlib.contextmanager
    def open(self) -> Iterator[tuple[Executor, int]]:
        """Give an executor and the number of its workers."""
        if self.scheduler:
            with _dask(self.scheduler) as opened:
                yield opened
            return
        count = self.workers or os.cpu_count() or 1
        # Spawned, because a fork of a process with threads (progress, database) may hang.
        pool = ProcessPoolExecutor(
            count, mp_context=multiprocessing.get_context("spawn"), initializer=end_with_parent
        )
        try:
            yield pool, count
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def run(jobs: Iterable[Job], cluster: Cluster) -> Iterator[tuple[Job, GradedSubmission | Failure]]:
    """Grade every job, and yield each result as it completes.

    Parameters
    ----------
    jobs : iterable of Job
        Taken a few at a time, so that it may read submissions as it goes.
    cluster : Cluster

    Yields
    ------
    job, result : Job, GradedSubmission or Failure
        A job whose worker broke is tried once more, by itself.

    Raises
    ------
    CourseError
        If the scheduler cannot be used.
    """
    waiting = iter(jobs)
    for first in waiting:  # once, and again whenever an executor broke
        broken: list[Job] = []
        with cluster.open() as (executor, workers):
            yield from _until_broken(executor, AHEAD * workers, itertools.chain([first], waiting), broken)
        for job in broken:
            yield job, _alone(job, cluster)


def _until_broken(
    executor: Executor, ahead: int, jobs: Iterator[Job], broken: list[Job]
) -> Iterator[tuple[Job, GradedSubmission]]:
    """Grade until nothing is left or something goes wrong; what that took with it goes into `broken`."""
    running: dict[Future, Job] = {}
    while True:
        while len(running) < ahead and not broken and (job := next(jobs, None)):
            try:
                running[executor.submit(grade, job)] = job
            except BrokenExecutor:
                broken.append(job)
        if not running:
            return
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            job = running.pop(future)
            if future.exception() is None:
                yield job, future.result()
            else:
                # The machine's fault or the submission's: once more, alone, will tell.
                broken.append(job)


def _alone(job: Job, cluster: Cluster) -> GradedSubmission | Failure:
    try:
        with Cluster(1, cluster.scheduler).open() as (executor, _):
            return executor.submit(grade, job).result()
    except BrokenExecutor:
        return Failure(job, "the process that graded it died twice")
    except Exception as error:
        return Failure(job, f"{type(error).__name__}: {error}")


@contextlib.contextmanager
def _dask(address: str) -> Iterator[tuple[Executor, int]]:
    try:
        from distributed import Client
    except ImportError:
        raise CourseError("--scheduler needs Dask: pip install 'batchnorm-workbook[cluster]'") from None
    try:
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise CourseError(f"no Dask scheduler answers at {address}: {error}") from None
    with client:
        # Asked again every time: a task that was run twice gives one result.
        executor = client.get_executor(pure=False, retries=1)
        yield executor, max(1, sum(client.nthreads().values()))
