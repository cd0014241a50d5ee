"""A figure that can also be read: its picture, a text in its place, and its numbers as a table."""

import base64
import html
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Okabe and Ito's colours differ for every kind of colour vision; styles and markers differ without any.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#E69F00", "#56B4E9")
LINE_STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 3)), (0, (1, 3)))
HATCHES = ("", "//", "..", "xx", "\\\\", "++", "oo")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")


@dataclass(frozen=True)
class AccessibleFigure:
    """A drawn figure as a notebook shows it: a PNG with alt text, and below it a table.

    Attributes
    ----------
    figure : matplotlib.figure.Figure
    title : str
        The finding, as it stands above the figure.
    alt : str
        What a reader who does not see the picture is told.
    columns : sequence of str
        The table's heads; the first column names the row.
    rows : sequence of sequences
        Text and numbers; a number is shown with three digits, or as a whole number from 1,000 on.
    """

    figure: Any
    title: str
    alt: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]

    def to_png(self) -> bytes:
        """Return the picture."""
        stream = io.BytesIO()
        self.figure.savefig(stream, format="png", dpi=110)
        return stream.getvalue()

    def to_html(self) -> str:
        """Return the picture with its alt text, and the table."""
        source = base64.b64encode(self.to_png()).decode()
        head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in self.columns)
        body = "".join(
            f'<tr><th scope="row">{html.escape(name)}</th>'
            + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells)
            + "</tr>"
            for name, *cells in self._cells()
        )
        return (
            f'<figure style="margin: 0"><img alt="{html.escape(self.alt)}" style="max-width: 100%" '
            f'src="data:image/png;base64,{source}"></figure>'
            # A caption is as wide as its table, and a narrow table would break it into many lines.
            '<table><caption style="white-space: nowrap; text-align: left">'
            f"The numbers of the figure: {html.escape(self.title)}</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )

    def to_text(self) -> str:
        """Return the alt text and the table, for where there are no pictures."""
        table = [tuple(self.columns), *self._cells()]
        widths = [max(len(row[i]) for row in table) for i in range(len(self.columns))]
        lines = [
            "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in table
        ]
        return "\n".join([self.alt, *lines])

    def save(self, path: str | Path) -> None:
        """Write the picture to a PNG file."""
        Path(path).write_bytes(self.to_png())

    def _cells(self) -> list[tuple[str, ...]]:
        return [tuple(cell if isinstance(cell, str) else number(cell) for cell in row) for row in self.rows]

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {"text/html": self.to_html(), "image/png": self.to_png(), "text/plain": self.to_text()}


def number(x: float) -> str:
    """Return a number with three digits, or as a whole one from 1,000 on; a trace of rounding is a 0."""
    if 999.5 <= abs(x) < 1e7:
        return f"{x:,.0f}"
    return "0" if abs(x) < 1e-15 else f"{x:.3g}"


def new_figure(width: float, height: float, title: str) -> Any:
    """Return an empty matplotlib figure, `width` by `height` inches, under its title.

    It is made without pyplot, so that a notebook does not show it a second time.
    """
    if not isinstance(title, str) or not title.strip():
        raise ValueError(f"title is {title!r}, expected a sentence: the finding that the figure shows")
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError("figures need matplotlib: pip install matplotlib") from error
    figure = Figure(figsize=(width, height), layout="constrained")
    figure.suptitle(title, fontsize="large", wrap=True)
    return figure


def filled(name: str, mapping: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what is to be drawn; refuse it where there is nothing to draw."""
    if not isinstance(mapping, Mapping) or not mapping:
        raise ValueError(
            f"{name} is {mapping!r}, expected a dict with at least one entry: what is drawn, by name"
        )
    return mapping


def nth(styles: Sequence[Any], i: int) -> Any:
    """Return the style of the i-th thing drawn; after the last one they begin again."""
    return styles[i % len(styles)]


def some_of(count: int, most: int) -> list[int]:
    """Return at most that many of the places 0 to count - 1: the first, the last, and others between."""
    last = count - 1
    return sorted({round(i * last / (most - 1)) for i in range(most)}) if count > most else list(range(count))
