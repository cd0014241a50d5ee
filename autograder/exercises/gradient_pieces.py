"""A whole network's gradients in pieces, and what goes wrong with them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from . import forward_pieces
from .backward_pieces import backward, by_unit
from .forward_pieces import RIGHT, forward_terms
from .network_pieces import as_text, by_number, careless_softmax, in_the_dict, relu, softmax


def network_gradients(
    X,
    Y,
    parameters,
    eps=1e-5,
    *,
    forward=RIGHT,
    backward=backward,
    difference=lambda Y_hat, Y: (Y_hat - Y) / Y.shape[1],
    softmax=softmax,
    mask=lambda dA, Z, Z_tilde: dA * (Z_tilde > 0),
    activation_first="",
    output_normalized="",
    biases_everywhere=False,
    dgamma=None,
    then=lambda gradients, m: gradients,
    numbers=by_number,
):
    """Return the gradients of the mean cross-entropy; every keyword is a piece to replace.

    `activation_first` puts ReLU before batch norm, `output_normalized` batch norm before softmax:
    ``"forward"`` alone or ``"both ways"``. `dgamma` makes dgamma anew from ``dZ_tilde, Z, Z_norm, Z_tilde``;
    `then` changes the gradients in the end.
    """
    *hidden, last = numbers(parameters)
    A, kept = X, []
    for number in hidden:
        Z = parameters[f"W{number}"] @ A
        if f"gamma{number}" in parameters:
            gamma, beta = parameters[f"gamma{number}"], parameters[f"beta{number}"]
            Z_tilde, Z_norm, _, sigma2 = forward(relu(Z) if activation_first else Z, gamma, beta, eps)
        else:
            Z = Z_tilde = Z + parameters[f"b{number}"]
            Z_norm, sigma2 = None, None
        kept.append((A, Z, Z_norm, sigma2, Z_tilde))
        A = Z_tilde if activation_first and Z_norm is not None else relu(Z_tilde)
    W, b = parameters[f"W{last}"], parameters[f"b{last}"]
    logits, sigma2 = W @ A + b, None
    if output_normalized:
        logits, Z_norm, _, sigma2 = RIGHT(W @ A, 1.0, b, eps)
    dZ = difference(softmax(logits), Y)
    gradients = {f"db{last}": dZ.sum(axis=1, keepdims=True)}
    if output_normalized == "both ways":
        dZ = backward(dZ, Z_norm, 1.0, sigma2, eps)[0]
    gradients[f"dW{last}"] = dZ @ A.T
    dA = W.T @ dZ
    for number, (A_prev, Z, Z_norm, sigma2, Z_tilde) in zip(reversed(hidden), reversed(kept), strict=True):
        late = activation_first == "both ways" and Z_norm is not None
        dZ_tilde = dZ = dA if late else mask(dA, Z, Z_tilde)
        if Z_norm is None:
            gradients[f"db{number}"] = dZ.sum(axis=1, keepdims=True)
        else:
            dZ, slope, shift = backward(dZ_tilde, Z_norm, parameters[f"gamma{number}"], sigma2, eps)
            if dgamma is not None:
                slope = dgamma(dZ_tilde, Z, Z_norm, Z_tilde).sum(axis=1, keepdims=True)
            gradients[f"dgamma{number}"], gradients[f"dbeta{number}"] = slope, shift
        if late:
            dZ = dZ * (Z > 0)
        if biases_everywhere:
            gradients[f"db{number}"] = dZ.sum(axis=1, keepdims=True)
        gradients[f"dW{number}"] = dZ @ A_prev.T
        dA = parameters[f"W{number}"].T @ dZ
    return then(gradients, X.shape[1])


def terms(X, Y, parameters, eps=1e-5):
    """Return how large the terms are that each gradient adds up, had nothing cancelled."""
    *hidden, last = by_number(parameters)
    A, sizes, kept = X, np.abs(X), []
    for number in hidden:
        W = parameters[f"W{number}"]
        before = sizes
        if f"gamma{number}" in parameters:
            gamma, beta = parameters[f"gamma{number}"], parameters[f"beta{number}"]
            Z_tilde, _, _, sigma2 = RIGHT(W @ A, gamma, beta, eps)
            sizes, normalized, _, _ = forward_terms(W @ A, gamma, beta, eps)
            kept.append((before, normalized, np.abs(gamma) / np.sqrt(sigma2 + eps), Z_tilde > 0))
        else:
            b = parameters[f"b{number}"]
            Z_tilde, sizes = W @ A + b, np.abs(W) @ sizes + np.abs(b)
            kept.append((before, None, 1.0, Z_tilde > 0))
        A = relu(Z_tilde)
    W, b = parameters[f"W{last}"], parameters[f"b{last}"]
    # Of a probability its logarithm is rounded, and itself: what is left of 0 is a rounding of 1.
    dZ = (1 + (np.abs(W) @ sizes + np.abs(b)) * softmax(W @ A + b) + Y) / Y.shape[1]
    gradients = {f"dW{last}": dZ @ sizes.T, f"db{last}": by_unit(dZ)}
    for number, (before, normalized, scale, mask) in zip(reversed(hidden), reversed(kept), strict=True):
        dZ = mask * (np.abs(parameters[f"W{number + 1}"]).T @ dZ)
        if normalized is not None:
            gradients |= {f"dgamma{number}": by_unit(dZ * normalized), f"dbeta{number}": by_unit(dZ)}
        dZ = scale * dZ
        # The biases too that nobody asked for: their gradients are 0 up to rounding, and so recognized.
        gradients |= {f"dW{number}": dZ @ before.T, f"db{number}": by_unit(dZ)}
    return gradients


def gradients_of(backward: Callable[..., Any]) -> Callable[..., Any]:
    """A network's gradients by this backward pass of batch norm."""
    return partial(network_gradients, backward=backward)


def _over_m(*prefixes: str) -> Callable[..., Any]:
    return lambda gradients, m: {
        key: value / m if key.startswith(prefixes) else value for key, value in gradients.items()
    }


def _hidden_over_m(gradients, m):
    last = f"dW{max(int(key[2:]) for key in gradients if key.startswith('dW'))}"
    return {k: value / m if k.startswith("dW") and k != last else value for k, value in gradients.items()}


def _with_hidden_biases(gradients, m):
    return {
        **gradients,
        **{key.replace("beta", "b"): 0 * value for key, value in gradients.items() if "beta" in key},
    }


def _without(*prefixes: str) -> Callable[..., Any]:
    return lambda gradients, m: {k: value for k, value in gradients.items() if not k.startswith(prefixes)}


def _as_zeros(*prefixes: str) -> Callable[..., Any]:
    return lambda gradients, m: {
        key: 0 * value if key.startswith(prefixes) else value for key, value in gradients.items()
    }


def _as_rows(gradients, m):
    return {key: value.ravel() if value.shape[1] == 1 else value for key, value in gradients.items()}


BIASES = tuple(f"db{digit}" for digit in "123456789")

DIFFERENCE_OF_SQUARES = partial(network_gradients, forward=forward_pieces.DIFFERENCE_OF_SQUARES)

MISTAKES = {
    "relu-derivative-missing": (partial(network_gradients, mask=lambda dA, Z, Z_tilde: dA),),
    "relu-derivative-at-z": (partial(network_gradients, mask=lambda dA, Z, Z_tilde: dA * (Z > 0)),),
    "divides-by-m-again": (
        partial(network_gradients, then=_over_m("dW")),
        partial(network_gradients, then=_hidden_over_m),
        partial(network_gradients, then=_over_m("d")),
        partial(network_gradients, then=_over_m(*BIASES)),
        partial(network_gradients, then=_over_m("dW", *BIASES)),
    ),
    "one-over-m-missing": (partial(network_gradients, difference=lambda Y_hat, Y: Y_hat - Y),),
    "sign-error": (partial(network_gradients, difference=lambda Y_hat, Y: (Y - Y_hat) / Y.shape[1]),),
    "softmax-gradient-wrong": (
        partial(
            network_gradients, difference=lambda Y_hat, Y: (Y_hat - Y) * Y_hat * (1 - Y_hat) / Y.shape[1]
        ),
        partial(network_gradients, difference=lambda Y_hat, Y: -Y / Y_hat / Y.shape[1]),
        partial(network_gradients, difference=lambda Y_hat, Y: Y_hat / Y.shape[1]),
        partial(network_gradients, difference=lambda Y_hat, Y: 2 * (Y_hat - Y) / Y.shape[1]),
    ),
    "softmax-overflows": (partial(network_gradients, softmax=careless_softmax),),
    "dgamma-uses-z": (partial(network_gradients, dgamma=lambda dZ_tilde, Z, Z_norm, Z_tilde: dZ_tilde * Z),),
    "dgamma-uses-output": (
        partial(network_gradients, dgamma=lambda dZ_tilde, Z, Z_norm, Z_tilde: dZ_tilde * Z_tilde),
    ),
    "batch-norm-on-output-layer": tuple(
        partial(network_gradients, output_normalized=how) for how in ("both ways", "forward")
    ),
    "activation-before-batch-norm": (
        partial(network_gradients, activation_first="both ways"),
        partial(network_gradients, activation_first="forward"),
        partial(network_gradients, activation_first="forward", mask=lambda dA, Z, Z_tilde: dA * (Z > 0)),
    ),
    "bias-in-hidden-layer": (
        partial(network_gradients, then=_with_hidden_biases),
        partial(network_gradients, biases_everywhere=True),
    ),
    "shift-and-scale-without-gradient": (
        partial(network_gradients, then=_without("dgamma", "dbeta")),
        partial(network_gradients, then=_as_zeros("dgamma", "dbeta")),
    ),
    "bias-left-out": (
        partial(network_gradients, then=_without(*BIASES)),
        partial(network_gradients, then=_as_zeros(*BIASES)),
    ),
    "lost-dimension": (partial(network_gradients, then=_as_rows),),
    "layers-sorted-as-text": (partial(network_gradients, numbers=as_text),),
    "order-of-keys": (partial(network_gradients, numbers=in_the_dict),),
}
