"""Mistakes with convolutional batch norm, other norms and several devices."""

from __future__ import annotations

from .help import Help

OTHER_NORMS: dict[str, Help] = {}
