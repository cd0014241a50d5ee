"""A cost of two parameters as a map, and the ways that optimizers take on it."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from bnkit.backend import Array
from bnkit.figures import COLOURS, LINE_STYLES, MARKERS, AccessibleFigure, filled, new_figure, nth, number

LEVELS = 12


def valley_paths(
    cost: Callable[[Array, Array], Array],
    paths: Mapping[str, Array],
    title: str,
    *,
    xlabel: str = "first parameter",
    ylabel: str = "second parameter",
    alt: str | None = None,
) -> AccessibleFigure:
    """Draw a cost's contour lines, and on them where each optimizer went.

    Parameters
    ----------
    cost : callable
        Takes the first and the second parameter, numbers or arrays of one shape; positive, for the contour
        lines stand at equal ratios.
    paths : dict
        By name arrays of shape (steps + 1, 2): the start and where each step led.
    title : str
        The finding.
    xlabel, ylabel : str
    alt : str, optional
        Replaces the text that is made of title and numbers.

    Returns
    -------
    AccessibleFigure
        Its table tells of each path where it ended, and the costs along the way.
    """
    ways = {name: _checked(name, path) for name, path in filled("paths", paths).items()}
    figure = new_figure(6.5, 4.2, title)
    ax = figure.subplots()
    _draw_contours(ax, cost, np.concatenate(list(ways.values())))
    rows = []
    for i, (name, way) in enumerate(ways.items()):
        ax.plot(
            *way.T,
            color=nth(COLOURS, i),
            linestyle=nth(LINE_STYLES, i),
            marker=nth(MARKERS, i),
            markersize=3.5,
            linewidth=1.3,
            label=name,
        )
        costs = np.asarray(cost(*way.T), dtype=float)
        end = f"({', '.join(map(number, way[-1]))})"
        rows.append((name, str(len(way) - 1), costs[0], costs[len(way) // 2], costs[-1], end))
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.legend(fontsize="small")
    described = "; ".join(
        f"{name}: from cost {number(first)} to {number(last)} in {steps} steps"
        for name, steps, first, _, last, _ in rows
    )
    alt = alt or f"{title}. Paths on the contour lines of a cost. {described}."
    heads = ("path", "steps", "cost at the start", "halfway", "at the end", "end")
    return AccessibleFigure(figure, title, alt, heads, rows)


def _checked(name: str, path: Any) -> Array:
    way = np.asarray(path, dtype=float)
    if way.ndim != 2 or way.shape[1] != 2 or len(way) < 2:
        raise ValueError(f"{name} has shape {way.shape}, expected (steps + 1, 2): a point for each step")
    if not np.isfinite(way).all():
        raise ValueError(f"{name} has values that are not finite, expected points to draw")
    return way


def _draw_contours(ax: Any, cost: Callable[[Array, Array], Array], points: Array) -> None:
    low, high = points.min(axis=0), points.max(axis=0)
    margin = 0.12 * np.maximum(high - low, 1e-3)
    axes = (np.linspace(a, b, 120) for a, b in zip(low - margin, high + margin, strict=True))
    first, second = np.meshgrid(*axes)
    heights = np.asarray(cost(first, second), dtype=float)
    lowest = max(heights.min(), 1e-3 * heights.max())
    ax.contour(
        first,
        second,
        heights,
        levels=np.geomspace(lowest, heights.max(), LEVELS),
        colors="0.7",
        linewidths=0.8,
    )
