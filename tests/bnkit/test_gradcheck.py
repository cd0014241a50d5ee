"""A gradient check passes what is right, and nothing else."""

import numpy as np
import pytest

import bnkit

theta = np.random.default_rng(0).standard_normal((3, 4))


def cost(theta):
    return float((np.sin(theta) * np.arange(1, 5)).sum())


right = np.cos(theta) * np.arange(1, 5)


def test_the_numerical_gradient_is_close_to_the_true_one():
    before = theta.copy()
    np.testing.assert_allclose(bnkit.numerical_gradient(cost, theta), right, atol=1e-9)
    np.testing.assert_array_equal(theta, before)


def test_a_right_gradient_passes_both_checks():
    along = bnkit.check_gradient_along_direction(cost, theta, right, np.random.default_rng(1))
    for check in (bnkit.check_gradient(cost, theta, right), along):
        assert check.passed
        assert str(check).startswith("right: relative error")


def test_one_wrong_entry_fails_both_checks_and_is_pointed_out():
    wrong = right.copy()
    wrong[2, 1] += 0.01
    check = bnkit.check_gradient(cost, theta, wrong)
    assert not check.passed
    assert check.worst == (2, 1)
    assert check.absolute_error == pytest.approx(0.01, rel=1e-3)
    assert "WRONG" in str(check)
    assert not bnkit.check_gradient_along_direction(cost, theta, wrong, np.random.default_rng(1)).passed


def test_a_gradient_of_0_is_judged_by_its_absolute_error():
    check = bnkit.check_gradient(lambda b: 1.0, theta, np.full_like(theta, 1e-17))
    assert check.passed
    assert "the true gradient is 0" in str(check)
    assert not bnkit.check_gradient(lambda b: 1.0, theta, np.full_like(theta, 1e-3)).passed


def test_checking_a_network_leaves_it_as_it_was():
    rng = np.random.default_rng(0)
    network = bnkit.Network([2, 3, 2], rng=rng)
    before = network.parameters
    checks = bnkit.check_network_gradients(
        network, rng.standard_normal((2, 8)), bnkit.one_hot(np.arange(8) % 2, 2)
    )
    assert all(check.passed for check in checks.values())
    assert all(network.parameters[name] is x for name, x in before.items())
    np.testing.assert_array_equal(network.running_statistics[1].mu, 0)


def test_a_wrong_network_is_caught(monkeypatch):
    monkeypatch.setattr(bnkit.BatchNorm, "backward", lambda self, dZ_tilde: dZ_tilde)
    rng = np.random.default_rng(0)
    network = bnkit.Network([2, 3, 2], rng=rng)
    network.layers[0]["Z_tilde"].gradients = {"gamma": np.ones((3, 1)), "beta": np.ones((3, 1))}
    checks = bnkit.check_network_gradients(
        network, rng.standard_normal((2, 8)), bnkit.one_hot(np.arange(8) % 2, 2)
    )
    assert {name for name, check in checks.items() if not check.passed} == {"W1", "gamma1", "beta1"}


def test_float32_is_refused():
    with pytest.raises(TypeError, match="float32, expected float64"):
        bnkit.check_gradient(cost, theta.astype(np.float32), right)
