"""Who is shown a solution, and who is not."""

import pytest
from readers import FIRST, blank, solve, try_all, wrong_mean

from autograder import check, reveal
from autograder.course import packaged_notebooks
from autograder.exercises import UnknownExercise, every
from autograder.flags import looks_for_grader
from autograder.own_notebooks import model_answer, opening, solution, written_questions
from autograder.stripping import STUB
from autograder.workspace import mark

QUESTION = "manual_what_normalizing_keeps"
WRITTEN = [exercise for exercise in every() if exercise.notebook in packaged_notebooks()]


def test_after_a_try_the_solution_is_shown(place, capsys):
    check(wrong_mean, "batch_mean")
    capsys.readouterr()
    reveal("batch_mean")
    shown = capsys.readouterr().out
    assert "def batch_mean(Z):\n    return Z.mean(axis=1, keepdims=True)" in shown
    assert "SOLUTION" not in shown


def test_it_takes_the_function_itself_as_well(place, capsys):
    def batch_mean(Z):
        return Z

    check(batch_mean)
    reveal(batch_mean)
    assert "keepdims=True" in capsys.readouterr().out


def test_before_a_try_it_is_not_shown_and_a_blank_is_no_try(place, capsys):
    check(blank, "batch_mean")
    assert "reveal" not in capsys.readouterr().out
    reveal("batch_mean")
    shown = capsys.readouterr().out
    assert "Try it first: write batch_mean" in shown
    assert "keepdims" not in shown


def test_a_failed_check_ends_with_the_way_to_the_solution(place, capsys):
    check(wrong_mean, "batch_mean")
    last = capsys.readouterr().out.splitlines()[-1]
    assert 'from autograder import reveal; reveal("batch_mean")' in last
    solve("batch_mean")
    assert "reveal" not in capsys.readouterr().out


@pytest.mark.parametrize("call", [lambda: reveal("batch_mean"), lambda: reveal(QUESTION)])
def test_without_a_workspace_solutions_are_not_shown(tmp_path, monkeypatch, capsys, call):
    monkeypatch.chdir(tmp_path)
    check(wrong_mean, "batch_mean")
    assert "reveal" not in capsys.readouterr().out
    call()
    assert capsys.readouterr().out.startswith("Solutions are shown in a workspace of your own only: make lab")


def test_a_workspace_may_be_made_without_solutions(place, capsys):
    mark(place.root, reveals=False)
    check(wrong_mean, "batch_mean")
    assert "reveal" not in capsys.readouterr().out
    reveal("batch_mean")
    assert capsys.readouterr().out == "Solutions are not shown in this course.\n"


def test_where_nothing_can_be_written_a_try_still_counts_until_the_restart(place, capsys):
    place.progress_file.mkdir()
    check(wrong_mean, "batch_mean")
    reveal("batch_mean")
    assert "keepdims=True" in capsys.readouterr().out


def test_a_model_answer_is_shown_when_all_exercises_of_its_notebook_were_tried(place, capsys):
    check(wrong_mean, "batch_mean")
    capsys.readouterr()
    reveal(QUESTION)
    told = capsys.readouterr().out
    assert "Left to try: batch_variance, normalize" in told
    assert "Model answer" not in told
    try_all()
    capsys.readouterr()
    reveal(QUESTION)
    assert "Model answer" in capsys.readouterr().out


def test_a_written_question_is_known_without_manual_too(place, capsys):
    try_all()
    capsys.readouterr()
    reveal(QUESTION.removeprefix("manual_"))
    assert "Model answer" in capsys.readouterr().out


def test_the_last_pass_of_a_notebook_tells_of_the_model_answer(place, capsys):
    names = [exercise.name for exercise in every() if exercise.notebook == FIRST]
    for name in names[:-1]:
        solve(name)
    assert QUESTION not in capsys.readouterr().out
    solve(names[-1])
    assert f'reveal("{QUESTION}")' in capsys.readouterr().out.splitlines()[-1]


def test_an_unknown_name_is_told_with_the_near_ones(place):
    with pytest.raises(UnknownExercise, match="did you mean batch_mean"):
        reveal("batch_meen")
    with pytest.raises(UnknownExercise, match=QUESTION):
        reveal("manual_what_normalising_keeps")


def test_cells_with_reveal_and_progress_may_be_handed_in():
    assert not looks_for_grader(["autograder.reveal", "autograder.progress"])
    assert looks_for_grader(["autograder.own_notebooks"])
    behind_the_wall = {}
    exec(STUB, behind_the_wall)
    assert repr(behind_the_wall["__getattr__"]("reveal")("batch_mean")) == ""


@pytest.mark.parametrize("exercise", WRITTEN, ids=[exercise.name for exercise in WRITTEN])
def test_every_exercise_has_a_solution_that_can_be_shown(exercise):
    code = solution(exercise.notebook, exercise.name)
    assert code.startswith(f"def {exercise.name}(")
    assert "SOLUTION" not in code
    assert '"""' not in code
    compile(code, exercise.name, "exec")


@pytest.mark.parametrize("notebook", packaged_notebooks())
def test_every_notebook_has_a_model_answer_and_an_opening(notebook):
    for name in written_questions(notebook):
        assert "Model answer" in model_answer(notebook, name)
    said = opening(notebook)
    assert said.title.startswith(f"{int(notebook[:2])} · ")
    assert said.aim
    assert said.time.startswith("about ")
    assert said.builds_on
