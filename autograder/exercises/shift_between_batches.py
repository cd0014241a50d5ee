"""Exercises on how far units have moved between two batches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from bnkit import bugs

from .. import probes
from ..exercise import Case, Exercise, Misconception
from ..probes import LARGE_MEAN, Plan
from . import forward_pieces as pieces
from .assignments import COVARIATE_SHIFT as NOTEBOOK
from .assignments import WITHHELD_FROM_COVARIATE_SHIFT as WITHHELD
from .bug_hunts import bug_hunt
from .forward_pieces import Forward
from .structure import changes_its_input, difference_of_squares


def _two_batches(Z, rng, eps):
    """A batch, and a later one whose units have moved and spread: of another size unless m = n."""
    columns = Z.shape[1] + 2 * (Z.shape[0] != Z.shape[1])
    known = probes.statistics(Z)
    deviation = np.sqrt(known["sigma2"]) + 1e-3
    moved = known["mu"] + deviation * probes.signed(rng, 0.5, 2, (len(Z), 1))
    Z_after = moved + 1.7 * deviation * probes.standard(rng, (len(Z), columns))
    return {"Z_before": Z, "Z_after": Z_after.round() if probes.by_hand(Z) else Z_after}


def _one_later_example(rng: np.random.Generator) -> Case:
    eps = probes.draw_eps("keyword", rng)
    batches = _two_batches(probes.pre_activations(Plan(3, 7), rng), rng, eps)
    arguments = {**batches, "Z_after": batches["Z_after"][:, :1]}
    return probes.with_eps(arguments, "keyword", eps, "one example in the later batch")


def _large_numbers(rng: np.random.Generator) -> Case:
    """A few numbers below 100 million, to try by hand: their squares have more digits than a float64."""
    start = 9.6e7 + 2.0 * rng.integers(0, 1_000_000)
    Z_before, Z_after = start + np.array([[0.0, 2.0]]), start + np.array([[3.0, 5.0, 4.0]])
    return Case({"Z_before": Z_before, "Z_after": Z_after}, edge=LARGE_MEAN)


def _shift(forward: Forward) -> Callable[..., Any]:
    def standardized_shift(Z_before, Z_after, eps=1e-5):
        mu = forward.mean(Z_before)
        return forward.normalize(forward.mean(Z_after), mu, forward.variance(Z_before, mu), eps)

    return standardized_shift


def _over(deviation: Callable[..., Any]) -> Callable[..., Any]:
    """The difference of the means, over something else than the first batch's deviation."""

    def standardized_shift(Z_before, Z_after, eps=1e-5):
        difference = pieces.RIGHT.mean(Z_after) - pieces.RIGHT.mean(Z_before)
        return difference / deviation(Z_before, Z_after, eps)

    return standardized_shift


def _then(change: Callable[..., Any]) -> Callable[..., Any]:
    """The right answer, changed."""

    def standardized_shift(Z_before, Z_after, eps=1e-5):
        return change(_shift(pieces.RIGHT)(Z_before, Z_after, eps))

    return standardized_shift


def _variance(Z):
    return probes.statistics(Z)["sigma2"]


def _together(Z_before, Z_after):
    return np.concatenate([Z_before, Z_after], axis=1)


def _each_by_itself(Z_before, Z_after, eps=1e-5):
    return _mean_over_deviation(Z_after, eps) - _mean_over_deviation(Z_before, eps)


def _mean_over_deviation(Z, eps):
    return pieces.RIGHT.mean(Z) / np.sqrt(_variance(Z) + eps)


def _both_normalized(Z_before, Z_after, eps=1e-5):
    normalized = [pieces.RIGHT(Z, 1, 0, eps)[1] for Z in (Z_before, Z_after)]
    return pieces.RIGHT.mean(normalized[1]) - pieces.RIGHT.mean(normalized[0])


def _in_place(Z_before, Z_after, eps=1e-5):
    mu = Z_before.mean(axis=1, keepdims=True)
    Z_after -= mu
    Z_before -= mu
    deviation = np.sqrt((Z_before**2).mean(axis=1, keepdims=True) + eps)
    return Z_after.mean(axis=1, keepdims=True) / deviation


def _terms(Z_before, Z_after, eps=1e-5):
    sizes = np.abs(Z_before).mean(axis=1, keepdims=True) + np.abs(Z_after).mean(axis=1, keepdims=True)
    return sizes / np.sqrt(_variance(Z_before) + eps)


def _hard_coded(constant: float) -> Callable[..., Any]:
    return _over(lambda before, after, eps: np.sqrt(_variance(before) + constant))


UNBIASED = tuple(
    _over(
        lambda before, after, eps, divisor=divisor: np.sqrt(_sum_of_squares(before) / divisor(before) + eps)
    )
    for divisor in (lambda Z: np.float64(Z.shape[1] - 1), lambda Z: max(Z.shape[1] - 1, 1))
)


def _sum_of_squares(Z):
    return ((Z - pieces.RIGHT.mean(Z)) ** 2).sum(axis=1, keepdims=True)


# Mistakes of a forward pass that mean the same here. The rest of the tables does not apply, or has other
# readings below.
FROM_STATISTICS = (
    *("wrong-axis", "global-statistics", "lost-dimension", "sum-instead-of-mean"),
    "deviation-instead-of-variance",
)
FROM_NORMALIZING = (
    *("eps-missing", "eps-outside-sqrt", "eps-hard-coded", "eps-as-maximum", "eps-squared"),
    *("multiplies-by-deviation", "sign-error"),
)
FORMS: dict[str, tuple[Callable[..., Any], ...]] = {
    **{name: tuple(map(_shift, pieces.STATISTICS[name])) for name in FROM_STATISTICS},
    **{name: tuple(map(_shift, pieces.NORMALIZING[name])) for name in FROM_NORMALIZING},
}
FORMS["lost-dimension"] += (
    *map(_shift, pieces.FLAT_STATISTICS),
    _then(np.ravel),
)
FORMS["global-statistics"] += (_then(np.mean), _then(lambda shift: np.abs(shift).mean()))
FORMS["eps-hard-coded"] += (lambda before, after: _shift(pieces.RIGHT)(before, after, 1e-5),)

PLANS = [
    replace(plan, edge="one example in the first batch") if plan.m == 1 else plan for plan in probes.plans()
]
ON_PLANS = probes.probes(_two_batches, PLANS)
FIRST_LARGE_MEAN = [plan.edge for plan in PLANS].index(LARGE_MEAN)

STANDARDIZED_SHIFT = Exercise(
    name="standardized_shift",
    notebook=NOTEBOOK,
    points=3,
    reference=_shift(pieces.RIGHT),
    results=("shift",),
    probes=(
        *ON_PLANS[:FIRST_LARGE_MEAN],
        _large_numbers,  # first of its name, so that a message shows these
        *ON_PLANS[FIRST_LARGE_MEAN:],
        _one_later_example,
    ),
    misconceptions=(
        *(Misconception(name, *forms) for name, forms in FORMS.items()),
        Misconception(
            "variance-instead-of-deviation",
            _over(lambda before, after, eps: _variance(before) + eps),
            _over(lambda before, after, eps: _variance(before)),
            question="In which unit is your shift measured?",
            pointer="Multiply both batches by 10. A shift counted in standard deviations stays what it is.",
            statement="Divide by the standard deviation, np.sqrt(sigma2_before + eps), not by the variance.",
        ),
        Misconception("unbiased-variance", *UNBIASED),
        Misconception(
            "statistics-of-the-later-batch",
            _over(lambda before, after, eps: np.sqrt(_variance(after) + eps)),
        ),
        Misconception(
            "pooled-deviation",
            _over(lambda before, after, eps: np.sqrt((_variance(before) + _variance(after)) / 2 + eps)),
            _over(lambda before, after, eps: np.sqrt(_variance(before) + _variance(after) + eps)),
            _over(lambda before, after, eps: np.sqrt(_variance(_together(before, after)) + eps)),
            _over(
                lambda before, after, eps: (
                    (np.sqrt(_variance(before) + eps) + np.sqrt(_variance(after) + eps)) / 2
                )
            ),
            _over(
                lambda before, after, eps: np.sqrt(
                    (_sum_of_squares(before) + _sum_of_squares(after)) / (before.shape[1] + after.shape[1])
                    + eps
                )
            ),
        ),
        Misconception("each-batch-by-itself", _each_by_itself, _both_normalized),
        Misconception(
            "not-divided",
            _over(lambda before, after, eps: 1.0),
            question="Is a shift of 1 large or small for this unit?",
            pointer="The difference of the means is the first half. In which unit should it be counted?",
            statement="Divide the difference of the means by np.sqrt(sigma2_before + eps).",
        ),
        Misconception(
            "earlier-mean-left-out",
            lambda before, after, eps=1e-5: pieces.RIGHT.mean(after) / np.sqrt(_variance(before) + eps),
            lambda before, after, eps=1e-5: _mean_over_deviation(after, eps),
        ),
        Misconception(
            "not-centered",
            _over(lambda before, after, eps: np.sqrt((before**2).mean(axis=1, keepdims=True) + eps)),
        ),
        Misconception("direction-lost", _then(np.abs), _then(np.square)),
        Misconception(
            "median-instead-of-mean",
            lambda before, after, eps=1e-5: (
                (np.median(after, axis=1, keepdims=True) - np.median(before, axis=1, keepdims=True))
                / np.sqrt(_variance(before) + eps)
            ),
            statement="mu is the mean over the examples of a batch. The median is the middle value.",
        ),
        Misconception(
            "examples-paired",
            lambda before, after, eps=1e-5: (
                (after - before).mean(axis=1, keepdims=True) / np.sqrt(_variance(before) + eps)
            ),
            lambda before, after, eps=1e-5: ((after - before) / np.sqrt(_variance(before) + eps)).mean(
                axis=1, keepdims=True
            ),
        ),
        difference_of_squares(
            _shift(pieces.DIFFERENCE_OF_SQUARES),
            _over(
                lambda before, after, eps: np.sqrt(
                    (before**2).mean(axis=1, keepdims=True) - pieces.RIGHT.mean(before) ** 2 + eps
                )
            ),
        ),
        changes_its_input(_in_place),
    ),
    terms=_terms,
    withheld=WITHHELD,
)


def shift_alarm(Z_before, Z_after, eps=1e-5):
    """Return how far a layer's units have moved on average, whichever way each of them went."""
    return np.abs(_shift(pieces.RIGHT)(Z_before, Z_after, eps)).mean()


def _opposite_ways():
    Z_before = np.array([[1.0, 2, 3, 4], [1, 2, 3, 4]])
    return Z_before, Z_before + np.array([[5.0], [-5.0]])


EXPOSE_SHIFT_ALARM = bug_hunt(
    "expose_shift_alarm",
    NOTEBOOK,
    1,
    broken=bugs.broken_shift_alarm,
    correct=shift_alarm,
    shapes={"Z_before": ("n", "m_before"), "Z_after": ("n", "m_after")},
    exposing=_opposite_ways,
    blind=(
        lambda: (_opposite_ways()[0], _opposite_ways()[0]),
        lambda: (_opposite_ways()[0], _opposite_ways()[0] + 100),
        lambda: (_opposite_ways()[0], 10 * _opposite_ways()[0]),
        lambda: (_opposite_ways()[0], 1e6 + 0.001 * _opposite_ways()[0]),
        lambda: (_opposite_ways()[0], -_opposite_ways()[0]),
        lambda: (np.array([[1.0, 2, 3]]), np.array([[-7.0, 5]])),
        lambda: (np.full((3, 4), 2.0), np.full((3, 1), 9.0)),
        lambda: (np.zeros((2, 4)), np.zeros((2, 4))),
    ),
    unfair=(
        lambda: _opposite_ways()[0],
        lambda: (_opposite_ways()[0], _opposite_ways()[1][:1]),
        lambda: (np.arange(4.0), np.arange(4.0)),
    ),
    withheld=WITHHELD,
)
