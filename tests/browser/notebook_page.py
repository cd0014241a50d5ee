"""A notebook in a browser's tab, and what a person does in it."""

import contextlib
import re

import pytest

TimeoutError = pytest.importorskip("playwright.sync_api").TimeoutError
ATTEMPTS = 10


def opened(browser, url):
    """Open a notebook in JupyterLab at a laptop's width, and wait until its kernel is there."""
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    page.set_default_timeout(120_000)
    page.goto(url)
    page.wait_for_selector(".jp-Notebook .jp-CodeCell")
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    page.keyboard.press("Control+B")  # puts the file browser away
    return page


def cell(page, text):
    """The first code cell whose source holds this text."""
    return page.locator(".jp-CodeCell").filter(has=page.locator(".cm-content", has_text=text)).first


def write(cell, source):
    """Replace a cell's source as a typist would; the editor indents."""
    cell.locator(".cm-content").click()
    cell.page.keyboard.press("Control+A")
    cell.page.keyboard.press("Delete")
    first, *rest = source.split("\n")
    cell.page.keyboard.type(first)
    for line in rest:
        cell.page.keyboard.press("Enter")
        cell.page.keyboard.type(line)


def run(cell):
    """Run a cell and wait until the kernel has done it."""
    prompt = cell.locator(".jp-InputArea-prompt")
    for _ in range(ATTEMPTS):
        cell.locator(".cm-content").click()
        cell.page.keyboard.press("Control+Enter")
        # JupyterLab drops what is run before the kernel is there, even where it says idle already.
        with contextlib.suppress(TimeoutError):
            prompt.filter(has_text=re.compile(r"\[(\*|\d+)\]")).wait_for(timeout=5_000)
            break
    prompt.filter(has_text=re.compile(r"\[\d+\]")).wait_for()


def output(cell):
    """What a cell shows below its source."""
    return cell.locator(".jp-OutputArea-output").first
