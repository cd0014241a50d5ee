"""Correct answers, written as differently as students write them. Every check has to accept every one.

``VARIANTS`` maps an exercise's name to functions; the kill matrix runs them beside the misconceptions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from . import fitting_batch_norm, normalizing_activations

VARIANTS: Mapping[str, tuple[Callable[..., Any], ...]] = {
    **normalizing_activations.VARIANTS,
    **fitting_batch_norm.VARIANTS,
}
