"""The exercises, one module for each notebook."""

from __future__ import annotations

import difflib
from functools import cache
from importlib import import_module

from ..exercise import Exercise

MODULES = {
    "01-normalizing-activations": "normalizing_activations",
    "02-fitting-batch-norm-into-a-network": "fitting_batch_norm",
    "03-working-with-mini-batches": "working_with_mini_batches",
    "04-batch-norm-eliminates-the-bias": "batch_norm_eliminates_the_bias",
    "05-gradient-descent-with-batch-norm": "gradient_descent_with_batch_norm",
    "06-batch-norm-at-test-time": "batch_norm_at_test_time",
    "07-covariate-shift": "covariate_shift",
    "08-batch-norm-on-a-gpu": "batch_norm_on_a_gpu",
    "09-beyond-batch-norm": "beyond_batch_norm",
}
ASSIGNMENTS = tuple(MODULES)


class UnknownExercise(LookupError):
    """There is no exercise of that name; the message tells the near ones."""


@cache
def of_notebook(assignment: str) -> tuple[Exercise, ...]:
    """Return an assignment's exercises, in the order in which a reader meets them.

    Raises
    ------
    KeyError
        If there is no such assignment.
    """
    return import_module(f".{MODULES[assignment]}", __name__).EXERCISES


def withheld(assignment: str) -> frozenset[str]:
    """Return the names of bnkit that would hand over an answer of this assignment."""
    return frozenset(name for exercise in of_notebook(assignment) for name in exercise.withheld)


def every() -> tuple[Exercise, ...]:
    """Return all exercises of the course."""
    return tuple(exercise for assignment in ASSIGNMENTS for exercise in of_notebook(assignment))


def find(name: str) -> Exercise:
    """Return the exercise with this name.

    Raises
    ------
    UnknownExercise
        If there is none.
    """
    by_name = {exercise.name: exercise for exercise in every()}
    if name in by_name:
        return by_name[name]
    near = difflib.get_close_matches(name, by_name, n=3)
    hint = f"; did you mean {' or '.join(near)}?" if near else f"; there are {', '.join(by_name)}"
    raise UnknownExercise(f"no exercise is called {name!r}{hint}")
