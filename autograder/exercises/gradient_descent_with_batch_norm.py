"""Notebook 05: optimizers, with batch norm's parameters among those that they move."""

from __future__ import annotations

from ..exercise import Exercise

EXERCISES: tuple[Exercise, ...] = ()
