"""nbgrader's own commands, API and exports in a course folder, next to `autograder grade`."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from sample_courses import FIRST, FULL, blank, cell_of, forget_scores, hand_in, solved, written

from autograder.batch import Cluster
from autograder.grading import Options, grade_assignment
from autograder.limits import Limits

pytestmark = pytest.mark.slow
MEAN = "def batch_mean(Z):\n    return Z.mean(axis=1, keepdims=True)\n"
PARTIAL = "def batch_variance(Z, mu):\n    return (Z**2).mean(axis=1, keepdims=True) - mu**2\n"


def nbgrader(course, *arguments):
    program = Path(sys.executable).with_name("nbgrader")
    environment = {**os.environ, "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        [program, *map(str, arguments)],
        cwd=course.root,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.returncode, done.stdout + done.stderr


def cells(course):
    """Every automatic score in the gradebook."""
    with Gradebook(course.directory.db_url) as book:
        return {
            (submission.student.id, grade.name): (grade.auto_score, grade.needs_manual_grade)
            for submission in book.assignment_submissions(FIRST)
            for notebook in submission.notebooks
            for grade in notebook.grades
        }


def grade(course, **options):
    options = Options(Cluster(2), Limits(call_seconds=2, submission_seconds=10), **options)
    return {line.student: line for line in grade_assignment(course, FIRST, options)}


@pytest.fixture
def class_of_three(course):
    """Full marks with an answer, partial marks, and a blank."""
    full = solved(course)
    cell_of(full, "manual_what_normalizing_keeps")["source"] = "An answer."
    hand_in(course, "ada", full)
    hand_in(course, "ben", written(course, MEAN + PARTIAL))
    hand_in(course, "cy", blank(course))
    return course


def test_nbgrader_autograde_gives_the_same_marks(class_of_three):
    course = class_of_three
    grade(course)
    ours = cells(course)
    assert ours["ben", "test_batch_variance"][0] not in (0, 2)
    forget_scores(course)
    code, told = nbgrader(course, "autograde", FIRST, "--force")
    assert code == 0, told
    assert cells(course) == ours


def test_after_nbgrader_nothing_is_graded_again(class_of_three):
    course = class_of_three
    code, told = nbgrader(course, "autograde", FIRST)
    assert code == 0, told
    theirs = cells(course)
    records = {path.name: path.read_text() for path in course.state.glob("verdicts/*/*.json")}
    lines = list(grade_assignment(course, FIRST))
    assert {line.student: line.points for line in lines}["ada"] == FULL
    assert {path.name: path.read_text() for path in course.state.glob("verdicts/*/*.json")} == records
    assert cells(course) == theirs


def test_one_bad_submission_costs_nobody_else_in_nbgrader(class_of_three):
    course = class_of_three
    notebook = solved(course)
    notebook["cells"].append(json.loads(json.dumps(cell_of(notebook, "batch_mean"))))
    cell_of(notebook, "test_batch_mean")["metadata"]["nbgrader"]["schema_version"] = 99
    hand_in(course, "a-duplicate", notebook)
    hand_in(course, "a-truncated", json.dumps(notebook).encode()[:1000])
    pipe = hand_in(course, "a-pipe", b"")
    pipe.unlink()
    os.mkfifo(pipe)
    (course.submitted("ada", FIRST) / "secret.txt").symlink_to("/etc/passwd")
    (course.submitted("ada", FIRST) / ".secret").symlink_to("/dev/zero")
    code, told = nbgrader(course, "autograde", FIRST)
    assert code == 1
    assert "refused: the file is not JSON" in told
    with Gradebook(course.directory.db_url) as book:
        scores = {
            submission.student.id: submission.score for submission in book.assignment_submissions(FIRST)
        }
    assert scores["a-duplicate"] == scores["ada"] == FULL
    assert scores["a-truncated"] == scores["a-pipe"] == scores["cy"] == 0
    assert [path.name for path in course.autograded("ada", FIRST).iterdir()] == [f"{FIRST}.ipynb"]
    assert not course.autograded("a-truncated", FIRST).exists()


def test_no_name_and_no_timestamp_stops_nbgrader(class_of_three, tmp_path):
    course = class_of_three
    secret = tmp_path / "secret"
    secret.write_text("a secret of the instructor's")
    for student in ("a-garbage", "a-link", "a-pipe", "a\nb", "<img src=x>"):
        hand_in(course, student, written(course, MEAN))
    (course.submitted("a-garbage", FIRST) / "timestamp.txt").write_text("tomorrow")
    (course.submitted("a-link", FIRST) / "timestamp.txt").symlink_to(secret)
    os.mkfifo(course.submitted("a-pipe", FIRST) / "timestamp.txt")
    (course.submitted("ada", FIRST) / "timestamp.txt").write_text("2030-01-02 12:00:00 UTC")
    for _ in range(2):  # nbgrader looks at another place for what it has graded before
        code, told = nbgrader(course, "autograde", FIRST)
        assert code == 0, told
        assert "secret" not in told
        assert "refused: 'a\\nb'" in told
        assert "refused: '<img src=x>'" in told
    with Gradebook(course.directory.db_url) as book:
        found = {entry.student.id: entry for entry in book.assignment_submissions(FIRST)}
        assert {name: entry.score for name, entry in found.items()} == {
            **{"ada": FULL, "ben": found["ben"].score, "cy": 0},
            **{"a-garbage": 1, "a-link": 1, "a-pipe": 1},
        }
        assert str(found["ada"].timestamp) == "2030-01-02 12:00:00"
        assert found["a-garbage"].timestamp is None
        assert "<img src=x>" not in {student.id for student in book.students}


def test_the_formgraders_button_gives_the_same_marks(class_of_three):
    from nbgrader.apps import NbGraderAPI

    course = class_of_three
    api = NbGraderAPI(coursedir=course.directory, config=course.config)
    result = api.autograde(FIRST, "ben")
    assert result["success"], result
    theirs = cells(course)
    assert grade(course, force=True)["ben"].status == "graded"
    ours = cells(course)
    assert {key: ours[key] for key in theirs} == theirs
    forget_scores(course)
    assert api.autograde(FIRST, "ben")["success"]
    assert {key: cells(course)[key] for key in theirs} == theirs


def test_feedback_and_export_work_after_grading(class_of_three):
    course = class_of_three
    grade(course)
    code, told = nbgrader(course, "generate_feedback", FIRST)
    assert code == 0, told
    page = course.feedback("ben", FIRST).read_text()
    assert "consistent with" in page
    assert "variance-by-difference-of-squares" in page
    code, told = nbgrader(course, "export")
    assert code == 0, told
    with open(course.root / "grades.csv") as table:
        assert {row["student_id"]: row["score"] for row in csv.DictReader(table)}["ada"] == str(float(FULL))


def test_a_manual_mark_survives_a_forced_regrade_by_either(class_of_three):
    course = class_of_three
    grade(course)
    with Gradebook(course.directory.db_url) as book:
        found = book.find_grade("manual_what_normalizing_keeps", FIRST, FIRST, "ada")
        found.manual_score, found.extra_credit, found.needs_manual_grade = 1.5, 0.25, False
        book.db.commit()
    grade(course, force=True)
    nbgrader(course, "autograde", FIRST, "--force", "--student", "ada")
    with Gradebook(course.directory.db_url) as book:
        assert book.find_submission(FIRST, "ada").score == FULL + 1.75


@pytest.mark.parametrize(("make", "told"), [(solved, "Success!"), (blank, "VALIDATION FAILED ON 8 CELL(S)")])
def test_validate_tells_students_what_grading_will_say(course, tmp_path, make, told):
    notebook = make(course)
    cell_of(notebook, "manual_what_normalizing_keeps")["source"] = "An answer."
    # Demo cells draw for seconds, and validating says nothing about them.
    notebook["cells"] = [cell for cell in notebook["cells"] if "demo" not in cell["metadata"].get("tags", ())]
    path = tmp_path / f"{FIRST}.ipynb"
    path.write_text(json.dumps(notebook))
    _, output = nbgrader(course, "validate", path)
    assert told in output
