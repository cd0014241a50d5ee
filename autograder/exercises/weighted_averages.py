"""Exercises on one exponentially weighted average: an update, and the correction of its start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import probes
from ..exercise import Case, Exercise, Misconception, Probe
from ..probes import NON_CONTIGUOUS
from .assignments import TEST_TIME as NOTEBOOK
from .assignments import WITHHELD_FROM_TEST_TIME as WITHHELD
from .structure import changes_its_input

HARD_CODED_DECAY = (0.9, 0.99, 0.999, 0.5, 0.1)
NOTHING_KEPT = "a decay of 0: nothing is kept"
NOTHING_NEW = "a decay of 1: nothing comes in"
LONG_AFTER = "many updates (t = 2000)"


@dataclass(frozen=True)
class Plan:
    """One probe: how many units (None for plain numbers), the decay, t, dtype and layout."""

    n: int | None
    decay: float | str = "drawn"  # or "default"
    t: int = 1
    dtype: type = np.float64
    kind: str = "ordinary"  # or "hand", "start"
    edge: str | None = None
    layout: str = ""  # as in `probes.Plan`


def _values(plan: Plan, rng: np.random.Generator) -> tuple[Any, Any]:
    shape = (plan.n or 1, 1)
    if plan.kind == "hand":
        average, value = (np.round(probes.signed(rng, 1, 9, shape)) * 10 for _ in "ab")
        value = value + 10 * (value == average)
    else:
        average, value = (probes.signed(rng, 0.3, 4, shape) for _ in "ab")
        average = 0 * average if plan.kind == "start" else average
    return (average.item(), value.item()) if plan.n is None else (average, value)


def _arrays(plan: Plan, arguments: dict[str, Any]) -> dict[str, Any]:
    arguments = probes.rounded(arguments, plan.dtype)
    return probes.non_contiguous(arguments, plan.layout) if plan.layout else arguments


def _decay(plan: Plan, rng: np.random.Generator) -> float:
    if plan.kind == "hand":
        return 0.75
    return plan.decay if isinstance(plan.decay, float) else float(rng.uniform(0.6, 0.85))


def _update(plan: Plan) -> Probe:
    def probe(rng: np.random.Generator) -> Case:
        average, value = _values(plan, rng)
        keywords = {} if plan.decay == "default" else {"decay": _decay(plan, rng)}
        return Case(_arrays(plan, {"average": average, "value": value}), keywords, plan.edge)

    return probe


def _hard_coded(typed):
    return lambda average, value, decay=0.9: typed * average + (1 - typed) * value


def _no_decay_asked_for(average, value):
    return 0.9 * average + 0.1 * value


def _update_in_place(average, value, decay=0.9):
    average *= decay
    average += (1 - decay) * value
    return average


def _update_of_the_value(average, value, decay=0.9):
    value *= 1 - decay
    value += decay * average
    return value


EWA_UPDATE = Exercise(
    name="ewa_update",
    notebook=NOTEBOOK,
    points=1,
    reference=lambda average, value, decay=0.9: decay * average + (1 - decay) * value,
    results=("average",),
    probes=tuple(
        map(
            _update,
            (
                Plan(None, kind="hand"),
                Plan(None, "default"),
                Plan(None),
                Plan(3, "default"),
                Plan(4),
                Plan(3, dtype=np.float32),
                Plan(2, 0.99),
                Plan(None, kind="start"),
                Plan(3, "default", kind="start"),
                Plan(4, 0.0, edge=NOTHING_KEPT),
                Plan(None, 0.0, edge=NOTHING_KEPT),
                Plan(4, 1.0, edge=NOTHING_NEW),
                Plan(4, edge=NON_CONTIGUOUS, layout="gaps"),
            ),
        )
    ),
    misconceptions=(
        Misconception(
            "decay-swapped", lambda average, value, decay=0.9: (1 - decay) * average + decay * value
        ),
        Misconception(
            "one-minus-beta-missing",
            lambda average, value, decay=0.9: decay * average + value,
            question="What do the weights of the old and the new value add up to?",
            pointer="Let average and value both be 10. What should come out?",
            statement="The weights are decay and 1 - decay, which add up to 1. Without 1 - decay the average "
            "is too large.",
        ),
        Misconception(
            "old-value-not-decayed",
            lambda average, value, decay=0.9: average + (1 - decay) * value,
            lambda average, value, decay=0.9: average + decay * value,
        ),
        Misconception(
            "never-updated",
            lambda average, value, decay=0.9: average + 0,
            lambda average, value, decay=0.9: average,
            question="Does the new value reach your result?",
            pointer="Try average 10 and value 20. Does the average move?",
            statement="You return the old average. A share 1 - decay of the new value has to come in.",
        ),
        Misconception(
            "replaced-by-last-batch",
            lambda average, value, decay=0.9: value + 0,
            lambda average, value, decay=0.9: value,
            question="How much of the old average is left in your result?",
            pointer="Try average 10 and value 20. Where does the 10 go?",
            statement="You return the new value alone. The old average stays in, with the weight decay.",
        ),
        Misconception("plain-average", lambda average, value, decay=0.9: (average + value) / 2),
        Misconception(
            "bias-corrected-anyway",
            lambda average, value, decay=0.9: (
                (decay * average + (1 - decay) * value) / np.subtract(1.0, decay)
            ),
        ),
        Misconception(
            "sign-error",
            lambda average, value, decay=0.9: decay * average - (1 - decay) * value,
            lambda average, value, decay=0.9: decay * average + (decay - 1) * value,
            lambda average, value, decay=0.9: average + (1 - decay) * (average - value),
            lambda average, value, decay=0.9: (1 - decay) * value - decay * average,
        ),
        # A half typed in is the plain average.
        Misconception(
            "decay-hard-coded",
            *(_hard_coded(typed) for typed in HARD_CODED_DECAY if typed != 0.5),
            _no_decay_asked_for,
        ),
        Misconception(
            "brackets-forgotten",
            lambda average, value, decay=0.9: decay * average + 1 - decay * value,
            pointer="Let average and value both be 10. What does your line make of them, step by step?",
            statement="The weight of the new value is (1 - decay), in brackets. Without them, only decay "
            "meets the value.",
        ),
        Misconception(
            "lost-dimension",
            lambda average, value, decay=0.9: np.squeeze(decay * average + (1 - decay) * value),
        ),
        changes_its_input(_update_in_place, _update_of_the_value),
    ),
    withheld=WITHHELD,
    terms=lambda average, value, decay=0.9: abs(decay * average) + abs((1 - decay) * value),
)


def _correction(plan: Plan) -> Probe:
    def probe(rng: np.random.Generator) -> Case:
        decay = _decay(plan, rng)
        # Such as t updates from 0 leave it: the longer, the nearer to the values.
        average = _values(plan, rng)[0]
        average = average * (1 - decay**plan.t) if plan.kind != "hand" else average
        arguments = _arrays(plan, {"average": average})
        return Case({**arguments, "decay": decay, "t": plan.t}, {}, plan.edge)

    return probe


def _divided_by(divisor):
    return lambda average, decay, t: np.divide(average, divisor(decay, t))


def _correct_in_place(average, decay, t):
    average /= 1 - decay**t
    return average


EWA_BIAS_CORRECTION = Exercise(
    name="ewa_bias_correction",
    notebook=NOTEBOOK,
    points=1,
    reference=lambda average, decay, t: average / (1 - decay**t),
    results=("corrected",),
    probes=tuple(
        map(
            _correction,
            (
                Plan(None, t=2, kind="hand"),
                Plan(None, t=1),
                Plan(None, t=3),
                Plan(3, t=1),
                Plan(4, t=2),
                Plan(3, t=5),
                Plan(4, 0.99, t=10),
                Plan(3, t=4, dtype=np.float32),
                Plan(3, t=2000, edge=LONG_AFTER),
                Plan(None, 0.9, t=2000, edge=LONG_AFTER),
                Plan(3, 0.0, t=2, edge=NOTHING_KEPT),
                Plan(4, t=3, edge=NON_CONTIGUOUS, layout="gaps"),
            ),
        )
    ),
    misconceptions=(
        Misconception(
            "no-bias-correction",
            lambda average, decay, t: average + 0,
            lambda average, decay, t: average,
            question="After one update from 0, how does your result compare with the one value seen?",
            pointer="Does your result depend on t at all?",
            statement="The start at 0 still has the weight decay**t: divide by the rest, 1 - decay**t.",
        ),
        Misconception(
            "multiplies-by-correction",
            lambda average, decay, t: average * (1 - decay**t),
            question="Is an average that started at 0 too small at first, or too large?",
            pointer="One update with decay 0.9 makes 1 of a value of 10. Which way is it back?",
            statement="Divide by 1 - decay**t. Multiplying makes a small average smaller still.",
        ),
        Misconception(
            "power-missing",
            _divided_by(lambda decay, t: np.subtract(1.0, decay)),
            question="How does the correction change from one update to the next?",
            pointer="Try a very large t: the corrected average should then be the average itself.",
            statement="The correction divides by 1 - decay**t, a power: it fades as t grows.",
        ),
        Misconception("brackets-forgotten", lambda average, decay, t: average / 1 - decay**t),
        Misconception("product-instead-of-power", _divided_by(lambda decay, t: 1 - decay * t)),
        Misconception(
            "t-from-zero",
            _divided_by(lambda decay, t: 1 - decay ** (t - 1)),
            lambda average, decay, t: average / (1 - decay ** (t - 1)),
            _divided_by(lambda decay, t: 1 - decay ** (t + 1)),
            question="What is t after the very first update?",
            pointer="Try t 1: the result should be the one value seen, exactly.",
            statement="t is the number of updates, and the power is decay**t as it stands: neither t - 1 "
            "nor t + 1.",
        ),
        Misconception("decay-swapped", _divided_by(lambda decay, t: 1 - (1 - decay) ** t)),
        Misconception("power-of-the-new-weight", _divided_by(lambda decay, t: np.subtract(1.0, decay) ** t)),
        Misconception(
            "divides-by-weight-of-start",
            _divided_by(lambda decay, t: np.float64(decay) ** t),
            lambda average, decay, t: average / decay**t,
        ),
        Misconception(
            "sign-error",
            _divided_by(lambda decay, t: 1 + decay**t),
            _divided_by(lambda decay, t: decay**t - 1),
        ),
        Misconception(
            "decay-hard-coded",
            *(_divided_by(lambda decay, t, typed=typed: 1 - typed**t) for typed in HARD_CODED_DECAY),
        ),
        Misconception("lost-dimension", lambda average, decay, t: np.squeeze(average / (1 - decay**t))),
        changes_its_input(_correct_in_place),
    ),
    withheld=WITHHELD,
)
