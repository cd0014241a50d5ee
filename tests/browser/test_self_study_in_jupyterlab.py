"""A reader without an instructor fails, looks at the solution, passes, restarts: nothing is forgotten."""

import pytest
from notebook_page import cell, opened, output, run, write

from autograder.exercises import of_notebook
from autograder.nbgrader_steps import workspace

pytestmark = pytest.mark.slow

NOTEBOOK = "01-normalizing-activations"
WRONG = "def batch_variance(Z, mu):\nreturn ((Z - mu) ** 2).sum(axis=1, keepdims=True) / (Z.shape[1] - 1)"
RIGHT = "def batch_variance(Z, mu):\nreturn ((Z - mu) ** 2).mean(axis=1, keepdims=True)"
EXERCISES = len(of_notebook(NOTEBOOK))


@pytest.fixture
def folder(lab):
    """A workspace, served by the lab."""
    workspace(lab.folder)
    return lab.folder


def test_a_reader_fails_reveals_passes_restarts_and_finds_the_progress(browser, lab, folder, tmp_path):
    page = opened(browser, lab.url(folder / NOTEBOOK / f"{NOTEBOOK}.ipynb"))
    run(cell(page, "from autograder import check"))
    solution, check = cell(page, "def batch_variance(Z, mu)"), cell(page, "check(batch_variance)")
    write(solution, WRONG)
    run(solution)
    run(check)
    stuck = output(check).get_by_text("Stuck?")
    stuck.wait_for()
    line = stuck.locator("code").inner_text()

    shown = added_below(page, check, line)
    shown.locator(".jp-RenderedMarkdown pre", has_text="deviation").wait_for()
    page.screenshot(path=tmp_path / "revealed.png")

    write(solution, RIGHT)
    run(solution)
    run(check)
    output(check).get_by_text("all checks passed").wait_for()
    restart(page)
    page.close()

    page = opened(browser, lab.url(folder / "start.ipynb"))
    table = page.locator(".jp-RenderedHTMLCommon table")
    table.get_by_text("not started").first.wait_for()  # as it was when the workspace was made
    # JupyterLab opens the first notebook again in a tab behind, and that one ends with the same code.
    run(page.locator(".jp-CodeCell:visible", has_text="from autograder import progress").first)
    table.get_by_text(f"1 of {EXERCISES} exercises, 2 of").wait_for()
    page.screenshot(path=tmp_path / "start.png")
    table.get_by_role("link", name="1 · Normalizing activations").click()
    page.get_by_role("tab", name=f"{NOTEBOOK}.ipynb").wait_for()
    page.close()


def test_the_start_page_shows_the_progress_without_being_run(browser, lab, folder):
    entry = '{"points": 1, "max_points": 1, "tries": 3, "time": "2026-01-01T00:00:00+00:00"}'
    (folder / "progress.json").write_text(f'{{"exercises": {{"batch_mean": {entry}}}}}')
    workspace(folder)
    page = opened(browser, lab.url(folder / "start.ipynb"))
    table = page.locator(".jp-RenderedHTMLCommon table")
    table.get_by_text(f"1 of {EXERCISES} exercises, 1 of").wait_for()
    assert table.locator("progress").first.get_attribute("value") == "1"
    page.close()


def added_below(page, above, source):
    """Add a code cell below another one, and run it; returns what it shows."""
    above.locator(".jp-InputPrompt").click()
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    page.keyboard.press("Enter")
    page.keyboard.type(source)
    page.keyboard.press("Control+Enter")
    return cell(page, source)


def restart(page):
    """Restart the kernel as a reader does, from the keyboard."""
    page.keyboard.press("Escape")
    page.keyboard.press("0")
    page.keyboard.press("0")
    page.locator(".jp-Dialog").get_by_role("button", name="Confirm Kernel Restart").click()
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
