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
    panels = [ax for ax in draw().figure.axes if ax.axison]
    assert all(ax.get_xlabel() for ax in panels)
    assert not panels or any(ax.get_ylabel() for ax in panels)


@pytest.mark.parametrize("draw", [DRAWINGS["costs"], DRAWINGS["lines"]])
def test_lines_differ_in_more_than_colour(draw):
    first, second = draw().figure.axes[0].get_lines()
    assert first.get_linestyle() != second.get_linestyle()
    assert first.get_marker() != second.get_marker()


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
