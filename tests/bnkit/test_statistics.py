"""Averages over time, and over devices."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mini_batch_samples import law, samples

import bnkit

decays = st.floats(0, 0.999)
values = st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=12)


@law
@given(values, decays, st.floats(-1e3, 1e3))
def test_an_average_is_the_geometric_sum_of_its_closed_form(series, decay, start):
    average = start
    for value in series:
        average = bnkit.ewa_update(average, value, decay)
    t = len(series)
    closed = decay**t * start + sum(
        (1 - decay) * decay ** (t - 1 - i) * value for i, value in enumerate(series)
    )
    assert average == pytest.approx(closed, rel=1e-9, abs=1e-9)


@law
@given(st.floats(-1e3, 1e3), decays, st.integers(1, 20))
def test_the_corrected_average_of_a_constant_is_that_constant(constant, decay, t):
    average = 0.0
    for _ in range(t):
        average = bnkit.ewa_update(average, constant, decay)
    assert bnkit.ewa_bias_correction(average, decay, t) == pytest.approx(constant, rel=1e-9, abs=1e-9)


def test_decay_is_the_weight_of_the_old_value():
    assert bnkit.ewa_update(10.0, 20.0, decay=0.9) == pytest.approx(11.0)


def test_an_average_of_arrays_may_start_as_the_number_0():
    np.testing.assert_allclose(bnkit.ewa_update(0, np.full((2, 1), 5.0), 0.8), np.ones((2, 1)))


def test_an_average_leaves_the_old_one_as_it_was():
    old = np.ones((3, 1))
    bnkit.ewa_update(old, np.full((3, 1), 5.0))
    np.testing.assert_array_equal(old, 1)


@law
@given(st.lists(st.integers(1, 9), min_size=1, max_size=5), decays)
def test_running_statistics_start_at_mean_0_and_variance_1(xp, sizes, decay):
    rng = np.random.default_rng(sum(sizes))
    batches = [5 + 2 * rng.standard_normal((3, m)) for m in sizes]
    mu, sigma2 = np.zeros((3, 1)), np.ones((3, 1))
    for Z in batches:
        mu = decay * mu + (1 - decay) * Z.mean(axis=1, keepdims=True)
        sigma2 = decay * sigma2 + (1 - decay) * Z.var(axis=1, keepdims=True)
    running_mu, running_sigma2 = bnkit.running_statistics((xp.asarray(Z) for Z in batches), decay)
    np.testing.assert_allclose(bnkit.to_numpy(running_mu), mu)
    np.testing.assert_allclose(bnkit.to_numpy(running_sigma2), sigma2)


def test_running_statistics_keep_the_batches_dtype():
    Z = np.ones((2, 5), np.float32)
    assert {x.dtype for x in bnkit.running_statistics([Z, Z])} == {np.dtype(np.float32)}


def test_an_update_gives_statistics_of_their_own():
    start = bnkit.RunningStatistics.initial(2, decay=0.5)
    moved = start.updated(np.full((2, 1), 4.0), np.full((2, 1), 3.0))
    np.testing.assert_array_equal(start.mu, 0)
    np.testing.assert_array_equal(moved.mu, 2)
    np.testing.assert_array_equal(moved.sigma2, 2)


@law
@given(samples(min_m=2, max_mean=1e6), st.data())
def test_merged_parts_have_the_statistics_of_the_whole(xp, batch, data):
    Z = xp.asarray(batch.Z)
    cut = data.draw(st.integers(1, Z.shape[1] - 1))
    parts = []
    for part in (Z[:, :cut], Z[:, cut:]):
        mu = bnkit.batch_mean(part)
        parts += [mu, bnkit.batch_variance(part, mu), part.shape[1]]
    mu, sigma2 = (bnkit.to_numpy(x) for x in bnkit.merge_statistics(*parts))
    np.testing.assert_allclose(mu, batch.Z.mean(axis=1, keepdims=True), rtol=1e-12)
    np.testing.assert_allclose(sigma2, batch.Z.var(axis=1, keepdims=True), rtol=1e-6)


def test_merging_in_float32_stays_in_float32():
    column = np.ones((2, 1), np.float32)
    merged = bnkit.merge_statistics(column, column, np.int64(3), 2 * column, column, np.int64(5))
    assert {x.dtype for x in merged} == {np.dtype(np.float32)}
