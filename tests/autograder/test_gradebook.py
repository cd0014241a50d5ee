"""What is written into nbgrader's database, read back through nbgrader's own API."""

import sqlite3
import time
from datetime import datetime

import nbformat
import pytest
from nbgrader.api import Gradebook
from sample_courses import FIRST, FULL

from autograder.course import Course, CourseError
from autograder.exercises import of_notebook
from autograder.gradebook import GradebookWriter
from autograder.placement import place, release_cells
from autograder.records import release_notebook


@pytest.fixture
def notebook(course):
    """A release in whose test cells full marks stand."""
    return scored(course, 1.0)


def scored(course, share):
    notebook = release_notebook(course, FIRST)
    for cell in notebook.cells:
        graded = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "code" and graded.get("grade"):
            data = {"text/plain": str(share * graded.points)}
            cell.outputs = [nbformat.v4.new_output("execute_result", data)]
    return notebook


def answered(notebook):
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id", "").startswith("manual_"):
            cell.source = "An answer."
    return notebook


def gradebook(course):
    return Gradebook(course.directory.db_url)


def grades(course, student="ada"):
    with gradebook(course) as book:
        found = book.find_submission_notebook(FIRST, FIRST, student).grades
        return {grade.name: (grade.auto_score, grade.manual_score, grade.extra_credit) for grade in found}


def test_scores_are_what_nbgrader_reads(course, notebook):
    with GradebookWriter(course, FIRST) as writer:
        recorded = writer.save("ada", notebook, None)
    assert not recorded.needs_manual
    with gradebook(course) as book:
        submission = book.find_submission(FIRST, "ada")
        assert (submission.score, submission.max_score) == (FULL, FULL + 2)
        assert not submission.needs_manual_grade


def test_partial_credit_is_kept(course):
    with GradebookWriter(course, FIRST) as writer:
        writer.save("ada", scored(course, 0.25), None)
    assert grades(course)["test_batchnorm_forward"][0] == 1.0


def test_an_answer_waits_for_a_person_and_none_is_told_as_such(course, notebook):
    with GradebookWriter(course, FIRST) as writer:
        assert writer.save("ada", answered(notebook), None).needs_manual
        writer.save("ben", release_notebook(course, FIRST), None)
    with gradebook(course) as book:
        comment = "manual_what_normalizing_keeps", FIRST, FIRST
        assert book.find_comment(*comment, "ada").auto_comment is None
        assert book.find_comment(*comment, "ben").auto_comment == "No response."


def test_what_a_person_gave_is_never_touched(course, notebook):
    with GradebookWriter(course, FIRST) as writer:
        writer.save("ada", answered(notebook), None)
        with gradebook(course) as book:
            for name, manual, extra in (
                ("manual_what_normalizing_keeps", 1.5, 0.5),
                ("test_normalize", 1.0, None),
            ):
                grade = book.find_grade(name, FIRST, FIRST, "ada")
                grade.manual_score, grade.extra_credit, grade.needs_manual_grade = manual, extra, False
            book.find_comment("batch_mean", FIRST, FIRST, "ada").manual_comment = "Well done."
            book.db.commit()
        assert writer.save("ada", scored(course, 0), None).needs_manual
        writer.clear("ada")
    assert grades(course)["manual_what_normalizing_keeps"] == (None, 1.5, 0.5)
    assert grades(course)["test_normalize"] == (None, 1.0, None)
    with gradebook(course) as book:
        assert book.find_comment("batch_mean", FIRST, FIRST, "ada").manual_comment == "Well done."


def test_a_refused_submission_leaves_no_automatic_score(course, notebook):
    with GradebookWriter(course, FIRST) as writer:
        writer.save("ada", notebook, None)
        writer.clear("ada")
        writer.clear("nobody")
    assert {auto for auto, _, _ in grades(course).values()} == {None}


def test_saving_twice_is_saving_once(course, notebook):
    with GradebookWriter(course, FIRST) as writer:
        assert writer.save("ada", notebook, None) == writer.save("ada", notebook, None)
    with gradebook(course) as book:
        assert len(book.assignment_submissions(FIRST)) == 1
        assert len(book.find_submission_notebook(FIRST, FIRST, "ada").grades) == len(of_notebook(FIRST)) + 1


def test_a_failure_in_the_middle_leaves_nothing(course, notebook):
    last = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.outputs][-1]
    last.outputs[0].data["text/plain"] = "99"  # nbgrader refuses more than the cell is worth
    with GradebookWriter(course, FIRST) as writer:
        with pytest.raises(ValueError, match="greater than maximum"):
            writer.save("ada", notebook, None)
        assert writer.read("ada") is None


def test_late_work_is_penalized_as_the_course_has_configured(course, notebook):
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text() + '\nc.LateSubmissionPlugin.penalty_method = "zero"\n')
    course = Course.open(course.root)
    with gradebook(course) as book:
        book.update_or_create_assignment(FIRST, duedate="2030-01-01 12:00:00 UTC")
    with GradebookWriter(course, FIRST) as writer:
        writer.save("late", notebook, datetime(2030, 1, 2))
        writer.save("early", notebook, datetime(2029, 12, 31))
        writer.save("unknown", notebook, None)
    with gradebook(course) as book:
        found = {
            s.student.id: (s.timestamp, s.late_submission_penalty) for s in book.assignment_submissions(FIRST)
        }
    assert found == {
        "late": (datetime(2030, 1, 2), FULL),
        "early": (datetime(2029, 12, 31), 0),
        "unknown": (None, 0),
    }


def test_an_assignment_that_was_never_released_is_told(course):
    with pytest.raises(CourseError, match="autograder release"), GradebookWriter(course, "07-nothing"):
        pass


def test_a_locked_gradebook_is_waited_for(course, notebook):
    with GradebookWriter(course, FIRST, patience=20) as writer:
        other = sqlite3.connect(course.root / "gradebook.db", check_same_thread=False)
        other.execute("begin exclusive")
        from threading import Timer

        Timer(0.5, other.rollback).start()
        start = time.monotonic()
        writer.save("ada", notebook, None)
        assert time.monotonic() - start >= 0.4
        other.close()


def test_a_gradebook_that_stays_locked_is_told_in_one_line(course, notebook):
    with GradebookWriter(course, FIRST, patience=0.2) as writer:
        other = sqlite3.connect(course.root / "gradebook.db")
        other.execute("begin exclusive")
        with pytest.raises(CourseError, match=r"stayed locked for 0\.2 s"):
            writer.save("ada", notebook, None)
        other.close()
        writer.save("ada", notebook, None)


def test_something_else_than_a_gradebook_is_told(course):
    (course.root / "gradebook.db").write_text("not a database, " * 100)
    with (
        pytest.raises(CourseError, match="cannot be used: file is not a database"),
        GradebookWriter(course, FIRST),
    ):
        pass


def test_every_cell_of_the_release_has_a_place(course):
    release = release_notebook(course, FIRST)
    placement = place([dict(cell) for cell in release.cells], release_cells(release))
    assert placement.notes == placement.flags == ()
