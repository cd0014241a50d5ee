"""The exercise on shuffling a training set and cutting it into mini-batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import probes
from ..arguments import Each, Rng
from ..exercise import Case, Exercise, Misconception, Probe
from ..probes import NON_CONTIGUOUS, ONE_EXAMPLE
from .assignments import MINI_BATCHES as NOTEBOOK
from .assignments import WITHHELD_FROM_MINI_BATCHES as WITHHELD
from .mini_batch_structure import criterion
from .structure import changes_its_input
from .ways_to_cut import (
    afterwards,
    choices,
    examples_taken_for_rows,
    full_count,
    global_generator,
    merged,
    one_batch_more,
    one_too_few,
    one_too_many,
    ordered,
    rearranged,
    reordered_in_place,
    rows_by_one_order,
    rows_counted,
    rows_cut,
    shuffle_columns_apart,
    shuffle_rows_in_place,
    shuffled,
    split_evenly,
    split_into_mini_batches,
    stepping_short,
    tail_filled_up,
    two_orders,
    whole_batches,
    within_batches,
)

if TYPE_CHECKING:
    from ..observe import Observation

EPOCHS = 10
ONE_SEED = 20150211
FEWER_EXAMPLES = "fewer examples than batch_size"
WHOLE_SET = "batch_size = m"
BATCHES_OF_ONE = "batch_size = 1"
TAIL_OF_ONE = "a tail of one example"


def _named(name: str, *forms: Callable[..., Any], **texts: str) -> Misconception:
    """A mistake that the criterion names. What it does besides to its inputs matters less.

    Edge cases may fall out otherwise; among ordinary inputs, an IndexError goes with rows taken for examples.
    """

    def recognize(observations: Sequence[Observation]) -> bool:
        ordinary = [o for o in observations if o.case.edge is None]
        errors = {o.outcome.error.kind for o in ordinary if o.outcome.error}
        if errors - ({"IndexError"} if name in ("shuffles-rows", "wrong-axis") else set()):
            return False
        mistakes = {problem.mistake for o in ordinary for problem in o.problems}
        everywhere = {problem.mistake for o in observations for problem in o.problems} - {""}
        return everywhere == {name} and mistakes <= {name}

    return Misconception(name, *forms, recognize=recognize, **texts)


def _probe(
    n_x: int,
    n_y: int,
    m: int,
    batch_size: int,
    dtype: type = np.float64,
    *,
    edge: str | None = None,
    seed: int | None = None,
    layout: str = "",
    epochs: int = 0,
) -> Probe:
    def draw(rng: np.random.Generator) -> Case:
        drawn = int(rng.integers(2**31)) if seed is None else seed
        data = {"X": rng.standard_normal((n_x, m)), "Y": rng.standard_normal((n_y, m))}
        data = probes.rounded(data, dtype)
        if layout:
            data = probes.non_contiguous(data, layout)
        if epochs:
            data = {name: Each((array,) * epochs) for name, array in data.items()}
        return Case({**data, "batch_size": batch_size, "rng": Rng(drawn)}, {}, edge)

    return draw


def _by_hand(rng: np.random.Generator) -> Case:
    X = np.arange(1.0, 8.0) * [[1], [10]]
    return Case({"X": X, "Y": 100 * X[:1], "batch_size": 2, "rng": Rng(int(rng.integers(2**31)))})


SPLIT_INTO_MINI_BATCHES = Exercise(
    name="split_into_mini_batches",
    notebook=NOTEBOOK,
    points=3,
    reference=split_into_mini_batches,
    results=("mini_batches",),
    criterion=criterion,
    probes=(
        _by_hand,
        _probe(3, 2, 12, 4),
        _probe(3, 2, 14, 3, seed=ONE_SEED),
        _probe(3, 2, 14, 3, seed=ONE_SEED),
        _probe(3, 2, 14, 3),
        _probe(4, 3, 17, 5, np.float32),
        _probe(6, 6, 6, 2),
        _probe(3, 2, 14, 3, epochs=EPOCHS),
        _probe(3, 2, 3, 8, edge=FEWER_EXAMPLES),
        _probe(4, 2, 6, 6, edge=WHOLE_SET),
        _probe(3, 2, 5, 1, edge=BATCHES_OF_ONE),
        _probe(4, 1, 11, 5, edge=TAIL_OF_ONE),
        _probe(3, 2, 1, 4, edge=ONE_EXAMPLE),
        _probe(4, 2, 11, 3, edge=NON_CONTIGUOUS, layout="gaps"),
        _probe(4, 2, 10, 4, np.float32, edge=NON_CONTIGUOUS, layout="transposed"),
    ),
    misconceptions=(
        _named(
            "x-and-y-shuffled-apart",
            two_orders,
            shuffle_columns_apart,
            rearranged(lambda X, Y, rng: (rng.permutation(X, axis=1), Y)),
            rearranged(lambda X, Y, rng: (X, rng.permutation(Y, axis=1))),
            rearranged(lambda X, Y, rng: (rng.permutation(X, axis=1), rng.permutation(Y, axis=1))),
        ),
        _named(
            "shuffles-rows",
            shuffle_rows_in_place,
            rows_by_one_order,
            examples_taken_for_rows,
            rearranged(lambda X, Y, rng: (rng.permutation(X), rng.permutation(Y))),
            rearranged(lambda X, Y, rng: (rng.permutation(X), Y)),
        ),
        _named(
            "examples-torn-apart",
            rearranged(lambda X, Y, rng: (rng.permuted(X, axis=1), rng.permuted(Y, axis=1))),
            rearranged(lambda X, Y, rng: (rng.permuted(X), rng.permuted(Y))),
        ),
        _named("drops-the-tail", shuffled(full_count)),
        _named("no-shuffle", ordered(lambda m, rng: np.arange(m))),
        _named(
            "same-permutation-every-epoch",
            ordered(lambda m, rng: np.random.default_rng(0).permutation(m)),
            ordered(lambda m, rng: np.random.RandomState(1).permutation(m)),
            ordered(lambda m, rng: np.arange(m)[::-1]),
        ),
        _named(
            "rng-ignored",
            ordered(global_generator),
            statement="Draw the order from the rng that is given, so that one seed gives one order.",
        ),
        _named(
            "overlapping-batches",
            shuffled(one_too_many),
            shuffled(stepping_short),
            shuffled(tail_filled_up),
        ),
        _named("drawn-with-replacement", choices(True), choices(False)),
        _named("gaps-between-batches", shuffled(one_too_few)),
        _named("tail-merged", shuffled(merged)),
        _named("empty-mini-batch", shuffled(one_batch_more)),
        _named("evened-out-batches", shuffled(split_evenly(lambda m, size: -(-m // size)))),
        _named("count-taken-for-size", shuffled(split_evenly(lambda m, size: size))),
        _named("one-batch-for-all", shuffled(lambda X, Y, batch_size: [(X, Y)])),
        _named("shuffles-within-batches", within_batches),
        _named("shuffles-batches-only", whole_batches),
        _named(
            "two-lists",
            afterwards(lambda batches, rng: tuple(map(list, zip(*batches, strict=True)))),
        ),
        _named(
            "results-in-another-order",
            afterwards(lambda batches, rng: [(Y_t, X_t) for X_t, Y_t in batches]),
            statement="Each pair is (X_t, Y_t): the inputs first, then their labels. Yours are swapped.",
        ),
        _named("examples-as-rows", afterwards(lambda batches, rng: [(X_t.T, Y_t.T) for X_t, Y_t in batches])),
        _named(
            "wrong-axis",
            rows_cut,
            rows_counted,
            question="Along which axis of X do you walk from one example to the next?",
            pointer="Print the shape of each X_t: it keeps all rows of X and has some of the columns.",
            statement="Examples are columns: cut X[:, start:stop]. X[start:stop] cuts the rows.",
        ),
        changes_its_input(reordered_in_place),
    ),
    withheld=WITHHELD,
)
