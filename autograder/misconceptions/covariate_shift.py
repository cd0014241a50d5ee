"""Mistakes with covariate shift and scale invariance."""

from __future__ import annotations

from .help import Help

COVARIATE_SHIFT: dict[str, Help] = {}
