"""Notebook 04: why a bias before batch norm has no effect, and what goes with it."""

from __future__ import annotations

from ..exercise import Exercise

EXERCISES: tuple[Exercise, ...] = ()
