"""What a student's function returned or said, made fit to be looked at and to be told of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

from .markup import plain_text
from .wire import Outcome, Unsupported

MOST_PARTS = 1000  # values in a result; ten times what the largest right answer holds


class _TooManyError(Exception):
    pass


def fit_to_read(outcome: Outcome) -> Outcome:
    """Return an outcome without terminal escapes, and without a structure that is a work of its own to read.

    Parameters
    ----------
    outcome : Outcome

    Returns
    -------
    Outcome
        Where the value holds more than `MOST_PARTS` values, something unsupported stands in its place.
    """
    error = outcome.error and replace(outcome.error, message=plain_text(outcome.error.message))
    try:
        value = _copied(outcome.value, count(1))
    except _TooManyError:
        value = Unsupported(f"{type(outcome.value).__name__} that holds more than {MOST_PARTS} values")
    return replace(outcome, value=value, error=error)


def _copied(value: Any, numbers: Iterator[int]) -> Any:
    if next(numbers) > MOST_PARTS:
        raise _TooManyError
    if isinstance(value, dict):
        return {_shown(key): _copied(item, numbers) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_copied(item, numbers) for item in value)
    return Unsupported(_shown(value.type_name)) if isinstance(value, Unsupported) else value


def _shown(name: str) -> str:
    """A name as it is, or in ASCII where it holds what would not be seen."""
    return name if plain_text(name) == name else ascii(name)[1:-1]
