"""Correct answers to the exercises of notebook 03."""

from __future__ import annotations

import math

import numpy as np


def split_by_permutation(X, Y, batch_size, rng):
    order = rng.permutation(X.shape[1])
    starts = range(0, X.shape[1], batch_size)
    chunks = [order[start : start + batch_size] for start in starts]
    return [(X[:, chunk], Y[:, chunk]) for chunk in chunks]


def split_after_shuffling(X, Y, batch_size, rng):
    m = X.shape[1]
    order = rng.permutation(m)
    X, Y = X[:, order], Y[:, order]
    batches = []
    for t in range(math.ceil(m / batch_size)):
        columns = slice(t * batch_size, (t + 1) * batch_size)
        batches.append((X[:, columns], Y[:, columns]))
    return batches


def split_with_the_tail_apart(X, Y, batch_size, rng):
    m = X.shape[1]
    order = np.arange(m)
    rng.shuffle(order)
    full = m // batch_size
    batches = [
        (
            X[:, order[t * batch_size : (t + 1) * batch_size]],
            Y[:, order[t * batch_size : (t + 1) * batch_size]],
        )
        for t in range(full)
    ]
    if m % batch_size:
        batches.append((X[:, order[full * batch_size :]], Y[:, order[full * batch_size :]]))
    return batches


def split_by_random_keys(X, Y, batch_size, rng):
    order = np.argsort(rng.random(X.shape[1]))
    bounds = np.arange(batch_size, X.shape[1], batch_size)
    return tuple(
        zip(
            np.split(np.take(X, order, axis=1), bounds, axis=1),
            np.split(np.take(Y, order, axis=1), bounds, axis=1),
            strict=True,
        )
    )


def split_of_both_stacked(X, Y, batch_size, rng):
    both = rng.permutation(np.vstack([X, Y]), axis=1)
    n = len(X)
    starts = range(0, both.shape[1], batch_size)
    return [[both[:n, start : start + batch_size], both[n:, start : start + batch_size]] for start in starts]


def split_by_one_seed_twice(X, Y, batch_size, rng):
    seed = rng.integers(2**32)
    X = np.random.default_rng(seed).permutation(X, axis=1)
    Y = np.random.default_rng(seed).permutation(Y, axis=1)
    return [(X[:, k : k + batch_size], Y[:, k : k + batch_size]) for k in range(0, X.shape[1], batch_size)]


def split_from_a_list_of_examples(X, Y, batch_size, rng):
    examples = [(X[:, [i]], Y[:, [i]]) for i in range(X.shape[1])]
    rng.shuffle(examples)
    batches = []
    while examples:
        chosen, examples = examples[:batch_size], examples[batch_size:]
        batches.append((np.hstack([x for x, _ in chosen]), np.hstack([y for _, y in chosen])))
    return batches


def split_by_choice(X, Y, batch_size, rng):
    left = list(rng.choice(X.shape[1], X.shape[1], replace=False))
    batches = []
    while len(left) > batch_size:
        batches.append((X[:, left[:batch_size]], Y[:, left[:batch_size]]))
        left = left[batch_size:]
    return [*batches, (X[:, left], Y[:, left])]


def split_transposed_and_back(X, Y, batch_size, rng):
    order = rng.permuted(np.arange(X.shape[1]))
    rows_X, rows_Y = X.T[order], Y.T[order]
    starts = range(0, len(rows_X), batch_size)
    return [(rows_X[k : k + batch_size].T, rows_Y[k : k + batch_size].T) for k in starts]


def statistics_by_hstack(Z, batch_size):
    chunks = [Z[:, start : start + batch_size] for start in range(0, Z.shape[1], batch_size)]
    mus = np.hstack([chunk.mean(axis=1, keepdims=True) for chunk in chunks])
    sigma2s = np.hstack([chunk.var(axis=1, keepdims=True) for chunk in chunks])
    return mus, sigma2s


def statistics_into_zeros(Z, batch_size):
    n, m = Z.shape
    T = -(-m // batch_size)
    mus, sigma2s = np.zeros((n, T)), np.zeros((n, T))
    for t in range(T):
        chunk = Z[:, t * batch_size : min((t + 1) * batch_size, m)]
        mus[:, t] = chunk.mean(axis=1)
        sigma2s[:, t] = ((chunk - mus[:, [t]]) ** 2).mean(axis=1)
    return mus, sigma2s


def statistics_by_split(Z, batch_size):
    chunks = np.split(Z, range(batch_size, Z.shape[1], batch_size), axis=1)
    return np.stack([c.mean(axis=1) for c in chunks], axis=1), np.array([c.var(axis=1) for c in chunks]).T


def statistics_by_reduceat(Z, batch_size):
    m = Z.shape[1]
    starts = np.arange(0, m, batch_size)
    sizes = np.diff(np.append(starts, m))
    mus = np.add.reduceat(Z, starts, axis=1) / sizes
    deviation = Z - np.repeat(mus, sizes, axis=1)
    return mus, np.add.reduceat(deviation**2, starts, axis=1) / sizes


def statistics_by_loops(Z, batch_size):
    n, m = Z.shape
    columns = []
    for start in range(0, m, batch_size):
        stop = min(start + batch_size, m)
        for j in range(n):
            mu = sum(Z[j, i] for i in range(start, stop)) / (stop - start)
            columns.append((mu, sum((Z[j, i] - mu) ** 2 for i in range(start, stop)) / (stop - start)))
    both = np.array(columns).reshape(-1, n, 2)
    return [both[:, :, 0].T, both[:, :, 1].T]


def statistics_with_the_tail_apart(Z, batch_size):
    n, m = Z.shape
    full = m // batch_size
    blocks = Z[:, : full * batch_size].reshape(n, full, batch_size)
    mus, sigma2s = blocks.mean(axis=2), blocks.var(axis=2)
    tail = Z[:, full * batch_size :]
    if tail.shape[1]:
        mus = np.column_stack([mus, tail.mean(axis=1)])
        sigma2s = np.column_stack([sigma2s, tail.var(axis=1)])
    return mus, sigma2s


def normalize_each_chunk(Z, batch_size, eps=1e-5):
    parts = []
    for start in range(0, Z.shape[1], batch_size):
        chunk = Z[:, start : start + batch_size]
        mu = chunk.mean(axis=1, keepdims=True)
        parts.append((chunk - mu) / np.sqrt(chunk.var(axis=1, keepdims=True) + eps))
    return np.concatenate(parts, axis=1)


def normalize_into_a_copy(Z, batch_size, eps=1e-5):
    Z_norm = Z.copy()
    for start in range(0, Z.shape[1], batch_size):
        chunk = Z_norm[:, start : start + batch_size]
        chunk -= chunk.mean(axis=1, keepdims=True)
        chunk *= ((chunk**2).mean(axis=1, keepdims=True) + eps) ** -0.5
    return Z_norm


def normalize_by_repeated_statistics(Z, batch_size, eps=1e-5):
    mus, sigma2s = statistics_by_hstack(Z, batch_size)
    of_column = np.arange(Z.shape[1]) // batch_size
    return (Z - mus[:, of_column]) / np.sqrt(sigma2s[:, of_column] + eps)


def normalize_by_pieces(Z, batch_size, eps=1e-5):
    chunks = np.split(Z, range(batch_size, Z.shape[1], batch_size), axis=1)
    return np.hstack([_normalized(chunk, eps) for chunk in chunks])


def _normalized(Z, eps):
    ones = np.ones((Z.shape[1], 1), Z.dtype)
    deviation = Z - Z @ ones / Z.shape[1]
    sigma2 = np.einsum("ij,ij->i", deviation, deviation)[:, None] / Z.shape[1]
    return deviation * (1 / np.sqrt(sigma2 + eps))


def normalize_unit_by_unit(Z, batch_size, eps=1e-5):
    Z_norm = np.empty(Z.shape)
    for j, row in enumerate(Z):
        for start in range(0, len(row), batch_size):
            part = row[start : start + batch_size]
            Z_norm[j, start : start + batch_size] = (part - part.mean()) / math.sqrt(part.var() + eps)
    return Z_norm


def normalize_recursively(Z, batch_size, eps=1e-5):
    if Z.shape[1] <= batch_size:
        return _normalized(Z, eps)
    rest = normalize_recursively(Z[:, batch_size:], batch_size, eps)
    return np.hstack([_normalized(Z[:, :batch_size], eps), rest])


def variance_divided(sigma2, batch_size):
    return sigma2 / batch_size


def variance_times_the_reciprocal(sigma2, batch_size):
    return (1 / batch_size) * sigma2


def variance_by_numpy(sigma2, batch_size):
    return np.divide(sigma2, np.float64(batch_size))


def variance_of_a_sum(sigma2, batch_size):
    return batch_size * sigma2 / batch_size**2


def variance_by_the_deviation(sigma2, batch_size):
    return (np.sqrt(sigma2) / np.sqrt(batch_size)) ** 2


def variance_added_up(sigma2, batch_size):
    return sum(sigma2 / batch_size**2 for _ in range(batch_size))


def a_tail_of_two():
    return np.array([[1.0, 2, 3, 4, 5, 7]]), 4


def only_a_tail():
    return np.array([[1.0, 2, 4]]), 10


def whole_numbers_and_a_tail():
    return np.arange(14).reshape(2, 7), 5


def several_units():
    return [np.random.default_rng(0).normal(size=(3, 11)), 4]


def a_float32_tail():
    return np.random.default_rng(1).normal(size=(2, 10)).astype(np.float32), np.int64(8)


VARIANTS = {
    "split_into_mini_batches": (
        split_by_permutation,
        split_after_shuffling,
        split_with_the_tail_apart,
        split_by_random_keys,
        split_of_both_stacked,
        split_by_one_seed_twice,
        split_from_a_list_of_examples,
        split_by_choice,
        split_transposed_and_back,
    ),
    "mini_batch_statistics": (
        statistics_by_hstack,
        statistics_into_zeros,
        statistics_by_split,
        statistics_by_reduceat,
        statistics_by_loops,
        statistics_with_the_tail_apart,
    ),
    "normalize_by_mini_batch": (
        normalize_each_chunk,
        normalize_into_a_copy,
        normalize_by_repeated_statistics,
        normalize_by_pieces,
        normalize_unit_by_unit,
        normalize_recursively,
    ),
    "variance_of_batch_mean": (
        variance_divided,
        variance_times_the_reciprocal,
        variance_by_numpy,
        variance_of_a_sum,
        variance_by_the_deviation,
        variance_added_up,
    ),
    "expose_tail": (a_tail_of_two, only_a_tail, whole_numbers_and_a_tail, several_units, a_float32_tail),
}
