"""Exercises in which a student writes the input that exposes a broken function."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..exercise import Case, Exercise, Problem
from ..wording import describe, several
from .structure import by_structure

EXPOSED = 0.01  # of the largest number in a right result: a difference that nobody takes for rounding
DISTURBANCES, FEW_ROUNDINGS = 6, 8.0
MOST_NUMBERS = 10_000
LARGEST = 1e12  # beyond it, correct functions lose their digits too


def bug_hunt(
    name: str,
    notebook: str,
    points: float,
    *,
    broken: Callable[..., Any],
    correct: Callable[..., Any],
    shapes: dict[str, tuple[str | int, ...]],
    exposing: Callable[[], Any],
    blind: tuple[Callable[[], Any], ...],
    unfair: tuple[Callable[[], Any], ...] = (),
    withheld: tuple[str, ...] = (),
) -> Exercise:
    """Make an exercise: a function without arguments that returns an input on which a bug shows.

    Parameters
    ----------
    name, notebook, points
        As in `Exercise`.
    broken, correct : callables
        Both take the inputs, in the order of `shapes`.
    shapes : dict
        Each input's name and its shape: letters stand for sizes, equal letters for equal sizes, ``()`` for a
        number.
    exposing : callable
        A right answer.
    blind : callables
        Inputs on which the broken function is right.
    unfair : callables
        Inputs that are none; a NaN is always among them.
    withheld : tuple of str
        As in `Exercise`.

    Returns
    -------
    Exercise
        Its answer is right when the broken result differs from the correct one, which has to be finite.
    """
    names = tuple(shapes)
    whole = names[0] if len(names) == 1 else "the input as a whole"

    def judged(value: Any) -> list[Problem]:
        unfit = list(_unfit(value, shapes))
        return unfit or list(_not_exposed(_inputs(value, names), whole, broken, correct))

    def never_a_number() -> Any:
        inputs = [np.asarray(part) * np.nan for part in _inputs(exposing(), names)]
        return tuple(inputs) if len(names) > 1 else inputs[0]

    return Exercise(
        name=name,
        notebook=notebook,
        points=points,
        reference=exposing,
        results=names,
        probes=(lambda rng: Case({}),) * 3,
        criterion=lambda cases, values: [judged(value) for value in values],
        misconceptions=(
            by_structure("bug-not-exposed", *blind),
            by_structure("not-a-fair-input", never_a_number, *unfair),
        ),
        withheld=withheld,
    )


def _inputs(value: Any, names: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(value) if len(names) > 1 else (value,)


def _unfit(value: Any, shapes: dict[str, tuple[str | int, ...]]) -> Iterator[Problem]:
    """Say why these are no inputs for the function."""
    names = tuple(shapes)
    mistake = "not-a-fair-input"
    if len(names) > 1 and (not isinstance(value, tuple | list) or len(value) != len(names)):
        text = f"the function returns {describe(value)}, expected {several(names, names)}"
        yield Problem(names[0], text, mistake)
        return
    sizes: dict[str | int, int] = {}
    for part, (name, shape) in zip(_inputs(value, names), shapes.items(), strict=True):
        # Of a size that an earlier input has fixed, the number is told and not the letter.
        sizes_wanted = ", ".join(str(sizes.get(size, size)) for size in shape) + "," * (len(shape) == 1)
        wanted = f"an array of shape ({sizes_wanted})" if shape else "a number"
        if isinstance(part, bool | str | None) or not isinstance(part, np.ndarray | int | float | np.number):
            yield Problem(name, f"{name} is {describe(part)}, expected {wanted}", mistake)
            continue
        array = np.asarray(part)
        fits = array.ndim == len(shape) and all(
            sizes.setdefault(letter, size) == size if isinstance(letter, str) else letter == size
            for letter, size in zip(shape, array.shape, strict=True)
        )
        if array.dtype.kind not in "fiu" or not fits or not 0 < array.size <= MOST_NUMBERS:
            text = f"{name} is {describe(part)}, expected {wanted}"
            yield Problem(name, f"{text} with at most {MOST_NUMBERS:,} numbers" if fits else text, mistake)
        elif not np.isfinite(array).all() or np.abs(array.astype(np.float64)).max() > LARGEST:
            yield Problem(name, f"{name} holds numbers that are not finite, or above {LARGEST:g}", mistake)


def _not_exposed(
    inputs: tuple[Any, ...], name: str, broken: Callable[..., Any], correct: Callable[..., Any]
) -> Iterator[Problem]:
    """Say that the broken function is right on these inputs, if it is."""
    with np.errstate(all="ignore"):
        try:
            right = _numbers(correct(*inputs))
            rounding = _rounding(correct, inputs, right)
        except Exception as error:
            text = f"a correct function does not take this input: {error}"
            yield Problem(name, text, "not-a-fair-input")
            return
        if not all(np.isfinite(part).all() for part in right):
            yield Problem(name, "a correct function is not finite on it either", "not-a-fair-input")
            return
        try:
            wrong = _numbers(broken(*inputs))
        except Exception:
            return  # where a correct function answers, an error is exposure
        if [part.shape for part in wrong] != [part.shape for part in right]:
            return
        # Each result by itself: a large dgamma must not hide a wrong dZ.
        asked = [max(EXPOSED * _largest(part), lost) for part, lost in zip(right, rounding, strict=True)]
        found = [_largest(ours - theirs) for ours, theirs in zip(right, wrong, strict=True)]
        if all(difference <= least for difference, least in zip(found, asked, strict=True)):
            yield Problem(name, _told(found, asked), "bug-not-exposed")


def _rounding(correct: Callable[..., Any], inputs: tuple[Any, ...], right: list[np.ndarray]) -> list[float]:
    """Return what rounding alone may change in each result; one that ought to be 0 is nothing else."""
    rng = np.random.default_rng(0)
    others = [_numbers(correct(*(_disturbed(part, rng) for part in inputs))) for _ in range(DISTURBANCES)]
    return [
        FEW_ROUNDINGS * max(_largest(part - other[i]) for other in others) for i, part in enumerate(right)
    ]


def _disturbed(part: Any, rng: np.random.Generator) -> Any:
    if not np.ndim(part):
        return part  # a batch size is a count
    exact = np.asarray(part, dtype=np.float64)
    return exact * (1 + np.finfo(np.float64).eps * rng.choice([-1, 1], exact.shape))


def _told(found: list[float], asked: list[float]) -> str:
    if not any(found):
        return "the results of the broken function and a correct one are the same"
    share = [difference / least if least else 0 for difference, least in zip(found, asked, strict=True)]
    nearest = int(np.argmax(share))
    text = f"the results of the broken function and a correct one differ by at most {found[nearest]:.2g}"
    where = "" if len(found) == 1 else " where they differ most for their size"
    return f"{text}{where}; to be exposed it takes more than {asked[nearest]:.2g}"


def _largest(part: np.ndarray) -> float:
    return float(np.max(np.abs(part), initial=0.0))


def _numbers(result: Any) -> list[np.ndarray]:
    """The numbers of a result, each of its parts in a row."""
    parts = result if isinstance(result, tuple | list) else [result]
    return [np.asarray(part, dtype=np.float64).ravel() for part in parts]
