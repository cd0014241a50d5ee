"""Notebook 09: convolutional batch norm, layer and group norm, and several devices."""

from __future__ import annotations

from typing import Any

import numpy as np

from bnkit.bugs import broken_spatial_batchnorm

from .assignments import BEYOND as NOTEBOOK
from .assignments import WITHHELD_FROM_BEYOND as WITHHELD
from .bug_hunts import bug_hunt
from .convolutional_norm import SPATIAL_BATCHNORM_FORWARD
from .example_norms import GROUPNORM_FORWARD, LAYERNORM_FORWARD
from .merged_statistics import MERGE_STATISTICS


def _with_plain_parameters(function: Any):
    """The function of images alone: gamma is 1 and beta 0."""

    def normalize(X):
        X = np.asarray(X, dtype=np.float64)
        columns = np.ones((X.shape[1], 1)), np.zeros((X.shape[1], 1))
        return function(X, *columns)

    return normalize


def _noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(9).normal(size=shape)


def _bright_and_dark() -> np.ndarray:
    return _noise(4, 3, 5, 6) + 10 * np.arange(4.0).reshape(4, 1, 1, 1)


def _centred_images() -> np.ndarray:
    """Each channel of each image has mean 0, as after preprocessing image by image."""
    X = 5 * _noise(4, 3, 4, 4)
    return X - X.mean(axis=(2, 3), keepdims=True)


EXPOSE_SPATIAL = bug_hunt(
    "expose_spatial",
    NOTEBOOK,
    1,
    broken=_with_plain_parameters(broken_spatial_batchnorm),
    correct=_with_plain_parameters(SPATIAL_BATCHNORM_FORWARD.reference),
    shapes={"X": ("N", "C", "H", "W")},
    exposing=_bright_and_dark,
    blind=(
        lambda: np.zeros((4, 3, 5, 6)),
        lambda: np.ones((4, 3, 5, 6)),
        lambda: _noise(1, 3, 5, 6),
        lambda: np.tile(_noise(1, 3, 5, 6), (4, 1, 1, 1)),
        lambda: _noise(8, 1, 32, 32),
        lambda: _noise(2, 3, 32, 32) * [[[1.0]], [[10]], [[100]]] + [[[0.0]], [[50]], [[-500]]],
        lambda: np.broadcast_to(np.arange(30.0).reshape(5, 6), (4, 3, 5, 6)).copy(),
        _centred_images,
    ),
    unfair=(lambda: _bright_and_dark()[0], lambda: _noise(3, 8), lambda: _bright_and_dark() * 1e13),
    withheld=WITHHELD,
)

EXERCISES = (
    SPATIAL_BATCHNORM_FORWARD,
    LAYERNORM_FORWARD,
    GROUPNORM_FORWARD,
    MERGE_STATISTICS,
    EXPOSE_SPATIAL,
)
