"""Both versions of a notebook, run from the first cell to the last in a real kernel."""

import copy
import json
import re

import pytest
from workbook import code, nbgrader_of, solutions

pytestmark = pytest.mark.slow


def solution_lines(cell):
    """Return the lines of a solution that are long enough to give it away."""
    (solution,) = re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", cell.source, re.DOTALL)
    return {line.strip() for line in solution.splitlines() if len(line.strip()) >= 15}


def test_the_release_runs_with_blanks_unfilled(assignment, released, run):
    for cell in code(run(f"release of {assignment}", released(assignment))):
        if cell.id.startswith("test_"):
            shown, score = cell.outputs
            assert "not written yet" in shown.data["text/plain"], cell.id
            assert score.data["text/plain"] == "0", cell.id
        assert not any(output.output_type == "error" for output in cell.outputs), cell.id


def test_the_source_runs_and_every_check_gives_full_marks(assignment, notebook, run):
    for cell in code(run(f"source of {assignment}", notebook)):
        if cell.id.startswith("test_"):
            assert cell.outputs[-1].data["text/plain"] == str(nbgrader_of(cell).points), cell.outputs


def test_functions_that_fail_stop_no_other_cell(assignment, released, run):
    failing = copy.deepcopy(released(assignment))
    for cell in solutions(failing):
        cell.source = cell.source.replace("raise NotImplementedError()", "raise ValueError('not like this')")
    for cell in code(run(f"failing answers to {assignment}", failing)):
        if cell.id.startswith("test_"):
            assert "ValueError" in cell.outputs[0].data["text/plain"], cell.id
        assert not any(output.output_type == "error" for output in cell.outputs), cell.id


def test_nothing_is_written_to_standard_error(assignment, notebook, released, run):
    # nbgrader gives no points to a test cell that does, and a reader takes it for an error.
    for executed in (
        run(f"source of {assignment}", notebook),
        run(f"release of {assignment}", released(assignment)),
    ):
        for cell in code(executed):
            assert not any(output.get("name") == "stderr" for output in cell.outputs), (cell.id, cell.outputs)


def test_the_release_tells_no_solution(assignment, notebook, released):
    told = {line.strip() for cell in released(assignment).cells for line in cell.source.splitlines()}
    for cell in solutions(notebook):
        assert not solution_lines(cell) & told, cell.id
    text = json.dumps(released(assignment))
    assert "BEGIN SOLUTION" not in text
    assert "END SOLUTION" not in text


def test_a_written_answer_is_blank_in_the_release(assignment, released):
    written = [cell for cell in released(assignment).cells if cell.id.startswith("manual_")]
    assert [cell.source for cell in written] == ["YOUR ANSWER HERE"] * len(written)
    assert "Model answer" not in json.dumps(released(assignment))


def test_the_release_locks_what_is_not_the_students(assignment, released):
    for cell in released(assignment).cells:
        if nbgrader_of(cell).get("locked"):
            assert cell.metadata.editable is False, cell.id
        if nbgrader_of(cell).get("solution"):
            assert cell.metadata.deletable is False, cell.id
            assert cell.metadata.get("editable", True), cell.id


def test_every_figure_has_alt_text_and_its_numbers_as_a_table(assignment, notebook, run):
    figures = [
        output.data
        for cell in code(run(f"source of {assignment}", notebook))
        for output in cell.outputs
        if "image/png" in output.get("data", {})
    ]
    assert len(figures) >= 3
    for data in figures:
        images = re.findall(r"<img [^>]*>", data["text/html"])
        assert images
        assert all(re.search(r'\balt="[^"]{40,}"', image) for image in images)
        assert "<table>" in data["text/html"]
        assert len(data["text/plain"]) >= 40
