"""What is read of a submission, and what is refused, each with its reason."""

import json
import os
import socket
import tracemalloc

import pytest

from autograder.intake import Refusal, Submission, read_submission
from autograder.limits import Limits
from autograder.placement import release_cells

NAME = "01-x"


def solution(name, source="def {0}(Z):\n    raise NotImplementedError"):
    metadata = {"nbgrader": {"grade": False, "solution": True, "locked": False, "grade_id": name}}
    return {
        "cell_type": "code",
        "id": name,
        "metadata": metadata,
        "source": source.format(name),
        "outputs": [],
    }


def test_of(name):
    metadata = {"nbgrader": {"grade": True, "solution": False, "grade_id": f"test_{name}", "points": 2}}
    return {
        "cell_type": "code",
        "id": f"t-{name}",
        "metadata": metadata,
        "source": f"check({name})",
        "outputs": [],
    }


test_of.__test__ = False

SETUP = {"cell_type": "code", "id": "setup", "metadata": {}, "source": "import numpy as np", "outputs": []}
DEMO = {"cell_type": "code", "id": "plot", "metadata": {"tags": ["demo"]}, "source": "plot()", "outputs": []}
ANSWER = {
    "cell_type": "markdown",
    "id": "words",
    "metadata": {"nbgrader": {"grade": True, "solution": True, "grade_id": "manual_words", "points": 1}},
    "source": "Your answer here.",
}
RELEASE = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {},
    "cells": [
        SETUP,
        solution("mean"),
        test_of("mean"),
        DEMO,
        solution("variance"),
        test_of("variance"),
        ANSWER,
    ],
}
RIGHT = "def mean(Z):\n    return Z.mean()"


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "ada" / NAME
    folder.mkdir(parents=True)
    return folder


def notebook(*cells, **changes):
    return {**RELEASE, "cells": list(cells) or RELEASE["cells"], **changes}


def read(folder, content=None, limits=None):
    if content is not None:
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        (folder / f"{NAME}.ipynb").write_bytes(data)
    return read_submission(folder, NAME, release_cells(RELEASE), limits)


def sources(submission, *roles):
    assert isinstance(submission, Submission), submission
    return {cell.name: cell.source for cell in submission.cells if not roles or cell.role in roles}


def reason(result):
    assert isinstance(result, Refusal), result
    assert "\n" not in result.reason
    return result.reason


def test_takes_the_sources_of_solution_cells(folder):
    submission = read(
        folder, notebook(SETUP, solution("mean", RIGHT), solution("variance", "def variance(): pass"))
    )
    assert sources(submission, "solution") == {"mean": RIGHT, "variance": "def variance(): pass"}
    assert submission.flags == ()


def test_a_source_may_be_a_list_of_lines(folder):
    cell = {**solution("mean"), "source": ["def mean(Z):\n", "    return 1"]}
    assert sources(read(folder, notebook(cell)))["mean"] == "def mean(Z):\n    return 1"


def test_an_untouched_or_missing_solution_is_a_blank(folder):
    submission = read(folder, notebook(SETUP, solution("mean")))
    assert set(sources(submission, "blank")) == {"mean", "variance"}
    assert submission.notes == ("Missing from the submission, so the blank counts: variance.",)


def test_the_first_of_two_cells_with_one_grade_id_counts(folder):
    submission = read(folder, notebook(solution("mean", RIGHT), solution("mean", "def mean(Z): return 0")))
    assert sources(submission, "solution", "helper") == {"mean": RIGHT}
    assert submission.flags == ("duplicate-cell",)
    assert "Found more than once, so the first counts: mean." in submission.notes[-1]
    assert "a cell that was split" in submission.notes[-1]


def test_a_copy_of_a_given_cell_is_no_duplicate(folder):
    copied = {**SETUP, "id": "another"}
    submission = read(folder, notebook(SETUP, copied, solution("mean", RIGHT)))
    assert submission.flags == ()
    assert sources(submission, "helper") == {"added cell 2": SETUP["source"]}


def test_helpers_stand_where_the_student_put_them(folder):
    before, after = {**SETUP, "id": "a", "source": "a = 1"}, {**SETUP, "id": "b", "source": "b = 2"}
    submission = read(
        folder, notebook(before, SETUP, solution("mean", RIGHT), after, solution("variance", "x = 1"))
    )
    assert [cell.source for cell in submission.cells if cell.role != "demo"] == [
        "a = 1",
        SETUP["source"],
        RIGHT,
        "b = 2",
        "x = 1",
    ]


def test_cell_order_decides_nothing(folder):
    cells = [ANSWER, test_of("mean"), solution("variance", "v = 1"), solution("mean", RIGHT), SETUP]
    names = [cell.name for cell in read(folder, notebook(*cells)).cells]
    assert names == ["cell 1", "mean", "cell 4", "variance"]


def test_an_edited_given_cell_is_the_original_and_then_the_student_s(folder):
    edited = {**SETUP, "source": "import numpy as np\nimport math"}
    cells = read(folder, notebook(edited, solution("mean", RIGHT))).cells
    assert [(cell.role, cell.source) for cell in cells[:2]] == [
        ("given", SETUP["source"]),
        ("helper", edited["source"]),
    ]


def test_test_cells_and_demos_never_run_whatever_they_hold(folder):
    test = {**test_of("mean"), "source": "print('mine')"}
    demo = {**DEMO, "source": "train_for_hours()", "metadata": {}}
    submission = read(folder, notebook(SETUP, solution("mean"), test, demo))
    assert sources(submission, "helper", "given") == {"cell 1": SETUP["source"]}
    assert sources(submission, "demo") == {"cell 4": "train_for_hours()"}
    assert submission.notes[-1] == (
        "The grader runs no demo and no test cell: of what was changed in cell 3, 4 only new definitions and "
        "imports count."
    )


ADDED = """%time plot()
import math as m
from math import (
    pi,
)
@decorated(
    1,
)
def helper(
    Z,
):
    a = "x"

    # why
    return Z

class Two:
    pass
plot()
"""
DEFINITIONS = """import math as m
from math import (
    pi,
)
@decorated(
    1,
)
def helper(
    Z,
):
    a = "x"

    # why
    return Z
class Two:
    pass"""


@pytest.mark.parametrize("edited", [DEMO, test_of("mean")], ids=["demo", "test"])
def test_what_was_defined_in_a_demo_or_a_test_cell_runs(folder, edited):
    cell = {**edited, "source": f"{edited['source']}\n{ADDED}"}
    submission = read(folder, notebook(SETUP, solution("mean", RIGHT), cell, solution("variance", "v = 1")))
    assert sources(submission, "helper") == {"edited cell 3": DEFINITIONS}
    assert "changed in cell 3 only" in submission.notes[-1]


def test_a_demo_never_redefines_an_exercise_that_was_written(folder):
    source = "def mean(Z): return 0\nfrom bnkit import mean\nfrom numpy import *\ndef variance(Z): return 1"
    cell = {**DEMO, "source": source}
    submission = read(folder, notebook(SETUP, solution("mean", RIGHT), cell, solution("variance")))
    assert sources(submission, "helper") == {"edited cell 3": "def variance(Z): return 1"}


def test_an_edit_that_only_moves_the_given_lines_needs_no_note(folder):
    cell = {**DEMO, "source": f"\n{DEMO['source']}  \n\n"}
    submission = read(
        folder, notebook(SETUP, solution("mean", RIGHT), test_of("mean"), cell, solution("variance", "v = 1"))
    )
    assert submission.notes == ()


def test_a_test_cell_turned_into_a_solution_is_still_a_test_of(folder):
    test = test_of("mean")
    test["metadata"] = {"nbgrader": {"grade": False, "solution": True, "grade_id": "test_mean"}}
    assert "test_mean" not in sources(read(folder, notebook({**test, "source": "cheat()"})))


def test_a_solution_turned_into_markdown_still_counts(folder):
    cell = {**solution("mean", RIGHT), "cell_type": "markdown"}
    assert sources(read(folder, notebook(cell)), "solution") == {"mean": RIGHT}


def test_a_solution_without_metadata_is_known_by_its_cell_id(folder):
    cell = {**solution("mean", RIGHT), "metadata": {}}
    assert sources(read(folder, notebook(cell)), "solution") == {"mean": RIGHT}


def test_written_answers_are_taken_and_untouched_ones_left(folder):
    words = {**ANSWER, "source": "Because <b>m</b> matters."}
    assert read(folder, notebook(words)).answers == {"manual_words": "Because < b>m< /b> matters."}
    assert read(folder, notebook(ANSWER)).answers == {"manual_words": ANSWER["source"]}


def test_a_long_answer_is_cut_with_a_note(folder):
    submission = read(folder, notebook(solution("mean", RIGHT), {**ANSWER, "source": "word " * 20_000}))
    assert len(submission.answers["manual_words"]) == 50_000
    assert "Longer than 50000 characters, so only the beginning is shown: manual_words." in submission.notes


@pytest.mark.parametrize(
    "noise",
    [
        {"cell_type": "sql", "source": "select"},
        {"cell_type": "code", "source": 5},
        {"cell_type": "code", "source": ["a", 5]},
        {"source": "x"},
        "text",
        None,
    ],
    ids=repr,
)
def test_what_is_no_cell_is_skipped(folder, noise):
    assert sources(read(folder, notebook(noise, solution("mean", RIGHT))), "solution") == {"mean": RIGHT}


@pytest.mark.parametrize(
    "metadata",
    [
        {"nbgrader": {"grade_id": "mean", "schema_version": 99, "points": -5}},
        {"nbgrader": {"grade_id": "mean"}, "tags": ["skip-execution", "demo"]},
        {"nbgrader": {"grade_id": ["mean"]}},
        {"nbgrader": "none"},
        [],
        None,
    ],
    ids=repr,
)
def test_metadata_decides_nothing_but_the_grade_id(folder, metadata):
    cell = {**solution("mean", RIGHT), "metadata": metadata}
    assert sources(read(folder, notebook(cell)), "solution") == {"mean": RIGHT}


def test_nan_and_enormous_numbers_are_noise(folder):
    text = json.dumps(notebook(solution("mean", RIGHT), metadata={"x": float("nan")}))
    text = text.replace('"nbformat_minor": 5', '"nbformat_minor": ' + "9" * 5000)
    assert sources(read(folder, text.encode()), "solution") == {"mean": RIGHT}


def test_a_byte_order_mark_is_tolerated(folder):
    data = b"\xef\xbb\xbf" + json.dumps(notebook(solution("mean", RIGHT))).encode()
    assert sources(read(folder, data), "solution") == {"mean": RIGHT}


def test_a_lone_surrogate_becomes_printable(folder):
    submission = read(folder, notebook(solution("mean", "x = '\ud800'")))
    sources(submission)["mean"].encode()


def test_outputs_are_kept_as_images_and_plain_text_only(folder):
    png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    outputs = [
        {
            "output_type": "display_data",
            "data": {"text/html": "<script>", "image/png": png, "text/plain": "\x1b[31mA"},
        },
        {"output_type": "display_data", "data": {"image/png": "PHNjcmlwdD4=", "image/svg+xml": "<svg>"}},
        {"output_type": "stream", "name": "stderr", "text": ["a\x1b]0;title\x07", "b"]},
        {"output_type": "update_display_data", "data": {"text/plain": "x"}},
        "nonsense",
    ]
    cell = {**solution("mean", RIGHT), "outputs": outputs}
    shown = next(cell for cell in read(folder, notebook(cell)).cells if cell.name == "mean").outputs
    assert shown == (
        {"output_type": "display_data", "data": {"image/png": png, "text/plain": "A"}, "metadata": {}},
        {"output_type": "stream", "name": "stdout", "text": "ab"},
    )


def test_outputs_beyond_a_mebibyte_are_left_out_with_a_note(folder):
    cell = {**solution("mean", RIGHT), "outputs": [{"output_type": "stream", "text": "x" * 700_000}] * 2}
    submission = read(folder, notebook(cell, solution("variance", "v = 1")))
    assert sum(len(cell.outputs) for cell in submission.cells) == 1
    assert "Some outputs are left out" in submission.notes[0]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "is empty"),
        (b"{", "is not JSON (Expecting property name enclosed in double quotes, line 1, column 2)"),
        (json.dumps(RELEASE).encode()[:-5], "it may be cut off"),
        (json.dumps({"x": "é"}, ensure_ascii=False).encode("latin-1"), "is not UTF-8 (byte 7)"),
        (json.dumps(RELEASE).encode("utf-16"), "is UTF-16, expected UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[]", "JSON but not a notebook"),
        (b"{}", "JSON but not a notebook"),
        (notebook(nbformat=3), "has format 3, expected 4"),
        (notebook(nbformat=5), "has format 5, expected 4"),
        (notebook(nbformat=True), "has format unknown"),
        (notebook(nbformat="4"), "has format unknown"),
        (notebook(cells={}), "has no list of cells"),
        (notebook(cells=[SETUP] * 2001), "has 2001 cells"),
        (notebook({**SETUP, "source": "x" * 1_000_001}), "1000001 bytes together"),
        (b'{"nbformat": 4, "cells": [' + b"{}," * 500_000 + b"{}]}", "more than 500000 values"),
    ],
    ids=lambda value: "" if isinstance(value, dict) else str(value)[:20],
)
def test_unusable_files_are_refused_with_a_reason(folder, content, expected):
    assert expected in reason(read(folder, content))


def test_what_stands_in_text_is_no_value(folder):
    output = {"output_type": "stream", "text": '[{"a\\", 1},' * 200_000}
    assert isinstance(read(folder, notebook({**solution("mean", RIGHT), "outputs": [output]})), Submission)


def test_a_notebook_with_too_many_values_is_refused_before_it_takes_memory(folder):
    data = b'{"nbformat": 4, "cells": [' + b"{}," * 4_000_000 + b"{}]}"
    tracemalloc.start()
    try:
        reason(read(folder, data))
        assert tracemalloc.get_traced_memory()[1] < 6 * len(data)
    finally:
        tracemalloc.stop()


def test_a_file_over_the_limit_is_refused(folder):
    assert "more than 100" in reason(read(folder, notebook(), Limits(notebook=100)))


def test_another_name_is_told(folder):
    (folder / "Untitled.ipynb").write_text("{}")
    assert reason(read(folder)) == f"there is no notebook {NAME}.ipynb; found Untitled.ipynb"


def test_a_misnamed_folder_is_told(folder):
    folder.rename(folder.parent / "01-y")
    assert reason(read(folder)) == f"there is no folder {NAME}; found 01-y"


def test_links_are_refused_wherever_they_are(folder, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    folder.rename(elsewhere)
    (elsewhere / f"{NAME}.ipynb").write_text(json.dumps(notebook()))
    folder.symlink_to(elsewhere)
    assert "is a link or a file" in reason(read(folder))
    folder.unlink()
    folder.mkdir()
    (folder / f"{NAME}.ipynb").symlink_to(elsewhere / f"{NAME}.ipynb")
    assert "is a link" in reason(read(folder))
    (folder / f"{NAME}.ipynb").unlink()
    os.link(elsewhere / f"{NAME}.ipynb", folder / f"{NAME}.ipynb")
    assert "is a hard link" in reason(read(folder))
    student = tmp_path / "eve"
    student.symlink_to(folder.parent)
    assert "is a link or a file" in reason(read(student / NAME))


def test_special_files_are_refused_without_waiting(folder):
    path = folder / f"{NAME}.ipynb"
    os.mkfifo(path)
    assert "not a regular file" in reason(read(folder))
    path.unlink()
    with socket.socket(socket.AF_UNIX) as server:
        os.chdir(folder)
        server.bind(path.name)
        assert "cannot be opened" in reason(read(folder))
    path.unlink()
    path.mkdir()
    assert "not a regular file" in reason(read(folder))


@pytest.mark.parametrize(
    "name",
    [
        *("a\nb", "a\x1b[31m", "-rf", " ada", "x" * 129, "\udcff", "a\u202eb"),
        *("<img src=x onerror=alert(1)>", 'a" onclick="b', "a&#60;b", "a`b", "a\\"),
    ],
)
def test_names_that_could_do_harm_are_refused(folder, name):
    student = folder.parent.with_name(name)
    folder.parent.rename(student)
    assert "folder's name" in reason(read(student / NAME, notebook()))


@pytest.mark.parametrize("name", ["Zoë Müller", "a[1]*?", "o'neil", "学生", "{x}", "a..b"])
def test_unusual_names_are_fine(folder, name):
    student = folder.parent.with_name(name)
    folder.parent.rename(student)
    assert read(student / NAME, notebook()).student == name


def test_the_timestamp_is_read_but_never_through_a_link(folder):
    (folder / "timestamp.txt").write_text("2030-01-01 12:00:00 UTC\n")
    assert read(folder, notebook()).timestamp == "2030-01-01 12:00:00 UTC"
    (folder / "timestamp.txt").unlink()
    (folder / "timestamp.txt").symlink_to("/etc/hostname")
    assert read(folder).timestamp == ""
