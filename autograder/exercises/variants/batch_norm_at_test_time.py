"""Correct answers to the exercises of notebook 06."""

from __future__ import annotations

VARIANTS = {}
