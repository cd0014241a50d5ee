"""Notebook 09: convolutional batch norm, layer and group norm, and several devices."""

from __future__ import annotations

from ..exercise import Exercise

EXERCISES: tuple[Exercise, ...] = ()
