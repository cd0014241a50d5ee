"""Softmax and cross-entropy, also where the numbers are huge."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mini_batch_samples import law

import bnkit


def drawn(seed, classes=4, m=6):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((classes, m)), bnkit.one_hot(rng.integers(0, classes, m), classes)


@law
@given(st.integers(0, 100), st.floats(-1e3, 1e3))
def test_softmax_sums_to_1_and_ignores_a_shift(xp, seed, c):
    logits = xp.asarray(drawn(seed)[0])
    Y_hat = bnkit.to_numpy(bnkit.softmax(logits))
    np.testing.assert_allclose(Y_hat.sum(axis=0), 1)
    np.testing.assert_allclose(bnkit.to_numpy(bnkit.softmax(logits + c)), Y_hat, rtol=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_huge_logits_give_finite_answers(dtype):
    logits = np.array([[1e30, -1e30], [-1e30, 1e4], [0, 3]], dtype)
    Y = bnkit.one_hot(np.array([0, 1]), 3, dtype)
    assert bnkit.softmax(logits).tolist() == Y.tolist()
    assert bnkit.softmax_cross_entropy(logits, Y) == 0
    for finite in (
        bnkit.cross_entropy(bnkit.softmax(logits), 1 - Y),
        bnkit.softmax_cross_entropy(logits[1:] % 7, Y[1:]),
    ):
        assert np.isfinite(finite)
    assert np.isfinite(bnkit.softmax_cross_entropy_gradient(logits, Y)).all()


def test_the_cost_stays_exact_where_the_probability_rounds_to_0():
    logits, Y = np.array([[1000.0], [0.0]]), np.array([[0.0], [1.0]])
    assert bnkit.softmax_cross_entropy(logits, Y) == 1000


@law
@given(st.integers(0, 100))
def test_both_ways_to_the_cost_agree(seed):
    logits, Y = drawn(seed)
    expected = -np.log((bnkit.softmax(logits) * Y).sum(axis=0)).mean()
    assert bnkit.cross_entropy(bnkit.softmax(logits), Y) == pytest.approx(expected)
    assert bnkit.softmax_cross_entropy(logits, Y) == pytest.approx(expected)


@law
@given(st.integers(0, 100))
def test_the_gradient_of_the_cost_is_the_numerical_one(seed):
    logits, Y = drawn(seed)
    gradient = bnkit.softmax_cross_entropy_gradient(logits, Y)
    assert bnkit.check_gradient(lambda x: bnkit.softmax_cross_entropy(x, Y), logits, gradient).passed


@pytest.mark.parametrize("whole", [np.int64, np.uint8, np.bool_])
def test_one_hot_targets_may_be_whole_numbers_and_leave_float32_alone(whole):
    logits, Y = drawn(1)
    logits = logits.astype(np.float32)
    assert bnkit.softmax_cross_entropy(logits, Y.astype(whole)) == bnkit.softmax_cross_entropy(
        logits, Y.astype("f4")
    )
    assert bnkit.softmax_cross_entropy_gradient(logits, Y.astype(whole)).dtype == np.float32


def test_one_hot_puts_a_1_in_the_labels_row(xp):
    Y = bnkit.one_hot(xp.asarray([2, 0]), 3, np.float32)
    assert Y.dtype == np.float32
    assert Y.tolist() == [[0, 1], [0, 0], [1, 0]]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_cost_and_gradient_together_are_those_apart(dtype):
    rng = np.random.default_rng(0)
    logits = (300 * rng.standard_normal((4, 7))).astype(dtype)  # some probabilities round to 0
    Y = bnkit.one_hot(rng.integers(0, 4, 7), 4)
    cost, gradient = bnkit.softmax_cross_entropy_with_gradient(logits, Y)
    assert float(cost) == pytest.approx(float(bnkit.softmax_cross_entropy(logits, Y)), rel=1e-6)
    np.testing.assert_allclose(gradient, bnkit.softmax_cross_entropy_gradient(logits, Y), atol=1e-7)
    assert gradient.dtype == dtype
