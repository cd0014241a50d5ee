"""Courses and submissions for tests: released once, copied for each test that changes one."""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from autograder.course import Course, quickstart
from autograder.demo.sample_class import make_notebook, read_notebook
from autograder.exercises import of_notebook
from autograder.nbgrader_steps import release

FIRST, SECOND = "01-normalizing-activations", "02-fitting-batch-norm-into-a-network"
FULL = sum(exercise.points for exercise in of_notebook(FIRST))


@pytest.fixture(scope="session")
def released_course(tmp_path_factory):
    """A course with the first notebook released; not to be changed."""
    return make_course(tmp_path_factory.mktemp("released") / "course")


@pytest.fixture
def course(released_course, tmp_path):
    """A released course of the test's own."""
    shutil.copytree(released_course.root, tmp_path / "course")
    return Course.open(tmp_path / "course")


def make_course(folder: Path, *assignments: str) -> Course:
    """A fresh course, with these assignments released."""
    course = quickstart(folder)
    release(course, assignments or [FIRST])
    return course


def blank(course: Course, assignment: str = FIRST) -> dict:
    """The notebook as it was handed out."""
    return read_notebook(course.release(assignment))


def solved(course: Course, code: str = "", assignment: str = FIRST) -> dict:
    """A notebook with the model answers, some functions replaced."""
    text = f"# base: solutions\n{code}"
    return make_notebook(text, read_notebook(course.source(assignment)), blank(course, assignment))


def written(course: Course, code: str, assignment: str = FIRST) -> dict:
    """A notebook with these functions written and nothing else."""
    return make_notebook(
        f"# base: blank\n{code}", read_notebook(course.source(assignment)), blank(course, assignment)
    )


def cell_of(notebook: dict, grade_id: str) -> dict:
    """The cell of that grade_id."""
    cells = notebook["cells"]
    return next(cell for cell in cells if cell["metadata"].get("nbgrader", {}).get("grade_id") == grade_id)


def added(source: str, **changes) -> dict:
    """A code cell of a student's own."""
    cell = {
        "cell_type": "code",
        "id": "own",
        "metadata": {},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }
    return {**cell, **changes}


def hand_in(course: Course, student: str, notebook: dict | bytes, assignment: str = FIRST) -> Path:
    """Put a notebook where a collected submission lies."""
    folder = course.submitted(student, assignment)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{assignment}.ipynb"
    path.write_bytes(notebook if isinstance(notebook, bytes) else json.dumps(notebook).encode())
    return path


def forget_scores(course: Course) -> None:
    """Take every automatic score out of the gradebook, so that what is there later was put there later."""
    with sqlite3.connect(course.root / "gradebook.db") as database:
        database.execute("update grade set auto_score = null, needs_manual_grade = 0")
