"""The exercise that trains a network for an epoch: a step of gradient descent for each mini-batch."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from bnkit.minibatches import mini_batches

from .. import network_probes, probes
from ..arguments import Rng
from ..exercise import Case, Exercise, Probe
from ..network_probes import ANOTHER_ORDER, NO_HIDDEN_LAYER, PLAIN_LAYER, TEN_LAYERS, NetworkPlan
from . import backward_pieces, forward_pieces, gradient_pieces, network_pieces, way_and_back
from .assignments import DESCENT as NOTEBOOK
from .assignments import WITHHELD_FROM_DESCENT as WITHHELD
from .gradient_pieces import network_gradients
from .optimizer_pieces import named
from .optimizing_a_network import KINDS, kind_of
from .structure import changes_its_input, difference_of_squares, updates_in_place

ONE_LEFT_OVER = "a last mini-batch of one example"
ONE_BATCH = "a batch size above the number of examples"


def cost_and_gradients(X, Y, parameters, eps, gradients=network_gradients):
    """Return the cost on a mini-batch and its gradients, by one way through the network and back."""
    outputs = []

    def softmax(logits):
        outputs.append(network_pieces.softmax(logits))
        return outputs[-1]

    found = gradients(X, Y, parameters, eps, softmax=softmax)
    return -float((Y * np.log(outputs[-1])).sum(axis=0).mean()), found


def _descent(theta, dtheta, alpha):
    return theta - alpha * dtheta


def _stepped(parameters, gradients, alpha, step=_descent, only=KINDS):
    return {
        name: step(theta, gradients[f"d{name}"], alpha) if kind_of(name) in only else theta
        for name, theta in parameters.items()
    }


def _train_epoch(
    X,
    Y,
    parameters,
    alpha,
    batch_size,
    rng,
    eps=1e-5,
    *,
    batches=mini_batches,
    evaluate=cost_and_gradients,
    update=_stepped,
    seen=lambda batch, whole, first: batch,
    begins=lambda current, given: current,
    cost=lambda before, after, batch, whole, eps, evaluate: evaluate(*batch, before, eps)[0],
    collect=list,
):
    """Take a step for each mini-batch, and collect the costs; every keyword is a piece to replace.

    `seen` says which examples a step sees, of its batch, the whole set and the first batch; `begins` where it
    begins; `cost` which cost is kept of it.
    """
    current, costs, whole = parameters, [], (X, Y)
    cut = batches(X, Y, batch_size, rng)
    for batch in cut:
        before = begins(current, parameters)
        examples = seen(batch, whole, cut[0])
        current = update(before, evaluate(*examples, before, eps)[1], alpha)
        costs.append(cost(before, current, examples, whole, eps, evaluate))
    return current, collect(costs)


def _with(**replaced: Any) -> Callable[..., Any]:
    return partial(_train_epoch, **replaced)


def _by(gradients: Callable[..., Any]) -> Callable[..., Any]:
    """An epoch with this way through the network and back."""
    return _with(evaluate=partial(cost_and_gradients, gradients=gradients))


def _in_order(X, Y, batch_size, rng):
    columns = range(0, X.shape[1], batch_size)
    return [(X[:, i : i + batch_size], Y[:, i : i + batch_size]) for i in columns]


def _without_tail(X, Y, batch_size, rng):
    return mini_batches(X, Y, batch_size, rng)[: X.shape[1] // batch_size]


def _from_seed(seed):
    return lambda X, Y, batch_size, rng: mini_batches(X, Y, batch_size, np.random.default_rng(seed))


def _shuffled_anew(X, Y, batch_size, rng):
    steps = -(-X.shape[1] // batch_size)
    return [mini_batches(X, Y, batch_size, rng)[step] for step in range(steps)]


def _shuffled_anew_after_counting(X, Y, batch_size, rng):
    steps = len(mini_batches(X, Y, batch_size, rng))
    return [mini_batches(X, Y, batch_size, rng)[step] for step in range(steps)]


def _apart(X, Y, batch_size, rng):
    of_X, of_Y = mini_batches(X, Y, batch_size, rng), mini_batches(X, Y, batch_size, rng)
    return [(X_t, Y_t) for (X_t, _), (_, Y_t) in zip(of_X, of_Y, strict=True)]


def _one_batch(X, Y, batch_size, rng):
    return [(X, Y)]


def _whole(batch, whole, first):
    return whole


def _one_step(combine):
    """Costs and gradients of every mini-batch with the parameters of the call, then a single step."""

    def train_epoch(X, Y, parameters, alpha, batch_size, rng, eps=1e-5):
        found = [cost_and_gradients(*batch, parameters, eps) for batch in mini_batches(X, Y, batch_size, rng)]
        gradients = {name: combine([each[name] for _, each in found]) for name in found[0][1]}
        return _stepped(parameters, gradients, alpha), [cost for cost, _ in found]

    return train_epoch


def _one_gradient(X, Y, parameters, alpha, batch_size, rng, eps=1e-5):
    costs, gradients = [], None
    for batch in mini_batches(X, Y, batch_size, rng):
        cost, found = cost_and_gradients(*batch, parameters, eps)
        gradients = gradients or found
        parameters = _stepped(parameters, gradients, alpha)
        costs.append(cost)
    return parameters, costs


def _in_place(X, Y, parameters, alpha, batch_size, rng, eps=1e-5):
    costs = []
    for batch in mini_batches(X, Y, batch_size, rng):
        cost, gradients = cost_and_gradients(*batch, parameters, eps)
        costs.append(cost)
        for name in parameters:
            parameters[name] -= alpha * gradients[f"d{name}"]
    return parameters, costs


def _dict_in_place(X, Y, parameters, alpha, batch_size, rng, eps=1e-5):
    updated, costs = _train_epoch(X, Y, parameters, alpha, batch_size, rng, eps)
    parameters.update(updated)
    return parameters, costs


def _examples_in_place(X, Y, parameters, alpha, batch_size, rng, eps=1e-5):
    results = _train_epoch(X, Y, parameters, alpha, batch_size, rng, eps)
    X *= 0
    return results


def terms(X, Y, parameters, alpha, batch_size, rng, eps=1e-5):
    """Return how large the terms are that each result adds up, had nothing cancelled."""
    sizes = {name: np.abs(theta) for name, theta in parameters.items()}
    costs = []
    for X_t, Y_t in mini_batches(X, Y, batch_size, rng):
        added = gradient_pieces.terms(X_t, Y_t, parameters, eps)
        sizes = {name: size + alpha * added[f"d{name}"] for name, size in sizes.items()}
        cost, gradients = cost_and_gradients(X_t, Y_t, parameters, eps)
        parameters = _stepped(parameters, gradients, alpha)
        costs.append(1 + cost)
    return sizes, costs


def _probe(plan: NetworkPlan, batch_size: int) -> Probe:
    """Make one probe whose hidden units stay away from ReLU's kink at every step."""

    def probe(rng: np.random.Generator) -> Case:
        eps = probes.draw_eps(plan.eps, rng)
        while True:
            X, parameters = network_probes.away_from_kinks(plan, rng, eps)
            arguments = {"X": X, "Y": _labels(plan, rng), "parameters": parameters}
            arguments = probes.rounded(arguments, plan.dtype)
            alpha = 0.5 if plan.kind == "hand" else float(rng.uniform(0.05, 0.2))
            arguments |= {"alpha": alpha, "batch_size": batch_size}
            seed = int(rng.integers(2**31))
            if _nearest_kink(arguments, seed, eps) > (2e-3 if plan.dtype is np.float32 else 1e-6):
                break
        if plan.edge == ANOTHER_ORDER:
            arguments["parameters"] = dict(reversed(arguments["parameters"].items()))
        if plan.layout:
            arguments = probes.non_contiguous(arguments, plan.layout)
        return probes.with_eps({**arguments, "rng": Rng(seed)}, plan.eps, eps, plan.edge)

    return probe


def _labels(plan: NetworkPlan, rng: np.random.Generator) -> np.ndarray:
    classes = plan.layer_dims[-1]
    return np.eye(classes)[:, rng.integers(classes, size=plan.m)]


def _nearest_kink(arguments: dict[str, Any], seed: int, eps: float) -> float:
    nearest = [np.inf]

    def mask(dA, Z, Z_tilde):
        nearest.append(np.abs(Z_tilde).min())
        return dA * (Z_tilde > 0)

    wide = probes.rounded(arguments, np.float64)
    _by(partial(network_gradients, mask=mask))(*wide.values(), np.random.default_rng(seed), eps)
    return min(nearest)


PROBES = (
    _probe(NetworkPlan((2, 2, 2), 8, kind="hand", eps="hand"), 4),
    _probe(NetworkPlan((3, 4, 3), 20, eps="keyword"), 8),
    _probe(NetworkPlan((4, 3, 5, 3), 22, np.float32), 9),
    _probe(NetworkPlan((5, 3, 3, 4), 21, eps="keyword"), 8),
    _probe(NetworkPlan((8,) * 3, 20), 8),
    _probe(NetworkPlan((3, 4, 3), 17, eps="keyword", edge=ONE_LEFT_OVER), 8),
    _probe(NetworkPlan((4, 3, 3), 9, edge=ONE_BATCH), 12),
    _probe(NetworkPlan((3, 4, 3), 19, eps="keyword", kind="constant", edge=probes.CONSTANT_UNIT), 8),
    _probe(NetworkPlan((4, 3, 3), 20, kind="far", edge=probes.LARGE_MEAN), 9),
    _probe(NetworkPlan((3, 4, 3), 18, edge=probes.NON_CONTIGUOUS, layout="gaps"), 8),
    _probe(NetworkPlan((4, 3), 20, edge=NO_HIDDEN_LAYER), 8),
    _probe(NetworkPlan((3, *(4,) * 10, 3), 18, eps="keyword", edge=TEN_LAYERS), 8),
    _probe(NetworkPlan((3, 4, 3, 3), 20, eps="keyword", edge=PLAIN_LAYER, plain=(1,)), 8),
    _probe(NetworkPlan((3, 4, 4, 4), 19, edge=ANOTHER_ORDER), 8),
)

# What goes wrong inside the network is notebook 2's; whoever writes it anew here may get it wrong anew.
OF_THE_NETWORK = {
    **{
        name: tuple(map(gradient_pieces.gradients_of, backward_pieces.MISTAKES[name][:1]))
        for name in ("statistics-treated-as-constants", "variance-path-missing", "mean-path-missing")
    },
    **{
        name: gradient_pieces.MISTAKES[name][:2]
        for name in (
            *("relu-derivative-missing", "divides-by-m-again", "one-over-m-missing"),
            *("batch-norm-on-output-layer", "activation-before-batch-norm"),
            *("layers-sorted-as-text", "order-of-keys"),
        )
    },
    **{
        name: way_and_back.WAYS[name][:2] for name in ("eps-missing", "eps-outside-sqrt", "unbiased-variance")
    },
}
MISTAKES = {
    "cost-after-update": (
        _with(cost=lambda before, after, batch, whole, eps, evaluate: evaluate(*batch, after, eps)[0]),
    ),
    "cost-of-the-whole-set": (
        _with(cost=lambda before, after, batch, whole, eps, evaluate: evaluate(*whole, before, eps)[0]),
        _with(cost=lambda before, after, batch, whole, eps, evaluate: evaluate(*whole, after, eps)[0]),
    ),
    "sum-instead-of-mean": (
        _with(
            cost=lambda before, after, batch, whole, eps, evaluate: (
                batch[0].shape[1] * evaluate(*batch, before, eps)[0]
            )
        ),
    ),
    "averages-the-costs": (
        _with(collect=lambda costs: [float(np.mean(costs))]),
        _with(collect=lambda costs: [float(np.sum(costs))]),
        _with(collect=lambda costs: float(np.mean(costs))),
        _with(collect=lambda costs: float(np.sum(costs))),
    ),
    "whole-set-in-every-step": (
        _with(seen=_whole),
        _with(
            seen=_whole,
            cost=lambda before, after, batch, whole, eps, evaluate: evaluate(*batch, before, eps)[0],
        ),
    ),
    "one-step-for-all": (
        _one_step(sum),
        _one_step(lambda gradients: sum(gradients) / len(gradients)),
        _with(batches=_one_batch),
    ),
    "one-batch-for-all": (_with(seen=lambda batch, whole, first: first),),
    "parameters-not-carried-over": (_with(begins=lambda current, given: given),),
    "one-gradient-for-all": (_one_gradient,),
    "shuffled-at-every-step": (_with(batches=_shuffled_anew), _with(batches=_shuffled_anew_after_counting)),
    "x-and-y-shuffled-apart": (_with(batches=_apart),),
    "drops-the-tail": (_with(batches=_without_tail),),
    "no-shuffle": (_with(batches=_in_order),),
    "rng-ignored": tuple(_with(batches=_from_seed(seed)) for seed in (0, 1, 42)),
    "shift-and-scale-not-updated": (_with(update=partial(_stepped, only=("W", "b"))),),
    "gamma-not-updated": (_with(update=partial(_stepped, only=("W", "b", "beta"))),),
    "beta-not-updated": (_with(update=partial(_stepped, only=("W", "b", "gamma"))),),
    "bias-not-updated": (_with(update=partial(_stepped, only=("W", "gamma", "beta"))),),
    "not-updated": (
        _with(update=lambda parameters, gradients, alpha: parameters),
        lambda *given, **eps: (given[2], _train_epoch(*given, **eps)[1]),
    ),
    "gradient-ascent": (_with(update=partial(_stepped, step=lambda theta, d, alpha: theta + alpha * d)),),
    "alpha-ignored": (_with(update=partial(_stepped, step=lambda theta, d, alpha: theta - d)),),
    "divides-by-alpha": (_with(update=partial(_stepped, step=lambda theta, d, alpha: theta - d / alpha)),),
    "results-in-another-order": (lambda *given, **eps: _train_epoch(*given, **eps)[::-1],),
    "eps-hard-coded": (
        lambda X, Y, parameters, alpha, batch_size, rng: _train_epoch(
            X, Y, parameters, alpha, batch_size, rng
        ),
        *(
            lambda X, Y, parameters, alpha, batch_size, rng, eps=1e-5, constant=constant: _train_epoch(
                X, Y, parameters, alpha, batch_size, rng, constant
            )
            for constant in forward_pieces.HARD_CODED_EPS
        ),
    ),
}

TRAIN_EPOCH = Exercise(
    name="train_epoch",
    notebook=NOTEBOOK,
    points=3,
    reference=_train_epoch,
    results=("parameters", "costs"),
    probes=PROBES,
    misconceptions=(
        *(named(name, *forms) for name, forms in MISTAKES.items()),
        *(named(name, *map(_by, ways)) for name, ways in OF_THE_NETWORK.items()),
        difference_of_squares(_by(gradient_pieces.DIFFERENCE_OF_SQUARES)),
        updates_in_place(_in_place, _dict_in_place),
        changes_its_input(_examples_in_place, but_not="parameters"),
    ),
    terms=terms,
    withheld=WITHHELD,
)
