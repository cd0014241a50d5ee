"""Mini-batches to state laws about."""

from typing import NamedTuple

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

# The same examples every time: a law that fails does so for everybody.
law = settings(max_examples=25, deadline=None, derandomize=True)


class Sample(NamedTuple):
    """A mini-batch with parameters that are never 0 or 1, and a gradient from above."""

    Z: np.ndarray
    gamma: np.ndarray
    beta: np.ndarray
    dZ_tilde: np.ndarray
    eps: float

    def on(self, xp):
        """Return the sample with its arrays made by another array module."""
        return Sample(*(xp.asarray(x) for x in self[:4]), self.eps)


def sample(rng, n=4, m=9, mean=0.0, spread=1.0, eps=1e-5):
    """Draw one mini-batch; every unit has a mean and a spread of its own."""
    Z = (
        mean
        + 3 * rng.standard_normal((n, 1))
        + spread * rng.uniform(0.5, 2, (n, 1)) * rng.standard_normal((n, m))
    )
    gamma = rng.uniform(0.5, 2, (n, 1)) * rng.choice([-1, 1], (n, 1))
    return Sample(Z, gamma, rng.standard_normal((n, 1)), rng.standard_normal((n, m)), eps)


@st.composite
def samples(draw, min_m=4, max_mean=1e3):
    """Mini-batches of any small shape, far from 0 or near it."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, m = draw(st.integers(1, 6)), draw(st.integers(min_m, 12))
    mean = draw(st.sampled_from([0.0, 10.0, -max_mean]))
    return sample(
        rng, n, m, mean, draw(st.sampled_from([0.1, 1.0, 20.0])), draw(st.sampled_from([1e-5, 1e-3]))
    )
