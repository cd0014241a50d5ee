"""Exercises on translating running statistics into another framework's conventions."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import probes
from ..exercise import Case, Exercise, Misconception, Probe
from ..probes import CONSTANT_UNIT, NON_CONTIGUOUS, Plan
from .assignments import GPU as NOTEBOOK
from .structure import changes_its_input

OFTEN_SEEN = (0.9, 0.99, 0.999)


def _decay(low: float, high: float, edge: str | None = None) -> Probe:
    # Few digits, so that rounding away the 0.09999999999999998 of 1 - 0.9 costs nobody anything.
    return lambda rng: Case({"decay": round(float(rng.uniform(low, high)), 3)}, edge=edge)


def _only(decay: float, edge: str) -> Probe:
    return lambda rng: Case({"decay": decay}, edge=edge)


DECAY_TO_MOMENTUM = Exercise(
    name="decay_to_momentum",
    notebook=NOTEBOOK,
    points=1,
    reference=lambda decay: 1 - decay,
    results=("momentum",),
    probes=(
        _decay(0.05, 0.3),
        _decay(0.6, 0.8),
        _decay(0.85, 0.95),
        lambda rng: Case({"decay": float(rng.choice(OFTEN_SEEN))}),
        lambda rng: Case({"decay": np.float64(0.875)}),
        _only(1.0, "a decay of 1: never updated"),
        _only(0.0, "a decay of 0: the last mini-batch alone"),
    ),
    misconceptions=(
        Misconception(
            "decay-swapped",
            lambda decay: decay,
            lambda decay: 1 - (1 - decay),
            question="Whose weight is our decay, and whose weight is that framework's momentum?",
            pointer="With decay 0.9, how much of each new mini-batch enters the running average?",
            statement="decay weights the old value, this momentum the new one. The two add up to 1.",
        ),
        Misconception("sign-error", lambda decay: decay - 1, lambda decay: 1 + decay, lambda decay: -decay),
        Misconception(
            "momentum-hard-coded",
            lambda decay: 0.1,
            lambda decay: 0.9,
            lambda decay: 0.99,
            lambda decay: 0.01,
        ),
        Misconception(
            "window-instead-of-weight",
            lambda decay: np.divide(1.0, 1 - decay),
            lambda decay: 1 / (1 - decay),
        ),
        Misconception(
            "reciprocal-of-decay",
            lambda decay: np.divide(1.0, decay),
            lambda decay: 1 / decay,
            lambda decay: 1 / decay - 1,
            lambda decay: (1 - decay) / decay,
        ),
        Misconception(
            "rounds-to-a-whole-number", lambda decay: int(1 - decay), lambda decay: round(1 - decay)
        ),
    ),
)


def _running(plan: Plan, least: int = 8, most: int = 65) -> Probe:
    def probe(rng: np.random.Generator) -> Case:
        running_sigma2 = rng.uniform(0.2, 9, (plan.n, 1))
        if plan.kind == "hand":
            running_sigma2 = rng.integers(1, 9, (plan.n, 1)).astype(np.float64)
        if plan.kind == "constant":
            running_sigma2[0] = 0
        arguments: dict[str, Any] = probes.rounded({"running_sigma2": running_sigma2}, plan.dtype)
        if plan.layout:
            arguments = probes.non_contiguous(arguments, plan.layout)
        return Case({**arguments, "m": int(rng.integers(least, most))}, edge=plan.edge)

    return probe


def _in_place(running_sigma2, m):
    running_sigma2 *= m / (m - 1)
    return running_sigma2


UNBIASED_RUNNING_VARIANCE = Exercise(
    name="unbiased_running_variance",
    notebook=NOTEBOOK,
    points=1,
    reference=lambda running_sigma2, m: running_sigma2 * m / (m - 1),
    results=("running_var",),
    probes=(
        _running(Plan(2, 5, kind="hand"), 5, 6),
        _running(Plan(3, 0), 4, 9),
        _running(Plan(4, 0, np.float32)),
        _running(Plan(6, 0)),
        _running(Plan(5, 0), 5, 6),
        _running(Plan(4, 0, edge="two examples (m = 2)"), 2, 3),
        _running(Plan(3, 0, np.float32, edge="two examples (m = 2)"), 2, 3),
        _running(Plan(3, 0, kind="constant", edge=CONSTANT_UNIT)),
        _running(Plan(3, 0, edge=NON_CONTIGUOUS, layout="gaps")),
        _running(Plan(4, 0, edge=NON_CONTIGUOUS, layout="transposed")),
    ),
    misconceptions=(
        Misconception("correction-inverted", lambda running_sigma2, m: running_sigma2 * (m - 1) / m),
        Misconception("correction-missing", lambda running_sigma2, m: running_sigma2 + 0),
        Misconception("correction-twice", lambda running_sigma2, m: running_sigma2 * (m / (m - 1)) ** 2),
        Misconception(
            "variance-taken-for-sum",
            lambda running_sigma2, m: running_sigma2 / (m - 1),
            lambda running_sigma2, m: running_sigma2 / m,
        ),
        Misconception(
            "sum-instead-of-mean",
            lambda running_sigma2, m: running_sigma2 * m,
            lambda running_sigma2, m: running_sigma2 * (m - 1),
            question="What does your result do when the mini-batch is twice as large?",
            pointer="A variance does not grow with m. By what did you divide?",
            statement="Multiply by m, then divide by m - 1: a sum of squares becomes a variance again.",
        ),
        Misconception(
            "another-count",
            lambda running_sigma2, m: running_sigma2 * (m + 1) / m,
            lambda running_sigma2, m: running_sigma2 * m / (m + 1),
            lambda running_sigma2, m: (
                running_sigma2 * (m - 1) / (m - 2.0) if m > 2 else running_sigma2 * np.inf
            ),
            lambda running_sigma2, m: running_sigma2 * np.divide(m, m - 2.0),
        ),
        Misconception(
            "factor-of-the-deviation",
            lambda running_sigma2, m: running_sigma2 * np.sqrt(m / (m - 1)),
            lambda running_sigma2, m: np.sqrt(running_sigma2 * m / (m - 1)),
        ),
        Misconception(
            "divides-by-n",
            lambda running_sigma2, m: running_sigma2 * len(running_sigma2) / (len(running_sigma2) - 1),
            question="Over how many numbers did each mini-batch average?",
            pointer="running_sigma2 has one entry per unit. Which number counts the examples?",
            statement="The count is m, the size of a mini-batch, and not the number of units.",
        ),
        Misconception(
            "integer-division",
            lambda running_sigma2, m: running_sigma2 * (m // (m - 1)),
            lambda running_sigma2, m: running_sigma2 * m // (m - 1),
            lambda running_sigma2, m: running_sigma2 // (m - 1) * m,
        ),
        Misconception(
            "variance-over-units",
            lambda running_sigma2, m: running_sigma2.var(axis=0, ddof=1, keepdims=True),
            lambda running_sigma2, m: np.var(running_sigma2, ddof=1),
            lambda running_sigma2, m: np.full_like(running_sigma2, running_sigma2.var(ddof=1)),
        ),
        Misconception(
            "lost-dimension",
            lambda running_sigma2, m: running_sigma2.ravel() * m / (m - 1),
            lambda running_sigma2, m: (running_sigma2 * m / (m - 1))[:, 0],
        ),
        changes_its_input(_in_place),
    ),
)
