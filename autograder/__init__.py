"""Checks what students write: at once in a notebook, and for whole classes through nbgrader."""

from .check import check

__all__ = ["check"]
__version__ = "0.1.0"
