"""The exercise on normalizing each consecutive mini-batch by its own statistics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..exercise import Exercise
from . import forward_pieces as pieces
from .assignments import MINI_BATCHES as NOTEBOOK
from .assignments import WITHHELD_FROM_MINI_BATCHES as WITHHELD
from .consecutive_mini_batches import (
    CUTS,
    Cut,
    chunks,
    cumulative,
    evened,
    full_only,
    in_parts,
    interleaved,
    merged,
    one,
    overlapping,
    probes_of,
    whole_each_time,
)
from .forward_pieces import Forward, misconceptions
from .structure import changes_its_input, difference_of_squares


def _normalized(Z, batch_size, eps, cut: Cut, forward: Forward = pieces.RIGHT):
    """Normalize each consecutive mini-batch by the statistics of what `cut` takes in its place."""
    done = []
    for chunk, other in zip(chunks(Z, batch_size), cut(Z, batch_size), strict=False):
        mu = forward.mean(other)
        done.append(forward.normalize(chunk, mu, forward.variance(other, mu), eps))
    return np.hstack(done)


def _normalize_of(forward: Forward) -> Callable[..., Any]:
    return lambda Z, batch_size, eps=1e-5: _normalized(Z, batch_size, eps, chunks, forward)


def _normalize_by(cut: Cut) -> Callable[..., Any]:
    return lambda Z, batch_size, eps=1e-5: _normalized(Z, batch_size, eps, cut)


def _normalize_parts(cut: Cut) -> Callable[..., Any]:
    """Other mini-batches, each by its own statistics."""
    return lambda Z, batch_size, eps=1e-5: np.hstack(
        [pieces.RIGHT(chunk, 1, 0, eps)[1] for chunk in cut(Z, batch_size)]
    )


normalize_by_mini_batch = _normalize_of(pieces.RIGHT)


def _with_tail(tail: Callable[..., Any]) -> Callable[..., Any]:
    """Right but for the tail; `tail` takes its columns, those before it, and eps."""

    def normalize(Z, batch_size, eps=1e-5):
        Z_norm = normalize_by_mini_batch(Z, batch_size, eps)
        full = Z.shape[1] // batch_size * batch_size
        if full < Z.shape[1]:
            Z_norm[:, full:] = tail(Z[:, full:], Z[:, max(full - batch_size, 0) : full], Z, eps, batch_size)
        return Z_norm

    return normalize


def _by_statistics_of(tail, other, eps):
    if other.shape[1] == 0:
        return tail
    return pieces.RIGHT.normalize(
        tail, other.mean(axis=1, keepdims=True), other.var(axis=1, keepdims=True), eps
    )


def _tail_padded(tail, before, Z, eps, batch_size):
    gap = np.zeros((len(tail), batch_size - tail.shape[1]))
    return _by_statistics_of(tail, np.hstack([tail, gap]), eps)


def _tail_over_batch_size(tail, before, Z, eps, batch_size):
    mu = tail.mean(axis=1, keepdims=True)
    sigma2 = ((tail - mu) ** 2).sum(axis=1, keepdims=True) / batch_size
    return (tail - mu) / np.sqrt(sigma2 + eps)


def _tail_sums_over_batch_size(tail, before, Z, eps, batch_size):
    mu = tail.sum(axis=1, keepdims=True) / batch_size
    sigma2 = ((tail - mu) ** 2).sum(axis=1, keepdims=True) / batch_size
    return (tail - mu) / np.sqrt(sigma2 + eps)


def _normalize_in_place(Z, batch_size, eps=1e-5):
    for chunk in chunks(Z, batch_size):
        chunk -= chunk.mean(axis=1, keepdims=True)
        chunk /= np.sqrt((chunk**2).mean(axis=1, keepdims=True) + eps)
    return Z


def _interleaved_in_place_of_each(Z, batch_size, eps=1e-5):
    """Every T-th column belongs together, and goes back where it was."""
    Z_norm = np.zeros(Z.shape)
    count = -(-Z.shape[1] // batch_size)
    for t in range(count):
        Z_norm[:, t::count] = pieces.RIGHT(Z[:, t::count], 1, 0, eps)[1]
    return Z_norm


def _sizes_of_terms(Z, batch_size, eps=1e-5):
    return np.hstack([pieces.forward_terms(chunk, 1, 0, eps)[1] for chunk in chunks(Z, batch_size)])


NORMALIZE_BY_MINI_BATCH = Exercise(
    name="normalize_by_mini_batch",
    notebook=NOTEBOOK,
    points=2,
    reference=normalize_by_mini_batch,
    results=("Z_norm",),
    probes=probes_of(takes_eps=True),
    misconceptions=(
        *misconceptions(
            _normalize_of,
            pieces.STATISTICS,
            pieces.NORMALIZING,
            {"lost-dimension": pieces.FLAT_STATISTICS},
            more={
                "eps-hard-coded": (lambda Z, batch_size: normalize_by_mini_batch(Z, batch_size),),
                "whole-set-statistics": (
                    _normalize_by(whole_each_time),
                    _normalize_parts(one),
                ),
                "one-batch-for-all": tuple(map(_normalize_by, CUTS["one-batch-for-all"])),
                "drops-the-tail": (_normalize_parts(full_only),),
                "tail-not-normalized": (
                    _with_tail(lambda tail, *others: tail),
                    _with_tail(lambda tail, *others: 0 * tail),
                ),
                "tail-by-other-statistics": (
                    _with_tail(lambda tail, before, Z, eps, size: _by_statistics_of(tail, before, eps)),
                    _with_tail(lambda tail, before, Z, eps, size: _by_statistics_of(tail, Z, eps)),
                    _with_tail(
                        lambda tail, before, Z, eps, size: _by_statistics_of(tail, Z[:, -size:], eps),
                    ),
                ),
                "tail-divided-by-batch-size": (
                    _with_tail(_tail_padded),
                    _with_tail(_tail_over_batch_size),
                    _with_tail(_tail_sums_over_batch_size),
                ),
                "interleaved-batches": (_normalize_parts(interleaved), _interleaved_in_place_of_each),
                "cumulative-batches": (_normalize_by(cumulative),),
                "overlapping-batches": (_normalize_by(overlapping),),
                "tail-merged": (_normalize_parts(merged),),
                "evened-out-batches": (_normalize_parts(evened),),
                "count-taken-for-size": (_normalize_parts(in_parts),),
            },
        ),
        difference_of_squares(_normalize_of(pieces.DIFFERENCE_OF_SQUARES)),
        changes_its_input(_normalize_in_place),
    ),
    terms=_sizes_of_terms,
    withheld=WITHHELD,
)
