"""`progress` shows a reader how far they have come: a bar for each exercise, or for each notebook."""

from __future__ import annotations

import html
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from . import exercises, progress_file, workspace
from .course import packaged_notebooks
from .feedback import say, show_html, with_code
from .own_notebooks import Opening, written_questions
from .progress_file import Result
from .self_study import reveal_call
from .standing import Standing, in_words, next_up, standing, standings, whole
from .workspace import Workspace

NO_WORKSPACE = (
    "Progress is kept in a workspace of your own: `make lab` or `autograder workspace DIR` makes one."
)
BAR = 20  # characters
LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
CELL = "text-align: left; vertical-align: top; line-height: 1.4; padding: 6px 14px 6px 6px"
COLUMNS = {"Notebook": "42%", "Time": "14%", "Builds on": "17%", "Your progress": "27%"}
NARROW = f"{CELL}; white-space: nowrap"


def progress(everything: bool = False) -> None:
    """Show how far you have come: in the exercises of this notebook, or in all notebooks.

    Parameters
    ----------
    everything : bool
        All notebooks, wherever you are. The start page shows them anyway.

    Examples
    --------
    >>> progress()
    Progress is kept in a workspace of your own: make lab or autograder workspace DIR makes one.
    """
    place = workspace.find()
    if place is None:
        say(NO_WORKSPACE)
        return
    if not os.access(place.root, os.W_OK):
        say("This folder cannot be written to, so nothing new is kept. The checks themselves work.")
    results = _results(place)
    assignment = None if everything else _assignment_here(place)
    to_root = "" if Path.cwd() == place.root else f"{Path(os.path.relpath(place.root)).as_posix()}/"
    if assignment is None:
        show_html(*overview(results, to_root))
        return
    show_html(*_of_notebook(assignment, results, to_root, written_questions(assignment) * place.reveals))


def overview(results: Mapping[str, Result], to_root: str = "") -> tuple[str, str]:
    """Return the table of all notebooks, as HTML and as text.

    Parameters
    ----------
    results : dict
    to_root : str
        The way to the workspace's root from where the links will stand.

    Returns
    -------
    html, text : str
    """
    each = standings(results)
    ahead = next_up(each)
    head = "".join(f"<th style='{CELL}; width: {width}'>{name}</th>" for name, width in COLUMNS.items())
    body = "".join(_overview_row(one, to_root, one is ahead) for one in each)
    page = f"{_next_html(each, to_root)}<table style='width: 100%'><tr>{head}</tr>{body}</table>"
    width = max(len(one.opening.title) for one in each)
    lines = [f"{one.opening.title:<{width}}  {_bar(one.points, one.max_points)}  {one.told}" for one in each]
    return page, "\n".join([_next_text(each), *lines])


def _of_notebook(
    assignment: str, results: Mapping[str, Result], to_root: str, questions: Iterable[str]
) -> tuple[str, str]:
    """Return a line for each exercise of one notebook, as HTML and as text, and what is next."""
    each = standings(results)
    here = standing(assignment, results)
    rows = [
        (spec.name, results[spec.name].points if spec.name in results else 0, spec.points)
        for spec in exercises.of_notebook(assignment)
    ]
    width = max((len(name) for name, *_ in rows), default=0)
    table, lines = "", []
    for name, points, most in rows:
        words = in_words(results.get(name))
        table += _row((f"<code>{name}</code>", _bar_html(points, most), html.escape(words)), NARROW)
        lines.append(f"  {name:<{width}}  {_bar(points, most)}  {words}")
    title = f"<p><b>{_inline(here.opening.title)}</b>: {html.escape(here.told)}</p>"
    way = f"<p>{_way(each, assignment, to_root)}</p>"
    notes = [
        f"The written question's model answer, once every exercise was tried: {reveal_call(name)}."
        for name in questions
    ]
    told = "".join(f"<p>{with_code(note)}</p>" for note in notes)
    page = f"{title}<table>{table}</table>{told}{way}{_next_html(each, to_root)}"
    lines += [note.replace("`", "") for note in notes]
    return page, "\n".join([f"{here.opening.title}: {here.told}", *lines, _next_text(each)])


def _way(each: Iterable[Standing], assignment: str, to_root: str) -> str:
    """One line for the whole workbook: each notebook's number, and how much of it is done."""
    parts = []
    for one in each:
        done = "✓ all" if one.complete else f"{one.passed} of {one.exercises}"
        title = html.escape(one.opening.title)
        link = f"<a href='{to_root}{_file(one)}' title='{title}'>{_circled(one.assignment)}</a>"
        parts.append(f"<b>{link}</b> {done}" if one.assignment == assignment else f"{link} {done}")
    return " → ".join(parts)


def _circled(assignment: str) -> str:
    return chr(ord("①") - 1 + int(assignment[:2]))


def _overview_row(one: Standing, to_root: str, ahead: bool) -> str:
    said: Opening = one.opening
    link = f"<a href='{to_root}{_file(one)}'><b>{_inline(said.title)}</b></a>"
    mark = "<br><b>← your next</b>" if ahead else ""
    builds_on = _inline(said.builds_on.replace("](../", f"]({to_root}"))
    words = f"{'✓ ' if one.complete else ''}{html.escape(one.told)}"
    return _row(
        (
            f"{link}<br>{_inline(said.aim)}",
            _inline(said.time),
            builds_on,
            f"{_bar_html(one.points, one.max_points)}<br>{words}{mark}",
        )
    )


def _next_html(each: list[Standing], to_root: str) -> str:
    ahead = next_up(each)
    if ahead is None:
        return f"<p>{_done(each)}</p>"
    link = f"<a href='{to_root}{_file(ahead)}'>{_inline(ahead.opening.title)}</a>"
    exercise = f"exercise <code>{ahead.next_exercise}</code>"
    return f"<p><b>{_verb(ahead)}:</b> {link}, {exercise}. The whole workbook: {whole(each)}.</p>"


def _next_text(each: list[Standing]) -> str:
    ahead = next_up(each)
    if ahead is None:
        return _done(each)
    words = f"{_verb(ahead)}: {ahead.opening.title}, exercise {ahead.next_exercise}"
    return f"{words}. The whole workbook: {whole(each)}."


def _verb(ahead: Standing) -> str:
    return "Go on with" if ahead.latest else "Next"


def _done(each: list[Standing]) -> str:
    return f"Every exercise passes. The whole workbook: {whole(each)}."


def _file(one: Standing) -> str:
    return f"{one.assignment}/{one.assignment}.ipynb"


def _bar(points: float, most: float) -> str:
    filled = int(BAR * points / most) if most else 0
    return "█" * filled + "░" * (BAR - filled)


def _bar_html(points: float, most: float) -> str:
    # JupyterLab lets this tag through even in a notebook that it does not trust yet.
    return f"<progress max='{most or 1:g}' value='{points:g}'></progress>"


def _row(cells: Iterable[str], style: str = CELL) -> str:
    return "<tr>" + "".join(f"<td style='{style}'>{cell}</td>" for cell in cells) + "</tr>"


def _inline(markdown: str) -> str:
    return LINK.sub(r"<a href='\2'>\1</a>", with_code(markdown))


def _assignment_here(place: Workspace) -> str | None:
    parts = Path.cwd().relative_to(place.root).parts
    return parts[0] if parts and parts[0] in packaged_notebooks() else None


def _results(place: Workspace) -> dict[str, Result]:
    try:
        return progress_file.read(place)
    except progress_file.UnreadableProgress:
        say("`progress.json` is damaged. The next check puts it out of the way and begins afresh.")
    except OSError as error:
        say(f"`progress.json` cannot be read: {error.strerror}.")
    return {}
