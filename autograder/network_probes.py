"""Networks for a check: parameters and data, drawn anew, that wrong code does not survive.

Beyond what `probes` has: hidden layers with and without batch norm, none and ten of them, huge logits,
parameters whose keys come in another order. No pre-activation lies near ReLU's kink, where a rounding would
turn a gradient on or off.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from . import probes
from .exercise import Case, Probe

NO_HIDDEN_LAYER = "no hidden layer"
TEN_LAYERS = "ten layers and more"
PLAIN_LAYER = "a hidden layer without batch norm"
HUGE_LOGITS = "huge logits"
ANOTHER_ORDER = "parameters in another order"

Network = dict[str, np.ndarray]


@dataclass(frozen=True)
class NetworkPlan:
    """One probe: the layers' sizes, the hidden layers that have no batch norm, and the rest as in `Plan`."""

    layer_dims: tuple[int, ...]
    m: int
    dtype: type = np.float64
    eps: str = "default"
    kind: str = "ordinary"  # or "hand", "constant", "far", "logits"
    edge: str | None = None
    plain: tuple[int, ...] = ()
    layout: str = ""  # as in `Plan`


def plans(least: int = 4) -> tuple[NetworkPlan, ...]:
    """Return the probes of every exercise on a whole network; `least` is the smallest mini-batch."""
    square = least + 1
    return (
        NetworkPlan((2, 2, 2), least, eps="hand", kind="hand"),
        NetworkPlan((3, 4, 3), least + 3, eps="keyword"),
        NetworkPlan((4, 3, 5, 3), least + 5, np.float32),
        NetworkPlan((5, 3, 3, 4), least + 2, eps="keyword"),
        NetworkPlan((square,) * 4, square),
        NetworkPlan((3, 4, 4), least + 4, np.float32, eps="keyword"),
        NetworkPlan((3, 4, 3), 1, edge=probes.ONE_EXAMPLE),
        NetworkPlan((3, 4, 3), least + 4, eps="keyword", kind="constant", edge=probes.CONSTANT_UNIT),
        NetworkPlan((4, 3, 3), least + 5, kind="far", edge=probes.LARGE_MEAN),
        NetworkPlan((3, 4, 3), least + 6, np.float32, kind="far", edge=probes.LARGE_MEAN),
        NetworkPlan((3, 4, 3), least + 3, edge=probes.NON_CONTIGUOUS, layout="gaps"),
        NetworkPlan((4, 3, 3), least + 4, eps="keyword", edge=probes.NON_CONTIGUOUS, layout="transposed"),
        NetworkPlan((4, 3), least + 3, edge=NO_HIDDEN_LAYER),
        NetworkPlan((3, *(4,) * 10, 3), least + 4, eps="keyword", edge=TEN_LAYERS),
        NetworkPlan((3, 4, 3, 3), least + 3, eps="keyword", edge=PLAIN_LAYER, plain=(1,)),
        NetworkPlan((4, 3, 4, 2), least + 4, edge=PLAIN_LAYER, plain=(2,)),
        NetworkPlan((3, 4, 3), least + 3, kind="logits", edge=HUGE_LOGITS),
        NetworkPlan((3, 4, 4, 4, 4), least + 3, edge=ANOTHER_ORDER),
    )


def probe(
    plan: NetworkPlan, inputs: Callable[[np.ndarray, Network, np.random.Generator], dict[str, Any]]
) -> Probe:
    """Make one probe.

    Parameters
    ----------
    plan : NetworkPlan
    inputs : callable
        X, parameters and a generator -> the arguments by name.
    """

    def draw(rng: np.random.Generator) -> Case:
        eps = probes.draw_eps(plan.eps, rng)
        X, parameters = away_from_kinks(plan, rng, eps)
        if plan.edge == ANOTHER_ORDER:
            parameters = dict(reversed(parameters.items()))
        arguments = probes.rounded(inputs(X, parameters, rng), plan.dtype)
        if plan.layout:
            arguments = probes.non_contiguous(arguments, plan.layout)
        return probes.with_eps(arguments, plan.eps, eps, plan.edge)

    return draw


def away_from_kinks(plan: NetworkPlan, rng: np.random.Generator, eps: float) -> tuple[np.ndarray, Network]:
    """Draw data and parameters until no hidden unit lies within rounding of ReLU's kink."""
    margin = (2e-2 if plan.kind == "far" else 2e-3) if plan.dtype is np.float32 else 1e-6
    while True:
        X = probes.rounded(_data(plan, rng), plan.dtype).astype(np.float64)
        parameters = probes.rounded(probes.rounded(_parameters(plan, rng), plan.dtype), np.float64)
        if _distance(X, parameters, eps) > margin:
            return X, parameters


def _data(plan: NetworkPlan, rng: np.random.Generator) -> np.ndarray:
    n, m = plan.layer_dims[0], plan.m
    if plan.kind == "hand":
        return probes.whole_numbers(n, m, rng)
    X = probes.standard(rng, (n, m)) + probes.signed(rng, 0.2, 0.6, (n, 1))
    if plan.kind == "far":
        X += probes.signed(rng, 1, 2, (n, 1)) * probes.FAR[plan.dtype]
    return X


def _parameters(plan: NetworkPlan, rng: np.random.Generator) -> Network:
    dims = plan.layer_dims
    parameters: Network = {}
    for layer, (n_prev, n) in enumerate(pairwise(dims), start=1):
        parameters[f"W{layer}"] = _weights(plan, n, n_prev, rng)
        if layer == len(dims) - 1 or layer in plan.plain:
            parameters[f"b{layer}"] = np.round(probes.signed(rng, 0.2, 0.8, (n, 1)), 2)
        else:
            # A small beta, so that each unit is on for some examples and off for others.
            parameters[f"gamma{layer}"] = np.round(probes.signed(rng, 1.2, 2.5, (n, 1)), 2)
            parameters[f"beta{layer}"] = np.round(probes.signed(rng, 0.2, 0.6, (n, 1)), 2)
    last = len(dims) - 1
    if plan.kind == "logits":
        parameters[f"W{last}"] *= 1e4
    elif last > 1 and plan.kind == "constant":
        parameters["W1"][0] = 0
    elif last > 1 and plan.kind == "ordinary" and 1 not in plan.plain:
        # One nearly constant unit: whoever misplaces eps is seen.
        parameters["W1"][-1] *= 3e-3
    return parameters


def _weights(plan: NetworkPlan, n: int, n_prev: int, rng: np.random.Generator) -> np.ndarray:
    if plan.kind != "hand":
        return rng.standard_normal((n, n_prev)) * np.sqrt(2 / n_prev)
    while True:
        W = rng.integers(-3, 4, (n, n_prev)).astype(np.float64)
        if np.linalg.matrix_rank(W) == min(n, n_prev) and np.all(W):
            return W


def _distance(X: np.ndarray, parameters: Network, eps: float) -> float:
    """How near to 0 a hidden unit comes before its ReLU."""
    nearest = np.inf
    A, layer = X, 1
    while f"W{layer + 1}" in parameters:
        Z = parameters[f"W{layer}"] @ A
        if f"gamma{layer}" in parameters:
            known = probes.statistics(Z)
            Z_norm = (Z - known["mu"]) / np.sqrt(known["sigma2"] + eps)
            Z = parameters[f"gamma{layer}"] * Z_norm + parameters[f"beta{layer}"]
        else:
            Z = Z + parameters[f"b{layer}"]
        nearest = min(nearest, float(np.abs(Z).min()))
        A, layer = np.maximum(Z, 0), layer + 1
    return nearest
