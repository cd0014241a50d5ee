"""The sample class gets the marks that it deserves, from us and from nbgrader's own command."""

import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from click.testing import CliRunner
from nbgrader.api import Gradebook
from sample_courses import FIRST, SECOND, forget_scores

from autograder.cli import main
from autograder.course import Course
from autograder.demo.sample_class import CUT_OFF, STUDENTS
from autograder.records import read_record

pytestmark = pytest.mark.slow

# Marks in 01 and 02, what is diagnosed, what is flagged.
EXPECTED = {
    "ada": (15, 21, set(), set()),
    "ben": (15, 21, set(), set()),
    "chloe": (15, 21, set(), set()),
    "lena": (15, 21, set(), set()),
    "dev": (4, 2, set(), set()),
    "kofi": (0, 0, set(), set()),
    "elif": (7, 21, {"unbiased-variance"}, set()),
    "finn": (8, 21, {"lost-dimension"}, set()),
    "grace": (7, 21, {"eps-outside-sqrt"}, set()),
    "jun": (14.05, 21, {"variance-by-difference-of-squares"}, set()),
    "hugo": (15, 14, {"statistics-treated-as-constants"}, set()),
    "ines": (15, 19, {"updates-in-place"}, set()),
    "milo": (2, 0, set(), {"limit-exceeded"}),
    "nora": (0, 0, set(), set()),
    "omar": (0, 0, set(), set()),
    "pia": (0, 0, set(), {"borrowed-reference", "looks-for-grader"}),
    "quinn": (0, 0, set(), {"borrowed-reference"}),
    "rosa": (None, None, set(), set()),
}
HOSTILE = ("milo", "nora", "omar", "pia", "quinn", "rosa")


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The demo's course, and what it printed."""
    folder = tmp_path_factory.mktemp("demo") / "the demo"
    result = CliRunner().invoke(main, ["demo", str(folder)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return Course.open(folder), result.output


def marks(course):
    """Marks by student and assignment, as nbgrader's own API reads them."""
    with Gradebook(course.directory.db_url) as book:
        return {
            (submission.student.id, assignment): submission.score
            for assignment in (FIRST, SECOND)
            for submission in book.assignment_submissions(assignment)
        }


@pytest.mark.parametrize("student", EXPECTED)
def test_a_sample_student_gets_what_they_deserve(demo, student):
    course, _ = demo
    *points, mistakes, flags = EXPECTED[student]
    found = marks(course)
    assert [found.get((student, assignment)) for assignment in (FIRST, SECOND)] == points
    on_file = [read_record(course, student, assignment) for assignment in (FIRST, SECOND)]
    assert {v.misconception for record in on_file for v in record.verdicts if v.misconception} == mistakes
    assert {flag for record in on_file for flag in record.line.flags} == flags


def test_the_sample_class_is_the_files_and_one_more():
    assert {path.stem for path in STUDENTS.glob("*.py")} | {CUT_OFF} == set(EXPECTED)


def test_the_demo_tells_everybody_and_where_things_are(demo):
    course, output = demo
    for student in EXPECTED:
        assert student in output
    assert str(course.root / "gradebook.db") in output
    assert "34 pages" in output
    page = course.feedback("elif", FIRST).read_text()
    assert "unbiased-variance" in page


def test_nbgrader_s_own_command_gives_honest_students_the_same(demo, tmp_path):
    course, _ = demo
    program = Path(sys.executable).with_name("nbgrader")
    theirs = {}
    with ExitStack() as running:
        # A folder of its own for each, so that both run at the same time.
        for assignment in (FIRST, SECOND):
            copy = shutil.copytree(course.root, tmp_path / assignment)
            forget_scores(Course.open(copy))
            for student in HOSTILE:
                shutil.rmtree(copy / "submitted" / student)
            command = [program, "autograde", assignment, "--force"]
            options = {"cwd": copy, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            theirs[assignment] = copy, running.enter_context(subprocess.Popen(command, **options))
    assert [process.returncode for _, process in theirs.values()] == [0, 0]
    ours = marks(course)
    honest = [key for key in ours if key[0] not in HOSTILE]
    assert len(honest) == 24
    for student, assignment in honest:
        copy = Course.open(theirs[assignment][0])
        assert marks(copy)[student, assignment] == ours[student, assignment]


def test_the_demo_leaves_other_folders_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("work")
    result = CliRunner().invoke(main, ["demo", str(tmp_path)])
    assert result.exit_code == 1
    assert "left alone" in result.stderr
    assert (tmp_path / "mine.txt").read_text() == "work"
