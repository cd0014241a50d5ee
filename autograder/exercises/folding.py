"""The exercise on folding test-time batch norm into the linear layer before it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import probes
from ..exercise import Case, Exercise, Misconception, Probe
from ..probes import LARGE_MEAN, NON_CONTIGUOUS, Plan
from .assignments import TEST_TIME as NOTEBOOK
from .assignments import WITHHELD_FROM_TEST_TIME as WITHHELD
from .forward_pieces import HARD_CODED_EPS
from .inference import CONSTANT_UNIT, as_case, left_by_training
from .structure import changes_its_input

ONE_INPUT = "a layer with one input"


def _fold_probe(plan: Plan) -> Probe:
    """Make one probe; the plan's m is the number of inputs."""

    def probe(rng: np.random.Generator) -> Case:
        n, n_prev = plan.n, plan.m
        W = np.round(probes.signed(rng, 1, 5, (n, n_prev)))
        if plan.kind != "hand":
            W = rng.standard_normal((n, n_prev))
        learned = probes.scale_and_shift(n, rng)
        return as_case(plan, {"W": W, **learned, **left_by_training(plan, rng)}, rng)

    return probe


FOLD_PLANS = (
    Plan(2, 2, eps="hand", kind="hand"),  # square: a wrong axis raises no error and can be seen by hand
    Plan(3, 5, eps="keyword"),
    Plan(5, 3),
    Plan(4, 4),
    Plan(4, 4, eps="keyword"),
    Plan(4, 6, np.float32, eps="keyword"),
    Plan(3, 4, np.float32),
    Plan(3, 1, eps="keyword", edge=ONE_INPUT),
    Plan(3, 4, kind="constant", edge=CONSTANT_UNIT),
    Plan(4, 5, np.float32, eps="keyword", kind="constant", edge=CONSTANT_UNIT),
    Plan(4, 3, kind="far", edge=LARGE_MEAN),
    Plan(3, 4, eps="keyword", edge=NON_CONTIGUOUS, layout="gaps"),
    Plan(4, 3, eps="keyword", edge=NON_CONTIGUOUS, layout="transposed"),
)


def _folding(
    scale: Callable[..., Any] = lambda gamma, sigma2, eps: gamma / np.sqrt(sigma2 + eps),
    weights: Callable[..., Any] = lambda W, scale: scale * W,
    shift: Callable[..., Any] = lambda gamma, beta, mu, scale: beta - scale * mu,
    order: int = 1,
) -> Callable[..., Any]:
    def fold_batchnorm(W, gamma, beta, running_mu, running_sigma2, eps=1e-5):
        factor = scale(gamma, running_sigma2, eps)
        return (weights(W, factor), shift(gamma, beta, running_mu, factor))[::order]

    return fold_batchnorm


def _by_divisor(divisor: Callable[..., Any]) -> Callable[..., Any]:
    return _folding(lambda gamma, sigma2, eps: gamma / divisor(sigma2, eps))


def _eps_typed_in(W, gamma, beta, running_mu, running_sigma2):
    return _folding()(W, gamma, beta, running_mu, running_sigma2, 1e-5)


def _fold_in_place(W, gamma, beta, running_mu, running_sigma2, eps=1e-5):
    scale = gamma / np.sqrt(running_sigma2 + eps)
    W *= scale
    return W, beta - scale * running_mu


def _shift_in_place(W, gamma, beta, running_mu, running_sigma2, eps=1e-5):
    scale = gamma / np.sqrt(running_sigma2 + eps)
    beta -= scale * running_mu
    return scale * W, beta


def _swapped(W, gamma, beta, running_mu, running_sigma2, eps=1e-5):
    return _folding()(W, beta, gamma, running_mu, running_sigma2, eps)


def _flat(change: Callable[..., Any]) -> Callable[..., Any]:
    def fold_batchnorm(W, gamma, beta, running_mu, running_sigma2, eps=1e-5):
        return change(*_folding()(W, gamma, beta, running_mu, running_sigma2, eps))

    return fold_batchnorm


FOLD_READINGS: dict[str, tuple[Callable[..., Any], ...]] = {
    "fold-shift-lost": (
        _folding(shift=lambda gamma, beta, mu, scale: beta + 0),
        _folding(shift=lambda gamma, beta, mu, scale: beta),
        _folding(shift=lambda gamma, beta, mu, scale: np.zeros_like(beta)),
    ),
    "fold-wrong-axis": (
        _folding(weights=lambda W, scale: W * scale.T),
        _folding(weights=lambda W, scale: W * scale.ravel()),
        _folding(weights=lambda W, scale: (W.T * scale).T),
        _folding(weights=lambda W, scale: W @ np.diag(scale.ravel())),
    ),
    "mean-not-scaled": (
        _folding(shift=lambda gamma, beta, mu, scale: beta - mu),
        _folding(shift=lambda gamma, beta, mu, scale: beta - gamma * mu),
        _folding(shift=lambda gamma, beta, mu, scale: beta - scale / gamma * mu),
    ),
    "weights-not-scaled": (
        _folding(weights=lambda W, scale: W + 0),
        _folding(weights=lambda W, scale: W),
    ),
    "sqrt-missing": (_by_divisor(lambda sigma2, eps: sigma2 + eps), _by_divisor(lambda sigma2, eps: sigma2)),
    "eps-missing": (_by_divisor(lambda sigma2, eps: np.sqrt(sigma2)),),
    "eps-outside-sqrt": (_by_divisor(lambda sigma2, eps: np.sqrt(sigma2) + eps),),
    "eps-squared": (_by_divisor(lambda sigma2, eps: np.sqrt(sigma2 + eps**2)),),
    "eps-as-maximum": (_by_divisor(lambda sigma2, eps: np.sqrt(np.maximum(sigma2, eps))),),
    "eps-hard-coded": (
        *(_by_divisor(lambda sigma2, eps, typed=typed: np.sqrt(sigma2 + typed)) for typed in HARD_CODED_EPS),
        _eps_typed_in,
    ),
    "multiplies-by-deviation": (_folding(lambda gamma, sigma2, eps: gamma * np.sqrt(sigma2 + eps)),),
    "not-divided": (_folding(lambda gamma, sigma2, eps: gamma),),
    "gamma-ignored": (_folding(lambda gamma, sigma2, eps: 1 / np.sqrt(sigma2 + eps)),),
    "beta-ignored": (_folding(shift=lambda gamma, beta, mu, scale: -scale * mu),),
    "gamma-beta-skipped": (
        _folding(
            lambda gamma, sigma2, eps: 1 / np.sqrt(sigma2 + eps),
            shift=lambda gamma, beta, mu, scale: -scale * mu,
        ),
    ),
    "gamma-beta-swapped": (_swapped,),
    "divides-by-gamma": (_folding(lambda gamma, sigma2, eps: 1 / (gamma * np.sqrt(sigma2 + eps))),),
    "sign-error": (
        _folding(shift=lambda gamma, beta, mu, scale: beta + scale * mu),
        _folding(shift=lambda gamma, beta, mu, scale: scale * mu - beta),
        _by_divisor(lambda sigma2, eps: np.sqrt(sigma2 - eps)),
    ),
    "global-statistics": (
        _by_divisor(lambda sigma2, eps: np.sqrt(sigma2.mean() + eps)),
        _folding(shift=lambda gamma, beta, mu, scale: beta - scale * mu.mean()),
    ),
    "results-in-another-order": (_folding(order=-1),),
    "lost-dimension": (
        _flat(lambda W, b: (W, b.ravel())),
        _folding(shift=lambda gamma, beta, mu, scale: beta - scale.ravel() * mu.ravel()),
        _folding(shift=lambda gamma, beta, mu, scale: beta - scale * mu.ravel()),
    ),
}

FOLD_BATCHNORM = Exercise(
    name="fold_batchnorm",
    notebook=NOTEBOOK,
    points=3,
    reference=_folding(),
    results=("W_folded", "b_folded"),
    probes=tuple(map(_fold_probe, FOLD_PLANS)),
    misconceptions=(
        *(Misconception(name, *forms) for name, forms in FOLD_READINGS.items()),
        Misconception(
            "shift-before-scale",
            _folding(shift=lambda gamma, beta, mu, scale: scale * (beta - mu)),
            _folding(shift=lambda gamma, beta, mu, scale: gamma * beta - scale * mu),
            question="Is beta scaled on its way to the output?",
            pointer="Write out gamma * (Z - running_mu) / std + beta. Which terms does the scale reach?",
            statement="beta is added last and enters b_folded as it is; only the mean meets the scale.",
        ),
        changes_its_input(_fold_in_place, _shift_in_place),
    ),
    withheld=WITHHELD,
    terms=lambda W, gamma, beta, running_mu, running_sigma2, eps=1e-5: (
        np.abs(gamma * W) / np.sqrt(running_sigma2 + eps),
        np.abs(beta) + np.abs(gamma * running_mu) / np.sqrt(running_sigma2 + eps),
    ),
)
