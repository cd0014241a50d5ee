"""Untrusted notebook -> the sources that grading takes from it, or a refusal that says why.

Reading never follows a link, never waits for a pipe, never reads more than the limits allow. Of the notebook
only sources decide anything; `placement` says where each one goes.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .limits import Limits
from .placement import PlacedCell, ReleaseCell, place
from .reading import RefusedError, opened_folder, read_regular
from .timestamps import read_timestamp

SUPPORTED_FORMAT = 4
MAX_CELLS = 2_000
MAX_VALUES = 500_000  # of a notebook's JSON: each may take two hundred bytes of memory
LONGEST_NAME = 128  # of a student, in characters: as wide as nbgrader's column
# nbgrader's pages put names into HTML and into double-quoted JavaScript as they are.
HTML_IN_NAME = re.compile(r'[<>"&`\\]')
JSON_TEXT = re.compile(r'"[^"]*+"?')


@dataclass(frozen=True)
class Submission:
    """What grading takes from one submission.

    Attributes
    ----------
    student, assignment : str
    digest : str
        Of the notebook file's bytes.
    cells : tuple of PlacedCell
        Every code cell but the tests, in the order of the release.
    answers : dict of str to str
        Written answers as Markdown, sanitized, by grade_id.
    flags : tuple of str
        Short names for the instructor.
    notes : tuple of str
        Sentences for whoever reads the graded notebook.
    timestamp : str
        What nbgrader's timestamp.txt says, as it stands there.
    """

    student: str
    assignment: str
    digest: str
    cells: tuple[PlacedCell, ...]
    answers: Mapping[str, str]
    flags: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    timestamp: str = ""


@dataclass(frozen=True)
class Refusal:
    """A submission that cannot be used, and one sentence that says why.

    `known` is False where the folder's name cannot be a student's: then no gradebook has heard of them.
    """

    student: str
    assignment: str
    reason: str
    known: bool = True


def read_submission(
    folder: Path, assignment: str, release: tuple[ReleaseCell, ...], limits: Limits | None = None
) -> Submission | Refusal:
    """Read ``submitted/<student>/<assignment>/<assignment>.ipynb``.

    Parameters
    ----------
    folder : Path
        ``submitted/<student>/<assignment>``.
    assignment : str
    release : tuple of ReleaseCell
        The cells that were handed out.
    limits : Limits, optional

    Returns
    -------
    Submission or Refusal
        No exception is raised for anything that the folder holds.
    """
    limits = limits or Limits()
    student = folder.parent.name
    try:
        check_student_name(student)
    except RefusedError as refusal:
        return Refusal(student, assignment, str(refusal), known=False)
    try:
        with opened_folder(folder) as inside:
            data = read_regular(f"{assignment}.ipynb", inside, limits.notebook)
            timestamp = read_timestamp(inside)
        placed = place(parse_cells(data, limits), release)
    except RefusedError as refusal:
        return Refusal(student, assignment, str(refusal))
    except OSError as error:
        return Refusal(student, assignment, f"the folder cannot be read: {error.strerror}")
    return Submission(
        student,
        assignment,
        hashlib.sha256(data).hexdigest(),
        placed.cells,
        placed.answers,
        placed.flags,
        placed.notes,
        timestamp,
    )


def check_student_name(name: str) -> None:
    """Accept a folder's name as a student's, or say why not.

    Raises
    ------
    RefusedError
        If the name could not stand in a path, a gradebook or a terminal without harm.
    """
    if not name.isprintable():
        raise RefusedError(
            "the folder's name holds characters that cannot be printed: rename it to the student's id"
        )
    if found := HTML_IN_NAME.search(name):
        raise RefusedError(f"the folder's name holds {found[0]}: rename it to the student's id")
    if name.startswith("-") or name != name.strip():
        raise RefusedError(
            "the folder's name begins with '-' or has spaces around it: rename it to the student's id"
        )
    if len(name) > LONGEST_NAME or len(os.fsencode(name)) > 200:
        raise RefusedError(
            f"the folder's name is longer than {LONGEST_NAME} characters: rename it to the student's id"
        )


def parse_cells(data: bytes, limits: Limits) -> list[dict[str, Any]]:
    """Return a notebook's cells, each a dict with a known type and its source as one string.

    Raises
    ------
    RefusedError
        If the bytes are not a notebook of format 4 within the limits.
    """
    notebook = _parse_json(_decode(data))
    if not isinstance(notebook, dict) or "nbformat" not in notebook:
        raise RefusedError("the file is JSON but not a notebook: open it in JupyterLab and save it again")
    version = notebook["nbformat"]
    if type(version) is not int or version != SUPPORTED_FORMAT:
        shown = version if type(version) is int and 0 <= version < 1000 else "unknown"
        raise RefusedError(
            f"the notebook has format {shown}, expected 4: open it in JupyterLab and save it again"
        )
    if not isinstance(notebook.get("cells"), list):
        raise RefusedError("the notebook has no list of cells: open it in JupyterLab and save it again")
    if len(notebook["cells"]) > MAX_CELLS:
        raise RefusedError(f"the notebook has {len(notebook['cells'])} cells, more than {MAX_CELLS}")
    cells = [cell for cell in map(_clean_cell, notebook["cells"]) if cell]
    total = sum(len(cell["source"].encode()) for cell in cells)
    if total > limits.sources:
        raise RefusedError(f"the cells' sources take {total} bytes together, more than {limits.sources}")
    return cells


def _decode(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise RefusedError("the file is UTF-16, expected UTF-8: save it again as UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RefusedError(f"the file is not UTF-8 (byte {error.start}): save it again as UTF-8") from None


def _parse_json(text: str) -> Any:
    # Without escapes a text is what stands between two quotes.
    structure = JSON_TEXT.sub("", text.replace(r"\\", "").replace(r"\"", ""))
    if sum(map(structure.count, ",[{")) > MAX_VALUES:
        raise RefusedError(f"the notebook holds more than {MAX_VALUES} values: clear its outputs and save it")
    try:
        # Whole numbers of thousands of digits take Python long to read, and none that we look at has twenty.
        return json.loads(text, parse_int=lambda digits: int(digits) if len(digits) < 20 else 0)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise RefusedError(f"the file is not JSON ({error.msg}, {place}): it may be cut off") from None
    except RecursionError:
        raise RefusedError("the file is nested too deeply to be a notebook") from None


def _clean_cell(cell: Any) -> dict[str, Any] | None:
    """Return a cell whose type is known and whose source is one string, None for anything else."""
    if not isinstance(cell, dict) or cell.get("cell_type") not in ("code", "markdown", "raw"):
        return None
    source = cell.get("source", "")
    if isinstance(source, list) and all(isinstance(part, str) for part in source):
        source = "".join(source)
    if not isinstance(source, str):
        return None
    # A lone surrogate is legal JSON, but can be neither saved nor printed.
    return {**cell, "source": source.encode("utf-8", "replace").decode()}
