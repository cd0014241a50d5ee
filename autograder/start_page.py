"""The notebook that `make lab` opens: all notebooks, how far the reader has come, and what is next."""

from __future__ import annotations

from . import progress_file
from .atomic import write_atomically
from .progress_view import overview
from .workspace import Workspace

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
{reveal}- This page is written anew by each `make lab` or `autograder workspace`. Your notebooks never are."""
REVEAL = """\
- **Stuck?** Check again first: the help grows with each try. Then unfold the hints. After a try,
  `from autograder import reveal; reveal("batch_mean")` shows a solution of that exercise. The model answer to
  a written question opens in the same way when all exercises of its notebook were tried.
"""


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
        v4.new_markdown_cell(WELCOME, id="welcome"),
        v4.new_code_cell(REFRESH, id="progress", outputs=[table]),
        v4.new_markdown_cell(last, id="good-to-know"),
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    write_atomically(place.start_page, writes(notebook).encode())


def _results(place: Workspace) -> dict[str, progress_file.Result]:
    try:
        return progress_file.read(place)
    except (OSError, progress_file.UnreadableProgress):
        return {}  # the reader is told where the page is run
