"""The exercise on several devices: one mean and one variance out of two parts' own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..exercise import Exercise, Misconception
from ..misconceptions.other_norms import OF_PARTS
from .assignments import BEYOND as NOTEBOOK
from .assignments import WITHHELD_FROM_BEYOND as WITHHELD
from .norm_pieces import reworded
from .parts_of_a_mini_batch import PROBES
from .structure import changes_its_input, difference_of_squares


def _shares(m_a, m_b):
    return m_a / (m_a + m_b), m_b / (m_a + m_b)


def _mean(mu_a, mu_b, a, b):
    return a * mu_a + b * mu_b


def _merged(mu_a, sigma2_a, m_a, mu_b, sigma2_b, m_b):
    a, b = _shares(m_a, m_b)
    distance = mu_b - mu_a
    return mu_a + b * distance, a * sigma2_a + b * sigma2_b + a * b * distance**2


def _terms(mu_a, sigma2_a, m_a, mu_b, sigma2_b, m_b):
    """How large the results' terms are; those of the variance know what the mean is rounded by."""
    size, distance = np.abs(mu_a) + np.abs(mu_b), np.abs(mu_b - mu_a)
    return size, sigma2_a + sigma2_b + distance**2 + distance * size + 1e-6 * size**2


Pair = Callable[..., Any]


def _variance(change: Pair) -> Callable[..., Any]:
    """The right mean, and a variance made of shares, variances and the squared distance of the means."""

    def merge_statistics(mu_a, sigma2_a, m_a, mu_b, sigma2_b, m_b):
        a, b = _shares(m_a, m_b)
        return _mean(mu_a, mu_b, a, b), change(a, b, sigma2_a, sigma2_b, (mu_b - mu_a) ** 2)

    return merge_statistics


def _divided(change: Pair) -> Callable[..., Any]:
    """The right mean, and a variance made of both sums of squares, the one between, and the counts."""

    def merge_statistics(mu_a, sigma2_a, m_a, mu_b, sigma2_b, m_b):
        a, b = _shares(m_a, m_b)
        between = (mu_b - mu_a) ** 2 * m_a * m_b / (m_a + m_b)
        return _mean(mu_a, mu_b, a, b), change(np.float64(m_a), np.float64(m_b), sigma2_a, sigma2_b, between)

    return merge_statistics


def _with_shares(mean: Pair, variance: Pair) -> Callable[..., Any]:
    """Wrong shares, for the mean, the variance or both."""

    def merge_statistics(mu_a, sigma2_a, m_a, mu_b, sigma2_b, m_b):
        right = _shares(m_a, m_b)
        mu = _mean(mu_a, mu_b, *mean(*right))
        a, b = variance(*right)
        return mu, a * sigma2_a + b * sigma2_b + a * b * (mu_b - mu_a) ** 2

    return merge_statistics


def _then(change: Pair) -> Callable[..., Any]:
    """Right statistics, which are then changed."""
    return lambda *given: change(*_merged(*given), *given)


def _halves(a, b):
    return 0.5, 0.5


def _swapped(a, b):
    return b, a


def _same(a, b):
    return a, b


def _halves_around_the_mean(mu_a, sigma2_a, m_a, mu_b, sigma2_b, m_b):
    mu = (mu_a + mu_b) / 2
    a, b = _shares(m_a, m_b)
    return mu, a * (sigma2_a + (mu_a - mu) ** 2) + b * (sigma2_b + (mu_b - mu) ** 2)


def _difference_of_squares(mu_a, sigma2_a, m_a, mu_b, sigma2_b, m_b):
    a, b = _shares(m_a, m_b)
    mu = a * mu_a + b * mu_b
    return mu, a * (sigma2_a + mu_a**2) + b * (sigma2_b + mu_b**2) - mu**2


def _with_distance(mu_a, sigma2_a, m_a, mu_b, sigma2_b, m_b):
    """The distance of the means, one of them with the wrong sign."""
    a, b = _shares(m_a, m_b)
    return a * mu_a + b * mu_b, a * sigma2_a + b * sigma2_b + a * b * (mu_a + mu_b) ** 2


def _merge_in_place(mu_a, sigma2_a, m_a, mu_b, sigma2_b, m_b):
    a, b = _shares(m_a, m_b)
    distance = mu_b - mu_a
    mu_a += b * distance
    return mu_a, a * sigma2_a + b * sigma2_b + a * b * distance**2


def _mistake(name: str, *forms: Callable[..., Any]) -> Misconception:
    """A misconception, told in the words of this exercise where it has any."""
    texts = OF_PARTS[name]._asdict() if name in OF_PARTS else {}
    return Misconception(name, *forms, **texts)


MERGE_STATISTICS = Exercise(
    name="merge_statistics",
    notebook=NOTEBOOK,
    points=3,
    reference=_merged,
    results=("mu", "sigma2"),
    probes=PROBES,
    misconceptions=(
        _mistake(
            "averages-variances",
            _variance(lambda a, b, s_a, s_b, d2: a * s_a + b * s_b),
            _variance(lambda a, b, s_a, s_b, d2: (s_a + s_b) / 2),
            lambda mu_a, s_a, m_a, mu_b, s_b, m_b: ((mu_a + mu_b) / 2, (s_a + s_b) / 2),
            lambda mu_a, s_a, m_a, mu_b, s_b, m_b: (
                (mu_a + mu_b) / 2,
                (m_a * s_a + m_b * s_b) / (m_a + m_b),
            ),
        ),
        _mistake(
            "averages-deviation",
            _variance(lambda a, b, s_a, s_b, d2: (a * np.sqrt(s_a) + b * np.sqrt(s_b)) ** 2),
            _variance(lambda a, b, s_a, s_b, d2: ((np.sqrt(s_a) + np.sqrt(s_b)) / 2) ** 2),
            lambda mu_a, s_a, m_a, mu_b, s_b, m_b: (
                (mu_a + mu_b) / 2,
                ((np.sqrt(s_a) + np.sqrt(s_b)) / 2) ** 2,
            ),
            _variance(lambda a, b, s_a, s_b, d2: (a * np.sqrt(s_a) + b * np.sqrt(s_b)) ** 2 + a * b * d2),
        ),
        _mistake(
            "ignores-unequal-counts",
            _with_shares(_halves, _halves),
            _with_shares(_halves, _same),
            _with_shares(_same, _halves),
            _variance(lambda a, b, s_a, s_b, d2: a * s_a + b * s_b + d2 / 4),
            _variance(lambda a, b, s_a, s_b, d2: (s_a + s_b) / 2 + a * b * d2),
            _halves_around_the_mean,
        ),
        _mistake(
            "counts-swapped",
            _with_shares(_swapped, _swapped),
            _with_shares(_swapped, _same),
            _with_shares(_same, _swapped),
        ),
        _mistake(
            "sign-error",
            _variance(lambda a, b, s_a, s_b, d2: a * s_a + b * s_b - a * b * d2),
            _variance(lambda a, b, s_a, s_b, d2: a * s_a - b * s_b + a * b * d2),
            _with_distance,
            lambda mu_a, s_a, m_a, mu_b, s_b, m_b: (
                mu_a - m_b / (m_a + m_b) * (mu_b - mu_a),
                _merged(mu_a, s_a, m_a, mu_b, s_b, m_b)[1],
            ),
        ),
        _mistake(
            "wrong-weight-between-the-means",
            _variance(lambda a, b, s_a, s_b, d2: a * s_a + b * s_b + d2),
            _variance(lambda a, b, s_a, s_b, d2: a * s_a + b * s_b + a * d2),
            _variance(lambda a, b, s_a, s_b, d2: a * s_a + b * s_b + b * d2),
            _variance(lambda a, b, s_a, s_b, d2: a * s_a + b * s_b + a * a * d2),
            _variance(lambda a, b, s_a, s_b, d2: a * s_a + b * s_b + b * b * d2),
            _variance(lambda a, b, s_a, s_b, d2: a * s_a + b * s_b + (a * b) ** 2 * d2),
            _variance(lambda a, b, s_a, s_b, d2: a * s_a + b * s_b + (a * a + b * b) * d2),
            _variance(lambda a, b, s_a, s_b, d2: a * s_a + b * s_b + d2 / 2),
            _divided(lambda m_a, m_b, s_a, s_b, between: (m_a * s_a + m_b * s_b) / (m_a + m_b) + between),
        ),
        _mistake(
            "square-missing",
            _variance(lambda a, b, s_a, s_b, d2: a * s_a + b * s_b + a * b * np.sqrt(d2)),
            lambda mu_a, s_a, m_a, mu_b, s_b, m_b: (
                _merged(mu_a, s_a, m_a, mu_b, s_b, m_b)[0],
                (m_a * s_a + m_b * s_b + m_a * m_b / (m_a + m_b) * (mu_b - mu_a)) / (m_a + m_b),
            ),
            lambda mu_a, s_a, m_a, mu_b, s_b, m_b: (
                _merged(mu_a, s_a, m_a, mu_b, s_b, m_b)[0],
                (m_a * s_a + m_b * s_b + m_a * m_b / (m_a + m_b) * (mu_a - mu_b)) / (m_a + m_b),
            ),
        ),
        _mistake(
            "sum-instead-of-mean",
            _divided(lambda m_a, m_b, s_a, s_b, between: m_a * s_a + m_b * s_b + between),
            _variance(lambda a, b, s_a, s_b, d2: s_a + s_b),
            _variance(lambda a, b, s_a, s_b, d2: s_a + s_b + d2),
            _variance(lambda a, b, s_a, s_b, d2: s_a + s_b + a * b * d2),
            lambda mu_a, s_a, m_a, mu_b, s_b, m_b: (mu_a + mu_b, s_a + s_b),
            lambda mu_a, s_a, m_a, mu_b, s_b, m_b: (
                mu_a + mu_b,
                _merged(mu_a, s_a, m_a, mu_b, s_b, m_b)[1],
            ),
            lambda mu_a, s_a, m_a, mu_b, s_b, m_b: (
                m_a * mu_a + m_b * mu_b,
                _merged(mu_a, s_a, m_a, mu_b, s_b, m_b)[1],
            ),
        ),
        _mistake(
            "unbiased-variance",
            _divided(lambda m_a, m_b, s_a, s_b, bt: (m_a * s_a + m_b * s_b + bt) / (m_a + m_b - 1)),
            _divided(
                lambda m_a, m_b, s_a, s_b, bt: ((m_a - 1) * s_a + (m_b - 1) * s_b + bt) / (m_a + m_b - 1)
            ),
            _divided(lambda m_a, m_b, s_a, s_b, bt: ((m_a - 1) * s_a + (m_b - 1) * s_b + bt) / (m_a + m_b)),
            _divided(lambda m_a, m_b, s_a, s_b, bt: ((m_a - 1) * s_a + (m_b - 1) * s_b) / (m_a + m_b - 2)),
            _divided(lambda m_a, m_b, s_a, s_b, bt: (m_a * s_a + m_b * s_b) / (m_a + m_b - 2)),
            _divided(lambda m_a, m_b, s_a, s_b, bt: (m_a * s_a + m_b * s_b) / (m_a + m_b - 1)),
        ),
        _mistake(
            "one-part-for-the-whole",
            lambda mu_a, s_a, m_a, mu_b, s_b, m_b: (mu_a, s_a),
            lambda mu_a, s_a, m_a, mu_b, s_b, m_b: (mu_b, s_b),
            _then(lambda mu, sigma2, mu_a, s_a, *rest: (mu, s_a)),
            _then(lambda mu, sigma2, mu_a, s_a, m_a, mu_b, s_b, m_b: (mu, s_b)),
        ),
        _mistake(
            "variance-of-the-means",
            _variance(lambda a, b, s_a, s_b, d2: a * b * d2),
            _variance(lambda a, b, s_a, s_b, d2: d2 / 4),
            lambda mu_a, s_a, m_a, mu_b, s_b, m_b: ((mu_a + mu_b) / 2, (mu_b - mu_a) ** 2 / 4),
        ),
        _mistake("deviation-instead-of-variance", _then(lambda mu, sigma2, *given: (mu, np.sqrt(sigma2)))),
        _mistake(
            "eps-in-the-variance",
            _then(lambda mu, sigma2, *given: (mu, sigma2 + 1e-5)),
            _then(lambda mu, sigma2, *given: (mu, sigma2 + 1e-8)),
        ),
        _mistake(
            "lost-dimension",
            _then(lambda mu, sigma2, *given: (mu.ravel(), sigma2.ravel())),
            _then(lambda mu, sigma2, *given: (mu, sigma2.ravel())),
            _then(lambda mu, sigma2, *given: (mu.ravel(), sigma2)),
        ),
        _mistake(
            "global-statistics",
            _then(lambda mu, sigma2, *given: (mu.mean(), sigma2.mean())),
            _then(lambda mu, sigma2, *given: (np.full_like(mu, mu.mean()), np.full_like(mu, sigma2.mean()))),
        ),
        _mistake("results-in-another-order", _then(lambda mu, sigma2, *given: (sigma2, mu))),
        *reworded([difference_of_squares(_difference_of_squares)], OF_PARTS),
        changes_its_input(_merge_in_place),
    ),
    terms=_terms,
    withheld=WITHHELD,
)
