"""The cost and the gradients of a dict of parameters are those of a network that has them."""

import doctest

import numpy as np
import pytest
from numpy.testing import assert_allclose

import bnkit
from bnkit import backpropagation


def network_and_data(layer_dims=(3, 5, 4, 3), m=10, **build):
    rng = np.random.default_rng(0)
    network = bnkit.Network(layer_dims, rng=rng, eps=1e-3, **build)
    network.parameters = {
        name: x + 0.3 * rng.standard_normal(x.shape).astype(x.dtype) for name, x in network.parameters.items()
    }
    X = rng.standard_normal((layer_dims[0], m))
    return network, X, bnkit.one_hot(rng.integers(0, layer_dims[-1], m), layer_dims[-1])


@pytest.mark.parametrize("batch_norm", [True, False, [False, True]], ids=str)
def test_it_agrees_with_a_network_of_layers(batch_norm):
    network, X, Y = network_and_data(batch_norm=batch_norm)
    cost, gradients = bnkit.cost_and_gradients(X, Y, network.parameters, eps=1e-3)
    assert cost == pytest.approx(network.cost(X, Y, training=True))
    expected = network.backward(Y)
    assert gradients.keys() == expected.keys()
    for name, gradient in expected.items():
        assert_allclose(gradients[name], gradient, atol=1e-12)


@pytest.mark.parametrize("layer_dims", [(4, 3), (3, *(4,) * 10, 3)], ids=["no hidden layer", "ten and more"])
def test_networks_may_be_shallow_or_deep_and_keys_in_any_order(layer_dims):
    network, X, Y = network_and_data(layer_dims)
    parameters = dict(reversed(network.parameters.items()))
    cost, gradients = bnkit.cost_and_gradients(X, Y, parameters, eps=1e-3)
    assert cost == pytest.approx(network.cost(X, Y, training=True))
    assert list(gradients) == [f"d{name}" for name in parameters]


def test_gradients_are_the_numerical_ones():
    network, X, Y = network_and_data()
    _, gradients = bnkit.cost_and_gradients(X, Y, network.parameters, eps=1e-3)
    for name, theta in network.parameters.items():

        def cost(x, name=name):
            return bnkit.cost_and_gradients(X, Y, {**network.parameters, name: x}, eps=1e-3)[0]

        assert_allclose(gradients[f"d{name}"], bnkit.numerical_gradient(cost, theta), atol=1e-7)


def test_float32_stays_float32_and_nothing_is_changed():
    network, X, Y = network_and_data(dtype=np.float32)
    given = {name: x.copy() for name, x in network.parameters.items()}
    _, gradients = bnkit.cost_and_gradients(X.astype(np.float32), Y.astype(np.float32), network.parameters)
    assert {gradient.dtype for gradient in gradients.values()} == {np.dtype(np.float32)}
    for name, x in given.items():
        assert np.array_equal(network.parameters[name], x)


def test_a_missing_parameter_is_told():
    network, X, Y = network_and_data()
    parameters = {name: x for name, x in network.parameters.items() if name != "beta1"}
    with pytest.raises(KeyError, match="beta1"):
        bnkit.cost_and_gradients(X, Y, parameters)


def test_the_example_in_the_docstring_runs():
    assert doctest.testmod(backpropagation).failed == 0
