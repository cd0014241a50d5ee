"""Exercises on consecutive mini-batches: the statistics of each, and normalizing each by its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from .. import probes
from ..exercise import Case, Exercise, Probe
from ..probes import CONSTANT_UNIT, LARGE_MEAN, NON_CONTIGUOUS, ONE_EXAMPLE, Plan
from . import forward_pieces as pieces
from .assignments import MINI_BATCHES as NOTEBOOK
from .assignments import WITHHELD_FROM_MINI_BATCHES as WITHHELD
from .cutting_into_mini_batches import BATCHES_OF_ONE, FEWER_EXAMPLES, TAIL_OF_ONE, WHOLE_SET
from .forward_pieces import Forward, misconceptions
from .structure import changes_its_input, difference_of_squares

PLANS = (
    (Plan(2, 6, eps="hand", kind="hand"), 4),
    (Plan(3, 12, eps="keyword"), 4),
    (Plan(3, 17, np.float32), 5),
    (Plan(4, 14, eps="keyword"), 6),
    (Plan(5, 15), 5),
    (Plan(4, 19, np.float32, eps="keyword"), 8),
    (Plan(4, 13, edge=TAIL_OF_ONE), 6),
    (Plan(3, 5, eps="keyword", edge=FEWER_EXAMPLES), 8),
    (Plan(3, 7, edge=WHOLE_SET), 7),
    (Plan(3, 5, eps="keyword", edge=BATCHES_OF_ONE), 1),
    (Plan(4, 1, edge=ONE_EXAMPLE), 4),
    (Plan(3, 12, kind="constant", edge=CONSTANT_UNIT), 4),
    (Plan(4, 16, np.float32, eps="keyword", kind="constant", edge=CONSTANT_UNIT), 8),
    (Plan(4, 15, kind="far", edge=LARGE_MEAN), 6),
    (Plan(5, 16, np.float32, kind="far", edge=LARGE_MEAN), 6),
    (Plan(3, 11, eps="keyword", edge=NON_CONTIGUOUS, layout="gaps"), 4),
    (Plan(4, 14, eps="keyword", edge=NON_CONTIGUOUS, layout="transposed"), 5),
)


def _probes(takes_eps: bool) -> tuple[Probe, ...]:
    return tuple(_probe(plan, batch_size, takes_eps) for plan, batch_size in PLANS)


def _probe(plan: Plan, batch_size: int, takes_eps: bool) -> Probe:
    def inputs(Z, rng, eps):
        if plan.kind == "hand":
            # Each mini-batch to be tried by hand has examples that differ.
            Z = np.hstack([probes.whole_numbers(len(Z), 4, rng), probes.whole_numbers(len(Z), 2, rng)])
        return {"Z": Z}

    (draw,) = probes.probes(inputs, [plan], takes_eps)

    def probe(rng: np.random.Generator) -> Case:
        case = draw(rng)
        return replace(case, arguments={**case.arguments, "batch_size": batch_size})

    return probe


def _chunks(Z: np.ndarray, batch_size: int) -> Iterator[np.ndarray]:
    for start in range(0, Z.shape[1], batch_size):
        yield Z[:, start : start + batch_size]


Cut = Callable[[np.ndarray, int], Any]


def _full_only(Z, batch_size):
    return (chunk for chunk in _chunks(Z, batch_size) if chunk.shape[1] == batch_size)


def _interleaved(Z, batch_size):
    count = -(-Z.shape[1] // batch_size)
    return (Z[:, t::count] for t in range(count))


def _cumulative(Z, batch_size):
    return (Z[:, : start + batch_size] for start in range(0, Z.shape[1], batch_size))


def _overlapping(Z, batch_size):
    return (Z[:, start : start + batch_size + 1] for start in range(0, Z.shape[1], batch_size))


def _short(Z, batch_size):
    return (Z[:, start : start + max(batch_size - 1, 1)] for start in range(0, Z.shape[1], batch_size))


def _whole_each_time(Z, batch_size):
    return (Z for _ in range(0, Z.shape[1], batch_size))


def _first_each_time(Z, batch_size):
    return (Z[:, :batch_size] for _ in range(0, Z.shape[1], batch_size))


def _merged(Z, batch_size):
    chunks = list(_chunks(Z, batch_size))
    if len(chunks) > 1 and chunks[-1].shape[1] < batch_size:
        chunks[-2:] = [np.hstack(chunks[-2:])]
    return chunks


def _in_parts(Z, batch_size):
    return np.array_split(Z, batch_size, axis=1)


def _evened(Z, batch_size):
    return np.array_split(Z, -(-Z.shape[1] // batch_size), axis=1)


def _last_each_time(Z, batch_size):
    chunks = list(_chunks(Z, batch_size))
    return [chunks[-1] for _ in chunks]


def _one(Z, batch_size):
    return [Z]


# Which columns make up a mini-batch; the tail is cut off, left out, or something else is taken.
CUTS: dict[str, tuple[Cut, ...]] = {
    "whole-set-statistics": (_whole_each_time, _one),
    "one-batch-for-all": (_first_each_time, _last_each_time),
    "drops-the-tail": (_full_only,),
    "interleaved-batches": (_interleaved,),
    "cumulative-batches": (_cumulative,),
    "overlapping-batches": (_overlapping,),
    "gaps-between-batches": (_short,),
    "tail-merged": (_merged,),
    "evened-out-batches": (_evened,),
    "count-taken-for-size": (_in_parts,),
}


def _described(chunks: Any, forward: Forward = pieces.RIGHT) -> tuple[np.ndarray, np.ndarray]:
    mus, sigma2s = [], []
    for chunk in chunks:
        mu = forward.mean(chunk)
        mus.append(mu)
        sigma2s.append(forward.variance(chunk, mu))
    return np.hstack(mus), np.hstack(sigma2s)


def _statistics_of(forward: Forward) -> Callable[..., Any]:
    return lambda Z, batch_size: _described(_chunks(Z, batch_size), forward)


def _statistics_by(cut: Cut) -> Callable[..., Any]:
    return lambda Z, batch_size: _described(cut(Z, batch_size))


def _statistics_then(change: Callable[..., Any]) -> Callable[..., Any]:
    return lambda Z, batch_size: change(*_described(_chunks(Z, batch_size)))


mini_batch_statistics = _statistics_of(pieces.RIGHT)


def _variance_about_the_whole(Z, batch_size):
    mus = mini_batch_statistics(Z, batch_size)[0]
    deviation = Z - Z.mean(axis=1, keepdims=True)
    squares = [(chunk**2).mean(axis=1, keepdims=True) for chunk in _chunks(deviation, batch_size)]
    return mus, np.hstack(squares)


def _padded(Z, batch_size):
    """Zeros fill up the tail, and are averaged with it."""
    n, m = Z.shape
    count = -(-m // batch_size)
    blocks = np.hstack([Z, np.zeros((n, count * batch_size - m))]).reshape(n, count, batch_size)
    return blocks.mean(axis=2), blocks.var(axis=2)


def _sums_over_batch_size(Z, batch_size):
    mus = [chunk.sum(axis=1, keepdims=True) / batch_size for chunk in _chunks(Z, batch_size)]
    squares = [
        ((chunk - mu) ** 2).sum(axis=1, keepdims=True) / batch_size
        for chunk, mu in zip(_chunks(Z, batch_size), mus, strict=True)
    ]
    return np.hstack(mus), np.hstack(squares)


def _variance_over_batch_size(Z, batch_size):
    mus, sigma2s = mini_batch_statistics(Z, batch_size)
    sizes = np.array([chunk.shape[1] for chunk in _chunks(Z, batch_size)])
    return mus, sigma2s * sizes / batch_size


def _centred_in_place(Z, batch_size):
    mus, sigma2s = [], []
    for chunk in _chunks(Z, batch_size):
        mus.append(chunk.mean(axis=1, keepdims=True))
        chunk -= mus[-1]
        sigma2s.append((chunk**2).mean(axis=1, keepdims=True))
    return np.hstack(mus), np.hstack(sigma2s)


def _flat_columns(Z, batch_size):
    mus, sigma2s = mini_batch_statistics(Z, batch_size)
    return mus.T.ravel(), sigma2s.T.ravel()


def _normalized(Z, batch_size, eps, cut: Cut, forward: Forward = pieces.RIGHT):
    """Normalize each consecutive mini-batch by the statistics of what `cut` takes in its place."""
    done = []
    for chunk, other in zip(_chunks(Z, batch_size), cut(Z, batch_size), strict=False):
        mu = forward.mean(other)
        done.append(forward.normalize(chunk, mu, forward.variance(other, mu), eps))
    return np.hstack(done)


def _normalize_of(forward: Forward) -> Callable[..., Any]:
    return lambda Z, batch_size, eps=1e-5: _normalized(Z, batch_size, eps, _chunks, forward)


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
    for chunk in _chunks(Z, batch_size):
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
    return np.hstack([pieces.forward_terms(chunk, 1, 0, eps)[1] for chunk in _chunks(Z, batch_size)])


OWN_READINGS = ("not-centered", "unbiased-variance")  # the others show in the statistics themselves

MINI_BATCH_STATISTICS = Exercise(
    name="mini_batch_statistics",
    notebook=NOTEBOOK,
    points=2,
    reference=mini_batch_statistics,
    results=("mus", "sigma2s"),
    probes=_probes(takes_eps=False),
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
                "batches-as-rows": (_statistics_then(lambda mus, sigma2s: (mus.T, sigma2s.T)),),
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

NORMALIZE_BY_MINI_BATCH = Exercise(
    name="normalize_by_mini_batch",
    notebook=NOTEBOOK,
    points=2,
    reference=normalize_by_mini_batch,
    results=("Z_norm",),
    probes=_probes(takes_eps=True),
    misconceptions=(
        *misconceptions(
            _normalize_of,
            pieces.STATISTICS,
            pieces.NORMALIZING,
            {"lost-dimension": pieces.FLAT_STATISTICS},
            more={
                "eps-hard-coded": (lambda Z, batch_size: normalize_by_mini_batch(Z, batch_size),),
                "whole-set-statistics": (
                    _normalize_by(_whole_each_time),
                    _normalize_parts(_one),
                ),
                "one-batch-for-all": tuple(map(_normalize_by, CUTS["one-batch-for-all"])),
                "drops-the-tail": (_normalize_parts(_full_only),),
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
                "interleaved-batches": (_normalize_parts(_interleaved), _interleaved_in_place_of_each),
                "cumulative-batches": (_normalize_by(_cumulative),),
                "overlapping-batches": (_normalize_by(_overlapping),),
                "tail-merged": (_normalize_parts(_merged),),
                "evened-out-batches": (_normalize_parts(_evened),),
                "count-taken-for-size": (_normalize_parts(_in_parts),),
            },
        ),
        difference_of_squares(_normalize_of(pieces.DIFFERENCE_OF_SQUARES)),
        changes_its_input(_normalize_in_place),
    ),
    terms=_sizes_of_terms,
    withheld=WITHHELD,
)
