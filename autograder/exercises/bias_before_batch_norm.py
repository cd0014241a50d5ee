"""Exercises on one bias before batch norm: its gradient, and how to take it out of a trained layer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from .. import probes
from ..exercise import Case, Exercise, Misconception, Probe
from ..probes import FAR, LARGE_MEAN, NON_CONTIGUOUS
from .assignments import BIAS as NOTEBOOK
from .assignments import WITHHELD_FROM_BIAS as WITHHELD
from .backward_pass import BATCHNORM_BACKWARD
from .structure import changes_its_input


def _bias_gradient(dZ_tilde, Z_norm, gamma, sigma2, eps=1e-5):
    """The exact answer: what each bias does to Z, the mean undoes."""
    return np.zeros_like(gamma)


def _by_the_chain_rule(
    dZ_tilde,
    Z_norm,
    gamma,
    sigma2,
    eps=1e-5,
    *,
    scale=lambda gamma, std: gamma / std,
    mean_path=lambda m: 1.0,
    straight=1.0,
    collect=lambda dZ: dZ.sum(axis=1, keepdims=True),
):
    """The sum of dZ; every keyword is a piece to replace."""
    m = dZ_tilde.shape[1]
    dbeta = dZ_tilde.sum(axis=1, keepdims=True)
    dgamma = (dZ_tilde * Z_norm).sum(axis=1, keepdims=True)
    paths = straight * dZ_tilde - mean_path(m) * dbeta / m - Z_norm * dgamma / m
    return collect(scale(gamma, np.sqrt(sigma2 + eps)) * paths)


def _with(**pieces: Any) -> Callable[..., Any]:
    return partial(_by_the_chain_rule, **pieces)


def _without_the_statistics(collect=lambda dZ: dZ.sum(axis=1, keepdims=True), scale=lambda g, std: g / std):
    """What is left when mu and sigma2 are taken for constants."""

    def wrong(dZ_tilde, Z_norm, gamma, sigma2, eps=1e-5):
        return collect(scale(gamma, np.sqrt(sigma2 + eps)) * dZ_tilde)

    return wrong


def _terms(dZ_tilde, Z_norm, gamma, sigma2, eps=1e-5):
    """How large the terms are that cancel, on the longest way to the answer."""
    by_mean = np.abs(dZ_tilde).mean(axis=1, keepdims=True)
    by_variance = np.abs(Z_norm) * np.abs(dZ_tilde * Z_norm).mean(axis=1, keepdims=True)
    paths = np.abs(dZ_tilde) + by_mean + by_variance
    return np.abs(gamma) / np.sqrt(sigma2 + eps) * paths.sum(axis=1, keepdims=True)


def _absent(m):
    return 0.0


def _mean(dZ):
    return dZ.mean(axis=1, keepdims=True)


def _gradient_in_place(dZ_tilde, Z_norm, gamma, sigma2, eps=1e-5):
    dZ_tilde *= gamma / np.sqrt(sigma2 + eps)
    dZ_tilde -= dZ_tilde.mean(axis=1, keepdims=True)
    return dZ_tilde.sum(axis=1, keepdims=True)


def _flat(dZ_tilde, Z_norm, gamma, sigma2, eps=1e-5):
    return _by_the_chain_rule(dZ_tilde, Z_norm, gamma.ravel(), sigma2.ravel(), eps)


BIAS_GRADIENT = Exercise(
    name="bias_gradient",
    notebook=NOTEBOOK,
    points=3,
    reference=_bias_gradient,
    results=("db",),
    # The same inputs that batch norm's whole backward pass gets: all of them from a real forward pass.
    probes=BATCHNORM_BACKWARD.probes,
    misconceptions=(
        Misconception(
            "statistics-treated-as-constants",
            # The path through the variance adds up to 0 by itself: with it or without, this is the result.
            _without_the_statistics(),
            _with(mean_path=_absent),
            question="When b grows by 1, what else grows by 1 besides each entry of Z?",
            pointer="Draw the paths from b to Z_norm: one goes straight, one through mu.",
            statement="mu depends on b: the path through the mean gives minus the sum of "
            "gamma * dZ_tilde / std, and takes away what the straight path brings.",
        ),
        Misconception(
            "gamma-missing-in-dz",
            _without_the_statistics(scale=lambda gamma, std: 1 / std),
            question="What stands between Z_norm and Z_tilde?",
            pointer="Two things are missing. Double gamma: what does your db do?",
            statement="dZ_norm = gamma * dZ_tilde; and the path through the mean is missing as well, which "
            "takes "
            "everything away again.",
        ),
        Misconception(
            "not-divided",
            _without_the_statistics(scale=lambda gamma, std: gamma),
            question="What lies between Z and Z_norm?",
            pointer="You have stopped at Z_norm: b is added one step earlier, to Z.",
            statement="The sum of gamma * dZ_tilde collects dZ_norm. db is the sum of dZ, behind the "
            "division and behind the mean.",
        ),
        Misconception(
            "wrong-exponent",
            *(
                _without_the_statistics(scale=lambda gamma, std, power=power: gamma * std**power)
                for power in (-2, -3, 1)
            ),
            question="By what is Z - mu divided in the forward pass?",
            pointer="Check the power of sigma2 + eps. And is there a path through the mean?",
            statement="The straight path divides by the root of sigma2 + eps. The path through the mean "
            "takes "
            "the same away again.",
        ),
        Misconception(
            "gradient-of-beta",
            _without_the_statistics(scale=lambda gamma, std: 1.0),
            _without_the_statistics(scale=lambda gamma, std: 1.0, collect=_mean),
        ),
        Misconception(
            "sign-error",
            _with(mean_path=lambda m: 2.0),
            _with(mean_path=lambda m: -1.0),
            _with(straight=-1.0),
            question="Two paths lead from b to Z_norm. Can both push the same way?",
            pointer="One path moves the entry, the other moves what is subtracted from it. Check the signs.",
            statement="The straight path gives plus the sum of gamma * dZ_tilde / std, the path through the "
            "mean "
            "minus the same, once. They cancel.",
        ),
        Misconception(
            "divides-by-m-again",
            _without_the_statistics(collect=_mean),
            _with(mean_path=lambda m: 1 / m),
            question="How often does one bias take part in a mini-batch?",
            pointer="Look for a 1/m that the formula does not have, and count your paths.",
            statement="b is added to each of the m examples, so its gradient is a plain sum; the 1/m of the "
            "cost "
            "is in dZ_tilde already.",
        ),
        Misconception("one-over-m-missing", _with(mean_path=float)),
        Misconception(
            "divides-by-m-minus-one",
            _with(mean_path=lambda m: m / (m - 1.0) if m > 1 else np.nan),
        ),
        Misconception(
            "examples-not-summed",
            _with(collect=lambda dZ: dZ),
            _without_the_statistics(lambda dZ: dZ),
            lambda dZ_tilde, Z_norm, gamma, sigma2, eps=1e-5: np.zeros_like(dZ_tilde),
        ),
        Misconception(
            "sums-over-units",
            *(
                way(collect=collect)
                for way in (_with, _without_the_statistics)
                for collect in (lambda dZ: dZ.sum(axis=0, keepdims=True), lambda dZ: dZ.sum(axis=0))
            ),
            question="How many examples is each bias added to?",
            pointer="Check the shape of your result: one number per unit, or one per example?",
            statement="A bias is shared by the examples of its unit, so the sum runs over axis=1, for each "
            "unit "
            "by itself.",
        ),
        Misconception(
            "one-number-for-all-units",
            _with(collect=lambda dZ: dZ.sum()),
            _without_the_statistics(lambda dZ: dZ.sum()),
            lambda dZ_tilde, Z_norm, gamma, sigma2, eps=1e-5: 0.0,
        ),
        Misconception(
            "lost-dimension",
            _with(collect=lambda dZ: dZ.sum(axis=1)),
            lambda dZ_tilde, Z_norm, gamma, sigma2, eps=1e-5: np.zeros(len(gamma)),
            _flat,
        ),
        Misconception(
            "row-instead-of-column",
            _with(collect=lambda dZ: dZ.sum(axis=1, keepdims=True).T),
            lambda dZ_tilde, Z_norm, gamma, sigma2, eps=1e-5: np.zeros((1, len(gamma))),
        ),
        changes_its_input(_gradient_in_place),
    ),
    terms=_terms,
    withheld=WITHHELD,
)


def _trained(n: int, dtype: type = np.float64, kind: str = "", edge: str | None = None) -> Probe:
    def probe(rng: np.random.Generator) -> Case:
        if kind == "hand":
            b, running_mu = (probes.whole_numbers(n, 4, rng)[:, :1] for _ in range(2))
            b = np.where(b == 0, 3.0, b)
        else:
            b = probes.signed(rng, 0.5, 2, (n, 1))
            running_mu = probes.signed(rng, 0.5, 3, (n, 1))
        if kind == "far":
            b = b * FAR[dtype]
        if kind in ("far", "with b"):  # gathered while b was there, so most of it is b
            running_mu = running_mu + b
        arguments = probes.rounded({"b": b, "running_mu": running_mu}, dtype)
        if edge == NON_CONTIGUOUS:
            arguments = probes.non_contiguous(arguments, "gaps")
        return Case(arguments, {}, edge)

    return probe


def _remove_in_place(b, running_mu):
    running_mu -= b
    return running_mu


def _remove_from_changed(b, running_mu):
    b *= -1
    return running_mu + b


REMOVE_TRAINED_BIAS = Exercise(
    name="remove_trained_bias",
    notebook=NOTEBOOK,
    points=2,
    reference=lambda b, running_mu: running_mu - b,
    results=("running_mu",),
    probes=(
        _trained(2, kind="hand"),
        _trained(3),
        _trained(4, kind="with b"),
        _trained(5, np.float32, kind="with b"),
        _trained(3, np.float32),
        _trained(1, edge="one unit"),
        _trained(4, kind="far", edge=LARGE_MEAN),
        _trained(3, np.float32, kind="far", edge=LARGE_MEAN),
        _trained(4, edge=NON_CONTIGUOUS),
    ),
    misconceptions=(
        Misconception(
            "wrong-sign-of-running-mean",
            lambda b, running_mu: running_mu + b,
            lambda b, running_mu: b - running_mu,
            lambda b, running_mu: -(b + running_mu),
        ),
        Misconception("running-mean-not-corrected", lambda b, running_mu: running_mu.copy()),
        Misconception(
            "bias-returned-instead",
            lambda b, running_mu: b.copy(),
            lambda b, running_mu: -b,
        ),
        Misconception(
            "running-mean-thrown-away",
            lambda b, running_mu: np.zeros_like(running_mu),
        ),
        Misconception(
            "one-number-for-all-units",
            lambda b, running_mu: running_mu - b.mean(),
            lambda b, running_mu: running_mu.mean() - b.mean(),
            lambda b, running_mu: running_mu - b.sum(),
        ),
        Misconception(
            "old-average-still-counts",
            *(
                lambda b, running_mu, decay=decay: decay * running_mu + (1 - decay) * (running_mu - b)
                for decay in (0.9, 0.5, 0.1)
            ),
            lambda b, running_mu: 0.9 * running_mu - 0.1 * b,
        ),
        Misconception(
            "lost-dimension",
            lambda b, running_mu: (running_mu - b).ravel(),
            lambda b, running_mu: running_mu - b.ravel(),
            lambda b, running_mu: running_mu.ravel() - b,
        ),
        Misconception("row-instead-of-column", lambda b, running_mu: (running_mu - b).T),
        changes_its_input(_remove_in_place, _remove_from_changed),
    ),
    withheld=WITHHELD,
)
