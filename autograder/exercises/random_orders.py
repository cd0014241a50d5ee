"""Whether the orders of several epochs are random: compared with each other, never with a fixed one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from ..exercise import Problem

WHERE = "mini_batches"
ENOUGH = 12  # examples: two random orders of them agree once in 479,001,600 times
STANDARD_ERRORS = 6
NEIGHBOURS = 4  # pairs that stay neighbours, on average over the epochs; a random order keeps one


@dataclass(frozen=True)
class Epoch:
    """One call: the examples in their order, mini-batch by mini-batch; and the generator's state by name."""

    case: int
    state: tuple[int, int]
    batch_size: int
    batches: tuple[tuple[int, ...], ...]

    @property
    def order(self) -> tuple[int, ...]:
        """The numbers of the examples, one after the other."""
        return sum(self.batches, ())


def randomness(epochs: list[Epoch]) -> Iterator[tuple[int, Problem]]:
    """Compare orders with each other: of one seed, of several, and epoch after epoch."""
    seen: dict[tuple[Any, ...], Epoch] = {}
    for epoch in epochs:
        if len(epoch.order) < ENOUGH:
            continue
        key = (len(epoch.order), epoch.batch_size, epoch.state)
        earlier = seen.setdefault(key, epoch)
        if earlier.order != epoch.order:
            text = "two generators of one seed give different orders: use the rng given"
            yield epoch.case, Problem(WHERE, text, "rng-ignored")
            return
    series = [
        epoch for epoch in epochs if any(other.state[1] for other in epochs if other.case == epoch.case)
    ]
    mistake = _unmixed(series)
    if mistake:
        yield series[0].case, mistake
        return
    by_size: dict[tuple[int, int], dict[tuple[int, ...], Epoch]] = {}
    for epoch in seen.values():
        orders = by_size.setdefault((len(epoch.order), epoch.batch_size), {})
        if epoch.order in orders:
            text = "two generators of different seeds give the same order"
            if orders[epoch.order].case == epoch.case:
                text = "two epochs of one generator have the same order"
            yield (
                epoch.case,
                Problem(WHERE, f"{text}: draw from the rng given", "same-permutation-every-epoch"),
            )
            return
        orders[epoch.order] = epoch


def _unmixed(series: list[Epoch]) -> Problem | None:
    """Say what the epochs leave as it was."""
    if not series:
        return None
    orders = np.array([epoch.order for epoch in series])
    if (orders == np.arange(orders.shape[1])).all():
        return Problem(WHERE, "the examples come in their old order, expected a random one", "no-shuffle")
    first, *others = ([set(batch) for batch in epoch.batches] for epoch in series)
    different = len(set(map(tuple, orders.tolist()))) > 1
    if different and all(other == first for other in others):
        text = "in every epoch a mini-batch holds the same examples, expected others"
        return Problem(WHERE, text, "shuffles-within-batches")
    steps = np.diff(orders, axis=1)
    if different and max((steps == 1).sum(), (steps == -1).sum()) > NEIGHBOURS * len(orders):
        whole = all(b - a == 1 for epoch in series for batch in epoch.batches for a, b in pairwise(batch))
        text = "examples that are neighbours in X stay neighbours, expected a random order of single examples"
        return Problem(WHERE, text, "shuffles-batches-only" if whole else "")
    if different and (orders == orders[0]).all(axis=0).any():
        k = int((orders == orders[0]).all(axis=0).argmax())
        return Problem(WHERE, f"in every epoch, example {orders[0, k]} comes at the same place")
    return _apart(orders) if different else None


def _apart(orders: np.ndarray) -> Problem | None:
    """Say whether two kinds of examples keep to their own ends of the epochs."""
    epochs, m = orders.shape
    early = orders[:, : m // 2]
    kinds = {"the second half of X": np.arange(m) >= m // 2, "odd places of X": np.arange(m) % 2 == 1}
    for name, marked in kinds.items():
        share = marked.mean()
        expected = early.size * share
        # Drawing without replacement, as a shuffle does.
        spread = np.sqrt(expected * (1 - share) * (m - m // 2) / (m - 1))
        found = marked[early].sum()
        if abs(found - expected) > STANDARD_ERRORS * spread:
            text = f"of the first {m // 2} examples of {epochs} epochs, {found} come from {name}"
            return Problem(WHERE, f"{text}, expected about {expected:.0f}: every order has to be as likely")
    return None
