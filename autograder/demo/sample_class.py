"""The sample class: each student is a plain file in students/, made into two notebooks.

A file says its base in its first line: `solutions` (the model answers) or `blank` (the notebook as it was
handed out). Its functions stand in for the base's; its docstring answers the written questions; what else it
holds becomes a cell of its own after the set-up.
"""

from __future__ import annotations

import ast
import copy
import json
from pathlib import Path
from typing import Any

from .. import exercises
from ..course import Course

ASSIGNMENTS = ("01-normalizing-activations", "02-fitting-batch-norm-into-a-network")
STUDENTS = Path(__file__).with_name("students")
CUT_OFF = "rosa"  # her download stopped half-way
MARKERS = ("### BEGIN SOLUTION", "### END SOLUTION")


def hand_in(course: Course) -> list[str]:
    """Write every sample student's notebooks into submitted/.

    Parameters
    ----------
    course : Course
        With both assignments released.

    Returns
    -------
    list of str
        The students.
    """
    files = {path.stem: path.read_text(encoding="utf-8") for path in sorted(STUDENTS.glob("*.py"))}
    for assignment in ASSIGNMENTS:
        source, release = (read_notebook(path(assignment)) for path in (course.source, course.release))
        for student, text in files.items():
            notebook = make_notebook(text, source, release)
            _write(course, student, assignment, json.dumps(notebook, indent=1, ensure_ascii=False))
        whole = json.dumps(release, indent=1)
        _write(course, CUT_OFF, assignment, whole[: len(whole) // 2])
    return sorted([*files, CUT_OFF])


def make_notebook(text: str, source: dict[str, Any], release: dict[str, Any]) -> dict[str, Any]:
    """Return the notebook that a student hands in.

    Parameters
    ----------
    text : str
        The student's file.
    source, release : dict
        The instructor's and the students' version.
    """
    base, functions, rest, answer = _parts(text)
    solutions = {_grade_id(cell): _without_markers(cell["source"]) for cell in source["cells"]}
    cells = []
    for cell in copy.deepcopy(release["cells"]):
        cells.append(cell)
        name = _grade_id(cell)
        is_solution = cell["metadata"].get("nbgrader", {}).get("solution")
        if is_solution and cell["cell_type"] == "code":
            cell["source"] = functions.pop(name, solutions[name] if base == "solutions" else cell["source"])
        elif is_solution and answer:
            cell["source"] = answer
    place = 1 + next(number for number, cell in enumerate(cells) if _grade_id(cell) == "setup")
    elsewhere = {exercise.name for exercise in exercises.every()}
    own = "\n\n\n".join([*rest, *(text for name, text in functions.items() if name not in elsewhere)])
    return {**release, "cells": [*cells[:place], *([_code_cell(own)] if own else []), *cells[place:]]}


def read_notebook(path: Path) -> dict[str, Any]:
    """Return a notebook in which every source is one string."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
    return notebook


def _parts(text: str) -> tuple[str, dict[str, str], list[str], str]:
    """Return the base, the source of each function, the other code, and the written answer."""
    tree = ast.parse(text)
    base = text.splitlines()[0].removeprefix("# base:").strip()
    answer = ast.get_docstring(tree) or ""
    functions, rest = {}, []
    for node in tree.body[bool(answer) :]:
        segment = ast.get_source_segment(text, node) or ""
        if isinstance(node, ast.FunctionDef):
            functions[node.name] = segment
        else:
            rest.append(segment)
    return base, functions, rest, answer


def _without_markers(source: str) -> str:
    return "\n".join(line for line in source.splitlines() if line.strip() not in MARKERS)


def _grade_id(cell: dict[str, Any]) -> str:
    return cell["metadata"].get("nbgrader", {}).get("grade_id", "")


def _code_cell(source: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "id": "my-own-cell",
        "metadata": {},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def _write(course: Course, student: str, assignment: str, text: str) -> None:
    folder = course.submitted(student, assignment)
    folder.mkdir(parents=True)
    (folder / f"{assignment}.ipynb").write_text(text, encoding="utf-8")
