"""What a check adds for a reader in a workspace: it writes the try down, and says what help there is."""

from __future__ import annotations

from . import exercises, progress_file, workspace
from .course import CourseError
from .exercise import Verdict
from .own_notebooks import written_questions
from .workspace import Workspace

_told: set[str] = set()  # troubles with the file that this kernel has told of
_tried: set[str] = set()  # exercises tried in this kernel, in case that the file cannot be written


def after_check(verdict: Verdict) -> tuple[str, ...]:
    """Write a try down where the reader has a workspace.

    Parameters
    ----------
    verdict : Verdict

    Returns
    -------
    tuple of str
        Sentences for below the verdict; code in them stands in backticks.
    """
    place = workspace.find()
    if place is None or verdict.status == "blank":
        return ()
    _tried.add(verdict.exercise)
    notes = _written_down(place, verdict)
    return (*notes, *_help(place, verdict)) if place.reveals else notes


def tried(place: Workspace) -> set[str]:
    """Return the exercises that the reader has tried."""
    try:
        return _tried | progress_file.read(place).keys()
    except (OSError, progress_file.UnreadableProgress):
        return set(_tried)


def reveal_call(name: str) -> str:
    """Return the line of code that shows a solution or a model answer."""
    return f'`from autograder import reveal; reveal("{name}")`'


def _written_down(place: Workspace, verdict: Verdict) -> tuple[str, ...]:
    try:
        aside = progress_file.record(place, verdict)
    except Exception as error:  # whatever is wrong with the file, the check has to be told
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return _once(f"Your progress cannot be written down: {reason}. The check itself is not affected.")
    if aside is None:
        return ()
    return (f"`progress.json` was damaged. It is now `{aside.name}`, and your progress starts afresh.",)


def _once(note: str) -> tuple[str, ...]:
    if note in _told:
        return ()
    _told.add(note)
    return (note,)


def _help(place: Workspace, verdict: Verdict) -> tuple[str, ...]:
    if not verdict.passed:
        return (f"Stuck? {reveal_call(verdict.exercise)} in a cell of its own shows a solution.",)
    notebook = exercises.find(verdict.exercise).notebook
    try:
        results = progress_file.read(place)
    except (OSError, progress_file.UnreadableProgress):
        return ()
    of_notebook = exercises.of_notebook(notebook)
    complete = len(progress_file.passed(of_notebook, results)) == len(of_notebook)
    return _written_questions(notebook) if complete else ()


def _written_questions(notebook: str) -> tuple[str, ...]:
    told = "Every exercise of this notebook passes. When your written answer stands, compare it:"
    try:
        return tuple(f"{told} {reveal_call(name)}" for name in written_questions(notebook))
    except (CourseError, KeyError):  # an installation without the notebooks
        return ()
