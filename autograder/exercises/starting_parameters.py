"""Judging a network's starting parameters: there are many right ones, and their structure tells.

The spread of weights is tested on wide layers only, within six standard errors or more: a right answer is
rejected less often than once in 10^8 checks.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..exercise import Case, Problem
from ..wording import describe, several_foreign

ENOUGH = 5000  # weights, for a standard deviation known to 1 %
STANDARD_ERRORS = 6.5
REPEATED = "repeats its numbers"
NOT_NORMAL = "do not follow a normal distribution"
NORMAL_KURTOSIS = (2.6, 3.4)  # 3 for a normal distribution, 1.8 for a uniform one


def criterion(cases: list[Case], values: list[Any]) -> list[list[Problem]]:
    """List, for each case, what is wrong with the parameters that were returned for it."""
    found = [
        list(_alone(case.arguments["layer_dims"], value)) for case, value in zip(cases, values, strict=True)
    ]
    if _fixed(cases, values):
        found = [[_named_fixed(problem) for problem in wrong] for wrong in found]
    if not any(found):
        for i, problem in _between(cases, values):
            found[i].append(problem)
    return found


def _fixed(cases: list[Case], values: list[Any]) -> bool:
    """Whether generators of different seeds give the same first weights."""
    drawn: dict[tuple[int, ...], dict[int, bytes]] = {}
    for case, value in zip(cases, values, strict=True):
        W = value.get("W1") if isinstance(value, dict) else None
        if isinstance(W, np.ndarray):
            by_seed = drawn.setdefault(tuple(case.arguments["layer_dims"]), {})
            by_seed[case.arguments["rng"].seed] = W.tobytes()
    return any(len(set(by_seed.values())) < len(by_seed) for by_seed in drawn.values())


def _named_fixed(problem: Problem) -> Problem:
    """Name numbers without a normal distribution that no generator moves: they are not random at all."""
    told = problem.where.startswith("W") and (REPEATED in problem.message or NOT_NORMAL in problem.message)
    return replace(problem, mistake="weights-not-random") if told else problem


def _alone(layer_dims: Sequence[int], value: Any) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield Problem("W", f"the function returns {describe(value)}, expected a dict of parameters")
        return
    shapes = expected_shapes(layer_dims)
    known = list(_keys(layer_dims, value, shapes))
    yield from known
    arrays = {key: value[key] for key in shapes if key in value}
    shaped = [wrong for key, found in arrays.items() for wrong in _shape(key, found, shapes[key])]
    yield from shaped
    if known or shaped:
        return
    yield from _scales(arrays)
    for key in arrays:
        if key.startswith("W"):
            yield from _weights(key, arrays[key])


def expected_shapes(layer_dims: Sequence[int]) -> dict[str, tuple[int, int]]:
    """Return the shape of each parameter, by its key."""
    shapes: dict[str, tuple[int, int]] = {}
    last = len(layer_dims) - 1
    for layer in range(1, last + 1):
        n = layer_dims[layer]
        shapes[f"W{layer}"] = (n, layer_dims[layer - 1])
        shapes |= {f"{name}{layer}": (n, 1) for name in (("b",) if layer == last else ("gamma", "beta"))}
    return shapes


def _keys(layer_dims: Sequence[int], value: dict[str, Any], shapes: dict[str, Any]) -> Iterator[Problem]:
    last = len(layer_dims) - 1
    normalized_output = f"gamma{last}" in value
    for key in shapes:
        if key in value:
            continue
        name = ""
        if key == f"b{last}":
            name = "batch-norm-on-output-layer" if normalized_output else "bias-left-out"
        elif not key.startswith("W") and f"gamma{layer_of(key)}" not in value:
            name = "batch-norm-missing" if f"beta{layer_of(key)}" not in value else ""
        yield Problem(
            key,
            f"{key} is missing; layer_dims means {last} layer{'s' * (last != 1)}, {_wanted(key, last)}",
            name,
        )
    hidden_biases = {f"b{layer}" for layer in range(1, last)}
    foreign = []
    for key in value:
        if key in shapes:
            continue
        if key in (f"gamma{last}", f"beta{last}"):
            name = "batch-norm-on-output-layer"
        elif key in hidden_biases:
            name = "bias-in-hidden-layer" if f"gamma{key[1:]}" in value else "batch-norm-missing"
        else:
            foreign.append(key[:40])
            continue
        yield Problem(key, f"{key} does not belong there: {_wanted(key, last)}", name)
    if foreign:
        yield Problem(foreign[0], f"{several_foreign(foreign)}: {_wanted(foreign[0], last)}")


def layer_of(key: str) -> str:
    """Return the number that a parameter's key ends in."""
    return key.lstrip("Wbgamet")


def _wanted(key: str, last: int) -> str:
    own = f"the output layer has W{last} and b{last}"
    return own if layer_of(key) == str(last) else f"a hidden layer has W, gamma and beta, {own}"


def _shape(key: str, found: Any, expected: tuple[int, int]) -> Iterator[Problem]:
    if not isinstance(found, np.ndarray):
        yield Problem(key, f"{key} is {describe(found)}, expected an array of shape {expected}")
    elif found.shape != expected:
        name = ""
        if expected[1] == 1 and not key.startswith("W"):
            names = {expected[:1]: "lost-dimension", expected[::-1]: "row-instead-of-column"}
            name = names.get(found.shape, "")
        elif found.shape == expected[::-1]:
            name = "weights-transposed"
        yield Problem(key, f"{key} has shape {found.shape}, expected {expected}", name)
    elif found.dtype.kind not in "fiu" or not np.isfinite(found).all():
        yield Problem(key, f"{key} holds something other than finite numbers")


def _scales(arrays: dict[str, np.ndarray]) -> Iterator[Problem]:
    off = {
        key: found
        for key, found in arrays.items()
        if not key.startswith("W") and np.any(found != (1 if key.startswith("gamma") else 0))
    }
    gammas = [key for key in arrays if key.startswith("gamma")]
    zero_gammas = bool(gammas) and all(key in off and not off[key].any() for key in gammas)
    shifts_of_one = [key for key in off if key.startswith("beta") and np.all(off[key] == 1)]
    for key in off:
        name = ""
        if zero_gammas and (key in gammas or key in shifts_of_one):
            name = "gamma-beta-swapped" if shifts_of_one else "gamma-initialized-to-zero"
        start = "ones" if key in gammas else "zeros"
        yield Problem(key, f"{key} begins with {arrays[key].flat[0]:.4g}, expected {start}", name)


def _weights(key: str, W: np.ndarray) -> Iterator[Problem]:
    W = W.astype(np.float64)
    if np.ptp(W) == 0 or (len(W) > 1 and not np.ptp(W, axis=0).any()):
        # Rows of one unit repeated, or one number: drawn or not, all units begin as the same unit.
        yield Problem(key, f"{key}'s rows are equal, expected random numbers", "weights-not-random")
        return
    if W.size < ENOUGH:
        return
    n, n_prev = W.shape
    if np.unique(W.flat[:2000]).size < 1900:
        yield Problem(key, f"{key} {REPEATED}, expected each drawn by itself")
        return
    spread = math.sqrt(2 / n_prev)
    deviation = W.std()
    kurtosis = np.mean((W - W.mean()) ** 4) / deviation**4
    if not NORMAL_KURTOSIS[0] < kurtosis < NORMAL_KURTOSIS[1]:
        name = "uniform-weights" if _is_uniform(W) else ""
        yield Problem(key, f"{key}'s weights {NOT_NORMAL}", name)
    elif abs(W.mean()) > STANDARD_ERRORS * deviation / math.sqrt(W.size):
        yield Problem(key, f"{key}'s weights have the mean {W.mean():.4g}, expected 0")
    elif not _is_spread(W, spread):
        told = f"{key}'s weights have the standard deviation {deviation:.4g}"
        told += f", expected {spread:.4g}"
        others = {"spread-from-outputs": math.sqrt(2 / n), "variance-as-spread": spread**2}
        name = next((name for name, other in others.items() if _is_spread(W, other)), "he-spread-missing")
        yield Problem(key, told, name)


def _is_uniform(W: np.ndarray) -> bool:
    """Whether the weights fill the range between the least and the largest evenly."""
    low, high = W.min(), W.max()
    evenly = (np.arange(W.size) + 0.5) / W.size
    return bool(np.max(np.abs((np.sort(W, axis=None) - low) / (high - low) - evenly)) < 3 / math.sqrt(W.size))


def _is_spread(W: np.ndarray, spread: float) -> bool:
    return abs(W.std() / spread - 1) < STANDARD_ERRORS / math.sqrt(2 * W.size)


def _between(cases: list[Case], values: list[Any]) -> Iterator[tuple[int, Problem]]:
    """Compare calls with each other, and layers of one shape within a call."""
    name = "rng-ignored"
    seen: dict[Any, tuple[int, np.ndarray]] = {}
    seeds: dict[tuple[int, ...], dict[int, np.ndarray]] = {}
    ignored = False
    for i, (case, value) in enumerate(zip(cases, values, strict=True)):
        dims, seed, W = tuple(case.arguments["layer_dims"]), case.arguments["rng"].seed, value["W1"]
        earlier = seen.setdefault((dims, seed), (i, W))[1]
        if not np.array_equal(earlier, W):
            ignored = True
            yield (
                i,
                Problem("W1", "two generators of one seed give different weights: use the rng given", name),
            )
        if any(np.array_equal(other, W) for key, other in seeds.get(dims, {}).items() if key != seed):
            ignored = True
            yield (
                i,
                Problem("W1", "generators of different seeds give the same weights: use the rng given", name),
            )
        seeds.setdefault(dims, {})[seed] = W
    for i, value in enumerate(values) if not ignored else ():
        weights = [(key, item) for key, item in value.items() if key.startswith("W")]
        for j, (key, W) in enumerate(weights):
            # Up to a factor: two layers of one shape have the same spread anyway.
            twin = next((other for other, V in weights[:j] if V.shape == W.shape and np.allclose(V, W)), None)
            if twin:
                text = f"{key} equals {twin}, expected numbers of its own"
                yield i, Problem(key, text, "same-numbers-in-every-layer")
