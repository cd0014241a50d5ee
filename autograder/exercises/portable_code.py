"""An exercise on code that runs wherever its arrays live."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import probes
from ..arguments import OnDevice, mapped
from ..exercise import Case, Exercise, Misconception, Probe
from ..probes import Plan
from . import forward_pieces as pieces
from .assignments import GPU as NOTEBOOK
from .assignments import WITHHELD_FROM_GPU as WITHHELD
from .forward_pieces import Forward, misconceptions
from .structure import changes_its_input, difference_of_squares

if TYPE_CHECKING:
    from ..observe import Observation

COPIES = "HostCopyError"
STAYS = "works on a device, and stays there"


def _on_device(probe: Probe) -> Probe:
    def there(rng: np.random.Generator) -> Case:
        case = probe(rng)
        arguments = mapped(case.arguments, lambda array: OnDevice(array))
        return replace(case, arguments=arguments, requirement=STAYS)

    return there


def _lives_on_device(observation: Observation) -> bool:
    return any(isinstance(value, OnDevice) for value in observation.case.arguments.values())


def _only_on_host(copying: bool) -> Callable[[Sequence[Observation]], bool]:
    """Right for NumPy's arrays; for each on a device an error, of a copy to the host or of another kind."""

    def recognize(observations: Sequence[Observation]) -> bool:
        there = [o for o in observations if _lives_on_device(o)]
        here = [o for o in observations if not _lives_on_device(o)]
        failed = there and all(o.outcome.error for o in there)
        copied = any(o.outcome.error and o.outcome.error.kind == COPIES for o in there)
        return bool(failed and here) and all(o.right for o in here) and copied is copying

    return recognize


def _formula(Z, gamma, beta, eps):
    return pieces.RIGHT(Z, gamma, beta, eps)[0]


def _asked(Z):
    return Z.get() if hasattr(Z, "get") else Z


def _converted(Z):
    return np.array(Z.tolist())


def _copied_by(fetch: Callable[[Any], Any]) -> Callable[..., Any]:
    def portable_batchnorm(Z, gamma, beta, eps=1e-5):
        return _formula(*map(fetch, (Z, gamma, beta)), eps)

    return portable_batchnorm


def _there_and_back(Z, gamma, beta, eps=1e-5):
    result = _formula(*map(_asked, (Z, gamma, beta)), eps)
    return result if isinstance(Z, np.ndarray) else type(Z)(result)


def _gamma_and_beta_copied(Z, gamma, beta, eps=1e-5):
    return _formula(Z, _asked(gamma), _asked(beta), eps)


def _statistics_as_numbers(Z, gamma, beta, eps=1e-5):
    rows = [(row - row.mean().item()) / math.sqrt(row.var().item() + eps) for row in Z]
    return gamma * np.stack(rows) + beta


def _fallback(Z, gamma, beta, eps=1e-5):
    try:
        return _filled(Z, gamma, beta, eps)
    except (TypeError, ValueError):
        return _filled(_asked(Z), _asked(gamma), _asked(beta), eps)


HOST_COPIES = (
    _copied_by(_asked),
    _copied_by(_converted),
    _there_and_back,
    _gamma_and_beta_copied,
    _statistics_as_numbers,
    _fallback,
)


def _filled(Z, gamma, beta, eps=1e-5):
    Z_tilde = np.empty(Z.shape)
    for j in range(len(Z)):
        Z_tilde[j] = gamma[j] * (Z[j] - Z[j].mean()) / np.sqrt(Z[j].var() + eps) + beta[j]
    return Z_tilde


def _filled_one_by_one(Z, gamma, beta, eps=1e-5):
    Z_tilde = np.zeros(Z.shape)
    for j, i in np.ndindex(Z.shape):
        Z_tilde[j, i] = gamma[j, 0] * (Z[j, i] - Z[j].mean()) / np.sqrt(Z[j].var() + eps) + beta[j, 0]
    return Z_tilde


def _with_math(Z, gamma, beta, eps=1e-5):
    mu, sigma2 = Z.mean(axis=1, keepdims=True), Z.var(axis=1, keepdims=True)
    deviation = np.array([[math.sqrt(value + eps)] for value in sigma2[:, 0]])
    return gamma * (Z - mu) / deviation + beta


def _with_floats(Z, gamma, beta, eps=1e-5):
    rows = [
        float(g[0]) * (row - float(row.mean())) / float(np.sqrt(row.var() + eps)) + float(b[0])
        for row, g, b in zip(Z, gamma, beta, strict=True)
    ]
    return np.stack(rows)


def _mean_by_a_host_matrix(Z, gamma, beta, eps=1e-5):
    average = np.full((Z.shape[1], 1), 1 / Z.shape[1])
    mu = Z @ average
    return gamma * (Z - mu) / np.sqrt((Z - mu) ** 2 @ average + eps) + beta


def _summed_into_zeros(Z, gamma, beta, eps=1e-5):
    mu = np.zeros((len(Z), 1))
    for example in Z.T:
        mu = mu + example.reshape(-1, 1) / Z.shape[1]
    return gamma * (Z - mu) / np.sqrt(Z.var(axis=1, keepdims=True) + eps) + beta


def _asserted(Z, gamma, beta, eps=1e-5):
    assert isinstance(Z, np.ndarray)
    return _formula(Z, gamma, beta, eps)


def _constant_units_by_if(Z, gamma, beta, eps=1e-5):
    sigma2 = Z.var(axis=1, keepdims=True)
    if (sigma2 < 0).any():
        raise ValueError("a variance is negative")
    return gamma * (Z - Z.mean(axis=1, keepdims=True)) / np.sqrt(sigma2 + eps) + beta


NUMPY_ONLY = (
    _copied_by(np.asarray),
    _copied_by(np.array),
    _copied_by(lambda array: np.asarray(array, dtype=np.float64)),
    _filled,
    _filled_one_by_one,
    _with_math,
    _with_floats,
    _mean_by_a_host_matrix,
    _summed_into_zeros,
    _asserted,
    _constant_units_by_if,
)


def _in_place(Z, gamma, beta, eps=1e-5):
    Z -= Z.mean(axis=1, keepdims=True)
    Z /= np.sqrt((Z**2).mean(axis=1, keepdims=True) + eps)
    return gamma * Z + beta


def _scaled_in_place(Z, gamma, beta, eps=1e-5):
    gamma /= np.sqrt(Z.var(axis=1, keepdims=True) + eps)
    return gamma * (Z - Z.mean(axis=1, keepdims=True)) + beta


def _first(forward: Forward) -> Callable[..., Any]:
    return lambda Z, gamma, beta, eps=1e-5: forward(Z, gamma, beta, eps)[0]


INPUTS = probes.with_statistics("Z", "gamma", "beta")
THERE = (
    Plan(2, 4, eps="hand", kind="hand"),
    Plan(4, 9, np.float32),
    Plan(5, 5, eps="keyword"),
)

PORTABLE_BATCHNORM = Exercise(
    name="portable_batchnorm",
    notebook=NOTEBOOK,
    points=3,
    reference=_first(pieces.RIGHT),
    results=("Z_tilde",),
    probes=(
        *probes.probes(INPUTS, probes.plans()),
        *map(_on_device, probes.probes(INPUTS, THERE)),
    ),
    misconceptions=(
        Misconception("host-copy", *HOST_COPIES, recognize=_only_on_host(copying=True)),
        Misconception("numpy-only", *NUMPY_ONLY, recognize=_only_on_host(copying=False)),
        *misconceptions(
            _first,
            pieces.STATISTICS,
            pieces.NORMALIZING,
            pieces.SCALING,
            pieces.FLAT,
            more={
                "eps-hard-coded": (lambda Z, gamma, beta: _formula(Z, gamma, beta, 1e-5),),
                "sign-error": (_first(pieces.SCALING_SIGN),),
            },
        ),
        difference_of_squares(_first(pieces.DIFFERENCE_OF_SQUARES)),
        changes_its_input(_in_place, _scaled_in_place),
    ),
    terms=lambda Z, gamma, beta, eps=1e-5: pieces.forward_terms(Z, gamma, beta, eps)[0],
    withheld=WITHHELD,
)
