"""Group norm as a layer: the same in training and at test time, with the gradient of its formula."""

import doctest

import numpy as np
import pytest

import bnkit

rng = np.random.default_rng(0)
Z, dZ_tilde = rng.standard_normal((6, 9)) * 3 + 5, rng.standard_normal((6, 9))


def layer_with_parameters(groups):
    layer = bnkit.GroupNorm(6, groups, eps=1e-3)
    layer.parameters = {"gamma": rng.uniform(0.5, 2, (6, 1)), "beta": rng.standard_normal((6, 1))}
    return layer


def test_one_group_is_layer_norm():
    layer = layer_with_parameters(1)
    expected = bnkit.layernorm_forward(Z, layer.parameters["gamma"], layer.parameters["beta"], 1e-3)
    np.testing.assert_allclose(layer.forward(Z, training=True), expected)


def test_several_groups_are_group_norm_of_single_pixels():
    layer = layer_with_parameters(3)
    images = Z.T[:, :, None, None]
    expected = bnkit.groupnorm_forward(images, layer.parameters["gamma"], layer.parameters["beta"], 3, 1e-3)
    np.testing.assert_allclose(layer.forward(Z), expected[:, :, 0, 0].T)


@pytest.mark.parametrize("groups", [1, 2, 3])
def test_an_example_gets_the_same_alone_and_at_test_time(groups):
    layer = layer_with_parameters(groups)
    np.testing.assert_allclose(layer.forward(Z[:, :1]), layer.forward(Z, training=True)[:, :1])


@pytest.mark.parametrize("groups", [1, 2, 3])
def test_backward_is_the_numerical_gradient(groups):
    layer = layer_with_parameters(groups)

    def cost(Z, **parameters):
        other = bnkit.GroupNorm(6, groups, eps=1e-3)
        other.parameters = {**layer.parameters, **parameters}
        return float((dZ_tilde * other.forward(Z)).sum())

    layer.forward(Z, training=True)
    assert bnkit.check_gradient(cost, Z, layer.backward(dZ_tilde)).passed
    for name, theta in layer.parameters.items():
        found = layer.gradients[name]
        assert bnkit.check_gradient(lambda x, name=name: cost(Z, **{name: x}), theta, found).passed


def test_a_network_can_be_trained_with_it():
    X, Y = bnkit.spirals(np.random.default_rng(1), classes=2)
    network = bnkit.Network([2, 16, 16, 2], rng=np.random.default_rng(1))
    for layer in network.layers[:-1]:
        layer["Z_tilde"] = bnkit.GroupNorm(16, 4)
    assert network.running_statistics == {}
    before = network.cost(X, Y)
    for _ in range(30):
        bnkit.train_step(network, X, Y, bnkit.GradientDescent(0.5))
    assert network.cost(X, Y) < 0.8 * before


def test_groups_that_do_not_divide_the_units_are_refused():
    with pytest.raises(ValueError, match="groups is 4, expected a divisor of the 6 units"):
        bnkit.GroupNorm(6, 4)


def test_the_example_in_the_docstring_runs():
    assert doctest.testmod(bnkit.norm_layers).failed == 0
