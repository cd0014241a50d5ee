"""Which numbers share a mean, drawn: the mini-batch as a table of images, cut up by each norm."""

from collections.abc import Callable
from typing import Any

from bnkit.checks import check_count
from bnkit.figures import COLOURS, AccessibleFigure, new_figure

Cell = tuple[int, int]  # channel and example, the row and the column of the table
HATCH = "///"
PIXELS = 3  # lines that make an image out of a cell


def normalization_sets(
    title: str, *, N: int = 4, C: int = 6, groups: int = 3, alt: str | None = None
) -> AccessibleFigure:
    """Draw four norms: the numbers of cells with the same label share one mean and one variance.

    Parameters
    ----------
    title : str
        The finding.
    N, C : int
        Examples, which are columns, and channels, which are rows; each cell is an image.
    groups : int
        Of group norm; divides C.
    alt : str, optional
        Replaces the text that tells each norm's sets.

    Returns
    -------
    AccessibleFigure
        Its table has a row for each norm: how many sets there are, and how many numbers one of them has.
    """
    N, C = check_count("N", N), check_count("C", C)
    if C % check_count("groups", groups):
        raise ValueError(f"groups is {groups}, expected a divisor of the {C} channels")
    size = C // groups
    norms: dict[str, tuple[Callable[[int, int], int], str]] = {
        "batch norm": (lambda c, i: c, "N·H·W"),
        "layer norm": (lambda c, i: i, "C·H·W"),
        f"group norm, {groups} groups": (lambda c, i: i * groups + c // size, "(C / groups)·H·W"),
        "instance norm": (lambda c, i: i * C + c, "H·W"),
    }
    figure = new_figure(10, 3.6, title)
    rows = []
    for ax, (name, (set_of, count)) in zip(figure.subplots(1, len(norms)), norms.items(), strict=True):
        sets = {(c, i): set_of(c, i) for c in range(C) for i in range(N)}
        _draw_table(ax, name, sets, N, C)
        rows.append(
            (name, str(len(set(sets.values()))), count, "yes" if sets[0, 0] == sets[0, N - 1] else "no")
        )
    described = "; ".join(f"{name}: {sets} sets of {count} numbers" for name, sets, count, _ in rows)
    alt = alt or f"{title}. Tables of images, {C} channels by {N} examples, cut into sets. {described}."
    heads = ("norm", "sets", "numbers in a set", "mixes examples")
    return AccessibleFigure(figure, title, alt, heads, rows)


def _draw_table(ax: Any, name: str, sets: dict[Cell, int], N: int, C: int) -> None:
    ax.set(xlim=(-0.05, N + 0.05), ylim=(C + 0.05, -0.05), xlabel="examples", ylabel="channels")
    ax.set_title(name, fontsize="medium")
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)  # the sets have borders of their own
    for (c, i), label in sets.items():
        _draw_image(ax, c, i, label)
    for cell in sets:
        _draw_borders(ax, cell, sets)


def _draw_image(ax: Any, c: int, i: int, label: int) -> None:
    from matplotlib.patches import Rectangle

    # The first set stands out by colour and pattern; the labels tell all of them.
    if label == 0:
        ax.add_patch(
            Rectangle((i, c), 1, 1, facecolor="#BFE0F5", edgecolor=COLOURS[0], hatch=HATCH, linewidth=0)
        )
    for step in range(1, PIXELS):
        at = step / PIXELS
        ax.plot((i + at, i + at), (c, c + 1), color="0.85", linewidth=0.6, zorder=1)
        ax.plot((i, i + 1), (c + at, c + at), color="0.85", linewidth=0.6, zorder=1)
    background = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.9}
    ax.text(i + 0.5, c + 0.5, str(label + 1), ha="center", va="center", fontsize="small", bbox=background)


def _draw_borders(ax: Any, cell: Cell, sets: dict[Cell, int]) -> None:
    """Draw a thick line wherever a neighbour belongs to another set."""
    c, i = cell
    sides = {
        (c, i - 1): ((i, i), (c, c + 1)),
        (c, i + 1): ((i + 1, i + 1), (c, c + 1)),
        (c - 1, i): ((i, i + 1), (c, c)),
        (c + 1, i): ((i, i + 1), (c + 1, c + 1)),
    }
    for neighbour, (x, y) in sides.items():
        if sets.get(neighbour) != sets[cell]:
            ax.plot(x, y, color="black", linewidth=1.8, zorder=3, solid_capstyle="projecting")
