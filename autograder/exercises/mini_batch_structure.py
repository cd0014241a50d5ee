"""Judging how a training set was cut: there are many right orders, and the structure tells.

X's columns are all different, so that each column of a mini-batch says which example it is. Whether the order
is random shows in a series of epochs; a right answer is rejected there less often than once in 10^8 checks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from ..arguments import Each
from ..exercise import Case, Problem, plain
from ..wording import describe
from .random_orders import WHERE, Epoch, randomness

OVERLAP, REPLACEMENT = "overlapping-batches", "drawn-with-replacement"


def criterion(cases: list[Case], values: list[Any]) -> list[list[Problem]]:
    """List, for each case, what is wrong with the mini-batches that were returned for it."""
    found: list[list[Problem]] = []
    epochs: list[Epoch] = []
    for i, (case, value) in enumerate(zip(cases, values, strict=True)):
        problems: list[Problem] = []
        for turn, (X, Y, batches) in enumerate(_turns(case, value)):
            size = case.arguments["batch_size"]
            numbers: list[tuple[int, ...]] = []
            problems = list(_alone(X, Y, size, batches, numbers))
            if problems:
                break
            epochs.append(Epoch(i, (case.arguments["rng"].seed, turn), size, tuple(numbers)))
        found.append(problems)
    if not any(found):
        for i, problem in randomness(epochs):
            found[i].append(problem)
    return _without_chance(found)


def _without_chance(found: list[list[Problem]]) -> list[list[Problem]]:
    """Where examples are drawn with replacement, two small mini-batches may seem to overlap."""
    if {problem.mistake for problems in found for problem in problems} != {OVERLAP, REPLACEMENT}:
        return found
    return [[replace(problem, mistake=REPLACEMENT) for problem in problems] for problems in found]


def _turns(case: Case, value: Any) -> list[tuple[np.ndarray, np.ndarray, Any]]:
    """Return X, Y and what was made of them, for each epoch."""
    X, Y = (plain(case.arguments[name]) for name in ("X", "Y"))
    if not isinstance(X, Each):
        return [(X, Y, value)]
    # A series that did not come through whole is one wrong value.
    whole = isinstance(value, list) and len(value) == len(X.items)
    return list(zip(X.items, Y.items, value if whole else [value] * len(X.items), strict=True))


def _alone(
    X: np.ndarray, Y: np.ndarray, batch_size: int, value: Any, numbers: list[tuple[int, ...]]
) -> Iterator[Problem]:
    """Say what is wrong with one list of mini-batches; where nothing is, `numbers` gets its examples."""
    unfit = list(_shapes(X, Y, value))
    if unfit:
        yield from unfit
        return
    pairs = [(np.asarray(X_t, np.float64), np.asarray(Y_t, np.float64)) for X_t, Y_t in value]
    torn = list(_torn(X, Y, pairs))
    if torn:
        yield from torn
        return
    known = _numbered(X)
    numbers += [tuple(known[column] for column in _columns(X_t)) for X_t, _ in pairs]
    yield from _sizes(X.shape[1], batch_size, numbers)


def _shapes(X: np.ndarray, Y: np.ndarray, value: Any) -> Iterator[Problem]:
    expected = "a list of pairs (X_t, Y_t)"
    if not isinstance(value, tuple | list):
        yield Problem(WHERE, f"the function returns {describe(value)}, expected {expected}")
        return
    if _two_lists(X, Y, value):
        text = f"the function returns a list of X's parts and one of Y's, expected {expected}"
        yield Problem(WHERE, text, "two-lists")
        return
    for t, pair in enumerate(value):
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            yield Problem(WHERE, f"mini_batches[{t}] is {describe(pair)}, expected a pair (X_t, Y_t)")
            return
        wrong = [
            problem
            for name, part, whole in zip(("X_t", "Y_t"), pair, (X, Y), strict=True)
            for problem in _shape(f"{name} of mini_batches[{t}]", part, whole)
        ]
        if _swapped(X, Y, pair):
            text = f"mini_batches[{t}] is a pair (Y_t, X_t), expected (X_t, Y_t)"
            wrong = [Problem(WHERE, text, "results-in-another-order")]
        if not wrong and pair[0].shape[1] != pair[1].shape[1]:
            wrong = [Problem(WHERE, f"mini_batches[{t}] has {_widths(pair)}, expected as many of each")]
        if wrong:
            yield from wrong
            return


def _swapped(X: np.ndarray, Y: np.ndarray, pair: Sequence[Any]) -> bool:
    if not (_fits(pair[0], Y) and _fits(pair[1], X)):
        return False
    return len(X) != len(Y) or (pair[0].size > 0 and np.isin(pair[0], Y).all())


def _widths(pair: Sequence[np.ndarray]) -> str:
    return f"{pair[0].shape[1]} columns of X and {pair[1].shape[1]} of Y"


def _two_lists(X: np.ndarray, Y: np.ndarray, value: Sequence[Any]) -> bool:
    if len(value) != 2 or not all(isinstance(part, tuple | list) for part in value):
        return False
    if len(X) == len(Y) and len(value[0]) == 2:
        return False
    return all(_fits(part, whole) for parts, whole in zip(value, (X, Y), strict=True) for part in parts)


def _fits(part: Any, whole: np.ndarray) -> bool:
    return isinstance(part, np.ndarray) and part.ndim == 2 and len(part) == len(whole)


def _shape(name: str, part: Any, whole: np.ndarray) -> Iterator[Problem]:
    n, m = whole.shape
    if not isinstance(part, np.ndarray):
        yield Problem(WHERE, f"{name} is {describe(part)}, expected an array of {n} row{'s' * (n > 1)}")
    elif not _fits(part, whole):
        mistake = ""
        if part.ndim == 1 and (len(part) == n or n == 1):
            mistake = "lost-dimension"
        elif part.ndim == 2 and part.shape[1] == n and set(_columns(part.T)) <= set(_columns(whole)):
            mistake = "examples-as-rows"
        elif part.ndim == 2 and part.shape[1] == m:
            mistake = "wrong-axis"
        yield Problem(
            WHERE,
            f"{name} has shape {part.shape}, expected {n} row{'s' * (n > 1)}, examples as columns",
            mistake,
        )
    elif part.dtype.kind not in "fiu":
        yield Problem(WHERE, f"{name} holds {part.dtype} values, expected numbers")


def _columns(array: np.ndarray) -> list[bytes]:
    return [(column.astype(np.float64) + 0.0).tobytes() for column in array.T]  # -0.0 and 0.0 are one number


def _numbered(X: np.ndarray) -> dict[bytes, int]:
    return {column: i for i, column in enumerate(_columns(X))}


def _torn(X: np.ndarray, Y: np.ndarray, pairs: list[tuple[np.ndarray, np.ndarray]]) -> Iterator[Problem]:
    """Say where a column is none of X's, or stands beside another example's column of Y."""
    known = _numbered(X)
    lost = [_columns(X_t)[k] not in known for X_t, _ in pairs for k in range(X_t.shape[1])]
    if any(lost):
        parts = np.hstack([X_t for X_t, _ in pairs])
        text, mistake = _foreign(X, parts)
        t = next(t for t, (X_t, _) in enumerate(pairs) if any(c not in known for c in _columns(X_t)))
        yield Problem(WHERE, f"mini_batches[{t}] has a column that is none of X's{text}", mistake)
        return
    for t, (X_t, Y_t) in enumerate(pairs):
        for k, column in enumerate(_columns(X_t)):
            i = known[column]
            if not np.array_equal(Y_t[:, k], Y[:, i]):
                text = f"in mini_batches[{t}], example {i} stands beside another example's column of Y"
                everything = np.hstack([part for _, part in pairs])
                apart = set(_columns(everything)) <= set(_columns(Y))
                yield Problem(WHERE, text, "x-and-y-shuffled-apart" if apart else _foreign(Y, everything)[1])
                return


def _foreign(whole: np.ndarray, parts: np.ndarray) -> tuple[str, str]:
    """Tell how columns came about that are no examples: their words, and the mistake."""
    upright = set(_columns(np.sort(whole, axis=0)))
    if all(column in upright for column in _columns(np.sort(parts, axis=0))):
        return ": its numbers are those of an example, in another order of rows", "shuffles-rows"
    if np.isin(parts, whole).all():
        return ": its numbers come from several examples", "examples-torn-apart"
    if np.isin(parts.astype(np.float32), whole.astype(np.float32)).all():
        return " (right to a few digits only: is something computed in float32?)", ""
    return "", ""


def _sizes(m: int, batch_size: int, numbers: list[tuple[int, ...]]) -> Iterator[Problem]:
    """Say which examples are missing, which come twice, and which mini-batch has the wrong size."""
    full, tail = divmod(m, batch_size)
    expected = [batch_size] * full + [tail] * (tail > 0)
    sizes = [len(batch) for batch in numbers]
    times = Counter(i for batch in numbers for i in batch)
    twice = sorted(i for i, count in times.items() if count > 1)
    missing = sorted(set(range(m)) - set(times))
    if sizes == expected and not twice:
        return
    text = f"of {m} example{'s' * (m > 1)} with batch_size {batch_size} {_come(sizes)}"
    text += f", expected {'' if sizes else 'mini-batches of '}{_told(expected)}"
    if twice or missing:
        ends = [f"example {twice[0]} comes {times[twice[0]]} times"] if twice else []
        ends += [f"example {missing[0]} is in none of them"] if missing else []
        text = f"{text}; {' and '.join(ends)}" if sizes != expected else " and ".join(ends)
    yield Problem(WHERE, text, _mistaken(sizes, expected, batch_size, numbers, bool(twice), bool(missing)))


def _come(sizes: Sequence[int]) -> str:
    if not sizes:
        return "comes no mini-batch"
    of = f"of {_told(sizes)} example{'s' * (list(sizes) != [1])}"
    return f"comes one mini-batch {of}" if len(sizes) == 1 else f"come mini-batches {of}"


def _told(sizes: Sequence[int]) -> str:
    return ", ".join(map(str, sizes[:6])) + (", ..." if len(sizes) > 6 else "")


def _mistaken(
    sizes: list[int],
    expected: list[int],
    batch_size: int,
    numbers: list[tuple[int, ...]],
    twice: bool,
    missing: bool,
) -> str:
    """Name the mistake behind mini-batches of the wrong sizes."""
    m = sum(expected)
    full, tail = divmod(m, batch_size)
    if twice:
        shared = len(numbers) > 1 and all(a[-1:] == b[:1] for a, b in pairwise(numbers))
        return OVERLAP if shared or not missing else REPLACEMENT
    if missing:
        if tail and sizes == [batch_size] * full:
            return "drops-the-tail"
        short = len(sizes) == len(expected) and all(
            a < b for a, b in zip(sizes[:full], expected[:full], strict=True)
        )
        return "gaps-between-batches" if short and full else ""
    if sizes == [m]:
        return "one-batch-for-all" if batch_size > 1 else ""  # one of them was asked for, if miscounted
    if sizes == [*expected, 0]:
        return "empty-mini-batch"
    if tail and sizes == [batch_size] * (full - 1) + [batch_size + tail]:
        return "tail-merged"
    if len(sizes) == len(expected) and max(sizes) - min(sizes) <= 1:
        return "evened-out-batches"
    return "count-taken-for-size" if len(sizes) == batch_size else ""
