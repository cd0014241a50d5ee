"""Batch norm's forward pass in four pieces, and what goes wrong with each.

A mistake is a forward pass with one piece replaced. Every exercise that runs batch norm forward, alone or
inside a network, takes its misconceptions from here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..exercise import Misconception

HARD_CODED_EPS = (1e-5, 1e-8, 1e-6, 1e-7, 1e-4, 1e-3)


@dataclass(frozen=True)
class Forward:
    """A forward pass: right as it stands, wrong with a piece replaced."""

    mean: Callable[..., Any] = lambda Z: Z.mean(axis=1, keepdims=True)
    variance: Callable[..., Any] = lambda Z, mu: ((Z - mu) ** 2).mean(axis=1, keepdims=True)
    normalize: Callable[..., Any] = lambda Z, mu, sigma2, eps: (Z - mu) / np.sqrt(sigma2 + eps)
    affine: Callable[..., Any] = lambda Z_norm, gamma, beta: gamma * Z_norm + beta

    def __call__(self, Z, gamma, beta, eps=1e-5):
        """Return Z_tilde, Z_norm, mu, sigma2."""
        mu = self.mean(Z)
        sigma2 = self.variance(Z, mu)
        Z_norm = self.normalize(Z, mu, sigma2, eps)
        return self.affine(Z_norm, gamma, beta), Z_norm, mu, sigma2


RIGHT = Forward()


def _lost(Z):
    return Z.mean(axis=1)


def _square(Z, mu):
    return (Z - mu) ** 2


def _whole(Z, value):
    return np.full((Z.shape[0], 1), value)


STATISTICS: Mapping[str, tuple[Forward, ...]] = {
    "wrong-axis": (
        Forward(
            mean=lambda Z: Z.mean(axis=0, keepdims=True),
            variance=lambda Z, mu: _square(Z, mu).mean(axis=0, keepdims=True),
        ),
        Forward(mean=lambda Z: Z.mean(axis=0), variance=lambda Z, mu: _square(Z, mu).mean(axis=0)),
        Forward(mean=lambda Z: Z.mean(axis=0), variance=lambda Z, mu: Z.var(axis=1, keepdims=True)),
        Forward(mean=lambda Z: Z.mean(axis=0, keepdims=True)),
        Forward(variance=lambda Z, mu: _square(Z, mu).mean(axis=0, keepdims=True)),
        Forward(variance=lambda Z, mu: _square(Z, mu).mean(axis=0)),
        Forward(variance=lambda Z, mu: Z.var(axis=0, keepdims=True)),
        Forward(
            mean=lambda Z: Z.mean(axis=0, keepdims=True), variance=lambda Z, mu: Z.var(axis=1, keepdims=True)
        ),
        Forward(
            mean=lambda Z: Z.mean(axis=0).reshape(-1, 1),
            variance=lambda Z, mu: Z.var(axis=0).reshape(-1, 1),
        ),
    ),
    "global-statistics": (
        Forward(mean=lambda Z: Z.mean(), variance=lambda Z, mu: _square(Z, mu).mean()),
        Forward(
            mean=lambda Z: Z.mean(keepdims=True), variance=lambda Z, mu: _square(Z, mu).mean(keepdims=True)
        ),
        Forward(mean=lambda Z: _whole(Z, Z.mean()), variance=lambda Z, mu: _whole(Z, _square(Z, mu).mean())),
        Forward(mean=lambda Z: Z.mean()),
        Forward(mean=lambda Z: _whole(Z, Z.mean())),
        Forward(mean=lambda Z: Z.mean(), variance=lambda Z, mu: Z.var(axis=1, keepdims=True)),
        Forward(variance=lambda Z, mu: _square(Z, mu).mean()),
        Forward(variance=lambda Z, mu: Z.var()),
        Forward(variance=lambda Z, mu: _whole(Z, Z.var())),
        Forward(variance=lambda Z, mu: _whole(Z, _square(Z, mu).mean())),
    ),
    "lost-dimension": (
        Forward(mean=_lost),
        Forward(mean=_lost, variance=lambda Z, mu: _square(Z, mu).mean(axis=1)),
        Forward(mean=_lost, variance=lambda Z, mu: Z.var(axis=1)),
        Forward(mean=_lost, variance=lambda Z, mu: Z.var(axis=1, keepdims=True)),
        Forward(variance=lambda Z, mu: _square(Z, mu).mean(axis=1)),
    ),
    "sum-instead-of-mean": (
        Forward(mean=lambda Z: Z.sum(axis=1, keepdims=True)),
        Forward(variance=lambda Z, mu: _square(Z, mu).sum(axis=1, keepdims=True)),
        Forward(
            mean=lambda Z: Z.sum(axis=1, keepdims=True),
            variance=lambda Z, mu: _square(Z, mu).sum(axis=1, keepdims=True),
        ),
        Forward(
            mean=lambda Z: Z.sum(axis=1, keepdims=True), variance=lambda Z, mu: Z.var(axis=1, keepdims=True)
        ),
    ),
    "unbiased-variance": (
        Forward(variance=lambda Z, mu: _square(Z, mu).sum(axis=1, keepdims=True) / (Z.shape[1] - 1)),
        Forward(
            normalize=lambda Z, mu, sigma2, eps: (
                (Z - mu) / np.sqrt(sigma2 * np.float64(Z.shape[1]) / (Z.shape[1] - 1) + eps)
            )
        ),
        Forward(
            variance=lambda Z, mu: _square(Z, mu).sum(axis=1, keepdims=True) / max(Z.shape[1] - 1, 1),
        ),
    ),
    "not-centered": (
        Forward(normalize=lambda Z, mu, sigma2, eps: Z / np.sqrt(sigma2 + eps)),
        Forward(variance=lambda Z, mu: (Z**2).mean(axis=1, keepdims=True)),
        Forward(
            variance=lambda Z, mu: (Z**2).mean(axis=1, keepdims=True),
            normalize=lambda Z, mu, sigma2, eps: Z / np.sqrt(sigma2 + eps),
        ),
    ),
    "deviation-instead-of-variance": (
        Forward(variance=lambda Z, mu: np.sqrt(_square(Z, mu).mean(axis=1, keepdims=True))),
    ),
}

NORMALIZING: Mapping[str, tuple[Forward, ...]] = {
    "divides-by-variance": (
        Forward(normalize=lambda Z, mu, sigma2, eps: (Z - mu) / (sigma2 + eps)),
        Forward(normalize=lambda Z, mu, sigma2, eps: (Z - mu) / sigma2),
    ),
    "eps-outside-sqrt": (
        Forward(normalize=lambda Z, mu, sigma2, eps: (Z - mu) / (np.sqrt(sigma2) + eps)),
        Forward(normalize=lambda Z, mu, sigma2, eps: (Z - mu) / np.sqrt(sigma2) + eps),
    ),
    "eps-missing": (Forward(normalize=lambda Z, mu, sigma2, eps: (Z - mu) / np.sqrt(sigma2)),),
    "eps-hard-coded": tuple(
        Forward(normalize=lambda Z, mu, sigma2, eps, constant=constant: (Z - mu) / np.sqrt(sigma2 + constant))
        for constant in HARD_CODED_EPS
    ),
    "eps-as-maximum": (
        Forward(normalize=lambda Z, mu, sigma2, eps: (Z - mu) / np.sqrt(np.maximum(sigma2, eps))),
    ),
    "eps-squared": (Forward(normalize=lambda Z, mu, sigma2, eps: (Z - mu) / np.sqrt(sigma2 + eps**2)),),
    "multiplies-by-deviation": (
        Forward(normalize=lambda Z, mu, sigma2, eps: (Z - mu) * np.sqrt(sigma2 + eps)),
    ),
    "not-divided": (Forward(normalize=lambda Z, mu, sigma2, eps: Z - mu),),
    "sign-error": (
        Forward(normalize=lambda Z, mu, sigma2, eps: (mu - Z) / np.sqrt(sigma2 + eps)),
        Forward(normalize=lambda Z, mu, sigma2, eps: (Z + mu) / np.sqrt(sigma2 + eps)),
        Forward(normalize=lambda Z, mu, sigma2, eps: (Z - mu) / np.sqrt(sigma2 - eps)),
    ),
}

SCALING: Mapping[str, tuple[Forward, ...]] = {
    "gamma-ignored": (Forward(affine=lambda Z_norm, gamma, beta: Z_norm + beta),),
    "beta-ignored": (Forward(affine=lambda Z_norm, gamma, beta: gamma * Z_norm),),
    "gamma-beta-skipped": (Forward(affine=lambda Z_norm, gamma, beta: Z_norm),),
    "gamma-beta-swapped": (Forward(affine=lambda Z_norm, gamma, beta: beta * Z_norm + gamma),),
    "shift-before-scale": (Forward(affine=lambda Z_norm, gamma, beta: gamma * (Z_norm + beta)),),
    "divides-by-gamma": (Forward(affine=lambda Z_norm, gamma, beta: Z_norm / gamma + beta),),
}
# A column that is made flat on its way into the formula.
FLAT_STATISTICS = (
    Forward(normalize=lambda Z, mu, sigma2, eps: (Z - mu.ravel()) / np.sqrt(sigma2.ravel() + eps)),
    Forward(normalize=lambda Z, mu, sigma2, eps: (Z - mu.ravel()) / np.sqrt(sigma2 + eps)),
    Forward(normalize=lambda Z, mu, sigma2, eps: (Z - mu) / np.sqrt(sigma2.ravel() + eps)),
)
FLAT_SCALING = (
    Forward(affine=lambda Z_norm, gamma, beta: gamma.ravel() * Z_norm + beta.ravel()),
    Forward(affine=lambda Z_norm, gamma, beta: gamma.ravel() * Z_norm + beta),
    Forward(affine=lambda Z_norm, gamma, beta: gamma * Z_norm + beta.ravel()),
)
FLAT: Mapping[str, tuple[Forward, ...]] = {"lost-dimension": FLAT_STATISTICS + FLAT_SCALING}

SCALING_SIGN = Forward(affine=lambda Z_norm, gamma, beta: gamma * Z_norm - beta)

DIFFERENCE_OF_SQUARES = replace(RIGHT, variance=lambda Z, mu: (Z**2).mean(axis=1, keepdims=True) - mu**2)


def forward_terms(Z, gamma, beta, eps=1e-5):
    """Return how large the terms are that the results add up, in whichever order a formula takes them.

    Folded into one factor and one shift per unit, Z and mu meet only after they were scaled.
    """
    mu = RIGHT.mean(Z)
    sigma2 = RIGHT.variance(Z, mu)
    sizes = (np.abs(Z) + np.abs(mu)) / np.sqrt(sigma2 + eps)
    return np.abs(gamma) * sizes + np.abs(beta), sizes, RIGHT.mean(np.abs(Z)), sigma2


def misconceptions(
    build: Callable[[Forward], Callable[..., Any]],
    *tables: Mapping[str, tuple[Forward, ...]],
    more: Mapping[str, tuple[Callable[..., Any], ...]] | None = None,
    without: tuple[str, ...] = (),
) -> tuple[Misconception, ...]:
    """Turn tables of wrong forward passes into an exercise's misconceptions.

    Parameters
    ----------
    build : callable
        A `Forward` -> a function with the exercise's signature.
    tables : mappings of name to readings
    more : mapping of name to functions, optional
        Readings that only this exercise has; they join those of their name.
    without : tuple of str
        Names that mean nothing in this exercise.

    Returns
    -------
    tuple of Misconception
    """
    readings: dict[str, list[Callable[..., Any]]] = {}
    for table in tables:
        for name, forwards in table.items():
            if name not in without:
                readings.setdefault(name, []).extend(build(forward) for forward in forwards)
    for name, functions in (more or {}).items():
        readings.setdefault(name, []).extend(functions)
    return tuple(Misconception(name, *functions) for name, functions in readings.items())
