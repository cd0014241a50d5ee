"""The network as a drawing: which array is made from which, by which parameters."""

from collections.abc import Sequence
from typing import Any

from bnkit.checks import check_count
from bnkit.figures import COLOURS, AccessibleFigure, new_figure


def computation_graph(
    layer_dims: Sequence[int], title: str, *, m: int | str = "m", alt: str | None = None
) -> AccessibleFigure:
    """Draw the way from X to the cost, each array with its shape, a row of boxes per layer.

    Parameters
    ----------
    layer_dims : sequence of int
        Inputs, units of each hidden layer, classes.
    title : str
    m : int or str
        Examples in a mini-batch.
    alt : str, optional
        Replaces the text that names every step.

    Returns
    -------
    AccessibleFigure
        Its table lists the parameters and their shapes.
    """
    dims = [check_count(f"layer_dims[{i}]", n) for i, n in enumerate(layer_dims)]
    last = len(dims) - 1
    if last < 1:
        raise ValueError(f"layer_dims is {layer_dims!r}, expected at least inputs and classes: [64, 10]")
    figure = new_figure(9, 0.7 + 0.95 * last, title)
    ax = figure.subplots()
    ax.set_axis_off()
    ax.set(xlim=(-0.5, 3.5), ylim=(last + 0.45, 0.45))
    rows: list[tuple[str, str]] = []
    for layer in range(1, last + 1):
        draw = _draw_hidden_layer if layer < last else _draw_output_layer
        rows += draw(ax, layer, dims[layer - 1], dims[layer], m)
    alt = alt or f"{title}. A graph from X to the cost, a row per layer: {_told(last)}."
    return AccessibleFigure(figure, title, alt, ("parameter", "shape"), rows)


def _draw_hidden_layer(ax: Any, layer: int, n_prev: int, n: int, m: int | str) -> list[tuple[str, str]]:
    _draw_first_box(ax, layer, n_prev, m)
    for column, name in enumerate(("Z", r"\tilde{Z}", "A"), start=1):
        _draw_box(ax, column, layer, f"${name}^{{[{layer}]}}$\n({n}, {m})")
    batch_norm = rf"batch norm: $\gamma^{{[{layer}]}}, \beta^{{[{layer}]}}$"
    _draw_arrows(ax, layer, (f"$W^{{[{layer}]}}$", batch_norm, "ReLU"))
    return [(f"W{layer}", f"({n}, {n_prev})"), (f"gamma{layer}", f"({n}, 1)"), (f"beta{layer}", f"({n}, 1)")]


def _draw_output_layer(ax: Any, layer: int, n_prev: int, n: int, m: int | str) -> list[tuple[str, str]]:
    _draw_first_box(ax, layer, n_prev, m)
    _draw_box(ax, 1, layer, f"$Z^{{[{layer}]}}$\n({n}, {m})")
    _draw_box(ax, 2, layer, f"$\\hat{{Y}}$\n({n}, {m})")
    _draw_box(ax, 3, layer, "$J$\na number")
    _draw_arrows(ax, layer, (f"$W^{{[{layer}]}}, b^{{[{layer}]}}$", "softmax", "cross-entropy: $Y$"))
    return [(f"W{layer}", f"({n}, {n_prev})"), (f"b{layer}", f"({n}, 1)")]


def _draw_first_box(ax: Any, layer: int, n_prev: int, m: int | str) -> None:
    # From the second layer on, it is the box that the row above ended with: drawn again, dashed.
    name = "X" if layer == 1 else f"A^{{[{layer - 1}]}}"
    _draw_box(ax, 0, layer, f"${name}$\n({n_prev}, {m})", repeated=layer > 1)


def _draw_box(ax: Any, column: int, row: int, text: str, repeated: bool = False) -> None:
    edge, style = ("0.5", "--") if repeated else (COLOURS[0], "-")
    outline = {"boxstyle": "round,pad=0.5", "facecolor": "white", "edgecolor": edge, "linestyle": style}
    ax.text(column, row, text, ha="center", va="center", fontsize="medium", bbox=outline)


def _draw_arrows(ax: Any, row: int, texts: Sequence[str]) -> None:
    for column, text in enumerate(texts):
        ax.annotate("", (column + 0.74, row), (column + 0.26, row), arrowprops={"arrowstyle": "->"})
        ax.text(column + 0.5, row - 0.06, text, ha="center", va="bottom", fontsize="small")


def _told(last: int) -> str:
    hidden = [
        f"W{layer} makes Z{layer}, batch norm with gamma{layer} and beta{layer} makes Z_tilde{layer}, "
        f"ReLU makes A{layer}"
        for layer in range(1, last)
    ]
    output = f"W{last} and b{last} make Z{last}, softmax makes Y_hat, cross-entropy with Y makes the cost J"
    return "; ".join([*hidden, output])
