"""Mistakes with inputs that should expose a bug."""

from __future__ import annotations

from .help import Help

BUGS: dict[str, Help] = {
    "bug-not-exposed": Help(
        "For which inputs do the broken function and a correct one have to agree?",
        "Name a thing that the broken function does differently, then choose an input on which it matters.",
        "On these inputs the broken function is as good as right. Ask what it takes for granted; break that.",
    ),
    "not-a-fair-input": Help(
        "Could the function meet this input: the shape asked for, finite numbers, and not too many?",
        "The line above says what is amiss. Compare it with the shape that the exercise asks for.",
        "An input has to be fair: finite numbers of the shapes asked for, few enough to look at, and such "
        "that a correct function gives a finite answer.",
    ),
}
