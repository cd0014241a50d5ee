"""Batch norm's backward pass, and what goes wrong with it.

One function with the right path as its defaults; each mistake turns one of its screws. The exercises on the
backward pass and on a whole network's gradients take their misconceptions from here, and `stage_pieces` the
sums.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import chain, combinations, product
from typing import Any

import numpy as np

from .forward_pieces import HARD_CODED_EPS


def by_unit(terms):
    """Add up over the mini-batch, as a column."""
    return terms.sum(axis=1, keepdims=True)


def lost(terms):
    """Add up over the mini-batch, without the second dimension."""
    return terms.sum(axis=1)


# Sums over the units of each example, and over everything.
OVER_UNITS = (
    lambda terms: terms.sum(axis=0, keepdims=True),
    lambda terms: terms.sum(axis=0),
    lambda terms: terms.sum(),
)
# Two sums of which one or both lose a dimension.
LOSSES = ((lost, by_unit), (by_unit, lost), (lost, lost))


def flattened(function: Callable[..., Any], *places: int) -> tuple[Callable[..., Any], ...]:
    """Return the function with every selection of these arguments made flat, from (n, 1) to (n,)."""

    def flat(chosen, *given, **keywords):
        arguments = [value.ravel() if i in chosen else value for i, value in enumerate(given)]
        return function(*arguments, **keywords)

    selections = chain.from_iterable(combinations(places, k + 1) for k in range(len(places)))
    return tuple(partial(flat, chosen) for chosen in selections)


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
    over_scale=by_unit,
    over_shift=by_unit,
    examples=lambda Z_norm: Z_norm.shape[1],
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
    over_scale, over_shift : callables
        The sums over the mini-batch in dgamma and in dbeta.
    examples : callable
        By how many the two are divided in dZ.
    then : callable
        Changes the results in the end.
    """
    m = examples(Z_norm)
    std = np.sqrt(sigma2 + eps)
    dgamma, dbeta = over_scale(dZ_tilde * Z_norm), over_shift(dZ_tilde)
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


def less_one(m, std):
    """Return what divides by m - 1 where m is divided by."""
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


def _returned(over_scale, over_shift):
    """A backward pass with the right dZ, whose other two results are other sums."""

    def wrong(dZ_tilde, Z_norm, gamma, sigma2, eps=1e-5):
        dZ = backward(dZ_tilde, Z_norm, gamma, sigma2, eps)[0]
        return dZ, over_scale(dZ_tilde * Z_norm), over_shift(dZ_tilde)

    return wrong


def _unbiased(dZ_tilde, Z_norm, gamma, sigma2, eps=1e-5, **paths):
    m = Z_norm.shape[1]
    return backward(dZ_tilde, Z_norm, gamma, sigma2 * m / np.float64(m - 1), eps, **paths)


def _units(Z_norm):
    return Z_norm.shape[0]


def _signs(a, b, c):
    return lambda dZ, dgamma, dbeta, m: (a * dZ, b * dgamma, c * dbeta)


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
        *(
            partial(backward, then=_signs(*signs))
            for signs in product((1, -1), repeat=3)
            if signs != (1, 1, 1)
        ),
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
        *(partial(backward, over_scale=over, over_shift=over) for over in OVER_UNITS),
        *(
            partial(backward, over_scale=over, over_shift=over, examples=count)
            for over, count in zip(OVER_UNITS, (_units, _units, np.size), strict=True)
        ),
        *(_returned(over, over) for over in OVER_UNITS),
        *(_returned(over, by_unit) for over in OVER_UNITS),
        *(_returned(by_unit, over) for over in OVER_UNITS),
    ),
    "lost-dimension": (
        *(partial(backward, over_scale=scale, over_shift=shift) for scale, shift in LOSSES),
        *flattened(backward, 2, 3),
    ),
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
        partial(backward, mean_path=less_one, variance_path=less_one),
        partial(backward, variance_path=less_one),
        partial(backward, mean_path=less_one),
        _unbiased,
        partial(_unbiased, variance_path=less_one),
        partial(_unbiased, mean_path=less_one, variance_path=less_one),
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
