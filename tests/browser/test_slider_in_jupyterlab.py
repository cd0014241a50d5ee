"""A reader moves a slider, and the figure below it follows."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from notebook_page import opened, run

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
CELL = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
import bnkit

def draw(gamma=2.0, m=8):
    return bnkit.bar_chart({{"gamma": gamma}}, f"gamma = {{gamma}}, m = {{m}}", xlabel="name", ylabel="value")

bnkit.slider(draw, title="How high?", gamma=(0, 5, 0.5), m=[8, 32])
"""


@pytest.fixture
def page(browser, lab):
    """A notebook with one slider cell, open in JupyterLab."""
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(CELL)], metadata={"kernelspec": kernel}
    )
    nbformat.write(notebook, lab.folder / "slider.ipynb")
    tab = opened(browser, lab.url(lab.folder / "slider.ipynb"))
    yield tab
    tab.close()


def test_the_figure_follows_the_sliders_and_stays_one(page):
    run(page.locator(".jp-CodeCell").first)
    page.locator('figure img[alt^="gamma = 2.0, m = 8."]').wait_for()
    gamma, m = page.get_by_role("slider").all()

    gamma.focus()
    page.keyboard.press("ArrowRight")
    page.locator('figure img[alt^="gamma = 2.5, m = 8."]').wait_for()
    m.focus()
    page.keyboard.press("ArrowRight")
    page.locator('figure img[alt^="gamma = 2.5, m = 32."]').wait_for()

    assert page.locator("figure img").count() == 1
    assert page.get_by_text("How high?", exact=True).is_visible()
