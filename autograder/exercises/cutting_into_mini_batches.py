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

if TYPE_CHECKING:
    from ..observe import Observation

EPOCHS = 10
ONE_SEED = 20150211
FEWER_EXAMPLES = "fewer examples than batch_size"
WHOLE_SET = "batch_size = m"
BATCHES_OF_ONE = "batch_size = 1"
TAIL_OF_ONE = "a tail of one example"


def _cut(X, Y, batch_size, order):
    starts = range(0, X.shape[1], batch_size)
    return [
        (X[:, order[start : start + batch_size]], Y[:, order[start : start + batch_size]]) for start in starts
    ]


def split_into_mini_batches(X, Y, batch_size, rng):
    """Shuffle the columns of X and Y together and cut them: the reference."""
    return _cut(X, Y, batch_size, rng.permutation(X.shape[1]))


def _ordered(order: Callable[..., Any]) -> Callable[..., Any]:
    """A right cut, in an order that is made another way."""
    return lambda X, Y, batch_size, rng: _cut(X, Y, batch_size, order(X.shape[1], rng))


def _shuffled(cut: Callable[..., Any]) -> Callable[..., Any]:
    """A right order, cut another way: `cut` takes the shuffled X and Y."""

    def split(X, Y, batch_size, rng):
        order = rng.permutation(X.shape[1])
        return cut(X[:, order], Y[:, order], batch_size)

    return split


def _parts(X, Y, bounds):
    return [(X[:, start:stop], Y[:, start:stop]) for start, stop in bounds]


def _afterwards(change: Callable[..., Any]) -> Callable[..., Any]:
    return lambda X, Y, batch_size, rng: change(split_into_mini_batches(X, Y, batch_size, rng), rng)


def _rearranged(change: Callable[..., Any]) -> Callable[..., Any]:
    """X and Y are changed first, and then cut as they stand."""

    def split(X, Y, batch_size, rng):
        X, Y = change(X.copy(), Y.copy(), rng)
        return _cut(X, Y, batch_size, np.arange(X.shape[1]))

    return split


def _shuffle_columns_apart(X, Y, batch_size, rng):
    rng.shuffle(X, axis=1)
    rng.shuffle(Y, axis=1)
    return _cut(X, Y, batch_size, np.arange(X.shape[1]))


def _shuffle_rows_in_place(X, Y, batch_size, rng):
    rng.shuffle(X)
    rng.shuffle(Y)
    return _cut(X, Y, batch_size, np.arange(X.shape[1]))


def _rows_by_one_order(X, Y, batch_size, rng):
    order = rng.permutation(X.shape[0])
    return _cut(X[order], Y, batch_size, np.arange(X.shape[1]))


def _examples_taken_for_rows(X, Y, batch_size, rng):
    order = rng.permutation(X.shape[1])
    return _cut(X[order], Y[order], batch_size, np.arange(X.shape[1]))


def _reordered_in_place(X, Y, batch_size, rng):
    order = rng.permutation(X.shape[1])
    X[:] = X[:, order]
    Y[:] = Y[:, order]
    return _cut(X, Y, batch_size, np.arange(X.shape[1]))


def _two_orders(X, Y, batch_size, rng):
    m = X.shape[1]
    return _cut(X[:, rng.permutation(m)], Y[:, rng.permutation(m)], batch_size, np.arange(m))


def _global_generator(m, rng):
    return np.random.default_rng().permutation(m)


def _within_batches(X, Y, batch_size, rng):
    m = X.shape[1]
    chunks = [np.arange(m)[start : start + batch_size] for start in range(0, m, batch_size)]
    return _cut(X, Y, batch_size, np.concatenate([rng.permutation(chunk) for chunk in chunks]))


def _whole_batches(X, Y, batch_size, rng):
    batches = _cut(X, Y, batch_size, np.arange(X.shape[1]))
    full = X.shape[1] // batch_size
    return [batches[t] for t in rng.permutation(full)] + batches[full:]


def _full_count(X, Y, batch_size):
    return _parts(X, Y, [(t * batch_size, (t + 1) * batch_size) for t in range(X.shape[1] // batch_size)])


def _one_too_many(X, Y, batch_size):
    starts = range(0, X.shape[1], batch_size)
    return _parts(X, Y, [(start, start + batch_size + 1) for start in starts])


def _stepping_short(X, Y, batch_size):
    starts = range(0, X.shape[1], max(batch_size - 1, 1))
    return _parts(X, Y, [(start, start + batch_size) for start in starts])


def _tail_filled_up(X, Y, batch_size):
    m = X.shape[1]
    starts = range(0, m, batch_size)
    bounds = [(max(min(start, m - batch_size), 0), min(start + batch_size, m)) for start in starts]
    return _parts(X, Y, bounds)


def _one_too_few(X, Y, batch_size):
    starts = range(0, X.shape[1], batch_size)
    return _parts(X, Y, [(start, start + batch_size - 1) for start in starts])


def _one_batch_more(X, Y, batch_size):
    count = X.shape[1] // batch_size + 1
    return _parts(X, Y, [(t * batch_size, (t + 1) * batch_size) for t in range(count)])


def _merged(X, Y, batch_size):
    m = X.shape[1]
    full = max(m // batch_size, 1)
    stops = [(t + 1) * batch_size for t in range(full - 1)] + [m]
    return _parts(X, Y, zip([0, *stops[:-1]], stops, strict=True))


def _split_evenly(count: Callable[[int, int], int]) -> Callable[..., Any]:
    def cut(X, Y, batch_size):
        parts = count(X.shape[1], batch_size)
        return list(zip(np.array_split(X, parts, axis=1), np.array_split(Y, parts, axis=1), strict=True))

    return cut


def _choices(replace: bool) -> Callable[..., Any]:
    def split(X, Y, batch_size, rng):
        m = X.shape[1]
        sizes = [min(batch_size, m - start) for start in range(0, m, batch_size)]
        chosen = [rng.choice(m, size, replace=replace) for size in sizes]
        return [(X[:, columns], Y[:, columns]) for columns in chosen]

    return split


def _rows_cut(X, Y, batch_size, rng):
    order = rng.permutation(X.shape[1])
    starts = range(0, X.shape[1], batch_size)
    return [
        (X[:, order][start : start + batch_size], Y[:, order][start : start + batch_size]) for start in starts
    ]


def _named(name: str, *forms: Callable[..., Any], **texts: str) -> Misconception:
    """A mistake that the criterion names. What it does besides to its inputs matters less.

    Edge cases may fall out otherwise; among ordinary inputs, an IndexError goes with shuffled rows.
    """

    def recognize(observations: Sequence[Observation]) -> bool:
        ordinary = [o for o in observations if o.case.edge is None]
        errors = {o.outcome.error.kind for o in ordinary if o.outcome.error}
        if errors - ({"IndexError"} if name == "shuffles-rows" else set()):
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
            _two_orders,
            _shuffle_columns_apart,
            _rearranged(lambda X, Y, rng: (rng.permutation(X, axis=1), Y)),
            _rearranged(lambda X, Y, rng: (X, rng.permutation(Y, axis=1))),
            _rearranged(lambda X, Y, rng: (rng.permutation(X, axis=1), rng.permutation(Y, axis=1))),
        ),
        _named(
            "shuffles-rows",
            _shuffle_rows_in_place,
            _rows_by_one_order,
            _examples_taken_for_rows,
            _rearranged(lambda X, Y, rng: (rng.permutation(X), rng.permutation(Y))),
            _rearranged(lambda X, Y, rng: (rng.permutation(X), Y)),
        ),
        _named(
            "examples-torn-apart",
            _rearranged(lambda X, Y, rng: (rng.permuted(X, axis=1), rng.permuted(Y, axis=1))),
            _rearranged(lambda X, Y, rng: (rng.permuted(X), rng.permuted(Y))),
        ),
        _named("drops-the-tail", _shuffled(_full_count)),
        _named("no-shuffle", _ordered(lambda m, rng: np.arange(m))),
        _named(
            "same-permutation-every-epoch",
            _ordered(lambda m, rng: np.random.default_rng(0).permutation(m)),
            _ordered(lambda m, rng: np.random.RandomState(1).permutation(m)),
            _ordered(lambda m, rng: np.arange(m)[::-1]),
        ),
        _named(
            "rng-ignored",
            _ordered(_global_generator),
            statement="Draw the order from the rng that is given, so that one seed gives one order.",
        ),
        _named(
            "overlapping-batches",
            _shuffled(_one_too_many),
            _shuffled(_stepping_short),
            _shuffled(_tail_filled_up),
        ),
        _named("drawn-with-replacement", _choices(True), _choices(False)),
        _named("gaps-between-batches", _shuffled(_one_too_few)),
        _named("tail-merged", _shuffled(_merged)),
        _named("empty-mini-batch", _shuffled(_one_batch_more)),
        _named("evened-out-batches", _shuffled(_split_evenly(lambda m, size: -(-m // size)))),
        _named("count-taken-for-size", _shuffled(_split_evenly(lambda m, size: size))),
        _named("one-batch-for-all", _shuffled(lambda X, Y, batch_size: [(X, Y)])),
        _named("shuffles-within-batches", _within_batches),
        _named("shuffles-batches-only", _whole_batches),
        _named(
            "two-lists",
            _afterwards(lambda batches, rng: tuple(map(list, zip(*batches, strict=True)))),
        ),
        _named(
            "results-in-another-order",
            _afterwards(lambda batches, rng: [(Y_t, X_t) for X_t, Y_t in batches]),
            statement="Each pair is (X_t, Y_t): the inputs first, then their labels. Yours are swapped.",
        ),
        _named(
            "examples-as-rows", _afterwards(lambda batches, rng: [(X_t.T, Y_t.T) for X_t, Y_t in batches])
        ),
        _named(
            "wrong-axis",
            _rows_cut,
            question="Along which axis of X do you walk from one example to the next?",
            pointer="Print the shape of each X_t: it keeps all rows of X and has some of the columns.",
            statement="Examples are columns: cut X[:, start:stop]. X[start:stop] cuts the rows.",
        ),
        changes_its_input(_reordered_in_place),
    ),
    withheld=WITHHELD,
)
