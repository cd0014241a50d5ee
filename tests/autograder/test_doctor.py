"""The doctor says what is here, and what to do about what is not."""

from click.testing import CliRunner

from autograder import doctor, wall
from autograder.cli import main


def test_a_machine_that_can_grade_is_well():
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == 0, result.output
    for name in ("Python", "numpy", "nbgrader", "workbook", "wall", "disk", "GPU", "Chromium"):
        assert name in result.output


def test_no_wall_makes_it_ill_and_the_cure_is_told(monkeypatch):
    def none():
        raise wall.WallUnavailable("there is no bwrap here: apt install bubblewrap")

    monkeypatch.setattr(wall, "find_wall", none)
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == 1
    assert "apt install bubblewrap" in result.output


def test_something_broken_is_told_and_the_rest_is_looked_at(monkeypatch):
    monkeypatch.setattr("autograder.exercises.every", lambda: 1 / 0)
    findings = doctor.examine()
    assert [f.told for f in findings if not f.fine and f.needed] == [
        "could not be looked at: ZeroDivisionError: division by zero"
    ]
    assert len(findings) == 11


def test_an_old_version_is_told(monkeypatch):
    monkeypatch.setattr("importlib.metadata.version", lambda name: "1.26.4")
    assert (
        doctor._package("numpy", "2.0", "pip install it", needed=True).told
        == "1.26.4 is older than 2.0; pip install it"
    )
