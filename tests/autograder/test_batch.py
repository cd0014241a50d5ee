"""Many submissions on real processes, and on a real Dask cluster."""

import os
from pathlib import Path
from unittest import mock

import pytest
from sample_courses import FIRST

from autograder.batch import Cluster, Failure, run
from autograder.course import CourseError
from autograder.grader import Job, environment, new_seed
from autograder.intake import Submission
from autograder.limits import Limits
from autograder.placement import PlacedCell

MEAN = "import numpy as np\ndef batch_mean(Z):\n    return Z.mean(axis=1, keepdims=True)\n"


def make_job(student, source=MEAN):
    cell = PlacedCell("solution", "batch_mean", source, 0)
    submission = Submission(student, FIRST, "", (cell,), {})
    return Job(
        submission, Limits(call_seconds=2, submission_seconds=10), new_seed(), environment=environment()
    )


class Deadly(Job):
    """A job that ends the process which receives it."""

    def __reduce__(self):
        return os._exit, (1,)


class DeadlyOnce(Job):
    """A job that ends the first process which receives it."""

    def __reduce__(self):
        fields = (self.submission, self.limits, self.seed)
        return _die_once, (self.environment, fields)


def _die_once(marker, fields):
    try:
        Path(marker).touch(exist_ok=False)
    except FileExistsError:
        return Job(*fields)
    os._exit(1)


def points(results):
    return {
        job.submission.student: result.reason
        if isinstance(result, Failure)
        else sum(verdict.points for verdict in result.verdicts)
        for job, result in results
    }


def test_every_job_has_a_result():
    jobs = [make_job("ada"), make_job("ben", "x = 1"), make_job("cy")]
    assert points(run(iter(jobs), Cluster(2))) == {"ada": 1, "ben": 0, "cy": 1}


def test_no_jobs_need_no_processes():
    assert list(run([], Cluster(scheduler="tcp://127.0.0.1:1"))) == []


def test_a_job_whose_process_dies_is_failed_and_costs_nobody_else():
    deadly = Deadly(*vars(make_job("bomb")).values())
    jobs = [make_job("ada"), deadly, make_job("ben"), make_job("cy"), make_job("dev"), make_job("eve")]
    assert points(run(jobs, Cluster(1))) == {
        **dict.fromkeys(("ada", "ben", "cy", "dev", "eve"), 1),
        "bomb": "the process that graded it died twice",
    }


def test_a_job_whose_process_dies_is_tried_once_more(tmp_path):
    job = make_job("ada")
    unlucky = DeadlyOnce(job.submission, job.limits, job.seed, environment=str(tmp_path / "died"))
    assert points(run([unlucky], Cluster(1))) == {"ada": 1}
    assert (tmp_path / "died").exists()


def test_a_grader_of_another_version_fails_in_one_sentence():
    job = make_job("ada")
    other = Job(job.submission, job.limits, job.seed, environment="another")
    (reason,) = points(run([other], Cluster(1))).values()
    assert (
        reason == "RuntimeError: this worker has other versions of Python, NumPy or the workbook's packages"
    )


def test_a_scheduler_that_does_not_answer_is_told(monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr("autograder.batch.CONNECT_SECONDS", 0.5)
    with pytest.raises(CourseError, match="no Dask scheduler answers at"):
        list(run([make_job("ada")], Cluster(scheduler="tcp://127.0.0.1:9")))
    with pytest.raises(CourseError, match="no Dask scheduler answers at"):
        list(run([make_job("ada")], Cluster(scheduler="nonsense://")))


def test_missing_dask_is_told(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(CourseError, match="needs Dask: pip install"):
        list(run([make_job("ada")], Cluster(scheduler="tcp://127.0.0.1:9")))


@pytest.mark.slow
def test_a_dask_cluster_of_processes_grades_as_well():
    distributed = pytest.importorskip("distributed")
    settings = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    # A Dask nanny leaves OMP_NUM_THREADS and others behind in this process.
    with mock.patch.dict(os.environ), distributed.LocalCluster(**settings) as cluster:
        jobs = [make_job("ada"), make_job("ben", "x = 1"), make_job("cy")]
        graded = points(run(jobs, Cluster(scheduler=cluster.scheduler_address)))
    assert graded == {"ada": 1, "ben": 0, "cy": 1}
