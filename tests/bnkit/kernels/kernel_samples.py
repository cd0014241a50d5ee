"""Mini-batches for the kernels, and what the formulas say of them with more digits than they have."""

from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

LAYOUTS = ("as read", "by columns", "every other entry", "backwards")


class Batch(NamedTuple):
    """What a layer in training meets; `running` are its statistics so far."""

    Z: np.ndarray
    dZ_tilde: np.ndarray
    gamma: np.ndarray
    beta: np.ndarray
    running_mu: np.ndarray
    running_sigma2: np.ndarray
    eps: float

    @property
    def columns(self):
        """Everything that belongs to a unit."""
        return self.gamma, self.beta, self.running_mu, self.running_sigma2


def draw(rng, shape, dtype=np.float32, mean=0.0, eps=1e-5, layout="as read"):
    """Draw a batch; each unit has a spread of its own and a mean near `mean` spreads."""
    n = shape[-3] if len(shape) == 4 else shape[0]
    along = (n, 1, 1) if len(shape) == 4 else (n, 1)
    spread = rng.uniform(0.5, 2, along)
    Z = spread * (mean + rng.standard_normal(along) + rng.standard_normal(shape))
    gamma = rng.uniform(0.5, 2, (n, 1)) * rng.choice([-1, 1], (n, 1))
    columns = gamma, rng.standard_normal((n, 1)), rng.standard_normal((n, 1)), rng.uniform(0.5, 2, (n, 1))
    big = (lying(x.astype(dtype), layout) for x in (Z, rng.standard_normal(shape)))
    return Batch(*big, *(x.astype(dtype) for x in columns), eps)


def lying(x, layout):
    """Return an equal array that lies in memory in another way."""
    if layout == "by columns":
        return np.asfortranarray(x)
    if layout == "every other entry":
        return np.repeat(x, 2, axis=-1)[..., ::2]
    if layout == "backwards":
        return np.flip(np.flip(x).copy())
    return x


@st.composite
def batches(draw_from):
    """Batches of any small shape, images among them, near 0 or far from it, in any layout."""
    rng = np.random.default_rng(draw_from(st.integers(0, 2**32 - 1)))
    n, m = draw_from(st.integers(1, 6)), draw_from(st.integers(1, 70))
    shape = draw_from(st.sampled_from([(n, m), (m % 7 + 1, n, 3, m % 5 + 1)]))
    dtype = draw_from(st.sampled_from([np.float32, np.float64]))
    mean, eps = draw_from(st.sampled_from([0.0, -30.0, 1e4])), draw_from(st.sampled_from([1e-5, 1e-2]))
    return draw(rng, shape, dtype, mean, eps, draw_from(st.sampled_from(LAYOUTS)))


def unit_rows(x):
    """Return what belongs to a unit as a row: images with their channels first."""
    return np.moveaxis(x, 1, 0).reshape(x.shape[1], -1) if x.ndim == 4 else x


class Expected(NamedTuple):
    """What the formulas say in extended precision, a unit a row, and how far a result may be from it."""

    Z_tilde: np.ndarray
    mu: np.ndarray
    inv_std: np.ndarray
    running_mu: np.ndarray
    running_sigma2: np.ndarray
    dZ: np.ndarray
    dgamma: np.ndarray
    dbeta: np.ndarray
    tolerance: "Tolerance"


class Tolerance(NamedTuple):
    """Of Z_tilde, and of dZ; each a column."""

    Z_tilde: np.ndarray
    dZ: np.ndarray
    sums: np.ndarray


def expected(batch, decay=0.9, relu=False, exact_mean=True):
    """Return what the formulas say.

    With `exact_mean` false the tolerance has room for a mean that was rounded to the batch's dtype.
    """
    Z, slopes, gamma, beta, old_mu, old_sigma2 = (x.astype(np.longdouble) for x in map(unit_rows, batch[:-1]))
    m = Z.shape[1]
    mu = Z.mean(axis=1, keepdims=True)
    sigma2 = ((Z - mu) ** 2).mean(axis=1, keepdims=True)
    inv_std = 1 / np.sqrt(sigma2 + np.longdouble(batch.eps))
    Z_norm = (Z - mu) * inv_std
    Z_tilde = gamma * Z_norm + beta
    slopes = np.where(Z_tilde > 0, slopes, 0) if relu else slopes
    dgamma, dbeta = ((slopes * x).sum(axis=1, keepdims=True) for x in (Z_norm, 1))
    dZ = gamma * inv_std * (slopes - dbeta / m - Z_norm * dgamma / m)
    running_mu, running_sigma2 = (
        decay * old + (1 - decay) * value for old, value in ((old_mu, mu), (old_sigma2, sigma2))
    )

    step = 16 * np.finfo(batch.Z.dtype).eps
    size = 1 + np.abs(Z_norm).max(axis=1, keepdims=True)
    size = size if exact_mean else size + np.abs(mu) * inv_std
    slope = np.abs(slopes).max(axis=1, keepdims=True)
    tolerance = Tolerance(
        step * (np.abs(gamma) * size + np.abs(beta)),
        step * np.abs(gamma) * inv_std * slope * size**2,
        step * slope * size * m,
    )
    return Expected(
        np.maximum(Z_tilde, 0) if relu else Z_tilde,
        mu, inv_std, running_mu, running_sigma2, dZ, dgamma, dbeta, tolerance,
    )  # fmt: skip


def assert_within(result, value, tolerance):
    """Compare entry by entry; NaN equals nothing."""
    error = np.abs(unit_rows(result) - value)
    assert (error <= tolerance).all(), f"off by {(error / tolerance).max():.3g} tolerances"
