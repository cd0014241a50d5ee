"""Mistakes with the bias before batch norm."""

from __future__ import annotations

from .help import Help

BIAS: dict[str, Help] = {}
