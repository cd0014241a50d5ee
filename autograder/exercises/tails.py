"""The bug hunt of notebook 03: a normalization that forgets how many examples the tail has."""

from __future__ import annotations

import numpy as np

from bnkit.bugs import broken_normalize_by_mini_batch

from .assignments import MINI_BATCHES as NOTEBOOK
from .assignments import WITHHELD_FROM_MINI_BATCHES as WITHHELD
from .bug_hunts import bug_hunt
from .each_mini_batch import normalize_by_mini_batch


def _correct(Z, batch_size):
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}, expected 1 or more")
    return normalize_by_mini_batch(np.asarray(Z, np.float64), batch_size)


def _drawn(m: int, n: int = 2) -> np.ndarray:
    return np.random.default_rng(m).normal(size=(n, m))


EXPOSE_TAIL = bug_hunt(
    "expose_tail",
    NOTEBOOK,
    1,
    broken=lambda Z, batch_size: broken_normalize_by_mini_batch(np.asarray(Z, np.float64), batch_size),
    correct=_correct,
    shapes={"Z": ("n", "m"), "batch_size": ()},
    exposing=lambda: (np.array([[1.0, 2, 3, 4, 5, 7]]), 4),
    blind=(
        lambda: (_drawn(8), 4),
        lambda: (_drawn(8), 8),
        lambda: (_drawn(5), 1),
        lambda: (_drawn(9), 4),
        lambda: (np.ones((2, 6)), 4),
        lambda: (np.hstack([_drawn(4), np.full((2, 2), 3.0)]), 4),
        lambda: (1e6 * _drawn(12), 4),
        lambda: (np.arange(1, 9).reshape(2, 4), 2),
    ),
    unfair=(
        lambda: (_drawn(6), 0),
        lambda: (_drawn(6), -2),
        lambda: (_drawn(6), 4.0),
        lambda: (_drawn(6)[0], 4),
        lambda: _drawn(6),
        lambda: (_drawn(6).tolist(), 4),
    ),
    withheld=WITHHELD,
)
