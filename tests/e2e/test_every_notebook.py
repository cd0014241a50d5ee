"""The whole course as an instructor has it: every model answer earns full marks, every blank none."""

import pytest
from sample_courses import blank, hand_in, make_course, solved

from autograder import exercises
from autograder.batch import Cluster
from autograder.grading import Options, grade_assignment
from autograder.nbgrader_steps import feedback

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def whole_course(tmp_path_factory):
    """A course with everything released, and two students who handed in everything."""
    course = make_course(tmp_path_factory.mktemp("whole") / "course", *exercises.ASSIGNMENTS)
    for assignment in exercises.ASSIGNMENTS:
        hand_in(course, "ada", solved(course, assignment=assignment), assignment)
        hand_in(course, "ben", blank(course, assignment), assignment)
    return course


@pytest.mark.parametrize("assignment", exercises.ASSIGNMENTS)
def test_model_answers_earn_full_marks_and_blanks_none(whole_course, assignment):
    lines = {
        line.student: line for line in grade_assignment(whole_course, assignment, Options(cluster=Cluster(2)))
    }
    full = sum(exercise.points for exercise in exercises.of_notebook(assignment))
    assert full > 0
    assert (lines["ada"].status, lines["ada"].points, lines["ada"].max_points) == ("graded", full, full)
    assert (lines["ben"].status, lines["ben"].points, lines["ben"].max_points) == ("graded", 0, full)
    assert list(lines["ada"].flags) == list(lines["ben"].flags) == []
    assert len(feedback(whole_course, assignment)) == 2
