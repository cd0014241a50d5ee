"""Weights start random, and at the right size."""

import numpy as np
import pytest

import bnkit


@pytest.mark.parametrize(("draw", "variance"), [(bnkit.he_normal, 2 / 400), (bnkit.scaled_normal, 1 / 400)])
def test_the_variance_follows_the_number_of_inputs(draw, variance):
    W = draw(300, 400, np.random.default_rng(0))
    assert W.shape == (300, 400)
    assert W.var() == pytest.approx(variance, rel=0.02)
    assert W.mean() == pytest.approx(0, abs=4 * np.sqrt(variance / W.size))


def test_normal_has_the_deviation_asked_for():
    assert bnkit.normal(200, 200, np.random.default_rng(0), std=0.5).std() == pytest.approx(0.5, rel=0.02)


def test_float32_weights_are_the_float64_ones_rounded():
    single = bnkit.he_normal(3, 4, np.random.default_rng(7), np.float32)
    double = bnkit.he_normal(3, 4, np.random.default_rng(7))
    assert (single.dtype, double.dtype) == (np.float32, np.float64)
    np.testing.assert_array_equal(single, double.astype(np.float32))


def test_he_normal_keeps_a_signals_size_through_relu_layers():
    rng = np.random.default_rng(0)
    A = rng.standard_normal((256, 500))
    for _ in range(6):
        A = bnkit.relu(bnkit.he_normal(256, 256, rng) @ A)
    assert 0.5 < (A**2).mean() < 2
