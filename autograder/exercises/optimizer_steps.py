"""Exercises on one step of an optimizer: momentum, RMSprop and Adam, each on one array."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from .. import probes
from ..exercise import Case, Exercise, Misconception, Probe
from . import optimizer_pieces as pieces
from .assignments import DESCENT as NOTEBOOK
from .assignments import WITHHELD_FROM_DESCENT as WITHHELD
from .optimizer_pieces import BETA1, BETA2, EPS, Adam, hard_coded, named
from .structure import changes_its_input, updates_in_place

NO_GRADIENT = "gradients that are 0"
MANY_STEPS = "a step far on (t = 100,000)"


@dataclass(frozen=True)
class Plan:
    """One probe: the array's shape, its dtype, the keywords given, the step's number and the rest."""

    shape: tuple[int, int]
    dtype: type = np.float64
    keywords: tuple[str, ...] = ()
    t: int = 1
    kind: str = "ordinary"  # or "hand", "start", "no gradient"
    edge: str | None = None
    layout: str = ""  # as in `probes.Plan`


ALL = ("beta1", "beta2", "eps")

PLANS = (
    Plan((1, 2), keywords=ALL, t=2, kind="hand"),
    Plan((3, 4), keywords=("beta1", "beta2"), t=3),
    Plan((4, 1), keywords=("eps",), t=1),
    Plan((3, 5), t=1),
    Plan((3, 2), keywords=("beta1", "beta2"), t=1, kind="start"),
    Plan((2, 5), np.float32, t=1, kind="start"),
    Plan((4, 1), t=7),
    Plan((4, 3), np.float32, t=2),
    Plan((5, 1), np.float32, keywords=ALL, t=4),
    Plan((4, 4), keywords=ALL, t=12),
    Plan((4, 3), t=1, kind="no gradient", edge=NO_GRADIENT),
    Plan((4, 3), np.float32, keywords=ALL, t=3, kind="no gradient", edge=NO_GRADIENT),
    Plan((3, 4), keywords=("beta1", "beta2"), t=2, edge=probes.NON_CONTIGUOUS, layout="gaps"),
    Plan((4, 3), keywords=("eps",), t=3, edge=probes.NON_CONTIGUOUS, layout="transposed"),
)
LATE = (Plan((3, 4), t=100_000, edge=MANY_STEPS), Plan((3, 1), np.float32, t=100_000, edge=MANY_STEPS))


def _probe(plan: Plan, arguments: tuple[str, ...], keywords: tuple[str, ...]) -> Probe:
    """Make one probe that gives the named arguments, and of the plan's keywords those that are known."""

    def probe(rng: np.random.Generator) -> Case:
        values = _by_hand(plan.shape, rng) if plan.kind == "hand" else _drawn(plan, rng)
        values["t"] = plan.t
        given = probes.rounded({name: values[name] for name in arguments}, plan.dtype)
        if plan.layout:
            given = probes.non_contiguous(given, plan.layout)
        chosen = {name: values[name] for name in plan.keywords if name in keywords}
        return Case(given, chosen, plan.edge)

    return probe


def _by_hand(shape: tuple[int, int], rng: np.random.Generator) -> dict[str, Any]:
    theta, v = (np.round(probes.signed(rng, 1, 4, shape)) for _ in "ab")
    arrays = {"theta": theta, "dtheta": 4 * np.round(probes.signed(rng, 1, 3, shape)), "v": v}
    return {**arrays, "s": 4 * rng.integers(1, 6, shape) ** 2.0, **_numbers(0.5, 0.75, 0.5, 0.25)}


def _drawn(plan: Plan, rng: np.random.Generator) -> dict[str, Any]:
    size = np.ones((plan.shape[0], 1))
    size[-1] = 1e-4  # gradients so small that the default eps shows
    dtheta, v = (size * probes.signed(rng, 0.3, 2, plan.shape) for _ in "ab")
    s = (size * rng.uniform(0.3, 2, plan.shape)) ** 2
    if plan.kind == "start":
        v, s = 0 * v, 0 * s
    if plan.kind == "no gradient":
        dtheta[1] = v[1] = s[1] = 0
    theta = probes.signed(rng, 0.2, 2, plan.shape)
    beta1, beta2 = rng.uniform(0.55, 0.8), rng.uniform(0.85, 0.97)
    numbers = _numbers(rng.uniform(0.02, 0.3), beta1, beta2, 10 ** rng.uniform(-3, -1.5))
    return {"theta": theta, "dtheta": dtheta, "v": v, "s": s, **numbers}


def _numbers(alpha: float, beta1: float, beta2: float, eps: float) -> dict[str, float]:
    return {"alpha": float(alpha), "beta1": float(beta1), "beta2": float(beta2), "eps": float(eps)}


def _momentum(
    theta,
    dtheta,
    v,
    alpha,
    beta1=BETA1,
    *,
    average=pieces.average,
    direction=lambda v, old, dtheta, beta1: v,
    move=lambda theta, step, alpha: theta - alpha * step,
    returned=lambda v, old: v,
):
    """Average the gradient, step along the average; every keyword is a piece to replace."""
    old, v = v, average(v, dtheta, beta1)
    return move(theta, direction(v, old, dtheta, beta1), alpha), returned(v, old)


def _with_alpha_inside(sign: int, weighted: bool, twice: bool = False) -> Callable[..., Any]:
    """The velocity of other textbooks: an average of steps, not of gradients."""

    def momentum_update(theta, dtheta, v, alpha, beta1=BETA1):
        v = beta1 * v + sign * (1 - beta1 if weighted else 1) * alpha * dtheta
        return theta - sign * (alpha if twice else 1) * v, v

    return momentum_update


def _momentum_in_place(theta, dtheta, v, alpha, beta1=BETA1):
    v *= beta1
    v += (1 - beta1) * dtheta
    return theta - alpha * v, v


def _moving(step: Callable[..., Any]) -> Callable[..., Any]:
    """The step, with its new parameter written into the old one."""

    def wrong(theta, *given, **keywords):
        theta[...], *averages = step(theta, *given, **keywords)
        return (theta, *averages)

    return wrong


def _updates_theta_in_place(step: Callable[..., Any]) -> Misconception:
    return updates_in_place(
        _moving(step),
        argument="theta",
        question="What does the theta that was passed in look like after the call?",
        pointer="Look for -= and for an assignment into theta[...].",
        statement="Make a new array, theta - alpha * step: who still holds the old theta wants it as it was.",
    )


def _reordered(step: Callable[..., Any], *order: int) -> Callable[..., Any]:
    def wrong(*given, **keywords):
        results = step(*given, **keywords)
        return tuple(results[i] for i in order)

    return wrong


MOMENTUM_UPDATE = Exercise(
    name="momentum_update",
    notebook=NOTEBOOK,
    points=2,
    reference=_momentum,
    results=("theta", "v"),
    probes=tuple(_probe(plan, ("theta", "dtheta", "v", "alpha"), ("beta1",)) for plan in PLANS),
    misconceptions=(
        named(
            "one-minus-beta-missing",
            partial(_momentum, average=pieces.MISTAKES["one-minus-beta-missing"][0].first),
        ),
        named("decay-swapped", partial(_momentum, average=pieces.MISTAKES["decay-swapped"][0].first)),
        named(
            "alpha-in-the-average",
            *(_with_alpha_inside(sign, weighted) for sign in (1, -1) for weighted in (False, True)),
            *(_with_alpha_inside(1, weighted, twice=True) for weighted in (False, True)),
        ),
        named("average-not-used", partial(_momentum, direction=lambda v, old, dtheta, beta1: dtheta)),
        named("steps-by-old-average", partial(_momentum, direction=lambda v, old, dtheta, beta1: old)),
        named(
            "looks-ahead",
            partial(_momentum, direction=lambda v, old, dtheta, beta1: beta1 * v + (1 - beta1) * dtheta),
            partial(_momentum, direction=lambda v, old, dtheta, beta1: beta1 * v + dtheta),
        ),
        named("moments-not-returned", partial(_momentum, returned=lambda v, old: old)),
        named(
            "beta-hard-coded",
            hard_coded(_momentum, beta1=0.9),
            lambda theta, dtheta, v, alpha: _momentum(theta, dtheta, v, alpha),
        ),
        named("results-in-another-order", _reordered(_momentum, 1, 0)),
        *(
            named(name, *(partial(_momentum, move=form) for form in forms))
            for name, forms in pieces.MOVES.items()
        ),
        changes_its_input(_momentum_in_place, but_not="theta"),
        _updates_theta_in_place(_momentum),
    ),
    withheld=WITHHELD,
)


def _rmsprop(theta, dtheta, s, alpha, beta2=BETA2, eps=EPS, *, form=pieces.RIGHT):
    """Adam without an average of gradients and without corrections."""
    form = replace(form, direction=lambda v_hat, dtheta: dtheta, second_corrected=lambda s, *_: s)
    theta, _, s = form(theta, dtheta, 0.0, s, 1, alpha, beta2, beta2, eps)
    return theta, s


def _by_old_squares(theta, dtheta, s, alpha, beta2=BETA2, eps=EPS):
    return theta - alpha * dtheta / (np.sqrt(s) + eps), pieces.average(s, dtheta**2, beta2)


def _with_root_kept(theta, dtheta, s, alpha, beta2=BETA2, eps=EPS):
    theta, s = _rmsprop(theta, dtheta, s, alpha, beta2, eps)
    return theta, np.sqrt(s)


def _rmsprop_in_place(theta, dtheta, s, alpha, beta2=BETA2, eps=EPS):
    s *= beta2
    s += (1 - beta2) * dtheta**2
    return theta - alpha * dtheta / (np.sqrt(s) + eps), s


def _rmsprop_scaling_the_gradient(theta, dtheta, s, alpha, beta2=BETA2, eps=EPS):
    s = beta2 * s + (1 - beta2) * dtheta**2
    dtheta /= np.sqrt(s) + eps
    return theta - alpha * dtheta, s


def _for_rmsprop(name: str) -> tuple[Callable[..., Any], ...]:
    found = {form.second: form for form in pieces.MISTAKES[name] if form.second is not pieces.average}
    return tuple(partial(_rmsprop, form=Adam(second=second)) for second in found)


RMSPROP_UPDATE = Exercise(
    name="rmsprop_update",
    notebook=NOTEBOOK,
    points=2,
    reference=_rmsprop,
    results=("theta", "s"),
    probes=tuple(_probe(plan, ("theta", "dtheta", "s", "alpha"), ("beta2", "eps")) for plan in PLANS),
    misconceptions=(
        *(named(name, *_for_rmsprop(name)) for name in ("one-minus-beta-missing", "decay-swapped")),
        *(
            named(name, *(partial(_rmsprop, form=form) for form in pieces.MISTAKES[name]))
            for name in ("gradient-not-squared", *pieces.QUOTIENTS, *pieces.MOVES)
        ),
        named("steps-by-old-average", _by_old_squares),
        named("root-kept", _with_root_kept),
        named("moments-not-returned", lambda *given, **keywords: (_rmsprop(*given, **keywords)[0], given[2])),
        named(
            "eps-hard-coded",
            *(hard_coded(_rmsprop, eps=eps) for eps in (1e-8, 1e-7, 1e-5, 1e-6)),
            lambda theta, dtheta, s, alpha, beta2=BETA2: _rmsprop(theta, dtheta, s, alpha, beta2),
        ),
        named(
            "beta-hard-coded",
            *(hard_coded(_rmsprop, beta2=beta2) for beta2 in (0.999, 0.9, 0.99)),
            lambda theta, dtheta, s, alpha, eps=EPS: _rmsprop(theta, dtheta, s, alpha, BETA2, eps),
        ),
        named("results-in-another-order", _reordered(_rmsprop, 1, 0)),
        changes_its_input(_rmsprop_in_place, _rmsprop_scaling_the_gradient, but_not="theta"),
        _updates_theta_in_place(_rmsprop),
    ),
    withheld=WITHHELD,
)


def _adam_in_place(theta, dtheta, v, s, t, alpha, beta1=BETA1, beta2=BETA2, eps=EPS):
    v *= beta1
    v += (1 - beta1) * dtheta
    s *= beta2
    s += (1 - beta2) * dtheta**2
    return pieces.RIGHT.move(theta, _direction(v, s, t, beta1, beta2, eps), alpha), v, s


def _direction(v, s, t, beta1, beta2, eps):
    return v / (1 - beta1**t) / (np.sqrt(s / (1 - beta2**t)) + eps)


ADAM_UPDATE = Exercise(
    name="adam_update",
    notebook=NOTEBOOK,
    points=3,
    reference=pieces.RIGHT,
    results=("theta", "v", "s"),
    probes=tuple(
        _probe(plan, ("theta", "dtheta", "v", "s", "t", "alpha"), ("beta1", "beta2", "eps"))
        for plan in (*PLANS, *LATE)
    ),
    misconceptions=(
        *(named(name, *forms) for name, forms in pieces.MISTAKES.items()),
        named("steps-by-old-average", pieces.by_old_moments),
        named(
            "eps-hard-coded",
            *(hard_coded(pieces.RIGHT, eps=eps) for eps in (1e-8, 1e-7, 1e-5, 1e-6)),
            lambda *given, beta1=BETA1, beta2=BETA2: pieces.RIGHT(*given, beta1, beta2),
        ),
        named(
            "beta-hard-coded",
            hard_coded(pieces.RIGHT, beta1=0.9, beta2=0.999),
            hard_coded(pieces.RIGHT, beta1=0.9),
            hard_coded(pieces.RIGHT, beta2=0.999),
            lambda *given, eps=EPS: pieces.RIGHT(*given, BETA1, BETA2, eps),
        ),
        named("results-in-another-order", *(_reordered(pieces.RIGHT, *o) for o in ((1, 2, 0), (0, 2, 1)))),
        changes_its_input(_adam_in_place, but_not="theta"),
        _updates_theta_in_place(pieces.RIGHT),
    ),
    withheld=WITHHELD,
)
