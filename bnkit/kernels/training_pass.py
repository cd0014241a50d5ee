"""A network's way forward and back for one training step, fused and in memory that stays.

`Network.cost` and `Network.backward` say the same, layer by layer, and are what to read. Here batch norm and
the ReLU behind it are one pass; what a layer computes lies where the last step's lay, because a fresh array
of some megabytes costs more than what is done with it; the gradient with respect to the inputs, which nobody
asks for, is not computed; and on a GPU nothing waits for a number.

A CUDA graph of the whole step would save its launches as well, but CuPy refuses matrix products while it
records one (its issue 6290).
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from bnkit.backend import Array, array_module
from bnkit.kernels.buffers import Buffers
from bnkit.kernels.choice import kernels_for
from bnkit.kernels.crew import WORTH_WAKING_AMONG_PRODUCTS, waking_from
from bnkit.kernels.recycling import empty_like
from bnkit.layers import BatchNorm, Layer, Linear, ReLU
from bnkit.losses import softmax_cross_entropy_with_gradient


class Stage:
    """Any layer, as it is; it gets copies, because it may keep what it gets longer than the buffers do."""

    def __init__(self, layer: Layer) -> None:
        self.layer = layer

    def forward(self, value: Array) -> Array:
        """Return what comes out for what goes in."""
        return self.layer.forward(value.copy(), training=True)

    def backward(self, gradient: Array) -> Array:
        """Leave the parameters' gradients in the layer, and return that of what went in."""
        return self.layer.backward(gradient.copy())

    def end(self, gradient: Array) -> None:
        """Do so for the first layer: of what went in there, no gradient is needed."""
        self.backward(gradient)


class LinearStage(Stage):
    """A linear layer."""

    def __init__(self, layer: Linear, number: int, buffers: Buffers) -> None:
        super().__init__(layer)
        self.number, self.buffers = number, buffers

    def forward(self, value: Array) -> Array:
        W, b = self.layer.parameters["W"], self.layer.parameters.get("b")
        self.value = value
        self.layer.gradients = {}  # those of the last step make room for those of this one
        out = self.buffers.take(("Z", self.number), (len(W), value.shape[1]), value)
        Z: Array = array_module(W).matmul(W, value, out=out)
        if b is not None:
            Z += b
        return Z

    def backward(self, gradient: Array) -> Array:
        self.end(gradient)
        W = self.layer.parameters["W"]
        out = self.buffers.take(("dA", self.number), self.value.shape, gradient)
        dA: Array = array_module(W).matmul(W.T, gradient, out=out)
        return dA

    def end(self, gradient: Array) -> None:
        W = self.layer.parameters["W"]
        dW: Array = array_module(W).matmul(gradient, self.value.T, out=empty_like(W))
        self.layer.gradients["W"] = dW
        if "b" in self.layer.parameters:
            self.layer.gradients["b"] = gradient.sum(axis=1, keepdims=True)


class BatchNormStage(Stage):
    """Batch norm, and the ReLU behind it if there is one."""

    layer: BatchNorm

    def __init__(self, layer: BatchNorm, relu: bool, number: int, buffers: Buffers) -> None:
        super().__init__(layer)
        self.relu, self.number, self.buffers = relu, number, buffers

    def forward(self, value: Array) -> Array:
        gamma, beta, old = self.layer.parameters["gamma"], self.layer.parameters["beta"], self.layer.running
        self.value, out = value, self.buffers.take(("A", self.number), value.shape, value)
        self.mu, self.inv_std, mu, sigma2 = np.empty_like(gamma, shape=(4, *gamma.shape))
        running = old.mu, old.sigma2, old.decay, mu, sigma2
        kernels = kernels_for(value, gamma, beta, old.mu, old.sigma2)
        read = value[None], gamma, beta, self.layer.eps, self.relu
        kernels.forward(*read, out[None], self.mu, self.inv_std, running)
        self.layer.running = old.moved_to(mu, sigma2)
        return out

    def backward(self, gradient: Array) -> Array:
        gamma, beta = self.layer.parameters["gamma"], self.layer.parameters["beta"]
        out = self.buffers.take(("dZ", self.number), gradient.shape, gradient)
        dgamma, dbeta = np.empty_like(gamma, shape=(2, *gamma.shape))
        kernels = kernels_for(self.value, gradient, gamma, beta)
        read = gradient[None], self.value[None], gamma, beta, self.mu, self.inv_std
        kernels.backward(*read, self.relu, out[None], dgamma, dbeta)
        self.layer.gradients = {"gamma": dgamma, "beta": dbeta}
        return out


def go_through(layers: Sequence[Layer], X: Array, Y: Array, buffers: Buffers) -> float:
    """Return the cost of a network on a mini-batch, and leave the gradients in its layers.

    Parameters
    ----------
    layers : sequence of Layer
        In the order of computation; their running statistics move.
    X, Y : arrays of shape (n_x, m) and (n_L, m)
    buffers : Buffers
        The same in each step.

    Returns
    -------
    cost : float
        On a GPU an array without dimensions.
    """
    first, *others = _stages(layers, buffers)
    with waking_from(WORTH_WAKING_AMONG_PRODUCTS):
        value = first.forward(X)
        for stage in others:
            value = stage.forward(value)
        cost, gradient = softmax_cross_entropy_with_gradient(value, Y)
        for stage in reversed(others):
            gradient = stage.backward(gradient)
        first.end(gradient)
    waits: Any = cost  # a number on a processor, but on a GPU one that is still being computed
    return float(waits) if isinstance(waits, np.floating) else waits


def _stages(layers: Sequence[Layer], buffers: Buffers) -> Iterator[Stage]:
    waiting = list(reversed(layers))

    def next_if(kind: type[Any]) -> Any:
        return waiting.pop() if waiting and type(waiting[-1]) is kind else None

    while waiting:
        number = len(waiting)
        if linear := next_if(Linear):
            yield LinearStage(linear, number, buffers)
        elif norm := next_if(BatchNorm):
            yield BatchNormStage(norm, next_if(ReLU) is not None, number, buffers)
        else:
            yield Stage(waiting.pop())
