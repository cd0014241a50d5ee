"""The training loop: mini-batches, a step for each, epoch after epoch."""

from dataclasses import dataclass, field

import numpy as np

from bnkit.backend import Array
from bnkit.checks import check_count
from bnkit.minibatches import mini_batches
from bnkit.network import Network
from bnkit.optimizers import GradientDescent


@dataclass(frozen=True)
class History:
    """What happened while a network was trained.

    Attributes
    ----------
    costs : list of float
        One per mini-batch, before its update.
    epoch_costs : list of float
        Their mean over each epoch.
    train_accuracies, test_accuracies : lists of float
        After each epoch, with batch norm's running statistics; of the test set, if one was given.
    """

    costs: list[float] = field(default_factory=list)
    epoch_costs: list[float] = field(default_factory=list)
    train_accuracies: list[float] = field(default_factory=list)
    test_accuracies: list[float] = field(default_factory=list)


def train_step(network: Network, X: Array, Y: Array, optimizer: GradientDescent) -> float:
    """Make one step downhill on one mini-batch, and return the cost before it.

    Parameters
    ----------
    network : Network
        Its parameters and its running statistics move.
    X : array of shape (n_x, m)
    Y : array of shape (n_L, m)
        One-hot columns.
    optimizer : GradientDescent, Momentum, RMSprop or Adam

    Returns
    -------
    float
        On a GPU an array without dimensions: ``float()`` of it would wait for the GPU.
    """
    cost, gradients = network.cost_and_gradients(X, Y)
    network.parameters = optimizer.update(network.parameters, gradients)
    return cost


def train(
    network: Network,
    X: Array,
    Y: Array,
    optimizer: GradientDescent,
    *,
    epochs: int,
    batch_size: int,
    rng: np.random.Generator,
    X_test: Array | None = None,
    Y_test: Array | None = None,
    progress: bool = True,
) -> History:
    """Train a network on mini-batches.

    Parameters
    ----------
    network : Network
        Trained in place.
    X : array of shape (n_x, m)
    Y : array of shape (n_L, m)
        One-hot columns.
    optimizer : GradientDescent, Momentum, RMSprop or Adam
    epochs, batch_size : int
    rng : numpy.random.Generator
        Draws each epoch's order of the examples.
    X_test, Y_test : arrays, optional
        Examples that are only looked at, after each epoch.
    progress : bool
        Whether to show a progress bar, where tqdm is installed.

    Returns
    -------
    History
    """
    if (X_test is None) != (Y_test is None):
        raise ValueError("X_test and Y_test belong together: give both or neither")
    history = History()
    for _ in (bar := _progress_bar(check_count("epochs", epochs), progress)):
        batches = mini_batches(X, Y, batch_size, rng)
        steps = [train_step(network, X_t, Y_t, optimizer) for X_t, Y_t in batches]
        costs = [float(cost) for cost in steps]  # only now, when a GPU has been given all its work
        history.costs.extend(costs)
        history.epoch_costs.append(float(np.mean(costs)))
        history.train_accuracies.append(network.accuracy(X, Y))
        if X_test is not None and Y_test is not None:
            history.test_accuracies.append(network.accuracy(X_test, Y_test))
        if hasattr(bar, "set_postfix"):
            bar.set_postfix(cost=f"{history.epoch_costs[-1]:.3f}")
    return history


def _progress_bar(epochs: int, progress: bool):
    if progress:
        try:
            from tqdm.auto import tqdm  # a widget in a notebook, text elsewhere
        except ImportError:
            return range(epochs)
        return tqdm(range(epochs), desc="epochs", leave=False)
    return range(epochs)
