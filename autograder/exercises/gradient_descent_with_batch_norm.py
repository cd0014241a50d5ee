"""Notebook 05: optimizers, with batch norm's parameters among those that they move."""

from __future__ import annotations

import numpy as np

from bnkit.bugs import broken_adam

from ..exercise import Exercise
from . import optimizer_pieces as pieces
from .assignments import DESCENT as NOTEBOOK
from .assignments import WITHHELD_FROM_DESCENT as WITHHELD
from .bug_hunts import bug_hunt
from .optimizer_steps import ADAM_UPDATE, MOMENTUM_UPDATE, RMSPROP_UPDATE
from .optimizing_a_network import UPDATE_ALL
from .training_loop import TRAIN_EPOCH


def _walk(gradients):
    """Return the path that `broken_adam` should take."""
    theta = v = s = np.float64(0)
    path = []
    for t, dtheta in enumerate(gradients, start=1):
        theta, v, s = pieces.RIGHT(theta, np.float64(dtheta), v, s, t, 0.1)
        path.append(theta)
    return np.array(path)


EXPOSE_ADAM = bug_hunt(
    "expose_adam",
    NOTEBOOK,
    points=1,
    broken=broken_adam,
    correct=_walk,
    shapes={"gradients": ("steps",)},
    exposing=lambda: np.full(3, 1e-6),
    blind=(
        lambda: np.array([1.0]),
        lambda: np.ones(5),
        lambda: np.zeros(4),
        lambda: np.array([3.0, -2.0, 0.5, 0.1]),
        lambda: np.full(10, 1e6),
        lambda: np.full(4, 1e-3),
        lambda: np.random.default_rng(0).normal(size=50),
    ),
    unfair=(lambda: np.full((2, 2), 1e-6), lambda: [1e-6, 1e-6], lambda: np.array([])),
    withheld=WITHHELD,
)

EXERCISES: tuple[Exercise, ...] = (
    TRAIN_EPOCH,
    MOMENTUM_UPDATE,
    RMSPROP_UPDATE,
    ADAM_UPDATE,
    UPDATE_ALL,
    EXPOSE_ADAM,
)
