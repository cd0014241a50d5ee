"""When something was handed in, as nbgrader's timestamp.txt says; what cannot be read makes nobody late."""

from __future__ import annotations

from datetime import datetime

from .reading import RefusedError, read_regular

FILE_NAME = "timestamp.txt"
LONGEST = 200


def read_timestamp(inside: int) -> str:
    """Return what the file in an open folder says, nothing where there is none."""
    try:
        return read_regular(FILE_NAME, inside, LONGEST).decode().strip()
    except (RefusedError, UnicodeDecodeError):
        return ""


def parsed_timestamp(text: str) -> datetime | None:
    """Return the timestamp in UTC, None where there is none or it cannot be read."""
    from nbgrader.utils import parse_utc

    try:
        return parse_utc(text) if text else None
    except (ValueError, OverflowError, TypeError):
        return None
