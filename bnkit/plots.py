"""Arrays as pictures: how their values are spread. Each figure takes its finding as a title."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bnkit.backend import Array, to_numpy
from bnkit.checks import check_matrix
from bnkit.figures import COLOURS, MARKERS, AccessibleFigure, filled, new_figure, nth, number

NO_MEAN = 1e-9  # of the standard deviation
MOST_NUMBERED = 12  # rows and columns whose numbers can still be read in their cells


def activation_histograms(
    activations: Mapping[str, Any],
    title: str,
    *,
    xlabel: str = "activation",
    bins: int = 50,
    shared_axis: bool = True,
    limits: tuple[float, float] | None = None,
    alt: str | None = None,
) -> AccessibleFigure:
    """Draw how the activations of each layer are distributed, a panel for each.

    Parameters
    ----------
    activations : dict
        Arrays by name, as `Network.activations` returns; or such dicts by name, for a row of panels each: one
        network or one step per row.
    title : str
        The finding.
    xlabel : str
    bins : int
    shared_axis : bool
        Whether all panels have the same range, so that their widths can be compared.
    limits : pair of float, optional
        The range of every panel, whatever the values are: under a slider, a range that followed the values
        would hide how they spread. A panel tells what share of its values it leaves out.
    alt : str, optional
        Replaces the text that is made of title and numbers.

    Returns
    -------
    AccessibleFigure
        Its table tells the share of exact zeros, where there are any.
    """
    if limits is not None and not limits[0] < limits[1]:
        raise ValueError(f"limits are {limits!r}, expected the lower one first: (-3, 3)")
    nested = isinstance(next(iter(filled("activations", activations).values())), Mapping)
    panels = dict(activations) if nested else {"": activations}
    width = max(len(row) for row in panels.values())
    figure = new_figure(max(2.3 * width, 4.5), 0.6 + 2.1 * len(panels), title)
    grid = figure.subplots(len(panels), width, squeeze=False, sharex=shared_axis, sharey=shared_axis)
    flat = {
        _label(row_name, name): (ax, to_numpy(values).ravel())
        for axes, (row_name, row) in zip(grid, panels.items(), strict=True)
        for ax, (name, values) in zip(axes, row.items(), strict=False)
    }
    for label, (_, values) in flat.items():
        if not np.isfinite(values).all():
            raise ValueError(f"{label} has values that are not finite, expected numbers to count")
    edges = np.histogram_bin_edges(np.concatenate([values for _, values in flat.values()]), bins, limits)
    for ax in grid.flat:
        ax.set_axis_off()
    for label, (ax, values) in flat.items():
        _histogram(ax, values, edges if shared_axis or limits else bins, label)
        ax.set_xlabel(xlabel)
        if limits:
            ax.set_xlim(limits)
    for axes in grid:
        axes[0].set_ylabel("share of values")
    columns: tuple[str, ...] = ("values", "mean", "standard deviation", "exactly 0")
    rows: list[tuple] = [
        (label, _mean(v), v.std(), f"{(v == 0).mean():.0%}") for label, (_, v) in flat.items()
    ]
    described = "; ".join(f"{name}: mean {number(row[0])}, deviation {number(row[1])}" for name, *row in rows)
    alt = alt or f"{title}. Histograms of {xlabel} values. {described}."
    if all((values != 0).all() for _, values in flat.values()):
        columns, rows = columns[:-1], [row[:-1] for row in rows]
    return AccessibleFigure(figure, title, alt, columns, rows)


def scatter_units(
    stages: Mapping[str, Array],
    title: str,
    *,
    units: tuple[int, int] = (0, 1),
    shared_axes: bool = True,
    alt: str | None = None,
) -> AccessibleFigure:
    """Draw two hidden units against each other, a panel for each stage: before and after normalizing, say.

    Parameters
    ----------
    stages : dict
        Arrays of shape (n, m) by name, such as Z, Z_norm and Z_tilde.
    title : str
        The finding.
    units : pair of int
        Which rows to draw.
    shared_axes : bool
        Whether all panels have the same range, so that place and spread can be compared.
    alt : str, optional
        Replaces the text that is made of title and numbers.

    Returns
    -------
    AccessibleFigure
    """
    figure = new_figure(max(3.2 * len(filled("stages", stages)), 4.5), 3.8, title)
    panels = figure.subplots(1, len(stages), squeeze=False, sharex=shared_axes, sharey=shared_axes)[0]
    rows = []
    for i, (ax, (name, Z)) in enumerate(zip(panels, stages.items(), strict=True)):
        check_matrix(name, Z)
        if not all(0 <= unit < Z.shape[0] for unit in units):
            raise ValueError(f"units are {units}, expected two of the rows 0 to {Z.shape[0] - 1} of {name}")
        pair = to_numpy(Z)[list(units)]
        _scatter(ax, i, pair)
        ax.set_title(name, fontsize="medium")
        ax.set_xlabel(f"unit {units[0]}")
        rows += [(f"{name}, unit {unit}", z.mean(), z.std()) for unit, z in zip(units, pair, strict=True)]
    panels[0].set_ylabel(f"unit {units[1]}")
    panels[0].legend(loc="best", fontsize="small")
    described = "; ".join(f"{name}: mean {number(mean)}, deviation {number(std)}" for name, mean, std in rows)
    alt = alt or f"{title}. Scatter plots of two units. {described}."
    return AccessibleFigure(figure, title, alt, ("values", "mean", "standard deviation"), rows)


def heat_map(
    array: Array,
    title: str,
    *,
    xlabel: str,
    ylabel: str,
    xticks: Sequence[Any] | None = None,
    yticks: Sequence[Any] | None = None,
    values: str = "value",
    alt: str | None = None,
) -> AccessibleFigure:
    """Draw a matrix as coloured cells, the first row on top; a small one has its numbers in the cells.

    Parameters
    ----------
    array : array of shape (rows, columns)
        Where it has values on both sides of 0, 0 is drawn white.
    title : str
        The finding.
    xlabel, ylabel : str
        What a column and a row is.
    xticks, yticks : sequence, optional
        A name for each column and row; otherwise they are counted from 0.
    values : str
        What the numbers are, for the colour bar.
    alt : str, optional
        Replaces the text that is made of title and numbers.

    Returns
    -------
    AccessibleFigure
        Its table holds the matrix, or some rows and columns of a large one.
    """
    check_matrix("array", array)
    cells = to_numpy(array)
    if not np.isfinite(cells).all():
        raise ValueError("array has values that are not finite, expected numbers to colour")
    rows, columns = (
        _names(name, given, count)
        for name, given, count in zip(("yticks", "xticks"), (yticks, xticks), cells.shape, strict=True)
    )
    small = max(cells.shape) <= MOST_NUMBERED
    side = 0.6 if small else min(0.3, 7 / max(cells.shape))
    size = max(4.5, 2.2 + side * len(columns)), max(2.8, 1.6 + side * len(rows))
    figure = new_figure(*size, title)
    ax = figure.subplots()
    image = _cells(ax, cells, numbered=small)
    figure.colorbar(image, ax=ax, label=values)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.set_xticks(_steps(columns), [columns[j] for j in _steps(columns)])
    ax.set_yticks(_steps(rows), [rows[i] for i in _steps(rows)])
    lowest, highest = (np.unravel_index(find(cells), cells.shape) for find in (np.argmin, np.argmax))
    ends = "; ".join(
        f"{word} {number(cells[i, j])} at {ylabel} {rows[i]}, {xlabel} {columns[j]}"
        for word, (i, j) in (("lowest", lowest), ("highest", highest))
    )
    alt = alt or f"{title}. {len(rows)} by {len(columns)} cells, coloured by {values}. {ends}."
    shown = [(rows[i], *(float(cells[i, j]) for j in _steps(columns))) for i in _steps(rows)]
    heads = (f"{ylabel}, by {xlabel}", *(columns[j] for j in _steps(columns)))
    return AccessibleFigure(figure, title, alt, heads, shown)


def _cells(ax: Any, cells: Array, numbered: bool) -> Any:
    end = abs(cells).max()
    # Around 0, a scale with two arms; both scales keep their order for every kind of colour vision.
    around_0 = cells.min() < 0 < cells.max()
    scale = {"cmap": "PuOr_r", "vmin": -end, "vmax": end} if around_0 else {"cmap": "cividis"}
    image = ax.imshow(cells, aspect="auto", interpolation="nearest", **scale)
    if numbered:
        for (i, j), value in np.ndenumerate(cells):
            brightness = np.dot(image.cmap(image.norm(value))[:3], (0.3, 0.6, 0.1))
            ink = "black" if brightness > 0.5 else "white"
            ax.text(j, i, number(value), ha="center", va="center", fontsize="small", color=ink)
    return image


def _names(name: str, given: Sequence[Any] | None, count: int) -> list[str]:
    names = [str(label) for label in (range(count) if given is None else given)]
    if len(names) != count:
        raise ValueError(f"{name} has {len(names)} names, expected {count}")
    return names


def _steps(names: Sequence[str]) -> range:
    return range(0, len(names), -(-len(names) // MOST_NUMBERED))


def _label(row_name: str, name: str) -> str:
    return f"{row_name}, {name}" if row_name else name


def _histogram(ax: Any, values: Array, bins: Any, label: str) -> None:
    ax.set_axis_on()
    shares = np.full(values.size, 1 / values.size)
    heights, _, _ = ax.hist(values, bins=bins, weights=shares, color=COLOURS[0], alpha=0.8)
    ax.axvline(values.mean(), color=COLOURS[1], linestyle="--")
    left_out = 1 - heights.sum()
    told = f"\n({left_out:.1%} not drawn)" if left_out > 1e-9 else ""
    # In the title, because a legend would cover the bars.
    ax.set_title(f"{label}\n(dashed: mean {number(_mean(values))}){told}", fontsize="small")


def _mean(values: Array) -> float:
    """Return the mean, and 0 where only rounding keeps it from being 0."""
    mean = float(values.mean())
    return 0.0 if abs(mean) < NO_MEAN * values.std() else mean


def _scatter(ax: Any, i: int, pair: Array) -> None:
    ax.axhline(0, color="0.6", linewidth=0.8)
    ax.axvline(0, color="0.6", linewidth=0.8)
    ax.scatter(*pair, s=14, marker=nth(MARKERS, i), color=nth(COLOURS, i), alpha=0.6)
    ax.plot(*pair.mean(axis=1), "+", color="black", markersize=14, markeredgewidth=2, label="mean")
