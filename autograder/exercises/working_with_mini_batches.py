"""Notebook 03: how a training set is cut into mini-batches, and what each makes of its own statistics."""

from __future__ import annotations

from ..exercise import Exercise

EXERCISES: tuple[Exercise, ...] = ()
