"""Batch norm's backward pass, and what goes wrong with it.

One function with the right path as its defaults; each mistake turns one of its screws. The exercises on the
backward pass and on a whole network's gradients take their misconceptions from here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from .forward_pieces import HARD_CODED_EPS


def _inverse_deviation(gamma, sigma2, eps):
    return gamma / np.sqrt(sigma2 + eps)


def backward(
    dZ_tilde,
    Z_norm,
    gamma,
    sigma2,
    eps=1e-5,
    *,
    scale=_inverse_deviation,
    mean_path=lambda m, std: 1.0,
    variance_path=lambda m, std: 1.0,
    straight=lambda m, std: 1.0,
    axis=1,
    keepdims=True,
    then=lambda dZ, dgamma, dbeta, m: (dZ, dgamma, dbeta),
):
    """Return dZ, dgamma, dbeta.

    Parameters
    ----------
    dZ_tilde, Z_norm : arrays of shape (n, m)
    gamma, sigma2 : arrays of shape (n, 1)
    eps : float
    scale : callable
        ``(gamma, sigma2, eps)`` -> the factor that all paths share.
    mean_path, variance_path, straight : callables
        ``(m, standard deviation)`` -> a path's weight; 1 is right.
    axis, keepdims
        Of the sums over the mini-batch.
    then : callable
        Changes the results in the end.
    """
    m = Z_norm.shape[1]
    std = np.sqrt(sigma2 + eps)
    dgamma = (dZ_tilde * Z_norm).sum(axis=axis, keepdims=keepdims)
    dbeta = dZ_tilde.sum(axis=axis, keepdims=keepdims)
    dZ = scale(gamma, sigma2, eps) * (
        straight(m, std) * dZ_tilde
        - mean_path(m, std) * dbeta / m
        - variance_path(m, std) * Z_norm * dgamma / m
    )
    return then(dZ, dgamma, dbeta, m)


def _absent(m, std):
    return 0.0


def _negative(m, std):
    return -1.0


def _over_m(m, std):
    return 1.0 / m


def _times_m(m, std):
    return float(m)


def _less_one(m, std):
    return m / (m - 1.0) if m > 1 else np.nan


def _with(change: Callable[..., Any], **paths: Callable[..., Any]) -> Callable[..., Any]:
    """A backward pass whose dgamma, made by `change` from what goes in, is not the right one."""

    def wrong(dZ_tilde, Z_norm, gamma, sigma2, eps=1e-5):
        dZ, _, dbeta = backward(dZ_tilde, Z_norm, gamma, sigma2, eps, **paths)
        dgamma = (dZ_tilde * change(Z_norm, gamma, np.sqrt(sigma2 + eps))).sum(axis=1, keepdims=True)
        return dZ, dgamma, dbeta

    return wrong


def _in_terms_of(Z_norm_instead: Callable[..., Any]) -> Callable[..., Any]:
    """A backward pass that takes something else for Z_norm throughout."""

    def wrong(dZ_tilde, Z_norm, gamma, sigma2, eps=1e-5):
        return backward(dZ_tilde, Z_norm_instead(Z_norm, gamma, np.sqrt(sigma2 + eps)), gamma, sigma2, eps)

    return wrong


def _propagated(Z_norm_instead: Callable[..., Any]) -> Callable[..., Any]:
    """A backward pass whose wrong dgamma goes into dZ as well."""

    def wrong(dZ_tilde, Z_norm, gamma, sigma2, eps=1e-5):
        instead = Z_norm_instead(Z_norm, gamma, np.sqrt(sigma2 + eps))
        dgamma = (dZ_tilde * instead).sum(axis=1, keepdims=True)
        dbeta = dZ_tilde.sum(axis=1, keepdims=True)
        m = Z_norm.shape[1]
        dZ = gamma / np.sqrt(sigma2 + eps) * (dZ_tilde - dbeta / m - Z_norm * dgamma / m)
        return dZ, dgamma, dbeta

    return wrong


def _deviation(Z_norm, gamma, std):
    return Z_norm * std


def _scaled(Z_norm, gamma, std):
    return gamma * Z_norm


MISTAKES: Mapping[str, tuple[Callable[..., Any], ...]] = {
    "statistics-treated-as-constants": (partial(backward, mean_path=_absent, variance_path=_absent),),
    "variance-path-missing": (partial(backward, variance_path=_absent),),
    "mean-path-missing": (partial(backward, mean_path=_absent),),
    "mean-path-twice": (partial(backward, mean_path=lambda m, std: 2.0),),
    "half-missing": (partial(backward, variance_path=lambda m, std: 2.0),),
    "two-missing": (partial(backward, variance_path=lambda m, std: 0.5),),
    "gamma-missing-in-dz": (
        partial(backward, scale=lambda gamma, sigma2, eps: 1 / np.sqrt(sigma2 + eps)),
        partial(
            backward,
            scale=lambda gamma, sigma2, eps: 1 / np.sqrt(sigma2 + eps),
            mean_path=_absent,
            variance_path=_absent,
        ),
    ),
    "wrong-exponent": (
        partial(backward, scale=lambda gamma, sigma2, eps: gamma / (sigma2 + eps)),
        partial(backward, scale=lambda gamma, sigma2, eps: gamma / (sigma2 + eps) ** 1.5),
        partial(backward, scale=lambda gamma, sigma2, eps: gamma * np.sqrt(sigma2 + eps)),
        partial(backward, variance_path=lambda m, std: std**2),
        partial(backward, variance_path=lambda m, std: std),
        partial(backward, variance_path=lambda m, std: 1 / std),
        partial(backward, variance_path=lambda m, std: 1 / std**2),
    ),
    "sign-error": (
        partial(backward, mean_path=_negative),
        partial(backward, variance_path=_negative),
        partial(backward, mean_path=_negative, variance_path=_negative),
        partial(backward, straight=_negative),
        partial(backward, then=lambda dZ, dgamma, dbeta, m: (-dZ, dgamma, dbeta)),
        partial(backward, then=lambda dZ, dgamma, dbeta, m: (dZ, -dgamma, dbeta)),
        partial(backward, then=lambda dZ, dgamma, dbeta, m: (dZ, dgamma, -dbeta)),
        partial(backward, then=lambda dZ, dgamma, dbeta, m: (-dZ, -dgamma, -dbeta)),
    ),
    "averages-dgamma-dbeta": (
        partial(backward, then=lambda dZ, dgamma, dbeta, m: (dZ, dgamma / m, dbeta / m)),
        partial(
            backward,
            mean_path=_over_m,
            variance_path=_over_m,
            then=lambda dZ, dgamma, dbeta, m: (dZ, dgamma / m, dbeta / m),
        ),
        partial(backward, then=lambda dZ, dgamma, dbeta, m: (dZ, dgamma / m, dbeta)),
        partial(backward, then=lambda dZ, dgamma, dbeta, m: (dZ, dgamma, dbeta / m)),
    ),
    "dgamma-uses-z": (_with(_deviation), _propagated(_deviation), _in_terms_of(_deviation)),
    "dgamma-uses-output": (_with(_scaled), _propagated(_scaled), _in_terms_of(_scaled)),
    "sums-over-units": (
        partial(backward, axis=0),
        partial(backward, axis=0, keepdims=False),
        partial(backward, axis=None, keepdims=False),
    ),
    "lost-dimension": (partial(backward, keepdims=False),),
    "eps-missing": (partial(backward, scale=lambda gamma, sigma2, eps: gamma / np.sqrt(sigma2)),),
    "eps-outside-sqrt": (
        partial(backward, scale=lambda gamma, sigma2, eps: gamma / (np.sqrt(sigma2) + eps)),
    ),
    "eps-hard-coded": tuple(
        partial(
            backward, scale=lambda gamma, sigma2, eps, constant=constant: gamma / np.sqrt(sigma2 + constant)
        )
        for constant in HARD_CODED_EPS
    ),
    "unbiased-variance": (
        partial(backward, mean_path=_less_one, variance_path=_less_one),
        partial(backward, variance_path=_less_one),
        partial(backward, mean_path=_less_one),
    ),
    "divides-by-m-again": (
        partial(backward, then=lambda dZ, dgamma, dbeta, m: (dZ / m, dgamma, dbeta)),
        partial(backward, then=lambda dZ, dgamma, dbeta, m: (dZ / m, dgamma / m, dbeta / m)),
        partial(backward, mean_path=_over_m, variance_path=_over_m),
        partial(backward, mean_path=_over_m),
        partial(backward, variance_path=_over_m),
    ),
    "one-over-m-missing": (
        partial(backward, then=lambda dZ, dgamma, dbeta, m: (dZ * m, dgamma, dbeta)),
        partial(backward, mean_path=_times_m, variance_path=_times_m),
        partial(backward, mean_path=_times_m),
        partial(backward, variance_path=_times_m),
    ),
    "branches-overwritten": (
        partial(backward, straight=_absent),
        partial(backward, straight=_absent, variance_path=_absent),
        partial(backward, straight=_absent, mean_path=_absent),
    ),
}


def stages(
    dZ_tilde,
    Z,
    gamma,
    mu,
    sigma2,
    eps=1e-5,
    *,
    through_scale=lambda dZ_tilde, gamma: gamma * dZ_tilde,
    passed_on=lambda dZ_norm, dZ_tilde: dZ_norm,
    centre=lambda Z, mu: Z - mu,
    inv_std=lambda sigma2, eps: 1 / np.sqrt(sigma2 + eps),
    variance_factor=-0.5,
    variance_power=3,
    mean_factor=-1.0,
    mean_power=1,
    last_term=False,
    examples=lambda m: m,
    axis=1,
    keepdims=True,
    reported=lambda dsigma2, dmu, m: (dsigma2, dmu),
    used=lambda dsigma2, dmu: (dsigma2, dmu),
    add=lambda straight, by_variance, by_mean: straight + by_variance + by_mean,
):
    """Return ``dZ_norm, dsigma2, dmu, dZ`` by the chain rule; every keyword is a screw to turn.

    `reported` changes what is returned as dsigma2 and dmu and used in dZ, `used` what is used alone. The last
    term of dmu is 0 up to rounding where mu is the mean of Z.
    """
    m = examples(Z.shape[1])
    deviation, inv = centre(Z, mu), inv_std(sigma2, eps)
    first_stage = through_scale(dZ_tilde, gamma)
    dZ_norm = passed_on(first_stage, dZ_tilde)
    dsigma2 = variance_factor * inv**variance_power * (dZ_norm * deviation).sum(axis=axis, keepdims=keepdims)
    dmu = mean_factor * inv**mean_power * dZ_norm.sum(axis=axis, keepdims=keepdims)
    if last_term:
        dmu = dmu - 2 * dsigma2 * deviation.mean(axis=1, keepdims=True)
    dsigma2, dmu = reported(dsigma2, dmu, Z.shape[1])
    by_variance, by_mean = used(dsigma2, dmu)
    dZ = add(dZ_norm * inv, by_variance * 2 * deviation / m, by_mean / m)
    return {"dZ_norm": first_stage, "dsigma2": dsigma2, "dmu": dmu, "dZ": dZ}


STAGED_MISTAKES: Mapping[str, tuple[Callable[..., Any], ...]] = {
    "statistics-treated-as-constants": (
        partial(stages, used=lambda dsigma2, dmu: (0 * dsigma2, 0 * dmu)),
        partial(stages, reported=lambda dsigma2, dmu, m: (0 * dsigma2, 0 * dmu)),
    ),
    "variance-path-missing": (
        partial(stages, used=lambda dsigma2, dmu: (0 * dsigma2, dmu)),
        partial(stages, reported=lambda dsigma2, dmu, m: (0 * dsigma2, dmu)),
    ),
    "mean-path-missing": (
        partial(stages, used=lambda dsigma2, dmu: (dsigma2, 0 * dmu)),
        partial(stages, reported=lambda dsigma2, dmu, m: (dsigma2, 0 * dmu)),
    ),
    "mean-path-twice": (
        partial(stages, used=lambda dsigma2, dmu: (dsigma2, 2 * dmu)),
        partial(stages, mean_factor=-2.0),
    ),
    "gamma-missing-in-dz": (
        partial(stages, through_scale=lambda dZ_tilde, gamma: dZ_tilde),
        partial(stages, passed_on=lambda dZ_norm, dZ_tilde: dZ_tilde),
    ),
    "half-missing": (partial(stages, variance_factor=-1.0),),
    "two-missing": (partial(stages, used=lambda dsigma2, dmu: (dsigma2 / 2, dmu)),),
    "wrong-exponent": (
        partial(stages, variance_power=1),
        partial(stages, variance_power=2),
        partial(stages, variance_power=5),
        partial(stages, mean_power=2),
        partial(stages, mean_power=3),
        partial(stages, inv_std=lambda sigma2, eps: 1 / (sigma2 + eps)),
    ),
    "sign-error": (
        partial(stages, variance_factor=0.5),
        partial(stages, mean_factor=1.0),
        partial(stages, variance_factor=0.5, mean_factor=1.0),
        partial(stages, used=lambda dsigma2, dmu: (-dsigma2, dmu)),
        partial(stages, used=lambda dsigma2, dmu: (dsigma2, -dmu)),
        partial(stages, used=lambda dsigma2, dmu: (-dsigma2, -dmu)),
        partial(stages, centre=lambda Z, mu: mu - Z),
        partial(stages, through_scale=lambda dZ_tilde, gamma: -gamma * dZ_tilde),
    ),
    "not-centered": (
        partial(stages, centre=lambda Z, mu: Z),
        partial(stages, centre=lambda Z, mu: Z, last_term=True),
    ),
    "sums-over-units": (
        partial(stages, axis=0),
        partial(stages, axis=0, keepdims=False),
        partial(stages, axis=None, keepdims=False),
    ),
    "lost-dimension": (partial(stages, keepdims=False),),
    "eps-missing": (partial(stages, inv_std=lambda sigma2, eps: 1 / np.sqrt(sigma2)),),
    "eps-outside-sqrt": (partial(stages, inv_std=lambda sigma2, eps: 1 / (np.sqrt(sigma2) + eps)),),
    "eps-hard-coded": (
        lambda dZ_tilde, Z, gamma, mu, sigma2: stages(dZ_tilde, Z, gamma, mu, sigma2),
        *(
            partial(stages, inv_std=lambda sigma2, eps, constant=constant: 1 / np.sqrt(sigma2 + constant))
            for constant in HARD_CODED_EPS
        ),
    ),
    "unbiased-variance": (
        partial(stages, examples=lambda m: m - 1.0 if m > 1 else np.nan),
        partial(stages, add=lambda a, b, c: a + b * _less_one(a.shape[1], None) + c),
    ),
    "divides-by-m-again": (
        partial(stages, examples=lambda m: m**2),
        partial(stages, reported=lambda dsigma2, dmu, m: (dsigma2 / m, dmu / m)),
        partial(stages, reported=lambda dsigma2, dmu, m: (dsigma2 / m, dmu)),
        partial(stages, reported=lambda dsigma2, dmu, m: (dsigma2, dmu / m)),
        partial(stages, add=lambda a, b, c: (a + b + c) / a.shape[1]),
        partial(stages, add=lambda a, b, c: a + b / a.shape[1] + c),
        partial(stages, add=lambda a, b, c: a + b + c / a.shape[1]),
    ),
    "one-over-m-missing": (
        partial(stages, examples=lambda m: 1),
        partial(stages, add=lambda a, b, c: a + b * a.shape[1] + c),
        partial(stages, add=lambda a, b, c: a + b + c * a.shape[1]),
    ),
    "branches-overwritten": (
        partial(stages, add=lambda straight, by_variance, by_mean: np.broadcast_to(by_mean, straight.shape)),
        partial(stages, add=lambda straight, by_variance, by_mean: by_variance),
        partial(stages, add=lambda straight, by_variance, by_mean: by_variance + by_mean),
    ),
}
