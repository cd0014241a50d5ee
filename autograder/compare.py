"""Is a result the expected one? With tolerances that follow dtype and conditioning.

A tolerance is not guessed. The expected result is computed in float64, and again from inputs
that are disturbed by one rounding of the students' dtype; how far the results move apart is
what an honest implementation in that dtype may lose.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .arguments import Carried, Each, OnDevice, Strided, called, mapped
from .exercise import Case, Problem, plain
from .stand_in import DeviceArray, host_copy
from .wire import Unsupported
from .wording import apart, describe, keys_of, several, several_foreign

# Disturbed inputs sample the loss of a few roundings; a long sum makes many. With 32, the worst correct
# variant used 8 % of its tolerance in 800 draws and more of every probe, 4 % in 40 of those with networks.
SAFETY = 32.0
DISTURBANCES = 6
ROUGH = 0.03  # of the largest number in a row: to rule a mistake out at the price of one run
ROUGH_TERMS = 1e-3  # of that, for the terms: they cover roundings alone, and may be large


@dataclass(frozen=True)
class Expectation:
    """What a function should give for one case: a value with tolerances, or an error's name."""

    value: Any = None
    tolerance: Any = None
    error: str | None = None


def expect(
    function: Callable[..., Any],
    case: Case,
    rng: np.random.Generator,
    terms: Callable[..., Any] | None = None,
) -> Expectation:
    """Run a trusted function on a case, in float64, and find how precisely it can be met.

    Parameters
    ----------
    function : callable
        A reference or a misconception; never a student's function.
    case : Case
    rng : numpy.random.Generator
        Draws the disturbances.
    terms : callable, optional
        As in `Exercise`.

    Returns
    -------
    Expectation
    """
    dtype = coarsest(case)
    unit_roundoff = float(np.finfo(dtype).eps)
    exact = plain(case.arguments), plain(case.keywords)
    with np.errstate(all="ignore"):
        try:
            value = _run(function, *exact)
            others = [
                _run(function, *(_disturb(part, dtype, unit_roundoff, rng) for part in exact))
                for _ in range(DISTURBANCES)
            ]
            sizes = value if terms is None else _run(terms, *exact)
        except Exception as error:
            return Expectation(error=type(error).__name__)
        return Expectation(value, _tolerance(value, others, sizes, unit_roundoff))


def roughly(function: Callable[..., Any], case: Case, sizes: Any = None) -> Expectation:
    """Run a trusted function once: what it gives, so widely that no honest result misses it.

    `sizes` are what `sizes_of` tells of this case.
    """
    exact = plain(case.arguments), plain(case.keywords)
    with np.errstate(all="ignore"):
        try:
            value = _run(function, *exact)
        except Exception as error:
            return Expectation(error=type(error).__name__)
        return Expectation(
            value, _tolerance(value, [value], value if sizes is None else sizes, ROUGH / SAFETY)
        )


def sizes_of(case: Case, terms: Callable[..., Any] | None) -> Any:
    """Return how large the terms are that the results of a case add up, as `roughly` takes them."""
    if terms is None:
        return None
    with np.errstate(all="ignore"):
        return _shrunk(_run(terms, plain(case.arguments), plain(case.keywords)))


def _shrunk(sizes: Any) -> Any:
    return mapped(sizes, lambda part: ROUGH_TERMS * (part.array if isinstance(part, OnDevice) else part))


def coarsest(case: Case) -> np.dtype:
    """Return the least precise of the case's floating-point dtypes (float64 where there are none)."""
    kinds = [array.dtype for array in _arrays((case.arguments, case.keywords)) if array.dtype.kind == "f"]
    return max(kinds, key=lambda kind: np.finfo(kind).eps, default=np.dtype(np.float64))


def problems(found: Any, expectation: Expectation, results: tuple[str, ...]) -> list[Problem]:
    """List what is wrong with a result, first things first; an empty list means that it is right."""
    expected, tolerance = expectation.value, expectation.tolerance
    if not isinstance(expected, tuple | list):
        return list(_at(results[0], found, expected, tolerance))
    amiss = ""
    if not isinstance(found, tuple | list):
        amiss = f"the function returns {describe(found)}"
    elif len(found) != len(expected):
        amiss = f"the function returns {len(found)} values"
    if amiss:
        # Of each result: none of them can be told to be right.
        return [Problem(name, f"{amiss}, expected {several(expected, results)}") for name in results]
    parts = list(zip(found, expected, tolerance, strict=True))
    if isinstance(expected, list):
        return [problem for turn, part in enumerate(parts, 1) for problem in _of_call(turn, results, *part)]
    names = results if len(results) == len(expected) else [f"{results[0]}[{i}]" for i in range(len(expected))]
    return [problem for name, part in zip(names, parts, strict=True) for problem in _at(name, *part)]


def _of_call(turn: int, results: tuple[str, ...], *part: Any) -> Iterator[Problem]:
    """What is wrong with the result of one call of a series."""
    for problem in problems(part[0], Expectation(*part[1:]), results):
        yield replace(problem, message=f"in call {turn} of a series, {problem.message}")


def matches(found: Any, expectation: Expectation) -> bool:
    """Return whether a result equals the expectation, NaN being equal to NaN."""
    return not problems(found, expectation, ("result",))


def _at(where: str, found: Any, expected: Any, tolerance: Any) -> Iterator[Problem]:
    if isinstance(expected, OnDevice):
        yield from _on_device(where, found, expected, tolerance)
    elif isinstance(expected, dict):
        yield from _in_dict(where, found, expected, tolerance)
    elif isinstance(expected, tuple | list):
        found = _numbers_in_a_row(found, expected)
        if not isinstance(found, tuple | list) or len(found) != len(expected):
            yield Problem(where, f"{where} is {describe(found)}, expected a list of {len(expected)}")
            return
        for i, triple in enumerate(zip(found, expected, tolerance, strict=True)):
            yield from _at(f"{where}[{i}]", *triple)
    elif isinstance(expected, np.ndarray) and expected.ndim:
        yield from _in_array(where, found, expected, tolerance)
    elif not _is_number(found):
        yield Problem(where, f"{where} is {describe(found)}, expected a number")
    else:
        yield from _in_values(where, np.asarray(found), np.asarray(expected), np.asarray(tolerance))


def _on_device(where: str, found: Any, expected: OnDevice, tolerance: Any) -> Iterator[Problem]:
    if isinstance(found, OnDevice):
        yield from _at(where, found.array, expected.array, tolerance)
    else:
        yield Problem(
            where, f"{where} is {describe(found)} on the host, expected it on the device of its input"
        )


def _numbers_in_a_row(found: Any, expected: tuple | list) -> Any:
    """Take an array for a list where numbers are asked for, as of costs."""
    flat = isinstance(found, np.ndarray) and found.ndim == 1 and found.dtype.kind in "fiu"
    return list(found) if flat and all(map(_is_number, expected)) else found


def _in_dict(where: str, found: Any, expected: dict[str, Any], tolerance: Any) -> Iterator[Problem]:
    if not isinstance(found, dict):
        text = f"the function returns {describe(found)}, expected a dict with {keys_of(expected)}"
        yield from (Problem(key, text) for key in expected)
        return
    for key in expected:
        if key in found:
            yield from _at(key, found[key], expected[key], tolerance[key])
        else:
            yield Problem(key, f"{key} is missing; your dict has {keys_of(found)}")
    foreign = [str(key)[:40] for key in found if key not in expected]
    if foreign:
        yield Problem(foreign[0], f"{several_foreign(foreign)}; expected {keys_of(expected)}")


def _in_array(where: str, found: Any, expected: np.ndarray, tolerance: np.ndarray) -> Iterator[Problem]:
    if isinstance(found, Unsupported) and found.type_name.startswith("ndarray of "):
        dtype = found.type_name.removeprefix("ndarray of ")
        yield Problem(where, f"{where} holds {dtype} values, expected float64 or float32")
    elif not isinstance(found, np.ndarray):
        yield Problem(where, f"{where} is {describe(found)}, expected an array of shape {expected.shape}")
    elif found.shape != expected.shape:
        column = expected.ndim == 2 and expected.shape[1] == 1
        hint = ": a column, with one row per unit" if column else ""
        yield Problem(where, f"{where} has shape {found.shape}, expected {expected.shape}{hint}")
    elif found.dtype.kind not in "fiub":
        yield Problem(where, f"{where} holds {found.dtype} values, expected floating-point numbers")
    else:
        yield from _in_values(where, found, expected, tolerance)


def _in_values(
    where: str, found: np.ndarray, expected: np.ndarray, tolerance: np.ndarray
) -> Iterator[Problem]:
    with np.errstate(all="ignore"):
        found = found.astype(np.float64)
        near = np.abs(found - expected) <= tolerance
        same = (found == expected) | (np.isnan(found) & np.isnan(expected))
        wrong = ~(near | same)
        if not wrong.any():
            return
        # Computed in float32, a result is off by a few roundings; a mistake that small would be another.
        float32 = 8 * np.finfo(np.float32).eps * np.max(np.abs(expected), initial=0.0)
        merely_rough = bool(np.all(np.abs(found - expected)[wrong] <= float32))
        merely_rough = merely_rough and _in_float32(found) and not _in_float32(expected)
        # What is no number at all comes first: a difference in the ninth digit beside it is no news.
        lost = wrong & ~np.isfinite(found)
    index = tuple(int(i) for i in np.argwhere(lost if lost.any() else wrong)[0])
    place = f"[{', '.join(map(str, index))}]" if index else ""
    if np.isnan(found[index]) or np.isinf(found[index]):
        cause = " (a division by zero?)"
    elif merely_rough:
        cause = " (right to a few digits only: is something computed in float32?)"
    else:
        cause = ""
    yield Problem(where, f"{where}{place} is {apart(found[index], expected[index])}{cause}")


def _in_float32(values: np.ndarray) -> bool:
    """Whether float32 could hold every number as it is."""
    return bool(np.array_equal(values, values.astype(np.float32), equal_nan=True))


def _run(function: Callable[..., Any], arguments: dict[str, Any], keywords: dict[str, Any]) -> Any:
    # A generator that an earlier run has drawn from would draw other numbers now.
    given = [mapped(value, _at_its_start) for value in arguments.values()]
    return mapped(called(function, given, keywords), _at_rest)


def _at_its_start(value: Any) -> Any:
    return copy.deepcopy(value) if isinstance(value, np.random.Generator) else value


def _at_rest(value: Any) -> Any:
    return OnDevice(host_copy(value)) if isinstance(value, DeviceArray) else value


def _disturb(value: Any, dtype: np.dtype, unit_roundoff: float, rng: np.random.Generator) -> Any:
    """Move every number by about one rounding of the largest in its row, and write it in the students' dtype.

    In that dtype the trusted function makes the same kind of roundings on its way as theirs does.
    """
    return mapped(value, lambda part: _moved(part, dtype, unit_roundoff, rng))


def _moved(value: Any, dtype: np.dtype, unit_roundoff: float, rng: np.random.Generator) -> Any:
    if isinstance(value, DeviceArray):
        return DeviceArray(_moved(host_copy(value), dtype, unit_roundoff, rng), may_leave=False)
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        scale = np.max(np.abs(value), axis=-1, keepdims=True, initial=0.0) if value.ndim else np.abs(value)
        return (value + unit_roundoff * scale * rng.uniform(-1.5, 1.5, value.shape)).astype(dtype)
    if isinstance(value, float):
        return value * (1 + unit_roundoff * rng.uniform(-1.5, 1.5))
    return value


def _tolerance(value: Any, others: list[Any], sizes: Any, unit_roundoff: float) -> Any:
    if isinstance(value, dict):
        return {
            key: _tolerance(item, [other[key] for other in others], _part(sizes, key, item), unit_roundoff)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [
            _tolerance(item, [other[i] for other in others], _part(sizes, i, item), unit_roundoff)
            for i, item in enumerate(value)
        ]
    value, *others = (_numbers(each) for each in (value, *others))
    sizes = sizes.array if isinstance(sizes, OnDevice) else sizes
    spread = np.max([np.abs(other - value) for other in others], axis=0)
    loss = np.nan_to_num(spread + unit_roundoff * np.abs(value), nan=0.0, posinf=0.0)
    if np.shape(sizes) == value.shape:
        loss = loss + np.nan_to_num(unit_roundoff * np.abs(sizes), nan=0.0, posinf=0.0)
    if value.ndim:
        # An entry that moved little by chance may lose as much as its neighbours in the row.
        loss = np.broadcast_to(np.max(loss, axis=-1, keepdims=True, initial=0.0), value.shape)
    return SAFETY * loss


def _numbers(value: Any) -> np.ndarray:
    return np.asarray(value.array if isinstance(value, OnDevice) else value, dtype=np.float64)


def _part(sizes: Any, key: Any, otherwise: Any) -> Any:
    """The sizes of one part of a result; a mistake may return parts that the right answer lacks."""
    try:
        return sizes[key]
    except (KeyError, IndexError, TypeError):
        return otherwise


def _arrays(value: Any) -> Iterator[np.ndarray]:
    if isinstance(value, Strided | OnDevice):
        yield value.array
    elif isinstance(value, Each):
        yield from _arrays(value.items)
    elif isinstance(value, Carried):
        yield from _arrays(value.first)
    elif isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, dict):
        yield from _arrays(tuple(value.values()))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _arrays(item)


def _is_number(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.ndim == 0 and value.dtype.kind in "fiu"
    return isinstance(value, int | float | np.number) and not isinstance(value, bool | np.bool_)
