"""Mistakes with optimizers and the training loop."""

from __future__ import annotations

from .help import Help

OPTIMIZERS: dict[str, Help] = {}
