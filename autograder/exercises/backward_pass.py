"""Exercises on batch norm's backward pass: stage by stage, and in one formula."""

from __future__ import annotations

import numpy as np

from .. import probes
from ..exercise import Exercise, Misconception
from . import backward_pieces, stage_pieces
from .assignments import FITTING as NOTEBOOK
from .assignments import WITHHELD_FROM_FITTING as WITHHELD
from .structure import changes_its_input


def _stage_inputs(Z, rng, eps):
    dZ_tilde = _upstream(Z, rng)
    gamma = probes.scale_and_shift(len(Z), rng)["gamma"]
    return {"dZ_tilde": dZ_tilde, "Z": Z, "gamma": gamma, **probes.statistics(Z)}


def _upstream(Z, rng):
    if probes.by_hand(Z):
        return probes.whole_numbers(*Z.shape, rng)
    return rng.standard_normal(Z.shape) + probes.signed(rng, 0.2, 0.6, (len(Z), 1))


def _stage_terms(dZ_tilde, Z, gamma, mu, sigma2, eps=1e-5):
    inv_std = 1 / np.sqrt(sigma2 + eps)
    dZ_norm = np.abs(gamma * dZ_tilde)
    dsigma2 = 0.5 * inv_std**3 * (dZ_norm * np.abs(Z - mu)).sum(axis=1, keepdims=True)
    dmu = inv_std * dZ_norm.sum(axis=1, keepdims=True)
    return {"dZ_norm": dZ_norm, "dsigma2": dsigma2, "dmu": dmu, "dZ": inv_std * dZ_norm}


def _stages_in_place(dZ_tilde, Z, gamma, mu, sigma2, eps=1e-5):
    dZ_norm = gamma * dZ_tilde
    Z -= mu
    inv_std = 1 / np.sqrt(sigma2 + eps)
    m = Z.shape[1]
    dsigma2 = -0.5 * inv_std**3 * (dZ_norm * Z).sum(axis=1, keepdims=True)
    dmu = -inv_std * dZ_norm.sum(axis=1, keepdims=True)
    dZ = dZ_norm * inv_std + dsigma2 * 2 * Z / m + dmu / m
    return {"dZ_norm": dZ_norm, "dsigma2": dsigma2, "dmu": dmu, "dZ": dZ}


BATCHNORM_BACKWARD_STAGES = Exercise(
    name="batchnorm_backward_stages",
    notebook=NOTEBOOK,
    points=4,
    reference=lambda *given, **keywords: stage_pieces.stages(*given, **keywords, last_term=True),
    results=("stages",),
    stages=("dZ_norm", "dsigma2", "dmu", "dZ"),
    probes=probes.probes(_stage_inputs, probes.plans(least=8)),
    misconceptions=(
        *(Misconception(name, *readings) for name, readings in stage_pieces.STAGED_MISTAKES.items()),
        changes_its_input(_stages_in_place),
    ),
    terms=_stage_terms,
    withheld=WITHHELD,
)


def _backward_inputs(Z, rng, eps):
    known = _stage_inputs(Z, rng, eps)
    deviation = Z - known["mu"]
    # A large mean leaves its rounding in every deviation; formulas that are equal where the rows of Z_norm
    # have mean 0 would part over it, and which of them is then the right one nobody could say.
    deviation -= deviation.mean(axis=1, keepdims=True)
    Z_norm = deviation / np.sqrt(known["sigma2"] + eps)
    return {
        "dZ_tilde": known["dZ_tilde"],
        "Z_norm": Z_norm,
        "gamma": known["gamma"],
        "sigma2": known["sigma2"],
    }


def _backward_terms(dZ_tilde, Z_norm, gamma, sigma2, eps=1e-5):
    return (
        np.abs(gamma / np.sqrt(sigma2 + eps) * dZ_tilde),
        np.abs(dZ_tilde * Z_norm).sum(axis=1, keepdims=True),
        np.abs(dZ_tilde).sum(axis=1, keepdims=True),
    )


def _backward_in_place(dZ_tilde, Z_norm, gamma, sigma2, eps=1e-5):
    results = backward_pieces.backward(dZ_tilde, Z_norm, gamma, sigma2, eps)
    dZ_tilde *= gamma
    return results


def _backward_of_changed(dZ_tilde, Z_norm, gamma, sigma2, eps=1e-5):
    dZ_tilde *= gamma
    return backward_pieces.backward(dZ_tilde, Z_norm, np.ones_like(gamma), sigma2, eps)


def _backward_of_scaled(dZ_tilde, Z_norm, gamma, sigma2, eps=1e-5):
    dZ_tilde *= gamma
    return backward_pieces.backward(dZ_tilde, Z_norm, gamma, sigma2, eps)


def _backward_without_eps(dZ_tilde, Z_norm, gamma, sigma2):
    return backward_pieces.backward(dZ_tilde, Z_norm, gamma, sigma2)


BATCHNORM_BACKWARD = Exercise(
    name="batchnorm_backward",
    notebook=NOTEBOOK,
    points=3,
    reference=backward_pieces.backward,
    results=("dZ", "dgamma", "dbeta"),
    stages=("dbeta", "dgamma", "dZ"),
    probes=probes.probes(_backward_inputs, probes.plans(least=8)),
    misconceptions=(
        *(
            Misconception(name, *readings, *((_backward_without_eps,) if name == "eps-hard-coded" else ()))
            for name, readings in backward_pieces.MISTAKES.items()
        ),
        Misconception(
            "results-in-another-order",
            *(
                lambda *given, order=order, **keywords: tuple(
                    backward_pieces.backward(*given, **keywords)[i] for i in order
                )
                for order in ((0, 2, 1), (1, 2, 0), (2, 1, 0))
            ),
        ),
        changes_its_input(_backward_in_place, spoiled=(_backward_of_changed, _backward_of_scaled)),
    ),
    terms=_backward_terms,
    withheld=WITHHELD,
)
