"""Exercises on normalizing by given statistics, and on scaling and shifting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import probes
from ..exercise import Case, Exercise
from ..probes import LARGE_MEAN, Plan
from . import forward_pieces as pieces
from .assignments import NORMALIZING as NOTEBOOK
from .assignments import WITHHELD_FROM_NORMALIZING as WITHHELD
from .forward_pieces import Forward, misconceptions
from .structure import changes_its_input


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
        *probes.probes(probes.with_statistics("Z", "mu", "sigma2"), probes.plans()),
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
                    *map(_normalizing, pieces.FLAT_STATISTICS),
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
                "lost-dimension": tuple(map(_scaling, pieces.FLAT_SCALING)),
                "global-statistics": (lambda Z_norm, gamma, beta: gamma.mean() * Z_norm + beta.mean(),),
            },
        ),
        changes_its_input(_scale_in_place),
    ),
    withheld=WITHHELD,
)
