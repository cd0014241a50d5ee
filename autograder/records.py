"""What grading leaves behind beside the gradebook: verdicts with their seeds, graded notebooks, the lock."""

from __future__ import annotations

import contextlib
import fcntl
import getpass
import json
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .atomic import write_atomically
from .course import Course, CourseError
from .exercise import Verdict
from .grader import GradedSubmission


@dataclass(frozen=True)
class Line:
    """What is told of one submission.

    Attributes
    ----------
    status : str
        "graded", "refused" (the submission is unusable) or "failed" (the grader's own fault).
    points, max_points : float
        Of the automatic part; no points without a grade.
    reason : str
        Why it was refused or failed.
    needs_manual : bool
        Whether a written answer waits for a person.
    """

    student: str
    assignment: str
    status: str
    points: float | None
    max_points: float
    flags: tuple[str, ...] = ()
    seconds: float = 0.0
    needs_manual: bool = False
    reason: str = ""

    def to_json(self) -> str:
        """Return the line in plain ASCII, whatever the student is called."""
        record = asdict(self)
        if not self.reason:
            del record["reason"]
        return json.dumps(record)


@dataclass(frozen=True)
class Record:
    """A verdict on file, with all that is needed to reach it again."""

    line: Line
    digest: str
    seed: int
    verdicts: tuple[Verdict, ...]


def record_path(course: Course, student: str, assignment: str) -> Path:
    """Where a submission's record lies."""
    return course.state / "verdicts" / assignment / f"{student}.json"


def write_record(
    course: Course, line: Line, digest: str = "", graded: GradedSubmission | None = None
) -> None:
    """Put a submission's result on file; a refused one has neither digest nor verdicts."""
    content = {
        **json.loads(line.to_json()),
        "digest": digest,
        # As text: JSON readers elsewhere round whole numbers of this length.
        "seed": str(graded.seed) if graded else "0",
        "verdicts": [verdict.to_dict() for verdict in graded.verdicts] if graded else [],
    }
    path = record_path(course, line.student, line.assignment)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, json.dumps(content, indent=1).encode())


def read_record(course: Course, student: str, assignment: str) -> Record | None:
    """Return what is on file, None where there is nothing that can be read."""
    try:
        content = json.loads(record_path(course, student, assignment).read_bytes())
        names = Line.__dataclass_fields__
        line = Line(**{key: value for key, value in content.items() if key in names})
        line = Line(**{**asdict(line), "flags": tuple(line.flags)})
        verdicts = tuple(map(Verdict.from_dict, content["verdicts"]))
        return Record(line, content["digest"], int(content["seed"]), verdicts)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_autograded(course: Course, student: str, assignment: str, files: Mapping[str, bytes]) -> None:
    """Put a graded notebook, and what goes with it, where formgrader and feedback look.

    A reader sees the old version or the new one of each file, and never a folder without its notebook.
    """
    goal = course.autograded(student, assignment)
    # Of the course's own disk, so that moving is one step.
    course.state.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=course.state, prefix="building-") as scratch:
        built = Path(scratch) / assignment
        for name, content in files.items():
            path = built / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            path.chmod(0o664 if course.directory.groupshared else 0o444)
        goal.parent.mkdir(parents=True, exist_ok=True)
        if not goal.exists():
            os.rename(built, goal)
            return
        for name in files:
            (goal / name).parent.mkdir(parents=True, exist_ok=True)
            os.replace(built / name, goal / name)


def remove_autograded(course: Course, student: str, assignment: str) -> None:
    """Take away the graded notebook of a submission that is refused now."""
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(course.autograded(student, assignment))


@contextlib.contextmanager
def lock(course: Course) -> Iterator[None]:
    """Be the only one who grades this course.

    Raises
    ------
    CourseError
        If somebody else is grading; says who.
    """
    try:
        course.state.mkdir(exist_ok=True)
        file = os.open(course.state / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o664)
    except OSError as error:
        raise CourseError(f"{course.state} cannot be written: {error.strerror}") from None
    with open(file, "r+", encoding="utf-8") as handle:
        try:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CourseError(f"somebody is grading this course already ({handle.read().strip()})") from None
        handle.seek(0)
        handle.truncate()
        handle.write(
            f"{_user()} on {socket.gethostname()}, process {os.getpid()}, since {time.strftime('%H:%M')}"
        )
        handle.flush()
        _remove_leftovers(course)
        yield


def _remove_leftovers(course: Course) -> None:
    """Remove what a grader that was killed had begun to build."""
    for path in course.state.glob("building-*"):
        shutil.rmtree(path, ignore_errors=True)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def release_notebook(course: Course, assignment: str) -> Any:
    """Return the students' version as it was handed out.

    Raises
    ------
    CourseError
        If it has not been released, or cannot be read.
    """
    import nbformat

    course.require(assignment)
    path = course.release(assignment)
    try:
        return nbformat.read(path, as_version=4)
    except FileNotFoundError:
        raise CourseError(
            f"{assignment} is not released yet: run `autograder release {assignment}`"
        ) from None
    except Exception as error:
        reason = str(error).splitlines()[0]
        raise CourseError(
            f"{path} cannot be read ({reason}): run `autograder release {assignment}`"
        ) from None
