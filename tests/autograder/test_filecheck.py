"""Plain files: every one gets its line, whatever it holds."""

import json
import os

import pytest

from autograder.filecheck import check_files
from autograder.limits import Limits

QUICK = Limits(call_seconds=1, submission_seconds=5)
RIGHT = "def batch_mean(Z):\n    return Z.mean(axis=1, keepdims=True)\n"


@pytest.fixture
def lines(tmp_path):
    """Contents of files -> the JSON lines, and whether everything could be read."""

    def check(*contents, exercise=None):
        files = []
        for number, content in enumerate(contents):
            files.append(tmp_path / f"{number}.py")
            if content is not None:
                files[-1].write_bytes(content if isinstance(content, bytes) else content.encode())
        results = list(check_files(files, exercise, limits=QUICK))
        return [json.loads(result.to_json()) for result in results], all(
            result.complete for result in results
        )

    return check


def test_a_line_for_each_exercise_that_a_file_defines(lines):
    variance = (
        "batch_variance = lambda Z, mu: ((Z - mu) ** 2).sum(axis=1, keepdims=True) / (Z.shape[1] - 1)\n"
    )
    told, complete = lines(RIGHT + variance)
    assert complete
    assert told[0] == {
        "file": told[0]["file"],
        "exercise": "batch_mean",
        "points": 1,
        "max_points": 1,
        "passed": True,
        "misconception": None,
        "message": "batch_mean passes every check.",
    }
    assert (told[1]["exercise"], told[1]["points"], told[1]["misconception"]) == (
        "batch_variance",
        0,
        "unbiased-variance",
    )


@pytest.mark.parametrize(
    "definition",
    [
        "async def batch_mean(Z): pass",
        "batch_mean: object = None",
        "a, batch_mean = 1, 2",
        "import math as batch_mean",
        "for batch_mean in (1,): pass",
        "if True:\n    def batch_mean(Z): pass",
        "(batch_mean := 3)",
        "class batch_mean: pass",
    ],
)
def test_any_assignment_defines_an_exercise(lines, definition):
    (line,), complete = lines(definition)
    assert (line["exercise"], line["points"], complete) == ("batch_mean", 0, True)


@pytest.mark.parametrize(
    ("content", "exercise", "told"),
    [
        ("def batch_mean(Z:\n    pass\n", "batch_mean", "line 1"),
        (b"batch_mean = '\xe9'", "batch_mean", "is not UTF-8 (byte 14)"),
        ("", None, "the file is empty"),
        ("\n \n", None, "the file is empty"),
        ("x = 1", None, "defines no function that is an exercise"),
        (f"{RIGHT}import sys\nsys.exit(0)\n", "batch_mean", "exits in line 4"),
        (f"import os\nos._exit(0)\n{RIGHT}", "batch_mean", "crashed"),
        (f"raise SystemExit\n{RIGHT}", "batch_mean", "The file exits"),
        (f"import sys\nsys.exit(0)\n{RIGHT}", "batch_mean", "The file exits"),
        (f"while True: pass\n{RIGHT}", "batch_mean", "timeout"),
        ("\x00" + RIGHT, "batch_mean", "null"),
        ("x = 1\n" * 200_000, None, "more than 1000000 bytes"),
        ("(" * 3000 + "batch_mean = 1", None, "defines no function"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_file_that_cannot_be_graded_gets_its_line(lines, content, exercise, told):
    (line,), complete = lines(content)
    assert (line["exercise"], line["points"], line["passed"], complete) == (exercise, 0, False, True)
    assert told in line["message"]


def test_the_others_are_graded(lines):
    told, complete = lines(None, RIGHT)
    assert [line["passed"] for line in told] == [False, True]
    assert told[0]["message"] == "the file cannot be read: No such file or directory"
    assert not complete


def test_only_the_named_exercise_is_graded(lines):
    told, complete = lines(f"{RIGHT}batch_variance = 1", "x = 1", exercise="batch_mean")
    assert [(line["exercise"], line["points"]) for line in told] == [("batch_mean", 1), ("batch_mean", 0)]
    assert "is not defined" in told[1]["message"] or "missing" in told[1]["message"]
    assert complete


def test_an_unknown_exercise_is_told_with_the_near_ones(lines):
    (line,), complete = lines(RIGHT, exercise="batch_meen")
    assert "did you mean batch_mean" in line["message"]
    assert not complete


def test_what_is_no_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    results = list(check_files([tmp_path / "pipe", tmp_path]))
    assert [result.complete for result in results] == [False, False]
    assert all("not a regular file" in result.message for result in results)


def test_a_file_is_called_as_it_was_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(RIGHT)
    assert [result.file for result in check_files(["./mine.py"], limits=QUICK)] == ["./mine.py"]
