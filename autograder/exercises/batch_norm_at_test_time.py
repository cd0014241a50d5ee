"""Notebook 06: running statistics, inference and folding."""

from __future__ import annotations

import numpy as np

from bnkit.bugs import broken_inference

from .assignments import TEST_TIME as NOTEBOOK
from .assignments import WITHHELD_FROM_TEST_TIME as WITHHELD
from .bug_hunts import bug_hunt
from .folding import FOLD_BATCHNORM
from .inference import BATCHNORM_INFERENCE
from .running_averages import RUNNING_STATISTICS
from .weighted_averages import EWA_BIAS_CORRECTION, EWA_UPDATE


def _correct_inference(Z, running_mu, running_sigma2):
    return (Z - running_mu) / np.sqrt(running_sigma2 + 1e-5)


def _by_its_own_statistics(Z):
    """A batch together with exactly its own mean and variance: training and test agree."""
    return Z, Z.mean(axis=1, keepdims=True), Z.var(axis=1, keepdims=True)


def _one_example():
    return np.array([[3.0], [-8.0]]), np.array([[1.0], [2.0]]), np.array([[4.0], [9.0]])


EXPOSE_INFERENCE = bug_hunt(
    "expose_inference",
    NOTEBOOK,
    1,
    broken=broken_inference,
    correct=_correct_inference,
    shapes={"Z": ("n", "m"), "running_mu": ("n", 1), "running_sigma2": ("n", 1)},
    exposing=lambda: (np.array([[5.0, 6.0, 7.0]]), np.zeros((1, 1)), np.ones((1, 1))),
    blind=(
        _one_example,
        lambda: _by_its_own_statistics(np.array([[1.0, 2.0, 3.0, 4.0], [10.0, 0.0, -10.0, 4.0]])),
        lambda: _by_its_own_statistics(np.random.default_rng(0).normal(size=(3, 50))),
        lambda: (np.array([[-1.0, 1.0, -1.0, 1.0]]), np.zeros((1, 1)), np.ones((1, 1))),
        lambda: (np.zeros((2, 4)), np.zeros((2, 1)), np.ones((2, 1))),
        lambda: (np.ones((2, 4)), np.zeros((2, 1)), np.ones((2, 1))),
    ),
    unfair=(
        lambda: np.array([[5.0, 6.0, 7.0]]),
        lambda: (np.array([[5.0, 6.0, 7.0]]), np.zeros(1), np.ones(1)),
        lambda: (np.array([[5.0, 6.0, 7.0]]), np.zeros((1, 1)), -np.ones((1, 1))),
    ),
    withheld=WITHHELD,
)

EXERCISES = (
    EWA_UPDATE,
    EWA_BIAS_CORRECTION,
    RUNNING_STATISTICS,
    BATCHNORM_INFERENCE,
    FOLD_BATCHNORM,
    EXPOSE_INFERENCE,
)
