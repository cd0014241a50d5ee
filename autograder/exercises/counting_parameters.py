"""An exercise on how many parameters a network has, without and with batch norm."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from ..exercise import Case, Exercise, Misconception, Probe
from ..network_probes import NO_HIDDEN_LAYER, TEN_LAYERS
from .assignments import BIAS as NOTEBOOK
from .assignments import WITHHELD_FROM_BIAS as WITHHELD
from .structure import changes_its_input


def _count(
    layer_dims,
    batch_norm,
    *,
    weights=lambda n, n_prev: n * n_prev,
    without=lambda n: n,
    with_=lambda n: 2 * n,
    output=lambda n, batch_norm: n,
):
    """Weights of every layer, and what stands beside them; every keyword is a piece to replace."""
    *hidden, classes = layer_dims[1:]
    beside = with_ if batch_norm else without
    all_weights = sum(weights(n, n_prev) for n_prev, n in pairwise(layer_dims))
    return all_weights + sum(map(beside, hidden)) + output(classes, batch_norm)


def _with(**pieces: Any) -> Callable[..., Any]:
    return lambda layer_dims, batch_norm: _count(layer_dims, batch_norm, **pieces)


def _dims(hidden: int, batch_norm: bool, low: int = 3, high: int = 90, edge: str | None = None) -> Probe:
    def probe(rng: np.random.Generator) -> Case:
        sizes = rng.choice(np.arange(low, high), hidden + 2, replace=False)
        return Case({"layer_dims": [int(n) for n in sizes], "batch_norm": batch_norm}, {}, edge)

    return probe


def _in_place(layer_dims, batch_norm):
    total = _count(layer_dims, batch_norm)
    layer_dims.pop(0)
    return total


def _without_last(layer_dims, batch_norm):
    *first, classes = layer_dims
    return _count(layer_dims, batch_norm) - first[-1] * classes - classes


def _without_first(layer_dims, batch_norm):
    first = layer_dims[0] * layer_dims[1]
    if len(layer_dims) > 2:
        first += 2 * layer_dims[1] if batch_norm else layer_dims[1]
    return _count(layer_dims, batch_norm) - first


COUNT_PARAMETERS = Exercise(
    name="count_parameters",
    notebook=NOTEBOOK,
    points=2,
    reference=_count,
    results=("count",),
    probes=(
        _dims(1, True, high=9),
        _dims(1, False, high=9),
        *(_dims(hidden, batch_norm) for hidden in (1, 2, 3, 4) for batch_norm in (False, True)),
        _dims(3, True, 200, 900),
        _dims(0, False, edge=NO_HIDDEN_LAYER),
        _dims(0, True, edge=NO_HIDDEN_LAYER),
        _dims(10, False, edge=TEN_LAYERS),
        _dims(11, True, edge=TEN_LAYERS),
    ),
    misconceptions=(
        Misconception("counts-bias-with-batch-norm", _with(with_=lambda n: 3 * n)),
        Misconception("forgets-gamma-beta", _with(with_=lambda n: 0), _with(with_=lambda n: n)),
        Misconception("flag-ignored", _with(without=lambda n: 2 * n)),
        Misconception("flag-inverted", _with(without=lambda n: 2 * n, with_=lambda n: n)),
        Misconception(
            "counts-running-statistics", _with(with_=lambda n: 4 * n), _with(with_=lambda n: 5 * n)
        ),
        Misconception(
            "batch-norm-on-output-layer",
            _with(output=lambda n, batch_norm: 2 * n if batch_norm else n),
            _with(output=lambda n, batch_norm: 3 * n if batch_norm else n),
            question="Does the output layer have gamma and beta?",
            pointer="Compare your count for the last layer with the table of shapes.",
            statement="The output layer has W and b in both cases, and never batch norm.",
        ),
        Misconception(
            "output-bias-removed-too",
            _with(output=lambda n, batch_norm: 0),
            _with(output=lambda n, batch_norm: 0 if batch_norm else n),
            pointer="Count a network without hidden layers by hand, then look at the last layer of yours.",
        ),
        Misconception(
            "bias-left-out",
            _with(without=lambda n: 0),
            _with(without=lambda n: 0, output=lambda n, batch_norm: 0),
            question="Which layers have a b?",
            pointer="Count a network without hidden layers by hand, then one hidden layer without batch "
            "norm.",
            statement="The output layer has a b, always; a hidden layer has one unless it has batch norm.",
        ),
        Misconception(
            "one-per-layer",
            _with(with_=lambda n: 2),
            _with(without=lambda n: 1, output=lambda n, batch_norm: 1),
            _with(without=lambda n: 1, with_=lambda n: 2, output=lambda n, batch_norm: 1),
        ),
        Misconception("weights-left-out", _with(weights=lambda n, n_prev: 0)),
        Misconception(
            "weights-by-units-alone",
            _with(weights=lambda n, n_prev: n),
            _with(weights=lambda n, n_prev: n * n),
            _with(weights=lambda n, n_prev: n_prev * n_prev),
            _with(weights=lambda n, n_prev: n + n_prev),
        ),
        Misconception(
            "inputs-counted-as-a-layer",
            lambda layer_dims, batch_norm: (
                _count(layer_dims, batch_norm) + (2 if batch_norm else 1) * layer_dims[0]
            ),
            lambda layer_dims, batch_norm: _count(layer_dims, batch_norm) + layer_dims[0],
        ),
        Misconception("layer-left-out", _without_last, _without_first),
        changes_its_input(_in_place),
    ),
    withheld=WITHHELD,
)
