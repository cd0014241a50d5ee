"""The notebook that `make lab` opens: all notebooks, how far the reader has come, and what is next."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path

from . import progress_file
from .atomic import write_atomically
from .progress_view import overview
from .workspace import MARKER, Workspace

WELCOME = """\
# Batch normalization: a workbook

You write the functions, and the check below each one tells you at once what is right, what is not, and which
idea to rethink. A notebook opens when you click on its title.

To see how far you have come, run the next cell: click into it and press Shift+Enter."""
REFRESH = "from autograder import progress\n\nprogress()"
GOOD_TO_KNOW = """\
## Good to know

- Checks remember what you have reached, in `progress.json`. Restart a kernel or come back next week: it is
  still there.
{reveal}- This page is written anew by each `make lab` or `autograder workspace`. Your notebooks never are.
  (If JupyterLab then asks whether to overwrite or to revert it, choose to revert.)"""
REVEAL = """\
- **Stuck?** Check again first: the help grows with each try (until the kernel restarts). Then unfold the
  hints. After a try, `from autograder import reveal; reveal("batch_mean")` shows a solution of that exercise.
  The model answer to a written question opens in the same way, under the name that `progress()` gives, when
  all exercises of its notebook were tried.
"""
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
# What JupyterLab would fill in itself, and then ask to save when the page is closed.
LANGUAGE = {
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
    "version": platform.python_version(),
}

CELLS = ["welcome", "progress", "good-to-know"]


def stands_in_the_way(folder: Path) -> bool:
    """Whether a folder that is no workspace yet has a start.ipynb that we did not write."""
    path = folder / "start.ipynb"
    if os.path.isfile(folder / MARKER) or not os.path.lexists(path):
        return False
    try:
        cells = json.loads(path.read_bytes())["cells"]
        return [cell.get("id") for cell in cells] != CELLS
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return True


def write_start_page(place: Workspace) -> None:
    """Write the start page with the table in it, so that it shows before anything is run.

    Parameters
    ----------
    place : Workspace

    Raises
    ------
    OSError
        If it cannot be written.
    """
    from nbformat import v4, writes

    page, text = overview(_results(place))
    table = v4.new_output("display_data", {"text/html": page, "text/plain": text})
    last = GOOD_TO_KNOW.format(reveal=REVEAL if place.reveals else "")
    cells = [
        v4.new_markdown_cell(WELCOME, id=CELLS[0]),
        v4.new_code_cell(REFRESH, id=CELLS[1], outputs=[table]),
        v4.new_markdown_cell(last, id=CELLS[2]),
    ]
    notebook = v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL, "language_info": LANGUAGE})
    write_atomically(place.start_page, writes(notebook).encode())


def _results(place: Workspace) -> dict[str, progress_file.Result]:
    try:
        return progress_file.read(place)
    except (OSError, progress_file.UnreadableProgress):
        return {}  # the reader is told where the page is run
