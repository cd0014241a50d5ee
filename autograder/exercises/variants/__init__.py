"""Correct answers, written as differently as students write them. Every check has to accept every one.

There is a module for each notebook, called as the one with its exercises. ``VARIANTS`` maps an exercise's
name to functions; the kill matrix runs them beside the misconceptions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from .. import MODULES

VARIANTS: Mapping[str, tuple[Callable[..., Any], ...]] = {
    name: variants
    for module in MODULES.values()
    for name, variants in import_module(f".{module}", __name__).VARIANTS.items()
}
