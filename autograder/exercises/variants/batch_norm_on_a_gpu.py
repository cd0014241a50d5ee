"""Correct answers to the exercises of notebook 08."""

from __future__ import annotations

VARIANTS = {}
