"""Which known mistake explains a wrong result?

A mistake is named when the function's results equal that mistake's on the probe inputs, and
only that one's. Two that explain the results equally well are both held back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .compare import Expectation, expect, matches, problems, roughly, sizes_of
from .exercise import Exercise, Misconception
from .observe import Observation


def diagnose(
    exercise: Exercise, observations: list[Observation], rng: np.random.Generator
) -> Misconception | None:
    """Find the one misconception that is consistent with what was observed.

    Parameters
    ----------
    exercise : Exercise
    observations : list of Observation
        At least one of them wrong.
    rng : numpy.random.Generator

    Returns
    -------
    Misconception or None
    """
    everything = _consistent(exercise, observations, rng)
    if everything:
        return _only(everything)
    ordinary = [o for o in observations if o.case.edge is None]
    if all(o.right and not o.outcome.changed for o in ordinary):
        return None
    return _only(_consistent(exercise, ordinary, rng))


def _consistent(
    exercise: Exercise, observations: list[Observation], rng: np.random.Generator
) -> list[Misconception]:
    found = []
    first = next((o for o in observations if o.case.edge is None), None)
    sizes = None if first is None else sizes_of(first.case, exercise.terms)
    for misconception in exercise.misconceptions:
        if misconception.recognize is not None:
            explains = misconception.recognize(observations)
        else:
            explains = any(
                first is not None
                and _agrees(first, roughly(form, first.case, sizes))
                and _explains(exercise, form, observations, rng)
                for form in misconception.implementations
            )
        if explains:
            found.append(misconception)
    return found or general_misconceptions(exercise, observations)


def _explains(
    exercise: Exercise,
    form: Callable[..., Any],
    observations: Sequence[Observation],
    rng: np.random.Generator,
) -> bool:
    """Whether the mistake gives these results, errors included, one of them wrong and one a value."""
    if all(o.right for o in observations) or all(o.outcome.error for o in observations):
        return False
    return all(_agrees(o, expect(form, o.case, rng, exercise.terms)) for o in observations)


def _agrees(observation: Observation, mistake: Expectation) -> bool:
    error = observation.outcome.error
    if mistake.error or error:
        return error is not None and mistake.error == error.kind
    return matches(observation.outcome.value, mistake)


def _only(candidates: list[Misconception]) -> Misconception | None:
    names = {candidate.name for candidate in candidates}
    return candidates[0] if len(names) == 1 else None


def general_misconceptions(exercise: Exercise, observations: Sequence[Observation]) -> list[Misconception]:
    """Name the mistakes of structure that any exercise can show."""
    found = []
    for name, axis in (("lost-dimension", None), ("row-instead-of-column", 0)):
        if _turned(exercise, observations, axis):
            found.append(Misconception(name))
    if not found and all(o.right for o in observations) and any(o.outcome.changed for o in observations):
        found.append(Misconception("changes-its-input"))
    return found


def _turned(exercise: Exercise, observations: Sequence[Observation], axis: int | None) -> bool:
    """Whether every result becomes right once the columns that lie otherwise stand as columns."""
    if exercise.criterion or any(o.outcome.error for o in observations):
        return False
    restored = [(o, _columns(o.outcome.value, o.expectation.value, axis)) for o in observations]
    return any(o.problems for o in observations) and all(
        not problems(value, o.expectation, exercise.results) for o, value in restored
    )


def _columns(found: Any, expected: Any, axis: int | None) -> Any:
    """Make columns of shape (n, 1) of what has shape (n,), or (1, n) when the axis is 0."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return {key: _columns(value, expected.get(key), axis) for key, value in found.items()}
    if isinstance(expected, tuple | list) and isinstance(found, tuple | list) and len(found) == len(expected):
        return [_columns(*pair, axis) for pair in zip(found, expected, strict=True)]
    if isinstance(expected, np.ndarray) and isinstance(found, np.ndarray):
        column = expected.ndim == 2 and expected.shape[1] == 1
        turned = found.shape == (expected.shape[:1] if axis is None else expected.shape[::-1])
        return found.reshape(expected.shape) if column and turned else found
    return found
