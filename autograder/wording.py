"""Values in words: how a result is spoken of in feedback."""

from __future__ import annotations

from itertools import islice
from typing import Any

import numpy as np

from .arguments import OnDevice
from .wire import Unsupported


def describe(value: Any) -> str:
    """Say in a few words what kind of value this is."""
    if isinstance(value, Unsupported):
        return f"an object of type {value.type_name}"
    if isinstance(value, OnDevice):
        return f"an array of shape {value.array.shape} on a device"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if value is None:
        return "None (is a return statement missing?)"
    if isinstance(value, bool | np.bool_):
        return "a truth value"
    if isinstance(value, int | float | np.number):
        return "a number"
    return f"a {type(value).__name__}" + (
        f" of {len(value)}" if isinstance(value, tuple | list | dict) else ""
    )


def apart(found: float, expected: float) -> str:
    """Print both numbers, with as many digits as it takes to tell them apart."""
    for digits in range(6, 18):
        texts = f"{found:.{digits}g}", f"{expected:.{digits}g}"
        if texts[0] != texts[1]:
            break
    return f"{texts[0]}, expected {texts[1]}"


def several(expected: Any, results: tuple[str, ...]) -> str:
    """Say how many results are expected, by name where each has one."""
    return (
        f"{len(expected)}: {', '.join(results)}"
        if len(results) == len(expected)
        else f"{len(expected)} values"
    )


def several_foreign(keys: list[str]) -> str:
    """Say of keys that nobody asked for that they are too many."""
    if len(keys) == 1:
        return f"{keys[0]} does not belong there"
    more = f" and {len(keys) - 5} more" if len(keys) > 5 else ""
    return f"{', '.join(keys[:5])}{more} do not belong there"


def keys_of(value: dict[str, Any]) -> str:
    """List a dict's first keys."""
    keys = [str(key)[:40] for key in islice(value, 12)]
    return ", ".join(keys) + (", ..." if len(value) > 12 else "") if keys else "no keys"
