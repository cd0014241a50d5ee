"""How far a reader has come, as it is shown in a notebook and on the start page."""

import json
import xml.dom.minidom

import pytest
from readers import FIRST, solve, wrong_mean

from autograder import check, progress
from autograder.exercises import of_notebook
from autograder.progress_file import read
from autograder.progress_view import overview
from autograder.standing import next_up, standings
from autograder.start_page import write_start_page
from autograder.workspace import mark

ONE, TWO = (exercise.name for exercise in of_notebook(FIRST)[:2])


def shown(capsys, *arguments):
    capsys.readouterr()
    progress(*arguments)
    return capsys.readouterr().out


def test_in_a_notebook_each_exercise_has_its_line(place, capsys):
    solve(ONE)
    check(wrong_mean, TWO)
    check(wrong_mean, TWO)
    lines = shown(capsys).splitlines()
    assert lines[0].startswith("1 · Normalizing activations: 1 of ")
    assert f"{'█' * 20}  ✓ passes: 1 of 1 point, first try" in lines[1]
    assert f"{'░' * 20}  not yet right: 0 of 2 points, 2 tries" in lines[2]
    assert "not tried yet" in lines[3]
    assert lines[-2].endswith('from autograder import reveal; reveal("manual_what_normalizing_keeps").')
    assert f"Go on with: 1 · Normalizing activations, exercise {TWO}" in lines[-1]


def test_without_solutions_the_written_question_is_not_told_of(place, capsys):
    mark(place.root, reveals=False)
    assert "reveal" not in shown(capsys)


def test_at_the_root_each_notebook_has_its_line(place, capsys, monkeypatch):
    solve(ONE)
    everything = shown(capsys, True)
    monkeypatch.chdir(place.root)
    assert shown(capsys) == everything
    assert "The whole workbook: 1 of " in everything
    assert "2 · Fitting batch norm into a network" in everything
    assert "not started: " in everything


def test_outside_a_workspace_it_says_how_progress_is_kept(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert shown(capsys).startswith("Progress is kept in a workspace of your own: make lab")


def test_a_folder_that_cannot_be_written_to_is_told(place, capsys, monkeypatch):
    monkeypatch.setattr("os.access", lambda *arguments: False)
    assert shown(capsys).startswith("This folder cannot be written to")


def test_a_damaged_file_is_told_and_left_alone(place, capsys):
    place.progress_file.write_bytes(b"{")
    assert "progress.json is damaged" in shown(capsys)
    assert place.progress_file.read_bytes() == b"{"


def test_what_was_begun_last_is_next_and_then_the_first_that_is_open(place):
    first, second = standings({})[:2]
    assert next_up(standings({})) == first
    check(wrong_mean, of_notebook(second.assignment)[0].name)
    assert next_up(standings(read(place))).assignment == second.assignment
    for exercise in of_notebook(second.assignment):
        solve(exercise.name)
    each = standings(read(place))
    assert next_up(each) == first
    assert each[1].complete
    assert each[1].passed == each[1].exercises == len(of_notebook(second.assignment))


@pytest.mark.parametrize("tried", [False, True])
def test_html_is_well_formed_and_says_in_words_what_its_bars_show(place, tried):
    if tried:
        solve(ONE)
    page, _ = overview(read(place))
    xml.dom.minidom.parseString(f"<div>{page.replace('<br>', '<br/>')}</div>")
    assert page.count("<progress ") == len(standings({}))
    assert f"<a href='{FIRST}/{FIRST}.ipynb'>" in page
    assert "](" not in page
    assert (f"1 of {len(of_notebook(FIRST))} exercises" in page) == tried


def test_the_start_page_holds_the_table_before_it_is_run(place):
    solve(ONE)
    place.start_page.write_text("an old page")
    write_start_page(place)
    notebook = json.loads(place.start_page.read_text(encoding="utf-8"))
    (code,) = (cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    page = "".join(code["outputs"][0]["data"]["text/html"])
    assert page == overview(read(place))[0]
    assert "reveal" in json.dumps(notebook)


def test_the_start_page_of_a_workspace_without_solutions_does_not_tell_of_them(place):
    write_start_page(type(place)(place.root, reveals=False))
    assert "reveal" not in place.start_page.read_text()
