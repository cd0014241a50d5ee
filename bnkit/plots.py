"""The workbook's figures. Each takes its finding as a title, and returns an `AccessibleFigure`."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bnkit.backend import Array, to_numpy
from bnkit.checks import check_count, check_matrix
from bnkit.figures import COLOURS, LINE_STYLES, MARKERS, AccessibleFigure, new_figure, number


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
    nested = isinstance(next(iter(_filled("activations", activations).values())), Mapping)
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
        (label, v.mean(), v.std(), f"{(v == 0).mean():.0%}") for label, (_, v) in flat.items()
    ]
    described = "; ".join(f"{name}: mean {number(row[0])}, deviation {number(row[1])}" for name, *row in rows)
    alt = alt or f"{title}. Histograms of {xlabel} values. {described}."
    if all((values != 0).all() for _, values in flat.values()):
        columns, rows = columns[:-1], [row[:-1] for row in rows]
    return AccessibleFigure(figure, title, alt, columns, rows)


def cost_curves(
    curves: Mapping[str, Sequence[float]],
    title: str,
    *,
    xlabel: str = "step",
    ylabel: str = "cost",
    smoothing: int = 1,
    logy: bool = False,
    alt: str | None = None,
) -> AccessibleFigure:
    """Draw how a cost, or an accuracy, went while one or more networks were trained.

    Parameters
    ----------
    curves : dict
        A value per step, or per epoch, by the name of what was trained.
    title : str
        The finding.
    xlabel, ylabel : str
    smoothing : int
        Draw the mean over that many steps, and the steps themselves faintly behind it.
    logy : bool
        Whether the cost's axis is logarithmic.
    alt : str, optional
        Replaces the text that is made of title and numbers.

    Returns
    -------
    AccessibleFigure
    """
    window = check_count("smoothing", smoothing)
    figure, ax = _chart(title, xlabel, ylabel)
    rows = []
    for i, (name, curve) in enumerate(_filled("curves", curves).items()):
        values = np.asarray(curve, dtype=float)
        steps = np.arange(1, len(values) + 1)
        if 1 < window <= len(values):
            ax.plot(steps, values, color=_nth(COLOURS, i), alpha=0.2, linewidth=0.8)
            steps, values = steps[window - 1 :], np.convolve(values, np.ones(window) / window, mode="valid")
        _line(ax, i, steps, values, name)
        rows.append((name, values[0], values.min(), values.max(), values[-1]))
    _finish(ax, logy=logy)
    described = "; ".join(
        f"{name}: from {number(first)} to {number(last)}" for name, first, _, _, last in rows
    )
    alt = alt or f"{title}. Lines of {ylabel} by {xlabel}. {described}."
    return AccessibleFigure(figure, title, alt, (ylabel, "first", "lowest", "highest", "last"), rows)


def line_chart(
    x: Sequence[float],
    series: Mapping[str, Sequence[float]],
    title: str,
    *,
    xlabel: str,
    ylabel: str,
    logx: bool = False,
    logy: bool = False,
    alt: str | None = None,
) -> AccessibleFigure:
    """Draw one or more quantities as they depend on another.

    Parameters
    ----------
    x : sequence of float
    series : dict
        Values at each x, by name.
    title : str
        The finding.
    xlabel, ylabel : str
    logx, logy : bool
        Whether an axis is logarithmic.
    alt : str, optional
        Replaces the text that is made of title and numbers.

    Returns
    -------
    AccessibleFigure
    """
    points = np.asarray(x, dtype=float)
    figure, ax = _chart(title, xlabel, ylabel)
    for i, (name, values) in enumerate(_filled("series", series).items()):
        if len(values) != len(points):
            raise ValueError(f"{name} has {len(values)} values, expected {len(points)}, one for each x")
        _line(ax, i, points, np.asarray(values, dtype=float), name)
    _finish(ax, logx, logy)
    chosen = np.unique(np.linspace(0, len(points) - 1, min(len(points), 6)).round().astype(int))
    rows = [(number(points[i]), *(float(values[i]) for values in series.values())) for i in chosen]
    ends = [f"{name}: from {number(v[0])} to {number(v[-1])}" for name, v in series.items()]
    described = f"Lines of {ylabel} by {xlabel} from {number(points[0])} to {number(points[-1])}"
    alt = alt or f"{title}. {described}. {'; '.join(ends)}."
    return AccessibleFigure(figure, title, alt, (xlabel, *series), rows)


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
    figure = new_figure(max(3.2 * len(_filled("stages", stages)), 4.5), 3.8, title)
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


def _filled(name: str, mapping: Mapping[str, Any]) -> Mapping[str, Any]:
    if not isinstance(mapping, Mapping) or not mapping:
        raise ValueError(
            f"{name} is {mapping!r}, expected a dict with at least one entry: what is drawn, by name"
        )
    return mapping


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
    ax.set_title(f"{label}\n(dashed: mean {number(values.mean())}){told}", fontsize="small")


def _scatter(ax: Any, i: int, pair: Array) -> None:
    ax.axhline(0, color="0.6", linewidth=0.8)
    ax.axvline(0, color="0.6", linewidth=0.8)
    ax.scatter(*pair, s=14, marker=_nth(MARKERS, i), color=_nth(COLOURS, i), alpha=0.6)
    ax.plot(*pair.mean(axis=1), "+", color="black", markersize=14, markeredgewidth=2, label="mean")


def _chart(title: str, xlabel: str, ylabel: str) -> tuple[Any, Any]:
    figure = new_figure(6.5, 3.8, title)
    ax = figure.subplots()
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.grid(alpha=0.3)
    return figure, ax


def _line(ax: Any, i: int, x: Array, values: Array, name: str) -> None:
    ax.plot(
        x,
        values,
        color=_nth(COLOURS, i),
        linestyle=_nth(LINE_STYLES, i),
        marker=_nth(MARKERS, i),
        markersize=5,
        markevery=max(1, len(x) // 8),
        label=name,
    )


def _nth(styles: Sequence[Any], i: int) -> Any:
    return styles[i % len(styles)]


def _finish(ax: Any, logx: bool = False, logy: bool = False) -> None:
    if logx:
        ax.set_xscale("log")
    if logy:
        ax.set_yscale("log")
    ax.legend(fontsize="small")
