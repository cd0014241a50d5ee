"""Plain Python files, graded function by function."""

from __future__ import annotations

import errno
import json
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import exercises
from .exercise import Verdict
from .grader import grade_source, names_in_text
from .limits import Limits

NO_EXERCISE = "the file defines no function that is an exercise"


@dataclass(frozen=True)
class FileResult:
    """One exercise in one file.

    Attributes
    ----------
    file : str
    exercise : str or None
        None where the file defines none that is known.
    message : str
    verdict : Verdict or None
    complete : bool
        Whether the file could be read and the exercise is known.
    """

    file: str
    exercise: str | None
    message: str
    verdict: Verdict | None = None
    complete: bool = True

    @property
    def passed(self) -> bool:
        """Whether every check passed."""
        return self.verdict is not None and self.verdict.passed

    def to_json(self) -> str:
        """Return the line in plain ASCII."""
        verdict = self.verdict
        return json.dumps(
            {
                "file": self.file,
                "exercise": self.exercise,
                "points": verdict.points if verdict else 0,
                "max_points": verdict.max_points if verdict else _max_points(self.exercise),
                "passed": self.passed,
                "misconception": verdict.misconception if verdict else None,
                "message": self.message,
            }
        )


def check_files(
    files: Sequence[str | Path],
    exercise: str | None = None,
    unsafe: bool = False,
    limits: Limits | None = None,
) -> Iterator[FileResult]:
    """Grade each file's functions.

    Parameters
    ----------
    files : sequence of str or Path
    exercise : str, optional
        Only this one; every exercise whose function a file defines, unless given.
    unsafe : bool
        No wall: for one's own code only.
    limits : Limits, optional

    Yields
    ------
    FileResult
        At least one for each file.

    Raises
    ------
    WallUnavailable
        Where no code can be run safely.
    """
    limits = limits or Limits()
    if exercise is not None:
        try:
            exercises.find(exercise)
        except exercises.UnknownExercise as error:
            yield from (FileResult(str(file), exercise, str(error), complete=False) for file in files)
            return
    for file in files:
        yield from _check_file(file, exercise, unsafe, limits)


def _check_file(file: str | Path, exercise: str | None, unsafe: bool, limits: Limits) -> Iterator[FileResult]:
    try:
        data = _read(Path(file), limits)
    except OSError as error:
        yield FileResult(str(file), exercise, f"the file cannot be read: {error.strerror}", complete=False)
        return
    text, problem = _decode(data, limits)
    if problem:
        names = [exercise] if exercise else _exercises_in(text)
        yield from (FileResult(str(file), name, problem) for name in names or [None])
        return
    verdicts = grade_source(text, [exercise] if exercise else [], limits, unsafe)
    yield from (FileResult(str(file), verdict.exercise, verdict.message, verdict) for verdict in verdicts)
    if not verdicts:
        yield FileResult(str(file), None, NO_EXERCISE)


def _read(file: Path, limits: Limits) -> bytes:
    # Looked at before it is opened, because opening a pipe would wait for its writer.
    if not stat.S_ISREG(file.stat().st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file")
    with file.open("rb") as opened:
        return opened.read(limits.sources + 1)


def _decode(data: bytes, limits: Limits) -> tuple[str, str]:
    """Return the text, and what is wrong with it."""
    try:
        text, problem = data.decode("utf-8-sig"), ""
    except UnicodeDecodeError as error:
        text, problem = (
            data.decode("latin-1"),
            f"the file is not UTF-8 (byte {error.start}): save it again as UTF-8",
        )
    if len(data) > limits.sources:
        problem = f"the file has more than {limits.sources} bytes"
    return text, problem or ("" if text.strip() else "the file is empty")


def _exercises_in(text: str) -> list[str]:
    names = names_in_text(text)
    return [spec.name for spec in exercises.every() if spec.name in names]


def _max_points(exercise: str | None) -> float:
    try:
        return exercises.find(exercise).points if exercise else 0
    except exercises.UnknownExercise:
        return 0
