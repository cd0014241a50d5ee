"""Exercises on each hidden unit's mean and variance."""

from __future__ import annotations

import numpy as np

from .. import probes
from ..exercise import Exercise, Misconception
from .assignments import NORMALIZING as NOTEBOOK
from .assignments import WITHHELD_FROM_NORMALIZING as WITHHELD
from .structure import changes_its_input, difference_of_squares


def _mean_in_place(Z):
    Z /= Z.shape[1]
    return Z.sum(axis=1, keepdims=True)


BATCH_MEAN = Exercise(
    name="batch_mean",
    notebook=NOTEBOOK,
    points=1,
    reference=lambda Z: Z.mean(axis=1, keepdims=True),
    results=("mu",),
    probes=probes.probes(probes.with_statistics("Z"), probes.plans(), takes_eps=False),
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
    probes=probes.probes(probes.with_statistics("Z", "mu"), probes.plans(), takes_eps=False),
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
