"""Normalizations of images and examples in pieces, and what goes wrong with each.

What is normalized together becomes a row of a matrix. Then the pieces of batch norm, right or wrong, do the
rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import probes
from ..exercise import Case, Misconception, Probe
from ..misconceptions import Help
from ..probes import Plan
from .forward_pieces import RIGHT, Forward

# Divides by std + eps, with a std that divides by one less: right to the eye in a wide layer.
TWO_LIBERTIES = Forward(
    variance=lambda Z, mu: ((Z - mu) ** 2).sum(axis=1, keepdims=True) / (Z.shape[1] - 1),
    normalize=lambda Z, mu, sigma2, eps: (Z - mu) / (np.sqrt(sigma2) + eps),
)

ALL_EQUAL = 3  # sizes of the probe in which all four agree, so that a wrong broadcast raises nothing


@dataclass(frozen=True)
class Rows:
    """How an array becomes a matrix whose rows are normalized, and how it comes back."""

    of: Callable[[np.ndarray], np.ndarray]
    back: Callable[[np.ndarray, tuple[int, ...]], np.ndarray]


def _from_channels(Z: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    N, C, H, W = shape
    return np.moveaxis(Z.reshape(C, N, H, W), 0, 1)


CHANNELS = Rows(lambda X: np.moveaxis(X, 1, 0).reshape(X.shape[1], -1), _from_channels)
EXAMPLES = Rows(lambda Z: Z.T, lambda rows, shape: rows.T)
UNITS = Rows(lambda Z: Z, lambda rows, shape: rows)


def in_groups(groups: int) -> Rows:
    """One row for each example and group of channels."""
    return Rows(lambda X: X.reshape(len(X) * groups, -1), lambda Z, shape: Z.reshape(shape))


def normalized(X, rows: Rows, affine_rows: Rows, gamma, beta, eps, forward: Forward = RIGHT):
    """Normalize by one arrangement of the numbers, scale and shift by another."""
    Z = rows.of(X)
    mu = forward.mean(Z)
    X_norm = rows.back(forward.normalize(Z, mu, forward.variance(Z, mu), eps), X.shape)
    return affine_rows.back(forward.affine(affine_rows.of(X_norm), gamma, beta), X.shape)


def sizes_of_terms(X, rows: Rows, affine_rows: Rows, gamma, beta, eps):
    """Return how large the terms are that the result adds up, whatever the order of a formula."""
    Z = rows.of(X)
    mu = RIGHT.mean(Z)
    largest = np.abs(Z).max(axis=1, keepdims=True) + np.abs(mu)
    sizes = largest / np.sqrt(RIGHT.variance(Z, mu) + eps) * np.ones_like(Z)
    U = affine_rows.of(rows.back(sizes, X.shape))
    return affine_rows.back(np.abs(gamma) * U + np.abs(beta), X.shape)


def per_channel(x):
    """Lay a column of numbers along the channels of images."""
    return x.reshape(1, -1, 1, 1)


def with_affine(normalize: Callable[..., Any], affine: Callable[..., Any] | None = None):
    """A function of images: a way to normalize them, then gamma and beta, right unless told otherwise."""
    affine = affine or (lambda X_norm, gamma, beta: per_channel(gamma) * X_norm + per_channel(beta))
    return lambda X, gamma, beta, *groups, eps=1e-5: affine(normalize(X, eps, *groups), gamma, beta)


def centred_and_divided(X, mu, sigma2, eps):
    """Subtract a mean, divide by a deviation."""
    return (X - mu) / np.sqrt(sigma2 + eps)


# Which way gamma and beta, columns of shape (C, 1), meet images when nobody lays them along the channels.
NOT_RESHAPED = (
    lambda X_norm, gamma, beta: gamma * X_norm + beta,
    lambda X_norm, gamma, beta: gamma.ravel() * X_norm + beta.ravel(),
    lambda X_norm, gamma, beta: gamma.reshape(-1, 1, 1, 1) * X_norm + beta.reshape(-1, 1, 1, 1),
    lambda X_norm, gamma, beta: gamma * X_norm + per_channel(beta),
    lambda X_norm, gamma, beta: per_channel(gamma) * X_norm + beta,
)


def over_axes(
    right: tuple[int, ...],
    wrong: tuple[int, ...],
    apart: Callable[..., Any] = lambda X, *groups: X,
    thorough: bool = False,
) -> tuple[Callable[..., Any], ...]:
    """Normalizations whose statistics run over other axes than they should: both, or one of the two.

    Parameters
    ----------
    right, wrong : tuples of int
    apart : callable
        What lays out images so that these axes exist.
    thorough : bool
        Whether also one of the statistics alone may be wrong.
    """
    ways = [(wrong, wrong, True)]
    if thorough:
        ways += [(*axes, around) for axes in ((wrong, right), (right, wrong)) for around in (True, False)]

    def normalizing(*way):
        def normalize(X, eps, *groups):
            laid_out = apart(X, *groups)
            return centred_and_divided(laid_out, *_over(laid_out, *way), eps).reshape(X.shape)

        return with_affine(normalize)

    return tuple(normalizing(*way) for way in ways)


def _over(X, mean_axes: tuple[int, ...], variance_axes: tuple[int, ...], around: bool):
    """A mean, and a variance around it or around a mean over its own axes."""
    mu = X.mean(axis=mean_axes, keepdims=True)
    centre = mu if around else X.mean(axis=variance_axes, keepdims=True)
    return mu, ((X - centre) ** 2).mean(axis=variance_axes, keepdims=True)


def counting(count: Callable[..., int], rows: Callable[..., Rows]) -> tuple[Callable[..., Any], ...]:
    """Normalizations that divide a sum by a wrong number of values: both sums, or one of the two."""

    def normalizing(mean: bool, variance: bool):
        def normalize(X, eps, *groups):
            arranged, k = rows(*groups), count(*X.shape, *groups)
            Z = arranged.of(X)
            mu = Z.sum(axis=1, keepdims=True) / (k if mean else Z.shape[1])
            sigma2 = ((Z - mu) ** 2).sum(axis=1, keepdims=True) / (k if variance else Z.shape[1])
            return arranged.back(centred_and_divided(Z, mu, sigma2, eps), X.shape)

        return with_affine(normalize)

    return tuple(normalizing(*wrong) for wrong in ((True, True), (False, True), (True, False)))


@dataclass(frozen=True)
class ImagePlan:
    """One probe on images: sizes, and what the numbers that are normalized together are like."""

    N: int
    C: int
    H: int
    W: int
    groups: int = 0
    dtype: type = np.float64
    eps: str = "default"
    kind: str = "ordinary"
    edge: str | None = None
    layout: str = ""


def image_probes(planned: Iterable[ImagePlan]) -> tuple[Probe, ...]:
    """Make probes on images; where groups are planned, they are the fourth argument."""
    return tuple(map(_image_probe, planned))


def _image_probe(plan: ImagePlan) -> Probe:
    def probe(rng: np.random.Generator) -> Case:
        eps = probes.draw_eps(plan.eps, rng)
        scaling = _by_hand if plan.kind == "hand" else probes.scale_and_shift
        arguments = {"X": _images(plan, rng), **scaling(plan.C, rng)}
        arguments = probes.rounded(arguments, plan.dtype)
        if plan.layout:
            arguments = probes.non_contiguous(arguments, plan.layout)
        if plan.groups:
            arguments["groups"] = plan.groups
        return probes.with_eps(arguments, plan.eps, eps, plan.edge)

    return probe


def _by_hand(C: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Draw gamma and beta as whole numbers of either sign, none of them 0 or 1, no two alike in size."""
    sizes = np.arange(2.0, C + 2)
    gamma, beta = (rng.choice((-1, 1), (C, 1)) * rng.permutation(sizes)[:, None] for _ in range(2))
    return {"gamma": gamma, "beta": beta}


def _images(plan: ImagePlan, rng: np.random.Generator) -> np.ndarray:
    """Draw images in which each row of what is normalized together is like a unit's pre-activations."""
    shape = plan.N, plan.C, plan.H, plan.W
    rows = in_groups(plan.groups) if plan.groups else CHANNELS
    count = plan.N * plan.groups if plan.groups else plan.C
    Z = probes.pre_activations(Plan(count, int(np.prod(shape)) // count, plan.dtype, kind=plan.kind), rng)
    return np.ascontiguousarray(rows.back(Z, shape))


def reworded(misconceptions: Iterable[Misconception], texts: Mapping[str, Help]) -> tuple[Misconception, ...]:
    """Give some misconceptions the words that fit an exercise."""
    return tuple(
        Misconception(
            known.name, *known.implementations, recognize=known.recognize, **texts[known.name]._asdict()
        )
        if known.name in texts
        else known
        for known in misconceptions
    )
