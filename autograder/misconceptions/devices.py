"""Mistakes with devices, frameworks and memory traffic."""

from __future__ import annotations

from .help import Help

DEVICES: dict[str, Help] = {}
