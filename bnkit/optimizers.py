"""From gradients to better parameters: gradient descent, and three ways to smooth or rescale its step.

Each update is a formula for one array. The class below it applies the formula to a whole dict of parameters,
and keeps the averages from step to step. ``alpha`` is the learning rate; ``beta1`` and ``beta2`` are weights
of old values, and have nothing to do with batch norm's ``beta``.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from bnkit.backend import Array
from bnkit.checks import FLOATS, check_decay, check_eps, check_positive

Arrays = dict[str, Array]


def gradient_descent_update(theta: Array, dtheta: Array, alpha: float) -> Array:
    """Go a step of length `alpha` times the gradient, downhill.

    Parameters
    ----------
    theta, dtheta : arrays of one shape
    alpha : float

    Returns
    -------
    theta : array
    """
    return theta - alpha * dtheta


def momentum_update(
    theta: Array, dtheta: Array, v: Array, alpha: float, beta1: float = 0.9
) -> tuple[Array, Array]:
    """Step along an average of the gradients so far, in which zigzags cancel.

    Parameters
    ----------
    theta, dtheta, v : arrays of one shape
        The average `v` starts at 0.
    alpha, beta1 : float

    Returns
    -------
    theta, v : arrays
    """
    v = beta1 * v + (1 - beta1) * dtheta
    return theta - alpha * v, v


def rmsprop_update(
    theta: Array, dtheta: Array, s: Array, alpha: float, beta2: float = 0.999, eps: float = 1e-8
) -> tuple[Array, Array]:
    """Divide each entry's gradient by that entry's usual size.

    Parameters
    ----------
    theta, dtheta, s : arrays of one shape
        The average `s` of squared gradients starts at 0.
    alpha, beta2 : float
    eps : float
        Added outside the square root, unlike batch norm's.

    Returns
    -------
    theta, s : arrays
    """
    s = beta2 * s + (1 - beta2) * dtheta**2
    return theta - alpha * dtheta / (np.sqrt(s) + eps), s


def adam_update(
    theta: Array,
    dtheta: Array,
    v: Array,
    s: Array,
    t: int,
    alpha: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
) -> tuple[Array, Array, Array]:
    """Momentum and RMSprop together, each corrected for having started at 0.

    Parameters
    ----------
    theta, dtheta, v, s : arrays of one shape
    t : int
        The step's number, from 1.
    alpha, beta1, beta2, eps : float

    Returns
    -------
    theta, v, s : arrays
        The averages as they are kept, without the correction.

    References
    ----------
    Kingma & Ba (2015), "Adam: A Method for Stochastic Optimization", Algorithm 1.
    """
    v = beta1 * v + (1 - beta1) * dtheta
    s = beta2 * s + (1 - beta2) * dtheta**2
    v_hat = v / (1 - beta1**t)
    s_hat = s / (1 - beta2**t)
    return theta - alpha * v_hat / (np.sqrt(s_hat) + eps), v, s


class GradientDescent:
    """Plain gradient descent; the others differ in `_updated` alone.

    Parameters
    ----------
    alpha : float
        Learning rate.
    """

    def __init__(self, alpha: float) -> None:
        self.alpha = check_positive("alpha", alpha)
        self.t = 0

    def update(self, parameters: Arrays, gradients: Arrays) -> Arrays:
        """Return the parameters after one step.

        Parameters
        ----------
        parameters : dict
            By name, such as "W1" or "gamma1".
        gradients : dict
            The gradient of each under its name with a leading "d"; gradients of other things are left alone.

        Returns
        -------
        dict
            New arrays under the parameters' names.
        """
        _check_gradients(parameters, gradients)
        self.t += 1
        return {name: self._updated(name, theta, gradients[f"d{name}"]) for name, theta in parameters.items()}

    def _updated(self, name: str, theta: Array, dtheta: Array) -> Array:
        update, _ = _quickest(gradient_descent_update, theta, dtheta)
        return update(theta, dtheta, self.alpha)


class Momentum(GradientDescent):
    """Gradient descent with `momentum_update`; the average `v` of a large parameter changes where it is.

    Parameters
    ----------
    alpha : float
        Learning rate.
    beta1 : float
        The weight of the old value in the average of gradients.
    """

    def __init__(self, alpha: float, beta1: float = 0.9) -> None:
        super().__init__(alpha)
        self.beta1 = _check_beta("beta1", beta1)
        self.v: Arrays = {}

    def _updated(self, name: str, theta: Array, dtheta: Array) -> Array:
        v = _average(self.v, name, theta)
        update, place = _quickest(momentum_update, theta, dtheta, v)
        theta, self.v[name] = update(theta, dtheta, v, self.alpha, self.beta1, **place)
        return theta


class RMSprop(GradientDescent):
    """Gradient descent with `rmsprop_update`; the average `s` of a large parameter changes where it is.

    Parameters
    ----------
    alpha : float
        Learning rate.
    beta2 : float
        The weight of the old value in the average of squared gradients.
    eps : float
        Keeps the division finite.
    """

    def __init__(self, alpha: float, beta2: float = 0.999, eps: float = 1e-8) -> None:
        super().__init__(alpha)
        check_eps(eps)
        self.beta2, self.eps = _check_beta("beta2", beta2), float(eps)
        self.s: Arrays = {}

    def _updated(self, name: str, theta: Array, dtheta: Array) -> Array:
        s = _average(self.s, name, theta)
        update, place = _quickest(rmsprop_update, theta, dtheta, s)
        theta, self.s[name] = update(theta, dtheta, s, self.alpha, self.beta2, self.eps, **place)
        return theta


class Adam(GradientDescent):
    """Gradient descent with `adam_update`; the averages of a large parameter change where they are.

    Parameters
    ----------
    alpha : float
        Learning rate.
    beta1, beta2 : float
        The weights of the old values in the averages of gradients and of squared gradients.
    eps : float
        Keeps the division finite.
    """

    def __init__(self, alpha: float, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8) -> None:
        super().__init__(alpha)
        check_eps(eps)
        self.beta1, self.beta2, self.eps = (
            _check_beta("beta1", beta1),
            _check_beta("beta2", beta2),
            float(eps),
        )
        self.v: Arrays = {}
        self.s: Arrays = {}

    def _updated(self, name: str, theta: Array, dtheta: Array) -> Array:
        v = _average(self.v, name, theta)
        s = _average(self.s, name, theta)
        update, place = _quickest(adam_update, theta, dtheta, v, s)
        theta, self.v[name], self.s[name] = update(
            theta, dtheta, v, s, self.t, self.alpha, self.beta1, self.beta2, self.eps, **place
        )
        return theta


def _average(averages: Arrays, name: str, theta: Array) -> Array:
    return averages[name] if name in averages else np.zeros_like(theta)


def _quickest(
    formula: Callable[..., Any], theta: Array, dtheta: Array, *averages: Array
) -> tuple[Callable[..., Any], dict[str, Any]]:
    """Return a formula; or for a large array, or one on a GPU, the kernel of that name and where results go.

    The new averages take the place of the old ones, which halves what memory has to move.
    """
    from bnkit import kernels

    if not kernels.worth_starting(theta, theta.size):
        return formula, {}
    if theta.dtype not in FLOATS or any(x.dtype != theta.dtype for x in (dtheta, *averages)):
        return formula, {}
    return getattr(kernels, formula.__name__), {"out": (None, *averages)}


def _check_beta(name: str, beta: float) -> float:
    beta = check_decay(beta, name)
    if beta == 1:
        raise ValueError(f"{name} is 1, expected less: the average would never see a gradient")
    return beta


def _check_gradients(parameters: Arrays, gradients: Arrays) -> None:
    for name, theta in parameters.items():
        dtheta = gradients.get(f"d{name}")
        if dtheta is None:
            raise KeyError(
                f"gradients has no 'd{name}', expected one for each parameter: {name} would never learn"
            )
        if dtheta.shape != theta.shape:
            raise ValueError(f"d{name} has shape {dtheta.shape}, expected {theta.shape}, the shape of {name}")
