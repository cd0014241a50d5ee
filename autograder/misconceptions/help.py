"""What a known mistake is told: three steps that escalate."""

from __future__ import annotations

from typing import NamedTuple


class Help(NamedTuple):
    """A question, a pointer, a statement."""

    question: str
    pointer: str
    statement: str
