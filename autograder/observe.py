"""Calling a function on every probe, and holding each result against what it should be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .arguments import OnDevice, called, mapped
from .compare import Expectation, coarsest, expect, problems
from .exercise import Case, Exercise, Problem, plain
from .foreign import fit_to_read
from .wire import Call, CallError, Outcome

REPEATED_CALLS = 2  # ordinary cases that are asked once more, turned over: kept state shows
FATAL = ("timeout", "crashed", "protocol")


@dataclass(frozen=True)
class Observation:
    """One call: what went in, what came out, what should have."""

    case: Case
    outcome: Outcome
    expectation: Expectation
    problems: tuple[Problem, ...]

    @property
    def right(self) -> bool:
        """Whether the result is right, whatever happened to the inputs."""
        return self.outcome.error is None and not self.problems


def observe(
    exercise: Exercise, call: Callable[[Call], Outcome], rng: np.random.Generator
) -> list[Observation]:
    """Draw every probe, call in shuffled order, some cases turned over, and compare each result.

    The observations come in the order of the probes, those turned over at the end. Calling
    stops at the first ordinary call that takes the function's process with it.
    """
    cases = [probe(rng) for probe in exercise.probes]
    order = [int(i) for i in rng.permutation(len(cases))]
    # In float64 only: turned over, a network may have a unit so near to ReLU's kink that float32 decides.
    plain_cases = [i for i in order if cases[i].edge is None and coarsest(cases[i]) == np.float64]
    repeated = plain_cases[:REPEATED_CALLS]
    order += range(len(cases), len(cases) + len(repeated))
    cases += [_turned_over(cases[i]) for i in repeated]
    outcomes: list[tuple[int, Outcome]] = []
    stopped: CallError | None = None
    while order:
        index = order.pop(0)
        outcomes.append((index, fit_to_read(call(_call(exercise, cases[index])))))
        error = outcomes[-1][1].error
        if error and error.kind in (*FATAL, "missing", "NotImplementedError"):
            stopped = error
            if cases[index].edge is None:
                break
            # Ordinary inputs next: where they stop it too, no edge case is waited for again.
            order.sort(key=lambda i: cases[i].edge is not None)
    # What stopped the function answers for what was not asked: nobody earns by crashing early.
    asked = {index for index, _ in outcomes}
    outcomes += [(index, Outcome(error=stopped)) for index in range(len(cases)) if index not in asked]
    outcomes.sort(key=lambda pair: pair[0])
    expectations = {
        index: _expected(exercise, cases[index], rng) for index in sorted({i for i, _ in outcomes})
    }
    found = _problems(exercise, cases, outcomes, expectations)
    return [
        Observation(cases[index], outcome, expectations[index], tuple(wrong))
        for (index, outcome), wrong in zip(outcomes, found, strict=True)
    ]


def _turned_over(case: Case) -> Case:
    """The same case with the rows of every array in reverse: shapes and numbers stay, values do not."""

    def turned(value: Any) -> Any:
        if isinstance(value, OnDevice):
            return OnDevice(turned(value.array))
        return value[::-1].copy() if isinstance(value, np.ndarray) and value.ndim else value

    return replace(case, arguments=mapped(case.arguments, turned))


def _expected(exercise: Exercise, case: Case, rng: np.random.Generator) -> Expectation:
    if exercise.criterion is None:
        return expect(exercise.reference, case, rng, exercise.terms)
    # One right answer of many, for its names alone.
    return Expectation(called(exercise.reference, plain(tuple(case.arguments.values())), case.keywords))


def _call(exercise: Exercise, case: Case) -> Call:
    return Call(exercise.name, tuple(case.arguments.values()), case.keywords, tuple(case.arguments))


def _problems(
    exercise: Exercise,
    cases: list[Case],
    outcomes: list[tuple[int, Outcome]],
    expectations: dict[int, Expectation],
) -> list[list[Problem]]:
    if exercise.criterion is None:
        return [
            [] if outcome.error else problems(outcome.value, expectations[index], exercise.results)
            for index, outcome in outcomes
        ]
    answered = [(index, outcome) for index, outcome in outcomes if outcome.error is None]
    inputs, values = [cases[i] for i, _ in answered], [outcome.value for _, outcome in answered]
    judged = iter(exercise.criterion(inputs, values))
    return [[] if outcome.error else next(judged) for _, outcome in outcomes]
