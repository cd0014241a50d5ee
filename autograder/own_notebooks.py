"""What the workbook's own notebooks say, solutions included: titles, times, solutions, model answers."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass
from typing import Any

from .course import packaged_notebooks

FIRST_LINE = re.compile(r"^# +(.+)$", re.MULTILINE)
AIM = re.compile(r"You will be able to\*\*\s+- (.+?)(?=\n- |\n\n|\Z)", re.DOTALL)
TIME = re.compile(r"\*\*Time\*\*\s+(.+?)\s·\s", re.DOTALL)
BUILDS_ON = re.compile(r"\*\*Builds on\*\*\s+(.+?)(?=\n\n|\Z)", re.DOTALL)
SOLUTION_MARK = re.compile(r"^\s*### (?:BEGIN|END) SOLUTION\n?", re.MULTILINE)


@dataclass(frozen=True)
class Opening:
    """What a notebook's first cell says; all but the title may be empty.

    Attributes
    ----------
    title : str
        With the notebook's number.
    aim : str
        The first thing that a reader will be able to do.
    time : str
    builds_on : str
        Markdown; its links start from the notebook's own folder.
    """

    title: str
    aim: str = ""
    time: str = ""
    builds_on: str = ""


def opening(assignment: str) -> Opening:
    """Return what the first cell of a notebook says.

    Raises
    ------
    KeyError
        If there is no such notebook.
    """
    text = next((_source(cell) for cell in _cells(assignment) if cell["cell_type"] == "markdown"), "")
    time = _first(TIME, text).partition(";")[0]
    aim = _first(AIM, text).rstrip(".;")
    return Opening(_first(FIRST_LINE, text) or assignment, aim, time, _first(BUILDS_ON, text))


def solution(assignment: str, exercise: str) -> str:
    """Return the code of an exercise's solution, without the text that the reader has before them anyway.

    Raises
    ------
    KeyError
        If the notebook has no such exercise.
    """
    source = SOLUTION_MARK.sub("", _graded(assignment)[exercise])
    lines = source.splitlines()
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and ast.get_docstring(node) is not None:
            del lines[node.body[0].lineno - 1 : node.body[0].end_lineno]
            break
    return "\n".join(lines).strip("\n")


def written_questions(assignment: str) -> list[str]:
    """Return the names of the questions that are answered in words."""
    return [name for name in _graded(assignment) if name.startswith("manual_")]


def model_answer(assignment: str, name: str) -> str:
    """Return the model answer to a written question, as Markdown.

    Raises
    ------
    KeyError
        If the notebook has no such question.
    """
    return _graded(assignment)[name]


def _graded(assignment: str) -> dict[str, str]:
    """The sources of a notebook's solution cells by grade_id."""
    found = {cell["metadata"].get("nbgrader", {}).get("grade_id"): cell for cell in _cells(assignment)}
    return {
        name: _source(cell)
        for name, cell in found.items()
        if name and cell["metadata"]["nbgrader"].get("solution")
    }


def _cells(assignment: str) -> list[dict[str, Any]]:
    return json.loads(packaged_notebooks()[assignment].read_text(encoding="utf-8"))["cells"]


def _source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def _first(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return " ".join(match[1].split()) if match else ""
