"""The steps that nbgrader's own converters do: release, feedback, and a reader's copy of the notebooks."""

from __future__ import annotations

import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .course import CONFIG_NAME, Course, CourseError, no_such_assignment, packaged_notebooks
from .deadlines import each_in_time
from .start_page import stands_in_the_way, write_start_page
from .workspace import mark

PAGE_SECONDS = 60  # to turn one graded notebook into HTML; an honest one takes about one


def release(course: Course, assignments: Sequence[str] = ()) -> list[str]:
    """Make the students' versions, and tell the gradebook about them.

    Parameters
    ----------
    course : Course
    assignments : sequence of str
        All in source/ unless given.

    Returns
    -------
    list of str
        The released assignments.

    Raises
    ------
    CourseError
        If there is no such assignment, or one cannot be released; what was released before stays.
    """
    known = sorted(
        path.stem for path in (course.root / "source").glob("*/*.ipynb") if path.stem == path.parent.name
    )
    for assignment in assignments:
        if assignment not in known:
            raise CourseError(no_such_assignment(assignment, known))
    for assignment in assignments or known:
        with _kept(course.release(assignment).parent, course.state):
            _generate(course, assignment)
    return list(assignments or known)


def feedback(course: Course, assignment: str, seconds: float = PAGE_SECONDS) -> list[Path]:
    """Write the pages that students get back.

    Parameters
    ----------
    course : Course
    assignment : str
    seconds : float
        What one page may take.

    Returns
    -------
    list of Path
        One HTML page for each graded submission.

    Raises
    ------
    CourseError
        If nothing is graded yet, or a page could not be written; all others are.
    """
    course.require(assignment)
    folders = sorted((course.root / "autograded").glob(f"*/{assignment}"))
    students = [folder.parent.name for folder in folders if (folder / f"{assignment}.ipynb").is_file()]
    if not students:
        raise CourseError(f"nothing is graded yet: run `autograder grade {assignment}` first")
    jobs = {student: (course.root, assignment, student) for student in students}
    failures = each_in_time(_write_page, jobs, seconds)
    for student in failures:
        course.feedback(student, assignment).unlink(missing_ok=True)  # it may be half a page
    if failures:
        told = "; ".join(f"{student}: {reason}" for student, reason in failures.items())
        written = len(students) - len(failures)
        raise CourseError(f"feedback failed for {told}; the other {written} pages are written")
    return [course.feedback(student, assignment) for student in students]


def workspace(folder: Path, reveals: bool | None = None) -> list[Path]:
    """Put the students' versions of all notebooks into a reader's folder, and never over their work.

    Parameters
    ----------
    folder : Path
        Made where it is missing. Its start page is ours, and written anew each time.
    reveals : bool, optional
        Whether solutions may be shown in it; as before unless given, and yes in a new one.

    Returns
    -------
    list of Path
        The notebooks in it, those that were there before included.

    Raises
    ------
    CourseError
        If it cannot be written, or has a start.ipynb that is none of ours.
    """
    wanted = {name: folder / name / f"{name}.ipynb" for name in packaged_notebooks()}
    missing = {name: path for name, path in wanted.items() if not path.exists()}
    if stands_in_the_way(folder):
        raise CourseError(f"{folder / 'start.ipynb'} is not ours; choose another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_start_page(mark(folder, reveals))
    except OSError as error:
        raise CourseError(f"{folder} cannot be written: {error.strerror}") from None
    if missing:
        with tempfile.TemporaryDirectory() as scratch:
            course = _scratch_course(Path(scratch).resolve())
            for name, path in missing.items():
                _generate(course, name, database=False)
                _copy_beside(course.release(name).parent, path.parent)
    return list(wanted.values())


def prepare_database_tools() -> None:
    """Let nbgrader find `alembic`, which it calls by name when it first makes a gradebook."""
    scripts = os.path.dirname(sys.executable)
    path = os.environ.get("PATH", os.defpath)
    if scripts not in path.split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([scripts, path])


def _write_page(root: Path, assignment: str, student: str) -> None:
    from nbgrader.converters import GenerateFeedback

    course = Course.open(root)
    course.directory.assignment_id = assignment
    converter = GenerateFeedback(coursedir=course.directory, config=course.config)
    folder = course.autograded(student, assignment)
    _run(converter, {str(folder): [str(folder / f"{assignment}.ipynb")]}, "the page")


def _generate(course: Course, assignment: str, database: bool = True) -> None:
    from nbgrader.converters import GenerateAssignment
    from traitlets.config import Config

    prepare_database_tools()
    course.directory.assignment_id = assignment
    without = Config({"SaveCells": {"enabled": False}, "GenerateAssignment": {"no_database": True}})
    config = Config(course.config) if database else Config({**course.config, **without})
    converter = GenerateAssignment(coursedir=course.directory, config=config)
    folder = converter._format_source(assignment, ".")
    notebooks = {folder: [f"{folder}/{assignment}.ipynb"]}
    _run(converter, notebooks, f"release of {assignment}")


def _run(converter: Any, notebooks: dict[str, list[str]], what: str) -> None:
    """Run a converter over these notebooks by folder, and turn its failure into one line."""
    from nbgrader.converters.base import NbGraderException

    def name_notebooks() -> None:
        converter.assignments, converter.notebooks = notebooks, []

    # By name and not by pattern: a student or the course's folder may be called `a[1]`.
    converter.init_notebooks = name_notebooks
    converter.force = True
    with _first_error(converter.log) as first_error:
        try:
            converter.start()
        except (NbGraderException, OSError, SystemExit) as error:
            raise CourseError(f"{what} failed: {first_error() or error}") from None


@contextmanager
def _first_error(log: logging.Logger) -> Iterator[Callable[[], str]]:
    """Collect what is logged as an error: of a traceback the last line, and those before all others."""
    tracebacks: list[str] = []
    sentences: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines = record.getMessage().strip().splitlines() or [""]
            (tracebacks if len(lines) > 1 else sentences).append(lines[-1])

    handlers, propagate = log.handlers[:], log.propagate
    log.handlers, log.propagate = [Collector(logging.ERROR)], False
    try:
        yield lambda: next(iter([*tracebacks, *sentences]), "")
    finally:
        log.handlers, log.propagate = handlers, propagate


@contextmanager
def _kept(folder: Path, state: Path) -> Iterator[None]:
    """Bring a folder back as it was, if what replaces it fails."""
    if not folder.exists():
        yield
        return
    saved = state / f"before-{folder.name}"
    try:
        state.mkdir(exist_ok=True)
        shutil.rmtree(saved, ignore_errors=True)
        shutil.copytree(folder, saved)
    except OSError as error:
        raise CourseError(f"{state} cannot be written: {error.strerror}") from None
    try:
        yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(saved, folder)
        raise
    finally:
        shutil.rmtree(saved, ignore_errors=True)


def _scratch_course(root: Path) -> Course:
    for name, notebook in packaged_notebooks().items():
        shutil.copytree(
            notebook.parent, root / "source" / name, ignore=shutil.ignore_patterns(".*", "__pycache__")
        )
    (root / CONFIG_NAME).touch()
    return Course.open(root)


def _copy_beside(origin: Path, goal: Path) -> None:
    """Copy what is not there yet."""
    try:
        goal.mkdir(parents=True, exist_ok=True)
        for path in sorted(origin.rglob("*")):
            target = goal / path.relative_to(origin)
            if path.is_dir():
                target.mkdir(exist_ok=True)
            elif not target.exists():
                shutil.copyfile(path, target)
    except OSError as error:
        raise CourseError(f"{goal} cannot be written: {error.strerror}") from None
