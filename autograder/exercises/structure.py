"""Mistakes that show in the structure of what was observed, and not by equal results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..compare import expect, matches
from ..exercise import Misconception
from ..probes import LARGE_MEAN

if TYPE_CHECKING:
    from ..observe import Observation


def changes_its_input(
    *implementations: Callable[..., Any], but_not: str = "", spoiled: tuple[Callable[..., Any], ...] = ()
) -> Misconception:
    """Right results, got by writing into an argument.

    Parameters
    ----------
    implementations : callables
    but_not : str
        An argument whose change has a name of its own.
    spoiled : tuple of callables
        Readings in which the argument is used again after it was changed, so that results are wrong too.
    """

    def recognize(observations: Sequence[Observation]) -> bool:
        changed = {name for o in observations for name in o.outcome.changed}
        if not changed or but_not in changed:
            return False
        return all(o.right for o in observations) or any(_gives(form, observations) for form in spoiled)

    return Misconception("changes-its-input", *implementations, *spoiled, recognize=recognize)


def _gives(form: Callable[..., Any], observations: Sequence[Observation]) -> bool:
    """Whether every call gave what this form gives, and changed an argument."""
    rng = np.random.default_rng(0)

    def pure(*given: Any, **keywords: Any) -> Any:
        return form(*map(np.copy, given), **keywords)

    return all(
        bool(o.outcome.changed)
        and o.outcome.error is None
        and matches(o.outcome.value, expect(pure, o.case, rng))
        for o in observations
    )


def difference_of_squares(*implementations: Callable[..., Any]) -> Misconception:
    """``E[z²] - E[z]²``: right wherever the mean is small, without digits where it is large."""

    def recognize(observations: Sequence[Observation]) -> bool:
        far = [o for o in observations if o.case.edge == LARGE_MEAN]
        rest = [o for o in observations if o.case.edge != LARGE_MEAN]
        lost = any(o.problems and not o.outcome.error for o in far)
        return bool(rest) and lost and all(o.right for o in rest) and not any(o.outcome.error for o in far)

    return Misconception("variance-by-difference-of-squares", *implementations, recognize=recognize)


def updates_in_place(
    *implementations: Callable[..., Any], argument: str = "parameters", **texts: str
) -> Misconception:
    """Right new parameters, written into the old ones, which came as this argument."""

    def recognize(observations: Sequence[Observation]) -> bool:
        changed = {name for o in observations for name in o.outcome.changed}
        return argument in changed and all(o.right for o in observations)

    return Misconception("updates-in-place", *implementations, recognize=recognize, **texts)


def by_structure(name: str, *implementations: Callable[..., Any]) -> Misconception:
    """A mistake that the exercise's criterion names, recognized when nothing else is wrong."""

    def recognize(observations: Sequence[Observation]) -> bool:
        if any(o.outcome.error or o.outcome.changed for o in observations):
            return False
        return {problem.mistake for o in observations for problem in o.problems} == {name}

    return Misconception(name, *implementations, recognize=recognize)
