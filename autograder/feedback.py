"""How a verdict is told: in HTML where a notebook shows it, in plain text elsewhere.

Everything that a student's code had a hand in, error messages first of all, is escaped.
"""

from __future__ import annotations

import html
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .arguments import Carried, Each, OnDevice, Rng, Strided
from .exercise import CheckLine, Example, Verdict
from .wire import Unsupported

HEADLINES = {
    "passed": "all checks passed",
    "partial": "right on ordinary inputs, not yet on every edge case",
    "wrong": "not right yet",
    "blank": "not written yet",
}
STEP_NAMES = ("Question", "Pointer", "Explanation")
# Blue and orange differ for colour-blind readers too, and each line says pass or fail in words. Of medium
# lightness: text has a contrast of 4 and more on a light page and on a dark one.
PASS_COLOUR, FAIL_COLOUR, HINT_COLOUR = "#1a7bbd", "#c4541a", "#8566c4"
LINE = "margin: 2px 0"
SHORT_EXAMPLE = 500  # characters; a longer one is folded until asked for


@dataclass(frozen=True)
class Score:
    """The points of a check. Its plain text is the bare number, which nbgrader reads as the grade."""

    points: float
    max_points: float

    def __repr__(self) -> str:
        return f"{self.points:g}"

    def _repr_html_(self) -> str:
        return "<span></span>"  # the box above it says the points already


def show(verdict: Verdict, step: int = 3, notes: Sequence[str] = ()) -> None:
    """Show a verdict where the reader is: in a notebook's output, or printed."""
    _publish(as_text(verdict, step, notes), "text/html", as_html(verdict, step, notes))


def say(note: str) -> None:
    """Show one sentence to the reader; code in it stands in backticks."""
    _publish(_plain(note), "text/html", f"<p style='{LINE}'>{with_code(note)}</p>")


def show_html(html: str, text: str) -> None:
    """Show HTML of ours in a notebook, the text elsewhere."""
    _publish(text, "text/html", html)


def show_markdown(markdown: str, text: str) -> None:
    """Show Markdown in a notebook, which highlights code in the reader's own colours, the text elsewhere."""
    _publish(text, "text/markdown", markdown)


def as_text(verdict: Verdict, step: int = 3, notes: Sequence[str] = ()) -> str:
    """Tell a verdict in plain text.

    Parameters
    ----------
    verdict : Verdict
    step : int
        How much help a known mistake gets: 1 a question, 2 a pointer too, 3 a statement too.
    notes : sequence of str
        Sentences for the end; code in them stands in backticks.

    Returns
    -------
    str
    """
    rows = [f"{verdict.exercise}: {HEADLINES[verdict.status]} ({_points(verdict)})"]
    rows += [f"  {_word(line)}  {line.told}" for line in verdict.lines]
    if verdict.misconception:
        rows.append(f"  Your results are consistent with: {verdict.misconception}")
        rows += [f"    {name}: {text}" for name, text in _help(verdict, step)]
    if verdict.example:
        rows.append("  Try this by hand:")
        pairs = _rows(verdict.example)
        width = max(len(name) for name, _ in pairs)
        rows += [f"    {name:<{width}} {_indented(text, width + 5)}" for name, text in pairs]
    rows += [f"  {_plain(note)}" for note in notes]
    return "\n".join(rows)


def as_html(verdict: Verdict, step: int = 3, notes: Sequence[str] = ()) -> str:
    """Tell a verdict in HTML that stands alone: no scripts, no style sheets, all text escaped.

    Parameters
    ----------
    verdict : Verdict
    step, notes
        As in `as_text`.

    Returns
    -------
    str
    """
    colour = PASS_COLOUR if verdict.passed else FAIL_COLOUR
    parts = [
        f'<div style="border-left: 4px solid {colour}; padding: 2px 0 2px 12px; margin: 4px 0">',
        f"<p style='{LINE}'><b>{_e(verdict.exercise)}</b>: ",
        f"{HEADLINES[verdict.status]} ({_points(verdict)})</p>",
    ]
    if verdict.lines:
        parts.append("<ul style='list-style: none; padding: 0; margin: 4px 0'>")
        parts += [_html_line(line) for line in verdict.lines]
        parts.append("</ul>")
    if verdict.misconception:
        parts.append(_html_help(verdict, step))
    if verdict.example:
        parts.append(_html_example(verdict.example))
    parts += [f"<p style='{LINE}'><small>{with_code(note)}</small></p>" for note in notes]
    parts.append("</div>")
    return "".join(parts)


def in_print(value: Any, names: tuple[str, ...] = ()) -> str:
    """Print a value as one would write it on paper: four digits, whole arrays, no repr noise."""
    if isinstance(value, Strided):
        return in_print(value.array)
    if isinstance(value, Unsupported):
        return f"({value.type_name})"
    if isinstance(value, OnDevice):
        return f"on a device: {in_print(value.array)}"
    if isinstance(value, Carried):
        return in_print(value.first)
    if isinstance(value, Each):
        return "\n".join(f"call {i}: {_indented(in_print(item), 8)}" for i, item in enumerate(value.items, 1))
    if isinstance(value, Rng):
        return f"np.random.default_rng({value.seed})"
    if isinstance(value, np.ndarray):
        return np.array2string(value, precision=4, suppress_small=True, threshold=200, separator=", ")
    if isinstance(value, float | np.floating):
        return f"{value:.6g}"
    if isinstance(value, dict):
        return "\n".join(
            f"{key} = {_indented(in_print(item), len(str(key)) + 3)}" for key, item in value.items()
        )
    if isinstance(value, tuple | list) and len(names) == len(value):
        return in_print(dict(zip(names, value, strict=True)))
    return str(value)


def _word(line: CheckLine) -> str:
    return "pass" if line.passed else "FAIL"


def _points(verdict: Verdict) -> str:
    return f"{verdict.points:g} of {verdict.max_points:g} point{'s' * (verdict.max_points != 1)}"


def _help(verdict: Verdict, step: int) -> list[tuple[str, str]]:
    return list(zip(STEP_NAMES, verdict.steps, strict=False))[: max(1, step)]


def _rows(example: Example) -> list[tuple[str, str]]:
    return [*example.inputs, ("yours", example.found), ("expected", example.expected)]


def _indented(text: str, width: int) -> str:
    return text.replace("\n", "\n" + " " * width)


def _e(text: str) -> str:
    return html.escape(text)


def _plain(note: str) -> str:
    return note.replace("`", "")


def with_code(note: str) -> str:
    """Return escaped HTML of a sentence in which code stands in backticks."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", _e(note))


def _html_line(line: CheckLine) -> str:
    mark, colour = ("✓ pass", PASS_COLOUR) if line.passed else ("✗ FAIL", FAIL_COLOUR)
    word = f"<span style='color: {colour}; display: inline-block; width: 4.5em'><b>{mark}</b></span>"
    return f"<li>{word}{_e(line.told)}</li>"


def _html_help(verdict: Verdict, step: int) -> str:
    steps = "".join(f"<p style='{LINE}'><b>{name}.</b> {_e(text)}</p>" for name, text in _help(verdict, step))
    more = "" if step >= 3 else f"<p style='{LINE}'><small>Check again for more help.</small></p>"
    return (
        f"<div style='border-left: 4px solid {HINT_COLOUR}; padding-left: 10px; margin: 6px 0'>"
        f"<p style='{LINE}'>Your results are consistent with <b>{_e(verdict.misconception or '')}</b>.</p>"
        f"{steps}{more}</div>"
    )


def _html_example(example: Example) -> str:
    cell = "text-align: left; vertical-align: top; padding: 2px 10px 2px 0"
    rows = "".join(
        f"<tr><th style='{cell}'>{_e(name)}</th>"
        f"<td style='{cell}'><pre style='margin: 0'>{_e(text)}</pre></td></tr>"
        for name, text in _rows(example)
    )
    size = sum(len(text) for _, text in _rows(example))
    unfolded = " open" if size <= SHORT_EXAMPLE else ""
    return f"<details{unfolded}><summary>Try this by hand</summary><table>{rows}</table></details>"


def _publish(text: str, kind: str, content: str) -> None:
    if _in_a_notebook():
        from IPython.display import display

        display({kind: content, "text/plain": text}, raw=True)
    else:
        print(text)


def _in_a_notebook() -> bool:
    """Whether output goes to a Jupyter front end (IPython's own terminal has no kernel)."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return getattr(shell, "kernel", None) is not None
