"""nbgrader's own commands and buttons, grading through our grader.

`nbgrader autograde`, the formgrader's button and its API all run `Autograde`, which a course's
nbgrader_config.py points here: `SubmissionExporter` reads nothing of a submission, `Rebuild` replaces the
sanitizing steps, `Grade` replaces the execution, and nbgrader's SaveAutoGrades and AssignLatePenalties do the
rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbformat.v4 import new_notebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import determine_grade, is_grade
from traitlets import Bool, Dict

from . import records
from .course import Course
from .gradebook import GradebookWriter
from .grader import Job, environment, grade, new_seed
from .grading import Line, automatic_part, digest, graded_notebook, require_exercises
from .intake import Refusal, Submission, check_student_name, read_submission
from .limits import Limits
from .placement import release_cells
from .reading import RefusedError, opened_folder
from .rebuild import rebuild
from .timestamps import parsed_timestamp, read_timestamp


class RefusedSubmission(Exception):
    """Ends the grading of one submission in nbgrader; the others go on."""


class WatchedDirectory(CourseDirectory):
    """A course folder in which a timestamp is read without following a link or waiting for a pipe."""

    def get_existing_timestamp(self, dest_path: str) -> datetime | None:
        """Return when it was handed in, None where that cannot be read."""
        try:
            with opened_folder(Path(dest_path)) as inside:
                return parsed_timestamp(read_timestamp(inside))
        except (RefusedError, OSError):
            return None


class SubmissionExporter(NotebookExporter):
    """Leaves the reading to `Rebuild` and `Grade`, which follow no link and wait for no pipe.

    nbgrader makes it when it has found the submissions and before it looks into one. So this is also where
    the converter gets a `WatchedDirectory`, and loses the folders whose names no student can have.
    """

    def __init__(self, *args: Any, **kw: Any) -> None:
        super().__init__(*args, **kw)
        converter = self.parent
        given = converter.coursedir
        settings = {name: getattr(given, name) for name in given.trait_names(config=True)}
        converter.coursedir = WatchedDirectory(parent=given.parent, **settings)
        for folder in list(converter.assignments):
            name = Path(folder).parent.name
            try:
                check_student_name(name)
            except RefusedError as refusal:
                del converter.assignments[folder]
                converter.log.error("refused: %a: %s", name, refusal)

    def from_filename(self, filename: str, resources: dict | None = None, **kw: Any) -> Any:
        """Start from an empty notebook, whatever the file holds."""
        return self.from_notebook_node(new_notebook(), resources, **kw)


@dataclass(frozen=True)
class _Found:
    course: Course
    release: Any
    submission: Submission


class _SubmissionStep(NbGraderPreprocessor):
    """What both steps need: the course, the release and the submission of the notebook at hand."""

    limits = Dict(help="Limits that differ from the defaults, by name: see autograder.limits").tag(
        config=True
    )
    unsafe = Bool(False, help="Grade without a wall; for one's own code only").tag(config=True)

    def find(self, resources: dict) -> _Found:
        names = resources["nbgrader"]
        course = Course(Path(self.parent.parent.coursedir.root))
        require_exercises(names["assignment"])
        release = records.release_notebook(course, names["assignment"])
        folder = course.submitted(names["student"], names["assignment"])
        submission = read_submission(
            folder, names["assignment"], release_cells(release), Limits(**self.limits)
        )
        if isinstance(submission, Refusal):
            self._refuse(course, submission)
        return _Found(course, release, submission)

    def _refuse(self, course: Course, refusal: Refusal) -> None:
        """Leave no score of an older submission behind."""
        if refusal.known:
            with GradebookWriter(course, refusal.assignment) as gradebook:
                gradebook.clear(refusal.student)
            line = Line(refusal.student, refusal.assignment, "refused", None, 0.0, reason=refusal.reason)
            records.write_record(course, line)
        raise RefusedSubmission(f"refused: {refusal.reason}")


class Rebuild(_SubmissionStep):
    """Takes a submission's sources into the release notebook."""

    def preprocess(self, nb: Any, resources: dict) -> tuple[Any, dict]:
        """Return the rebuilt notebook, whatever notebook was given."""
        import nbformat

        found = self.find(resources)
        return nbformat.from_dict(rebuild(found.release, found.submission)), resources


class Grade(_SubmissionStep):
    """Fills the test cells with verdicts reached behind the wall."""

    def preprocess(self, nb: Any, resources: dict) -> tuple[Any, dict]:
        """Return the graded notebook; the verdicts go on file too."""
        found = self.find(resources)
        submission, limits = found.submission, Limits(**self.limits)
        job = Job(submission, limits, new_seed(), self.unsafe, environment(), str(found.course.root))
        graded = grade(job)
        notebook = graded_notebook(found.release, submission, graded)
        cells = release_cells(found.release)
        scores = {
            cell.metadata.nbgrader.grade_id: determine_grade(cell)[0]
            for cell in filter(is_grade, notebook.cells)
        }
        points, max_points = automatic_part(cells, scores)
        line = Line(
            submission.student,
            submission.assignment,
            "graded",
            points,
            max_points,
            graded.flags,
            graded.seconds,
        )
        # If nbgrader fails to save these scores, record and gradebook differ: `autograder grade` mends it.
        records.write_record(
            found.course, line, digest(submission, found.release, limits, self.unsafe), graded
        )
        return notebook, resources
