"""A reader's workspace: a folder with the notebooks to fill in, known by a small file at its root.

Progress is kept and solutions are shown there and nowhere else: a course's release has no such file.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from .atomic import write_atomically

MARKER = ".workbook.json"


@dataclass(frozen=True)
class Workspace:
    """A folder that `autograder workspace` made.

    Attributes
    ----------
    root : Path
    reveals : bool
        Whether solutions may be shown in it.
    """

    root: Path
    reveals: bool

    @property
    def progress_file(self) -> Path:
        """Where the results of checks are written down."""
        return self.root / "progress.json"

    @property
    def start_page(self) -> Path:
        """The notebook that `make lab` opens."""
        return self.root / "start.ipynb"

    def notebook(self, assignment: str) -> Path:
        """Where the reader's copy of a notebook lies."""
        return self.root / assignment / f"{assignment}.ipynb"


def find() -> Workspace | None:
    """Return the workspace around the current directory; None outside of one, and while nbgrader grades."""
    if os.environ.get("NBGRADER_EXECUTION"):
        return None
    try:
        here = Path.cwd()
    except OSError:  # somebody has deleted it
        return None
    return next(
        (_read(folder) for folder in (here, *here.parents) if os.path.isfile(folder / MARKER)),
        None,
    )


def mark(root: Path, reveals: bool | None = None) -> Workspace:
    """Make a folder a workspace.

    Parameters
    ----------
    root : Path
        An existing folder.
    reveals : bool, optional
        Whether solutions may be shown in it; as it was unless given, and yes in a new one.

    Returns
    -------
    Workspace
    """
    if reveals is None:
        reveals = _read(root).reveals if os.path.isfile(root / MARKER) else True
    write_atomically(root / MARKER, json.dumps({"reveals": reveals}).encode())
    return Workspace(root, reveals)


def damaged(root: Path) -> bool:
    """Whether the small file is there but does not say if solutions may be shown."""
    return os.path.lexists(root / MARKER) and _reveals(root) is None


def _read(root: Path) -> Workspace:
    return Workspace(root, _reveals(root) is True)


def _reveals(root: Path) -> bool | None:
    try:
        content = json.loads((root / MARKER).read_bytes())
    except (OSError, ValueError):
        return None
    found = content.get("reveals") if isinstance(content, dict) else None
    return found if isinstance(found, bool) else None
