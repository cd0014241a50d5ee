"""The only writer of nbgrader's database: one transaction for each submission.

What a person gave, manual scores and extra credit, is never touched.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .course import Course, CourseError, no_such_assignment
from .nbgrader_steps import prepare_database_tools

PATIENCE = 30.0  # seconds that a locked database is waited for


@dataclass(frozen=True)
class Recorded:
    """What the gradebook says of a submission's automatic part."""

    scores: Mapping[str, float | None]
    needs_manual: bool


class GradebookWriter:
    """Writes automatic scores of one assignment.

    Parameters
    ----------
    course : Course
    assignment : str
    patience : float
        Seconds to wait for a locked database.

    Raises
    ------
    CourseError
        If the gradebook cannot be opened, or does not know the assignment.

    Examples
    --------
    >>> with GradebookWriter(course, "01-normalizing-activations") as gradebook:  # doctest: +SKIP
    ...     gradebook.save("ada", notebook, timestamp=None)
    """

    def __init__(self, course: Course, assignment: str, patience: float = PATIENCE):
        self._course = course
        self._assignment = assignment
        self._patience = patience
        self._gradebook: Any = None

    def __enter__(self) -> GradebookWriter:
        from nbgrader.api import Gradebook

        prepare_database_tools()
        with self._told():
            address = _patient(self._course.directory.db_url, self._patience)
            self._gradebook = Gradebook(address, self._course.directory.course_id)
            known = [assignment.name for assignment in self._gradebook.assignments]
            self._end_reading()
        if self._assignment not in known:
            self.close()
            line = no_such_assignment(self._assignment, known)
            raise CourseError(f"{line} in the gradebook: run `autograder release {self._assignment}` first")
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """Give the connection back."""
        self._gradebook.close()

    def save(self, student: str, notebook: Any, timestamp: datetime | None) -> Recorded:
        """Write a graded notebook's scores, as nbgrader's own steps would, in one transaction.

        Parameters
        ----------
        student : str
        notebook : NotebookNode
            With the verdicts in its test cells.
        timestamp : datetime or None
            When it was handed in, in UTC; an older one is kept where None.

        Returns
        -------
        Recorded
        """
        with self._transaction():
            submission = self._submission(student)
            if timestamp:
                submission.timestamp = timestamp
            for row in submission.notebooks:
                if row.name == self._assignment:
                    self._fill(row, notebook)
                    self._penalize(submission, row)
                    return _recorded(row)
            raise CourseError(
                f"the gradebook has no notebook {self._assignment}: run `autograder release` again"
            )

    def clear(self, student: str) -> None:
        """Take away a submission's automatic scores, because the submission is refused."""
        with self._transaction():
            for row in self._notebooks(student):
                for grade in row.grades:
                    grade.auto_score = None
                    grade.needs_manual_grade = grade.manual_score is not None
                row.late_submission_penalty = None

    def read(self, student: str) -> Recorded | None:
        """Return what is there for a student, None where nothing is."""
        with self._told():
            found = [_recorded(row) for row in self._notebooks(student)]
            self._end_reading()
        return found[0] if found else None

    def _submission(self, student: str) -> Any:
        """Find the rows of a submission, adding what is missing.

        nbgrader's own methods would commit each step.
        """
        from nbgrader.api import Comment, Grade, Student, SubmittedAssignment, SubmittedNotebook

        db = self._gradebook.db
        assignment = self._gradebook.find_assignment(self._assignment)
        key = {"assignment_id": assignment.id, "student_id": student}
        submission = db.query(SubmittedAssignment).filter_by(**key).one_or_none()
        if submission is None:
            if not db.get(Student, student):
                db.add(Student(id=student))
            submission = SubmittedAssignment(**key)
            db.add(submission)
            db.flush()
        present = {row.notebook_id for row in submission.notebooks}
        for notebook in [notebook for notebook in assignment.notebooks if notebook.id not in present]:
            row = SubmittedNotebook(notebook_id=notebook.id, assignment_id=submission.id)
            db.add(row)
            db.flush()
            graded, commented = notebook.grade_cells, notebook.solution_cells
            db.add_all(Grade(cell_id=c.id, notebook_id=row.id) for c in [*graded, *notebook.task_cells])
            db.add_all(Comment(cell_id=c.id, notebook_id=row.id) for c in [*commented, *notebook.task_cells])
        db.flush()
        db.expire_all()
        return submission

    def _notebooks(self, student: str) -> list[Any]:
        from nbgrader.api import MissingEntry

        try:
            submission = self._gradebook.find_submission(self._assignment, student)
        except MissingEntry:
            return []
        return [row for row in submission.notebooks if row.name == self._assignment]

    def _fill(self, row: Any, notebook: Any) -> None:
        """What SaveAutoGrades does, cell by cell, but without its commits."""
        from nbgrader import utils

        grades = {grade.name: grade for grade in row.grades}
        comments = {comment.name: comment for comment in row.comments}
        for cell in notebook.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id")
            if utils.is_grade(cell) and name in grades:
                grade = grades[name]
                grade.auto_score, _ = utils.determine_grade(cell)
                grade.needs_manual_grade = grade.manual_score is not None or grade.auto_score is None
            if utils.is_solution(cell) and name in comments:
                untouched = cell.metadata.nbgrader.get("checksum") == utils.compute_checksum(cell)
                comments[name].auto_comment = "No response." if untouched else None

    def _penalize(self, submission: Any, row: Any) -> None:
        """What AssignLatePenalties does, with whichever plugin the course has configured."""
        from nbgrader.preprocessors import AssignLatePenalties

        row.late_submission_penalty = None
        if submission.total_seconds_late <= 0:
            return
        self._gradebook.db.flush()
        self._gradebook.db.refresh(row)
        penalties = AssignLatePenalties(config=self._course.config)
        penalties.init_plugin()
        penalty = penalties.plugin_inst.late_submission_penalty(
            submission.student.id, row.score, submission.total_seconds_late
        )
        if penalty is not None:
            row.late_submission_penalty = penalties._check_late_penalty(row, penalty)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._told():
            try:
                yield
                self._gradebook.db.commit()
            except BaseException:
                self._gradebook.db.rollback()
                raise

    def _end_reading(self) -> None:
        # Otherwise the connection would go on seeing the gradebook as it is now.
        self._gradebook.db.rollback()

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Turn the database's trouble into one line."""
        from nbgrader.api import InvalidEntry
        from sqlalchemy.exc import SQLAlchemyError

        try:
            yield
        except (SQLAlchemyError, InvalidEntry, ImportError) as error:
            raise CourseError(self._trouble(error)) from None

    def _trouble(self, error: Exception) -> str:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        # A password stands between colon and at sign.
        place = re.sub(r":[^:/@]*@", ":***@", self._course.directory.db_url)
        if "locked" in reason:
            waited = f"stayed locked for {self._patience:g} s"
            return f"the gradebook {place} {waited}: end what else is using it, and try again"
        return f"the gradebook {place} cannot be used: {reason}"


def _patient(address: str, seconds: float) -> Any:
    """The database's address, with SQLite told to wait for a lock."""
    from sqlalchemy.engine import make_url

    url = make_url(address)
    return url.update_query_dict({"timeout": str(seconds)}) if url.get_backend_name() == "sqlite" else url


def _recorded(row: Any) -> Recorded:
    waiting = any(grade.needs_manual_grade for grade in row.grades)
    return Recorded({grade.name: grade.auto_score for grade in row.grades}, waiting)
