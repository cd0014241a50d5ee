"""Batch norm's backward pass stage by stage, and what goes wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from .backward_pieces import LOSSES, OVER_UNITS, by_unit, flattened, less_one, lost
from .forward_pieces import HARD_CODED_EPS


def _average(terms):
    return terms.mean(axis=1, keepdims=True)


def _inverse(sigma2, eps):
    return 1 / np.sqrt(sigma2 + eps)


def _times(factor, terms, over, inside):
    return over(factor * terms) if inside else factor * over(terms)


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
    inv_std=_inverse,
    inv_std_in_variance=None,
    variance_factor=-0.5,
    variance_power=3,
    mean_factor=-1.0,
    mean_power=1,
    last_term=False,
    average=_average,
    examples=lambda m: m,
    over_variance=by_unit,
    over_mean=by_unit,
    inside=(False, False),
    by_units=False,
    reported=lambda dsigma2, dmu, m: (dsigma2, dmu),
    used=lambda dsigma2, dmu: (dsigma2, dmu),
    add=lambda straight, by_variance, by_mean: straight + by_variance + by_mean,
):
    """Return ``dZ_norm, dsigma2, dmu, dZ`` by the chain rule; every keyword is a screw to turn.

    `inside` says for dsigma2 and dmu whether the power of the deviation stands inside the sum. `reported`
    changes what is returned as dsigma2 and dmu and used in dZ, `used` what is used alone. The last term of
    dmu is 0 up to rounding where mu is the mean of Z.
    """
    m = len(Z) if by_units else examples(Z.shape[1])
    deviation, inv = centre(Z, mu), inv_std(sigma2, eps)
    first_stage = through_scale(dZ_tilde, gamma)
    dZ_norm = passed_on(first_stage, dZ_tilde)
    inv_here = inv if inv_std_in_variance is None else inv_std_in_variance(sigma2, eps)
    slope = variance_factor * inv_here**variance_power
    dsigma2 = _times(slope, dZ_norm * deviation, over_variance, inside[0])
    dmu = _times(mean_factor * inv**mean_power, dZ_norm, over_mean, inside[1])
    if last_term:
        dmu = dmu - 2 * dsigma2 * average(deviation)
    dsigma2, dmu = reported(dsigma2, dmu, Z.shape[1])
    by_variance, by_mean = used(dsigma2, dmu)
    dZ = add(dZ_norm * inv, by_variance * 2 * deviation / m, by_mean / m)
    return {"dZ_norm": first_stage, "dsigma2": dsigma2, "dmu": dmu, "dZ": dZ}


def _over_units():
    """Every sum over the units in place of the examples, in one stage or in both."""
    for over, inside in product(OVER_UNITS, ((False, False), (True, True))):
        sums = {"over_variance": over, "over_mean": over, "inside": inside}
        yield partial(stages, **sums)
        yield partial(stages, **sums, last_term=True)
        yield partial(stages, **sums, last_term=True, average=_averaging(over))
        yield partial(stages, **sums, last_term=True, average=_sum_over_m(over))
        yield partial(stages, **sums, by_units=True)
        yield partial(stages, over_variance=over, inside=inside)
        yield partial(stages, over_mean=over, inside=inside)


def _averaging(over):
    return lambda terms: over(terms) / (terms.size / np.size(over(terms)))


def _sum_over_m(over):
    return lambda terms: over(terms) / terms.shape[1]


def _lost_dimensions():
    """Every sum that loses its dimension, alone and with the others, and every column made flat."""
    last_terms = ({}, {"last_term": True}, {"last_term": True, "average": lambda terms: terms.mean(axis=1)})
    yield partial(stages, **last_terms[2])
    for (variance, mean), last in product(LOSSES, last_terms):
        for inside in product(*((False, True) if over is lost else (False,) for over in (variance, mean))):
            yield partial(stages, over_variance=variance, over_mean=mean, inside=inside, **last)
    for inside, last in product(product((False, True), repeat=2), last_terms[:2]):
        yield from flattened(partial(stages, inside=inside, **last), 2, 3, 4)


def _with_inverse(inverse):
    """The stages with another deviation: throughout, in dsigma2 alone, and everywhere but there."""
    yield partial(stages, inv_std=inverse)
    yield partial(stages, inv_std=inverse, inv_std_in_variance=_inverse)
    yield partial(stages, inv_std_in_variance=inverse)


def _hard_coded(constant):
    return lambda sigma2, eps: 1 / np.sqrt(sigma2 + constant)


def _unbiased(dZ_tilde, Z, gamma, mu, sigma2, eps=1e-5, **screws):
    m = Z.shape[1]
    return stages(dZ_tilde, Z, gamma, mu, sigma2 * m / np.float64(m - 1), eps, **screws)


def _more_in_variance(straight, by_variance, by_mean):
    return straight + by_variance * less_one(straight.shape[1], None) + by_mean


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
    "sums-over-units": tuple(_over_units()),
    "lost-dimension": tuple(_lost_dimensions()),
    "eps-missing": tuple(_with_inverse(lambda sigma2, eps: 1 / np.sqrt(sigma2))),
    "eps-outside-sqrt": tuple(_with_inverse(lambda sigma2, eps: 1 / (np.sqrt(sigma2) + eps))),
    "eps-hard-coded": (
        lambda dZ_tilde, Z, gamma, mu, sigma2: stages(dZ_tilde, Z, gamma, mu, sigma2),
        *(form for constant in HARD_CODED_EPS for form in _with_inverse(_hard_coded(constant))),
    ),
    "unbiased-variance": (
        partial(stages, examples=lambda m: m - 1.0 if m > 1 else np.nan),
        partial(stages, add=_more_in_variance),
        _unbiased,
        partial(_unbiased, add=_more_in_variance),
        partial(_unbiased, examples=lambda m: m - 1.0 if m > 1 else np.nan),
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
