"""Exercises on a network's parameters: where they start, and one step of gradient descent."""

from __future__ import annotations

import numpy as np

from .. import network_probes, probes
from ..exercise import Case, Exercise, Misconception
from ..network_probes import NO_HIDDEN_LAYER, TEN_LAYERS, NetworkPlan
from ..wire import Rng
from .assignments import FITTING as NOTEBOOK
from .assignments import WITHHELD_FROM_FITTING as WITHHELD
from .starting_parameters import criterion
from .structure import by_structure, changes_its_input, updates_in_place


def _initialize(
    layer_dims,
    rng,
    *,
    weights=lambda rng, n, n_prev: np.sqrt(2 / n_prev) * rng.standard_normal((n, n_prev)),
    gamma=np.ones,
    beta=np.zeros,
    bias=np.zeros,
    last_too=False,
    hidden_bias=False,
):
    """He-normal weights, gamma ones, beta and b zeros; every keyword is a piece to replace."""
    parameters = {}
    last = len(layer_dims) - 1
    for layer in range(1, last + 1):
        n, n_prev = layer_dims[layer], layer_dims[layer - 1]
        parameters[f"W{layer}"] = weights(rng, n, n_prev)
        if layer < last or last_too:
            parameters[f"gamma{layer}"], parameters[f"beta{layer}"] = gamma((n, 1)), beta((n, 1))
        if (layer == last and last_too != "instead") or (layer < last and hidden_bias):
            parameters[f"b{layer}"] = bias((n, 1))
    return parameters


def _initialize_with(**pieces):
    return lambda layer_dims, rng: _initialize(layer_dims, rng, **pieces)


def _drawn(draw):
    return _initialize_with(weights=draw)


def _plain_network(layer_dims, rng):
    parameters = _initialize(layer_dims, rng, hidden_bias=True)
    return {key: value for key, value in parameters.items() if key[0] in "Wb" and not key.startswith("beta")}


def _without_output_bias(layer_dims, rng):
    parameters = _initialize(layer_dims, rng)
    return {key: value for key, value in parameters.items() if key[0] != "b" or key.startswith("beta")}


def _initialize_in_place(layer_dims, rng):
    parameters = _initialize(layer_dims, rng)
    layer_dims.pop(0)
    return parameters


def _dims(layer_dims, edge=None, seed=None):
    def probe(rng):
        drawn = int(rng.integers(2**31))
        return Case({"layer_dims": list(layer_dims), "rng": Rng(drawn if seed is None else seed)}, {}, edge)

    return probe


INITIALIZE_PARAMETERS = Exercise(
    name="initialize_parameters",
    notebook=NOTEBOOK,
    points=2,
    reference=_initialize,
    results=("parameters",),
    criterion=criterion,
    probes=(
        _dims((3, 4, 2)),
        _dims((4, 6, 5, 3)),
        # Two calls with one seed and a third with another: nothing is ever compared with fixed numbers.
        *(_dims((5, 6, 6, 6, 3), seed=seed) for seed in (11, 11, 12)),
        _dims((400, 150, 60, 10)),
        _dims((60, 150, 150, 400)),
        _dims((4, 3), edge=NO_HIDDEN_LAYER),
        _dims((3, *(4, 5) * 5, 2), edge=TEN_LAYERS),
    ),
    misconceptions=(
        by_structure(
            "batch-norm-on-output-layer", *(_initialize_with(last_too=how) for how in (True, "instead"))
        ),
        by_structure("bias-in-hidden-layer", _initialize_with(hidden_bias=True)),
        by_structure("batch-norm-missing", _plain_network),
        by_structure("bias-left-out", _without_output_bias),
        by_structure("gamma-initialized-to-zero", _initialize_with(gamma=np.zeros)),
        by_structure("gamma-beta-swapped", _initialize_with(gamma=np.zeros, beta=np.ones)),
        by_structure(
            "lost-dimension",
            _initialize_with(gamma=lambda shape: np.ones(shape[0]), beta=lambda shape: np.zeros(shape[0])),
            _initialize_with(
                gamma=lambda shape: np.ones(shape[0]),
                beta=lambda shape: np.zeros(shape[0]),
                bias=lambda shape: np.zeros(shape[0]),
            ),
            _initialize_with(bias=lambda shape: np.zeros(shape[0])),
        ),
        by_structure(
            "row-instead-of-column",
            _initialize_with(
                gamma=lambda shape: np.ones(shape[::-1]), beta=lambda shape: np.zeros(shape[::-1])
            ),
        ),
        by_structure(
            "weights-transposed",
            _drawn(lambda rng, n, n_prev: np.sqrt(2 / n_prev) * rng.standard_normal((n_prev, n))),
        ),
        by_structure(
            "weights-not-random",
            _drawn(lambda rng, n, n_prev: np.zeros((n, n_prev))),
            _drawn(lambda rng, n, n_prev: np.ones((n, n_prev)) * np.sqrt(2 / n_prev)),
            _drawn(lambda rng, n, n_prev: np.full((n, n_prev), rng.standard_normal() * np.sqrt(2 / n_prev))),
            _drawn(lambda rng, n, n_prev: np.tile(rng.standard_normal(n_prev) * np.sqrt(2 / n_prev), (n, 1))),
        ),
        by_structure(
            "rng-ignored",
            _drawn(
                lambda rng, n, n_prev: (
                    np.sqrt(2 / n_prev) * np.random.default_rng().standard_normal((n, n_prev))
                )
            ),
            _drawn(
                lambda rng, n, n_prev: (
                    np.sqrt(2 / n_prev) * np.random.default_rng(0).standard_normal((n, n_prev))
                )
            ),
            lambda layer_dims, rng: _initialize(layer_dims, np.random.default_rng(1)),
        ),
        by_structure(
            "same-numbers-in-every-layer",
            lambda layer_dims, rng: _same_start(layer_dims, int(rng.integers(2**31))),
        ),
        by_structure(
            "uniform-weights",
            _drawn(lambda rng, n, n_prev: rng.uniform(-1, 1, (n, n_prev)) * np.sqrt(6 / n_prev)),
            _drawn(lambda rng, n, n_prev: rng.uniform(-1, 1, (n, n_prev)) * np.sqrt(2 / n_prev)),
            _drawn(lambda rng, n, n_prev: rng.random((n, n_prev)) * np.sqrt(2 / n_prev)),
        ),
        by_structure(
            "he-spread-missing",
            _drawn(lambda rng, n, n_prev: rng.standard_normal((n, n_prev))),
            _drawn(lambda rng, n, n_prev: 0.01 * rng.standard_normal((n, n_prev))),
            _drawn(lambda rng, n, n_prev: np.sqrt(1 / n_prev) * rng.standard_normal((n, n_prev))),
            _drawn(lambda rng, n, n_prev: np.sqrt(2 / (n + n_prev)) * rng.standard_normal((n, n_prev))),
        ),
        by_structure(
            "spread-from-outputs",
            _drawn(lambda rng, n, n_prev: np.sqrt(2 / n) * rng.standard_normal((n, n_prev))),
        ),
        by_structure(
            "variance-as-spread",
            _drawn(lambda rng, n, n_prev: 2 / n_prev * rng.standard_normal((n, n_prev))),
        ),
        changes_its_input(_initialize_in_place),
    ),
    withheld=WITHHELD,
)


def _same_start(layer_dims, seed):
    def weights(rng, n, n_prev):
        return np.sqrt(2 / n_prev) * np.random.default_rng(seed).standard_normal((n, n_prev))

    return _initialize(layer_dims, None, weights=weights)


def _update_inputs(X, parameters, rng):
    by_hand = np.array_equal(X, X.round())
    gradients = {f"d{key}": rng.standard_normal(value.shape) for key, value in parameters.items()}
    if by_hand:
        gradients = {key: np.round(4 * value) for key, value in gradients.items()}
    alpha = 0.5 if by_hand else float(rng.uniform(0.05, 0.3))
    return {"parameters": parameters, "gradients": gradients, "alpha": alpha}


def _stepped(step, only=("W", "b", "gamma", "beta"), drop=False):
    """Update the parameters with these names by `step`; keep the others as they are, or leave them out."""

    def update_parameters(parameters, gradients, alpha):
        return {
            key: step(value, gradients[f"d{key}"], alpha) if key.rstrip("0123456789") in only else value
            for key, value in parameters.items()
            if not drop or key.rstrip("0123456789") in only
        }

    return update_parameters


def _descent(theta, dtheta, alpha):
    return theta - alpha * dtheta


def _values_in_place(parameters, gradients, alpha):
    for key in parameters:
        parameters[key] -= alpha * gradients[f"d{key}"]
    return parameters


def _dict_in_place(parameters, gradients, alpha):
    for key in parameters:
        parameters[key] = parameters[key] - alpha * gradients[f"d{key}"]
    return parameters


def _gradients_scaled_in_place(parameters, gradients, alpha):
    for key in gradients:
        gradients[key] *= alpha
    return {key: value - gradients[f"d{key}"] for key, value in parameters.items()}


UPDATE_PARAMETERS = Exercise(
    name="update_parameters",
    notebook=NOTEBOOK,
    points=2,
    reference=_stepped(_descent),
    results=("parameters",),
    probes=tuple(
        network_probes.probe(NetworkPlan(**{**plan.__dict__, "eps": "default"}), _update_inputs)
        for plan in network_probes.plans()
        if plan.kind in ("ordinary", "hand") and plan.edge != probes.ONE_EXAMPLE
    ),
    misconceptions=(
        updates_in_place(_values_in_place, _dict_in_place),
        changes_its_input(_gradients_scaled_in_place, but_not="parameters"),
        Misconception("gradient-ascent", _stepped(lambda theta, dtheta, alpha: theta + alpha * dtheta)),
        Misconception(
            "shift-and-scale-not-updated",
            _stepped(_descent, only=("W", "b")),
            _stepped(_descent, only=("W", "b"), drop=True),
        ),
        Misconception(
            "only-weights-updated",
            _stepped(_descent, only=("W",)),
            _stepped(_descent, only=("W",), drop=True),
        ),
        Misconception(
            "gamma-not-updated",
            _stepped(_descent, only=("W", "b", "beta")),
            _stepped(_descent, only=("W", "b", "beta"), drop=True),
        ),
        Misconception(
            "beta-not-updated",
            _stepped(_descent, only=("W", "b", "gamma")),
            _stepped(_descent, only=("W", "b", "gamma"), drop=True),
        ),
        Misconception(
            "bias-not-updated",
            _stepped(_descent, only=("W", "gamma", "beta")),
            _stepped(_descent, only=("W", "gamma", "beta"), drop=True),
        ),
        Misconception("alpha-ignored", _stepped(lambda theta, dtheta, alpha: theta - dtheta)),
        Misconception("not-updated", _stepped(lambda theta, dtheta, alpha: theta)),
        Misconception(
            "returns-the-step",
            _stepped(lambda theta, dtheta, alpha: alpha * dtheta),
            _stepped(lambda theta, dtheta, alpha: -alpha * dtheta),
        ),
        Misconception("divides-by-alpha", _stepped(lambda theta, dtheta, alpha: theta - dtheta / alpha)),
        Misconception(
            "weights-decayed", _stepped(lambda theta, dtheta, alpha: theta - alpha * (dtheta + theta))
        ),
    ),
    withheld=WITHHELD,
)
