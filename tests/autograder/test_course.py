"""Course folders: made, recognized, released, and told apart from others."""

import json
from pathlib import Path

import pytest
from sample_courses import FIRST, SECOND, make_course

from autograder.course import Course, CourseError, no_such_assignment, quickstart
from autograder.exercises import ASSIGNMENTS
from autograder.nbgrader_steps import feedback, release, workspace


def test_quickstart_makes_nbgraders_folders_with_every_assignment(tmp_path):
    course = quickstart(tmp_path / "my course ü")
    assert course.assignments == list(ASSIGNMENTS)
    assert {path.name for path in course.root.iterdir()} == {
        *("source", "release", "submitted", "autograded", "feedback", "nbgrader_config.py")
    }


def test_quickstart_leaves_a_folder_in_use_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(CourseError, match="is not empty"):
        quickstart(tmp_path)
    with pytest.raises(CourseError, match="is a file"):
        quickstart(tmp_path / "notes.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_quickstart_says_that_it_may_not_write():
    with pytest.raises(CourseError, match="cannot be written"):
        quickstart(Path("/proc/course"))


def test_other_folders_are_no_courses(tmp_path):
    with pytest.raises(CourseError, match="is not a course folder"):
        Course.open(tmp_path)
    with pytest.raises(CourseError, match="there is no folder"):
        Course.open(tmp_path / "nowhere")


def test_a_broken_config_is_told_in_one_line(tmp_path):
    course = quickstart(tmp_path / "c")
    (course.root / "nbgrader_config.py").write_text("c = get_config()\nc.X = 1 / 0\n")
    with pytest.raises(CourseError, match=r"nbgrader_config\.py cannot be used: ZeroDivisionError"):
        _ = course.config


def test_the_near_names_are_told():
    known = [FIRST, SECOND]
    assert FIRST in no_such_assignment("01-normalising-activations", known)
    assert SECOND in no_such_assignment("02", known)
    assert "there are none" in no_such_assignment("02", [])


def test_a_release_has_blanks_and_is_known_to_the_gradebook(released_course):
    text = released_course.release(FIRST).read_text()
    assert "BEGIN SOLUTION" not in text
    assert "NotImplementedError" in text
    assert (released_course.root / "gradebook.db").is_file()


def test_releasing_again_takes_what_was_changed(course):
    path = course.source(FIRST)
    path.write_text(path.read_text().replace("import numpy as np", "import numpy as np  # new", 1))
    assert release(course, [FIRST]) == [FIRST]
    assert "# new" in course.release(FIRST).read_text()


def test_a_failed_release_keeps_the_old_one(course):
    before = course.release(FIRST).read_text()
    notebook = json.loads(course.source(FIRST).read_text())
    notebook["cells"].append(notebook["cells"][1])
    course.source(FIRST).write_text(json.dumps(notebook))
    with pytest.raises(CourseError, match=r"release of 01-normalizing-activations failed: .*setup"):
        release(course, [FIRST])
    assert course.release(FIRST).read_text() == before


def test_an_unknown_assignment_is_not_released(course):
    with pytest.raises(CourseError, match="did you mean 01-normalizing-activations"):
        release(course, ["01-normalizing"])


def test_feedback_wants_something_graded(course):
    with pytest.raises(CourseError, match="nothing is graded yet"):
        feedback(course, FIRST)


def test_a_workspace_never_loses_work(tmp_path):
    notebooks = workspace(tmp_path / "mine")
    assert [path.stem for path in notebooks][:2] == [FIRST, SECOND]
    assert "BEGIN SOLUTION" not in notebooks[0].read_text()
    notebooks[0].write_text("my work")
    notebooks[1].unlink()
    (tmp_path / "mine" / "progress.json").write_text("my progress, damaged")
    assert workspace(tmp_path / "mine") == notebooks
    assert notebooks[0].read_text() == "my work"
    assert notebooks[1].is_file()
    assert (tmp_path / "mine" / "progress.json").read_text() == "my progress, damaged"


def test_a_workspace_has_a_start_page_that_is_written_anew(tmp_path):
    workspace(tmp_path / "mine", reveals=False)
    page = tmp_path / "mine" / "start.ipynb"
    assert f"{SECOND}/{SECOND}.ipynb" in page.read_text()
    page.write_text("an old one")
    workspace(tmp_path / "mine")
    assert "an old one" not in page.read_text()
    assert "reveal" not in page.read_text()  # what was chosen once stays chosen


def test_a_start_page_that_is_not_ours_is_left_alone(tmp_path):
    folder = tmp_path / "mine"
    workspace(folder)
    page = folder / "start.ipynb"
    (folder / ".workbook.json").unlink()
    workspace(folder)  # ours, though the folder is no workspace any more
    (folder / ".workbook.json").unlink()
    for foreign in ("{}", "not JSON", '{"cells": [{"id": "welcome"}]}', '{"cells": [1]}'):
        page.write_text(foreign)
        with pytest.raises(CourseError, match=r"start\.ipynb is not ours; choose another folder"):
            workspace(folder)
        assert page.read_text() == foreign
    assert not (folder / ".workbook.json").exists()


def test_a_workspace_that_cannot_be_made_is_told_in_one_line(tmp_path):
    (tmp_path / "mine").write_text("a file")
    with pytest.raises(CourseError, match="mine cannot be written"):
        workspace(tmp_path / "mine")


def test_paths_may_hold_spaces_percent_signs_and_unicode(tmp_path):
    course = make_course(tmp_path / "kurs 100% für's [1] {x} 学")
    assert course.release(FIRST).is_file()
    assert (course.root / "gradebook.db").is_file()
