"""A network of the layers: linear, batch norm and activation, over and over, and softmax at the end."""

import copy
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from bnkit.backend import Array, to_numpy
from bnkit.checks import check_count, check_dtype, check_matrix, check_rng, check_same_device, check_targets
from bnkit.initialization import he_normal
from bnkit.kernels import worth_starting
from bnkit.kernels.buffers import Buffers
from bnkit.layers import BatchNorm, Layer, Linear, ReLU, Sigmoid, Tanh
from bnkit.losses import softmax, softmax_cross_entropy, softmax_cross_entropy_gradient
from bnkit.statistics import RunningStatistics

ACTIVATIONS: dict[str, type[Layer]] = {"relu": ReLU, "tanh": Tanh, "sigmoid": Sigmoid}


class Network:
    """A classifier: hidden layers with batch norm, a linear output layer, softmax and cross-entropy.

    Parameters
    ----------
    layer_dims : sequence of int
        The number of inputs, the units of each hidden layer, and the number of classes.
    rng : numpy.random.Generator
        Draws the weights.
    dtype : float32 or float64
        Of the parameters, and of everything computed.
    batch_norm : bool or sequence of bool
        Whether hidden layers have batch norm: all or none, or one answer for each.
    before_activation : bool
        Whether batch norm stands before the activation, as in the original paper, or after it.
    bias : bool, optional
        Whether hidden layers have a bias. If not given: wherever batch norm does not take it out again. The
        output layer always has one.
    activation : {"relu", "tanh", "sigmoid"}
        The hidden layers' activation.
    initialization : callable
        ``(n, n_prev, rng, dtype=...)`` → W, such as `he_normal`.
    decay : float
        The weight of the old value in batch norm's running statistics.
    eps : float
        Batch norm's.

    Examples
    --------
    >>> import numpy as np
    >>> network = Network([2, 4, 3], rng=np.random.default_rng(0))
    >>> {name: parameter.shape for name, parameter in network.parameters.items()}
    {'W1': (4, 2), 'gamma1': (4, 1), 'beta1': (4, 1), 'W2': (3, 4), 'b2': (3, 1)}
    """

    def __init__(
        self,
        layer_dims: Sequence[int],
        *,
        rng: np.random.Generator,
        dtype: DTypeLike = np.float64,
        batch_norm: bool | Sequence[bool] = True,
        before_activation: bool = True,
        bias: bool | None = None,
        activation: str = "relu",
        initialization: Callable[..., Array] = he_normal,
        decay: float = 0.9,
        eps: float = 1e-5,
    ) -> None:
        self.layer_dims = _check_layer_dims(layer_dims)
        self.dtype = check_dtype(dtype)
        check_rng(rng)
        if activation not in ACTIVATIONS:
            raise ValueError(f"activation is {activation!r}, expected one of {', '.join(ACTIVATIONS)}")
        self.batch_norm = _check_batch_norm(batch_norm, hidden=len(self.layer_dims) - 2)

        def hidden_layer(n_prev: int, n: int, normalized: bool) -> dict[str, Layer]:
            biased = not (normalized and before_activation) if bias is None else bias
            linear = Linear(n_prev, n, rng, biased, initialization, self.dtype)
            nonlinear = ACTIVATIONS[activation]()
            if not normalized:
                return {"Z": linear, "A": nonlinear}
            norm = BatchNorm(n, decay, eps, self.dtype)
            if before_activation:
                return {"Z": linear, "Z_tilde": norm, "A": nonlinear}
            return {"Z": linear, "A": nonlinear, "A_tilde": norm}

        *hidden_dims, classes = self.layer_dims
        sizes = zip(hidden_dims[:-1], hidden_dims[1:], self.batch_norm, strict=True)
        # Each layer stands under the name of what it computes.
        self.layers = [hidden_layer(*size) for size in sizes]
        self.layers.append({"Z": Linear(hidden_dims[-1], classes, rng, True, initialization, self.dtype)})
        self._logits: Array | None = None
        self._buffers = Buffers()

    @property
    def parameters(self) -> dict[str, Array]:
        """The parameters by name and layer: "W1", "gamma1", "beta1", ..., and "WL", "bL" at the end."""
        return {
            f"{name}{number}": x for number, layer in self._numbered() for name, x in layer.parameters.items()
        }

    @parameters.setter
    def parameters(self, parameters: dict[str, Array]) -> None:
        _check_parameters(self.parameters, parameters)
        for number, layer in self._numbered():
            layer.parameters = {name: parameters[f"{name}{number}"] for name in layer.parameters}

    @property
    def gradients(self) -> dict[str, Array]:
        """The gradients that the last `backward` found, under the parameters' names with a leading "d"."""
        return {
            f"d{name}{number}": x for number, layer in self._numbered() for name, x in layer.gradients.items()
        }

    @property
    def running_statistics(self) -> dict[int, RunningStatistics]:
        """The running statistics by number of the hidden layer, where it has batch norm."""
        return {number: layer.running for number, layer in self._numbered() if isinstance(layer, BatchNorm)}

    def forward(self, X: Array, training: bool = False) -> Array:
        """Return the probabilities of the classes.

        Parameters
        ----------
        X : array of shape (n_x, m)
        training : bool
            If true, batch norm uses the mini-batch's own statistics and moves its running ones, and what
            `backward` needs is kept. If false, batch norm uses the running statistics and nothing changes.

        Returns
        -------
        Y_hat : array of shape (n_L, m)
        """
        return softmax(self._forward_to_logits(X, training))

    def cost(self, X: Array, Y: Array, training: bool = False) -> float:
        """Return the mean cross-entropy of the network's answers for `X` against the one-hot `Y`."""
        return float(softmax_cross_entropy(self._forward_to_logits(X, training), Y))

    def backward(self, Y: Array) -> dict[str, Array]:
        """Return the gradients of the cost of the last forward pass in training.

        Parameters
        ----------
        Y : array of shape (n_L, m)
            One-hot columns for the examples of that pass.
        """
        if self._logits is None:
            raise RuntimeError("backward has nothing to go back over: call forward(X, training=True) first")
        gradient = softmax_cross_entropy_gradient(self._logits, Y)
        for _, layer in reversed(list(self._numbered())):
            gradient = layer.backward(gradient)
        return self.gradients

    def cost_and_gradients(self, X: Array, Y: Array) -> tuple[float, dict[str, Array]]:
        """Go the way of a training step, forward and back: what `cost` and `backward` do in training.

        A network with a large layer, or on a GPU, goes through `bnkit.kernels.training_pass` instead.

        Parameters
        ----------
        X, Y : arrays of shape (n_x, m) and (n_L, m)
            A mini-batch, Y in one-hot columns.

        Returns
        -------
        cost : float
            On a GPU an array without dimensions, so that nothing has to wait for it.
        gradients : dict
            The parameters' names with a leading "d".
        """
        X = self._checked_inputs(X)
        largest = max(self.layer_dims[1:-1], default=0) * X.shape[1]
        if not worth_starting(X, largest):
            return self.cost(X, Y, training=True), self.backward(Y)
        from bnkit.kernels.training_pass import go_through

        self._logits = None  # the next `backward` needs a forward pass of its own
        cost = go_through([layer for _, layer in self._numbered()], X, Y, self._buffers)
        return cost, self.gradients

    def predict(self, X: Array) -> Array:
        """Return the most probable class of each example, an array of shape (m,)."""
        return self._forward_to_logits(X, training=False).argmax(axis=0)

    def accuracy(self, X: Array, Y: Array) -> float:
        """Return the share of the examples whose class is predicted right."""
        logits = self._forward_to_logits(X, training=False)
        check_targets("the network's output", logits, Y)
        return float((logits.argmax(axis=0) == Y.argmax(axis=0)).mean())

    def activations(self, X: Array, training: bool = False) -> dict[str, Array]:
        """Return what each layer computes for `X`, and leave the network as it was.

        Parameters
        ----------
        X : array of shape (n_x, m)
        training : bool
            Whether batch norm uses the statistics of `X`.

        Returns
        -------
        dict
            "Z1", "Z_tilde1", "A1" and so on, in the order of computation; "ZL" holds the logits.
        """
        bystander = copy.copy(self)
        bystander.layers = [{name: copy.copy(x) for name, x in layer.items()} for layer in self.layers]
        return {name: to_numpy(x) for name, x in bystander._steps(X, training)}

    def to(self, device: str) -> "Network":
        """Move the network to "cpu" or "gpu", and return it."""
        for _, layer in self._numbered():
            layer.to(device)
        self._logits, self._buffers = None, Buffers()
        return self

    def _forward_to_logits(self, X: Array, training: bool) -> Array:
        *_, (_, logits) = self._steps(X, training)
        if training:
            self._logits = logits
        return logits

    def _steps(self, X: Array, training: bool) -> Iterator[tuple[str, Array]]:
        """Yield the name and the value of each thing computed on the way to the logits."""
        value = self._checked_inputs(X)
        for number, layers in enumerate(self.layers, start=1):
            for name, layer in layers.items():
                value = layer.forward(value, training)
                yield f"{name}{number}", value

    def _numbered(self) -> Iterator[tuple[int, Layer]]:
        for number, layers in enumerate(self.layers, start=1):
            for layer in layers.values():
                yield number, layer

    def _checked_inputs(self, X: Array) -> Array:
        check_matrix("X", X)
        if X.shape[0] != self.layer_dims[0]:
            raise ValueError(
                f"X has shape {X.shape}, expected ({self.layer_dims[0]}, m): "
                f"{self.layer_dims[0]} features as rows, examples as columns"
            )
        check_same_device(self.layers[0]["Z"].parameters["W"], "X", X)
        return X.astype(self.dtype, copy=False)


def _check_layer_dims(layer_dims: Any) -> tuple[int, ...]:
    try:
        dims = tuple(check_count(f"layer_dims[{i}]", n) for i, n in enumerate(layer_dims))
    except TypeError as error:
        raise TypeError(
            f"layer_dims is {layer_dims!r}, expected whole numbers such as [64, 32, 10]"
        ) from error
    if len(dims) < 2:
        raise ValueError(f"layer_dims is {layer_dims!r}, expected at least inputs and classes: [64, 10]")
    if dims[-1] < 2:
        raise ValueError(
            f"layer_dims ends in {dims[-1]}, expected at least 2 classes: softmax over one class is always 1"
        )
    return dims


def _check_batch_norm(batch_norm: Any, hidden: int) -> tuple[bool, ...]:
    answers = (batch_norm,) * hidden if isinstance(batch_norm, bool) else tuple(batch_norm)
    if len(answers) != hidden:
        raise ValueError(
            f"batch_norm has {len(answers)} answers, expected {hidden}, one per hidden layer; or one bool"
        )
    return tuple(bool(answer) for answer in answers)


def _check_parameters(old: dict[str, Array], parameters: dict[str, Array]) -> None:
    if parameters.keys() != old.keys():
        missing, unknown = sorted(old.keys() - parameters.keys()), sorted(parameters.keys() - old.keys())
        raise KeyError(f"parameters lack {missing} and have {unknown} too many; expected {list(old)}")
    for name, x in parameters.items():
        if x.shape != old[name].shape:
            raise ValueError(f"{name} has shape {x.shape}, expected {old[name].shape}")
