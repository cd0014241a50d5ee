"""Where each cell of a submission goes among the cells that were handed out.

A submitted cell is known by its grade_id, else by its cell id, else by an equal source. Everything
else about it (tags, metadata, type, order, outputs) decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .definitions import added_definitions, is_edited
from .markup import sanitize_markdown, shown_outputs

MAX_SHOWN = 2**20  # bytes of a submission's own outputs that the graded notebook keeps
LONGEST_ANSWER = 50_000  # characters: some twenty pages
NEVER_RUN = ("demo", "test")


@dataclass(frozen=True)
class ReleaseCell:
    """One cell of the notebook that was handed out.

    Attributes
    ----------
    role : str
        "solution", "test", "answer" (written), "demo" (shown, never run), "given" (other code) or "text".
    source : str
    grade_id, cell_id : str
        Empty where the cell has none.
    points : float
    """

    role: str
    source: str
    grade_id: str = ""
    cell_id: str = ""
    points: float = 0.0


@dataclass(frozen=True)
class PlacedCell:
    """A code cell with a place in the graded notebook.

    Attributes
    ----------
    role : str
        "given", "solution", "demo", "helper" for one that the student added, or "blank" for a solution that
        is missing or was left as it was handed out.
    name : str
        How messages call it: its grade_id, or "added cell 2".
    source : str
    anchor : int
        The release's cell that it is, or that a helper stands behind; -1 is before the first.
    outputs : tuple of dict
        What the student's own run had shown, sanitized.
    """

    role: str
    name: str
    source: str
    anchor: int
    outputs: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Placement:
    """The cells in running order, the written answers, and what there is to say about them."""

    cells: tuple[PlacedCell, ...]
    answers: Mapping[str, str]
    flags: tuple[str, ...]
    notes: tuple[str, ...]


def release_cells(notebook: Mapping[str, Any]) -> tuple[ReleaseCell, ...]:
    """Return the cells of a release notebook, each with its role in grading."""
    return tuple(map(_release_cell, notebook["cells"]))


def place(cells: Sequence[Mapping[str, Any]], release: tuple[ReleaseCell, ...]) -> Placement:
    """Put a submission's cells where they belong among the release's.

    Parameters
    ----------
    cells : sequence of dict
        As `intake.parse_cells` gives them.
    release : tuple of ReleaseCell

    Returns
    -------
    Placement
    """
    matches, duplicates = _match(cells, release)
    matched = {index: cell for cell, index in zip(cells, matches, strict=True) if index is not None}
    placed: list[PlacedCell] = []
    budget = _Budget(MAX_SHOWN)
    for index, given in enumerate(release):
        if given.role in ("solution", "given", "demo"):
            placed.append(_placed(index, given, matched.get(index), budget))
    placed += _helpers(cells, matches, duplicates, release, budget)
    # A stable sort: a release's cell comes before the helpers that stand behind it.
    placed.sort(key=lambda cell: (cell.anchor, cell.role == "helper"))
    answers = {
        given.grade_id: _answer(matched[index]["source"], given)
        for index, given in enumerate(release)
        if given.role == "answer" and index in matched
    }
    twice = sorted({release[index].grade_id for index in duplicates.values() if release[index].grade_id})
    notes = list(_notes_on_cells(cells, matches, release))
    if twice:
        notes.append(
            f"Found more than once, so the first counts: {', '.join(twice)}. A copy of a cell has its name, "
            "and so has each half of a cell that was split: write the function into the first."
        )
    if budget.exceeded:
        notes.append("Some outputs are left out: only the first MiB of them is kept.")
    return Placement(tuple(placed), answers, ("duplicate-cell",) if twice else (), tuple(notes))


def _release_cell(cell: Mapping[str, Any]) -> ReleaseCell:
    metadata = cell.get("metadata", {})
    graded = metadata.get("nbgrader", {})
    is_code = cell["cell_type"] == "code"
    if graded.get("solution"):
        role = "solution" if is_code else "answer"
    elif graded.get("grade"):
        role = "test" if is_code else "text"
    elif "demo" in metadata.get("tags", ()):
        role = "demo" if is_code else "text"
    else:
        role = "given" if is_code else "text"
    points = float(graded.get("points", 0) or 0) if graded.get("grade") else 0.0
    return ReleaseCell(role, cell["source"], graded.get("grade_id", ""), cell.get("id", ""), points)


def _match(
    cells: Sequence[Mapping[str, Any]], release: tuple[ReleaseCell, ...]
) -> tuple[list[int | None], dict[int, int]]:
    """Return which of the release's cells each submitted cell is, and which of them repeat an earlier one."""
    by_grade_id = {cell.grade_id: i for i, cell in enumerate(release) if cell.grade_id}
    by_cell_id = {cell.cell_id: i for i, cell in enumerate(release) if cell.cell_id}
    by_source = {cell.source.strip(): i for i, cell in enumerate(release) if cell.source.strip()}
    taken: set[int] = set()
    duplicates: dict[int, int] = {}
    matches: list[int | None] = [None] * len(cells)
    # Grade_ids first, for all cells: a copy without one must not take the place of the cell that has it.
    for find in (
        lambda cell: by_grade_id.get(_grade_id(cell)),
        lambda cell: by_cell_id.get(_text(cell.get("id"))),
        lambda cell: by_source.get(cell["source"].strip()),
    ):
        for number, cell in enumerate(cells):
            index = find(cell)
            if index is None or matches[number] is not None or number in duplicates:
                continue
            if index in taken:
                # An equal cell under the same name is a copy; under another one the student added it.
                if find(cell) == by_grade_id.get(_grade_id(cell)):
                    duplicates[number] = index
                continue
            taken.add(index)
            matches[number] = index
    return matches, duplicates


def _placed(index: int, given: ReleaseCell, cell: Mapping[str, Any] | None, budget: _Budget) -> PlacedCell:
    name = given.grade_id or f"cell {index + 1}"
    source = given.source if cell is None or given.role == "given" else cell["source"]
    untouched = given.role == "solution" and source.strip() == given.source.strip()
    return PlacedCell("blank" if untouched else given.role, name, source, index, budget.take(cell or {}))


def _helpers(
    cells: Sequence[Mapping[str, Any]],
    matches: list[int | None],
    duplicates: Mapping[int, int],
    release: tuple[ReleaseCell, ...],
    budget: _Budget,
) -> Iterable[PlacedCell]:
    """Yield the code that the student added: new cells, and what was added to given ones."""
    anchor = -1
    numbers = {index: number for number, index in enumerate(matches)}
    written = {
        cell.grade_id
        for index, cell in enumerate(release)
        if cell.role == "solution"
        and index in numbers
        and cells[numbers[index]]["source"].strip() != cell.source.strip()
    }
    for number, cell in enumerate(cells):
        index = matches[number]
        if index is not None:
            anchor = index
            added = _added(cell["source"], release[index], written)
        if cell["cell_type"] != "code" or number in duplicates or not cell["source"].strip():
            continue
        if index is None:
            yield PlacedCell("helper", f"added cell {number + 1}", cell["source"], anchor, budget.take(cell))
        elif added:
            yield PlacedCell("helper", f"edited cell {number + 1}", added, anchor)


def _added(source: str, given: ReleaseCell, written: set[str]) -> str:
    """Return what of an edited cell runs as a helper."""
    if given.role in ("given", "text"):
        return "" if source.strip() == given.source.strip() else source
    return added_definitions(source, given.source, written) if given.role in NEVER_RUN else ""


def _answer(source: str, given: ReleaseCell) -> str:
    # Untouched text is left as it was handed out: nbgrader tells "no response" by an equal checksum.
    return given.source if source == given.source else sanitize_markdown(source[:LONGEST_ANSWER])


def _notes_on_cells(
    cells: Sequence[Mapping[str, Any]], matches: list[int | None], release: tuple[ReleaseCell, ...]
) -> Iterable[str]:
    missing = [
        given.grade_id for i, given in enumerate(release) if given.role == "solution" and i not in matches
    ]
    if missing:
        yield f"Missing from the submission, so the blank counts: {', '.join(missing)}."
    pairs = [(n, cells[n]["source"], release[index]) for n, index in enumerate(matches) if index is not None]
    long = [
        given.grade_id
        for _, source, given in pairs
        if given.role == "answer" and len(source) > LONGEST_ANSWER
    ]
    if long:
        yield f"Longer than {LONGEST_ANSWER} characters, so only the beginning is shown: {', '.join(long)}."
    idle = [
        str(n + 1)
        for n, source, given in pairs
        if given.role in NEVER_RUN and is_edited(source, given.source)
    ]
    if idle:
        yield (
            f"The grader runs no demo and no test cell: of what was changed in cell {', '.join(idle)} only "
            "new definitions and imports count."
        )


class _Budget:
    """Counts the bytes of the outputs that are kept."""

    def __init__(self, left: int) -> None:
        self.left = left
        self.exceeded = False

    def take(self, cell: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
        outputs, size, complete = shown_outputs(cell.get("outputs"), self.left)
        self.left -= size
        self.exceeded |= not complete
        return outputs


def _grade_id(cell: Mapping[str, Any]) -> str:
    metadata = cell.get("metadata")
    graded = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return _text(graded.get("grade_id")) if isinstance(graded, dict) else ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
