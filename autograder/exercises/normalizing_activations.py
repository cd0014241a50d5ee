"""Notebook 01: each hidden unit's mean and variance, normalizing by them, scaling and shifting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from .. import probes
from ..exercise import Case, Exercise, Misconception
from ..probes import CONSTANT_UNIT, LARGE_MEAN, ONE_EXAMPLE, Plan
from . import forward_pieces as pieces
from .forward_pieces import Forward, misconceptions
from .structure import changes_its_input, difference_of_squares

NOTEBOOK = "01-normalizing-activations"
WITHHELD = (
    *("batch_mean", "batch_variance", "normalize", "scale_and_shift", "batchnorm_forward"),
    *("identity_parameters", "normalize_inputs", "batchnorm_inference", "fold_batchnorm"),
    *("BatchNorm", "Network", "train_step", "train", "RunningStatistics", "running_statistics"),
    *("merge_statistics", "spatial_batchnorm_forward", "layernorm_forward", "groupnorm_forward"),
)


def _with_statistics(*names: str) -> probes.Inputs:
    """Inputs that are Z, its own statistics or random gamma and beta, in this order."""

    def inputs(Z, rng, eps):
        known = {"Z": Z, **probes.statistics(Z), **probes.scale_and_shift(len(Z), rng)}
        return {name: known[name] for name in names}

    return inputs


def _mean_in_place(Z):
    Z /= Z.shape[1]
    return Z.sum(axis=1, keepdims=True)


BATCH_MEAN = Exercise(
    name="batch_mean",
    notebook=NOTEBOOK,
    points=1,
    reference=lambda Z: Z.mean(axis=1, keepdims=True),
    results=("mu",),
    probes=probes.probes(_with_statistics("Z"), probes.plans(), takes_eps=False),
    misconceptions=(
        Misconception(
            "wrong-axis",
            lambda Z: Z.mean(axis=0, keepdims=True),
            lambda Z: Z.mean(axis=0),
            lambda Z: Z.mean(axis=0).reshape(-1, 1),
        ),
        Misconception(
            "global-statistics",
            lambda Z: Z.mean(),
            lambda Z: Z.mean(keepdims=True),
            lambda Z: np.full((Z.shape[0], 1), Z.mean()),
        ),
        Misconception("lost-dimension", lambda Z: Z.mean(axis=1)),
        Misconception("sum-instead-of-mean", lambda Z: Z.sum(axis=1, keepdims=True)),
        Misconception("divides-by-n", lambda Z: Z.sum(axis=1, keepdims=True) / Z.shape[0]),
        Misconception(
            "divides-by-m-minus-one",
            lambda Z: Z.sum(axis=1, keepdims=True) / (Z.shape[1] - 1),
            lambda Z: Z.sum(axis=1, keepdims=True) / max(Z.shape[1] - 1, 1),
        ),
        Misconception("median-instead-of-mean", lambda Z: np.median(Z, axis=1, keepdims=True)),
        changes_its_input(_mean_in_place),
    ),
    withheld=WITHHELD,
)


def _variance_in_place(Z, mu):
    Z -= mu
    return (Z**2).mean(axis=1, keepdims=True)


BATCH_VARIANCE = Exercise(
    name="batch_variance",
    notebook=NOTEBOOK,
    points=2,
    reference=lambda Z, mu: ((Z - mu) ** 2).mean(axis=1, keepdims=True),
    results=("sigma2",),
    probes=probes.probes(_with_statistics("Z", "mu"), probes.plans(), takes_eps=False),
    misconceptions=(
        Misconception(
            "wrong-axis",
            lambda Z, mu: ((Z - mu) ** 2).mean(axis=0, keepdims=True),
            lambda Z, mu: ((Z - mu) ** 2).mean(axis=0),
            lambda Z, mu: ((Z - mu) ** 2).mean(axis=0).reshape(-1, 1),
            lambda Z, mu: Z.var(axis=0, keepdims=True),
            lambda Z, mu: Z.var(axis=0),
        ),
        Misconception(
            "global-statistics",
            lambda Z, mu: ((Z - mu) ** 2).mean(),
            lambda Z, mu: ((Z - mu) ** 2).mean(keepdims=True),
            lambda Z, mu: np.full(mu.shape, ((Z - mu) ** 2).mean()),
            lambda Z, mu: Z.var(),
            lambda Z, mu: Z.var(keepdims=True),
            lambda Z, mu: np.full(mu.shape, Z.var()),
        ),
        Misconception(
            "lost-dimension",
            lambda Z, mu: ((Z - mu) ** 2).mean(axis=1),
            lambda Z, mu: ((Z - mu.ravel()) ** 2).mean(axis=1, keepdims=True),
            lambda Z, mu: ((Z - mu.ravel()) ** 2).mean(axis=1),
        ),
        Misconception("not-centered", lambda Z, mu: (Z**2).mean(axis=1, keepdims=True)),
        Misconception("square-missing", lambda Z, mu: np.abs(Z - mu).mean(axis=1, keepdims=True)),
        Misconception(
            "square-of-the-mean",
            lambda Z, mu: (Z - mu).mean(axis=1, keepdims=True) ** 2,
            lambda Z, mu: (Z - mu).mean(axis=1, keepdims=True),
            lambda Z, mu: (Z - mu).sum(axis=1, keepdims=True),
        ),
        Misconception(
            "unbiased-variance",
            lambda Z, mu: ((Z - mu) ** 2).sum(axis=1, keepdims=True) / (Z.shape[1] - 1),
            lambda Z, mu: ((Z - mu) ** 2).sum(axis=1, keepdims=True) / max(Z.shape[1] - 1, 1),
        ),
        Misconception("sum-instead-of-mean", lambda Z, mu: ((Z - mu) ** 2).sum(axis=1, keepdims=True)),
        Misconception("divides-by-n", lambda Z, mu: ((Z - mu) ** 2).sum(axis=1, keepdims=True) / Z.shape[0]),
        Misconception(
            "deviation-instead-of-variance",
            lambda Z, mu: np.sqrt(((Z - mu) ** 2).mean(axis=1, keepdims=True)),
        ),
        Misconception(
            "eps-in-the-variance",
            lambda Z, mu: ((Z - mu) ** 2).mean(axis=1, keepdims=True) + 1e-5,
            lambda Z, mu: ((Z - mu) ** 2).mean(axis=1, keepdims=True) + 1e-8,
        ),
        difference_of_squares(
            lambda Z, mu: (Z**2).mean(axis=1, keepdims=True) - mu**2,
            lambda Z, mu: (Z**2).mean(axis=1, keepdims=True) - Z.mean(axis=1, keepdims=True) ** 2,
        ),
        changes_its_input(_variance_in_place),
    ),
    withheld=WITHHELD,
)


def _other_statistics(rng: np.random.Generator) -> Case:
    """A mini-batch, and the statistics of another one: at test time they will be the training set's."""
    before, Z = (probes.pre_activations(Plan(3, m), rng) for m in (9, 6))
    eps = probes.draw_eps("keyword", rng)
    arguments = {"Z": Z, **probes.statistics(before)}
    return probes.with_eps(arguments, "keyword", eps, "statistics of other examples")


def _normalize_in_place(Z, mu, sigma2, eps=1e-5):
    Z -= mu
    Z /= np.sqrt(sigma2 + eps)
    return Z


def _normalizing(forward: Forward) -> Callable[..., Any]:
    return lambda Z, mu, sigma2, eps=1e-5: forward.normalize(Z, mu, sigma2, eps)


def _recomputing(forward: Forward) -> Callable[..., Any]:
    def normalize(Z, mu, sigma2, eps=1e-5):
        mu = forward.mean(Z)
        return forward.normalize(Z, mu, forward.variance(Z, mu), eps)

    return normalize


NORMALIZE = Exercise(
    name="normalize",
    notebook=NOTEBOOK,
    points=2,
    reference=lambda Z, mu, sigma2, eps=1e-5: (Z - mu) / np.sqrt(sigma2 + eps),
    results=("Z_norm",),
    probes=(
        *probes.probes(_with_statistics("Z", "mu", "sigma2"), probes.plans()),
        _other_statistics,
    ),
    misconceptions=(
        *misconceptions(
            _normalizing,
            pieces.NORMALIZING,
            more={
                "wrong-axis": tuple(map(_recomputing, pieces.STATISTICS["wrong-axis"])),
                "global-statistics": (
                    *map(_recomputing, pieces.STATISTICS["global-statistics"]),
                    lambda Z, mu, sigma2, eps=1e-5: (Z - mu.mean()) / np.sqrt(sigma2.mean() + eps),
                ),
                "eps-hard-coded": (lambda Z, mu, sigma2: (Z - mu) / np.sqrt(sigma2 + 1e-5),),
                "lost-dimension": (
                    lambda Z, mu, sigma2, eps=1e-5: (Z - mu.ravel()) / np.sqrt(sigma2.ravel() + eps),
                    lambda Z, mu, sigma2, eps=1e-5: (Z - mu.ravel()) / np.sqrt(sigma2 + eps),
                    lambda Z, mu, sigma2, eps=1e-5: (Z - mu) / np.sqrt(sigma2.ravel() + eps),
                    *map(_recomputing, pieces.STATISTICS["lost-dimension"]),
                ),
                "not-centered": (lambda Z, mu, sigma2, eps=1e-5: Z / np.sqrt(sigma2 + eps),),
                "unbiased-variance": tuple(map(_recomputing, pieces.STATISTICS["unbiased-variance"])),
                "statistics-recomputed": (
                    _recomputing(pieces.RIGHT),
                    lambda Z, mu, sigma2, eps=1e-5: (Z - mu) / np.sqrt(Z.var(axis=1, keepdims=True) + eps),
                    lambda Z, mu, sigma2, eps=1e-5: (
                        (Z - Z.mean(axis=1, keepdims=True)) / np.sqrt(sigma2 + eps)
                    ),
                ),
            },
        ),
        changes_its_input(_normalize_in_place),
    ),
    withheld=WITHHELD,
)


def _scale_in_place(Z_norm, gamma, beta):
    Z_norm *= gamma
    Z_norm += beta
    return Z_norm


def _scaling(forward: Forward) -> Callable[..., Any]:
    return lambda Z_norm, gamma, beta: forward.affine(Z_norm, gamma, beta)


def _normalized_inputs(Z, rng, eps):
    known = probes.statistics(Z)
    Z_norm = (Z - known["mu"]) / np.sqrt(known["sigma2"] + eps)
    return {"Z_norm": Z_norm, **probes.scale_and_shift(len(Z), rng)}


SCALE_AND_SHIFT = Exercise(
    name="scale_and_shift",
    notebook=NOTEBOOK,
    points=1,
    reference=lambda Z_norm, gamma, beta: gamma * Z_norm + beta,
    results=("Z_tilde",),
    probes=probes.probes(
        _normalized_inputs,
        [plan for plan in probes.plans() if plan.edge != LARGE_MEAN],
        takes_eps=False,
    ),
    misconceptions=(
        *misconceptions(
            _scaling,
            pieces.SCALING,
            more={
                "sign-error": (_scaling(pieces.SCALING_SIGN),),
                "lost-dimension": (
                    lambda Z_norm, gamma, beta: gamma.ravel() * Z_norm + beta.ravel(),
                    lambda Z_norm, gamma, beta: gamma.ravel() * Z_norm + beta,
                    lambda Z_norm, gamma, beta: gamma * Z_norm + beta.ravel(),
                ),
                "global-statistics": (lambda Z_norm, gamma, beta: gamma.mean() * Z_norm + beta.mean(),),
            },
        ),
        changes_its_input(_scale_in_place),
    ),
    withheld=WITHHELD,
)


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
    probes=probes.probes(_with_statistics("Z", "gamma", "beta"), probes.plans()),
    misconceptions=(
        *misconceptions(
            lambda forward: forward,
            pieces.STATISTICS,
            pieces.NORMALIZING,
            pieces.SCALING,
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
    probes=probes.probes(_with_statistics("mu", "sigma2"), probes.plans()),
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
    withheld=WITHHELD,
)

EXERCISES = (
    BATCH_MEAN,
    BATCH_VARIANCE,
    NORMALIZE,
    SCALE_AND_SHIFT,
    BATCHNORM_FORWARD,
    IDENTITY_PARAMETERS,
    NORMALIZE_INPUTS,
)
