"""How far a reader has come: in each notebook, in the whole workbook, and what is next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from . import exercises
from .course import packaged_notebooks
from .own_notebooks import Opening, opening
from .progress_file import Result


@dataclass(frozen=True)
class Standing:
    """How far a reader has come in one notebook.

    Attributes
    ----------
    assignment : str
    opening : Opening
    passed, exercises : int
    points, max_points : float
        Of the exercises; written answers are not counted.
    latest : str
        When something in it was last tried, in ISO 8601; empty before the first try.
    next_exercise : str
        The first that does not pass yet; empty when all do.
    """

    assignment: str
    opening: Opening
    passed: int
    exercises: int
    points: float
    max_points: float
    latest: str
    next_exercise: str

    @property
    def complete(self) -> bool:
        """Whether every exercise passes."""
        return not self.next_exercise

    @property
    def told(self) -> str:
        """The standing in words."""
        if not self.latest:
            return f"not started: {count(self.exercises, 'exercise')}"
        done = f"{self.passed} of {count(self.exercises, 'exercise')}"
        return f"{done}, {self.points:g} of {count(self.max_points, 'point')}"


def standing(assignment: str, results: Mapping[str, Result]) -> Standing:
    """Return how far a reader has come in one notebook."""
    specs = exercises.of_notebook(assignment)
    known = {spec.name: results[spec.name] for spec in specs if spec.name in results}
    left = [spec.name for spec in specs if spec.name not in known or not known[spec.name].passed]
    return Standing(
        assignment=assignment,
        opening=opening(assignment),
        passed=len(specs) - len(left),
        exercises=len(specs),
        points=sum(result.points for result in known.values()),
        max_points=sum(spec.points for spec in specs),
        latest=max((result.time for result in known.values()), default=""),
        next_exercise=left[0] if left else "",
    )


def standings(results: Mapping[str, Result]) -> list[Standing]:
    """Return how far a reader has come in each notebook, in the workbook's order."""
    return [standing(assignment, results) for assignment in packaged_notebooks()]


def whole(each: list[Standing]) -> str:
    """Say how far a reader has come in the whole workbook."""
    passed, total = sum(one.passed for one in each), sum(one.exercises for one in each)
    points, most = sum(one.points for one in each), sum(one.max_points for one in each)
    return f"{passed} of {count(total, 'exercise')} pass, {points:g} of {count(most, 'point')}"


def next_up(each: list[Standing]) -> Standing | None:
    """Return the notebook to go on with: what was begun last, else the first; None when all are done."""
    unfinished = [one for one in each if not one.complete]
    begun = [one for one in unfinished if one.latest]
    return max(begun, key=lambda one: one.latest) if begun else next(iter(unfinished), None)


def in_words(result: Result | None) -> str:
    """Say how far a reader has come in one exercise."""
    if result is None:
        return "not tried yet"
    told = f"{result.points:g} of {count(result.max_points, 'point')}"
    if result.passed:
        return f"✓ passes: {told}, {'first try' if result.tries == 1 else f'{result.tries} tries'}"
    return f"not yet right: {told}, {count(result.tries, 'try')}"


def count(number: float, thing: str) -> str:
    """Return a number and what it counts, in the plural where that is due."""
    plural = f"{thing[:-1]}ies" if thing.endswith("ry") else f"{thing}s"
    return f"{number:g} {thing if number == 1 else plural}"
