"""A whole network's gradients in pieces, and what goes wrong with them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from .backward_pieces import backward
from .forward_pieces import HARD_CODED_EPS, NORMALIZING, RIGHT, STATISTICS
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
    activation_first=False,
    output_normalized=False,
    biases_everywhere=False,
    dgamma=None,
    then=lambda gradients, m: gradients,
    numbers=by_number,
):
    """Return the gradients of the mean cross-entropy; every keyword is a piece to replace.

    `dgamma` makes dgamma anew from ``dZ_tilde, Z, Z_norm, Z_tilde``; `then` changes the gradients in the end.
    """
    *hidden, last = numbers(parameters)
    A, kept = X, []
    for number in hidden:
        Z = parameters[f"W{number}"] @ A
        if f"gamma{number}" in parameters:
            gamma, beta = parameters[f"gamma{number}"], parameters[f"beta{number}"]
            Z_tilde, Z_norm, _, sigma2 = forward(relu(Z) if activation_first else Z, gamma, beta, eps)
        else:
            Z_tilde, Z_norm, sigma2 = Z + parameters[f"b{number}"], None, None
        kept.append((A, Z, Z_norm, sigma2, Z_tilde))
        A = Z_tilde if activation_first else relu(Z_tilde)
    W, b = parameters[f"W{last}"], parameters[f"b{last}"]
    logits, sigma2 = W @ A + b, None
    if output_normalized:
        logits, Z_norm, _, sigma2 = RIGHT(W @ A, 1.0, b, eps)
    dZ = difference(softmax(logits), Y)
    gradients = {f"db{last}": dZ.sum(axis=1, keepdims=True)}
    if output_normalized:
        dZ = backward(dZ, Z_norm, 1.0, sigma2, eps)[0]
    gradients[f"dW{last}"] = dZ @ A.T
    dA = W.T @ dZ
    for number, (A_prev, Z, Z_norm, sigma2, Z_tilde) in zip(reversed(hidden), reversed(kept), strict=True):
        dZ_tilde = dZ = dA if activation_first else mask(dA, Z, Z_tilde)
        if Z_norm is None:
            gradients[f"db{number}"] = dZ.sum(axis=1, keepdims=True)
        else:
            dZ, slope, shift = backward(dZ_tilde, Z_norm, parameters[f"gamma{number}"], sigma2, eps)
            if dgamma is not None:
                slope = dgamma(dZ_tilde, Z, Z_norm, Z_tilde).sum(axis=1, keepdims=True)
            gradients[f"dgamma{number}"], gradients[f"dbeta{number}"] = slope, shift
        if activation_first:
            dZ = dZ * (Z > 0)
        if biases_everywhere:
            gradients[f"db{number}"] = dZ.sum(axis=1, keepdims=True)
        gradients[f"dW{number}"] = dZ @ A_prev.T
        dA = parameters[f"W{number}"].T @ dZ
    return then(gradients, X.shape[1])


def terms(X, Y, parameters, eps=1e-5):
    """Return how large the terms are that each gradient adds up, had nothing cancelled."""

    def sizes(dZ_tilde, Z_norm, gamma, sigma2, eps):
        dZ_tilde = np.abs(dZ_tilde)
        dgamma = (dZ_tilde * np.abs(Z_norm)).sum(axis=1, keepdims=True)
        return np.abs(gamma) / np.sqrt(sigma2 + eps) * dZ_tilde, dgamma, dZ_tilde.sum(axis=1, keepdims=True)

    # The biases too that nobody asked for: their gradients are 0 up to rounding, and so recognized.
    return network_gradients(
        X,
        Y,
        parameters,
        eps,
        backward=sizes,
        difference=lambda Y_hat, Y: (Y_hat + Y) / Y.shape[1],
        biases_everywhere=True,
    )


def gradients_of(backward: Callable[..., Any]) -> Callable[..., Any]:
    """A network's gradients by this backward pass of batch norm."""
    return partial(network_gradients, backward=backward)


def _over_m(*prefixes: str) -> Callable[..., Any]:
    return lambda gradients, m: {
        key: value / m if key.startswith(prefixes) else value for key, value in gradients.items()
    }


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

# An eps that only one of the two ways has right: what the other way was given is another function's gradient.
_HALVES = {
    "eps-hard-coded": tuple(
        partial(network_gradients, forward=lambda *given, constant=constant: RIGHT(*given[:3], constant))
        for constant in HARD_CODED_EPS
    )
    + tuple(
        partial(
            network_gradients,
            forward=lambda *given, constant=constant: RIGHT(*given[:3], constant),
            backward=lambda *given, constant=constant: backward(*given[:4], constant),
        )
        for constant in HARD_CODED_EPS
    )
    + (lambda X, Y, parameters: network_gradients(X, Y, parameters),),
    "eps-missing": (
        partial(network_gradients, forward=NORMALIZING["eps-missing"][0]),
        partial(
            network_gradients,
            forward=NORMALIZING["eps-missing"][0],
            backward=lambda *given: backward(*given[:4], 0.0),
        ),
    ),
    "eps-outside-sqrt": (
        partial(network_gradients, forward=NORMALIZING["eps-outside-sqrt"][0]),
        partial(
            network_gradients,
            forward=NORMALIZING["eps-outside-sqrt"][0],
            backward=partial(backward, scale=lambda gamma, sigma2, eps: gamma / (np.sqrt(sigma2) + eps)),
        ),
    ),
    "unbiased-variance": (
        partial(network_gradients, forward=STATISTICS["unbiased-variance"][0]),
        partial(network_gradients, forward=STATISTICS["unbiased-variance"][1]),
    ),
    "not-centered": tuple(partial(network_gradients, forward=form) for form in STATISTICS["not-centered"]),
}

MISTAKES = {
    **_HALVES,
    "relu-derivative-missing": (partial(network_gradients, mask=lambda dA, Z, Z_tilde: dA),),
    "relu-derivative-at-z": (partial(network_gradients, mask=lambda dA, Z, Z_tilde: dA * (Z > 0)),),
    "divides-by-m-again": (
        partial(network_gradients, then=_over_m("dW")),
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
    "batch-norm-on-output-layer": (partial(network_gradients, output_normalized=True),),
    "activation-before-batch-norm": (partial(network_gradients, activation_first=True),),
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
