"""Is a gradient right? Move the parameters a little and see what the cost does.

A cost computed in float64 has about sixteen digits, and a central difference keeps about ten of them; float32
would keep three, which proves nothing, so it is refused.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bnkit.backend import Array
from bnkit.checks import check_array, check_positive, check_rng
from bnkit.network import Network

Cost = Callable[[Array], float]

# A numerical gradient this small is the rounding of two costs; the relative error of two zeros says nothing.
ROUNDING = 1e-9


@dataclass(frozen=True)
class GradientCheck:
    """How far a gradient is from the numerical one.

    Attributes
    ----------
    relative_error : float
        The length of their difference, as a share of the sum of their lengths.
    absolute_error : float
        Their largest difference in one entry: what to look at where the true gradient is 0.
    worst : tuple of int
        The index of that entry; empty for a check along one direction.
    size : float
        The numerical gradient's largest entry.
    tolerance : float
        What `passed` allows of the relative error.
    """

    relative_error: float
    absolute_error: float
    worst: tuple[int, ...]
    size: float
    tolerance: float

    @property
    def passed(self) -> bool:
        """Whether the gradient is right, as far as differences can tell."""
        return self.relative_error <= self.tolerance or self.absolute_error <= ROUNDING

    def __str__(self) -> str:
        verdict = "right" if self.passed else "WRONG"
        where = f" at {self.worst}" if self.worst else ""
        if self.size <= ROUNDING:
            return f"{verdict}: the true gradient is 0, absolute error {self.absolute_error:.1e}{where}"
        return (
            f"{verdict}: relative error {self.relative_error:.1e} (allowed {self.tolerance:.0e}), "
            f"absolute error {self.absolute_error:.1e}{where}"
        )


def numerical_gradient(cost: Cost, theta: Array, h: float = 1e-5) -> Array:
    """Return the gradient of a cost by central differences, entry by entry.

    Parameters
    ----------
    cost : callable
        From an array of theta's shape to a number.
    theta : float64 array
    h : float
        How far to move each entry, both ways.

    Returns
    -------
    array of theta's shape
    """
    _check_float64(theta)
    check_positive("h", h)
    gradient = np.empty_like(theta)
    for index in np.ndindex(*theta.shape):
        step = np.zeros_like(theta)
        step[index] = h
        gradient[index] = (cost(theta + step) - cost(theta - step)) / (2 * h)
    return gradient


def check_gradient(
    cost: Cost, theta: Array, dtheta: Array, h: float = 1e-5, tolerance: float = 1e-6
) -> GradientCheck:
    """Compare a gradient with the numerical one, entry by entry.

    Parameters
    ----------
    cost : callable
        From an array of theta's shape to a number.
    theta : float64 array
    dtheta : array of theta's shape
        The gradient to check.
    h, tolerance : float

    Returns
    -------
    GradientCheck
    """
    if np.shape(dtheta) != np.shape(theta):
        raise ValueError(
            f"dtheta has shape {np.shape(dtheta)}, expected {np.shape(theta)}, the shape of theta"
        )
    return _compare(dtheta, numerical_gradient(cost, theta, h), tolerance)


def check_gradient_along_direction(
    cost: Cost,
    theta: Array,
    dtheta: Array,
    rng: np.random.Generator,
    h: float = 1e-5,
    tolerance: float = 1e-6,
) -> GradientCheck:
    """Compare a gradient with the numerical one along a random direction, by two costs in all.

    Parameters and result are those of `check_gradient`; `rng` draws the direction.
    """
    _check_float64(theta)
    check_rng(rng)
    check_positive("h", h)
    if dtheta.shape != theta.shape:
        raise ValueError(f"dtheta has shape {dtheta.shape}, expected {theta.shape}, the shape of theta")
    shape: tuple[int, ...] = theta.shape
    direction = rng.standard_normal(shape)
    direction /= np.linalg.norm(direction)
    slope = (cost(theta + h * direction) - cost(theta - h * direction)) / (2 * h)
    return _compare(np.array((dtheta * direction).sum()), np.array(slope), tolerance)


def check_network_gradients(
    network: Network, X: Array, Y: Array, h: float = 1e-5, tolerance: float = 1e-6
) -> dict[str, GradientCheck]:
    """Check every gradient of a network in training on one mini-batch.

    Parameters
    ----------
    network : Network
        A small one, in float64; it stays as it is.
    X : array of shape (n_x, m)
        Eight examples or more: with two, batch norm leaves almost nothing to differentiate.
    Y : array of shape (n_L, m)
    h, tolerance : float

    Returns
    -------
    dict
        A GradientCheck for each parameter's name.
    """
    network = copy.deepcopy(network)  # training moves the running statistics
    network.forward(X, training=True)
    gradients, parameters = network.backward(Y), network.parameters

    def cost_with(name: str) -> Cost:
        def cost(theta: Array) -> float:
            network.parameters = {**parameters, name: theta}
            return network.cost(X, Y, training=True)

        return cost

    return {
        name: check_gradient(cost_with(name), theta, gradients[f"d{name}"], h, tolerance)
        for name, theta in parameters.items()
    }


def _compare(gradient: Array, numerical: Array, tolerance: float) -> GradientCheck:
    difference = np.abs(gradient - numerical)
    lengths = float(np.linalg.norm(gradient) + np.linalg.norm(numerical))
    return GradientCheck(
        relative_error=float(np.linalg.norm(difference)) / lengths if lengths > 0 else 0.0,
        absolute_error=float(difference.max()),
        worst=tuple(int(i) for i in np.unravel_index(difference.argmax(), difference.shape)),
        size=float(np.abs(numerical).max()),
        tolerance=tolerance,
    )


def _check_float64(theta: Array) -> None:
    check_array("theta", theta)
    if theta.dtype != np.float64:
        raise TypeError(
            f"theta has dtype {theta.dtype}, expected float64: differences in float32 prove nothing"
        )
