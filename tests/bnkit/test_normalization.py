"""The formulas obey their laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mini_batch_samples import law, sample, samples

import bnkit


@law
@given(samples(), st.floats(-100, 100))
def test_a_shift_of_z_changes_nothing(xp, batch, c):
    Z, gamma, beta, _, eps = batch.on(xp)
    shifted = bnkit.batchnorm_forward(Z + c, gamma, beta, eps)[0]
    np.testing.assert_allclose(
        bnkit.to_numpy(shifted), bnkit.to_numpy(bnkit.batchnorm_forward(Z, gamma, beta, eps)[0]), atol=1e-9
    )


@law
@given(samples(), st.floats(0.01, 100))
def test_a_scale_of_z_changes_nothing_but_what_eps_does(batch, a):
    Z, gamma, beta, _, eps = batch
    scaled = bnkit.batchnorm_forward(a * Z, gamma, beta, eps * a**2)[0]
    np.testing.assert_allclose(scaled, bnkit.batchnorm_forward(Z, gamma, beta, eps)[0], atol=1e-9)


@law
@given(samples())
def test_the_result_has_mean_beta_and_deviation_gamma_up_to_eps(xp, batch):
    _, gamma, beta, _, eps = batch
    Z_tilde, _, _, sigma2 = (bnkit.to_numpy(x) for x in bnkit.batchnorm_forward(*batch.on(xp)[:3], eps))
    np.testing.assert_allclose(Z_tilde.mean(axis=1, keepdims=True), beta, atol=1e-9)
    expected = np.abs(gamma) * np.sqrt(sigma2 / (sigma2 + eps))
    np.testing.assert_allclose(Z_tilde.std(axis=1, keepdims=True), expected, rtol=1e-9)


@law
@given(samples())
def test_the_four_steps_together_are_the_forward_pass(batch):
    Z, gamma, beta, _, eps = batch
    mu = bnkit.batch_mean(Z)
    sigma2 = bnkit.batch_variance(Z, mu)
    Z_norm = bnkit.normalize(Z, mu, sigma2, eps)
    steps = bnkit.scale_and_shift(Z_norm, gamma, beta), Z_norm, mu, sigma2
    for step, whole in zip(steps, bnkit.batchnorm_forward(Z, gamma, beta, eps), strict=True):
        np.testing.assert_array_equal(step, whole)
    np.testing.assert_allclose(mu[:, 0], Z.mean(axis=1))
    np.testing.assert_allclose(sigma2[:, 0], Z.var(axis=1))


@law
@given(samples(min_m=8, max_mean=10.0))
def test_backward_is_the_numerical_gradient(batch):
    Z, gamma, beta, dZ_tilde, eps = batch

    def cost(Z, gamma, beta):
        return float((dZ_tilde * bnkit.batchnorm_forward(Z, gamma, beta, eps)[0]).sum())

    _, Z_norm, _, sigma2 = bnkit.batchnorm_forward(Z, gamma, beta, eps)
    dZ, dgamma, dbeta = bnkit.batchnorm_backward(dZ_tilde, Z_norm, gamma, sigma2, eps)
    assert bnkit.check_gradient(lambda Z: cost(Z, gamma, beta), Z, dZ).passed
    assert bnkit.check_gradient(lambda gamma: cost(Z, gamma, beta), gamma, dgamma).passed
    assert bnkit.check_gradient(lambda beta: cost(Z, gamma, beta), beta, dbeta).passed


@law
@given(samples())
def test_the_stages_end_where_the_compact_backward_does(xp, batch):
    Z, gamma, beta, dZ_tilde, eps = batch.on(xp)
    _, Z_norm, mu, sigma2 = bnkit.batchnorm_forward(Z, gamma, beta, eps)
    stages = bnkit.batchnorm_backward_stages(dZ_tilde, Z, gamma, mu, sigma2, eps)
    dZ, _, _ = bnkit.batchnorm_backward(dZ_tilde, Z_norm, gamma, sigma2, eps)
    assert list(stages) == ["dZ_norm", "dsigma2", "dmu", "dZ"]
    np.testing.assert_allclose(bnkit.to_numpy(stages["dZ"]), bnkit.to_numpy(dZ), rtol=1e-6, atol=1e-9)


def test_each_stage_is_the_numerical_gradient_of_what_follows_it():
    batch = sample(np.random.default_rng(0), n=3, m=8, eps=1e-3)
    Z, gamma, beta, dZ_tilde, eps = batch
    _, Z_norm, mu, sigma2 = bnkit.batchnorm_forward(Z, gamma, beta, eps)
    stages = bnkit.batchnorm_backward_stages(dZ_tilde, Z, gamma, mu, sigma2, eps)

    def after_norm(Z_norm):
        return float((dZ_tilde * bnkit.scale_and_shift(Z_norm, gamma, beta)).sum())

    def after_variance(sigma2):
        return after_norm(bnkit.normalize(Z, mu, sigma2, eps))

    def after_mean(mu):
        return after_norm(bnkit.normalize(Z, mu, bnkit.batch_variance(Z, mu), eps))

    assert bnkit.check_gradient(after_norm, Z_norm, stages["dZ_norm"]).passed
    assert bnkit.check_gradient(after_variance, sigma2, stages["dsigma2"]).passed
    assert bnkit.check_gradient(after_mean, mu, stages["dmu"]).passed


@law
@given(samples())
def test_dz_has_no_mean_and_no_part_along_z_norm_when_eps_is_0(batch):
    Z, gamma, beta, dZ_tilde, _ = batch
    _, Z_norm, _, sigma2 = bnkit.batchnorm_forward(Z, gamma, beta, eps=0)
    dZ, _, _ = bnkit.batchnorm_backward(dZ_tilde, Z_norm, gamma, sigma2, eps=0)
    scale = np.abs(gamma) / np.sqrt(sigma2)
    np.testing.assert_allclose(dZ.sum(axis=1, keepdims=True) / scale, 0, atol=1e-9)
    np.testing.assert_allclose((dZ * Z_norm).sum(axis=1, keepdims=True) / scale, 0, atol=1e-9)


@law
@given(samples(), st.integers(1, 5), st.integers(1, 7))
def test_a_folded_layer_gives_the_test_time_output(batch, n_prev, m):
    rng = np.random.default_rng(n_prev * 10 + m)
    n = batch.gamma.shape[0]
    W, A_prev = rng.standard_normal((n, n_prev)), rng.standard_normal((n_prev, m))
    running_mu, running_sigma2 = rng.standard_normal((n, 1)), rng.uniform(0.1, 3, (n, 1))
    layer = batch.gamma, batch.beta, running_mu, running_sigma2, batch.eps
    W_folded, b_folded = bnkit.fold_batchnorm(W, *layer)
    assert b_folded.shape == (n, 1)
    np.testing.assert_allclose(
        W_folded @ A_prev + b_folded, bnkit.batchnorm_inference(W @ A_prev, *layer), atol=1e-12
    )


def test_inference_treats_an_example_alike_whatever_it_comes_with():
    batch = sample(np.random.default_rng(1))
    layer = batch.gamma, batch.beta, batch.beta + 1, batch.gamma**2
    whole = bnkit.batchnorm_inference(batch.Z, *layer)
    alone = bnkit.batchnorm_inference(batch.Z[:, 3:4], *layer)
    np.testing.assert_allclose(alone, whole[:, 3:4], rtol=1e-14)


@law
@given(samples())
def test_the_identity_parameters_give_back_z(batch):
    _, _, mu, sigma2 = bnkit.batchnorm_forward(batch.Z, batch.gamma, batch.beta)
    gamma, beta = bnkit.identity_parameters(mu, sigma2, batch.eps)
    np.testing.assert_allclose(
        bnkit.batchnorm_forward(batch.Z, gamma, beta, batch.eps)[0], batch.Z, rtol=1e-9, atol=1e-9
    )


def test_test_inputs_are_normalized_by_the_training_sets_statistics():
    rng = np.random.default_rng(2)
    X_train, X_test = 5 + 3 * rng.standard_normal((4, 50)), 9 + rng.standard_normal((4, 7))
    train_norm, test_norm = bnkit.normalize_inputs(X_train, X_test)
    np.testing.assert_allclose(train_norm.mean(axis=1), 0, atol=1e-12)
    mean, deviation = X_train.mean(axis=1, keepdims=True), np.sqrt(X_train.var(axis=1, keepdims=True) + 1e-5)
    np.testing.assert_allclose(test_norm, (X_test - mean) / deviation)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("value", [0.0, 1000.1, -3e6])
def test_one_example_and_a_constant_unit_are_normalized_to_0(xp, dtype, value):
    for m in (1, 7):
        Z = xp.full((2, m), value, dtype)
        column = xp.full((2, 1), 0.5, dtype)
        Z_tilde, Z_norm, mu, sigma2 = bnkit.batchnorm_forward(Z, column, column)
        assert float(abs(Z_norm).max()) == float(sigma2.max()) == 0
        assert float(abs(Z_tilde - 0.5).max()) == float(abs(mu - Z).max()) == 0
        dZ, _, _ = bnkit.batchnorm_backward(Z, Z_norm, column, sigma2)
        assert bool(xp.isfinite(dZ).all())


def test_float32_keeps_its_digits_where_the_mean_is_large():
    rng = np.random.default_rng(3)
    Z = (1e3 + rng.standard_normal((3, 4096))).astype(np.float32)
    column = np.ones((3, 1), np.float32)
    exact = bnkit.batchnorm_forward(
        Z.astype(np.float64), column.astype(np.float64), column.astype(np.float64)
    )
    for layout in (np.ascontiguousarray(Z), np.asfortranarray(Z)):
        result = bnkit.batchnorm_forward(layout, column, column)
        for single, double in zip(result, exact, strict=True):
            assert single.dtype == np.float32
            np.testing.assert_allclose(single, double, rtol=1e-4, atol=1e-4)


def test_no_function_changes_its_inputs():
    batch = sample(np.random.default_rng(4))
    arrays = [x.copy() for x in batch[:4]]
    for x in arrays:
        x.flags.writeable = False
    Z, gamma, beta, dZ_tilde = arrays
    _, Z_norm, mu, sigma2 = bnkit.batchnorm_forward(Z, gamma, beta)
    stages = bnkit.batchnorm_backward_stages(dZ_tilde, Z, gamma, mu, sigma2)
    dZ, _, _ = bnkit.batchnorm_backward(dZ_tilde, Z_norm, gamma, sigma2)
    identity = bnkit.identity_parameters(mu, sigma2)
    results = [
        Z_norm,
        stages["dZ_norm"],
        stages["dZ"],
        dZ,
        *identity,
        bnkit.batchnorm_inference(Z, gamma, beta, mu, sigma2),
    ]
    assert not any(np.shares_memory(result, x) for result in results for x in (*arrays, mu, sigma2))


def test_a_view_with_strides_gives_what_its_copy_gives():
    batch = sample(np.random.default_rng(5), n=6, m=20)
    view = batch.Z[::2, ::3]
    columns = batch.gamma[::2], batch.beta[::2]
    for from_view, from_copy in zip(
        bnkit.batchnorm_forward(view, *columns), bnkit.batchnorm_forward(view.copy(), *columns), strict=True
    ):
        np.testing.assert_allclose(from_view, from_copy, rtol=1e-14, atol=1e-14)
