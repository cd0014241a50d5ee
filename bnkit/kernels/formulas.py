"""What the kernels fall back to: the formulas of `bnkit.normalization` and `bnkit.optimizers` themselves.

Like every module of kernels, this one takes arrays of shape (N, n, L): N groups of n units with L entries
each, one group for a matrix and one per example for images. It writes into the arrays that it is given.
"""

import numpy as np

from bnkit import normalization, optimizers
from bnkit.backend import Array
from bnkit.statistics import ewa_update

# What the running statistics were, how much of them stays, and where what becomes of them goes.
Running = tuple[Array, Array, float, Array, Array]


def forward(
    Z: Array,
    gamma: Array,
    beta: Array,
    eps: float,
    relu: bool,
    out: Array,
    mu: Array,
    inv_std: Array,
    running: Running | None,
) -> None:
    """Normalize, scale and shift; with `relu`, cut off below 0; move the running statistics."""
    Z_tilde, _, mean, variance = normalization.batchnorm_forward(_rows(Z), gamma, beta, eps)
    _write_rows(out, np.maximum(Z_tilde, 0) if relu else Z_tilde)
    mu[...] = mean
    inv_std[...] = 1 / np.sqrt(variance + eps)
    if running is not None:
        old_mu, old_sigma2, decay, new_mu, new_sigma2 = running
        new_mu[...] = ewa_update(old_mu, mean, decay)
        new_sigma2[...] = ewa_update(old_sigma2, variance, decay)


def backward(
    dZ_tilde: Array,
    Z: Array,
    gamma: Array,
    beta: Array,
    mu: Array,
    inv_std: Array,
    relu: bool,
    out: Array,
    dgamma: Array,
    dbeta: Array,
) -> None:
    """Go back through batch norm; with `relu`, through the ReLU behind it first."""
    Z_norm = (_rows(Z) - mu) * inv_std
    slopes = _rows(dZ_tilde)
    if relu:
        slopes = np.where(gamma * Z_norm + beta > 0, slopes, 0)
    # The root and the square undo each other; so does leaving out eps, which inv_std holds already.
    dZ, dgamma[...], dbeta[...] = normalization.batchnorm_backward(slopes, Z_norm, gamma, inv_std**-2, 0)
    _write_rows(out, dZ)


def inference(Z: Array, scale: Array, shift: Array, center: Array, relu: bool, out: Array) -> None:
    """Scale the distance from the centre, and shift it."""
    ones = np.ones_like(scale)
    Z_tilde = normalization.batchnorm_inference(_rows(Z), scale, shift, center, ones, eps=0)
    _write_rows(out, np.maximum(Z_tilde, 0) if relu else Z_tilde)


def gradient_descent(theta: Array, dtheta: Array, alpha: float, out: Array) -> None:
    """Make a step of gradient descent."""
    out[...] = optimizers.gradient_descent_update(theta, dtheta, alpha)


def momentum(
    theta: Array, dtheta: Array, v: Array, alpha: float, beta1: float, out: Array, v_out: Array
) -> None:
    """Make a step of gradient descent with momentum."""
    out[...], v_out[...] = optimizers.momentum_update(theta, dtheta, v, alpha, beta1)


def rmsprop(
    theta: Array, dtheta: Array, s: Array, alpha: float, beta2: float, eps: float, out: Array, s_out: Array
) -> None:
    """Make a step of RMSprop."""
    out[...], s_out[...] = optimizers.rmsprop_update(theta, dtheta, s, alpha, beta2, eps)


def adam(
    theta: Array,
    dtheta: Array,
    v: Array,
    s: Array,
    t: int,
    alpha: float,
    beta1: float,
    beta2: float,
    eps: float,
    out: Array,
    v_out: Array,
    s_out: Array,
) -> None:
    """Make a step of Adam."""
    out[...], v_out[...], s_out[...] = optimizers.adam_update(
        theta, dtheta, v, s, t, alpha, beta1, beta2, eps
    )


def _rows(Z: Array) -> Array:
    return np.moveaxis(Z, 1, 0).reshape(Z.shape[1], -1)


def _write_rows(out: Array, rows: Array) -> None:
    N, n, L = out.shape
    np.moveaxis(out, 1, 0)[...] = rows.reshape(n, N, L)
