"""Batch norm's relatives normalize the sets of numbers they say."""

import numpy as np
import pytest

import bnkit


def images(N=5, C=6, H=3, W=4):
    rng = np.random.default_rng(0)
    X = 10 * rng.standard_normal((N, C, 1, 1)) + rng.standard_normal((N, C, H, W))
    return X, rng.uniform(0.5, 2, (C, 1)), rng.standard_normal((C, 1)), rng.standard_normal((N, C, H, W))


def per_channel(x):
    return x.reshape(1, -1, 1, 1)


def test_spatial_batch_norm_normalizes_each_channel_over_examples_and_pixels(xp):
    X, gamma, beta, _ = images()
    result = bnkit.to_numpy(bnkit.spatial_batchnorm_forward(*map(xp.asarray, (X, gamma, beta)), eps=1e-3))
    mu, sigma2 = X.mean(axis=(0, 2, 3), keepdims=True), X.var(axis=(0, 2, 3), keepdims=True)
    expected = per_channel(gamma) * (X - mu) / np.sqrt(sigma2 + 1e-3) + per_channel(beta)
    np.testing.assert_allclose(result, expected, atol=1e-12)


def test_spatial_batch_norm_of_single_pixels_is_batch_norm():
    X, gamma, beta, _ = images(N=8, H=1, W=1)
    Z_tilde = bnkit.batchnorm_forward(X[:, :, 0, 0].T, gamma, beta)[0]
    np.testing.assert_allclose(bnkit.spatial_batchnorm_forward(X, gamma, beta)[:, :, 0, 0].T, Z_tilde)


def test_spatial_backward_is_the_numerical_gradient():
    X, gamma, beta, dX_tilde = images(N=2, C=2)

    def cost(X, gamma, beta):
        return float((dX_tilde * bnkit.spatial_batchnorm_forward(X, gamma, beta, 1e-3)).sum())

    dX, dgamma, dbeta = bnkit.spatial_batchnorm_backward(dX_tilde, X, gamma, 1e-3)
    assert bnkit.check_gradient(lambda X: cost(X, gamma, beta), X, dX).passed
    assert bnkit.check_gradient(lambda gamma: cost(X, gamma, beta), gamma, dgamma).passed
    assert bnkit.check_gradient(lambda beta: cost(X, gamma, beta), beta, dbeta).passed


def test_layer_norm_normalizes_each_example_over_its_units(xp):
    rng = np.random.default_rng(0)
    Z, gamma, beta = rng.standard_normal((5, 8)) + 7, rng.uniform(0.5, 2, (5, 1)), rng.standard_normal((5, 1))
    result = bnkit.to_numpy(bnkit.layernorm_forward(*map(xp.asarray, (Z, gamma, beta)), eps=1e-3))
    np.testing.assert_allclose(result, gamma * (Z - Z.mean(0)) / np.sqrt(Z.var(0) + 1e-3) + beta, atol=1e-12)
    alone = bnkit.layernorm_forward(Z[:, :1], gamma, beta, 1e-3)
    np.testing.assert_allclose(alone, result[:, :1])


def test_group_norm_normalizes_each_example_over_each_group(xp):
    X, gamma, beta, _ = images()
    result = bnkit.to_numpy(bnkit.groupnorm_forward(*map(xp.asarray, (X, gamma, beta)), 3, eps=1e-3))
    for example in range(X.shape[0]):
        for group in (slice(0, 2), slice(2, 4), slice(4, 6)):
            x = X[example, group]
            expected = gamma[group, :, None] * (x - x.mean()) / np.sqrt(x.var() + 1e-3) + beta[group, :, None]
            np.testing.assert_allclose(result[example, group], expected, atol=1e-12)


def test_groups_that_do_not_divide_the_channels_are_refused():
    X, gamma, beta, _ = images()
    with pytest.raises(ValueError, match="groups is 4, expected a divisor of the 6 channels"):
        bnkit.groupnorm_forward(X, gamma, beta, 4)


def test_one_example_of_one_pixel_stays_finite():
    X, gamma, beta = np.full((1, 2, 1, 1), 1e6), np.ones((2, 1)), np.full((2, 1), 0.5)
    results = (bnkit.spatial_batchnorm_forward(X, gamma, beta), bnkit.groupnorm_forward(X, gamma, beta, 2))
    assert all((result == 0.5).all() for result in results)
