"""Exercises on a network as a whole: a layer, the way forward, and the gradients."""

from __future__ import annotations

import numpy as np

from .. import network_probes, probes
from ..exercise import Exercise, Misconception
from . import backward_pieces, forward_pieces, gradient_pieces, network_pieces, way_and_back
from .assignments import FITTING as NOTEBOOK
from .assignments import WITHHELD_FROM_FITTING as WITHHELD
from .forward_pieces import misconceptions
from .structure import changes_its_input, difference_of_squares


def _layer_inputs(Z, rng, eps):
    """A layer whose units are of the size of Z's, none of them near ReLU's kink."""
    far = np.abs(Z).max() > 100
    while True:
        arguments = _layer_by_hand(Z, rng) if probes.by_hand(Z) else _layer_like(Z, far, rng)
        arguments |= probes.scale_and_shift(len(Z), rng)
        pre_activations = arguments["W"] @ arguments["A_prev"]
        Z_tilde = forward_pieces.RIGHT(pre_activations, arguments["gamma"], arguments["beta"], eps)[0]
        if np.abs(Z_tilde).min() > (2e-2 if far else 2e-3):
            return arguments


def _layer_by_hand(Z, rng):
    n, m = Z.shape
    return {"A_prev": probes.whole_numbers(n, m, rng), "W": np.round(probes.signed(rng, 1, 3, (n, n)))}


def _layer_like(Z, far, rng):
    n, m = Z.shape
    n_prev = n if n == m else int(rng.integers(2, 6))
    mean = probes.signed(rng, 0.2, 0.5, (n_prev, 1))
    if far:
        mean = probes.signed(rng, 1, 2, (n_prev, 1)) * (1e6 if np.abs(Z).max() > 1e5 else 1e3)
    W = rng.standard_normal((n, n_prev))
    if m > 1:
        # The spread of each unit is that of Z: ordinary, nearly constant, or 0.
        W *= Z.std(axis=1, keepdims=True) / np.linalg.norm(W, axis=1, keepdims=True)
    return {"A_prev": probes.standard(rng, (n_prev, m)) + mean, "W": W}


def _layer_in_place(A_prev, W, gamma, beta, eps=1e-5):
    A = network_pieces.layer_forward(A_prev, W, gamma, beta, eps)
    A_prev *= 0
    return A


LAYER_FORWARD = Exercise(
    name="layer_forward",
    notebook=NOTEBOOK,
    points=2,
    reference=network_pieces.layer_forward,
    results=("A",),
    probes=probes.probes(_layer_inputs, probes.plans()),
    misconceptions=(
        *misconceptions(
            network_pieces.layer_of,
            forward_pieces.STATISTICS,
            forward_pieces.NORMALIZING,
            forward_pieces.SCALING,
            forward_pieces.FLAT,
            more={
                **network_pieces.LAYER_MISTAKES,
                "eps-hard-coded": (
                    lambda A_prev, W, gamma, beta: network_pieces.layer_forward(A_prev, W, gamma, beta),
                ),
                "sign-error": (network_pieces.layer_of(forward_pieces.SCALING_SIGN),),
                "weights-transposed": (
                    lambda A_prev, W, gamma, beta, eps=1e-5: network_pieces.layer_forward(
                        A_prev, W.T, gamma, beta, eps
                    ),
                ),
            },
        ),
        difference_of_squares(network_pieces.layer_of(forward_pieces.DIFFERENCE_OF_SQUARES)),
        changes_its_input(_layer_in_place),
    ),
    terms=network_pieces.layer_terms,
    withheld=WITHHELD,
)


def _network_in_place(X, parameters, eps=1e-5):
    Y_hat = network_pieces.network_forward(X, parameters, eps)
    parameters["A1"] = X
    return Y_hat


NETWORK_FORWARD = Exercise(
    name="network_forward",
    notebook=NOTEBOOK,
    points=3,
    reference=network_pieces.network_forward,
    results=("Y_hat",),
    probes=tuple(
        network_probes.probe(plan, lambda X, parameters, rng: {"X": X, "parameters": parameters})
        for plan in network_probes.plans()
    ),
    misconceptions=(
        *misconceptions(
            lambda forward: network_pieces.network_of(network_pieces.layer_of(forward)),
            forward_pieces.STATISTICS,
            forward_pieces.NORMALIZING,
            forward_pieces.SCALING,
            forward_pieces.FLAT,
            more={
                name: (
                    *map(network_pieces.network_of, network_pieces.LAYER_MISTAKES.get(name, ())),
                    *network_pieces.NETWORK_MISTAKES.get(name, ()),
                )
                for name in {**network_pieces.LAYER_MISTAKES, **network_pieces.NETWORK_MISTAKES}
            },
        ),
        difference_of_squares(
            network_pieces.network_of(network_pieces.layer_of(forward_pieces.DIFFERENCE_OF_SQUARES))
        ),
        changes_its_input(_network_in_place),
    ),
    terms=network_pieces.probability_terms,
    withheld=WITHHELD,
)


def _gradient_inputs(X, parameters, rng):
    classes = len(parameters[max(parameters, key=lambda key: int(key[1:]) if key[0] == "W" else 0)])
    labels = rng.integers(classes, size=X.shape[1])
    return {"X": X, "Y": np.eye(classes)[:, labels], "parameters": parameters}


def _gradients_in_place(X, Y, parameters, eps=1e-5):
    gradients = gradient_pieces.network_gradients(X, Y, parameters, eps)
    Y -= 1
    return gradients


NETWORK_GRADIENTS = Exercise(
    name="network_gradients",
    notebook=NOTEBOOK,
    points=4,
    reference=gradient_pieces.network_gradients,
    results=("gradients",),
    probes=tuple(network_probes.probe(plan, _gradient_inputs) for plan in network_probes.plans(least=8)),
    misconceptions=(
        *(
            Misconception(
                name,
                *map(gradient_pieces.gradients_of, backward_pieces.MISTAKES.get(name, ())),
                *gradient_pieces.MISTAKES.get(name, ()),
                *way_and_back.WAYS.get(name, ()),
            )
            for name in {**backward_pieces.MISTAKES, **gradient_pieces.MISTAKES, **way_and_back.WAYS}
        ),
        difference_of_squares(gradient_pieces.DIFFERENCE_OF_SQUARES),
        changes_its_input(_gradients_in_place),
    ),
    terms=gradient_pieces.terms,
    withheld=WITHHELD,
)
