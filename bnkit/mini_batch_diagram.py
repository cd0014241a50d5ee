"""Two mini-batches on their way through one network, as a drawing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bnkit.checks import check_count
from bnkit.figures import COLOURS, AccessibleFigure, new_figure


@dataclass(frozen=True)
class Step:
    """A column of the drawing: how one array is made from the one before it.

    Attributes
    ----------
    by : str
        What makes it, the same for every mini-batch.
    name : str
        The array's symbol.
    units : int
    own_statistics : bool
        Whether it also takes the mean and variance of the mini-batch itself.
    parameters : bool
        Whether what makes it is learned.
    """

    by: str
    name: str
    units: int
    own_statistics: bool = False
    parameters: bool = True


@dataclass(frozen=True)
class Lane:
    """Where a mini-batch's arrays and statistics stand, and how they are drawn."""

    t: int
    y: float
    statistics_y: float
    colour: str
    style: str


LANES = (Lane(1, 0.7, -0.25, COLOURS[0], "-"), Lane(2, 2.5, 3.45, COLOURS[1], "--"))
MIDDLE = 1.6


def mini_batch_graph(
    layer_dims: Sequence[int], batch_sizes: Sequence[int], title: str, *, alt: str | None = None
) -> AccessibleFigure:
    """Draw two mini-batches on their way through one network: parameters are shared, statistics are not.

    Parameters
    ----------
    layer_dims : sequence of int
        Inputs, units of each hidden layer, classes. One or two hidden layers, so that there is room.
    batch_sizes : pair of int
        Examples in each of the two mini-batches.
    title : str
    alt : str, optional
        Replaces the text that names every step.

    Returns
    -------
    AccessibleFigure
        Its table lists the arrays with their shapes: the same for both mini-batches, or one for each.
    """
    dims = [check_count(f"layer_dims[{i}]", n) for i, n in enumerate(layer_dims)]
    sizes = [check_count(f"batch_sizes[{i}]", m) for i, m in enumerate(batch_sizes)]
    if len(dims) not in (3, 4):
        raise ValueError(f"layer_dims is {layer_dims!r}, expected one or two hidden layers: [64, 32, 16, 10]")
    if len(sizes) != len(LANES):
        raise ValueError(f"batch_sizes is {batch_sizes!r}, expected those of two mini-batches: [64, 32]")
    steps = _steps(dims)
    figure = new_figure(1.3 * len(steps) + 1.6, 4.8, title)
    ax = figure.subplots()
    ax.set_axis_off()
    ax.set(xlim=(-0.5, len(steps) + 0.45), ylim=(3.75, -0.55))
    for lane, m in zip(LANES, sizes, strict=True):
        _draw_lane(ax, lane, m, dims[0], steps)
    for column, step in enumerate(steps, start=1):
        _draw_shared(ax, column - 0.5, step)
    alt = alt or f"{title}. {_told(len(dims) - 1)}"
    columns = ("array", "shared by both", *(f"mini-batch {lane.t} alone" for lane in LANES))
    return AccessibleFigure(figure, title, alt, columns, _rows(dims, sizes))


def _steps(dims: Sequence[int]) -> list[Step]:
    last = len(dims) - 1
    steps = []
    for layer in range(1, last):
        n, at = dims[layer], f"^{{[{layer}]}}"
        steps += [
            Step(f"$W{at}$", f"Z{at}", n),
            Step(rf"$\gamma{at}, \beta{at}$", rf"\tilde{{Z}}{at}", n, own_statistics=True),
            Step("ReLU", f"A{at}", n, parameters=False),
        ]
    return [*steps, Step(f"$W^{{[{last}]}}, b^{{[{last}]}}$", r"\hat{Y}", dims[last])]


def _draw_lane(ax: Any, lane: Lane, m: int, inputs: int, steps: Sequence[Step]) -> None:
    batch = rf"\{{{lane.t}\}}"
    names = [("X", inputs), *((step.name, step.units) for step in steps)]
    outline = {"boxstyle": "round,pad=0.4", "edgecolor": lane.colour, "linestyle": lane.style}
    for column, (name, n) in enumerate(names):
        # A second superscript is what mathtext refuses, so the layer's number and the batch's share one.
        symbol = f"${name[:-1]}{batch}}}$" if name.endswith("]}") else f"${name}^{{{batch}}}$"
        box = {**outline, "facecolor": "white", "linewidth": 1.4}
        ax.text(column, lane.y, f"{symbol}\n({n}, {m})", ha="center", va="center", bbox=box)
    for column, step in enumerate(steps, start=1):
        ax.annotate("", (column - 0.32, lane.y), (column - 0.68, lane.y), arrowprops={"arrowstyle": "->"})
        if step.own_statistics:
            _draw_statistics(ax, column - 0.5, lane, {**outline, "facecolor": "0.95"})


def _draw_statistics(ax: Any, x: float, lane: Lane, outline: dict[str, Any]) -> None:
    arrow = {"arrowstyle": "->", "color": lane.colour, "linestyle": lane.style}
    towards = 1 if lane.statistics_y > lane.y else -1
    ax.annotate(
        "",
        (x - 0.2, lane.statistics_y - 0.15 * towards),
        (x - 0.45, lane.y + 0.28 * towards),
        arrowprops=arrow,
    )
    place = (x, lane.statistics_y)
    text = {"ha": "center", "va": "center", "fontsize": "small"}
    ax.annotate(r"own $\mu, \sigma^2$", (x, lane.y), place, bbox=outline, arrowprops=arrow, **text)


def _draw_shared(ax: Any, x: float, step: Step) -> None:
    if not step.parameters:
        for lane in LANES:
            ax.text(x, lane.y - 0.1, step.by, ha="center", va="bottom", fontsize="x-small")
        return
    for lane in LANES:
        ax.annotate("", (x, lane.y), (x, MIDDLE), arrowprops={"arrowstyle": "->", "color": "0.5"})
    box = {"boxstyle": "square,pad=0.4", "facecolor": "0.88", "edgecolor": "black"}
    ax.text(x, MIDDLE, step.by, ha="center", va="center", fontsize="small", bbox=box)


def _rows(dims: Sequence[int], sizes: Sequence[int]) -> list[tuple[str, ...]]:
    rows = [("X", "", *(f"({dims[0]}, {m})" for m in sizes))]
    last = len(dims) - 1
    for layer in range(1, last):
        n, n_prev = dims[layer], dims[layer - 1]
        rows += [
            (f"W{layer}", f"({n}, {n_prev})", "", ""),
            (f"gamma{layer}, beta{layer}", f"({n}, 1)", "", ""),
            (f"mu{layer}, sigma2 of layer {layer}", "", f"({n}, 1)", f"({n}, 1)"),
            (f"Z{layer}, Z_tilde{layer}, A{layer}", "", *(f"({n}, {m})" for m in sizes)),
        ]
    rows += [
        (f"W{last}", f"({dims[last]}, {dims[last - 1]})", "", ""),
        (f"b{last}", f"({dims[last]}, 1)", "", ""),
    ]
    return [*rows, ("Y_hat", "", *(f"({dims[last]}, {m})" for m in sizes))]


def _told(last: int) -> str:
    hidden = "; ".join(
        f"W{layer} makes Z{layer}, batch norm with gamma{layer} and beta{layer} makes Z_tilde{layer}, "
        f"ReLU makes A{layer}"
        for layer in range(1, last)
    )
    return (
        f"Two rows of boxes, a row for each mini-batch: {hidden}; W{last} and b{last} make Y_hat. "
        "The parameters stand between the rows and point to both. "
        "Each row has a mean and a variance of its own for every batch norm."
    )
