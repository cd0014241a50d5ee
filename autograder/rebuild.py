"""The graded notebook: the release, with a student's sources in place and verdicts in the test cells."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

from .exercise import Verdict
from .feedback import as_html, as_text
from .intake import Submission
from .markup import shown_source
from .placement import PlacedCell

# MathJax leaves elements of these classes alone: an error message may hold a student's TeX.
UNKNOWN = "The grader knows no exercise of this name, so there are no points for it."
HARMLESS = '<div class="tex2jax_ignore mathjax_ignore">{}</div>'


def rebuild(
    release: Mapping[str, Any], submission: Submission, verdicts: Mapping[str, Verdict] | None = None
) -> dict[str, Any]:
    """Return the notebook that formgrader shows and feedback is made from.

    Parameters
    ----------
    release : notebook (format 4) as a dict
        Its metadata, order and test cells are the ones that count.
    submission : Submission
    verdicts : dict of str to Verdict, optional
        By the test cell's grade_id; without them test cells have no outputs.

    Returns
    -------
    notebook : dict
    """
    notebook = json.loads(json.dumps(release))
    placed: dict[int, list[PlacedCell]] = {}
    for cell in submission.cells:
        placed.setdefault(cell.anchor, []).append(cell)
    cells = [_note(submission.notes)] if submission.notes else []
    cells += [_added(cell) for cell in placed.get(-1, ())]
    for index, given in enumerate(notebook["cells"]):
        here = placed.get(index, ())
        _fill(given, here, submission.answers, verdicts)
        cells.append(given)
        cells += [_added(cell) for cell in here if cell.role == "helper"]
    return {**notebook, "cells": cells}


def score(verdict: Verdict, max_points: float) -> float:
    """Return a verdict's points on the scale of its cell, which the instructor may have changed."""
    share = verdict.points / verdict.max_points if verdict.max_points else 0.0
    return max_points if verdict.passed else round(min(max(share, 0.0), 1.0) * max_points, 2)


def _fill(
    given: dict[str, Any],
    here: tuple | list[PlacedCell],
    answers: Mapping[str, str],
    verdicts: Mapping[str, Verdict] | None,
) -> None:
    """Put into a cell of the release what belongs there."""
    graded = given.get("metadata", {}).get("nbgrader", {})
    if given["cell_type"] != "code":
        given["source"] = answers.get(graded.get("grade_id"), given["source"])
        return
    given["outputs"], given["execution_count"] = [], None
    for cell in here:
        if cell.role != "helper":
            given["source"], given["outputs"] = shown_source(cell.source), _outputs(cell)
    if verdicts is not None and graded.get("grade") and not graded.get("solution"):
        given["outputs"] = _verdict_outputs(verdicts.get(graded["grade_id"]), float(graded["points"]))


def _verdict_outputs(verdict: Verdict | None, max_points: float) -> list[dict[str, Any]]:
    """Return what the test cell shows: the feedback, then the points, which nbgrader reads as the grade."""
    # A test cell without a result would count as passed.
    told, points = {"text/plain": UNKNOWN}, "0"
    if verdict:
        told = {"text/html": HARMLESS.format(as_html(verdict)), "text/plain": as_text(verdict)}
        points = f"{score(verdict, max_points):g}"
    return [
        {"output_type": "display_data", "data": told, "metadata": {}},
        {
            "output_type": "execute_result",
            # The plain text is the grade; readers have it in the box above.
            "data": {"text/plain": points, "text/html": "<span></span>"},
            "metadata": {},
            "execution_count": None,
        },
    ]


def _added(cell: PlacedCell) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "id": cell.name.replace(" ", "-"),
        "metadata": {},
        "source": shown_source(cell.source),
        "outputs": _outputs(cell),
        "execution_count": None,
    }


def _outputs(cell: PlacedCell) -> list[dict[str, Any]]:
    return copy.deepcopy([dict(output) for output in cell.outputs])


def _note(notes: tuple[str, ...]) -> dict[str, Any]:
    text = "\n".join(f"- {note}" for note in notes)
    return {"cell_type": "markdown", "id": "notes-on-this-submission", "metadata": {}, "source": text}
