"""Each optimizer does what its formula says, to every parameter, and to nothing else."""

import numpy as np
import pytest

import bnkit

OPTIMIZERS = {
    "gradient descent": lambda: bnkit.GradientDescent(0.1),
    "momentum": lambda: bnkit.Momentum(0.1),
    "rmsprop": lambda: bnkit.RMSprop(0.01),
    "adam": lambda: bnkit.Adam(0.1),
}
every_optimizer = pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)


def bowl(theta):
    """Return the gradient of a narrow valley whose lowest point is 0."""
    return np.array([[1.0], [10.0]]) * theta


def test_one_step_of_each_by_hand():
    theta, dtheta, zero = np.array([[1.0]]), np.array([[2.0]]), np.zeros((1, 1))
    assert bnkit.gradient_descent_update(theta, dtheta, 0.1).item() == pytest.approx(0.8)
    theta_1, v = bnkit.momentum_update(theta, dtheta, zero, 0.1, beta1=0.75)
    assert (theta_1.item(), v.item()) == pytest.approx((0.95, 0.5))
    theta_1, s = bnkit.rmsprop_update(theta, dtheta, zero, 0.1, beta2=0.75, eps=1.0)
    assert (theta_1.item(), s.item()) == pytest.approx((0.9, 1.0))
    theta_1, v, s = bnkit.adam_update(theta, dtheta, zero, zero, 1, 0.1, beta1=0.5, beta2=0.75, eps=2.0)
    assert (theta_1.item(), v.item(), s.item()) == pytest.approx((0.95, 1.0, 1.0))


def test_adams_steps_have_the_length_alpha_while_the_gradient_stays_the_same():
    optimizer, parameters = bnkit.Adam(0.1, eps=0), {"W1": np.zeros((2, 1))}
    for _ in range(5):
        parameters = optimizer.update(parameters, {"dW1": np.array([[3.0], [-0.01]])})
    np.testing.assert_allclose(parameters["W1"], [[-0.5], [0.5]])


@every_optimizer
def test_steps_lead_downhill(make):
    optimizer, parameters = make(), {"W1": np.array([[1.0], [-1.0]])}
    for _ in range(300):
        parameters = optimizer.update(parameters, {"dW1": bowl(parameters["W1"])})
    assert np.abs(parameters["W1"]).max() < 0.05


@every_optimizer
def test_an_update_changes_neither_its_inputs_nor_the_dtype(make):
    optimizer = make()
    parameters = {name: np.ones((2, 1), np.float32) for name in ("W1", "gamma1", "beta1")}
    gradients = {f"d{name}": np.full((2, 1), 0.5, np.float32) for name in parameters}
    for array in (*parameters.values(), *gradients.values()):
        array.flags.writeable = False
    for _ in range(3):
        updated = optimizer.update(parameters, gradients)
    assert list(updated) == list(parameters)
    assert all(x.dtype == np.float32 and (x < 1).all() for x in updated.values())


@every_optimizer
def test_each_parameter_has_averages_of_its_own(make):
    together, alone = make(), make()
    both = {"W1": np.array([[1.0]]), "beta1": np.array([[1.0]])}
    one = {"W1": np.array([[1.0]])}
    for step in range(4):
        gradient = {"dW1": np.array([[float(step)]]), "dbeta1": np.array([[-7.0]])}
        both, one = together.update(both, gradient), alone.update(one, gradient)
    np.testing.assert_array_equal(both["W1"], one["W1"])


def test_a_missing_or_misshapen_gradient_is_named():
    parameters = {"gamma1": np.ones((2, 1))}
    with pytest.raises(KeyError, match="dgamma1"):
        bnkit.GradientDescent(0.1).update(parameters, {})
    with pytest.raises(ValueError, match=r"dgamma1 has shape \(2,\), expected \(2, 1\)"):
        bnkit.GradientDescent(0.1).update(parameters, {"dgamma1": np.ones(2)})


def test_settings_that_could_not_work_are_refused():
    for make in (
        lambda: bnkit.GradientDescent(0),
        lambda: bnkit.Adam(-1),
        lambda: bnkit.Momentum(0.1, beta1=1),
    ):
        with pytest.raises(ValueError, match="expected"):
            make()
