"""Exercises on the whole forward pass, on undoing it, and on a network's inputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from .. import probes
from ..exercise import Case, Exercise, Misconception
from ..probes import CONSTANT_UNIT, ONE_EXAMPLE, Plan
from . import forward_pieces as pieces
from .assignments import NORMALIZING as NOTEBOOK
from .assignments import WITHHELD_FROM_NORMALIZING as WITHHELD
from .forward_pieces import Forward, misconceptions
from .structure import changes_its_input, difference_of_squares


def _forward_in_place(Z, gamma, beta, eps=1e-5):
    mu = Z.mean(axis=1, keepdims=True)
    Z -= mu
    sigma2 = (Z**2).mean(axis=1, keepdims=True)
    Z /= np.sqrt(sigma2 + eps)
    return gamma * Z + beta, Z, mu, sigma2


def _then(change: Callable[..., Any]) -> Callable[..., Any]:
    """A right forward pass, whose results are then changed."""

    def batchnorm_forward(Z, gamma, beta, eps=1e-5):
        return change(Z, eps, *pieces.RIGHT(Z, gamma, beta, eps))

    return batchnorm_forward


BATCHNORM_FORWARD = Exercise(
    name="batchnorm_forward",
    notebook=NOTEBOOK,
    points=4,
    reference=pieces.RIGHT,
    results=("Z_tilde", "Z_norm", "mu", "sigma2"),
    stages=("mu", "sigma2", "Z_norm", "Z_tilde"),
    probes=probes.probes(probes.with_statistics("Z", "gamma", "beta"), probes.plans()),
    misconceptions=(
        *misconceptions(
            lambda forward: forward,
            pieces.STATISTICS,
            pieces.NORMALIZING,
            pieces.SCALING,
            pieces.FLAT,
            more={
                "unbiased-variance": (
                    _then(lambda Z, eps, a, b, mu, sigma2: (a, b, mu, sigma2 * len(Z.T) / (len(Z.T) - 1.0))),
                ),
                "deviation-instead-of-variance": (
                    _then(lambda Z, eps, a, b, mu, sigma2: (a, b, mu, np.sqrt(sigma2))),
                    _then(lambda Z, eps, a, b, mu, sigma2: (a, b, mu, np.sqrt(sigma2 + eps))),
                ),
                "eps-hard-coded": (lambda Z, gamma, beta: pieces.RIGHT(Z, gamma, beta),),
                "eps-in-the-variance": (
                    _then(lambda Z, eps, a, b, mu, sigma2: (a, b, mu, sigma2 + eps)),
                    Forward(variance=lambda Z, mu: pieces.RIGHT.variance(Z, mu) + 1e-5),
                ),
                "results-in-another-order": (
                    _then(lambda Z, eps, a, b, mu, sigma2: (b, a, mu, sigma2)),
                    _then(lambda Z, eps, a, b, mu, sigma2: (a, b, sigma2, mu)),
                    _then(lambda Z, eps, a, b, mu, sigma2: (b, a, sigma2, mu)),
                    _then(lambda Z, eps, a, b, mu, sigma2: (mu, sigma2, b, a)),
                    _then(lambda Z, eps, a, b, mu, sigma2: (a, mu, sigma2, b)),
                    _then(lambda Z, eps, a, b, mu, sigma2: (b, mu, sigma2, a)),
                ),
                "sign-error": (pieces.SCALING_SIGN,),
            },
        ),
        difference_of_squares(pieces.DIFFERENCE_OF_SQUARES),
        changes_its_input(_forward_in_place),
    ),
    terms=pieces.forward_terms,
    withheld=WITHHELD,
)


def _identity_in_place(mu, sigma2, eps=1e-5):
    sigma2 += eps
    return np.sqrt(sigma2), mu


IDENTITY_PARAMETERS = Exercise(
    name="identity_parameters",
    notebook=NOTEBOOK,
    points=2,
    reference=lambda mu, sigma2, eps=1e-5: (np.sqrt(sigma2 + eps), mu.copy()),
    results=("gamma", "beta"),
    probes=probes.probes(probes.with_statistics("mu", "sigma2"), probes.plans()),
    misconceptions=(
        Misconception("eps-forgotten-in-identity", lambda mu, sigma2, eps=1e-5: (np.sqrt(sigma2), mu)),
        Misconception(
            "variance-instead-of-deviation",
            lambda mu, sigma2, eps=1e-5: (sigma2 + eps, mu),
            lambda mu, sigma2, eps=1e-5: (sigma2, mu),
        ),
        Misconception("eps-outside-sqrt", lambda mu, sigma2, eps=1e-5: (np.sqrt(sigma2) + eps, mu)),
        Misconception(
            "eps-hard-coded",
            lambda mu, sigma2: (np.sqrt(sigma2 + 1e-5), mu),
            *(
                lambda mu, sigma2, eps=1e-5, constant=constant: (np.sqrt(sigma2 + constant), mu)
                for constant in pieces.HARD_CODED_EPS
            ),
        ),
        Misconception("eps-as-maximum", lambda mu, sigma2, eps=1e-5: (np.sqrt(np.maximum(sigma2, eps)), mu)),
        Misconception("gamma-beta-swapped", lambda mu, sigma2, eps=1e-5: (mu, np.sqrt(sigma2 + eps))),
        Misconception(
            "gamma-inverted",
            lambda mu, sigma2, eps=1e-5: (1 / np.sqrt(sigma2 + eps), mu),
            lambda mu, sigma2, eps=1e-5: (1 / np.sqrt(sigma2 + eps), -mu / np.sqrt(sigma2 + eps)),
        ),
        Misconception("sign-error", lambda mu, sigma2, eps=1e-5: (np.sqrt(sigma2 + eps), -mu)),
        Misconception(
            "mean-over-deviation",
            lambda mu, sigma2, eps=1e-5: (np.sqrt(sigma2 + eps), mu / np.sqrt(sigma2 + eps)),
            lambda mu, sigma2, eps=1e-5: (np.sqrt(sigma2 + eps), -mu / np.sqrt(sigma2 + eps)),
        ),
        Misconception("ones-and-zeros", lambda mu, sigma2, eps=1e-5: (np.ones_like(mu), np.zeros_like(mu))),
        Misconception(
            "lost-dimension", lambda mu, sigma2, eps=1e-5: (np.sqrt(sigma2 + eps).ravel(), mu.ravel())
        ),
        changes_its_input(_identity_in_place),
    ),
    withheld=WITHHELD,
)


def _two_sets(Z, rng, eps):
    """A training set, and a test set from a shifted and stretched distribution."""
    known = probes.statistics(Z)
    columns = 1 + int(rng.integers(4, 8)) * (Z.shape[1] > 1)
    deviation = np.sqrt(known["sigma2"]) + 1e-3
    noise = deviation * rng.standard_normal((len(Z), columns))
    X_test = known["mu"] + 2 * deviation + 1.7 * noise
    by_hand = np.array_equal(Z, Z.round())
    return {"X_train": Z, "X_test": X_test.round() if by_hand else X_test}


def _one_test_example(rng: np.random.Generator) -> Case:
    eps = probes.draw_eps("keyword", rng)
    sets = _two_sets(probes.pre_activations(Plan(3, 7), rng), rng, eps)
    return probes.with_eps({**sets, "X_test": sets["X_test"][:, :1]}, "keyword", eps, "one test example")


def _normalized_by(forward: Forward) -> Callable[..., Any]:
    def normalize_inputs(X_train, X_test, eps=1e-5):
        mu = forward.mean(X_train)
        sigma2 = forward.variance(X_train, mu)
        return forward.normalize(X_train, mu, sigma2, eps), forward.normalize(X_test, mu, sigma2, eps)

    return normalize_inputs


def _normalize(X, mu_from, sigma2_from, eps):
    sigma2 = probes.statistics(sigma2_from)["sigma2"]
    return pieces.RIGHT.normalize(X, probes.statistics(mu_from)["mu"], sigma2, eps)


def _together(X_train, X_test, eps=1e-5):
    both = np.concatenate([X_train, X_test], axis=1)
    return _normalize(X_train, both, both, eps), _normalize(X_test, both, both, eps)


def _inputs_in_place(X_train, X_test, eps=1e-5):
    mu = X_train.mean(axis=1, keepdims=True)
    X_test -= mu
    X_train -= mu
    deviation = np.sqrt((X_train**2).mean(axis=1, keepdims=True) + eps)
    return X_train / deviation, X_test / deviation


def _input_terms(X_train, X_test, eps=1e-5):
    mu = pieces.RIGHT.mean(X_train)
    deviation = np.sqrt(pieces.RIGHT.variance(X_train, mu) + eps)
    return tuple((np.abs(X) + np.abs(mu)) / deviation for X in (X_train, X_test))


def _edges_of_features(plan: Plan) -> Plan:
    names = {CONSTANT_UNIT: "a constant feature", ONE_EXAMPLE: "one training example"}
    return replace(plan, edge=names.get(plan.edge, plan.edge))


NORMALIZE_INPUTS = Exercise(
    name="normalize_inputs",
    notebook=NOTEBOOK,
    points=2,
    reference=_normalized_by(pieces.RIGHT),
    results=("X_train_norm", "X_test_norm"),
    probes=(
        *probes.probes(_two_sets, [_edges_of_features(plan) for plan in probes.plans()]),
        _one_test_example,
    ),
    misconceptions=(
        *misconceptions(
            _normalized_by,
            pieces.STATISTICS,
            pieces.NORMALIZING,
            more={
                "lost-dimension": tuple(map(_normalized_by, pieces.FLAT_STATISTICS)),
                "test-set-own-statistics": (
                    lambda a, b, eps=1e-5: (_normalize(a, a, a, eps), _normalize(b, b, b, eps)),
                    lambda a, b, eps=1e-5: (_normalize(a, a, a, eps), _normalize(b, b, a, eps)),
                    lambda a, b, eps=1e-5: (_normalize(a, a, a, eps), _normalize(b, a, b, eps)),
                    lambda a, b, eps=1e-5: (_normalize(a, b, b, eps), _normalize(b, b, b, eps)),
                ),
                "eps-hard-coded": (lambda a, b: (_normalize(a, a, a, 1e-5), _normalize(b, a, a, 1e-5)),),
                "both-sets-together": (_together,),
                "test-set-not-normalized": (lambda a, b, eps=1e-5: (_normalize(a, a, a, eps), b),),
                "results-in-another-order": (
                    lambda a, b, eps=1e-5: (_normalize(b, a, a, eps), _normalize(a, a, a, eps)),
                ),
            },
        ),
        difference_of_squares(_normalized_by(pieces.DIFFERENCE_OF_SQUARES)),
        changes_its_input(_inputs_in_place),
    ),
    terms=_input_terms,
    withheld=WITHHELD,
)
