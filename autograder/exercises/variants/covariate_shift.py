"""Correct answers to the exercises of notebook 07."""

from __future__ import annotations

VARIANTS = {}
