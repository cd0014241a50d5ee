"""A whole course graded: resumed, forced, killed, locked, with everything odd that may lie in submitted/."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from nbgrader.api import Gradebook
from sample_courses import FIRST, FULL, added, blank, cell_of, hand_in, solved, written

from autograder import records
from autograder.batch import Cluster
from autograder.course import Course, CourseError
from autograder.grading import Options, grade_assignment
from autograder.limits import Limits
from autograder.nbgrader_steps import feedback, release

pytestmark = pytest.mark.slow
QUICK = Limits(call_seconds=1, submission_seconds=10)
MEAN = "def batch_mean(Z):\n    return Z.mean(axis=1, keepdims=True)\n"


def grade(course, **options):
    lines = grade_assignment(course, FIRST, Options(cluster=Cluster(2), limits=QUICK, **options))
    return {line.student: line for line in lines}


def gradebook_scores(course):
    with Gradebook(course.directory.db_url) as book:
        return {submission.student.id: submission.score for submission in book.assignment_submissions(FIRST)}


def seed(course, student):
    return records.read_record(course, student, FIRST).seed


def test_each_submission_has_its_line_grade_notebook_and_record(course):
    hand_in(course, "ada", solved(course))
    hand_in(course, "Zoë [1] {x}", written(course, MEAN))
    hand_in(course, "cut", json.dumps(blank(course)).encode()[:5000])
    (course.root / "submitted" / "elsewhere").symlink_to("/etc")
    (course.root / "submitted" / "empty").mkdir()
    (course.root / "submitted" / ".hidden").mkdir()
    (course.root / "submitted" / "grades.csv").touch()
    (course.root / "submitted" / "other" / "02-fitting-batch-norm-into-a-network").mkdir(parents=True)
    os.mkfifo(hand_in(course, "pipe", b"").with_suffix(".x"))
    lines = grade(course)
    assert {student: line.status for student, line in lines.items()} == {
        "ada": "graded",
        "Zoë [1] {x}": "graded",
        "cut": "refused",
        "elsewhere": "refused",
        "empty": "refused",
        "pipe": "refused",
    }
    assert gradebook_scores(course) == {"ada": FULL, "Zoë [1] {x}": 1}
    assert lines["ada"].needs_manual is False
    notebook = json.loads((course.autograded("ada", FIRST) / f"{FIRST}.ipynb").read_text())
    test = next(cell for cell in notebook["cells"] if cell.get("id") == "test_batchnorm_forward")
    assert test["outputs"][1]["data"]["text/plain"] == ["4"]
    assert "all checks passed" in "".join(test["outputs"][0]["data"]["text/html"])
    pages = feedback(course, FIRST)
    assert sorted(page.parents[1].name for page in pages) == ["Zoë [1] {x}", "ada"]


def test_only_what_changed_is_graded_again(course):
    hand_in(course, "ada", solved(course))
    hand_in(course, "ben", blank(course))
    first = grade(course)
    seeds = {student: seed(course, student) for student in first}
    hand_in(course, "ben", written(course, MEAN))
    second = grade(course)
    assert second["ada"] == first["ada"]
    assert second["ben"].points == 1
    assert seed(course, "ada") == seeds["ada"]
    assert seed(course, "ben") != seeds["ben"]
    grade(course, force=True)
    assert seed(course, "ada") != seeds["ada"]


@pytest.mark.parametrize("lost", ["gradebook", "notebook", "record"])
def test_what_was_lost_is_made_again(course, lost):
    hand_in(course, "ada", solved(course))
    first = grade(course)["ada"]
    if lost == "gradebook":
        with Gradebook(course.directory.db_url) as book:
            book.find_grade("test_normalize", FIRST, FIRST, "ada").auto_score = None
            book.db.commit()
    elif lost == "notebook":
        (course.autograded("ada", FIRST) / f"{FIRST}.ipynb").unlink()
    else:
        records.record_path(course, "ada", FIRST).write_text("{")
    again = grade(course)["ada"]
    assert (again.points, again.status) == (first.points, "graded")
    assert gradebook_scores(course) == {"ada": FULL}
    assert (course.autograded("ada", FIRST) / f"{FIRST}.ipynb").is_file()
    assert seed(course, "ada")


def test_a_submission_that_became_unusable_loses_its_score(course):
    path = hand_in(course, "ada", solved(course))
    grade(course)
    path.write_bytes(b"{")
    assert grade(course)["ada"].points is None
    assert gradebook_scores(course) == {"ada": 0}
    assert not course.autograded("ada", FIRST).exists()


def test_a_grader_that_is_killed_at_any_moment_leaves_nothing_that_the_next_cannot_mend(course):
    for student in "abcdefgh":
        hand_in(course, student, solved(course))
    code = "from autograder.cli import main; main()"
    command = [sys.executable, "-c", code, "grade", FIRST, "--course", str(course.root), "--workers", "1"]
    for begun in (1, 2, 4, 6):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while len(list((course.root / "autograded").glob("*/*"))) < begun:
            assert process.poll() is None
            time.sleep(0.002)
        time.sleep(0.005 * begun)  # before, within or after the transaction
        process.kill()
        assert process.wait() == -signal.SIGKILL
    lines = grade(course)
    assert {line.points for line in lines.values()} == {FULL}
    assert gradebook_scores(course) == dict.fromkeys("abcdefgh", FULL)
    assert not list(course.state.glob("building-*"))


def test_the_second_grader_is_told_who_grades(course):
    hand_in(course, "ada", blank(course))
    code = f"""
import sys, time
from pathlib import Path
from autograder import records
from autograder.course import Course
with records.lock(Course.open(Path({str(course.root)!r}))):
    print("locked", flush=True)
    time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "locked\n"
        with pytest.raises(
            CourseError, match=f"somebody is grading this course already .*process {holder.pid}"
        ):
            grade(course)
        holder.kill()
    assert grade(course)["ada"].status == "graded"


def test_a_gradebook_that_stays_locked_fails_everyone_at_once_and_loses_nothing(course):
    import sqlite3

    for student in "abc":
        hand_in(course, student, blank(course))
    lines = grade_assignment(course, FIRST, Options(cluster=Cluster(1), limits=QUICK, patience=0.2))
    other = sqlite3.connect(course.root / "gradebook.db")
    first = next(lines)
    assert first.status == "graded"
    other.execute("begin exclusive")
    assert {line.status for line in lines} == {"failed"}
    other.close()
    assert {line.status for line in grade(course).values()} == {"graded"}


def test_notebooks_released_anew_are_graded_anew(course):
    hand_in(course, "ada", solved(course))
    assert grade(course)["ada"].max_points == FULL
    path = course.source(FIRST)
    path.write_text(path.read_text().replace('"points": 4', '"points": 8'))
    release(course, [FIRST])
    line = grade(course)["ada"]
    assert (line.points, line.max_points) == (FULL + 4, FULL + 4)
    assert gradebook_scores(course) == {"ada": FULL + 4}


def test_a_course_that_is_not_released_or_not_readable_is_told(course):
    course.release(FIRST).write_text("{")
    with pytest.raises(CourseError, match=r"cannot be read .* run `autograder release"):
        grade(course)
    course.release(FIRST).unlink()
    with pytest.raises(CourseError, match="is not released yet"):
        grade(course)


def test_a_test_cell_that_the_grader_knows_no_exercise_for_gives_nothing(course):
    path = course.source(FIRST)
    path.write_text(path.read_text().replace("test_batch_mean", "test_of_my_own"))
    release(course, [FIRST])
    hand_in(course, "ada", solved(course))
    assert grade(course)["ada"].points == FULL - 1
    with pytest.raises(CourseError, match="among the workbook's notebooks"):
        list(grade_assignment(course, "01-of-my-own"))


def test_written_answers_and_outputs_reach_feedback_harmlessly(course):
    notebook = solved(course)
    answer = next(cell for cell in notebook["cells"] if cell.get("id", "").startswith("manual_"))
    answer["source"] = "<script>alert('words')</script> ![x](attachment:gone.png) and $a<b$"
    png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    data = {"text/html": "<script>alert('output')</script>", "image/png": png}
    hostile = added(
        "raise ValueError('<script>alert(0)</script> $\\\\href{javascript:alert(3)}{x}$')",
        outputs=[{"output_type": "display_data", "data": data, "metadata": {}}],
    )
    notebook["cells"].append(hostile)
    cell_of(notebook, "batch_mean")["source"] = "def batch_mean(Z): raise ValueError(r'$\\href{x}{y}$ <b>')"
    hand_in(course, "ada", notebook)
    line = grade(course)["ada"]
    assert line.needs_manual
    (page,) = feedback(course, FIRST)
    html = page.read_text()
    assert "<script>alert" not in html
    assert "attachments are not kept" in html
    assert "a&lt; b" in html
    assert png in html
    # MathJax leaves what a verdict tells alone, and the message is text.
    verdict = html.partition("<b>batch_mean</b>")
    assert (
        verdict[0].rstrip().rpartition("<div")[0].rstrip().endswith('class="tex2jax_ignore mathjax_ignore">')
    )
    assert "href{x}{y}$ &lt;b&gt;" in verdict[2]


def test_a_page_that_takes_too_long_costs_nobody_else_theirs(course):
    for student in ("ada", "hang", "zoe"):
        hand_in(course, student, blank(course))
    grade(course)
    feedback(course, FIRST)
    path = course.autograded("hang", FIRST) / f"{FIRST}.ipynb"
    notebook = json.loads(path.read_text())
    notebook["cells"][0]["source"] = "a" + " " * 1_000_000 + "b"
    path.chmod(0o644)
    path.write_text(json.dumps(notebook))
    course.feedback("zoe", FIRST).unlink()
    with pytest.raises(CourseError, match=r"hang: it took longer than 20 s; the other 2 pages are written"):
        feedback(course, FIRST, seconds=20)
    assert not course.feedback("hang", FIRST).exists()
    assert "batch_mean" in course.feedback("zoe", FIRST).read_text()


def test_what_would_take_hours_to_show_is_shown_shortened(course):
    notebook = solved(course)
    cell_of(notebook, "manual_what_normalizing_keeps")["source"] = "a" + " " * 200_000 + "b"
    notebook["cells"].append(added("x = 1" + ("\n" + " " * 10) * 60_000 + "\n" + "a." * 50_000 + "b"))
    hand_in(course, "ada", notebook)
    assert grade(course)["ada"].points == FULL
    assert feedback(course, FIRST) == [course.feedback("ada", FIRST)]


def test_late_work_and_files_beside_the_source_follow_nbgraders_rules(course):
    (course.source(FIRST).parent / "data.txt").write_text("given")
    path = hand_in(course, "ada", solved(course))
    (path.parent / "timestamp.txt").write_text("2030-01-02 12:00:00 UTC")
    (path.parent / "numpy.py").write_text("raise SystemExit")
    (path.parent / "secret").symlink_to("/etc/passwd")
    assert grade(course)["ada"].points == FULL
    graded = course.autograded("ada", FIRST)
    assert sorted(entry.name for entry in graded.iterdir()) == [f"{FIRST}.ipynb", "data.txt", "timestamp.txt"]
    with Gradebook(course.directory.db_url) as book:
        assert str(book.find_submission(FIRST, "ada").timestamp) == "2030-01-02 12:00:00"


def test_a_course_of_someone_who_may_not_write_is_told(course, tmp_path):
    blocked = Course(course.root)
    (course.root / ".autograder").write_text("a file where the folder should be")
    with pytest.raises(CourseError, match="cannot be written"):
        grade(blocked)
