"""The exercise that gives every parameter of a network its step of Adam, and the averages that go with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from .. import network_probes, probes
from ..arguments import Carried, Each
from ..exercise import Exercise
from ..network_probes import ANOTHER_ORDER, NO_HIDDEN_LAYER, PLAIN_LAYER, TEN_LAYERS, NetworkPlan
from . import optimizer_pieces as pieces
from .assignments import DESCENT as NOTEBOOK
from .assignments import WITHHELD_FROM_DESCENT as WITHHELD
from .optimizer_pieces import named
from .structure import changes_its_input, updates_in_place

KINDS = ("W", "b", "gamma", "beta")
STEPS = 3
LONG = 5  # steps of a longer series


def kind_of(name: str) -> str:
    """Return a parameter's name without its layer."""
    return name.rstrip("0123456789")


def _update_all(
    parameters,
    gradients,
    state,
    t,
    alpha,
    *,
    step=pieces.RIGHT,
    only=KINDS,
    others=lambda theta, dtheta, alpha: theta,
    drop=False,
    slot=lambda name: name,
    count=lambda t, place, parameters: t,
    pairs=lambda parameters, gradients: {name: gradients[f"d{name}"] for name in parameters},
):
    """Take Adam's step with every parameter; every keyword is a piece to replace.

    Kinds of parameters that are not among `only` move as `others` says, or are left out. `slot` says where a
    parameter's averages are kept, and `count` which step its correction is for.
    """
    averages = dict(state)
    dthetas = pairs(parameters, gradients)
    updated = {}
    for place, (name, theta) in enumerate(parameters.items()):
        if kind_of(name) in only:
            v, s = averages.get(slot(name), (0.0, 0.0))
            number = count(t, place, parameters)
            updated[name], *averages[slot(name)] = step(theta, dthetas[name], v, s, number, alpha)
        elif not drop:
            updated[name] = others(theta, dthetas[name], alpha)
    return updated, averages


def _with(**replaced: Any) -> Callable[..., Any]:
    return partial(_update_all, **replaced)


def _left_out(*kinds: str) -> tuple[Callable[..., Any], ...]:
    """Parameters of these kinds stay as they are, or do not come back."""
    rest = tuple(kind for kind in KINDS if kind not in kinds)
    return _with(only=rest), _with(only=rest, drop=True)


def _paired_by_order(parameters, gradients):
    return dict(zip(parameters, gradients.values(), strict=True))


def _state_in_place(parameters, gradients, state, t, alpha):
    updated, averages = _update_all(parameters, gradients, state, t, alpha)
    state.update(averages)
    return updated, state


def _gradients_in_place(parameters, gradients, state, t, alpha):
    for name in gradients:
        gradients[name] /= 2
    doubled = {name: 2 * dtheta for name, dtheta in gradients.items()}
    return _update_all(parameters, doubled, state, t, alpha)


def _parameters_in_place(parameters, gradients, state, t, alpha):
    updated, averages = _update_all(parameters, gradients, state, t, alpha)
    for name in parameters:
        parameters[name][...] = updated[name]
    return parameters, averages


def _dict_in_place(parameters, gradients, state, t, alpha):
    updated, averages = _update_all(parameters, gradients, state, t, alpha)
    parameters.update(updated)
    return parameters, averages


def _inputs(X, parameters, rng):
    """A series of steps: each begins with what the one before returned, and has gradients of its own."""
    gradients = [_gradients(parameters, rng) for _ in range(STEPS)]
    names = list(gradients[0])
    if next(iter(parameters)) != "W1":  # keys in another order; and the gradients' in yet another
        names = [*names[1:], names[0]]
    return {
        "parameters": Carried(parameters, 0),
        "gradients": Each(tuple({name: each[name] for name in names} for each in gradients)),
        "state": Carried({}, 1, opaque=True),
        "t": Each(tuple(range(1, STEPS + 1))),
        "alpha": float(rng.uniform(0.02, 0.2)),
    }


def _in_turn(X, parameters, rng):
    """Two copies of a network, trained in turn: each goes on where it was left, with a state of its own."""
    gradients = tuple(_gradients(parameters, rng) for _ in range(2 * LONG))
    return {
        "parameters": Carried(parameters, 0, lag=2),
        "gradients": Each(gradients),
        "state": Carried({}, 1, opaque=True, lag=2),
        "t": Each(tuple(1 + turn // 2 for turn in range(2 * LONG))),
        "alpha": float(rng.uniform(0.02, 0.2)),
    }


def _two_networks(rng):
    case = network_probes.probe(NetworkPlan((3, 4, 3), 4), _in_turn)(rng)
    return replace(case, requirement="trains two networks in turn")


def _gradients(parameters, rng):
    gradients = {}
    for name, theta in parameters.items():
        size = np.ones((theta.shape[0], 1))
        size[-1] = 1e-5  # so small that eps shows
        if theta.shape[0] > 2:
            size[1] = 0  # a unit that is off has no gradient
        gradients[f"d{name}"] = size * probes.signed(rng, 0.3, 2, theta.shape)
    return gradients


PLANS = (
    NetworkPlan((2, 2, 2), 4, kind="hand"),
    NetworkPlan((3, 4, 3), 4),
    NetworkPlan((4, 3, 5, 3), 4, np.float32),
    NetworkPlan((4, 4, 4, 4), 4),
    NetworkPlan((4, 3, 3), 4, edge=probes.NON_CONTIGUOUS, layout="transposed"),
    NetworkPlan((4, 3), 4, edge=NO_HIDDEN_LAYER),
    NetworkPlan((3, *(4,) * 10, 3), 4, edge=TEN_LAYERS),
    NetworkPlan((3, 4, 3, 3), 4, edge=PLAIN_LAYER, plain=(1,)),
    NetworkPlan((3, 4, 4, 4), 4, edge=ANOTHER_ORDER),
)

# Over several steps, averages that are not returned are averages that start anew, and a correction without
# its power is that of the first step.
MISTAKES = {
    **pieces.MISTAKES,
    "state-not-carried": pieces.MISTAKES["moments-not-returned"],
    "t-reset": (pieces.Adam(count=lambda t: 1),),
    "power-missing": pieces.MISTAKES["power-missing"][1:],
}
OF_THE_STEP = tuple(name for name in MISTAKES if name not in ("not-updated", "moments-not-returned"))

UPDATE_ALL = Exercise(
    name="update_all",
    notebook=NOTEBOOK,
    points=3,
    reference=_update_all,
    results=("parameters",),
    probes=(*(network_probes.probe(plan, _inputs) for plan in PLANS), _two_networks),
    misconceptions=(
        *(named(name, *(_with(step=form) for form in MISTAKES[name])) for name in OF_THE_STEP),
        named("steps-by-old-average", _with(step=pieces.by_old_moments)),
        named(
            "gamma-beta-not-optimized",
            *_left_out("gamma", "beta"),
            _with(only=("W", "b"), others=lambda theta, dtheta, alpha: theta - alpha * dtheta),
        ),
        named("gamma-not-updated", *_left_out("gamma")),
        named("beta-not-updated", *_left_out("beta")),
        named("bias-not-updated", *_left_out("b")),
        named("not-updated", _with(only=())),
        named(
            "state-shared",
            _with(slot=lambda name: "all of them"),
            _with(slot=kind_of),
            _with(slot=lambda name: name.removeprefix(kind_of(name))),
        ),
        named(
            "t-per-parameter",
            _with(count=lambda t, place, parameters: t + place),
            _with(count=lambda t, place, parameters: (t - 1) * len(parameters) + place + 1),
        ),
        named("gradients-paired-by-order", _with(pairs=_paired_by_order)),
        named("plain-descent", _with(only=(), others=lambda theta, dtheta, alpha: theta - alpha * dtheta)),
        updates_in_place(_parameters_in_place, _dict_in_place),
        changes_its_input(_state_in_place, _gradients_in_place, but_not="parameters"),
    ),
    withheld=WITHHELD,
)
