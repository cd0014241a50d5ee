"""Notebook 06: running statistics, inference and folding."""

from __future__ import annotations

from ..exercise import Exercise

EXERCISES: tuple[Exercise, ...] = ()
