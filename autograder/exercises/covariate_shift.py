"""Notebook 07: what covariate shift is, and what batch norm changes about it."""

from __future__ import annotations

from ..exercise import Exercise

EXERCISES: tuple[Exercise, ...] = ()
