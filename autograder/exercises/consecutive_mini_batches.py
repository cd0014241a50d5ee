"""Consecutive mini-batches for a check, and which columns are taken for them by mistake."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from .. import probes
from ..exercise import Case, Probe
from ..probes import CONSTANT_UNIT, LARGE_MEAN, NON_CONTIGUOUS, ONE_EXAMPLE, Plan
from .cutting_into_mini_batches import BATCHES_OF_ONE, FEWER_EXAMPLES, TAIL_OF_ONE, WHOLE_SET

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


def probes_of(takes_eps: bool) -> tuple[Probe, ...]:
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


def chunks(Z: np.ndarray, batch_size: int) -> Iterator[np.ndarray]:
    for start in range(0, Z.shape[1], batch_size):
        yield Z[:, start : start + batch_size]


Cut = Callable[[np.ndarray, int], Any]


def full_only(Z, batch_size):
    return (chunk for chunk in chunks(Z, batch_size) if chunk.shape[1] == batch_size)


def interleaved(Z, batch_size):
    count = -(-Z.shape[1] // batch_size)
    return (Z[:, t::count] for t in range(count))


def cumulative(Z, batch_size):
    return (Z[:, : start + batch_size] for start in range(0, Z.shape[1], batch_size))


def overlapping(Z, batch_size):
    return (Z[:, start : start + batch_size + 1] for start in range(0, Z.shape[1], batch_size))


def _short(Z, batch_size):
    return (Z[:, start : start + max(batch_size - 1, 1)] for start in range(0, Z.shape[1], batch_size))


def whole_each_time(Z, batch_size):
    return (Z for _ in range(0, Z.shape[1], batch_size))


def _first_each_time(Z, batch_size):
    return (Z[:, :batch_size] for _ in range(0, Z.shape[1], batch_size))


def merged(Z, batch_size):
    parts = list(chunks(Z, batch_size))
    if len(parts) > 1 and parts[-1].shape[1] < batch_size:
        parts[-2:] = [np.hstack(parts[-2:])]
    return parts


def in_parts(Z, batch_size):
    return np.array_split(Z, batch_size, axis=1)


def evened(Z, batch_size):
    return np.array_split(Z, -(-Z.shape[1] // batch_size), axis=1)


def _last_each_time(Z, batch_size):
    parts = list(chunks(Z, batch_size))
    return [parts[-1] for _ in parts]


def one(Z, batch_size):
    return [Z]


# Which columns make up a mini-batch; the tail is cut off, left out, or something else is taken.
CUTS: dict[str, tuple[Cut, ...]] = {
    "whole-set-statistics": (whole_each_time, one),
    "one-batch-for-all": (_first_each_time, _last_each_time),
    "drops-the-tail": (full_only,),
    "interleaved-batches": (interleaved,),
    "cumulative-batches": (cumulative,),
    "overlapping-batches": (overlapping,),
    "gaps-between-batches": (_short,),
    "tail-merged": (merged,),
    "evened-out-batches": (evened,),
    "count-taken-for-size": (in_parts,),
}
