"""The failing call that feedback shows: one that a person can try by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .arguments import Carried, Each
from .exercise import Example, Exercise
from .feedback import in_print
from .wording import describe

if TYPE_CHECKING:
    from .observe import Observation

LONGEST_EXAMPLE = 1500  # characters that a reader may be asked to work through by hand
MOST_NUMBERS = 100  # that are worth printing, before anybody counts characters


def first_example(exercise: Exercise, observations: list[Observation]) -> Example | None:
    """Show the smallest call that went wrong, if a person can try it by hand."""
    wrong = [o for o in observations if o.problems and o.expectation.error is None]
    # One example or a constant unit says little about a formula that is wrong everywhere.
    wrong = [o for o in wrong if o.case.edge is None] or wrong
    if not wrong or exercise.criterion:
        return None
    smallest = min(wrong, key=lambda o: _numbers((o.case.arguments, o.expectation.value)))
    inputs = {**smallest.case.arguments, **smallest.case.keywords}
    expected, found = smallest.expectation.value, smallest.outcome.value
    if _numbers((inputs, expected)) > MOST_NUMBERS:
        return None
    example = Example(
        tuple((name, in_print(value)) for name, value in inputs.items()),
        in_print(found, exercise.results) if _numbers(found) <= MOST_NUMBERS else describe(found),
        in_print(expected, exercise.results),
    )
    return example if _length(example) <= LONGEST_EXAMPLE else None


def _numbers(value: Any) -> int:
    """How many numbers somebody would have to write down; an empty list is something to write too."""
    if isinstance(value, dict):
        return _numbers(list(value.values()))
    if isinstance(value, list | tuple):
        return max(1, sum(map(_numbers, value)))
    if isinstance(value, Each | Carried):
        return _numbers(value.items if isinstance(value, Each) else value.first)
    return int(np.size(getattr(value, "array", value)))


def _length(example: Example) -> int:
    return sum(len(text) for _, text in example.inputs) + len(example.found) + len(example.expected)
