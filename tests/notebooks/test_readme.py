"""The README of the notebooks: where a reader meets what, and how much each exercise knows of mistakes."""

import re

import pytest
from workbook import ASSIGNMENTS, NOTEBOOKS, markdown, path_of

from autograder.exercises import of_notebook
from autograder.exercises.variants import VARIANTS

nbformat = pytest.importorskip("nbformat")

README = (NOTEBOOKS / "README.md").read_text(encoding="utf-8")
# A notebook, and the section in it: [03](03-a/03-a.ipynb) *1 · A heading*
PLACE = re.compile(r"\[(\d\d)\]\(([^)]+)\) \*([^*]+)\*")


def rows(heading):
    """Return the rows of the table in a section of the README, each as a list of cells."""
    section = README.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line] for line in lines[2:]]


def headings(assignment):
    """Return the headings of a notebook, without their marks."""
    notebook = nbformat.read(path_of(assignment), as_version=4)
    lines = [line for cell in markdown(notebook) for line in cell.source.splitlines()]
    return {line.lstrip("#").strip().replace("`", "") for line in lines if line.startswith("#")}


MET = rows("Where you meet what")


@pytest.mark.parametrize("row", MET, ids=[row[0] for row in MET])
def test_every_place_is_a_notebook_with_that_section(row):
    _, told = row
    places = PLACE.findall(told)
    assert places
    assert len(places) == told.count("[")
    for number, path, section in places:
        assignment = (NOTEBOOKS / path).stem
        assert (NOTEBOOKS / path) == path_of(assignment)
        assert assignment.startswith(f"{number}-")
        assert section in headings(assignment)


def test_a_reader_meets_something_in_every_notebook():
    assert {path.partition("/")[0] for _, told in MET for _, path, _ in PLACE.findall(told)} == {*ASSIGNMENTS}


def test_the_counts_are_those_of_the_registry():
    counts = [
        [
            assignment[:2],
            exercise.name,
            str(len(exercise.misconceptions)),
            str(sum(len(known.implementations) for known in exercise.misconceptions)),
            str(len(VARIANTS.get(exercise.name, ()))),
        ]
        for assignment in ASSIGNMENTS
        for exercise in of_notebook(assignment)
    ]
    sums = [str(sum(int(row[i]) for row in counts)) for i in (2, 3, 4)]
    expected = [*counts, ["", "all", *sums]]
    assert rows("What the checks know") == expected, "\n".join(f"| {' | '.join(row)} |" for row in expected)
