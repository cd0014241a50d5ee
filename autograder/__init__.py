"""Checks what students write: at once in a notebook, and for whole classes through nbgrader."""

from .check import check
from .progress_view import progress
from .solutions import reveal

__all__ = ["check", "progress", "reveal"]
__version__ = "0.1.0"
