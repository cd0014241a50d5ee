"""What a function may be given besides plain values, how that arrives, and whether it was altered.

A request says of an argument what it should be: a generator, a view with gaps, an array on a device, or one
item for each call of a series. Like the worker this file lies alone inside the wall; the trusted side uses it
too, so that references and misconceptions are called as a student's function is.
"""

import copy
import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

if __package__:
    from .stand_in import DeviceArray, host_copy
else:
    from stand_in import DeviceArray, host_copy


@dataclasses.dataclass(frozen=True)
class Rng:
    """An argument that the called function receives as ``np.random.default_rng(seed)``."""

    seed: int


@dataclasses.dataclass(frozen=True, eq=False)
class Strided:
    """An array that the called function receives as a non-contiguous view with the same values.

    It has gaps between its columns, or, transposed, lies in memory column by column.
    """

    array: np.ndarray
    transposed: bool = False


@dataclasses.dataclass(frozen=True, eq=False)
class OnDevice:
    """An array that lives on a device: the called function receives a `stand_in.DeviceArray`.

    Neither it nor what is computed from it may leave the device. As part of a result: the function returned
    one.
    """

    array: np.ndarray


@dataclasses.dataclass(frozen=True, eq=False)
class Each:
    """One item for each call of a series: the function is called as many times as there are items."""

    items: tuple[Any, ...]


@dataclasses.dataclass(frozen=True, eq=False)
class Carried:
    """In a series, what an earlier call returned; the first calls receive `first`.

    Attributes
    ----------
    first : value
    part : int
        The place in the tuple that the function returns.
    opaque : bool
        Whether this part is the function's own affair: handed on as it is, and left out of the result.
    lag : int
        How many calls ago it was returned: with 2, every second call belongs together, and two strands are
        interwoven. So many calls begin with `first`.
    """

    first: Any
    part: int
    opaque: bool = False
    lag: int = 1


def mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    """Return a copy of an argument with every array, number and generator in it changed."""
    if isinstance(value, dict):
        return {key: mapped(item, change) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(mapped(item, change) for item in value)
    if isinstance(value, Each):
        return Each(mapped(value.items, change))
    if isinstance(value, Carried):
        return dataclasses.replace(value, first=mapped(value.first, change))
    return change(value)


def materialise(value: Any) -> Any:
    """Return a fresh copy of an argument as a function should receive it; layouts are kept."""
    return mapped(value, _arriving)


def _arriving(value: Any) -> Any:
    if isinstance(value, Rng):
        return np.random.default_rng(value.seed)
    if isinstance(value, Strided):
        return np.array(value.array, order="F") if value.transposed else _stride(value.array)
    if isinstance(value, OnDevice):
        return DeviceArray(value.array, may_leave=False)
    if isinstance(value, np.ndarray):
        return value.copy(order="K")
    return copy.deepcopy(value) if isinstance(value, DeviceArray) else value


def _stride(array: np.ndarray) -> np.ndarray:
    """Every second column of an array twice as wide, with equal values."""
    if array.ndim == 0:
        return array.copy()
    gap = np.nan if array.dtype.kind == "f" else 0
    wide = np.full((*array.shape[:-1], 2 * array.shape[-1]), gap, dtype=array.dtype)
    wide[..., ::2] = array
    return wide[..., ::2]


def called(function: Callable, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Call a function, once for each item where the arguments are a series.

    Parameters
    ----------
    function : callable
    args, kwargs : arguments
        As `materialise` makes them. `Each` and `Carried` stand among the positional ones.

    Returns
    -------
    value
        What the function returned; of a series the list of what each call did, without opaque parts.

    Raises
    ------
    TypeError
        If a call of a series returns no part that the next one needs.
    """
    series = [value.items for value in args if isinstance(value, Each)]
    if not series:
        return function(*args, **kwargs)
    carried = {place: value for place, value in enumerate(args) if isinstance(value, Carried)}
    handed_on = {
        place: [_as_it_is(value.first) for _ in range(value.lag)] for place, value in carried.items()
    }
    hidden = {value.part for value in carried.values() if value.opaque}
    needed = max((value.part + 1 for value in carried.values()), default=0)
    results = []
    for turn in range(len(series[0])):
        given = [
            handed_on[place][turn]
            if place in carried
            else value.items[turn]
            if isinstance(value, Each)
            else value
            for place, value in enumerate(args)
        ]
        result = function(*given, **kwargs)
        if carried and (not isinstance(result, tuple | list) or len(result) < needed):
            raise TypeError(f"the function returned a {type(result).__name__}, expected {needed} results")
        if not carried:
            results.append(_as_it_is(result))
            continue
        for place, value in carried.items():
            handed_on[place].append(result[value.part])
        results.append(_alone(_as_it_is(part) for place, part in enumerate(result) if place not in hidden))
    return results


def _as_it_is(part: Any) -> Any:
    """A copy where there can be one: the next call may write into what it is handed."""
    copied = _copied(part)
    return part if copied is _UNKNOWN else copied


def _alone(parts: Iterator[Any]) -> Any:
    first, *others = parts
    return (first, *others) if others else first


class Watched:
    """A function that remembers which of its arguments it changed.

    Parameters
    ----------
    function : callable
    labels : sequence of str
        The names of positional and keyword arguments, in the order in which a call gives them.
    """

    def __init__(self, function: Callable, labels: Sequence[str]):
        self.changed: tuple[str, ...] = ()
        self._function = function
        self._labels = labels

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        given = [*args, *kwargs.values()]
        before = [_copied(value) for value in given]
        try:
            # The function gets its own tuple of arguments: ours still holds the objects that it was given.
            return self._function(*args, **kwargs)
        finally:
            changed = [
                label
                for label, now, then in zip(self._labels, given, before, strict=True)
                if then is not _UNKNOWN and _altered(now, then)
            ]
            self.changed = tuple(dict.fromkeys([*self.changed, *changed]))


_UNKNOWN = object()  # stands for what cannot be copied, and so not be compared


def _copied(value: Any) -> Any:
    """A copy that keeps types, those of a student's own state too."""
    try:
        return copy.deepcopy(value)
    except Exception:
        return _UNKNOWN


def _altered(now: Any, then: Any) -> bool:
    try:
        return not _same(now, then)
    except Exception:  # keys whose comparison raises were not there before
        return True


def _same(now: Any, then: Any) -> bool:
    """Whether an argument still is, bit for bit, what it was; a generator may have been drawn from."""
    if type(now) is not type(then):
        return False
    if isinstance(then, DeviceArray):
        return _same(host_copy(now), host_copy(then))
    if isinstance(then, np.ndarray):
        return now.dtype == then.dtype and now.shape == then.shape and now.tobytes() == then.tobytes()
    if isinstance(then, dict):
        return now.keys() == then.keys() and all(_same(now[key], then[key]) for key in then)
    if isinstance(then, list | tuple):
        return len(now) == len(then) and all(map(_same, now, then))
    return True
