"""Moments after batch norm, and how far units have moved."""

import numpy as np
import pytest

import bnkit

rng = np.random.default_rng(0)
Z = rng.normal(size=(3, 50)) * [[10.0], [1.0], [0.002]] + [[5.0], [-1.0], [100.0]]
gamma, beta = np.array([[2.0], [-0.5], [3.0]]), np.array([[1.0], [0.0], [-4.0]])


@pytest.mark.parametrize("eps", [1e-5, 0.5])
def test_moments_after_batch_norm_are_those_of_its_output(eps):
    Z_tilde, _, _, sigma2 = bnkit.batchnorm_forward(Z, gamma, beta, eps)
    mean, variance = bnkit.moments_after_batchnorm(gamma, beta, sigma2, eps)
    np.testing.assert_allclose(mean, Z_tilde.mean(axis=1, keepdims=True), atol=1e-10)
    np.testing.assert_allclose(variance, Z_tilde.var(axis=1, keepdims=True), rtol=1e-9)


def test_the_mean_is_a_new_array():
    assert bnkit.moments_after_batchnorm(gamma, beta, np.ones((3, 1)))[0] is not beta


def test_a_shift_is_counted_in_deviations_of_where_the_unit_came_from():
    deviation = Z.std(axis=1, keepdims=True)
    Z_after = (
        Z[:, :20] + 2 * deviation + Z.mean(axis=1, keepdims=True) - Z[:, :20].mean(axis=1, keepdims=True)
    )
    np.testing.assert_allclose(bnkit.standardized_shift(Z, Z_after, eps=0.0), np.full((3, 1), 2.0))


def test_a_constant_unit_has_a_finite_shift():
    shift = bnkit.standardized_shift(np.full((1, 4), 7.0), np.full((1, 3), 8.0))
    np.testing.assert_allclose(shift, [[1 / np.sqrt(1e-5)]])


def test_batches_of_different_units_are_refused():
    with pytest.raises(ValueError, match=r"Z_after has shape \(2, 50\), expected \(3, m\): the units of Z"):
        bnkit.standardized_shift(Z, Z[:2])
