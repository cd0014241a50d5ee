"""Every implementation of batch norm says what the formulas say."""

import numpy as np
import pytest
from hypothesis import given
from kernel_samples import LAYOUTS, assert_within, batches, draw, expected, lying, unit_rows
from mini_batch_samples import law

import bnkit
from bnkit import kernels
from bnkit.kernels import batch_norm, blocked, compiled, cpu, formulas

IMPLEMENTATIONS = [formulas, blocked, *([cpu] if compiled.available() else [])]


@pytest.fixture(scope="module", params=IMPLEMENTATIONS, ids=lambda module: module.__name__.split(".")[-1])
def implementation(request):
    """Have every array go to one implementation."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch_norm, "kernels_for", lambda *arrays: request.param)
        if request.param is not cpu:
            patch.setattr(batch_norm, "compiled_kernels", lambda: None)
        yield request.param


def forward(batch, **settings):
    return kernels.batchnorm_forward(batch.Z, batch.gamma, batch.beta, batch.eps, **settings)


def backward(batch, mu, inv_std, **settings):
    return kernels.batchnorm_backward(batch.dZ_tilde, batch.Z, batch.gamma, mu, inv_std, **settings)


@law
@given(batches())
def test_forward_says_what_the_formulas_say(implementation, batch):
    says = expected(batch, exact_mean=implementation is not formulas)
    Z_tilde, mu, inv_std = forward(batch)
    assert Z_tilde.shape == batch.Z.shape
    assert Z_tilde.dtype == mu.dtype == inv_std.dtype == batch.Z.dtype
    assert_within(Z_tilde, says.Z_tilde, says.tolerance.Z_tilde)
    np.testing.assert_allclose(mu, says.mu, rtol=3e-7, atol=3e-7)
    np.testing.assert_allclose(inv_std, says.inv_std, rtol=1e-5)


@law
@given(batches())
def test_backward_says_what_the_formulas_say(implementation, batch):
    says = expected(batch, exact_mean=implementation is not formulas)
    dZ, dgamma, dbeta = backward(batch, *forward(batch)[1:])
    assert dZ.dtype == dgamma.dtype == dbeta.dtype == batch.Z.dtype
    assert_within(dZ, says.dZ, says.tolerance.dZ)
    assert_within(dgamma, says.dgamma, says.tolerance.sums)
    assert_within(dbeta, says.dbeta, says.tolerance.sums)


@law
@given(batches())
def test_relu_in_the_same_pass_is_relu_afterwards(implementation, batch):
    Z_tilde, mu, inv_std = forward(batch)
    A = forward(batch, relu=True)[0]
    np.testing.assert_array_equal(A, np.maximum(Z_tilde, 0))
    # Where Z_tilde rounds to 0 either side of the corner is right; no gradient arrives there.
    near = np.abs(Z_tilde) < 1e-2 * np.abs(Z_tilde).max()
    batch = batch._replace(dZ_tilde=np.where(near, 0, batch.dZ_tilde).astype(batch.Z.dtype))
    says = expected(batch, relu=True, exact_mean=implementation is not formulas)
    dZ, dgamma, dbeta = backward(batch, mu, inv_std, relu_beta=batch.beta)
    assert_within(dZ, says.dZ, says.tolerance.dZ)
    assert_within(dgamma, says.dgamma, says.tolerance.sums)
    assert_within(dbeta, says.dbeta, says.tolerance.sums)


@law
@given(batches())
def test_the_running_statistics_move_in_the_same_pass(implementation, batch):
    says = expected(batch, decay=0.8)
    *same, running_mu, running_sigma2 = kernels.batchnorm_training(
        batch.Z, *batch.columns, decay=0.8, eps=batch.eps
    )
    for ours, alone in zip(same, forward(batch), strict=True):
        np.testing.assert_array_equal(ours, alone)
    np.testing.assert_allclose(running_mu, says.running_mu, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(running_sigma2, says.running_sigma2, rtol=1e-5)


@law
@given(batches())
def test_inference_says_what_the_formula_says(implementation, batch):
    gamma, beta, mu, sigma2 = (x.astype(np.float64) for x in batch.columns)
    Z = unit_rows(batch.Z).astype(np.float64)
    says = bnkit.batchnorm_inference(Z, gamma, beta, mu, sigma2, batch.eps)
    tolerance = 16 * np.finfo(batch.Z.dtype).eps * (np.abs(says) + np.abs(beta) + 1)
    assert_within(kernels.batchnorm_inference(batch.Z, *batch.columns, batch.eps), says, tolerance)
    A = kernels.batchnorm_inference(batch.Z, *batch.columns, batch.eps, relu=True)
    assert_within(A, np.maximum(says, 0), tolerance)


# Rows that start beside a multiple of 16 bytes, that end within a block, and that are longer than one.
SHAPES = [(1, 1), (1, 7), (3, 8), (2, 31), (5, 4095), (3, 4097), (2, 70_001), (1, 5, 1, 1), (9, 3, 7, 7)]


@pytest.mark.parametrize("mean", [0, 1e4])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_length_of_a_row(implementation, shape, dtype, mean):
    batch = draw(np.random.default_rng(0), shape, dtype, mean)
    says = expected(batch, exact_mean=implementation is not formulas)
    Z_tilde, mu, inv_std = forward(batch)
    assert_within(Z_tilde, says.Z_tilde, says.tolerance.Z_tilde)
    assert_within(backward(batch, mu, inv_std)[0], says.dZ, says.tolerance.dZ)


def test_an_array_that_is_dealt_to_threads():
    batch = draw(np.random.default_rng(0), (300, 70_001), mean=10)
    Z_tilde, mu, inv_std = forward(batch)
    dZ, dgamma, _ = backward(batch, mu, inv_std)
    for unit in (0, 149, 150, 299):
        row = batch._replace(**{name: getattr(batch, name)[[unit]] for name in batch._fields[:-1]})
        says = expected(row)
        assert_within(Z_tilde[[unit]], says.Z_tilde, says.tolerance.Z_tilde)
        assert_within(dZ[[unit]], says.dZ, says.tolerance.dZ)
        assert_within(dgamma[[unit]], says.dgamma, says.tolerance.sums)


def test_entries_that_mislead_the_first_guess_of_the_mean_cost_no_digits(implementation):
    batch = draw(np.random.default_rng(8), (3, 4000))
    batch.Z[:, :: 4000 // 8] = 1e4  # the eight entries that the compiled kernel guesses by
    says = expected(batch, exact_mean=implementation is not formulas)
    Z_tilde, _, inv_std = forward(batch)
    assert_within(Z_tilde, says.Z_tilde, says.tolerance.Z_tilde)
    np.testing.assert_allclose(inv_std, says.inv_std, rtol=1e-6)


@pytest.mark.parametrize("value", [0.0, 1000.1, -3e6])
@pytest.mark.parametrize("m", [1, 7, 5000])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_one_example_and_a_constant_unit_are_normalized_to_0(implementation, dtype, m, value):
    Z, column = np.full((2, m), value, dtype), np.full((2, 1), 0.5, dtype)
    Z_tilde, mu, inv_std = kernels.batchnorm_forward(Z, column, column)
    np.testing.assert_array_equal(Z_tilde, 0.5 * np.ones_like(Z))
    np.testing.assert_array_equal(mu, Z[:, :1])
    np.testing.assert_allclose(inv_std, 1 / np.sqrt(1e-5), rtol=1e-6)
    dZ, _, _ = kernels.batchnorm_backward(Z, Z, column, mu, inv_std)
    np.testing.assert_allclose(dZ, 0, atol=1e-3 * np.abs(value) * 300)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("m", [1, 5, 64, 5000])
def test_what_is_not_finite_passes_through_as_in_the_formulas(implementation, m, bad):
    batch = draw(np.random.default_rng(1), (3, m))
    batch.Z[1, m // 2] = bad
    with np.errstate(invalid="ignore"):
        Z_tilde, Z_norm, mu, sigma2 = bnkit.batchnorm_forward(batch.Z, batch.gamma, batch.beta)
        ours, our_mu, our_inv_std = forward(batch)
        dZ, dgamma, dbeta = bnkit.batchnorm_backward(batch.dZ_tilde, Z_norm, batch.gamma, sigma2)
        ours_back = backward(batch, our_mu, our_inv_std)
    for our, formula in zip(
        (ours, our_mu, our_inv_std, *ours_back), (Z_tilde, mu, sigma2, dZ, dgamma, dbeta), strict=True
    ):
        np.testing.assert_array_equal(np.isnan(our), np.isnan(formula))
    assert np.isnan(ours[1]).all()
    assert np.isfinite(ours[[0, 2]]).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_gradient_that_is_not_finite_passes_through_as_in_the_formulas(implementation, bad):
    batch = draw(np.random.default_rng(2), (3, 40))
    batch.dZ_tilde[1, 4] = bad
    _, Z_norm, mu, sigma2 = bnkit.batchnorm_forward(batch.Z, batch.gamma, batch.beta)
    with np.errstate(invalid="ignore"):
        formula = bnkit.batchnorm_backward(batch.dZ_tilde, Z_norm, batch.gamma, sigma2)
        ours = backward(batch, mu, 1 / np.sqrt(sigma2 + np.float32(1e-5)))
    for our, says in zip(ours, formula, strict=True):
        np.testing.assert_array_equal(np.isnan(our), np.isnan(says))
        np.testing.assert_array_equal(np.isinf(our), np.isinf(says))
        np.testing.assert_array_equal(np.sign(our[np.isinf(our)]), np.sign(says[np.isinf(says)]))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_result_goes_where_it_is_wanted(implementation, layout):
    batch = draw(np.random.default_rng(3), (6, 50))
    Z_tilde, mu, inv_std = forward(batch)
    dZ, _, _ = backward(batch, mu, inv_std)
    out = lying(np.full_like(batch.Z, np.nan), layout)
    assert forward(batch, out=out)[0] is out
    np.testing.assert_array_equal(out, Z_tilde)
    assert backward(batch, mu, inv_std, out=out)[0] is out
    np.testing.assert_array_equal(out, dZ)
    says = kernels.batchnorm_inference(batch.Z, *batch.columns)
    assert kernels.batchnorm_inference(batch.Z, *batch.columns, out=out) is out
    np.testing.assert_array_equal(out, says)


def test_the_result_may_take_the_place_of_what_it_is_made_of(implementation):
    batch = draw(np.random.default_rng(4), (6, 50))
    Z_tilde, mu, inv_std = forward(batch)
    dZ, _, _ = backward(batch, mu, inv_std)
    for name in ("Z", "dZ_tilde"):
        place = getattr(batch, name).copy()
        np.testing.assert_array_equal(
            backward(batch._replace(**{name: place}), mu, inv_std, out=place)[0], dZ
        )
    place = batch.Z.copy()
    np.testing.assert_array_equal(forward(batch._replace(Z=place), out=place)[0], Z_tilde)
    memory = np.concatenate([batch.Z, batch.Z[:1]])  # an overlap that is no match
    shifted = kernels.batchnorm_forward(memory[:-1], batch.gamma, batch.beta, batch.eps, out=memory[1:])[0]
    np.testing.assert_array_equal(shifted, Z_tilde)
    gamma = memory[1:2, :6].reshape(6, 1)  # a column that the result would run over
    place = batch._replace(gamma=gamma.copy())
    apart = forward(place)[0]
    over = kernels.batchnorm_forward(batch.Z, gamma, batch.beta, batch.eps, out=memory[1:])[0]
    np.testing.assert_array_equal(over, apart)


def test_no_kernel_changes_its_inputs(implementation):
    batch = draw(np.random.default_rng(5), (4, 30))
    for x in batch[:-1]:
        x.flags.writeable = False
    before = [x.copy() for x in batch[:-1]]
    Z_tilde, mu, inv_std, *_ = kernels.batchnorm_training(batch.Z, *batch.columns, relu=True)
    backward(batch, mu, inv_std, relu_beta=batch.beta)
    kernels.batchnorm_inference(batch.Z, *batch.columns)
    assert not np.shares_memory(Z_tilde, batch.Z)
    for x, old in zip(batch[:-1], before, strict=True):  # machine code does not ask whether it may write
        np.testing.assert_array_equal(x, old)
