"""A sample class, graded from beginning to end in a course folder of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from ..course import Course, CourseError, quickstart
from ..grading import Options, grade_assignment
from ..limits import Limits
from ..nbgrader_steps import feedback, release
from ..records import Line, read_record
from .sample_class import ASSIGNMENTS, hand_in

MARK = ".autograder-demo"  # says that a folder was made here, and may be made anew
# A sample student who never stops should not keep the audience waiting.
LIMITS = Limits(call_seconds=3, submission_seconds=20)


def run(folder: Path) -> list[Line]:
    """Make a course, hand in for the sample class, grade, write feedback, and show what came of it.

    Parameters
    ----------
    folder : Path
        Made anew if it is an earlier demo.

    Returns
    -------
    list of Line
        One for each submission.

    Raises
    ------
    CourseError
        If the folder holds anything else.
    """
    course = _fresh_course(folder)
    click.echo(f"A course folder is in {folder}; the notebooks are being released.")
    release(course, ASSIGNMENTS)
    students = hand_in(course)
    lines = []
    for assignment in ASSIGNMENTS:
        click.echo(f"Grading {assignment} of {len(students)} sample students.")
        lines += grade_assignment(course, assignment, Options(limits=LIMITS))
    click.echo("Writing feedback.")
    pages = [page for assignment in ASSIGNMENTS for page in feedback(course, assignment)]
    _show(course, students, lines)
    click.echo(f"gradebook  {course.root / 'gradebook.db'}")
    click.echo(f"feedback   {len(pages)} pages, for example {pages[0]}")
    return lines


def _fresh_course(folder: Path) -> Course:
    if folder.exists() and (folder / MARK).is_file():
        shutil.rmtree(folder)
    elif folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CourseError(f"{folder} is not an earlier demo, so it is left alone: name another folder")
    course = quickstart(folder)
    (course.root / MARK).touch()
    return course


def _show(course: Course, students: list[str], lines: list[Line]) -> None:
    from rich.console import Console
    from rich.table import Table

    by_key = {(line.student, line.assignment): line for line in lines}
    table = Table(title="The sample class")
    for heading in (
        "student",
        *(assignment[:2] for assignment in ASSIGNMENTS),
        "diagnosed mistakes",
        "flags",
    ):
        table.add_column(heading, overflow="fold")
    for student in students:
        row = [by_key[student, assignment] for assignment in ASSIGNMENTS]
        mistakes = {name for assignment in ASSIGNMENTS for name in _mistakes(course, student, assignment)}
        flags = {flag for line in row for flag in line.flags}
        table.add_row(student, *map(_points, row), ", ".join(sorted(mistakes)), ", ".join(sorted(flags)))
    Console().print(table)


def _points(line: Line) -> str:
    return line.status if line.points is None else f"{line.points:g} / {line.max_points:g}"


def _mistakes(course: Course, student: str, assignment: str) -> list[str]:
    record = read_record(course, student, assignment)
    return [v.misconception for v in record.verdicts if v.misconception] if record else []
