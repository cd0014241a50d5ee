"""A network's way forward and its way back in pieces, and what goes wrong with them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from .forward_pieces import RIGHT, Forward, forward_terms


def relu(Z):
    """Return Z where it is above 0, and 0 elsewhere."""
    return np.maximum(Z, 0)


def softmax(Z, axis=0):
    """Return each column's probabilities, whatever the size of the logits."""
    powers = np.exp(Z - Z.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


def careless_softmax(Z):
    """Return each column's probabilities, as long as no power overflows."""
    powers = np.exp(Z)
    return powers / powers.sum(axis=0, keepdims=True)


def layer_forward(A_prev, W, gamma, beta, eps=1e-5, *, forward=RIGHT, activation=relu):
    """Return a hidden layer's output."""
    return activation(forward(W @ A_prev, gamma, beta, eps)[0])


def _activation_first(A_prev, W, gamma, beta, eps=1e-5, *, last=lambda Z: Z):
    return last(RIGHT(relu(W @ A_prev), gamma, beta, eps)[0])


def _input_normalized(A_prev, W, gamma, beta, eps=1e-5):
    mu = RIGHT.mean(A_prev)
    A_norm = RIGHT.normalize(A_prev, mu, RIGHT.variance(A_prev, mu), eps)
    return relu(gamma * (W @ A_norm) + beta)


def layer_of(forward: Forward) -> Callable[..., Any]:
    """A hidden layer around a forward pass of batch norm."""
    return partial(layer_forward, forward=forward)


LAYER_MISTAKES = {
    "activation-before-batch-norm": (_activation_first, partial(_activation_first, last=relu)),
    "activation-missing": (partial(layer_forward, activation=lambda Z: Z),),
    "wrong-activation": (
        partial(layer_forward, activation=lambda Z: 1 / (1 + np.exp(-Z))),
        partial(layer_forward, activation=np.tanh),
        partial(layer_forward, activation=np.abs),
        partial(layer_forward, activation=lambda Z: np.where(Z > 0, Z, 0.01 * Z)),
    ),
    "batch-norm-missing": (
        lambda A_prev, W, gamma, beta, eps=1e-5: relu(W @ A_prev),
        lambda A_prev, W, gamma, beta, eps=1e-5: relu(W @ A_prev + beta),
        lambda A_prev, W, gamma, beta, eps=1e-5: relu(gamma * (W @ A_prev) + beta),
    ),
    "normalizes-the-layer-input": (_input_normalized,),
}


def by_number(parameters) -> list[int]:
    """Return the layers' numbers, in order."""
    return sorted(int(key[1:]) for key in parameters if key[0] == "W")


def as_text(parameters) -> list[int]:
    """Return the hidden layers' numbers in the order of the alphabet, then the output layer's."""
    numbers = by_number(parameters)
    return [*sorted(numbers[:-1], key=str), numbers[-1]]


def largest_as_text(parameters) -> list[int]:
    """Return the numbers up to the one that comes last in the alphabet."""
    return list(range(1, int(max(str(number) for number in by_number(parameters))) + 1))


def in_the_dict(parameters) -> list[int]:
    """Return the layers' numbers as the keys come."""
    return [int(key[1:]) for key in parameters if key[0] == "W"]


def network_forward(
    X,
    parameters,
    eps=1e-5,
    *,
    layer=layer_forward,
    plain=lambda A_prev, W, b: relu(W @ A_prev + b),
    output=lambda A_prev, W, b, eps: softmax(W @ A_prev + b),
    numbers=by_number,
):
    """Return a network's probabilities; every keyword is a piece to replace."""
    *hidden, last = numbers(parameters)
    A = X
    for number in hidden:
        W = parameters[f"W{number}"]
        if f"gamma{number}" in parameters:
            A = layer(A, W, parameters[f"gamma{number}"], parameters[f"beta{number}"], eps)
        else:
            A = plain(A, W, parameters[f"b{number}"])
    return output(A, parameters[f"W{last}"], parameters[f"b{last}"], eps)


def layer_terms(A_prev, W, gamma, beta, eps=1e-5):
    """Return how large the terms are that a hidden layer's output adds up."""
    return forward_terms(W @ A_prev, gamma, beta, eps)[0]


def probability_terms(X, parameters, eps=1e-5):
    """Return how large the terms are of which the probabilities and their logarithms are made.

    A softmax may well cut off its exponents: what is left of 0 is a rounding of 1.
    """

    # Every activation comes with the sizes of its terms.
    def layer(pair, W, gamma, beta, eps):
        return layer_forward(pair[0], W, gamma, beta, eps), layer_terms(pair[0], W, gamma, beta, eps)

    def plain(pair, W, b):
        return relu(W @ pair[0] + b), np.abs(W) @ pair[1] + np.abs(b)

    def output(pair, W, b, eps):
        return 1 + (np.abs(W) @ pair[1] + np.abs(b)) * softmax(W @ pair[0] + b)

    return network_forward((X, np.abs(X)), parameters, eps, layer=layer, plain=plain, output=output)


def network_of(layer: Callable[..., Any]) -> Callable[..., Any]:
    """A network whose hidden layers are these."""
    return partial(network_forward, layer=layer)


def _normalized_output(A_prev, W, b, eps, before=0.0):
    return softmax(RIGHT(W @ A_prev + before * b, 1.0, (1 - before) * b, eps)[0])


NETWORK_MISTAKES = {
    "batch-norm-on-output-layer": (
        partial(network_forward, output=_normalized_output),
        partial(network_forward, output=partial(_normalized_output, before=1.0)),
    ),
    "softmax-missing": (partial(network_forward, output=lambda A_prev, W, b, eps: W @ A_prev + b),),
    "softmax-over-examples": (
        partial(network_forward, output=lambda A_prev, W, b, eps: softmax(W @ A_prev + b, axis=1)),
    ),
    "softmax-over-everything": (
        partial(network_forward, output=lambda A_prev, W, b, eps: softmax(W @ A_prev + b, axis=None)),
    ),
    "softmax-overflows": (
        partial(network_forward, output=lambda A_prev, W, b, eps: careless_softmax(W @ A_prev + b)),
    ),
    "wrong-activation": (
        partial(network_forward, output=lambda A_prev, W, b, eps: 1 / (1 + np.exp(-(W @ A_prev + b)))),
    ),
    "activation-on-output-layer": (
        partial(network_forward, output=lambda A_prev, W, b, eps: softmax(relu(W @ A_prev + b))),
        partial(network_forward, output=lambda A_prev, W, b, eps: relu(W @ A_prev + b)),
    ),
    "bias-left-out": (
        partial(network_forward, output=lambda A_prev, W, b, eps: softmax(W @ A_prev)),
        partial(network_forward, plain=lambda A_prev, W, b: relu(W @ A_prev)),
        partial(
            network_forward,
            output=lambda A_prev, W, b, eps: softmax(W @ A_prev),
            plain=lambda A_prev, W, b: relu(W @ A_prev),
        ),
    ),
    "layers-sorted-as-text": (
        partial(network_forward, numbers=as_text),
        partial(network_forward, numbers=largest_as_text),
        partial(network_forward, numbers=lambda parameters: sorted(by_number(parameters), key=str)),
    ),
    "order-of-keys": (partial(network_forward, numbers=in_the_dict),),
    "eps-hard-coded": (lambda X, parameters: network_forward(X, parameters),),
}
