"""Notebook 02: batch norm inside a network, from its starting parameters to one step of gradient descent."""

from __future__ import annotations

import numpy as np

from .. import network_probes, probes
from ..exercise import Case, Exercise, Misconception
from ..network_probes import NO_HIDDEN_LAYER, TEN_LAYERS, NetworkPlan
from ..wire import Rng
from . import backward_pieces, forward_pieces, gradient_pieces, network_pieces
from .forward_pieces import misconceptions
from .starting_parameters import by_structure, criterion
from .structure import changes_its_input, difference_of_squares, updates_in_place

NOTEBOOK = "02-fitting-batch-norm-into-a-network"
WITHHELD = (
    *("batchnorm_backward_stages", "batchnorm_backward", "spatial_batchnorm_backward"),
    *("he_normal", "scaled_normal", "normal", "Linear", "BatchNorm", "Network", "train_step", "train"),
    *("GradientDescent", "Momentum", "RMSprop", "Adam"),
    *("gradient_descent_update", "momentum_update", "rmsprop_update", "adam_update"),
)


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


def _layer_inputs(Z, rng, eps):
    """A layer whose units are of the size of Z's, none of them near ReLU's kink."""
    far = np.abs(Z).max() > 100
    while True:
        arguments = _layer_by_hand(Z, rng) if _by_hand(Z) else _layer_like(Z, far, rng)
        arguments |= probes.scale_and_shift(len(Z), rng)
        pre_activations = arguments["W"] @ arguments["A_prev"]
        Z_tilde = forward_pieces.RIGHT(pre_activations, arguments["gamma"], arguments["beta"], eps)[0]
        if np.abs(Z_tilde).min() > (2e-2 if far else 2e-3):
            return arguments


def _by_hand(Z):
    return Z.shape[1] > 1 and np.array_equal(Z, Z.round())


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


def _stage_inputs(Z, rng, eps):
    dZ_tilde = _upstream(Z, rng)
    gamma = probes.scale_and_shift(len(Z), rng)["gamma"]
    return {"dZ_tilde": dZ_tilde, "Z": Z, "gamma": gamma, **probes.statistics(Z)}


def _upstream(Z, rng):
    if _by_hand(Z):
        return probes.whole_numbers(*Z.shape, rng)
    return rng.standard_normal(Z.shape) + probes.signed(rng, 0.2, 0.6, (len(Z), 1))


def _stage_terms(dZ_tilde, Z, gamma, mu, sigma2, eps=1e-5):
    inv_std = 1 / np.sqrt(sigma2 + eps)
    dZ_norm = np.abs(gamma * dZ_tilde)
    dsigma2 = 0.5 * inv_std**3 * (dZ_norm * np.abs(Z - mu)).sum(axis=1, keepdims=True)
    dmu = inv_std * dZ_norm.sum(axis=1, keepdims=True)
    return {"dZ_norm": dZ_norm, "dsigma2": dsigma2, "dmu": dmu, "dZ": inv_std * dZ_norm}


def _stages_in_place(dZ_tilde, Z, gamma, mu, sigma2, eps=1e-5):
    dZ_norm = gamma * dZ_tilde
    Z -= mu
    inv_std = 1 / np.sqrt(sigma2 + eps)
    m = Z.shape[1]
    dsigma2 = -0.5 * inv_std**3 * (dZ_norm * Z).sum(axis=1, keepdims=True)
    dmu = -inv_std * dZ_norm.sum(axis=1, keepdims=True)
    dZ = dZ_norm * inv_std + dsigma2 * 2 * Z / m + dmu / m
    return {"dZ_norm": dZ_norm, "dsigma2": dsigma2, "dmu": dmu, "dZ": dZ}


BATCHNORM_BACKWARD_STAGES = Exercise(
    name="batchnorm_backward_stages",
    notebook=NOTEBOOK,
    points=4,
    reference=lambda *given, **keywords: backward_pieces.stages(*given, **keywords, last_term=True),
    results=("stages",),
    stages=("dZ_norm", "dsigma2", "dmu", "dZ"),
    probes=probes.probes(_stage_inputs, probes.plans(least=8)),
    misconceptions=(
        *(Misconception(name, *readings) for name, readings in backward_pieces.STAGED_MISTAKES.items()),
        changes_its_input(_stages_in_place),
    ),
    terms=_stage_terms,
    withheld=WITHHELD,
)


def _backward_inputs(Z, rng, eps):
    known = _stage_inputs(Z, rng, eps)
    Z_norm = (Z - known["mu"]) / np.sqrt(known["sigma2"] + eps)
    return {
        "dZ_tilde": known["dZ_tilde"],
        "Z_norm": Z_norm,
        "gamma": known["gamma"],
        "sigma2": known["sigma2"],
    }


def _backward_terms(dZ_tilde, Z_norm, gamma, sigma2, eps=1e-5):
    return (
        np.abs(gamma / np.sqrt(sigma2 + eps) * dZ_tilde),
        np.abs(dZ_tilde * Z_norm).sum(axis=1, keepdims=True),
        np.abs(dZ_tilde).sum(axis=1, keepdims=True),
    )


def _backward_in_place(dZ_tilde, Z_norm, gamma, sigma2, eps=1e-5):
    results = backward_pieces.backward(dZ_tilde, Z_norm, gamma, sigma2, eps)
    dZ_tilde *= gamma
    return results


def _backward_without_eps(dZ_tilde, Z_norm, gamma, sigma2):
    return backward_pieces.backward(dZ_tilde, Z_norm, gamma, sigma2)


BATCHNORM_BACKWARD = Exercise(
    name="batchnorm_backward",
    notebook=NOTEBOOK,
    points=3,
    reference=backward_pieces.backward,
    results=("dZ", "dgamma", "dbeta"),
    stages=("dbeta", "dgamma", "dZ"),
    probes=probes.probes(_backward_inputs, probes.plans(least=8)),
    misconceptions=(
        *(
            Misconception(name, *readings, *((_backward_without_eps,) if name == "eps-hard-coded" else ()))
            for name, readings in backward_pieces.MISTAKES.items()
        ),
        Misconception(
            "results-in-another-order",
            *(
                lambda *given, order=order, **keywords: tuple(
                    backward_pieces.backward(*given, **keywords)[i] for i in order
                )
                for order in ((0, 2, 1), (1, 2, 0), (2, 1, 0))
            ),
        ),
        changes_its_input(_backward_in_place),
    ),
    terms=_backward_terms,
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
            )
            for name in {**backward_pieces.MISTAKES, **gradient_pieces.MISTAKES}
        ),
        changes_its_input(_gradients_in_place),
    ),
    terms=gradient_pieces.terms,
    withheld=WITHHELD,
)


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

EXERCISES = (
    INITIALIZE_PARAMETERS,
    LAYER_FORWARD,
    NETWORK_FORWARD,
    BATCHNORM_BACKWARD_STAGES,
    BATCHNORM_BACKWARD,
    NETWORK_GRADIENTS,
    UPDATE_PARAMETERS,
)
