"""Every figure states its finding, and can be read without being seen."""

import base64
import re

import numpy as np
import pytest

import bnkit

matplotlib = pytest.importorskip("matplotlib", reason="matplotlib is not installed: pip install '.[course]'")

rng = np.random.default_rng(0)
Z = rng.standard_normal((3, 40)) + 5
layers = {"Z1": Z, "A1": np.maximum(Z - 5, 0)}
TITLE = "The cost falls"
DRAWINGS = {
    "histograms": lambda: bnkit.activation_histograms(layers, TITLE),
    "histograms in rows": lambda: bnkit.activation_histograms(
        {"step 0": layers, "step 9": {"Z1": Z}}, TITLE, shared_axis=False
    ),
    "costs": lambda: bnkit.cost_curves({"with": [2.0, 1.0, 0.5], "without <b>": [2.0, 1.8, 1.5]}, TITLE),
    "smoothed costs": lambda: bnkit.cost_curves({"with": [2.0, 1.0, 0.5]}, TITLE, smoothing=2, logy=True),
    "lines": lambda: bnkit.line_chart(
        [1, 10, 100], {"a": [1, 2, 3], "b": [3, 2, 1]}, TITLE, xlabel="m", ylabel="noise", logx=True
    ),
    "scatter": lambda: bnkit.scatter_units({"Z": Z, "Z_norm": Z - 5}, TITLE),
    "graph": lambda: bnkit.computation_graph([4, 3, 2], TITLE),
    "lines with bands": lambda: bnkit.line_chart(
        [1, 2, 3],
        {"a": [1, 2, 3], "b": [3, 2, 1]},
        TITLE,
        xlabel="m",
        ylabel="noise",
        bands={"b": ([2, 1, 0], [4, 3, 2])},
        reference={"floor": 0.5},
    ),
    "bars": lambda: bnkit.bar_chart({"small": 1.0, "large": 2e4}, TITLE, xlabel="size", ylabel="time"),
    "bars side by side": lambda: bnkit.bar_chart(
        {"with": {"m": 1.0, "2m": 2.0}, "without": {"2m": 3.0}}, TITLE, xlabel="m", ylabel="time", logy=True
    ),
    "cells": lambda: bnkit.heat_map(Z[:, :5] - 5, TITLE, xlabel="example", ylabel="unit"),
    "many cells": lambda: bnkit.heat_map(Z, TITLE, xlabel="example", ylabel="unit"),
    "mini-batches": lambda: bnkit.mini_batch_graph([4, 3, 3, 2], [8, 5], TITLE),
}
every_drawing = pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)


@every_drawing
def test_a_figure_carries_title_alt_text_picture_and_table(draw):
    drawing = draw()
    shown = drawing._repr_mimebundle_()
    html = shown["text/html"]
    assert drawing.figure.get_suptitle() == TITLE
    alt = re.search(r'<img alt="([^"]*)"', html).group(1)
    assert alt.startswith(f"{TITLE}. ")
    assert len(alt) > len(TITLE) + 30
    assert base64.b64decode(re.search(r"base64,([^\"]+)", html).group(1)).startswith(b"\x89PNG")
    assert shown["image/png"].startswith(b"\x89PNG")
    assert "<table>" in html
    assert html.count('<th scope="row">') == len(drawing.rows) > 0
    assert drawing.alt in shown["text/plain"]


@every_drawing
def test_axes_are_labelled(draw):
    axes = [ax for ax in draw().figure.axes if ax.axison]
    scales = [ax for ax in axes if ax.get_label() == "<colorbar>"]
    assert all(ax.get_ylabel() for ax in scales)
    panels = [ax for ax in axes if ax not in scales]
    assert all(ax.get_xlabel() for ax in panels)
    assert not panels or any(ax.get_ylabel() for ax in panels)


@pytest.mark.parametrize("draw", [DRAWINGS["costs"], DRAWINGS["lines"]])
def test_lines_differ_in_more_than_colour(draw):
    first, second = draw().figure.axes[0].get_lines()
    assert first.get_linestyle() != second.get_linestyle()
    assert first.get_marker() != second.get_marker()


def test_bars_side_by_side_differ_in_more_than_colour():
    first, second = DRAWINGS["bars side by side"]().figure.axes[0].containers
    assert first[0].get_hatch() != second[0].get_hatch()


def test_the_table_of_bars_has_a_blank_where_there_is_no_bar():
    drawing = DRAWINGS["bars side by side"]()
    assert drawing.columns == ("m", "with", "without")
    assert drawing.rows == [("m", 1.0, ""), ("2m", 2.0, 3.0)]


def test_few_points_on_a_logarithmic_axis_are_ticks_that_carry_their_numbers():
    axis = DRAWINGS["lines"]().figure.axes[0].xaxis
    assert [label.get_text() for label in axis.get_ticklabels()] == ["1", "10", "100"]
    assert not axis.get_minorticklocs().size


def test_a_line_charts_table_tells_its_bands_and_its_reference_lines():
    drawing = DRAWINGS["lines with bands"]()
    assert drawing.columns == ("m", "a", "b", "floor")
    assert drawing.rows[0] == ("1", 1.0, "3 (2 to 4)", 0.5)
    assert "reference line floor: 0.5" in drawing.alt


def test_small_matrices_have_their_numbers_in_the_cells():
    few, many = DRAWINGS["cells"](), DRAWINGS["many cells"]()
    assert len(few.figure.axes[0].texts) == 15
    assert len(many.figure.axes[0].texts) == 0
    assert [len(row) for row in few.rows] == [6] * 3
    assert len(many.columns) <= 13


def test_0_is_in_the_middle_of_the_colours_where_values_lie_on_both_sides():
    (image,) = DRAWINGS["cells"]().figure.axes[0].images
    low, high = image.get_clim()
    assert low == -high
    (image,) = DRAWINGS["many cells"]().figure.axes[0].images
    assert image.get_clim() == (Z.min(), Z.max())


def test_rows_and_columns_of_cells_may_be_named():
    drawing = bnkit.heat_map(
        np.eye(2), TITLE, xlabel="class", ylabel="class told", xticks=["cat", "dog"], yticks=["cat?", "dog?"]
    )
    assert drawing.columns == ("class told, by class", "cat", "dog")
    assert drawing.rows[1] == ("dog?", 0.0, 1.0)
    assert "lowest 0 at class told cat?, class dog" in drawing.alt


def test_two_mini_batches_share_the_parameters_and_nothing_else():
    drawing = DRAWINGS["mini-batches"]()
    shapes = {name: str(x.shape) for name, x in bnkit.Network([4, 3, 3, 2], rng=rng).parameters.items()}
    shared = {name: shape for names, shape, *_ in drawing.rows for name in names.split(", ") if shape}
    assert shared == shapes
    own = {names: tuple(rest) for names, shape, *rest in drawing.rows if not shape}
    assert own["X"] == ("(4, 8)", "(4, 5)")
    assert own["mu1, sigma2 of layer 1"] == ("(3, 1)", "(3, 1)")


@pytest.mark.parametrize(
    ("x", "shown"), [(0.12345, "0.123"), (123.4, "123"), (999.7, "1,000"), (23456.0, "23,456"), (1e-16, "0")]
)
def test_numbers_are_short(x, shown):
    assert bnkit.bar_chart({"a": x}, TITLE, xlabel="x", ylabel="y").to_text().split()[-1] == shown


def test_a_histogram_keeps_to_its_limits_and_tells_what_it_leaves_out():
    values = np.array([-9.0, 0.5, 1.0, 1.5])
    drawings = [bnkit.activation_histograms({"Z": c * values}, TITLE, limits=(-3, 3)) for c in (0.1, 1.0)]
    (narrow,), (wide,) = (drawing.figure.axes for drawing in drawings)
    assert narrow.get_xlim() == wide.get_xlim() == (-3, 3)
    assert "not drawn" not in narrow.get_title()
    assert "25.0% not drawn" in wide.get_title()
    assert sum(bar.get_height() for bar in wide.patches) == pytest.approx(0.75)


def test_a_histograms_table_has_a_column_for_zeros_only_where_there_are_any():
    assert bnkit.activation_histograms(layers, TITLE).columns[-1] == "exactly 0"
    without = bnkit.activation_histograms({"Z1": Z}, TITLE)
    assert without.columns == ("values", "mean", "standard deviation")
    assert [len(row) for row in without.rows] == [3]


def test_names_are_escaped_in_html():
    assert "without &lt;b&gt;" in DRAWINGS["costs"]().to_html()


def test_an_alt_text_may_be_given():
    assert bnkit.cost_curves({"a": [1.0, 2.0]}, TITLE, alt='Up, not "down"').alt == 'Up, not "down"'


def test_the_table_of_curves_tells_first_lowest_highest_and_last():
    drawing = bnkit.cost_curves({"a": [2.0, 0.5, 3.0, 1.0]}, TITLE)
    assert "2     0.5        3     1" in drawing.to_text()


def test_the_graphs_table_lists_every_parameter_with_its_shape():
    network = bnkit.Network([4, 3, 2], rng=rng)
    shapes = {name: str(x.shape) for name, x in network.parameters.items()}
    assert dict(bnkit.computation_graph([4, 3, 2], TITLE).rows) == shapes


def test_a_figure_can_be_saved(tmp_path):
    DRAWINGS["costs"]().save(tmp_path / "costs.png")
    assert (tmp_path / "costs.png").read_bytes().startswith(b"\x89PNG")


def test_drawing_leaves_no_figure_open_for_a_notebook_to_show_twice():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    DRAWINGS["scatter"]()
    assert pyplot.get_fignums() == []


def test_what_cannot_be_drawn_is_told():
    with pytest.raises(ValueError, match="title is '', expected a sentence"):
        bnkit.cost_curves({"a": [1.0]}, "")
    with pytest.raises(ValueError, match="expected a dict with at least one entry"):
        bnkit.activation_histograms({}, TITLE)
    with pytest.raises(ValueError, match="A1 has values that are not finite"):
        bnkit.activation_histograms({"A1": np.array([1.0, np.inf])}, TITLE)
    with pytest.raises(ValueError, match=r"limits are \(3, -3\), expected the lower one first"):
        bnkit.activation_histograms(layers, TITLE, limits=(3, -3))
    with pytest.raises(ValueError, match="b has 1 values, expected 2"):
        bnkit.line_chart([1, 2], {"b": [1]}, TITLE, xlabel="x", ylabel="y")
    with pytest.raises(ValueError, match=r"units are \(0, 7\)"):
        bnkit.scatter_units({"Z": Z}, TITLE, units=(0, 7))
    with pytest.raises(ValueError, match=r"bands has \['c'\], expected names of series: \['a'\]"):
        bnkit.line_chart([1], {"a": [1]}, TITLE, xlabel="x", ylabel="y", bands={"c": ([0], [1])})
    with pytest.raises(ValueError, match="a band of a has 2 values, expected 1"):
        bnkit.line_chart([1], {"a": [1]}, TITLE, xlabel="x", ylabel="y", bands={"a": ([0, 1], [1])})
    with pytest.raises(ValueError, match="xticks has 1 names, expected 40"):
        bnkit.heat_map(Z, TITLE, xlabel="x", ylabel="y", xticks=["a"])
    with pytest.raises(ValueError, match="not finite, expected numbers to colour"):
        bnkit.heat_map(Z * np.nan, TITLE, xlabel="x", ylabel="y")
    with pytest.raises(ValueError, match="expected one or two hidden layers"):
        bnkit.mini_batch_graph([4, 2], [8, 8], TITLE)
    with pytest.raises(ValueError, match="expected those of two mini-batches"):
        bnkit.mini_batch_graph([4, 3, 2], [8], TITLE)
