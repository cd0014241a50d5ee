"""What a cell that the grader never runs defines all the same: its functions, classes and imports."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

BEGIN = re.compile(r"(?:(?:async +)?def|class|import|from)\b|@")
BOUND = re.compile(r"^(?:async +)?(?:def|class) +(\w+)", re.MULTILINE)
CONTINUATION = " \t)]}#"  # what a line begins with that belongs to the one above it


def added_definitions(source: str, given: str, taken: Collection[str]) -> str:
    """Return the top-level definitions and imports that a student added to a cell.

    Found by how their lines begin: code is parsed behind the wall only.

    Parameters
    ----------
    source, given : str
        The cell as it was handed in and as it was handed out.
    taken : collection of str
        Names that keep the meaning they have elsewhere.

    Returns
    -------
    str
        Python code; empty where nothing was added.
    """
    before = set(_blocks(given))
    return "\n".join(
        block
        for block in _blocks(source)
        if block not in before and BEGIN.match(block) and not _binds(block, taken)
    )


def is_edited(source: str, given: str) -> bool:
    """Whether a cell holds a line that was not handed out."""
    lines = {line.strip() for line in given.splitlines()}
    return any(line.strip() not in lines for line in source.splitlines() if line.strip())


def _blocks(source: str) -> Iterator[str]:
    """Yield the statements that begin at the margin, each with the lines below that belong to it."""
    lines: list[str] = []
    decorated = False
    for line in source.splitlines():
        continues = not line.strip() or line[0] in CONTINUATION
        if lines and not continues and not decorated:
            yield "\n".join(lines).rstrip()
            lines = []
        lines.append(line)
        decorated = line.startswith("@") or (decorated and continues)
    yield "\n".join(lines).rstrip()


def _binds(block: str, names: Collection[str]) -> bool:
    if block.startswith(("import", "from")):
        return "*" in block or not set(names).isdisjoint(re.findall(r"\w+", block))
    return not set(names).isdisjoint(BOUND.findall(block))
