"""A course folder as nbgrader lays it out: where things are, how one is made, how a reader gets a copy."""

from __future__ import annotations

import difflib
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

CONFIG_NAME = "nbgrader_config.py"
CONFIG = '''"""Settings of this course, for nbgrader and for autograder."""

import glob
from pathlib import Path

c = get_config()  # noqa: F821 - nbgrader provides it

c.CourseDirectory.course_id = {course_id!r}

# `nbgrader autograde` and the formgrader's button grade as `autograder grade` does, behind the same wall.
c.Autograde.exporter_class = "autograder.nbgrader_plugin.SubmissionExporter"
c.Autograde.sanitize_preprocessors = ["autograder.nbgrader_plugin.Rebuild"]
c.Autograde.autograde_preprocessors = [
    "autograder.nbgrader_plugin.Grade",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
]

# Files beside a submitted notebook stay where they are: a link among them would be followed.
submitted = glob.escape(str(Path(__file__).resolve().parent / "submitted"))
c.CourseDirectory.ignore.extend([f"{{submitted}}/*/*/*", f"{{submitted}}/*/*/.*"])
'''


class CourseError(Exception):
    """Something that the person at the command line can mend; one line says what and how."""


@dataclass(frozen=True)
class Course:
    """An nbgrader course folder.

    Parameters
    ----------
    root : Path
        Absolute.
    """

    root: Path

    @classmethod
    def open(cls, folder: Path) -> Course:
        """Return the course in this folder.

        Raises
        ------
        CourseError
            If it is not a course folder.
        """
        root = Path(os.path.abspath(folder))
        if not root.is_dir():
            raise CourseError(
                f"there is no folder {folder}; `autograder quickstart {folder}` makes a course there"
            )
        if not (root / CONFIG_NAME).is_file():
            hint = "name one by --course, or make one by `autograder quickstart DIR`"
            raise CourseError(f"{folder} is not a course folder (it has no {CONFIG_NAME}): {hint}")
        return cls(root)

    def source(self, assignment: str) -> Path:
        """Where the instructor's version lies."""
        return self.root / "source" / assignment / f"{assignment}.ipynb"

    def release(self, assignment: str) -> Path:
        """Where the students' version lies."""
        return self.root / "release" / assignment / f"{assignment}.ipynb"

    def submitted(self, student: str, assignment: str) -> Path:
        """Folder of what a student handed in."""
        return self.root / "submitted" / student / assignment

    def autograded(self, student: str, assignment: str) -> Path:
        """Folder of what was graded."""
        return self.root / "autograded" / student / assignment

    def feedback(self, student: str, assignment: str) -> Path:
        """The page that a student gets back."""
        return self.root / "feedback" / student / assignment / f"{assignment}.html"

    @property
    def state(self) -> Path:
        """Folder of verdicts and of the lock."""
        return self.root / ".autograder"

    @property
    def assignments(self) -> list[str]:
        """Names in source/ and release/, sorted."""
        folders = [folder for step in ("source", "release") for folder in (self.root / step).glob("*/")]
        return sorted({folder.name for folder in folders if not folder.name.startswith(".")})

    def require(self, assignment: str) -> None:
        """Accept an assignment of this course.

        Raises
        ------
        CourseError
            If there is none of that name; tells the near ones.
        """
        if assignment not in self.assignments:
            raise CourseError(no_such_assignment(assignment, self.assignments))

    @cached_property
    def config(self) -> Any:
        """The course's traitlets configuration, read as nbgrader reads it."""
        from jupyter_core.paths import jupyter_config_path
        from traitlets.config import Config, PyFileConfigLoader

        config = Config()
        for folder in [*reversed(jupyter_config_path()), str(self.root)]:
            if os.path.isfile(os.path.join(folder, CONFIG_NAME)):
                try:
                    config.merge(PyFileConfigLoader(CONFIG_NAME, path=folder).load_config())
                except Exception as error:
                    place = os.path.join(folder, CONFIG_NAME)
                    raise CourseError(f"{place} cannot be used: {type(error).__name__}: {error}") from None
        config.CourseDirectory.root = str(self.root)
        return config

    @cached_property
    def directory(self) -> Any:
        """nbgrader's own view of the course; its `db_url` is the gradebook's address."""
        from nbgrader.coursedir import CourseDirectory

        return CourseDirectory(config=self.config)


def no_such_assignment(name: str, known: Iterable[str]) -> str:
    """Return the line that says so, with the near names."""
    known = list(known)
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.4) or [
        k for k in known if k.startswith(name[:2])
    ]
    if near:
        return f"there is no assignment {name!r}; did you mean {' or '.join(near)}?"
    return f"there is no assignment {name!r}; " + (
        f"there are {', '.join(known)}" if known else "there are none"
    )


def packaged_notebooks() -> dict[str, Path]:
    """Return the workbook's notebooks by assignment, from the wheel or from a checkout.

    Raises
    ------
    CourseError
        If this installation has none.
    """
    here = Path(__file__).resolve().parent
    for folder in (here / "notebooks", here.parent / "notebooks"):
        found = {
            path.stem: path for path in sorted(folder.glob("*/*.ipynb")) if path.stem == path.parent.name
        }
        if found:
            return found
    raise CourseError(
        "this installation has no notebooks: install the package again, or work in its repository"
    )


def quickstart(folder: Path) -> Course:
    """Make a course folder with every assignment in source/.

    Parameters
    ----------
    folder : Path
        Must not exist yet, or be empty.

    Returns
    -------
    Course

    Raises
    ------
    CourseError
        If the folder is in use or cannot be written.
    """
    notebooks = packaged_notebooks()
    if folder.is_dir() and any(folder.iterdir()):
        raise CourseError(f"{folder} is not empty: name a folder that does not exist yet")
    if folder.exists() and not folder.is_dir():
        raise CourseError(f"{folder} is a file: name a folder that does not exist yet")
    try:
        for assignment, notebook in notebooks.items():
            _copy_folder(notebook.parent, folder / "source" / assignment)
        for step in ("release", "submitted", "autograded", "feedback"):
            (folder / step).mkdir()
        # Written last, because it is what makes the folder a course.
        course_id = "".join(c if c.isalnum() else "_" for c in folder.absolute().name) or "course"
        (folder / CONFIG_NAME).write_text(CONFIG.format(course_id=course_id), encoding="utf-8")
    except OSError as error:
        raise CourseError(f"{folder} cannot be written: {error.strerror}") from None
    return Course.open(folder)


def _copy_folder(origin: Path, goal: Path) -> None:
    shutil.copytree(origin, goal, ignore=shutil.ignore_patterns(".*", "__pycache__"))
