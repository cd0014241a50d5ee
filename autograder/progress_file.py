"""The results of checks, written down in a workspace, so that a restart forgets nothing."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .atomic import write_atomically
from .exercise import Exercise, Verdict
from .workspace import Workspace

LOCK_SECONDS = 5  # a write takes milliseconds; who waits longer than this had better get on


class UnreadableProgress(Exception):
    """The file holds something that is not progress."""


@dataclass(frozen=True)
class Result:
    """What a reader has reached in one exercise.

    Attributes
    ----------
    points : float
        The best so far.
    max_points : float
    tries : int
        Checks of something that was written, until all points were reached.
    time : str
        Of the last of them, in ISO 8601.
    """

    points: float
    max_points: float
    tries: int
    time: str

    @property
    def passed(self) -> bool:
        """Whether all points were reached once."""
        return self.points >= self.max_points


def read(place: Workspace) -> dict[str, Result]:
    """Return the results by exercise, in the order of the first tries.

    Raises
    ------
    UnreadableProgress
        If the file is damaged.
    OSError
        If it cannot be opened.
    """
    try:
        content = json.loads(place.progress_file.read_bytes())
        return {name: _result(record) for name, record in content["exercises"].items()}
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UnreadableProgress(f"{place.progress_file.name} is damaged: {error}") from None


def record(place: Workspace, verdict: Verdict) -> Path | None:
    """Write a try down.

    Parameters
    ----------
    place : Workspace
    verdict : Verdict
        Not of a blank function: looking at an empty exercise is no try.

    Returns
    -------
    Path or None
        Where a damaged file was put out of the way, if there was one.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    from filelock import FileLock

    # A reader may have several notebooks open, each with a kernel of its own.
    with FileLock(place.root / ".progress.lock", timeout=LOCK_SECONDS):
        results, aside = _read_or_put_aside(place)
        before = results.get(verdict.exercise)
        if not (before and before.passed):
            results[verdict.exercise] = _after(before, verdict)
            _write(place, results)
    return aside


def passed(exercises: tuple[Exercise, ...], results: Mapping[str, Result]) -> list[Exercise]:
    """Return those of the exercises that have all their points."""
    return [exercise for exercise in exercises if exercise.name in results and results[exercise.name].passed]


def _read_or_put_aside(place: Workspace) -> tuple[dict[str, Result], Path | None]:
    try:
        return read(place), None
    except UnreadableProgress:
        # Not overwritten: a person may be able to mend it.
        aside = place.root / f"progress-damaged-{time.time_ns()}.json"
        place.progress_file.rename(aside)
        return {}, aside


def _after(before: Result | None, verdict: Verdict) -> Result:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    points = max(before.points, verdict.points) if before else verdict.points
    return Result(points, verdict.max_points, before.tries + 1 if before else 1, now)


def _write(place: Workspace, results: Mapping[str, Result]) -> None:
    content = {"exercises": {name: asdict(result) for name, result in results.items()}}
    write_atomically(place.progress_file, json.dumps(content, indent=1).encode())


def _result(record: Any) -> Result:
    result = Result(**{name: record[name] for name in Result.__dataclass_fields__})
    numbers = (result.points, result.max_points, result.tries)
    if not all(type(number) in (int, float) for number in numbers) or not isinstance(result.time, str):
        raise ValueError("a result has no numbers")
    # A NaN fails every comparison; JSON as Python reads it may hold one.
    if not (0 <= result.points <= result.max_points < math.inf and 1 <= result.tries < math.inf):
        raise ValueError("a result has numbers that no check gives")
    return result
