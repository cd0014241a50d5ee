"""A notebook's file: what git keeps of it, and what nbgrader reads in it."""

import ast
import re

import nbformat
import pytest
from workbook import code, nbgrader_of, path_of

READABLE_ID = re.compile(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*")


def test_the_file_is_what_nbformat_writes(assignment, notebook):
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert path_of(assignment).read_text(encoding="utf-8") == nbformat.writes(notebook) + "\n"


def test_it_is_committed_without_results(notebook):
    for cell in code(notebook):
        assert cell.outputs == [], cell.id
        assert cell.execution_count is None, cell.id


def test_it_opens_in_any_python_3_kernel(notebook):
    assert notebook.metadata.kernelspec == {
        "display_name": "Python 3",
        "language": "python",
        "name": "python3",
    }


def test_cell_ids_are_unique_and_readable(notebook):
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    assert all(READABLE_ID.fullmatch(name) for name in ids)


def test_every_cell_of_the_grader_has_complete_metadata_and_its_grade_id_as_its_id(notebook):
    pytest.importorskip("nbgrader")
    from nbgrader.nbgraderformat import MetadataValidator

    MetadataValidator().validate_nb(notebook)
    for cell in notebook.cells:
        if known := nbgrader_of(cell):
            expected = {"cell_type", "grade", "grade_id", "locked", "schema_version", "solution", "task"}
            assert known.keys() == expected | ({"points"} if known.grade else set()), cell.id
            assert (known.schema_version, known.cell_type, known.grade_id) == (3, cell.cell_type, cell.id)


def test_every_other_code_cell_is_a_demo(notebook):
    for cell in code(notebook):
        assert cell.metadata.get("tags", []) == ([] if nbgrader_of(cell) else ["demo"]), cell.id


def test_the_set_up_cell_imports_only_what_is_light(notebook):
    setup = next(cell for cell in notebook.cells if cell.id == "setup")
    assert nbgrader_of(setup).locked
    imported = {name.name for node in ast.parse(setup.source).body for name in node.names}
    assert imported == {"numpy", "bnkit", "check"}


def test_what_is_given_to_read_is_at_most_15_lines_of_code(notebook):
    for cell in code(notebook):
        if not nbgrader_of(cell).get("solution"):
            lines = [line for line in cell.source.splitlines() if line.strip()]
            assert len(lines) <= 15, cell.id
