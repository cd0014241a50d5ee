"""What an exercise is, and what a verdict on one is.

An exercise is a reference, probes and misconceptions. This one declaration serves the
student's check, the grader, the feedback and the tests.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from .arguments import OnDevice, Rng, Strided, mapped
from .stand_in import DeviceArray


@dataclass(frozen=True)
class Case:
    """The inputs of one call.

    Attributes
    ----------
    arguments : dict of str to value
        The positional arguments, in the order of the signature.
    keywords : dict of str to value
        The keyword arguments. What is left out keeps the signature's default.
    edge : str or None
        The edge case that this call stands for ("one example"), None for ordinary inputs.
    requirement : str or None
        The line of feedback that an ordinary call has to itself ("works on a device"). As with all
        ordinary calls there are no points without it.
    """

    arguments: dict[str, Any]
    keywords: dict[str, Any] = field(default_factory=dict)
    edge: str | None = None
    requirement: str | None = None


Probe = Callable[[np.random.Generator], Case]


@dataclass(frozen=True)
class Problem:
    """One way in which one result of one call is wrong.

    Attributes
    ----------
    where : str
        The result, or the part of it.
    message : str
    mistake : str
        The misconception behind it, where its structure tells.
    """

    where: str
    message: str
    mistake: str = ""


@dataclass(frozen=True)
class Misconception:
    """A wrong implementation that can be run, and three steps of help.

    Parameters
    ----------
    name : str
        As feedback and reports print it, for example ``"unbiased-variance"``.
    implementations : callables
        Every reading of the mistake; each has the exercise's signature.
    recognize : callable, optional
        Observations -> bool, for a mistake that shows in structure and not by equal results.
    question, pointer, statement : str, optional
        The three steps. What is left out comes from `autograder.misconceptions`.
    """

    name: str
    implementations: tuple[Callable[..., Any], ...]
    recognize: Callable[[Sequence[Any]], bool] | None = None
    question: str = ""
    pointer: str = ""
    statement: str = ""

    def __init__(self, name, *implementations, recognize=None, question="", pointer="", statement=""):
        from .misconceptions import HELP

        known = HELP.get(name)
        texts = {"question": question, "pointer": pointer, "statement": statement}
        for step, text in texts.items():
            text = text or (getattr(known, step) if known else "")
            if not text:
                raise ValueError(f"misconception {name!r} has no {step}: give one, or add it to HELP")
            object.__setattr__(self, step, text)
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "implementations", implementations)
        object.__setattr__(self, "recognize", recognize)

    @property
    def steps(self) -> tuple[str, str, str]:
        """Question, pointer, statement."""
        return self.question, self.pointer, self.statement


@dataclass(frozen=True)
class Exercise:
    """One function that a student writes.

    Attributes
    ----------
    name : str
        The function's name, and the grade_id of its solution cell.
    notebook : str
        The assignment it belongs to.
    points : float
    reference : callable
        The right answer, with the function's signature. It is run in float64.
    results : tuple of str
        What the returned values are called, in order; feedback speaks of them by these names.
        A dict of results is spoken of by its keys.
    probes : tuple of callables
        Generator -> `Case`. Each check draws every probe anew.
    misconceptions : tuple of Misconception
    criterion : callable, optional
        (cases, values) -> a list of problems per case, for an exercise with many right answers; each
        problem may name the misconception behind it.
        Without one, a result is right when it equals the reference's.
    withheld : tuple of str
        Names of `bnkit` that would hand over the answer.
    stages : tuple of str
        The results in the order in which they are computed, where each builds on those before it:
        feedback names the first wrong one.
    terms : callable, optional
        The reference's signature -> how large the terms are that each result adds up. For
        results that cancel to nothing, where no disturbed input shows what rounding costs.
    """

    name: str
    notebook: str
    points: float
    reference: Callable[..., Any]
    results: tuple[str, ...]
    probes: tuple[Probe, ...]
    misconceptions: tuple[Misconception, ...] = ()
    criterion: Callable[[list[Case], list[Any]], list[list[Problem]]] | None = None
    withheld: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    terms: Callable[..., Any] | None = None

    @property
    def test_cell(self) -> str:
        """The grade_id of the cell that carries this exercise's points."""
        return f"test_{self.name}"


@dataclass(frozen=True)
class CheckLine:
    """One line of feedback: what was looked at, and whether it was right; `edge` marks an edge case's."""

    name: str
    passed: bool
    message: str = ""
    edge: bool = False

    @property
    def told(self) -> str:
        """The line in words; a message that begins with the name says it for both."""
        if not self.message:
            return self.name
        return (
            self.message
            if re.match(rf"{re.escape(self.name)}\b", self.message)
            else f"{self.name}: {self.message}"
        )


@dataclass(frozen=True)
class Example:
    """One failing call, small enough to try by hand; every value is ready to print."""

    inputs: tuple[tuple[str, str], ...]
    found: str
    expected: str


@dataclass(frozen=True)
class Verdict:
    """What the checks say of one function.

    Attributes
    ----------
    status : str
        ``"passed"``, ``"partial"``, ``"wrong"`` or ``"blank"``.
    lines : tuple of CheckLine
        In the order in which a student should mend them.
    misconception : str or None
        The one known mistake whose results the function's results equal.
    steps : tuple of str
        That mistake's question, pointer and statement.
    message : str
        The verdict in a sentence or two.
    """

    exercise: str
    points: float
    max_points: float
    status: str
    lines: tuple[CheckLine, ...] = ()
    misconception: str | None = None
    steps: tuple[str, ...] = ()
    message: str = ""
    example: Example | None = None

    @property
    def passed(self) -> bool:
        """Whether every check passed."""
        return self.status == "passed"

    def to_dict(self) -> dict[str, Any]:
        """Return the verdict as JSON can hold it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> Verdict:
        """Return the verdict that `to_dict` wrote down."""
        example = record["example"]
        return cls(
            **{
                **record,
                "lines": tuple(CheckLine(**line) for line in record["lines"]),
                "steps": tuple(record["steps"]),
                "example": example
                and Example(tuple(map(tuple, example["inputs"])), example["found"], example["expected"]),
            }
        )


def plain(value: Any) -> Any:
    """Return a value as the reference takes it: float64, contiguous, its generator seeded anew."""
    return mapped(value, _plain)


def _plain(value: Any) -> Any:
    if isinstance(value, Strided):
        return _plain(value.array)
    if isinstance(value, OnDevice):
        return DeviceArray(_plain(value.array), may_leave=False)
    if isinstance(value, Rng):
        return np.random.default_rng(value.seed)
    if isinstance(value, np.ndarray):
        return value.astype(np.float64) if value.dtype.kind == "f" else value.copy()
    return value
