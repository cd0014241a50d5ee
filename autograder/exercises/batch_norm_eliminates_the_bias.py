"""Notebook 04: why a bias before batch norm has no effect, and what goes with it."""

from __future__ import annotations

import numpy as np

from bnkit.bugs import broken_drop_bias

from .assignments import BIAS as NOTEBOOK
from .assignments import WITHHELD_FROM_BIAS as WITHHELD
from .bias_before_batch_norm import BIAS_GRADIENT, REMOVE_TRAINED_BIAS
from .bug_hunts import bug_hunt
from .counting_parameters import COUNT_PARAMETERS
from .dropping_biases import DROP_BIASES


def _broken(b, gamma, running_sigma2):
    return broken_drop_bias(b, gamma, np.zeros_like(gamma), running_sigma2)


def _correct(b, gamma, running_sigma2):
    return gamma * b / np.sqrt(running_sigma2 + 1e-5)


def _column(*numbers: float) -> np.ndarray:
    return np.array(numbers, dtype=float).reshape(-1, 1)


EXPOSE_BIAS = bug_hunt(
    "expose_bias",
    NOTEBOOK,
    1,
    broken=_broken,
    correct=_correct,
    shapes={"b": ("n", 1), "gamma": ("n", 1), "running_sigma2": ("n", 1)},
    exposing=lambda: (_column(1, -2, 3), _column(0.5, 2, 3), _column(4, 9, 0.25)),
    blind=(
        lambda: (_column(0, 0, 0), _column(0.5, 2, 3), _column(4, 9, 0.25)),
        lambda: (_column(0), _column(-7), _column(100)),
        lambda: (_column(1, -2, 3), _column(1, 1, 1), _column(1, 1, 1)),
        lambda: (_column(1000, -2000), _column(1, 1), _column(1, 1)),
        lambda: (_column(1, -2, 3), _column(2, 3, 0.5), _column(4, 9, 0.25)),
        lambda: (_column(1, 0, 3), _column(2, 8, 0.5), _column(4, 9, 0.25)),
    ),
    unfair=(
        lambda: (_column(1, -2), _column(0.5, 2), _column(-4, -9)),
        lambda: (_column(1, -2).ravel(), _column(0.5, 2).ravel(), _column(4, 9).ravel()),
        lambda: (_column(1, -2), _column(0.5), _column(4, 9)),
        lambda: (_column(1, -2), _column(0.5, 2)),
    ),
    withheld=WITHHELD,
)

EXERCISES = (BIAS_GRADIENT, DROP_BIASES, COUNT_PARAMETERS, REMOVE_TRAINED_BIAS, EXPOSE_BIAS)
