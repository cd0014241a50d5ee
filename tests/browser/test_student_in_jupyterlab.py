"""A student opens a release notebook, is told what is wrong, mends it, and is told that it is right."""

from __future__ import annotations

import pytest
from notebook_page import cell, opened, output, run, write

from autograder.nbgrader_steps import workspace

pytestmark = pytest.mark.slow

NOTEBOOK = "01-normalizing-activations"
WRONG = "def batch_variance(Z, mu):\nreturn ((Z - mu) ** 2).sum(axis=1, keepdims=True) / (Z.shape[1] - 1)"
RIGHT = "def batch_variance(Z, mu):\nreturn ((Z - mu) ** 2).mean(axis=1, keepdims=True)"


@pytest.fixture
def page(browser, lab):
    """Release notebook 01, open in JupyterLab at a laptop's width."""
    list(workspace(lab.folder))
    tab = opened(browser, lab.url(lab.folder / NOTEBOOK / f"{NOTEBOOK}.ipynb"))
    yield tab
    tab.close()


def test_a_wrong_then_a_right_batch_variance_get_the_named_misconception_then_the_pass(page, tmp_path):
    run(cell(page, "from autograder import check"))
    solution, check = cell(page, "def batch_variance(Z, mu)"), cell(page, "check(batch_variance)")

    write(solution, WRONG)
    run(solution)
    run(check)
    answer = output(check)
    answer.get_by_text("unbiased-variance").wait_for()
    assert "not right yet" in answer.inner_text()
    answer.get_by_text("expected", exact=True).scroll_into_view_if_needed()
    page.screenshot(path=tmp_path / "wrong.png")

    write(solution, RIGHT)
    run(solution)
    run(check)
    output(check).get_by_text("all checks passed").wait_for()
    assert "unbiased-variance" not in output(check).inner_text()
