"""Exercises on the moments that batch norm sets, and on the scale of the weights that it ignores."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import probes
from ..exercise import Case, Exercise, Misconception, Probe
from ..probes import LARGE_MEAN, NON_CONTIGUOUS, Plan
from . import forward_pieces as pieces
from .assignments import COVARIATE_SHIFT as NOTEBOOK
from .assignments import WITHHELD_FROM_COVARIATE_SHIFT as WITHHELD
from .structure import changes_its_input


def _moments(variance: Callable[..., Any]) -> Callable[..., Any]:
    """The function whose mean is beta, and whose variance is computed so."""
    return lambda gamma, beta, sigma2, eps=1e-5: (beta, variance(gamma, sigma2, eps))


def _share(sigma2, eps):
    """What is left of a variance of 1."""
    return sigma2 / (sigma2 + eps)


def _both(change: Callable[..., Any]) -> Callable[..., Any]:
    """The function that returns what a change makes of gamma, beta and the right variance."""

    def moments(gamma, beta, sigma2, eps=1e-5):
        return change(gamma, beta, gamma**2 * _share(sigma2, eps), _share(sigma2, eps))

    return moments


def _terms(gamma, beta, sigma2, eps=1e-5):
    """gamma squared, of which 1 - eps / (sigma2 + eps) leaves as little as you like."""
    return np.abs(beta), gamma**2


def _eps_into_sigma2(gamma, beta, sigma2, eps=1e-5):
    variance = gamma**2 * sigma2
    sigma2 += eps
    return beta, variance / sigma2


def _gamma_squared_in_place(gamma, beta, sigma2, eps=1e-5):
    gamma *= gamma
    return beta, gamma * _share(sigma2, eps)


MOMENTS_AFTER_BATCHNORM = Exercise(
    name="moments_after_batchnorm",
    notebook=NOTEBOOK,
    points=2,
    reference=_moments(lambda gamma, sigma2, eps: gamma**2 * sigma2 / (sigma2 + eps)),
    results=("mean", "variance"),
    probes=probes.probes(
        probes.with_statistics("gamma", "beta", "sigma2"),
        [plan for plan in probes.plans() if plan.edge != LARGE_MEAN],
    ),
    misconceptions=(
        Misconception(
            "eps-missing",
            _moments(lambda gamma, sigma2, eps: gamma**2),
            _moments(lambda gamma, sigma2, eps: gamma**2 * sigma2 / sigma2),
            question="Which variance does Z_norm have, exactly?",
            pointer="Divide Z - mu by np.sqrt(sigma2 + eps). What becomes of a variance sigma2?",
            statement="Z_norm has variance sigma2 / (sigma2 + eps), not 1: a crumb less, and far less for a "
            "quiet unit.",
        ),
        Misconception(
            "gamma-not-squared",
            _moments(lambda gamma, sigma2, eps: gamma * _share(sigma2, eps)),
            _moments(lambda gamma, sigma2, eps: np.abs(gamma) * _share(sigma2, eps)),
        ),
        Misconception(
            "deviation-instead-of-variance",
            _moments(lambda gamma, sigma2, eps: np.abs(gamma) * np.sqrt(_share(sigma2, eps))),
            _moments(lambda gamma, sigma2, eps: gamma * np.sqrt(_share(sigma2, eps))),
            _moments(lambda gamma, sigma2, eps: np.abs(gamma)),
            _moments(lambda gamma, sigma2, eps: gamma),
            question="Is your second result measured like Z_tilde, or like its square?",
            pointer="Look for a root where the variance itself is asked for.",
            statement="The variance is asked for: the square of the standard deviation.",
        ),
        Misconception(
            "gamma-ignored",
            _moments(lambda gamma, sigma2, eps: _share(sigma2, eps)),
            _moments(lambda gamma, sigma2, eps: np.ones_like(gamma)),
        ),
        Misconception("beta-ignored", _both(lambda gamma, beta, variance, share: (0 * beta, variance))),
        Misconception(
            "moments-of-z-norm",
            _both(lambda gamma, beta, variance, share: (0 * beta, share)),
            _both(lambda gamma, beta, variance, share: (0 * beta, np.ones_like(beta))),
        ),
        Misconception(
            "gamma-beta-swapped", _both(lambda gamma, beta, variance, share: (gamma, beta**2 * share))
        ),
        Misconception(
            "results-in-another-order", _both(lambda gamma, beta, variance, share: (variance, beta))
        ),
        Misconception(
            "shift-before-scale", _both(lambda gamma, beta, variance, share: (gamma * beta, variance))
        ),
        Misconception(
            "eps-outside-sqrt",
            _moments(lambda gamma, sigma2, eps: gamma**2 * sigma2 / (np.sqrt(sigma2) + eps) ** 2),
        ),
        Misconception(
            "eps-hard-coded",
            lambda gamma, beta, sigma2: (beta, gamma**2 * _share(sigma2, 1e-5)),
            *(
                _moments(lambda gamma, sigma2, eps, constant=constant: gamma**2 * _share(sigma2, constant))
                for constant in pieces.HARD_CODED_EPS
            ),
        ),
        Misconception(
            "eps-as-maximum", _moments(lambda gamma, sigma2, eps: gamma**2 * sigma2 / np.maximum(sigma2, eps))
        ),
        Misconception("eps-squared", _moments(lambda gamma, sigma2, eps: gamma**2 * _share(sigma2, eps**2))),
        Misconception(
            "divides-by-variance",
            _moments(lambda gamma, sigma2, eps: gamma**2 * sigma2 / (sigma2 + eps) ** 2),
            question="By which factor does dividing by d change a variance?",
            pointer="Z_norm is Z - mu over a root. What does the variance get divided by?",
            statement="Z - mu is divided by np.sqrt(sigma2 + eps), so its variance by sigma2 + eps, once.",
        ),
        Misconception(
            "divides-by-deviation",
            _moments(lambda gamma, sigma2, eps: gamma**2 * sigma2 / np.sqrt(sigma2 + eps)),
        ),
        Misconception(
            "not-divided",
            _moments(lambda gamma, sigma2, eps: gamma**2 * sigma2),
            _moments(lambda gamma, sigma2, eps: gamma**2 * (sigma2 + eps)),
            question="Should a loud unit still be loud after batch norm?",
            pointer="Your variance grows with sigma2. Which step takes sigma2 out?",
            statement="Normalizing divides the variance by sigma2 + eps before gamma scales it.",
        ),
        Misconception(
            "share-upside-down",
            _moments(lambda gamma, sigma2, eps: gamma**2 * (sigma2 + eps) / sigma2),
        ),
        Misconception(
            "divides-by-gamma",
            _moments(lambda gamma, sigma2, eps: _share(sigma2, eps) / gamma**2),
        ),
        Misconception(
            "not-centered",
            _both(lambda gamma, beta, variance, share: (beta, variance + beta**2)),
            question="What does adding a constant to every example do to a variance?",
            pointer="Try gamma 0: every example is beta then. How far do they spread?",
            statement="beta shifts the mean and leaves the variance alone. The mean of the squares is "
            "something else.",
        ),
        Misconception(
            "sign-error",
            _both(lambda gamma, beta, variance, share: (-beta, variance)),
            _both(lambda gamma, beta, variance, share: (beta, -variance)),
            _moments(lambda gamma, sigma2, eps: gamma**2 * _share(sigma2, -eps)),
        ),
        Misconception(
            "global-statistics",
            _moments(lambda gamma, sigma2, eps: gamma**2 * _share(sigma2.mean(), eps)),
            lambda gamma, beta, sigma2, eps=1e-5: (beta.mean(), (gamma**2 * _share(sigma2, eps)).mean()),
        ),
        Misconception(
            "lost-dimension",
            _both(lambda gamma, beta, variance, share: (beta.ravel(), variance.ravel())),
            _both(lambda gamma, beta, variance, share: (beta, variance.ravel())),
            _both(lambda gamma, beta, variance, share: (beta.ravel(), variance)),
            _moments(lambda gamma, sigma2, eps: gamma**2 * _share(sigma2.ravel(), eps)),
            _moments(lambda gamma, sigma2, eps: gamma.ravel() ** 2 * _share(sigma2, eps)),
        ),
        changes_its_input(_eps_into_sigma2, _gamma_squared_in_place),
    ),
    terms=_terms,
    withheld=WITHHELD,
)


def _gradient(plan: Plan, c: float | None, edge: str | None = None) -> Probe:
    """A gradient that came back through batch norm, and a factor for the weights."""

    def probe(rng: np.random.Generator) -> Case:
        Z = probes.pre_activations(Plan(plan.n, plan.m), rng)
        A_prev = np.abs(rng.standard_normal((plan.n + 2, plan.m)))
        gamma = probes.scale_and_shift(plan.n, rng)["gamma"]
        dZ = _back_through_batch_norm(Z, gamma, rng.standard_normal(Z.shape) / plan.m)
        dW = dZ @ A_prev.T
        if plan.kind == "hand":
            dW = rng.integers(1, 9, (2, 3)) * rng.choice((-1.0, 1.0), (2, 3))
        arguments = probes.rounded({"dW": dW}, plan.dtype)
        if plan.layout:
            arguments = probes.non_contiguous(arguments, plan.layout)
        factor = float(rng.uniform(1.5, 9) ** rng.choice((-1, 1))) if c is None else c
        return Case({**arguments, "c": factor}, edge=edge)

    return probe


def _back_through_batch_norm(Z, gamma, dZ_tilde):
    statistics = probes.statistics(Z)
    inverse = 1 / np.sqrt(statistics["sigma2"] + probes.DEFAULT_EPS)
    Z_norm = (Z - statistics["mu"]) * inverse
    centred = dZ_tilde - dZ_tilde.mean(axis=1, keepdims=True)
    return gamma * inverse * (centred - Z_norm * (dZ_tilde * Z_norm).mean(axis=1, keepdims=True))


def _divide_in_place(dW, c):
    dW /= c
    return dW


RESCALED_GRADIENT = Exercise(
    name="rescaled_gradient",
    notebook=NOTEBOOK,
    points=1,
    reference=lambda dW, c: dW / c,
    results=("gradient",),
    probes=(
        _gradient(Plan(2, 4, kind="hand"), 4),
        _gradient(Plan(3, 9), None),
        _gradient(Plan(4, 8), 0.3),
        _gradient(Plan(4, 11, np.float32), None),
        _gradient(Plan(5, 8, np.float32), 3),
        _gradient(Plan(3, 9), 2e6, "a very large c"),
        _gradient(Plan(3, 9), 5e-7, "a very small c"),
        _gradient(Plan(1, 9), None, "a single unit"),
        _gradient(Plan(3, 9, layout="gaps"), None, NON_CONTIGUOUS),
        _gradient(Plan(4, 8, layout="transposed"), None, NON_CONTIGUOUS),
    ),
    misconceptions=(
        Misconception("multiplies-by-the-factor", lambda dW, c: dW * c, lambda dW, c: dW * c**2),
        Misconception("gradient-taken-for-invariant", lambda dW, c: dW, lambda dW, c: dW.copy()),
        Misconception("gradient-taken-for-zero", lambda dW, c: 0 * dW),
        Misconception("divides-by-the-square", lambda dW, c: dW / c**2),
        Misconception("divides-by-the-root", lambda dW, c: dW / np.sqrt(c)),
        Misconception(
            "sign-error",
            lambda dW, c: -dW / c,
            question="Does c W point another way than W does?",
            pointer="c is positive. Where would a minus come from?",
            statement="The size is right and the sign is not: dividing by a positive c turns nothing round.",
        ),
        Misconception(
            "divides-by-its-own-size",
            lambda dW, c: dW / np.linalg.norm(dW),
            lambda dW, c: dW / (c * np.linalg.norm(dW)),
            lambda dW, c: c * dW / np.linalg.norm(dW),
        ),
        Misconception(
            "eps-added-to-the-factor",
            lambda dW, c: dW / (c + 1e-5),
            lambda dW, c: dW / (c + 1e-8),
            lambda dW, c: dW / np.sqrt(c**2 + 1e-5),
        ),
        changes_its_input(_divide_in_place),
    ),
    withheld=WITHHELD,
)
