"""The bug hunt of notebook 01: a batch norm whose variance loses its digits, and whose eps is a maximum."""

from __future__ import annotations

import numpy as np

from bnkit.bugs import broken_batchnorm_forward

from . import forward_pieces as pieces
from .assignments import NORMALIZING as NOTEBOOK
from .assignments import WITHHELD_FROM_NORMALIZING as WITHHELD
from .bug_hunts import bug_hunt

HAND = np.array([[1.0, 2, 3, 4], [10, 20, 30, 40]])


def _plain(Z):
    ones = np.ones((len(Z), 1))
    return np.asarray(Z, np.float64), ones, 0 * ones


EXPOSE_VARIANCE = bug_hunt(
    "expose_variance",
    NOTEBOOK,
    1,
    broken=lambda Z: broken_batchnorm_forward(*_plain(Z)),
    correct=lambda Z: pieces.RIGHT(*_plain(Z))[0],
    shapes={"Z": ("n", "m")},
    exposing=lambda: HAND + 1e8,
    blind=(
        lambda: HAND,
        lambda: HAND.astype(int),
        lambda: np.random.default_rng(0).normal(size=(3, 8)),
        lambda: 1000 + np.random.default_rng(0).normal(size=(3, 8)),
        lambda: np.ones((2, 5)),
        lambda: np.zeros((2, 5)),
        lambda: np.array([[3.0], [4.0]]),
        lambda: 1e5 * HAND,
        lambda: 1e-7 * HAND,
        lambda: 1e4 + HAND.astype(np.float32),
    ),
    unfair=(
        lambda: [[1.0, 2.0, 3.0]],
        lambda: np.array([1.0, 2.0, 3.0]),
        lambda: np.full((2, 4), np.inf),
        lambda: 1e13 + HAND,
        lambda: np.zeros((3, 0)),
        lambda: None,
    ),
    withheld=WITHHELD,
)
