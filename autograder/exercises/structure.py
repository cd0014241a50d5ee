"""Mistakes that show in the structure of what was observed, and not by equal results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..exercise import Misconception
from ..probes import LARGE_MEAN

if TYPE_CHECKING:
    from ..check import Observation


def changes_its_input(*implementations: Callable[..., Any], but_not: str = "") -> Misconception:
    """Right results, got by writing into an argument.

    Parameters
    ----------
    implementations : callables
    but_not : str
        An argument whose change has a name of its own.
    """

    def recognize(observations: Sequence[Observation]) -> bool:
        changed = {name for o in observations for name in o.outcome.changed}
        return bool(changed) and but_not not in changed and all(o.right for o in observations)

    return Misconception("changes-its-input", *implementations, recognize=recognize)


def difference_of_squares(*implementations: Callable[..., Any]) -> Misconception:
    """``E[z²] - E[z]²``: right wherever the mean is small, without digits where it is large."""

    def recognize(observations: Sequence[Observation]) -> bool:
        far = [o for o in observations if o.case.edge == LARGE_MEAN]
        rest = [o for o in observations if o.case.edge != LARGE_MEAN]
        lost = any(o.problems and not o.outcome.error for o in far)
        return bool(rest) and lost and all(o.right for o in rest) and not any(o.outcome.error for o in far)

    return Misconception("variance-by-difference-of-squares", *implementations, recognize=recognize)


def updates_in_place(*implementations: Callable[..., Any]) -> Misconception:
    """Right new parameters, written into the old ones."""

    def recognize(observations: Sequence[Observation]) -> bool:
        changed = {name for o in observations for name in o.outcome.changed}
        return "parameters" in changed and all(o.right for o in observations)

    return Misconception("updates-in-place", *implementations, recognize=recognize)
