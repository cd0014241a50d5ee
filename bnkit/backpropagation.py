"""The cost of a network and all its gradients, from a plain dict of parameters.

`Network` computes the same with objects that keep what they need. Here everything stands in the open: forward
through the layers by their numbers, and back through them in reverse.
"""

from typing import NamedTuple

from bnkit.backend import Array
from bnkit.layers import relu, relu_gradient
from bnkit.losses import softmax_cross_entropy, softmax_cross_entropy_gradient
from bnkit.normalization import batchnorm_backward, batchnorm_forward

Arrays = dict[str, Array]


class _Hidden(NamedTuple):
    """What the way back through a hidden layer needs of the way forward; without batch norm half of it."""

    A_prev: Array
    Z_tilde: Array
    Z_norm: Array | None
    sigma2: Array | None


def cost_and_gradients(X: Array, Y: Array, parameters: Arrays, eps: float = 1e-5) -> tuple[float, Arrays]:
    """Return a network's cost on a mini-batch, and the cost's gradients.

    Each batch norm uses the mini-batch's own mean and variance.

    Parameters
    ----------
    X : array of shape (n_0, m)
    Y : array of shape (n_L, m)
        One-hot columns.
    parameters : dict
        ``W{l}, gamma{l}, beta{l}`` of each hidden layer, ``W{L}, b{L}`` of the output layer. A hidden layer
        without ``gamma{l}`` has no batch norm, but a bias ``b{l}``.
    eps : float
        Batch norm's.

    Returns
    -------
    cost : float
        The mean cross-entropy.
    gradients : dict
        The parameters' names with a leading "d", such as ``dW1``.

    Raises
    ------
    KeyError
        If a layer lacks its parameters, or there is one too many.

    Examples
    --------
    >>> import numpy as np
    >>> parameters = {"W1": np.array([[1.0, 0.0], [0.0, 1.0]]), "b1": np.zeros((2, 1))}
    >>> cost, gradients = cost_and_gradients(np.zeros((2, 4)), np.eye(2)[:, [0, 1, 1, 1]], parameters)
    >>> round(cost, 3), gradients["db1"].ravel().tolist()
    (0.693, [0.25, -0.25])
    """
    last = sum(name.startswith("W") for name in parameters)
    A, kept = X, []
    for number in range(1, last):
        layer, A = _forward(A, parameters, number, eps)
        kept.append(layer)
    W, b = parameters[f"W{last}"], parameters[f"b{last}"]
    logits = W @ A + b
    dZ = softmax_cross_entropy_gradient(logits, Y)
    found = {f"dW{last}": dZ @ A.T, f"db{last}": dZ.sum(axis=1, keepdims=True)}
    dA = W.T @ dZ
    for number, layer in reversed(list(enumerate(kept, start=1))):
        of_layer, dA = _backward(dA, layer, parameters, number, eps)
        found |= of_layer
    # In the parameters' order, which is easier to read than the way back's.
    gradients = {f"d{name}": found[f"d{name}"] for name in parameters}
    return float(softmax_cross_entropy(logits, Y)), gradients


def _forward(A_prev: Array, parameters: Arrays, number: int, eps: float) -> tuple[_Hidden, Array]:
    Z = parameters[f"W{number}"] @ A_prev
    if f"gamma{number}" in parameters:
        gamma, beta = parameters[f"gamma{number}"], parameters[f"beta{number}"]
        Z_tilde, Z_norm, _, sigma2 = batchnorm_forward(Z, gamma, beta, eps)
    else:
        Z_tilde, Z_norm, sigma2 = Z + parameters[f"b{number}"], None, None
    return _Hidden(A_prev, Z_tilde, Z_norm, sigma2), relu(Z_tilde)


def _backward(dA: Array, layer: _Hidden, parameters: Arrays, number: int, eps: float) -> tuple[Arrays, Array]:
    """Return the gradients of a hidden layer's parameters, and that of its input."""
    dZ_tilde = dA * relu_gradient(layer.Z_tilde)
    if layer.Z_norm is None or layer.sigma2 is None:
        dZ, gradients = dZ_tilde, {f"db{number}": dZ_tilde.sum(axis=1, keepdims=True)}
    else:
        gamma = parameters[f"gamma{number}"]
        dZ, dgamma, dbeta = batchnorm_backward(dZ_tilde, layer.Z_norm, gamma, layer.sigma2, eps)
        gradients = {f"dgamma{number}": dgamma, f"dbeta{number}": dbeta}
    gradients[f"dW{number}"] = dZ @ layer.A_prev.T
    return gradients, parameters[f"W{number}"].T @ dZ
