"""Which known mistake explains a wrong result?

A mistake is named when the function's results equal that mistake's on the probe inputs, and
only that one's. Two that explain the results equally well are both held back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .compare import expect, matches, problems
from .exercise import Exercise, Misconception

if TYPE_CHECKING:
    from .check import Observation


def diagnose(exercise: Exercise, observations: list[Observation], rng: np.random.Generator) -> Misconception | None:
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


def _consistent(exercise: Exercise, observations: list[Observation], rng: np.random.Generator) -> list[Misconception]:
    found = []
    for misconception in exercise.misconceptions:
        if misconception.recognize is not None:
            explains = misconception.recognize(observations)
        else:
            explains = any(_explains(exercise, form, observations, rng) for form in misconception.implementations)
        if explains:
            found.append(misconception)
    named = {misconception.name for misconception in found}
    return found + [general for general in general_misconceptions(exercise, observations) if general.name not in named]


def _explains(
    exercise: Exercise, form: Callable[..., Any], observations: Iterable[Observation], rng: np.random.Generator
) -> bool:
    """Whether the mistake gives these results: at least one wrong value, and no result otherwise."""
    seen = False
    for o in observations:
        mistake = expect(form, o.case, rng, exercise.terms)
        if mistake.error or o.outcome.error:
            if not o.outcome.error or mistake.error != o.outcome.error.kind:
                return False
        elif not matches(o.outcome.value, mistake):
            return False
        else:
            seen = seen or not o.right
    return seen


def _only(candidates: list[Misconception]) -> Misconception | None:
    names = {candidate.name for candidate in candidates}
    return candidates[0] if len(names) == 1 else None


def general_misconceptions(exercise: Exercise, observations: Sequence[Observation]) -> list[Misconception]:
    """Name the mistakes of structure that any exercise can show."""
    found = []
    if _lost_dimension(exercise, observations):
        found.append(Misconception("lost-dimension"))
    if not found and all(o.right for o in observations) and any(o.outcome.changed for o in observations):
        found.append(Misconception("changes-its-input"))
    return found


def _lost_dimension(exercise: Exercise, observations: Sequence[Observation]) -> bool:
    """Whether every result becomes right once the (n,) in it are (n, 1)."""
    if exercise.criterion or any(o.outcome.error for o in observations):
        return False
    restored = [(o, _columns(o.outcome.value, o.expectation.value)) for o in observations]
    return any(o.problems for o in observations) and all(
        not problems(value, o.expectation, exercise.results) for o, value in restored
    )


def _columns(found: Any, expected: Any) -> Any:
    if isinstance(expected, dict) and isinstance(found, dict):
        return {key: _columns(value, expected.get(key)) for key, value in found.items()}
    if isinstance(expected, tuple | list) and isinstance(found, tuple | list) and len(found) == len(expected):
        return [_columns(*pair) for pair in zip(found, expected, strict=True)]
    if isinstance(expected, np.ndarray) and isinstance(found, np.ndarray):
        lost = expected.ndim == 2 and expected.shape[1] == 1 and found.shape == expected.shape[:1]
        return found[:, None] if lost else found
    return found
