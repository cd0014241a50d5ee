"""Mistakes with mini-batches."""

from __future__ import annotations

from .help import Help

MINI_BATCHES: dict[str, Help] = {}
