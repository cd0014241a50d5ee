"""A network's way forward and back for one training step: all that happens to a unit, in one go.

`Network.cost` and `Network.backward` say the same, layer by layer, and are what to read. Here the work is cut
the other way. A unit is a row of W, of Z and of A, and its batch norm needs no other unit: so a core takes
some units from the matrix product through batch norm and ReLU, while their rows are still in its cache, and
the next core takes the next. On the way back it takes them from the gradient that arrives to that of W. The
results lie where the last step's lay. The gradient with respect to the inputs, which nobody asks for, is not
computed, and on a GPU nothing waits for a number.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bnkit.backend import Array, array_module
from bnkit.kernels.buffers import Buffers
from bnkit.kernels.choice import kernels_for
from bnkit.kernels.threads import deal, products_in_one_thread
from bnkit.layers import BatchNorm, Layer, Linear, ReLU
from bnkit.losses import softmax_cross_entropy_with_gradient

# A thread is handed this many products of two numbers at least: they take longer than the handing over.
WORTH_A_THREAD = 4_000_000


@dataclass(frozen=True)
class Arriving:
    """The gradient of the cost with respect to a layer's output: asked for some units, it computes theirs."""

    units: int
    of: Callable[[slice], Array]

    def whole(self) -> Array:
        """Return that of all units."""
        return self.of(slice(0, self.units))


class Stage:
    """Any layer, as it is."""

    def __init__(self, layer: Layer) -> None:
        self.layer = layer

    def forward(self, A_prev: Array) -> Array:
        """Return what comes out for what goes in."""
        self.units = A_prev.shape[0]
        return self.layer.forward(A_prev, training=True)

    def backward(self, arriving: Arriving) -> Arriving:
        """Leave the parameters' gradients in the layer, and return that of what went in."""
        gradient = self.layer.backward(arriving.whole())
        return Arriving(self.units, lambda units: gradient[units])


class UnitStage(Stage):
    """A linear layer with the batch norm and the ReLU behind it, where they are there.

    Parameters
    ----------
    linear : Linear
    norm : BatchNorm, optional
    relu : bool
    number : int
        Tells this stage's buffers from the others'.
    buffers : Buffers
    dealt : bool
        Whether its units are dealt to the cores.
    """

    def __init__(
        self, linear: Linear, norm: BatchNorm | None, relu: bool, number: int, buffers: Buffers, dealt: bool
    ) -> None:
        super().__init__(linear)
        self.norm, self.relu, self.number, self.buffers, self.dealt = norm, relu, number, buffers, dealt

    def forward(self, A_prev: Array) -> Array:
        W, b = self.layer.parameters["W"], self.layer.parameters.get("b")
        self.A_prev, shape = A_prev, (W.shape[0], A_prev.shape[1])
        Z = self.Z = self._buffer("Z", shape)
        A = self.A = self._buffer("A", shape) if self.norm or self.relu else Z
        matmul, activate = array_module(W).matmul, self._activation()

        def work(start: int, stop: int) -> None:
            units = slice(start, stop)
            matmul(W[units], A_prev, out=Z[units])
            if b is not None:
                Z[units] += b[units]
            activate(units)

        self._deal(work)
        if self.norm:
            self.norm.running = replace(self.norm.running, mu=self.running_mu, sigma2=self.running_sigma2)
        return A

    def backward(self, arriving: Arriving) -> Arriving:
        W, A_prev = self.layer.parameters["W"], self.A_prev
        dZ, dW = self._buffer("dZ", self.Z.shape), np.empty_like(W)
        matmul, return_to_Z = array_module(W).matmul, self._way_back(dZ)

        def work(start: int, stop: int) -> None:
            units = slice(start, stop)
            return_to_Z(arriving.of(units), units)
            matmul(dZ[units], A_prev.T, out=dW[units])

        self._deal(work)
        self.layer.gradients = {"W": dW}
        if "b" in self.layer.parameters:
            self.layer.gradients["b"] = dZ.sum(axis=1, keepdims=True)
        dA = self._buffer("dA", A_prev.shape)
        return Arriving(len(A_prev), lambda units: matmul(W.T[units], dZ, out=dA[units]))

    def _activation(self) -> Callable[[slice], None]:
        """Return what turns some units' Z into their A."""
        norm, Z, A, relu = self.norm, self.Z, self.A, self.relu
        if norm is None:

            def cut_off(units: slice) -> None:
                if relu:
                    np.maximum(Z[units], 0, out=A[units])

            return cut_off
        gamma, beta, old = norm.parameters["gamma"], norm.parameters["beta"], norm.running
        kernels = kernels_for(Z, gamma, beta, old.mu, old.sigma2)
        self.mu, self.inv_std, mu, sigma2 = np.empty_like(gamma, shape=(4, *gamma.shape))
        self.running_mu, self.running_sigma2 = mu, sigma2

        def activate(units: slice) -> None:
            running = old.mu[units], old.sigma2[units], old.decay, mu[units], sigma2[units]
            read = Z[None, units], gamma[units], beta[units], norm.eps, relu
            kernels.forward(*read, A[None, units], self.mu[units], self.inv_std[units], running)

        return activate

    def _way_back(self, dZ: Array) -> Callable[[Array, slice], None]:
        """Return what turns the gradient of some units' A into that of their Z."""
        norm, Z, A, relu = self.norm, self.Z, self.A, self.relu
        if norm is None:

            def cut_off(dA: Array, units: slice) -> None:
                np.multiply(dA, A[units] > 0 if relu else 1, out=dZ[units])

            return cut_off
        gamma, beta, mu, inv_std = norm.parameters["gamma"], norm.parameters["beta"], self.mu, self.inv_std
        kernels = kernels_for(Z, gamma, beta)
        dgamma, dbeta = np.empty_like(gamma, shape=(2, *gamma.shape))
        norm.gradients = {"gamma": dgamma, "beta": dbeta}

        def back(dA: Array, units: slice) -> None:
            read = dA[None], Z[None, units], gamma[units], beta[units], mu[units], inv_std[units]
            kernels.backward(*read, relu, dZ[None, units], dgamma[units], dbeta[units])

        return back

    def _deal(self, work: Callable[[int, int], None]) -> None:
        n, n_prev = self.layer.parameters["W"].shape
        products = n * n_prev * self.A_prev.shape[1]
        deal(work, n, products // WORTH_A_THREAD if self.dealt else 1)

    def _buffer(self, name: str, shape: tuple[int, int]) -> Array:
        return self.buffers.take((self.number, name), shape, self.A_prev)


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
    on_processor = type(X) is np.ndarray
    with products_in_one_thread() if on_processor else contextlib.nullcontext(False) as dealt:
        stages, value = list(_stages(layers, buffers, dealt)), X
        for stage in stages:
            value = stage.forward(value)
        cost, gradient = softmax_cross_entropy_with_gradient(value, Y)
        arriving = Arriving(len(gradient), lambda units: gradient[units])
        for stage in reversed(stages):
            arriving = stage.backward(arriving)
    return float(cost) if isinstance(cost, np.floating) else cost


def _stages(layers: Sequence[Layer], buffers: Buffers, dealt: bool) -> Iterator[Stage]:
    waiting = list(reversed(layers))

    def next_if(kind: type[Any]) -> Any:
        return waiting.pop() if waiting and type(waiting[-1]) is kind else None

    while waiting:
        number = len(waiting)
        if linear := next_if(Linear):
            norm = next_if(BatchNorm)
            yield UnitStage(linear, norm, next_if(ReLU) is not None, number, buffers, dealt)
        else:
            yield Stage(waiting.pop())
