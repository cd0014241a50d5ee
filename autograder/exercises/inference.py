"""The exercise on batch norm at test time, and what training may have left behind for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import probes
from ..exercise import Case, Exercise, Probe
from ..probes import Plan
from . import forward_pieces as pieces
from .assignments import TEST_TIME as NOTEBOOK
from .assignments import WITHHELD_FROM_TEST_TIME as WITHHELD
from .forward_pieces import Forward, misconceptions
from .structure import changes_its_input

CONSTANT_UNIT = "a unit whose running_sigma2 is 0"
SHIFTED = "a batch of another kind than the training set"


def left_by_training(plan: Plan, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Draw what training may have left behind; the last unit is so quiet that eps shows."""
    if plan.kind == "hand":
        mu = np.round(probes.signed(rng, 1, 5, (plan.n, 1)))
        return {"running_mu": mu, "running_sigma2": (1.0 + rng.permutation(4)[: plan.n, None]) ** 2}
    spread = rng.uniform(0.5, 3, (plan.n, 1))
    spread[-1] = rng.uniform(2e-3, 5e-3)
    far = probes.FAR[plan.dtype] if plan.kind == "far" else 1.0
    mu = spread * probes.signed(rng, 0.4, 1.5, (plan.n, 1)) * far
    sigma2 = spread**2
    if plan.kind == "constant":
        sigma2[0] = 0
    return {"running_mu": mu, "running_sigma2": sigma2}


def _test_batch(plan: Plan, running: dict[str, np.ndarray], shift: float, rng: np.random.Generator):
    """Draw examples whose mean and spread are not those of training."""
    if plan.kind == "hand":
        return probes.whole_numbers(plan.n, plan.m, rng)
    spread = np.sqrt(np.maximum(running["running_sigma2"], 1e-2 * (running["running_sigma2"] == 0)))
    where = running["running_mu"] + spread * probes.signed(rng, 0.3, 1, (plan.n, 1)) * shift
    return where + spread * rng.uniform(0.6, 1.5, (plan.n, 1)) * rng.standard_normal((plan.n, plan.m))


def _inference_probe(plan: Plan, shift: float = 1.0) -> Probe:
    def probe(rng: np.random.Generator) -> Case:
        running = left_by_training(plan, rng)
        Z = _test_batch(plan, running, shift, rng)
        learned = probes.scale_and_shift(plan.n, rng)
        return as_case(plan, {"Z": Z, **learned, **running}, rng)

    return probe


def as_case(plan: Plan, arguments: dict[str, Any], rng: np.random.Generator) -> Case:
    """Make the case of a plan: its dtype, its layout, its eps."""
    eps = probes.draw_eps(plan.eps, rng)
    if plan.eps == "hand":  # the root of running_sigma2 + eps is a whole number
        arguments = {**arguments, "running_sigma2": arguments["running_sigma2"] - eps}
    arguments = probes.rounded(arguments, plan.dtype)
    if plan.layout:
        arguments = probes.non_contiguous(arguments, plan.layout)
    return probes.with_eps(arguments, plan.eps, eps, plan.edge)


def _plans() -> tuple[Plan, ...]:
    """Those of every exercise, where a constant unit is one that training found constant."""
    known = {probes.CONSTANT_UNIT: CONSTANT_UNIT}
    return tuple(
        Plan(p.n, p.m, p.dtype, p.eps, p.kind, known.get(p.edge or "", p.edge), p.layout)
        for p in probes.plans()
    )


def _inferring(forward: Forward) -> Callable[..., Any]:
    def batchnorm_inference(Z, gamma, beta, running_mu, running_sigma2, eps=1e-5):
        return forward.affine(forward.normalize(Z, running_mu, running_sigma2, eps), gamma, beta)

    return batchnorm_inference


def _by(choose: Callable[..., Any]) -> Callable[..., Any]:
    """Normalize by other statistics: Z, running_mu, running_sigma2 -> mu, sigma2."""

    def batchnorm_inference(Z, gamma, beta, running_mu, running_sigma2, eps=1e-5):
        mu, sigma2 = choose(Z, running_mu, running_sigma2)
        return gamma * (Z - mu) / np.sqrt(sigma2 + eps) + beta

    return batchnorm_inference


def _mean(Z):
    return Z.mean(axis=1, keepdims=True)


def _variance(Z, **more):
    return Z.var(axis=1, keepdims=True, **more)


def _around(Z, mu):
    return ((Z - mu) ** 2).mean(axis=1, keepdims=True)


def _moved(old: Any, new: Any, decay: float) -> Any:
    return decay * old + (1 - decay) * new


def _infer_in_place(Z, gamma, beta, running_mu, running_sigma2, eps=1e-5):
    Z -= running_mu
    Z *= gamma / np.sqrt(running_sigma2 + eps)
    Z += beta
    return Z


def _eps_into_the_variance(Z, gamma, beta, running_mu, running_sigma2, eps=1e-5):
    running_sigma2 += eps
    return gamma * (Z - running_mu) / np.sqrt(running_sigma2) + beta


OF_THE_BATCH = (
    _by(lambda Z, mu, s2: (_mean(Z), _variance(Z))),
    _by(lambda Z, mu, s2: (_mean(Z), _variance(Z)) if Z.shape[1] > 1 else (mu, s2)),
    _by(lambda Z, mu, s2: (mu, _variance(Z))),
    _by(lambda Z, mu, s2: (mu, _variance(Z) if Z.shape[1] > 1 else s2)),
    _by(lambda Z, mu, s2: (mu, _around(Z, mu))),
    _by(lambda Z, mu, s2: (mu, _around(Z, mu) if Z.shape[1] > 1 else s2)),
    _by(lambda Z, mu, s2: (_mean(Z), s2)),
    _by(lambda Z, mu, s2: (_mean(Z), s2) if Z.shape[1] > 1 else (mu, s2)),
    _by(lambda Z, mu, s2: (_mean(Z), _variance(Z, ddof=1))),
    _by(lambda Z, mu, s2: (Z.mean(), Z.var())),
    _by(lambda Z, mu, s2: (Z.mean(axis=0), Z.var(axis=0))),
)

BATCHNORM_INFERENCE = Exercise(
    name="batchnorm_inference",
    notebook=NOTEBOOK,
    points=3,
    reference=lambda Z, gamma, beta, running_mu, running_sigma2, eps=1e-5: (
        gamma * (Z - running_mu) / np.sqrt(running_sigma2 + eps) + beta
    ),
    results=("Z_tilde",),
    probes=(
        *map(_inference_probe, _plans()),
        _inference_probe(Plan(3, 6, eps="keyword", edge=SHIFTED), shift=20.0),
        _inference_probe(Plan(4, 9, np.float32, edge=SHIFTED), shift=20.0),
    ),
    misconceptions=(
        *misconceptions(
            _inferring,
            pieces.NORMALIZING,
            pieces.SCALING,
            pieces.FLAT,
            more={
                "batch-statistics-at-test-time": OF_THE_BATCH,
                "sqrt-missing": tuple(map(_inferring, pieces.NORMALIZING["divides-by-variance"])),
                "moves-statistics-at-test-time": tuple(
                    _by(
                        lambda Z, mu, s2, decay=decay: (
                            _moved(mu, _mean(Z), decay),
                            _moved(s2, _variance(Z), decay),
                        )
                    )
                    for decay in (0.9, 0.99, 0.1, 0.5)
                ),
                "eps-hard-coded": (
                    lambda Z, gamma, beta, running_mu, running_sigma2: (
                        gamma * (Z - running_mu) / np.sqrt(running_sigma2 + 1e-5) + beta
                    ),
                ),
                "not-centered": (
                    _inferring(Forward(normalize=lambda Z, mu, sigma2, eps: Z / np.sqrt(sigma2 + eps))),
                ),
                "global-statistics": (
                    _by(lambda Z, mu, s2: (mu.mean(), s2.mean())),
                    _by(lambda Z, mu, s2: (mu.mean(), s2)),
                    _by(lambda Z, mu, s2: (mu, s2.mean())),
                ),
                "unbiased-variance": (
                    _by(lambda Z, mu, s2: (mu, s2 * np.float64(Z.shape[1]) / (Z.shape[1] - 1))),
                    _by(lambda Z, mu, s2: (mu, s2 * Z.shape[1] / max(Z.shape[1] - 1, 1))),
                ),
                "sign-error": (_inferring(pieces.SCALING_SIGN),),
            },
            without=("divides-by-variance",),
        ),
        changes_its_input(_infer_in_place, _eps_into_the_variance),
    ),
    withheld=WITHHELD,
    # Folded into one factor and one shift per unit, Z and the mean meet only after they were scaled.
    terms=lambda Z, gamma, beta, running_mu, running_sigma2, eps=1e-5: (
        np.abs(gamma) * (np.abs(Z) + np.abs(running_mu)) / np.sqrt(running_sigma2 + eps) + np.abs(beta)
    ),
)
