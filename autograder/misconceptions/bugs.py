"""Mistakes with inputs that should expose a bug."""

from __future__ import annotations

from .help import Help

BUGS: dict[str, Help] = {
    "bug-not-exposed": Help(
        "For which inputs do the broken function and a correct one have to agree?",
        "Name the one thing that the broken function does differently, then make that thing large.",
        "On these inputs the broken function is right. Ask what it takes for granted, and break that.",
    ),
    "not-a-fair-input": Help(
        "Would a correct batch norm give a finite answer here?",
        "Look at shapes and sizes: an input that no network could meet exposes nothing.",
        "An exposing input has to be one that a correct function handles: finite numbers of the shapes asked "
        "for, and no array of thousands.",
    ),
}
