"""What goes to the formulas, and what no kernel is given."""

import numpy as np
import pytest
from kernel_samples import draw

import bnkit
from bnkit import kernels
from bnkit.kernels import blocked, cpu, formulas
from bnkit.kernels.choice import kernels_for


def test_mixed_dtypes_give_what_the_formulas_give():
    batch = draw(np.random.default_rng(6), (4, 30))
    gamma = batch.gamma.astype(np.float64)
    Z_tilde, mu, inv_std = kernels.batchnorm_forward(batch.Z, gamma, batch.beta)
    formula = bnkit.batchnorm_forward(batch.Z, gamma, batch.beta)
    assert Z_tilde.dtype == np.float64
    np.testing.assert_array_equal(Z_tilde, formula[0])
    np.testing.assert_array_equal(mu, formula[2])
    dZ, dgamma, _ = kernels.batchnorm_backward(batch.dZ_tilde, batch.Z, gamma, mu, inv_std)
    assert dZ.dtype == dgamma.dtype == np.float64


@pytest.mark.parametrize(
    ("changed", "error", "told"),
    [
        ({"gamma": np.ones(4, np.float32)}, ValueError, r"gamma has shape \(4,\), expected \(4, 1\)"),
        ({"Z": np.ones((4, 0), np.float32)}, ValueError, "at least one unit and one example"),
        ({"Z": np.ones((4, 5), np.float16)}, TypeError, "dtype float16, expected float32 or float64"),
        ({"Z": [[1.0, 2.0]]}, TypeError, "Z is a list"),
        ({"Z": np.ones((2, 3, 4), np.float32)}, ValueError, r"Z has shape \(2, 3, 4\)"),
        ({"Z": np.ones((5, 3, 2, 2), np.float32)}, ValueError, "one value per channel"),
        ({"eps": -1}, ValueError, "eps is -1"),
        ({"out": np.ones((4, 6), np.float32)}, ValueError, r"out has shape \(4, 6\)"),
        ({"out": np.ones((4, 5))}, ValueError, "out has .*float64"),
        ({"out": "here"}, ValueError, "out has type"),
    ],
)
def test_a_bad_argument_is_told(changed, error, told):
    good = {"Z": np.ones((4, 5), np.float32), "gamma": np.ones((4, 1), np.float32), "beta": None}
    good["beta"] = good["gamma"]
    with pytest.raises(error, match=told):
        kernels.batchnorm_forward(**(good | changed))


def test_a_bad_gradient_or_statistic_is_told():
    batch = draw(np.random.default_rng(7), (4, 5))
    _, mu, inv_std = kernels.batchnorm_forward(*batch[:1], batch.gamma, batch.beta)

    def backward(batch, mu, inv_std):
        return kernels.batchnorm_backward(batch.dZ_tilde, batch.Z, batch.gamma, mu, inv_std)

    with pytest.raises(ValueError, match=r"dZ_tilde has shape \(4, 4\), expected \(4, 5\)"):
        backward(batch._replace(dZ_tilde=batch.dZ_tilde[:, :4]), mu, inv_std)
    with pytest.raises(ValueError, match=r"inv_std has shape \(4,\)"):
        backward(batch, mu, inv_std[:, 0])
    with pytest.raises(ValueError, match="running_sigma2 has a negative value"):
        kernels.batchnorm_inference(batch.Z, batch.gamma, batch.beta, mu, -inv_std)
    with pytest.raises(ValueError, match="decay is 2"):
        kernels.batchnorm_training(batch.Z, *batch.columns, decay=2)


def test_a_step_with_mixed_dtypes_is_the_formulas():
    theta, dtheta = np.ones((2, 3), np.float32), np.full((2, 3), 0.3)
    ours = kernels.gradient_descent_update(theta, dtheta, 0.1)
    np.testing.assert_array_equal(ours, bnkit.gradient_descent_update(theta, dtheta, 0.1))
    assert ours.dtype == np.float64


def test_a_bad_argument_of_a_step_is_told():
    theta = np.ones((2, 3))
    with pytest.raises(ValueError, match=r"dtheta has shape \(3,\), expected \(2, 3\), the shape of theta"):
        kernels.momentum_update(theta, np.ones(3), theta, 0.1)
    with pytest.raises(ValueError, match="t is 0"):
        kernels.adam_update(theta, theta, theta, theta, 0, 0.1)


@pytest.mark.parametrize(
    "optimizer",
    [
        lambda: bnkit.GradientDescent(0.1),
        lambda: bnkit.Momentum(0.1),
        lambda: bnkit.RMSprop(0.1),
        lambda: bnkit.Adam(0.1),
    ],
    ids=["gradient descent", "momentum", "rmsprop", "adam"],
)
def test_an_optimizer_steps_alike_with_kernels_and_without(optimizer, monkeypatch):
    rng = np.random.default_rng(2)
    parameters = {"W1": rng.standard_normal((128, 128)), "gamma1": rng.standard_normal((128, 1))}
    with_kernels, without = (optimizer(), parameters), (optimizer(), parameters)
    for _ in range(3):
        gradients = {f"d{name}": rng.standard_normal(x.shape) for name, x in parameters.items()}
        with_kernels = with_kernels[0], with_kernels[0].update(with_kernels[1], gradients)
        with monkeypatch.context() as patch:
            patch.setattr(kernels, "worth_starting", lambda like, size: False)
            without = without[0], without[0].update(without[1], gradients)
    for name in parameters:
        np.testing.assert_allclose(with_kernels[1][name], without[1][name], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.int64, np.longdouble])
def test_an_optimizer_takes_large_parameters_of_any_dtype_as_it_takes_small_ones(dtype):
    for n in (8, 128):
        for optimizer in (bnkit.GradientDescent(0.5), bnkit.Momentum(0.5), bnkit.Adam(0.5)):
            parameters, gradients = {"W": np.ones((n, n), dtype)}, {"dW": np.full((n, n), 0.25)}
            for _ in range(2):
                parameters = optimizer.update(parameters, gradients)
            assert np.unique(parameters["W"]).size == 1
            assert parameters["W"].dtype == np.result_type(dtype, np.float64)


def test_a_place_that_overlaps_with_what_is_read_is_refused():
    memory = np.ones((129, 128))
    theta, gradient, v = memory[:-1], np.ones((128, 128)), np.zeros((128, 128))
    for out in ((memory[1:], None), (None, gradient), (None, theta), (gradient, None)):
        with pytest.raises(ValueError, match="shares memory"):
            kernels.momentum_update(theta, gradient, v, 0.1, out=out)
    with pytest.raises(ValueError, match="shares memory"):
        kernels.momentum_update(theta, gradient, v, 0.1, out=(place := np.empty_like(theta), place))
    with pytest.raises(ValueError, match="shares memory"):  # the gradient would change before it is all read
        kernels.rmsprop_update(theta, gradient, gradient, 0.1, out=(None, gradient))
    with pytest.raises(ValueError, match="an array unlike theta"):
        kernels.momentum_update(theta, gradient, v, 0.1, out=("here", None))
    expected = kernels.momentum_update(theta, gradient, v, 0.1)
    theta_out, v_out = kernels.momentum_update(theta, gradient, v, 0.1, out=(theta, v))
    assert theta_out is theta
    assert v_out is v
    np.testing.assert_array_equal((theta, v), expected)


def test_small_layers_of_a_course_stay_with_the_formulas_and_arrays_on_a_gpu_do_not():
    Z = np.ones((64, 64))
    assert not kernels.worth_starting(Z, Z.size)
    assert kernels.worth_starting(Z, 512 * 32)


def test_without_numba_large_arrays_go_in_blocks_and_small_ones_to_the_formulas(monkeypatch):
    monkeypatch.setattr(cpu, "available", lambda: False)
    large, column = np.ones((512, 512), np.float32), np.ones((512, 1), np.float32)
    assert kernels_for(large, column) is blocked
    assert kernels_for(column, column) is formulas


def test_what_a_kernel_cannot_take_goes_to_the_formulas():
    Z, column = np.ones((512, 512), np.float32), np.ones((512, 1), np.float32)
    assert kernels_for(Z, column.astype(np.float64)) is formulas
    assert kernels_for(Z.astype(">f4"), column.astype(">f4")) is formulas
    assert kernels_for(Z.view(type("Odd", (np.ndarray,), {})), column) is formulas
