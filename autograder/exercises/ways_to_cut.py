"""Ways to cut a training set into mini-batches: the right one, and what goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def _cut(X, Y, batch_size, order):
    starts = range(0, X.shape[1], batch_size)
    return [
        (X[:, order[start : start + batch_size]], Y[:, order[start : start + batch_size]]) for start in starts
    ]


def split_into_mini_batches(X, Y, batch_size, rng):
    """Shuffle the columns of X and Y together and cut them: the reference."""
    return _cut(X, Y, batch_size, rng.permutation(X.shape[1]))


def ordered(order: Callable[..., Any]) -> Callable[..., Any]:
    """A right cut, in an order that is made another way."""
    return lambda X, Y, batch_size, rng: _cut(X, Y, batch_size, order(X.shape[1], rng))


def shuffled(cut: Callable[..., Any]) -> Callable[..., Any]:
    """A right order, cut another way: `cut` takes the shuffled X and Y."""

    def split(X, Y, batch_size, rng):
        order = rng.permutation(X.shape[1])
        return cut(X[:, order], Y[:, order], batch_size)

    return split


def _parts(X, Y, bounds):
    return [(X[:, start:stop], Y[:, start:stop]) for start, stop in bounds]


def afterwards(change: Callable[..., Any]) -> Callable[..., Any]:
    return lambda X, Y, batch_size, rng: change(split_into_mini_batches(X, Y, batch_size, rng), rng)


def rearranged(change: Callable[..., Any]) -> Callable[..., Any]:
    """X and Y are changed first, and then cut as they stand."""

    def split(X, Y, batch_size, rng):
        X, Y = change(X.copy(), Y.copy(), rng)
        return _cut(X, Y, batch_size, np.arange(X.shape[1]))

    return split


def shuffle_columns_apart(X, Y, batch_size, rng):
    rng.shuffle(X, axis=1)
    rng.shuffle(Y, axis=1)
    return _cut(X, Y, batch_size, np.arange(X.shape[1]))


def shuffle_rows_in_place(X, Y, batch_size, rng):
    rng.shuffle(X)
    rng.shuffle(Y)
    return _cut(X, Y, batch_size, np.arange(X.shape[1]))


def rows_by_one_order(X, Y, batch_size, rng):
    order = rng.permutation(X.shape[0])
    return _cut(X[order], Y, batch_size, np.arange(X.shape[1]))


def examples_taken_for_rows(X, Y, batch_size, rng):
    order = rng.permutation(X.shape[1])
    return _cut(X[order], Y[order], batch_size, np.arange(X.shape[1]))


def reordered_in_place(X, Y, batch_size, rng):
    order = rng.permutation(X.shape[1])
    X[:] = X[:, order]
    Y[:] = Y[:, order]
    return _cut(X, Y, batch_size, np.arange(X.shape[1]))


def two_orders(X, Y, batch_size, rng):
    m = X.shape[1]
    return _cut(X[:, rng.permutation(m)], Y[:, rng.permutation(m)], batch_size, np.arange(m))


def global_generator(m, rng):
    return np.random.default_rng().permutation(m)


def within_batches(X, Y, batch_size, rng):
    m = X.shape[1]
    chunks = [np.arange(m)[start : start + batch_size] for start in range(0, m, batch_size)]
    return _cut(X, Y, batch_size, np.concatenate([rng.permutation(chunk) for chunk in chunks]))


def whole_batches(X, Y, batch_size, rng):
    batches = _cut(X, Y, batch_size, np.arange(X.shape[1]))
    full = X.shape[1] // batch_size
    return [batches[t] for t in rng.permutation(full)] + batches[full:]


def full_count(X, Y, batch_size):
    return _parts(X, Y, [(t * batch_size, (t + 1) * batch_size) for t in range(X.shape[1] // batch_size)])


def one_too_many(X, Y, batch_size):
    starts = range(0, X.shape[1], batch_size)
    return _parts(X, Y, [(start, start + batch_size + 1) for start in starts])


def stepping_short(X, Y, batch_size):
    starts = range(0, X.shape[1], max(batch_size - 1, 1))
    return _parts(X, Y, [(start, start + batch_size) for start in starts])


def tail_filled_up(X, Y, batch_size):
    m = X.shape[1]
    starts = range(0, m, batch_size)
    bounds = [(max(min(start, m - batch_size), 0), min(start + batch_size, m)) for start in starts]
    return _parts(X, Y, bounds)


def one_too_few(X, Y, batch_size):
    starts = range(0, X.shape[1], batch_size)
    return _parts(X, Y, [(start, start + batch_size - 1) for start in starts])


def one_batch_more(X, Y, batch_size):
    count = X.shape[1] // batch_size + 1
    return _parts(X, Y, [(t * batch_size, (t + 1) * batch_size) for t in range(count)])


def merged(X, Y, batch_size):
    m = X.shape[1]
    full = max(m // batch_size, 1)
    stops = [(t + 1) * batch_size for t in range(full - 1)] + [m]
    return _parts(X, Y, zip([0, *stops[:-1]], stops, strict=True))


def split_evenly(count: Callable[[int, int], int]) -> Callable[..., Any]:
    def cut(X, Y, batch_size):
        parts = count(X.shape[1], batch_size)
        return list(zip(np.array_split(X, parts, axis=1), np.array_split(Y, parts, axis=1), strict=True))

    return cut


def choices(replace: bool) -> Callable[..., Any]:
    def split(X, Y, batch_size, rng):
        m = X.shape[1]
        sizes = [min(batch_size, m - start) for start in range(0, m, batch_size)]
        chosen = [rng.choice(m, size, replace=replace) for size in sizes]
        return [(X[:, columns], Y[:, columns]) for columns in chosen]

    return split


def rows_cut(X, Y, batch_size, rng):
    order = rng.permutation(X.shape[1])
    starts = range(0, X.shape[1], batch_size)
    return [
        (X[:, order][start : start + batch_size], Y[:, order][start : start + batch_size]) for start in starts
    ]


def rows_counted(X, Y, batch_size, rng):
    """Rows are counted, shuffled and cut; where Y has fewer of them, this is an IndexError."""
    order = rng.permutation(X.shape[0])
    parts = [order[start : start + batch_size] for start in range(0, X.shape[0], batch_size)]
    return [(X[rows], Y[rows]) for rows in parts]
