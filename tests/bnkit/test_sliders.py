"""A slider's figure is seen wherever it is shown, and moves where widgets run."""

import json
import subprocess
import sys

import pytest

import bnkit

pytest.importorskip("matplotlib", reason="matplotlib is not installed: pip install '.[course]'")


def draw(gamma=2.0, m=8):
    return bnkit.bar_chart(
        {"gamma": gamma, "m": m}, f"gamma = {gamma}, m = {m}", xlabel="name", ylabel="value"
    )


def test_outside_of_a_notebook_the_figure_for_the_start_values_comes_back():
    assert bnkit.slider(draw, gamma=(0, 3, 0.5), m=[8, 32]).title == "gamma = 2.0, m = 8"
    assert bnkit.slider(draw, gamma=(0, 3, 0.5), m=[8, 32], start={"m": 32}).title == "gamma = 2.0, m = 32"


def test_without_a_start_value_a_range_begins_in_its_middle_and_a_list_with_its_first_choice():
    def free(gamma, m):
        return draw(gamma, m)

    assert bnkit.slider(free, gamma=(-2, 3, 0.5), m=[4, 8]).title == "gamma = 0.5, m = 4"
    assert bnkit.slider(free, gamma=(0, 5, 1), m=[4, 8]).title == "gamma = 2, m = 4"


def test_a_range_of_integers_gives_integers():
    assert bnkit.slider(draw, gamma=(0, 3, 1), m=[8]).title == "gamma = 2, m = 8"


def test_what_is_no_range_is_told():
    with pytest.raises(ValueError, match="no range is given"):
        bnkit.slider(draw)
    with pytest.raises(ValueError, match=r"gamma is \(3, 0, 1\), expected \(low, high, step\)"):
        bnkit.slider(draw, gamma=(3, 0, 1))
    with pytest.raises(ValueError, match=r"m is \[\], expected"):
        bnkit.slider(draw, m=[])
    with pytest.raises(ValueError, match=r"gamma starts at 2.0, expected a value of its range \(3, 5, 0.5\)"):
        bnkit.slider(draw, gamma=(3, 5, 0.5))
    with pytest.raises(ValueError, match=r"start has \['beta'\], expected names that have a range: \['m'\]"):
        bnkit.slider(draw, m=[8], start={"beta": 1})


CELL = """
import json, sys
{before}
import bnkit

def draw(gamma=2.0, m=8):
    if gamma > 2.6:
        raise ValueError("too wide")
    return bnkit.bar_chart({{"a": gamma}}, f"gamma = {{gamma}}, m = {{m}}", xlabel="name", ylabel="value")

bnkit.slider(draw, title="How wide?", gamma=(0, 3, 0.5), m=[8, 32])
"""
MOVE = """
from ipywidgets import Widget
slider = next(w for w in Widget.widgets.values() if getattr(w, "description", "") == "gamma")
slider.value = {value}
"""


@pytest.fixture(scope="module")
def run():
    """Run cells in a kernel, and return their outputs."""
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")

    def in_a_kernel(*sources):
        cells = [nbformat.v4.new_code_cell(source) for source in sources]
        notebook = nbformat.v4.new_notebook(cells=cells)
        nbclient.NotebookClient(notebook, kernel_name="python3").execute()
        return [cell.outputs for cell in notebook.cells]

    return in_a_kernel


def titles(outputs):
    return [o.data["text/plain"].split(". ")[0] for o in outputs if "image/png" in o.get("data", {})]


@pytest.mark.slow
def test_a_notebook_shows_the_sliders_and_below_them_the_figure(run):
    pytest.importorskip("ipywidgets")
    ((sliders, figure),) = run(CELL.format(before=""))
    assert "application/vnd.jupyter.widget-view+json" in sliders.data
    assert sliders.data["text/plain"] == "How wide? (Drawn for gamma = 2.0, m = 8.)"
    assert titles([figure]) == ["gamma = 2.0, m = 8"]
    assert "<table>" in figure.data["text/html"]


@pytest.mark.slow
def test_moving_a_slider_replaces_the_figure_in_its_place(run):
    pytest.importorskip("ipywidgets")
    outputs, moved = run(CELL.format(before=""), MOVE.format(value=2.5))
    assert titles(outputs) == ["gamma = 2.5, m = 8"]
    assert titles(moved) == []


@pytest.mark.slow
def test_a_value_that_cannot_be_drawn_is_told_in_the_figures_place(run):
    pytest.importorskip("ipywidgets")
    outputs, _ = run(CELL.format(before=""), MOVE.format(value=3.0))
    assert outputs[1].data == {"text/plain": "ValueError: too wide"}


@pytest.mark.slow
def test_without_ipywidgets_a_notebook_still_shows_the_figure(run):
    (outputs,) = run(CELL.format(before="sys.modules['ipywidgets'] = None"))
    assert titles(outputs) == ["gamma = 2.0, m = 8"]
    assert [o.text for o in outputs if o.get("name") == "stdout"] == [
        "The figure for gamma = 2.0, m = 8. To move it you need ipywidgets: pip install ipywidgets\n"
    ]
    assert not any(o.get("name") == "stderr" for o in outputs)


def test_plain_python_needs_neither_ipython_nor_ipywidgets():
    code = (
        "import sys, json; sys.modules['IPython'] = sys.modules['ipywidgets'] = None\n"
        "import bnkit\n"
        "def draw(a): return bnkit.bar_chart({'a': a}, 'One bar', xlabel='x', ylabel='y')\n"
        "bnkit.show_source(bnkit.relu)\n"
        "print(json.dumps(bnkit.slider(draw, a=(0, 4, 1)).rows))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    *source, rows = ran.stdout.splitlines()
    assert source[0].startswith("def relu(")
    assert json.loads(rows) == [["a", 2]]
    assert ran.stderr == ""
