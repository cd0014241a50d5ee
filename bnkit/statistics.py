"""Statistics that outlive a mini-batch: averages over time, and merging over devices."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import DTypeLike

from bnkit.backend import Array, array_module
from bnkit.checks import check_columns, check_count, check_decay, check_matrix
from bnkit.normalization import batch_mean, batch_variance

_Value = TypeVar("_Value", float, Array)


def ewa_update(average: _Value, value: _Value, decay: float = 0.9) -> _Value:
    """Move an exponentially weighted average towards a value.

    Parameters
    ----------
    average, value : numbers, or arrays of one shape
        The average may start as the number 0.
    decay : float
        The weight of the old value, from 0 to 1; what frameworks call momentum is often ``1 - decay``.

    Returns
    -------
    number or array
        The new average; the old one is left as it was.
    """
    decay = check_decay(decay)
    shapes = [x.shape if hasattr(x, "shape") else () for x in (average, value)]
    if () not in shapes and shapes[0] != shapes[1]:
        raise ValueError(f"value has shape {shapes[1]}, expected {shapes[0]}, the shape of average")
    return decay * average + (1 - decay) * value


def ewa_bias_correction(average: _Value, decay: float, t: int) -> _Value:
    """Correct an average that started at 0 for the weight which that 0 still has.

    Parameters
    ----------
    average : number or array
        After `t` updates.
    decay : float
        From 0 to just below 1.
    t : int
        Counts from 1.
    """
    decay, t = check_decay(decay), check_count("t", t)
    if decay == 1:
        raise ValueError(
            "decay is 1, expected less: such an average never leaves 0, so nothing can correct it"
        )
    return average / (1 - decay**t)


@dataclass(frozen=True)
class RunningStatistics:
    """The mean and variance that batch norm will use at test time.

    Attributes
    ----------
    mu, sigma2 : arrays of shape (n, 1)
        Exponentially weighted averages over the mini-batches seen, without bias correction.
    decay : float
        The weight of the old value.
    """

    mu: Array
    sigma2: Array
    decay: float = 0.9

    def __post_init__(self) -> None:
        check_decay(self.decay)
        check_matrix("mu", self.mu)
        check_columns(self.mu.shape[0], self.mu, mu=self.mu, sigma2=self.sigma2)

    def moved_to(self, mu: Array, sigma2: Array) -> "RunningStatistics":
        """Return the statistics as a kernel has moved them, unchecked: a check takes longer than that."""
        moved = object.__new__(RunningStatistics)
        moved.__dict__.update(mu=mu, sigma2=sigma2, decay=self.decay)
        return moved

    @classmethod
    def initial(cls, n: int, decay: float = 0.9, dtype: DTypeLike = np.float64, like: Array | None = None):
        """Start at mean 0 and variance 1, on the device where `like` lives."""
        xp = np if like is None else array_module(like)
        shape = (check_count("n", n), 1)
        return cls(xp.zeros(shape, dtype), xp.ones(shape, dtype), decay)

    def updated(self, mu: Array, sigma2: Array) -> "RunningStatistics":
        """Return the statistics after one more mini-batch, whose own are `mu` and `sigma2`."""
        return RunningStatistics(
            ewa_update(self.mu, mu, self.decay), ewa_update(self.sigma2, sigma2, self.decay), self.decay
        )


def running_statistics(batches: Iterable[Array], decay: float = 0.9) -> tuple[Array, Array]:
    """Return the running mean and variance after a list of mini-batches.

    Parameters
    ----------
    batches : iterable of arrays of shape (n, m_t)
        A layer's pre-activations Z, mini-batch by mini-batch.
    decay : float
        The weight of the old value; the averages start at mean 0 and variance 1.

    Returns
    -------
    running_mu, running_sigma2 : arrays of shape (n, 1)
    """
    running = None
    for Z in batches:
        check_matrix("Z", Z)
        if running is None:
            running = RunningStatistics.initial(Z.shape[0], decay, Z.dtype, like=Z)
        mu = batch_mean(Z)
        running = running.updated(mu, batch_variance(Z, mu))
    if running is None:
        raise ValueError("batches is empty, expected at least one mini-batch")
    return running.mu, running.sigma2


def merge_statistics(
    mu_a: Array, sigma2_a: Array, m_a: int, mu_b: Array, sigma2_b: Array, m_b: int
) -> tuple[Array, Array]:
    """Return the mean and variance of two parts together, as if they had been one mini-batch.

    Parameters
    ----------
    mu_a, sigma2_a, mu_b, sigma2_b : arrays of shape (n, 1)
        The statistics of each part.
    m_a, m_b : int
        The examples in each part.

    Returns
    -------
    mu, sigma2 : arrays of shape (n, 1)

    References
    ----------
    Chan, Golub & LeVeque (1979), "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances".
    """
    check_matrix("mu_a", mu_a)
    check_columns(mu_a.shape[0], mu_a, mu_a=mu_a, sigma2_a=sigma2_a, mu_b=mu_b, sigma2_b=sigma2_b)
    m_a, m_b = check_count("m_a", m_a), check_count("m_b", m_b)
    share_a, share_b = m_a / (m_a + m_b), m_b / (m_a + m_b)
    distance = mu_b - mu_a
    sigma2_within = share_a * sigma2_a + share_b * sigma2_b
    sigma2_between = share_a * share_b * distance**2
    return mu_a + share_b * distance, sigma2_within + sigma2_between
