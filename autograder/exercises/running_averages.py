"""The exercise on batch norm's running statistics, gathered over a list of mini-batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .. import probes
from ..exercise import Case, Exercise, Misconception, Probe
from ..probes import CONSTANT_UNIT, LARGE_MEAN, NON_CONTIGUOUS
from .assignments import TEST_TIME as NOTEBOOK
from .assignments import WITHHELD_FROM_TEST_TIME as WITHHELD
from .forward_pieces import HARD_CODED_EPS, RIGHT, STATISTICS, Forward
from .structure import changes_its_input, difference_of_squares
from .weighted_averages import HARD_CODED_DECAY

ONE_BATCH = "a single mini-batch"
ONE_EXAMPLE_EACH = "mini-batches of one example"


@dataclass(frozen=True)
class Plan:
    """One probe: units, the sizes of the mini-batches, and the rest as in `probes.Plan`."""

    n: int
    sizes: tuple[int, ...]
    decay: str = "keyword"  # or "default", "hand"
    dtype: type = np.float64
    kind: str = "ordinary"
    edge: str | None = None
    layout: str = ""


PLANS = (
    Plan(2, (4, 4), decay="hand", kind="hand"),
    Plan(3, (7, 5, 9)),
    Plan(3, (6, 8, 8, 5), decay="default"),
    Plan(4, (9, 7), dtype=np.float32),
    Plan(5, (5, 5, 5)),
    Plan(4, (12, 6, 6), decay="default", dtype=np.float32),
    Plan(3, (8,), edge=ONE_BATCH),
    Plan(4, (6,), decay="default", edge=ONE_BATCH),
    Plan(4, (1, 1, 1), edge=ONE_EXAMPLE_EACH),
    Plan(3, (6, 1), edge=ONE_EXAMPLE_EACH),
    Plan(3, (8, 4), kind="constant", edge=CONSTANT_UNIT),
    Plan(4, (9, 6), kind="far", edge=LARGE_MEAN),
    Plan(3, (10, 7), dtype=np.float32, kind="far", edge=LARGE_MEAN),
    Plan(3, (6, 5), edge=NON_CONTIGUOUS, layout="gaps"),
    Plan(4, (7, 5), edge=NON_CONTIGUOUS, layout="transposed"),
)


def _probe(plan: Plan) -> Probe:
    def probe(rng: np.random.Generator) -> Case:
        kinds = [probes.Plan(plan.n, m, plan.dtype, kind=plan.kind) for m in plan.sizes]
        batches = [probes.pre_activations(each, rng) for each in kinds]
        arguments = probes.rounded({"batches": batches}, plan.dtype)
        if plan.layout:
            arguments = probes.non_contiguous(arguments, plan.layout)
        drawn = 0.5 if plan.decay == "hand" else float(rng.uniform(0.6, 0.85))
        return Case(arguments, {} if plan.decay == "default" else {"decay": drawn}, plan.edge)

    return probe


@dataclass(frozen=True)
class Running:
    """The averages as they are gathered: right as it stands, wrong with a piece replaced."""

    forward: Forward = RIGHT
    start: Callable[..., Any] = lambda mu, sigma2: (np.zeros_like(mu), np.ones_like(sigma2))
    mean: Callable[..., Any] = lambda old, new, decay: decay * old + (1 - decay) * new
    variance: Callable[..., Any] = lambda old, new, decay: decay * old + (1 - decay) * new
    stored: Callable[..., Any] = lambda sigma2: sigma2
    finish: Callable[..., Any] = lambda mu, sigma2, decay, t: (mu, sigma2)
    chosen: Callable[..., Any] = lambda batches: batches

    def __call__(self, batches: Sequence[Any], decay: float = 0.9) -> Any:
        """Return running_mu, running_sigma2."""
        running = None
        batches = self.chosen(batches)
        for Z in batches:
            mu = self.forward.mean(Z)
            sigma2 = self.stored(self.forward.variance(Z, mu))
            running = running or self.start(_column(Z, mu), _column(Z, sigma2))
            running = self.mean(running[0], mu, decay), self.variance(running[1], sigma2, decay)
        return self.finish(*running, decay, len(batches))


def _column(Z, value):
    """What a student starts from has the right shape, whatever shape the statistics come in."""
    return value if np.shape(value) == (len(Z), 1) else np.zeros((len(Z), 1))


def _of_each(batches: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    mus = [RIGHT.mean(Z) for Z in batches]
    return mus, [RIGHT.variance(Z, mu) for Z, mu in zip(batches, mus, strict=True)]


def _weighted_by_size(batches, decay=0.9):
    mus, sigma2s = _of_each(batches)
    sizes = [Z.shape[1] for Z in batches]
    return tuple(np.average(np.stack(x), axis=0, weights=sizes) for x in (mus, sigma2s))


def _all_together(batches, decay=0.9):
    Z = np.concatenate(batches, axis=1)
    return RIGHT.mean(Z), RIGHT.variance(Z, RIGHT.mean(Z))


def _around_running_mean(updated_first: bool) -> Callable[..., Any]:
    def running_statistics(batches, decay=0.9):
        running_mu, running_sigma2 = np.zeros((len(batches[0]), 1)), np.ones((len(batches[0]), 1))
        for Z in batches:
            old = running_mu
            running_mu = decay * running_mu + (1 - decay) * RIGHT.mean(Z)
            sigma2 = ((Z - (running_mu if updated_first else old)) ** 2).mean(axis=1, keepdims=True)
            running_sigma2 = decay * running_sigma2 + (1 - decay) * sigma2
        return running_mu, running_sigma2

    return running_statistics


def _centering_in_place(batches, decay=0.9):
    running_mu, running_sigma2 = np.zeros((len(batches[0]), 1)), np.ones((len(batches[0]), 1))
    for Z in batches:
        mu = RIGHT.mean(Z)
        Z -= mu
        running_mu = decay * running_mu + (1 - decay) * mu
        running_sigma2 = decay * running_sigma2 + (1 - decay) * (Z**2).mean(axis=1, keepdims=True)
    return running_mu, running_sigma2


def _emptying_the_list(batches, decay=0.9):
    given = list(batches)
    while batches:
        batches.pop()
    return Running()(given, decay)


def _swapped(old, new, decay):
    return (1 - decay) * old + decay * new


def _kept(old, new, decay):
    return old


def _last(old, new, decay):
    return new


def _growing(old, new, decay):
    return decay * old + new


def _not_decayed(old, new, decay):
    return old + (1 - decay) * new


def _halfway(old, new, decay):
    return (old + new) / 2


def _both(change: Callable[..., Any]) -> Running:
    return Running(mean=change, variance=change)


def _each_or_both(change: Callable[..., Any]) -> tuple[Running, ...]:
    return _both(change), Running(mean=change), Running(variance=change)


def _corrected(mu, sigma2, decay, t):
    return mu / (1 - decay**t), sigma2 / (1 - decay**t)


def _zeros(mu, sigma2):
    return np.zeros_like(mu), np.zeros_like(sigma2)


def _unbracketed(old, new, decay):
    return decay * old + 1 - decay * new


def _hard_coded(typed: float) -> Callable[..., Any]:
    return lambda batches, decay=0.9: Running()(batches, typed)


def _no_decay_asked_for(batches):
    return Running()(batches)


def _averaging(stored: Callable[..., Any], **more: Any) -> Running:
    return Running(stored=stored, **more)


_DEVIATION_READ_BACK: Callable[..., Any] = lambda mu, sigma2, decay, t: (mu, sigma2**2)  # noqa: E731

READINGS: Mapping[str, tuple[Callable[..., Any], ...]] = {
    "decay-swapped": _each_or_both(_swapped),
    "never-updated": (_both(_kept),),
    "only-mean-updated": (Running(variance=_kept), Running(variance=_kept, start=_zeros)),
    "only-variance-updated": (Running(mean=_kept),),
    "replaced-by-last-batch": _each_or_both(_last),
    "plain-average": (
        lambda batches, decay=0.9: tuple(np.mean(x, axis=0) for x in _of_each(batches)),
        _weighted_by_size,
        *_each_or_both(_halfway),
    ),
    "whole-set-statistics": (_all_together,),
    "averages-deviation": (
        _averaging(np.sqrt),
        _averaging(np.sqrt, finish=_DEVIATION_READ_BACK),
    ),
    "averages-variance-plus-eps": tuple(
        _averaging(lambda sigma2, eps=eps: sigma2 + eps) for eps in HARD_CODED_EPS[:1] + HARD_CODED_EPS[2:]
    ),
    "starts-from-zero-variance": (Running(start=_zeros),),
    "starts-from-first-batch": (
        Running(start=lambda mu, sigma2: (mu, sigma2)),
        Running(start=lambda mu, sigma2: (np.zeros_like(mu), sigma2)),
    ),
    "bias-corrected-anyway": (
        Running(start=_zeros, finish=_corrected),
        Running(finish=_corrected),
        Running(finish=lambda mu, sigma2, decay, t: (mu / (1 - decay**t), sigma2)),
        Running(
            finish=lambda mu, sigma2, decay, t: (mu / (1 - decay**t), (sigma2 - decay**t) / (1 - decay**t))
        ),
    ),
    "one-minus-beta-missing": _each_or_both(_growing),
    "old-value-not-decayed": _each_or_both(_not_decayed),
    "variance-around-running-mean": (_around_running_mean(True), _around_running_mean(False)),
    "returns-inside-the-loop": (Running(chosen=lambda batches: batches[:1]),),
    "drops-the-tail": (
        Running(chosen=lambda batches: [Z for Z in batches if Z.shape[1] == batches[0].shape[1]]),
        Running(chosen=lambda batches: [Z for Z in batches if Z.shape[1] > 1] or batches[:0]),
        Running(chosen=lambda batches: batches[:-1] or batches),
    ),
    "batches-in-reverse": (Running(chosen=lambda batches: batches[::-1]),),
    "results-in-another-order": (Running(finish=lambda mu, sigma2, decay, t: (sigma2, mu)),),
    "decay-hard-coded": (
        *(_hard_coded(typed) for typed in HARD_CODED_DECAY if typed != 0.5),  # which is "plain-average"
        _no_decay_asked_for,
    ),
    "brackets-forgotten": _each_or_both(_unbracketed),
    **{
        name: tuple(Running(forward) for forward in STATISTICS[name])
        for name in ("wrong-axis", "global-statistics", "sum-instead-of-mean")
    },
    "unbiased-variance": tuple(Running(STATISTICS["unbiased-variance"][i]) for i in (0, 2)),
    "not-centered": (Running(STATISTICS["not-centered"][1]),),
    "lost-dimension": (
        *(Running(forward) for forward in STATISTICS["lost-dimension"]),
        Running(finish=lambda mu, sigma2, decay, t: (mu.ravel(), sigma2.ravel())),
    ),
}

TEXTS: Mapping[str, tuple[str, str, str]] = {
    "one-minus-beta-missing": (
        "What do the weights of the old and the new value add up to?",
        "Average many mini-batches that are all alike: what should the averages come to?",
        "The weights are decay and 1 - decay, adding up to 1. Without 1 - decay the averages are too large.",
    ),
    "brackets-forgotten": (
        "In which order does Python work through your line?",
        "Average mini-batches that are all alike: what should the averages come to?",
        "The weight of the new value is (1 - decay), in brackets. Without them, only decay meets the value.",
    ),
    "whole-set-statistics": (
        "Does decay change your result at all?",
        "How many mini-batches does a layer see at a time during training?",
        "You take mean and variance of all examples together. Average each mini-batch's own, one after the "
        "other.",
    ),
    "drops-the-tail": (
        "Which of the mini-batches reach your result?",
        "Count how often your loop runs, and compare with the length of the list.",
        "Every mini-batch of the list is used, the last and the small ones too.",
    ),
    "batches-in-reverse": (
        "Which mini-batch should count most: the first of the list or the last?",
        "In which order does your loop walk through the list?",
        "The list is in the order of training: begin with the first mini-batch and end with the last.",
    ),
}


def _named(name: str, forms: tuple[Callable[..., Any], ...]) -> Misconception:
    question, pointer, statement = TEXTS.get(name, ("", "", ""))
    return Misconception(name, *forms, question=question, pointer=pointer, statement=statement)


def _reference(batches: Sequence[Any], decay: float = 0.9) -> Any:
    running_mu, running_sigma2 = np.zeros((len(batches[0]), 1)), np.ones((len(batches[0]), 1))
    for Z in batches:
        mu = Z.mean(axis=1, keepdims=True)
        sigma2 = ((Z - mu) ** 2).mean(axis=1, keepdims=True)
        running_mu = decay * running_mu + (1 - decay) * mu
        running_sigma2 = decay * running_sigma2 + (1 - decay) * sigma2
    return running_mu, running_sigma2


def _terms(batches: Sequence[Any], decay: float = 0.9) -> Any:
    return Running(replace(RIGHT, mean=lambda Z: np.abs(Z).mean(axis=1, keepdims=True)))(batches, decay)[
        0
    ], _reference(batches, decay)[1]


RUNNING_STATISTICS = Exercise(
    name="running_statistics",
    notebook=NOTEBOOK,
    points=4,
    reference=_reference,
    results=("running_mu", "running_sigma2"),
    probes=tuple(map(_probe, PLANS)),
    misconceptions=(
        *(_named(name, forms) for name, forms in READINGS.items()),
        difference_of_squares(
            Running(replace(RIGHT, variance=lambda Z, mu: (Z**2).mean(axis=1, keepdims=True) - mu**2))
        ),
        changes_its_input(_centering_in_place, _emptying_the_list),
    ),
    withheld=WITHHELD,
    terms=_terms,
)
