"""What a workspace remembers of checks, whatever happens to its file."""

import json
import multiprocessing
import os
from pathlib import Path

import pytest
from readers import FIRST, blank, solve, wrong_mean

from autograder import check
from autograder.exercise import Verdict
from autograder.exercises import of_notebook
from autograder.progress_file import UnreadableProgress, read, record
from autograder.workspace import Workspace

pytestmark = pytest.mark.usefixtures("place")
NAMES = [exercise.name for exercise in of_notebook(FIRST)]


def test_a_check_writes_down_the_best_points_the_tries_and_the_time(place):
    check(wrong_mean, "batch_mean")
    check(lambda Z: Z.mean(axis=1, keepdims=True) if Z.shape[1] > 1 else None, "batch_mean")
    check(wrong_mean, "batch_mean")
    result = read(place)["batch_mean"]
    assert (result.points, result.max_points, result.tries) == (0.88, 1, 3)
    assert not result.passed
    assert result.time.endswith("+00:00")
    solve("batch_mean")
    assert read(place)["batch_mean"].passed
    assert read(place)["batch_mean"].tries == 4


def test_checks_after_a_pass_change_nothing(place):
    solve("batch_mean")
    before = place.progress_file.read_bytes()
    solve("batch_mean")
    check(wrong_mean, "batch_mean")
    assert place.progress_file.read_bytes() == before


def test_a_blank_function_is_no_try(place):
    check(blank, "batch_mean")
    assert read(place) == {}
    assert not place.progress_file.exists()


def test_outside_a_workspace_nothing_is_written(tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    solve("batch_mean")
    assert list(elsewhere.iterdir()) == []


def test_in_grading_nothing_is_written(place, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    solve("batch_mean")
    assert not place.progress_file.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'{"exercises": []}',
        b'{"exercises": {"batch_mean": {}}}',
        b'{"exercises": {"batch_mean": {"points": "1", "max_points": 1, "tries": 1, "time": ""}}}',
        b'{"exercises": {"a": {"points": 1, "max_points": 1, "tries": 1, "time": 3}}}',
        b'{"exercises": {"a": {"points": NaN, "max_points": 1, "tries": 1, "time": ""}}}',
        b'{"exercises": {"a": {"points": 1, "max_points": Infinity, "tries": 1, "time": ""}}}',
        b'{"exercises": {"a": {"points": 100, "max_points": 1, "tries": 1, "time": ""}}}',
        b'{"exercises": {"a": {"points": -3, "max_points": 1, "tries": 1, "time": ""}}}',
        b'{"exercises": {"a": {"points": 1, "max_points": 1, "tries": -1, "time": ""}}}',
        b"[" * 100_000,
    ],
)
def test_a_damaged_file_is_put_out_of_the_way_and_told_once(place, content, capsys):
    place.progress_file.write_bytes(content)
    with pytest.raises(UnreadableProgress):
        read(place)
    solve("batch_mean")
    out = capsys.readouterr().out
    assert "all checks passed" in out
    assert "progress.json was damaged" in out
    (aside,) = place.root.glob("progress-damaged-*.json")
    assert aside.read_bytes() == content
    assert read(place)["batch_mean"].passed
    solve("batch_variance")
    assert "damaged" not in capsys.readouterr().out


def test_a_file_that_cannot_be_written_never_breaks_a_check(place, capsys, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("autograder.progress_file.write_atomically", full)
    solve("batch_mean")
    out = capsys.readouterr().out
    assert "all checks passed" in out
    assert "Your progress cannot be written down: No space left on device" in out
    solve("batch_variance")
    assert "progress" not in capsys.readouterr().out


def test_a_folder_in_the_files_place_never_breaks_a_check(place, capsys):
    place.progress_file.mkdir()
    solve("batch_mean")
    assert "cannot be written down" in capsys.readouterr().out


def test_results_of_exercises_that_are_not_known_here_are_kept(place):
    other = {"points": 2, "max_points": 2, "tries": 1, "time": "2026-01-01T00:00:00+00:00"}
    place.progress_file.write_text(json.dumps({"exercises": {"from_another_version": other}}))
    solve("batch_mean")
    assert list(read(place)) == ["from_another_version", "batch_mean"]


def test_two_kernels_at_once_lose_nothing(place):
    context = multiprocessing.get_context("spawn")
    halves = NAMES[::2], NAMES[1::2]
    kernels = [context.Process(target=record_each, args=(place.root, names)) for names in halves]
    for kernel in kernels:
        kernel.start()
    for kernel in kernels:
        kernel.join(60)
    assert {name: result.tries for name, result in read(place).items()} == dict.fromkeys(NAMES, 5)
    assert not list(place.root.glob(".writing-*"))


def record_each(root, names):
    os.chdir(root)
    for _ in range(5):
        for name in names:
            record(Workspace(Path(root), True), Verdict(name, 0, 1, "wrong"))
