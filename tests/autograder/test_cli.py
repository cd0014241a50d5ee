"""The command line: exit codes, standard output for programs, one line for people's errors."""

import json

import pytest
from click.testing import CliRunner
from sample_courses import FIRST, FULL, hand_in, solved

from autograder.cli import main
from autograder.flags import FLAGS
from autograder.records import Line
from autograder.report import Progress

COMMANDS = ("quickstart", "release", "grade", "feedback", "check", "demo", "doctor", "workspace", "matrix")


def invoke(*arguments):
    return CliRunner().invoke(main, list(map(str, arguments)))


def error(result):
    """The one line on standard error."""
    (line,) = result.stderr.splitlines()
    assert result.stdout == ""
    return line


@pytest.mark.parametrize("command", COMMANDS)
def test_help_teaches_by_an_example(command):
    result = invoke(command, "--help")
    assert result.exit_code == 0
    assert f"autograder {command}" in result.stdout.split("Example:")[1]


def test_importing_the_command_line_loads_nothing_heavy():
    import subprocess
    import sys

    heavy = "{'nbgrader', 'rich', 'distributed', 'IPython'}"
    code = f"import sys, autograder.cli; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"


def test_grade_tells_json_lines_and_nothing_else(course):
    hand_in(course, "ada", solved(course))
    hand_in(course, "b\x1bn", solved(course))
    hand_in(course, "cy", b"{")
    result = invoke("grade", FIRST, "--course", course.root, "--json", "--workers", 1)
    assert result.exit_code == 0
    lines = {line["student"]: line for line in map(json.loads, result.stdout.splitlines())}
    assert lines["ada"] == {
        "student": "ada",
        "assignment": FIRST,
        "status": "graded",
        "points": FULL,
        "max_points": FULL,
        "flags": [],
        "seconds": lines["ada"]["seconds"],
        "needs_manual": False,
    }
    assert (lines["cy"]["status"], lines["cy"]["points"]) == ("refused", None)
    assert "is not JSON" in lines["cy"]["reason"]
    assert "cannot be printed" in lines["b\x1bn"]["reason"]
    assert "\x1b" not in result.output


@pytest.mark.parametrize("as_json", [False, True])
def test_what_a_flag_means_is_told_once_and_beside_the_lines(capsys, as_json):
    flagged = Line("ada", FIRST, "graded", 1.0, FULL, ("looks-for-grader",))
    with Progress(as_json) as progress:
        progress.tell(flagged)
        progress.tell(flagged)
    told = capsys.readouterr()
    assert told.out.count("looks-for-grader") == 2
    assert told.err == f"looks-for-grader: {FLAGS['looks-for-grader']}\n"


def test_grade_tells_sentences_to_people_without_terminal_escapes(course):
    hand_in(course, "ada", solved(course))
    hand_in(course, "b\x1b[31mn", solved(course))
    result = invoke("grade", FIRST, "--course", course.root, "--workers", 1)
    assert f"ada  graded  {FULL} of {FULL} points" in result.output
    assert "\x1b" not in result.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["grade", "01-normalising"], "there is no assignment '01-normalising'; did you mean 01-normalizing"),
        (
            ["grade", "02-fitting-batch-norm-into-a-network"],
            "is not released yet: run `autograder release 02",
        ),
        (["feedback", FIRST], "nothing is graded yet"),
        (["release", "zzz"], "there is no assignment 'zzz'; there are 01"),
        (["grade", FIRST, "--course", "/nowhere"], "there is no folder /nowhere"),
        (["grade", FIRST, "--course", "/usr"], "/usr is not a course folder"),
        (["quickstart", "/usr"], "/usr is not empty"),
    ],
)
def test_what_a_person_can_mend_is_one_line(course, arguments, told):
    course_arguments = (
        [] if "--course" in arguments or "quickstart" in arguments else ["--course", course.root]
    )
    result = invoke(*arguments, *course_arguments)
    assert result.exit_code == 1
    assert told in error(result)


def test_nothing_handed_in_is_told(course):
    result = invoke("grade", FIRST, "--course", course.root, "--json")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "nothing was handed in\n")


def test_usage_errors_end_with_2():
    assert invoke("grade").exit_code == 2
    assert invoke("check").exit_code == 2
    assert invoke("grade", FIRST, "--workers", "0").exit_code == 2


def test_check_ends_with_2_where_a_file_or_an_exercise_is_unknown(tmp_path):
    file = tmp_path / "a.py"
    file.write_text("def batch_mean(Z):\n    return Z.mean(axis=1, keepdims=True)\n")
    assert invoke("check", file, "--json").exit_code == 0
    result = invoke("check", file, tmp_path / "none.py", "--json")
    assert result.exit_code == 2
    assert [json.loads(line)["passed"] for line in result.stdout.splitlines()] == [True, False]
    assert invoke("check", file, "--exercise", "batch_meen", "--json").exit_code == 2


def test_check_tells_people_what_is_wrong(tmp_path):
    file = tmp_path / "a.py"
    file.write_text("def batch_mean(Z):\n    raise ValueError('\x1b[31mred')\n")
    result = invoke("check", file)
    assert "batch_mean: not right yet" in result.output
    assert "\x1b" not in result.output


def test_quickstart_and_workspace_say_where_things_are(tmp_path):
    assert "autograder release --course" in invoke("quickstart", tmp_path / "my course").output
    made = invoke("workspace", tmp_path / "mine", "--no-reveal").output
    assert FIRST in made
    assert f"Start here: {tmp_path / 'mine' / 'start.ipynb'}" in made


def test_without_a_wall_nothing_is_graded(course, tmp_path, monkeypatch):
    from autograder import wall

    def none():
        raise wall.WallUnavailable("No wall to run student code behind: install bubblewrap")

    monkeypatch.setattr(wall, "find_wall", none)
    monkeypatch.setattr("autograder.sandbox.find_wall", none)
    hand_in(course, "ada", solved(course))
    (tmp_path / "a.py").write_text("batch_mean = 1\n")
    for arguments in (["grade", FIRST, "--course", course.root], ["check", tmp_path / "a.py"]):
        result = invoke(*arguments)
        assert result.exit_code == 1
        assert "install bubblewrap" in error(result)
