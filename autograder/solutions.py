"""`reveal` shows a solution to a reader in a workspace who has tried."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Any

from . import exercises, own_notebooks, workspace
from .course import packaged_notebooks
from .exercises import UnknownExercise
from .feedback import say, show_markdown
from .self_study import tried
from .workspace import Workspace

NOT_HERE = "Solutions are not shown in this course."
NO_WORKSPACE = (
    "Solutions are shown in a workspace of your own only: `make lab` or `autograder workspace DIR` makes one."
)


def reveal(exercise: str | Callable[..., Any]) -> None:
    """Show the solution of an exercise, or the model answer to a written question.

    A solution is shown after a try: a check of something that you wrote. A model answer is shown when every
    exercise of its notebook was tried. Where an instructor gave you the notebooks, neither is shown.

    Parameters
    ----------
    exercise : str or callable
        The name of the exercise or of the question, or your function.

    Raises
    ------
    UnknownExercise
        If there is none of that name.

    Examples
    --------
    >>> reveal("batch_mean")  # doctest: +SKIP
    """
    name = exercise if isinstance(exercise, str) else getattr(exercise, "__name__", repr(exercise))
    place = workspace.find()
    if place is None:
        say(NO_WORKSPACE)
    elif not place.reveals:
        say(NOT_HERE)
    elif name.startswith("manual_"):
        _reveal_answer(place, name)
    elif f"manual_{name}" in _questions():
        _reveal_answer(place, f"manual_{name}")
    else:
        _reveal_solution(place, name)


def _reveal_solution(place: Workspace, name: str) -> None:
    spec = exercises.find(name)
    if name not in tried(place):
        say(f"Try it first: write `{name}`, and run its check. After one try, `reveal` shows a solution.")
        return
    code = own_notebooks.solution(spec.notebook, name)
    say(f"One way to write `{name}`. Read it until it is clear, then write yours without looking.")
    show_markdown(f"```python\n{code}\n```", code)


def _reveal_answer(place: Workspace, name: str) -> None:
    notebook = _notebook_of_question(name)
    known = tried(place)
    untried = [each.name for each in exercises.of_notebook(notebook) if each.name not in known]
    if untried:
        listed = ", ".join(f"`{each}`" for each in untried)
        say(
            f"The model answer is shown when every exercise of its notebook was tried. Left to try: {listed}."
        )
        return
    answer = own_notebooks.model_answer(notebook, name)
    show_markdown(answer, answer)


def _questions() -> dict[str, str]:
    """The notebook of each written question."""
    return {
        question: notebook
        for notebook in packaged_notebooks()
        for question in own_notebooks.written_questions(notebook)
    }


def _notebook_of_question(name: str) -> str:
    questions = _questions()
    if name in questions:
        return questions[name]
    near = difflib.get_close_matches(name, questions, n=3) or questions
    raise UnknownExercise(f"no written question is called {name!r}; there is {' or '.join(near)}")
