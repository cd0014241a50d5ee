"""The exercise on the mean and the variance of each consecutive mini-batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..exercise import Exercise
from . import forward_pieces as pieces
from .assignments import MINI_BATCHES as NOTEBOOK
from .assignments import WITHHELD_FROM_MINI_BATCHES as WITHHELD
from .consecutive_mini_batches import CUTS, Cut, chunks, probes_of
from .forward_pieces import Forward, misconceptions
from .structure import changes_its_input, difference_of_squares


def _described(parts: Any, forward: Forward = pieces.RIGHT) -> tuple[np.ndarray, np.ndarray]:
    mus, sigma2s = [], []
    for chunk in parts:
        mu = forward.mean(chunk)
        mus.append(mu)
        sigma2s.append(forward.variance(chunk, mu))
    return np.hstack(mus), np.hstack(sigma2s)


def _statistics_of(forward: Forward) -> Callable[..., Any]:
    return lambda Z, batch_size: _described(chunks(Z, batch_size), forward)


def _statistics_by(cut: Cut) -> Callable[..., Any]:
    return lambda Z, batch_size: _described(cut(Z, batch_size))


def _statistics_then(change: Callable[..., Any]) -> Callable[..., Any]:
    return lambda Z, batch_size: change(*_described(chunks(Z, batch_size)))


mini_batch_statistics = _statistics_of(pieces.RIGHT)


def _variance_about_the_whole(Z, batch_size):
    mus = mini_batch_statistics(Z, batch_size)[0]
    deviation = Z - Z.mean(axis=1, keepdims=True)
    squares = [(chunk**2).mean(axis=1, keepdims=True) for chunk in chunks(deviation, batch_size)]
    return mus, np.hstack(squares)


def _padded(Z, batch_size):
    """Zeros fill up the tail, and are averaged with it."""
    n, m = Z.shape
    count = -(-m // batch_size)
    blocks = np.hstack([Z, np.zeros((n, count * batch_size - m))]).reshape(n, count, batch_size)
    return blocks.mean(axis=2), blocks.var(axis=2)


def _sums_over_batch_size(Z, batch_size):
    mus = [chunk.sum(axis=1, keepdims=True) / batch_size for chunk in chunks(Z, batch_size)]
    squares = [
        ((chunk - mu) ** 2).sum(axis=1, keepdims=True) / batch_size
        for chunk, mu in zip(chunks(Z, batch_size), mus, strict=True)
    ]
    return np.hstack(mus), np.hstack(squares)


def _variance_over_batch_size(Z, batch_size):
    mus, sigma2s = mini_batch_statistics(Z, batch_size)
    sizes = np.array([chunk.shape[1] for chunk in chunks(Z, batch_size)])
    return mus, sigma2s * sizes / batch_size


def _centred_in_place(Z, batch_size):
    mus, sigma2s = [], []
    for chunk in chunks(Z, batch_size):
        mus.append(chunk.mean(axis=1, keepdims=True))
        chunk -= mus[-1]
        sigma2s.append((chunk**2).mean(axis=1, keepdims=True))
    return np.hstack(mus), np.hstack(sigma2s)


def _one_batch_more(Z, batch_size):
    """m // batch_size + 1 mini-batches: the last one is empty when m is a multiple."""
    mus, sigma2s = [], []
    for t in range(Z.shape[1] // batch_size + 1):
        chunk = Z[:, t * batch_size : (t + 1) * batch_size]
        size = np.float64(chunk.shape[1])  # 0 / 0 is NaN, as the mean of nothing is
        mus.append(chunk.sum(axis=1, keepdims=True) / size)
        sigma2s.append(((chunk - mus[-1]) ** 2).sum(axis=1, keepdims=True) / size)
    return np.hstack(mus), np.hstack(sigma2s)


def _flat_columns(Z, batch_size):
    mus, sigma2s = mini_batch_statistics(Z, batch_size)
    return mus.T.ravel(), sigma2s.T.ravel()


OWN_READINGS = ("not-centered", "unbiased-variance")  # the others show in the statistics themselves

MINI_BATCH_STATISTICS = Exercise(
    name="mini_batch_statistics",
    notebook=NOTEBOOK,
    points=2,
    reference=mini_batch_statistics,
    results=("mus", "sigma2s"),
    probes=probes_of(takes_eps=False),
    misconceptions=(
        *misconceptions(
            _statistics_of,
            {name: forms for name, forms in pieces.STATISTICS.items() if name not in OWN_READINGS},
            more={
                **{name: tuple(map(_statistics_by, cuts)) for name, cuts in CUTS.items()},
                "whole-set-statistics": (
                    *map(_statistics_by, CUTS["whole-set-statistics"]),
                    _variance_about_the_whole,
                ),
                "not-centered": (
                    _statistics_of(Forward(variance=lambda Z, mu: (Z**2).mean(axis=1, keepdims=True))),
                ),
                "unbiased-variance": tuple(
                    _statistics_of(pieces.STATISTICS["unbiased-variance"][i]) for i in (0, 2)
                ),
                "tail-divided-by-batch-size": (_padded, _sums_over_batch_size, _variance_over_batch_size),
                "lost-dimension": (
                    *map(_statistics_of, pieces.STATISTICS["lost-dimension"]),
                    _flat_columns,
                    _statistics_then(lambda mus, sigma2s: (mus.ravel(), sigma2s.ravel())),
                ),
                "empty-mini-batch": (_one_batch_more,),
                "batches-as-rows": (
                    _statistics_then(lambda mus, sigma2s: (mus.T, sigma2s.T)),
                    # What np.array makes of a list of columns: shape (T, n, 1).
                    _statistics_then(lambda mus, sigma2s: (mus.T[:, :, None], sigma2s.T[:, :, None])),
                ),
                "results-in-another-order": (_statistics_then(lambda mus, sigma2s: (sigma2s, mus)),),
                "eps-in-the-variance": (
                    _statistics_then(lambda mus, sigma2s: (mus, sigma2s + 1e-5)),
                    _statistics_then(lambda mus, sigma2s: (mus, sigma2s + 1e-8)),
                ),
            },
        ),
        difference_of_squares(_statistics_of(pieces.DIFFERENCE_OF_SQUARES)),
        changes_its_input(_centred_in_place),
    ),
    withheld=WITHHELD,
)
