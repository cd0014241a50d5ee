"""Mini-batches hold every example once, with its target."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from mini_batch_samples import law

import bnkit


@law
@given(st.integers(1, 30), st.integers(1, 35), st.integers(0, 100))
def test_every_example_comes_once_and_stays_with_its_target(xp, m, batch_size, seed):
    X = xp.asarray(np.vstack([np.arange(m), 10.0 * np.arange(m)]))
    Y = X[:1] + 0.5
    batches = bnkit.mini_batches(X, Y, batch_size, np.random.default_rng(seed))
    sizes = [X_t.shape[1] for X_t, _ in batches]
    assert sizes == [batch_size] * (m // batch_size) + [m % batch_size] * (m % batch_size > 0)
    assert sorted(float(x) for X_t, _ in batches for x in X_t[0]) == list(range(m))
    for X_t, Y_t in batches:
        assert bool((X_t[1] == 10 * X_t[0]).all())
        assert bool((Y_t == X_t[:1] + 0.5).all())


def test_the_order_changes_from_epoch_to_epoch_and_repeats_with_the_seed():
    X = np.arange(50.0)[None]
    rng = np.random.default_rng(0)
    first, second = (np.hstack([X_t for X_t, _ in bnkit.mini_batches(X, X, 8, rng)]) for _ in range(2))
    again = np.hstack([X_t for X_t, _ in bnkit.mini_batches(X, X, 8, np.random.default_rng(0))])
    assert not np.array_equal(first, X)
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(first, again)


def test_a_mini_batch_is_no_view_of_the_data():
    X = np.arange(6.0)[None]
    X_t, _ = bnkit.mini_batches(X, X, 6, np.random.default_rng(0))[0]
    X_t[:] = -1
    np.testing.assert_array_equal(X[0], np.arange(6))
