"""The layers of a network, each with its way forward and its way back.

A layer holds its ``parameters`` by name. ``forward(A_prev, training=True)`` keeps what ``backward`` will
need; ``backward(dZ)`` returns the gradient with respect to the layer's input and leaves those of the
parameters in ``gradients``. Gradients are those of a cost that is already a mean over the mini-batch.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from bnkit.backend import Array, to_device
from bnkit.checks import check_array, check_count, check_decay, check_eps, check_matrix, check_same_shape
from bnkit.initialization import he_normal
from bnkit.normalization import batchnorm_backward, batchnorm_forward, batchnorm_inference
from bnkit.statistics import RunningStatistics


def relu(Z: Array) -> Array:
    """Return Z where it is above 0, and 0 elsewhere."""
    check_array("Z", Z)
    return np.maximum(Z, 0)


def relu_gradient(Z: Array) -> Array:
    """Return the derivative of `relu` at Z, entry by entry: 1 where Z is above 0, and 0 elsewhere."""
    check_array("Z", Z)
    return (Z > 0).astype(Z.dtype)


def tanh(Z: Array) -> Array:
    """Return the hyperbolic tangent of Z, between -1 and 1."""
    check_array("Z", Z)
    return np.tanh(Z)


def tanh_gradient(Z: Array) -> Array:
    """Return the derivative of `tanh` at Z, entry by entry."""
    return 1 - tanh(Z) ** 2


def sigmoid(Z: Array) -> Array:
    """Return the logistic function of Z, between 0 and 1."""
    check_array("Z", Z)
    return (1 + np.tanh(Z / 2)) / 2  # 1 / (1 + exp(-Z)), without an exp that overflows


def sigmoid_gradient(Z: Array) -> Array:
    """Return the derivative of `sigmoid` at Z, entry by entry."""
    return sigmoid(Z) * sigmoid(-Z)


class Layer:
    """What a network asks of each of its layers."""

    def __init__(self) -> None:
        self.parameters: dict[str, Array] = {}
        self.gradients: dict[str, Array] = {}
        self._kept: Any = None

    def forward(self, A_prev: Array, training: bool = False) -> Array:
        """Return the layer's output; when training, keep what `backward` needs."""
        raise NotImplementedError

    def backward(self, dZ: Array) -> Array:
        """Return the gradient with respect to the input; leave those of the parameters in `gradients`."""
        raise NotImplementedError

    def to(self, device: str) -> None:
        """Move the layer to "cpu" or "gpu"."""
        self.parameters = {name: to_device(x, device) for name, x in self.parameters.items()}

    def _recall(self) -> Any:
        if self._kept is None:
            name = type(self).__name__
            raise RuntimeError(
                f"{name}.backward has nothing to go back over: call forward(..., training=True)"
            )
        return self._kept


class Linear(Layer):
    """``Z = W @ A_prev + b``, or without `b`.

    Parameters
    ----------
    n_prev, n : int
        The layer's inputs, and its units.
    rng : numpy.random.Generator
        Draws the weights.
    bias : bool
        Whether there is a `b`, which starts at 0. Before batch norm it would be taken out again with the
        mean.
    initialization : callable
        ``(n, n_prev, rng, dtype=...)`` → W.
    dtype : float32 or float64
    """

    def __init__(
        self,
        n_prev: int,
        n: int,
        rng: np.random.Generator,
        bias: bool = True,
        initialization: Callable[..., Array] = he_normal,
        dtype: DTypeLike = np.float64,
    ) -> None:
        super().__init__()
        self.parameters["W"] = initialization(n, n_prev, rng, dtype=dtype)
        if bias:
            self.parameters["b"] = np.zeros((n, 1), dtype)

    def forward(self, A_prev: Array, training: bool = False) -> Array:
        W = self.parameters["W"]
        check_matrix("A_prev", A_prev)
        if A_prev.shape[0] != W.shape[1]:
            raise ValueError(
                f"A_prev has shape {A_prev.shape}, expected ({W.shape[1]}, m): "
                "a row per input of the layer, a column per example"
            )
        if training:
            self._kept = A_prev
        Z = W @ A_prev
        return Z + self.parameters["b"] if "b" in self.parameters else Z

    def backward(self, dZ: Array) -> Array:
        A_prev = self._recall()
        self.gradients["W"] = dZ @ A_prev.T
        if "b" in self.parameters:
            self.gradients["b"] = dZ.sum(axis=1, keepdims=True)
        return self.parameters["W"].T @ dZ


class BatchNorm(Layer):
    """Batch norm with learned `gamma` and `beta`, and running statistics for test time.

    Parameters
    ----------
    n : int
        Units.
    decay : float
        The weight of the old value in the running statistics.
    eps : float
        Added to the variance, inside the square root.
    dtype : float32 or float64
    """

    def __init__(self, n: int, decay: float = 0.9, eps: float = 1e-5, dtype: DTypeLike = np.float64) -> None:
        super().__init__()
        check_eps(eps)
        self.eps = float(eps)  # a NumPy float64 would turn float32 arrays into float64
        self.running = RunningStatistics.initial(check_count("n", n), check_decay(decay), dtype)
        self.parameters = {"gamma": np.ones((n, 1), dtype), "beta": np.zeros((n, 1), dtype)}

    def forward(self, Z: Array, training: bool = False) -> Array:
        gamma, beta = self.parameters["gamma"], self.parameters["beta"]
        if not training:
            return batchnorm_inference(Z, gamma, beta, self.running.mu, self.running.sigma2, self.eps)
        Z_tilde, Z_norm, mu, sigma2 = batchnorm_forward(Z, gamma, beta, self.eps)
        self.running = self.running.updated(mu, sigma2)
        self._kept = Z_norm, sigma2
        return Z_tilde

    def backward(self, dZ_tilde: Array) -> Array:
        Z_norm, sigma2 = self._recall()
        gamma = self.parameters["gamma"]
        dZ, dgamma, dbeta = batchnorm_backward(dZ_tilde, Z_norm, gamma, sigma2, self.eps)
        self.gradients = {"gamma": dgamma, "beta": dbeta}
        return dZ

    def to(self, device: str) -> None:
        super().to(device)
        mu, sigma2 = to_device(self.running.mu, device), to_device(self.running.sigma2, device)
        self.running = replace(self.running, mu=mu, sigma2=sigma2)


class Activation(Layer):
    """A function applied to every entry, and its derivative."""

    function: Callable[[Array], Array]
    gradient: Callable[[Array], Array]

    def forward(self, Z: Array, training: bool = False) -> Array:
        if training:
            self._kept = Z
        return type(self).function(Z)

    def backward(self, dA: Array) -> Array:
        Z = self._recall()
        check_same_shape("the layer's input", Z, "dA", dA)
        return dA * type(self).gradient(Z)


class ReLU(Activation):
    """The layer of `relu`."""

    function, gradient = staticmethod(relu), staticmethod(relu_gradient)


class Tanh(Activation):
    """The layer of `tanh`."""

    function, gradient = staticmethod(tanh), staticmethod(tanh_gradient)


class Sigmoid(Activation):
    """The layer of `sigmoid`."""

    function, gradient = staticmethod(sigmoid), staticmethod(sigmoid_gradient)
