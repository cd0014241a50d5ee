"""Correct answers to the exercises of notebook 09."""

from __future__ import annotations

VARIANTS = {}
