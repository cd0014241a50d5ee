"""Notebook 02: batch norm inside a network, from its starting parameters to one step of gradient descent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from bnkit.bugs import broken_batchnorm_backward

from .. import probes
from .assignments import FITTING as NOTEBOOK
from .assignments import WITHHELD_FROM_FITTING as WITHHELD
from .backward_pass import BATCHNORM_BACKWARD, BATCHNORM_BACKWARD_STAGES
from .backward_pieces import backward
from .bug_hunts import bug_hunt
from .parameters_of_a_network import INITIALIZE_PARAMETERS, UPDATE_PARAMETERS
from .ways_through_a_network import LAYER_FORWARD, NETWORK_FORWARD, NETWORK_GRADIENTS


def _after_the_forward_pass(function: Callable[..., Any]) -> Callable[..., Any]:
    """The backward pass as a function of what went into the forward pass."""

    def gradients(dZ_tilde, Z, gamma):
        Z = np.asarray(Z, dtype=np.float64)
        mu, sigma2 = probes.statistics(Z).values()
        return function(dZ_tilde, (Z - mu) / np.sqrt(sigma2 + 1e-5), gamma, sigma2)

    return gradients


def _noise(*shape: int, seed: int = 2) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def _exposing() -> tuple[np.ndarray, ...]:
    return _noise(3, 8), _noise(3, 8, seed=3), np.array([[0.5], [-2.0], [3.0]])


EXPOSE_BACKWARD = bug_hunt(
    "expose_backward",
    NOTEBOOK,
    1,
    broken=_after_the_forward_pass(broken_batchnorm_backward),
    correct=_after_the_forward_pass(backward),
    shapes={"dZ_tilde": ("n", "m"), "Z": ("n", "m"), "gamma": ("n", 1)},
    exposing=_exposing,
    blind=(
        lambda: (np.ones((3, 8)), _noise(3, 8), np.ones((3, 1))),
        lambda: (_noise(3, 8), _noise(3, 8, seed=3), np.ones((3, 1))),
        lambda: (np.ones((3, 8)), _noise(3, 8), np.full((3, 1), 5.0)),
        lambda: (np.zeros((3, 8)), _noise(3, 8), np.full((3, 1), 5.0)),
        lambda: (_noise(3, 2), 3 * _noise(3, 2, seed=3), np.ones((3, 1))),
        lambda: (np.full((3, 8), 0.1), 1e3 * _noise(3, 8), np.full((3, 1), 5.0)),
        lambda: (_noise(3, 2), 1e7 * _noise(3, 2, seed=3), np.full((3, 1), 2.0)),
        lambda: (_noise(3, 1), _noise(3, 1, seed=3), np.full((3, 1), 5.0)),
    ),
    unfair=(
        lambda: (_noise(3, 8), _noise(3, 7), np.ones((3, 1))),
        lambda: (_noise(3, 8), _noise(3, 8), np.full(3, 2.0)),
        lambda: (_noise(3, 8), _noise(3, 8), 2.0),
        lambda: (_noise(8), _noise(8), np.array([[2.0]])),
    ),
    withheld=WITHHELD,
)

EXERCISES = (
    INITIALIZE_PARAMETERS,
    LAYER_FORWARD,
    NETWORK_FORWARD,
    BATCHNORM_BACKWARD_STAGES,
    BATCHNORM_BACKWARD,
    NETWORK_GRADIENTS,
    UPDATE_PARAMETERS,
    EXPOSE_BACKWARD,
)
