"""The verdict on one function, reached by calling it and comparing numbers.

The judge never sees a student's code. It sees a `call`: in a notebook one that runs the
function in the same process, in grading one that sends the inputs through the wall.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from io import StringIO
from typing import Any

import numpy as np

from . import exercises
from .diagnose import diagnose
from .errors import explain
from .example import first_example
from .exercise import CheckLine, Exercise, Verdict
from .feedback import Score, show
from .observe import Observation, observe
from .self_study import after_check
from .stripping import withholding
from .wire import Call, CallError, Outcome
from .worker import call_function

ORDINARY_SHARE = 0.5  # of the points, when only edge cases are wrong
MOST_FOREIGN = 5  # results nobody asked for that are told of

_unfinished: set[str] = set()  # exercises whose last check in this kernel failed
_tries: dict[tuple[str, str], int] = {}  # checks that showed a misconception of an exercise, in this kernel


def check(function: Callable[..., Any], exercise: str | None = None) -> Score:
    """Check a function that you wrote, and show what is right and what is wrong.

    Parameters
    ----------
    function : callable
        Your function.
    exercise : str, optional
        The exercise it is for; the function's own name unless given.

    Returns
    -------
    Score
        Its points. Trying again after a mistake gives more help.

    Raises
    ------
    TypeError
        If it is given a name instead of the function.
    UnknownExercise
        If there is no exercise of that name.

    Examples
    --------
    >>> check(batch_mean)  # doctest: +SKIP
    """
    if isinstance(function, str):
        raise TypeError(f"check takes your function itself and not its name: check({function})")
    spec = exercises.find(exercise or getattr(function, "__name__", repr(function)))
    # Fifteen calls would print everything fifteen times, and nbgrader gives 0 to a cell that warns.
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        verdict = _with_causes(judge(spec, _as_graded(spec, function), np.random.default_rng()), function)
    (_unfinished.discard if verdict.passed else _unfinished.add)(spec.name)
    show(verdict, _step(verdict), after_check(verdict))
    return Score(verdict.points, verdict.max_points)


def _as_graded(exercise: Exercise, function: Callable[..., Any]) -> Callable[[Call], Outcome]:
    """Return a caller under which bnkit refuses what it will refuse in grading."""
    withheld = exercises.withheld(exercise.notebook)
    namespace = getattr(function, "__globals__", None)

    def call(request: Call) -> Outcome:
        with withholding(withheld, namespace) as stand_in:
            return in_process(stand_in(function))(request)

    return call


def _with_causes(verdict: Verdict, function: Callable[..., Any]) -> Verdict:
    """Point at the student's other functions that this one calls, where those are not right yet."""
    names = getattr(getattr(function, "__code__", None), "co_names", ())
    called = set(names) & _unfinished - {verdict.exercise}
    if verdict.passed or not called:
        return verdict
    text = f"{' and '.join(sorted(called))} did not pass the last check: start there"
    return replace(verdict, lines=(CheckLine("calls functions that pass", False, text), *verdict.lines))


def _step(verdict: Verdict) -> int:
    """Count the tries that showed this mistake; each gives one step more of help."""
    mistake = verdict.exercise, verdict.misconception or ""
    _tries[mistake] = _tries.get(mistake, 0) + 1
    return _tries[mistake]


def in_process(function: Callable[..., Any]) -> Callable[[Call], Outcome]:
    """Return a caller for `judge` that runs a function right here; for one's own code only."""
    return lambda call: call_function(function, call.args, call.kwargs, call.names)


def judge(exercise: Exercise, call: Callable[[Call], Outcome], rng: np.random.Generator) -> Verdict:
    """Call a student's function on fresh inputs and say what is right and what is wrong.

    Parameters
    ----------
    exercise : Exercise
    call : callable
        Takes a `Call`, runs the function wherever it lives, returns an `Outcome`.
    rng : numpy.random.Generator
        Draws the inputs, the order of the calls and nothing else: the same generator
        state gives the same inputs again.

    Returns
    -------
    Verdict
    """
    observations = observe(exercise, call, rng)
    if all(o.outcome.error and o.outcome.error.kind == "NotImplementedError" for o in observations):
        text = f"{exercise.name} is not written yet."
        return Verdict(exercise.name, 0.0, exercise.points, "blank", message=text)
    lines = tuple(_lines(exercise, observations))
    if all(line.passed for line in lines):
        text = f"{exercise.name} passes every check."
        return Verdict(exercise.name, exercise.points, exercise.points, "passed", lines, message=text)
    return _failure(exercise, observations, lines, rng)


def judge_function(exercise: Exercise, function: Callable[..., Any], rng: np.random.Generator) -> Verdict:
    """Judge a function that lives in this process, as `judge` does."""
    return judge(exercise, in_process(function), rng)


def _lines(exercise: Exercise, observations: list[Observation]) -> Iterator[CheckLine]:
    ordinary = [o for o in observations if o.case.edge is None and o.case.requirement is None]
    error = next((o.outcome.error for o in ordinary if o.outcome.error), None)
    yield CheckLine("runs on ordinary inputs", error is None, explain(error, exercise.name) if error else "")
    answered = [o for o in ordinary if o.outcome.error is None]
    if answered:
        wrong: dict[str, str] = {}
        for problem in (problem for o in answered for problem in o.problems):
            wrong.setdefault(_family(problem.where), problem.message)
        names = _names(exercise, answered)
        foreign = [name for name in wrong if name not in names][:MOST_FOREIGN]
        for name in (*names, *foreign):
            yield CheckLine(name, name not in wrong, wrong.get(name, ""))
        yield _unchanged(exercise, answered)
    for name in dict.fromkeys(o.case.requirement for o in observations if o.case.requirement):
        yield _together(name, [o for o in observations if o.case.requirement == name], error, exercise.name)
    for edge in dict.fromkeys(o.case.edge for o in observations if o.case.edge):
        together = _together(edge, [o for o in observations if o.case.edge == edge], error, exercise.name)
        yield replace(together, edge=True)


def _names(exercise: Exercise, observations: list[Observation]) -> list[str]:
    """Return the results' names in the order to mend them; of a dict its keys, layers taken together."""
    if exercise.stages:
        return list(exercise.stages)
    keys = [key for o in observations for key in _keys(o.expectation.value, exercise.results)]
    return list(dict.fromkeys(map(_family, keys))) or list(exercise.results)


def _keys(value: Any, names: tuple[str, ...]) -> Iterator[str]:
    """Return the keys of a dict of results, and those of each dict in a series; other results by name."""
    if isinstance(value, dict):
        yield from value
    elif isinstance(value, list):
        for item in value:
            yield from _keys(item, names)
    elif isinstance(value, tuple) and any(isinstance(part, dict) for part in value):
        for name, part in zip(names, value, strict=True):
            yield from part if isinstance(part, dict) else (name,)


def _family(where: str) -> str:
    """Return a result's name without its entry, and a parameter's without its layer: dW2[0, 1] -> dW."""
    name = where.partition("[")[0]
    return re.sub(r"^(d?(?:W|b|gamma|beta))\d+$", r"\1", name)


def _unchanged(exercise: Exercise, observations: list[Observation]) -> CheckLine:
    changed = list(dict.fromkeys(name for o in observations for name in o.outcome.changed))
    given = [o.case.arguments.get(name) for o in observations for name in changed]
    kind = "dict" if any(isinstance(getattr(value, "first", value), dict) for value in given) else "array"
    text = f"{exercise.name} changes its argument {' and '.join(changed)}; make a new {kind} instead"
    return CheckLine("leaves its inputs unchanged", not changed, text if changed else "")


def _together(
    name: str, observations: list[Observation], ordinary: CallError | None, function: str
) -> CheckLine:
    """Tell of the calls that share one line: an edge case's, or a requirement's."""
    error = next((o.outcome.error for o in observations if o.outcome.error), None)
    problem = next((problem.message for o in observations for problem in o.problems), "")
    changed = [name for o in observations for name in o.outcome.changed]
    message = problem or (f"changes its argument {changed[0]}" if changed else "")
    if error:
        # Told once in full: the same line again, with other shapes in it, would only hide the rest.
        same = ordinary and (error.kind, error.line) == (ordinary.kind, ordinary.line)
        message = f"the same {error.kind}" if same else explain(error, function)
    return CheckLine(name, not message, message)


def _failure(
    exercise: Exercise,
    observations: list[Observation],
    lines: tuple[CheckLine, ...],
    rng: np.random.Generator,
) -> Verdict:
    ordinary_right = all(line.passed for line in lines if not line.edge)
    points = _partial(exercise, lines) if ordinary_right else 0.0
    misconception = diagnose(exercise, observations, rng)
    first = next(line for line in lines if not line.passed)
    stage = f"the first wrong stage is {first.name}: " if first.name in exercise.stages else ""
    message = f"{exercise.name}: {stage}{first.told}."
    if misconception:
        message += f" Consistent with {misconception.name}: {misconception.statement}"
    return Verdict(
        exercise.name,
        points,
        exercise.points,
        "partial" if points else "wrong",
        lines,
        misconception.name if misconception else None,
        misconception.steps if misconception else (),
        message,
        first_example(exercise, observations),
    )


def _partial(exercise: Exercise, lines: tuple[CheckLine, ...]) -> float:
    passed = [line.passed for line in lines if line.edge]
    share = ORDINARY_SHARE + (1 - ORDINARY_SHARE) * sum(passed) / len(passed)
    return round(exercise.points * share, 2)
