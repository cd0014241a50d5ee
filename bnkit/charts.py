"""Numbers as charts: lines, bars and coloured cells. Each takes its finding as a title."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bnkit.backend import Array
from bnkit.checks import check_count
from bnkit.figures import (
    COLOURS,
    HATCHES,
    LINE_STYLES,
    MARKERS,
    AccessibleFigure,
    filled,
    new_figure,
    nth,
    number,
    some_of,
)

FEW_POINTS = 6  # on a logarithmic axis, each with a tick and its number
REFERENCE_STYLES = ((0, (1, 1)), (0, (6, 2)), (0, (3, 1, 1, 1)))


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
    for i, (name, curve) in enumerate(filled("curves", curves).items()):
        values = np.asarray(curve, dtype=float)
        steps = np.arange(1, len(values) + 1)
        if 1 < window <= len(values):
            ax.plot(steps, values, color=nth(COLOURS, i), alpha=0.2, linewidth=0.8)
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
    bands: Mapping[str, tuple[Sequence[float], Sequence[float]]] | None = None,
    reference: Mapping[str, float] | None = None,
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
    bands : dict, optional
        For some of the series, how far its values spread at each x: (low, high). Drawn as a shade of its
        colour.
    reference : dict, optional
        Heights of grey horizontal lines to compare with, by name.
    alt : str, optional
        Replaces the text that is made of title and numbers.

    Returns
    -------
    AccessibleFigure
    """
    points = np.asarray(x, dtype=float)
    bands, reference = dict(bands or {}), dict(reference or {})
    lines = {name: _values(name, values, points) for name, values in filled("series", series).items()}
    if unknown := sorted(bands.keys() - lines.keys()):
        raise ValueError(f"bands has {unknown}, expected names of series: {list(lines)}")
    spreads = {
        name: [_values(f"a band of {name}", end, points) for end in ends] for name, ends in bands.items()
    }
    figure, ax = _chart(title, xlabel, ylabel)
    for i, (name, values) in enumerate(lines.items()):
        if name in spreads:
            ax.fill_between(points, *spreads[name], color=nth(COLOURS, i), alpha=0.15, linewidth=0)
            # Where two shades overlap, their edges still tell whose is whose.
            for end in spreads[name]:
                ax.plot(points, end, color=nth(COLOURS, i), linestyle=nth(LINE_STYLES, i), linewidth=0.6)
        _line(ax, i, points, values, name)
    for i, (name, height) in enumerate(reference.items()):
        ax.axhline(height, color="0.4", linewidth=1.2, linestyle=nth(REFERENCE_STYLES, i), label=name)
    _finish(ax, logx, logy)
    if logx and len(points) <= FEW_POINTS:
        # Few points are ticks of their own: a batch size is 4, and not 4 x 10^0.
        ax.set_xticks(points, [number(point) for point in points])
        ax.set_xticks([], minor=True)
    rows = [
        (
            number(points[i]),
            *(_told(values[i], spreads.get(name), i) for name, values in lines.items()),
            *reference.values(),
        )
        for i in some_of(len(points), 6 if len(points) > 8 else 8)
    ]
    told = [f"{name}: from {number(v[0])} to {number(v[-1])}" for name, v in lines.items()]
    told += [f"reference line {name}: {number(height)}" for name, height in reference.items()]
    described = f"Lines of {ylabel} by {xlabel} from {number(points[0])} to {number(points[-1])}"
    alt = alt or f"{title}. {described}. {'; '.join(told)}."
    return AccessibleFigure(figure, title, alt, (xlabel, *lines, *reference), rows)


def bar_chart(
    values: Mapping[str, float] | Mapping[str, Mapping[str, float]],
    title: str,
    *,
    xlabel: str,
    ylabel: str,
    logy: bool = False,
    alt: str | None = None,
) -> AccessibleFigure:
    """Draw a few numbers as bars, each with its number on top.

    Parameters
    ----------
    values : dict
        Heights by name; or such dicts by name, for bars side by side: each has a colour and a hatching of its
        own in the legend, and the names within it stand along the axis.
    title : str
        The finding.
    xlabel, ylabel : str
    logy : bool
        Whether the heights' axis is logarithmic.
    alt : str, optional
        Replaces the text that is made of title and numbers.

    Returns
    -------
    AccessibleFigure
    """
    nested = isinstance(next(iter(filled("values", values).values())), Mapping)
    groups: dict[str, Any] = dict(values) if nested else {ylabel: values}
    places = list(dict.fromkeys(name for group in groups.values() for name in group))
    figure, ax = _chart(title, xlabel, ylabel)
    width = 0.8 / len(groups)
    for i, (label, group) in enumerate(groups.items()):
        at = [places.index(name) + (i - (len(groups) - 1) / 2) * width for name in group]
        bars = ax.bar(
            at,
            list(group.values()),
            width,
            color=nth(COLOURS, i),
            hatch=nth(HATCHES, i),
            edgecolor="white",
            label=label,
        )
        ax.bar_label(bars, [number(height) for height in group.values()], padding=2, fontsize="small")
    ax.set_xticks(range(len(places)), places)
    ax.margins(y=0.12)
    ax.set_axisbelow(True)
    if logy:
        ax.set_yscale("log")
    if nested:
        # Beside the bars there is no room that is sure to be free.
        figure.legend(loc="outside lower center", ncols=min(len(groups), 3), fontsize="small")
    rows = [(place, *(group.get(place, "") for group in groups.values())) for place in places]
    told = "; ".join(
        (f"{label}: " if nested else "")
        + ", ".join(f"{name} {number(height)}" for name, height in group.items())
        for label, group in groups.items()
    )
    alt = alt or f"{title}. Bars of {ylabel} by {xlabel}. {told}."
    return AccessibleFigure(figure, title, alt, (xlabel, *groups), rows)


def _values(name: str, values: Sequence[float], points: Array) -> Array:
    if len(values) != len(points):
        raise ValueError(f"{name} has {len(values)} values, expected {len(points)}, one for each x")
    return np.asarray(values, dtype=float)


def _told(value: float, spread: Sequence[Array] | None, i: int) -> Any:
    if spread is None:
        return float(value)
    return f"{number(value)} ({number(spread[0][i])} to {number(spread[1][i])})"


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
        color=nth(COLOURS, i),
        linestyle=nth(LINE_STYLES, i),
        marker=nth(MARKERS, i),
        markersize=5,
        markevery=max(1, len(x) // 8),
        label=name,
    )


def _finish(ax: Any, logx: bool = False, logy: bool = False) -> None:
    if logx:
        ax.set_xscale("log")
    if logy:
        ax.set_yscale("log")
    ax.legend(fontsize="small")
