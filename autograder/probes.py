"""Inputs that a wrong formula does not survive, drawn anew for every check.

What they have in common: m differs from n (and once equals it, so that a lost dimension shows by its
values), units of unlike size, one of them nearly constant so that eps matters, gamma and beta that are never
0 or 1, eps given by keyword and not at all, both float dtypes. An edge case carries its name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .arguments import Strided, mapped
from .exercise import Case, Probe

ONE_EXAMPLE = "one example (m = 1)"
CONSTANT_UNIT = "a constant unit"
LARGE_MEAN = "a large mean"
NON_CONTIGUOUS = "a non-contiguous array"

# How far the mean lies from 0, in standard deviations: far enough for a difference of squares to lose every
# digit, near enough for the plain formula to keep some.
FAR = {np.float32: 1e3, np.float64: 1e6}

DEFAULT_EPS = 1e-5

# Pre-activations, a generator and the eps that the call will use -> the arguments by name.
Inputs = Callable[[np.ndarray, np.random.Generator, float], dict[str, Any]]


@dataclass(frozen=True)
class Plan:
    """One probe: sizes, dtype, how eps is given, and which kind of pre-activations."""

    n: int
    m: int
    dtype: type = np.float64
    eps: str = "default"  # or "keyword", "hand"
    kind: str = "ordinary"  # or "hand", "constant", "far"
    edge: str | None = None
    layout: str = ""  # or "gaps", "transposed"


def plans(least: int = 4) -> tuple[Plan, ...]:
    """Return the probes that every exercise on a mini-batch of pre-activations gets.

    Parameters
    ----------
    least : int
        The smallest mini-batch. Gradients need 8: with few examples they collapse.
    """
    return (
        Plan(2, least, eps="hand", kind="hand"),
        Plan(3, least + 3, eps="keyword"),
        Plan(3, least + 3, np.float32),
        Plan(least + 2, least + 1, eps="keyword"),
        Plan(4, least + 5, np.float32, eps="keyword"),
        Plan(least + 1, least + 1),
        Plan(4, 1, edge=ONE_EXAMPLE),
        Plan(3, 1, np.float32, eps="keyword", edge=ONE_EXAMPLE),
        Plan(3, 8, kind="constant", edge=CONSTANT_UNIT),
        Plan(4, 16, np.float32, eps="keyword", kind="constant", edge=CONSTANT_UNIT),
        Plan(4, least + 5, kind="far", edge=LARGE_MEAN),
        Plan(5, least + 6, np.float32, kind="far", edge=LARGE_MEAN),
        Plan(3, least + 2, eps="keyword", edge=NON_CONTIGUOUS, layout="gaps"),
        Plan(4, least + 3, eps="keyword", edge=NON_CONTIGUOUS, layout="transposed"),
    )


def probes(inputs: Inputs, planned: Sequence[Plan], takes_eps: bool = True) -> tuple[Probe, ...]:
    """Make the probes of an exercise.

    Parameters
    ----------
    inputs : callable
        Pre-activations, a generator and eps -> the arguments by name, computed in float64; the probe rounds.
    planned : sequence of Plan
    takes_eps : bool
        Whether the function has an ``eps``.

    Returns
    -------
    tuple of probes
    """
    return tuple(_probe(inputs, plan, takes_eps) for plan in planned)


def _probe(inputs: Inputs, plan: Plan, takes_eps: bool) -> Probe:
    how = plan.eps if takes_eps else "default"

    def probe(rng: np.random.Generator) -> Case:
        eps = draw_eps(how, rng)
        arguments = rounded(inputs(pre_activations(plan, rng), rng, eps), plan.dtype)
        if plan.layout:
            arguments = non_contiguous(arguments, plan.layout)
        return with_eps(arguments, how, eps, plan.edge)

    return probe


def draw_eps(how: str, rng: np.random.Generator) -> float:
    """Return the eps that a call will use: the default, or a number of its own; by hand one that shows."""
    if how == "hand":
        return float(rng.integers(1, 4)) / 4
    return DEFAULT_EPS if how == "default" else float(10 ** rng.uniform(-4, -2))


def with_eps(arguments: dict[str, Any], how: str, eps: float, edge: str | None = None) -> Case:
    """Make a case in which eps is left out or given by keyword."""
    return Case(arguments, {} if how == "default" else {"eps": eps}, edge)


def pre_activations(plan: Plan, rng: np.random.Generator) -> np.ndarray:
    """Draw ``Z`` of shape (n, m) in the plan's dtype, held as float64."""
    if plan.kind == "hand":
        return whole_numbers(plan.n, plan.m, rng)
    spread = rng.uniform(0.5, 3, (plan.n, 1))
    centre = spread * signed(rng, 0.4, 1.5, (plan.n, 1))
    if plan.kind == "far":
        centre = signed(rng, 1, 2, (plan.n, 1)) * FAR[plan.dtype]
    else:
        # Variance and default eps are of one size here: whoever misplaces eps is seen.
        shrink = rng.uniform(2e-3, 5e-3) / spread[-1]
        spread[-1], centre[-1] = spread[-1] * shrink, centre[-1] * shrink
    Z = centre + spread * standard(rng, (plan.n, plan.m))
    if plan.kind == "constant":
        # Quarters, over a power of two of examples: every way of adding them up is exact.
        Z[0] = signed(rng, 2, 20, ()).round() / 4
    return Z.astype(plan.dtype).astype(np.float64)


def standard(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Draw rows of mean 0 and variance 1, exactly: by chance none is nearly constant or far off."""
    rows = rng.standard_normal(shape)
    if shape[1] < 3:
        return rows
    rows -= rows.mean(axis=1, keepdims=True)
    return rows / rows.std(axis=1, keepdims=True)


def whole_numbers(n: int, m: int, rng: np.random.Generator) -> np.ndarray:
    """Draw small whole numbers, to try by hand: no row is constant, none has mean 0."""
    while True:
        Z = rng.integers(-3, 8, (n, m)).astype(np.float64)
        if np.all(np.abs(Z.mean(axis=1)) >= 0.5) and np.all(Z.std(axis=1) >= 1):
            return Z


def by_hand(Z: np.ndarray) -> bool:
    """Whether these are numbers to try by hand."""
    return Z.shape[1] > 1 and np.array_equal(Z, Z.round())


def signed(rng: np.random.Generator, low: float, high: float, shape: tuple[int, ...]) -> np.ndarray:
    """Draw numbers of either sign whose size lies between two bounds."""
    return rng.choice((-1.0, 1.0), shape) * rng.uniform(low, high, shape)


def scale_and_shift(n: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Draw gamma and beta, columns of either sign, never near 0 or 1."""
    sizes = rng.uniform(0.2, 0.7, (2, n, 1)) + rng.integers(1, 3, (2, n, 1))
    gamma, beta = np.round(sizes * rng.choice((-1.0, 1.0), (2, n, 1)), 2)
    return {"gamma": gamma, "beta": beta}


def statistics(Z: np.ndarray) -> dict[str, np.ndarray]:
    """Return the mean and variance that a forward pass over ``Z`` makes."""
    mu = Z.mean(axis=1, keepdims=True)
    return {"mu": mu, "sigma2": ((Z - mu) ** 2).mean(axis=1, keepdims=True)}


def with_statistics(*names: str) -> Inputs:
    """Inputs that are Z, its own statistics or random gamma and beta, in this order."""

    def inputs(Z, rng, eps):
        known = {"Z": Z, **statistics(Z), **scale_and_shift(len(Z), rng)}
        return {name: known[name] for name in names}

    return inputs


def rounded(value: Any, dtype: type) -> Any:
    """Write every array in a dtype."""
    return mapped(value, lambda part: part.astype(dtype) if isinstance(part, np.ndarray) else part)


def non_contiguous(value: Any, layout: str) -> Any:
    """Have every array arrive as a view with gaps, or as the transpose of a contiguous one."""
    transposed = layout == "transposed"
    return mapped(value, lambda part: Strided(part, transposed) if isinstance(part, np.ndarray) else part)
