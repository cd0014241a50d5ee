"""Notebook 08: the same formulas on another device, and other frameworks' conventions."""

from __future__ import annotations

from ..exercise import Exercise

EXERCISES: tuple[Exercise, ...] = ()
