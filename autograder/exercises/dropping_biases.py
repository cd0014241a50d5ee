"""An exercise on a network's parameters: which biases may go, and which have to stay."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from .. import probes
from ..exercise import Case, Exercise, Misconception, Probe
from ..network_probes import ANOTHER_ORDER, NO_HIDDEN_LAYER, TEN_LAYERS
from ..probes import NON_CONTIGUOUS
from .assignments import BIAS as NOTEBOOK
from .assignments import WITHHELD_FROM_BIAS as WITHHELD
from .structure import changes_its_input

NOTHING_TO_DROP = "a layer with batch norm that has no b"
ONE_UNIT = "one unit per layer"

Network = dict[str, np.ndarray]


def _network(kinds: str, dtype: type = np.float64, edge: str | None = None, size: int | None = None) -> Probe:
    """One letter per hidden layer: n, batch norm and b; o, batch norm without b; p, b without batch norm."""

    def probe(rng: np.random.Generator) -> Case:
        parameters = _drawn(kinds, rng, size)
        if edge == ANOTHER_ORDER:
            names = [str(name) for name in rng.permutation(list(parameters))]
            parameters = {name: parameters[name] for name in names}
        arguments = probes.rounded({"parameters": parameters}, dtype)
        if edge == NON_CONTIGUOUS:
            arguments = probes.non_contiguous(arguments, "gaps")
        return Case(arguments, {}, edge)

    return probe


def _drawn(kinds: str, rng: np.random.Generator, size: int | None) -> Network:
    dims = [size or int(n) for n in rng.integers(2, 5, len(kinds) + 2)]
    parameters: Network = {}
    for layer, kind in enumerate(kinds + "p", start=1):
        n_prev, n = dims[layer - 1], dims[layer]
        parameters[f"W{layer}"] = np.round(rng.standard_normal((n, n_prev)), 2)
        if kind in "np":
            parameters[f"b{layer}"] = np.round(probes.signed(rng, 0.2, 0.8, (n, 1)), 2)
        if kind in "no":
            drawn = probes.scale_and_shift(n, rng)
            parameters |= {f"gamma{layer}": drawn["gamma"], f"beta{layer}": drawn["beta"]}
    return parameters


def _layers(parameters: Network) -> list[int]:
    return sorted(int(key[1:]) for key in parameters if key[0] == "W")


def _biases(parameters: Network) -> list[str]:
    """The keys of all biases; beta begins with a b as well."""
    return [key for key in parameters if key[0] == "b" and key[1:].isdigit()]


def _normalized(parameters: Network) -> list[int]:
    return [layer for layer in _layers(parameters) if f"gamma{layer}" in parameters]


def _less(parameters: Network, keys: Iterable[str]) -> Network:
    keys = set(keys)
    return {key: value for key, value in parameters.items() if key not in keys}


def _droppable(parameters: Network) -> list[str]:
    return [f"b{layer}" for layer in _normalized(parameters)]


def _without(choose: Callable[[Network], Iterable[str]]) -> Callable[..., Any]:
    return lambda parameters: _less(parameters, choose(parameters))


def _output(parameters: Network) -> str:
    return f"b{_layers(parameters)[-1]}"


def _drop_in_place(parameters):
    for key in _droppable(parameters):
        parameters.pop(key, None)
    return parameters


def _every_bias_expected(parameters):
    rest = dict(parameters)
    for layer in _normalized(parameters):
        del rest[f"b{layer}"]
    return rest


def _until_a_plain_layer(parameters):
    layer, dropped = 1, []
    while f"gamma{layer}" in parameters:
        dropped.append(f"b{layer}")
        layer += 1
    return dropped


def _zeroed(parameters):
    drop = set(_droppable(parameters))
    return {key: value * 0 if key in drop else value for key, value in parameters.items()}


def _moved_into_beta(parameters):
    rest = _less(parameters, _droppable(parameters))
    for layer in _normalized(parameters):
        rest[f"beta{layer}"] = rest[f"beta{layer}"] + parameters.get(f"b{layer}", 0)
    return rest


def _plain_hidden(parameters):
    return [f"b{layer}" for layer in _layers(parameters)[:-1]]


def _last_as_text(parameters):
    last = max(parameters, key=lambda key: key[1:] if key[0] == "W" else "")[1:]
    return [key for key in _droppable(parameters) if key != f"b{last}"]


def _by_one_digit(digit):
    return lambda parameters: [key for key in _biases(parameters) if f"gamma{key[digit]}" in parameters]


def _by_one_digit_of_gamma(digit):
    return lambda parameters: [f"b{str(layer)[digit]}" for layer in _normalized(parameters)]


def _by_beginning(parameters):
    return [key for key in _biases(parameters) if any(k.startswith(f"gamma{key[1:]}") for k in parameters)]


def _by_beginning_of_bias(parameters):
    drop = tuple(_droppable(parameters))
    return [key for key in parameters if drop and key.startswith(drop)]


DROP_BIASES = Exercise(
    name="drop_biases",
    notebook=NOTEBOOK,
    points=3,
    reference=_without(_droppable),
    results=("parameters",),
    probes=(
        _network("n", size=2),
        _network("nn"),
        _network("npn"),
        _network("pn", np.float32),
        _network("nnnp"),
        _network("pnn", np.float32),
        _network("nnn"),
        _network("pp"),
        _network("", edge=NO_HIDDEN_LAYER),
        _network("oo", edge=NOTHING_TO_DROP),
        _network("nopo", edge=NOTHING_TO_DROP),
        _network("pnnnnnnnnnpn", edge=TEN_LAYERS),
        _network("nnpnnnnnnpp", edge=TEN_LAYERS),
        _network("pnnnnnnnnn", edge=TEN_LAYERS),
        _network("npnn", edge=ANOTHER_ORDER),
        _network("nn", edge=ANOTHER_ORDER),
        _network("npn", edge=ONE_UNIT, size=1),
        _network("npn", edge=NON_CONTIGUOUS),
    ),
    misconceptions=(
        Misconception(
            "output-bias-removed-too",
            _without(lambda parameters: [*_droppable(parameters), _output(parameters)]),
            _without(_biases),
        ),
        Misconception("plain-bias-removed-too", _without(_plain_hidden)),
        Misconception(
            "beta-removed-too",
            _without(lambda p: [key for key in p if key[0] == "b"]),
            _without(lambda p: [key for key in p if key[0] == "b" and key != _output(p)]),
            _without(lambda p: [f"{name}{layer}" for name in ("b", "beta") for layer in _normalized(p)]),
        ),
        Misconception("bias-kept", dict, _zeroed),
        Misconception("keeps-the-wrong-ones", _without(lambda p: set(_biases(p)) - set(_droppable(p)))),
        Misconception("bias-added-to-beta", _moved_into_beta),
        Misconception(
            "layers-forgotten",
            _without(lambda p: _droppable(p)[:1]),
            _without(lambda p: _droppable(p)[1:]),
            _without(lambda p: [key for key in _droppable(p) if key != "b1"]),
            _without(lambda p: [key for key in _droppable(p) if key == "b1"]),
            _without(lambda p: _droppable(p)[:-1]),
            _without(lambda p: [key for key in _droppable(p) if key != f"b{_layers(p)[-1] - 1}"]),
            _without(_until_a_plain_layer),
        ),
        Misconception("layers-sorted-as-text", _without(_last_as_text)),
        Misconception(
            "layer-number-cut-short",
            _without(_by_one_digit(1)),
            _without(_by_one_digit(-1)),
            _without(_by_one_digit_of_gamma(0)),
            _without(_by_one_digit_of_gamma(-1)),
            _without(_by_beginning),
            _without(_by_beginning_of_bias),
        ),
        Misconception("every-bias-expected", _every_bias_expected),
        changes_its_input(_drop_in_place),
    ),
    withheld=WITHHELD,
)
