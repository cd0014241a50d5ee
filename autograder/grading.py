"""One assignment of a course, graded: submissions in, gradebook, graded notebooks and records out.

For each submission the graded notebook is written first, then the gradebook in one transaction, then the
record. Only a record that agrees with the gradebook counts as graded, so a grader that is killed anywhere
between leaves nothing that the next run does not mend.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from . import exercises, records
from .batch import Cluster, Failure, run
from .course import Course, CourseError, no_such_assignment
from .gradebook import PATIENCE, GradebookWriter
from .grader import GradedSubmission, Job, environment, new_seed
from .intake import Refusal, Submission, read_submission
from .limits import Limits
from .markup import one_line
from .placement import ReleaseCell, release_cells
from .rebuild import rebuild
from .records import Line
from .timestamps import parsed_timestamp


@dataclass(frozen=True)
class Options:
    """How to grade.

    Attributes
    ----------
    cluster : Cluster
    limits : Limits
    force : bool
        Grade again what is graded.
    unsafe : bool
        No wall: for one's own code only.
    patience : float
        Seconds to wait for a locked gradebook.
    """

    cluster: Cluster = field(default_factory=Cluster)
    limits: Limits = field(default_factory=Limits)
    force: bool = False
    unsafe: bool = False
    patience: float = PATIENCE


def grade_assignment(
    course: Course,
    assignment: str,
    options: Options | None = None,
    started: Callable[[int], None] | None = None,
) -> Iterator[Line]:
    """Grade what was handed in, and yield a line for each submission as it is done.

    Parameters
    ----------
    course : Course
    assignment : str
    options : Options, optional
    started : callable, optional
        Called once, with the number of submissions.

    Yields
    ------
    Line

    Raises
    ------
    CourseError
        If nothing can be graded at all: no such assignment, no wall, a locked course or gradebook.
    """
    options = options or Options()
    require_exercises(assignment)
    release = records.release_notebook(course, assignment)
    folders = submitted_folders(course, assignment)
    if not options.unsafe and not options.cluster.scheduler:
        _require_wall()
    with records.lock(course), GradebookWriter(course, assignment, options.patience) as gradebook:
        if started:
            started(len(folders))
        yield from _Grading(course, assignment, options, release, gradebook).lines(folders)


def require_exercises(assignment: str) -> None:
    """Accept an assignment that the workbook has exercises for.

    Raises
    ------
    CourseError
        If its test cells mean nothing to the grader.
    """
    if assignment not in exercises.ASSIGNMENTS:
        raise CourseError(
            f"{no_such_assignment(assignment, exercises.ASSIGNMENTS)} among the workbook's notebooks"
        )


def submitted_folders(course: Course, assignment: str) -> list[Path]:
    """Return the folder of each submission, also where it is misnamed, a link or empty.

    A student whose folder holds other assignments of the course and nothing else has handed in nothing.
    """
    others = {name for name in course.assignments if name != assignment}
    folders = []
    try:
        entries = sorted(os.scandir(course.root / "submitted"), key=lambda entry: entry.name)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise CourseError(f"{course.root / 'submitted'} cannot be read: {error.strerror}") from None
    for entry in entries:
        if entry.name.startswith(".") or not (entry.is_symlink() or entry.is_dir(follow_symlinks=False)):
            continue
        if entry.is_symlink() or not _only(others, entry.path):
            folders.append(Path(entry.path) / assignment)
    return folders


def graded_notebook(release: Any, submission: Submission, graded: GradedSubmission) -> Any:
    """Return the notebook with the verdicts in its test cells, as nbgrader handles it."""
    import nbformat

    verdicts = {f"test_{verdict.exercise}": verdict for verdict in graded.verdicts}
    told = replace(submission, notes=submission.notes + graded.notes)
    return nbformat.from_dict(rebuild(release, told, verdicts))


def automatic_part(
    release: tuple[ReleaseCell, ...], scores: Mapping[str, float | None]
) -> tuple[float, float]:
    """Return the points and the maximum of the test cells, from scores by grade_id."""
    tests = {cell.grade_id: cell.points for cell in release if cell.role == "test"}
    return round(sum(scores.get(name) or 0.0 for name in tests), 2), round(sum(tests.values()), 2)


class _Grading:
    """One run over an assignment."""

    def __init__(
        self, course: Course, assignment: str, options: Options, release: Any, gradebook: GradebookWriter
    ):
        self.course = course
        self.assignment = assignment
        self.options = options
        self.release = release
        self.cells = release_cells(release)
        self.gradebook = gradebook
        self.max_points = automatic_part(self.cells, {})[1]
        self.done: list[Line] = []
        self.digests: dict[str, str] = {}
        self.broken = ""  # why the gradebook cannot be written any more

    def lines(self, folders: list[Path]) -> Iterator[Line]:
        for job, result in run(self._jobs(folders), self.options.cluster):
            yield from self._take_done()
            if isinstance(result, Failure):
                yield self._line(job.submission.student, "failed", reason=result.reason)
            else:
                yield self._guarded(job.submission.student, lambda j=job, r=result: self._save(j, r))
        yield from self._take_done()

    def _jobs(self, folders: list[Path]) -> Iterator[Job]:
        """Yield what must be graded; the line of what need not goes to `done`."""
        for folder in folders:
            student = folder.parent.name
            submission = read_submission(folder, self.assignment, self.cells, self.options.limits)
            if isinstance(submission, Refusal):
                self.done.append(self._guarded(student, lambda s=submission: self._refuse(s)))
                continue
            self.digests[student] = self._digest(submission)
            known = None if self.options.force else self._guarded(student, lambda s=student: self._known(s))
            if known:
                self.done.append(known)
            else:
                options = self.options
                asked = submission, options.limits, new_seed(), options.unsafe, environment()
                yield Job(*asked, str(self.course.root))

    def _take_done(self) -> Iterator[Line]:
        while self.done:
            yield self.done.pop(0)

    def _guarded(self, student: str, step: Callable[[], Line | None]) -> Line | None:
        """Run a step that writes; what goes wrong is told in the student's line, and costs nobody else."""
        if self.broken:
            return self._line(student, "failed", reason=self.broken)
        try:
            return step()
        except CourseError as error:
            # The next submission would wait just as long for the same gradebook.
            self.broken = str(error)
            return self._line(student, "failed", reason=self.broken)
        except OSError as error:
            place = f" ({error.filename})" if error.filename else ""
            return self._line(student, "failed", reason=f"cannot be written: {error.strerror}{place}")
        except Exception as error:
            return self._line(student, "failed", reason=one_line(f"{type(error).__name__}: {error}"))

    def _refuse(self, refusal: Refusal) -> Line:
        line = self._line(refusal.student, "refused", reason=one_line(refusal.reason))
        if not refusal.known:
            return line
        self.gradebook.clear(refusal.student)
        records.remove_autograded(self.course, refusal.student, self.assignment)
        records.write_record(self.course, line)
        return line

    def _known(self, student: str) -> Line | None:
        """Return the line of a submission that is graded already, if everything still agrees."""
        record = records.read_record(self.course, student, self.assignment)
        if record is None or record.digest != self.digests[student]:
            return None
        notebook = self.course.autograded(student, self.assignment) / f"{self.assignment}.ipynb"
        recorded = self.gradebook.read(student)
        if recorded is None or not notebook.is_file():
            return None
        points, max_points = automatic_part(self.cells, recorded.scores)
        if (points, max_points) != (record.line.points, record.line.max_points):
            return None
        return replace(record.line, needs_manual=recorded.needs_manual)

    def _save(self, job: Job, graded: GradedSubmission) -> Line:
        submission = job.submission
        notebook = graded_notebook(self.release, submission, graded)
        files = autograded_files(self.course, submission, notebook)
        records.write_autograded(self.course, submission.student, self.assignment, files)
        recorded = self.gradebook.save(submission.student, notebook, parsed_timestamp(submission.timestamp))
        points, _ = automatic_part(self.cells, recorded.scores)
        line = self._line(
            submission.student,
            "graded",
            points=points,
            flags=graded.flags,
            seconds=graded.seconds,
            needs_manual=recorded.needs_manual,
        )
        records.write_record(self.course, line, self.digests[submission.student], graded)
        return line

    def _line(self, student: str, status: str, points: float | None = None, **rest: Any) -> Line:
        return Line(student, self.assignment, status, points, self.max_points, **rest)

    def _digest(self, submission: Submission) -> str:
        return digest(submission, self.release, self.options.limits, self.options.unsafe)


def digest(submission: Submission, release: Any, limits: Limits, unsafe: bool) -> str:
    """Return a digest of all that a grade depends on but its seed."""
    parts = [submission.digest, submission.timestamp, environment(), release, asdict(limits), unsafe]
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def autograded_files(course: Course, submission: Submission, notebook: Any) -> dict[str, bytes]:
    """Return what goes into the graded folder: notebook, timestamp, and what lies beside the source."""
    import nbformat

    source = course.source(submission.assignment).parent
    files = {
        str(path.relative_to(source)): path.read_bytes()
        for path in sorted(source.rglob("*"))
        if path.is_file()
        and path.suffix != ".ipynb"
        and not path.relative_to(source).parts[0].startswith(".")
    }
    if submission.timestamp:
        files["timestamp.txt"] = submission.timestamp.encode()
    files[f"{submission.assignment}.ipynb"] = nbformat.writes(notebook).encode()
    return files


def _only(names: set[str], folder: str) -> bool:
    """Whether a student's folder holds some of these names and no other."""
    try:
        found = [name for name in os.listdir(folder) if not name.startswith(".")]
    except OSError:
        return False
    return bool(found) and set(found) <= names


def _require_wall() -> None:
    from .wall import WallUnavailable, find_wall

    try:
        find_wall()
    except WallUnavailable as error:
        raise CourseError(str(error)) from None
