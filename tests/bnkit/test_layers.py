"""Each layer goes back the way it came."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mini_batch_samples import law

import bnkit

ACTIVATIONS = {
    bnkit.relu: bnkit.relu_gradient,
    bnkit.tanh: bnkit.tanh_gradient,
    bnkit.sigmoid: bnkit.sigmoid_gradient,
}
LAYERS = {
    "linear": lambda rng: bnkit.Linear(3, 4, rng),
    "linear without bias": lambda rng: bnkit.Linear(3, 4, rng, bias=False),
    "batch norm": lambda rng: bnkit.BatchNorm(3),
    "relu": lambda rng: bnkit.ReLU(),
    "tanh": lambda rng: bnkit.Tanh(),
    "sigmoid": lambda rng: bnkit.Sigmoid(),
}


@pytest.mark.parametrize("function", ACTIVATIONS, ids=lambda function: function.__name__)
@law
@given(st.integers(0, 1000))
def test_an_activations_gradient_is_the_numerical_one(function, seed):
    Z = np.random.default_rng(seed).standard_normal((3, 5))
    assert bnkit.check_gradient(lambda Z: float(function(Z).sum()), Z, ACTIVATIONS[function](Z)).passed


@pytest.mark.parametrize(
    "function", [*ACTIVATIONS, *ACTIVATIONS.values()], ids=lambda function: function.__name__
)
def test_activations_keep_the_dtype_and_survive_huge_inputs(xp, function):
    for dtype in (np.float32, np.float64):
        A = function(xp.asarray([[-1e30, -2.0, 0.0, 2.0, 1e30]], dtype))
        assert A.dtype == dtype
        assert bool(xp.isfinite(A).all())


def test_relu_has_no_slope_at_0():
    assert bnkit.relu_gradient(np.array([[-1.0, 0.0, 1.0]])).tolist() == [[0, 0, 1]]


@pytest.mark.parametrize("make", LAYERS.values(), ids=LAYERS)
def test_a_layers_backward_is_the_numerical_gradient(make):
    rng = np.random.default_rng(0)
    layer, A_prev = make(rng), rng.standard_normal((3, 8))
    layer.parameters = {name: x + 0.3 * rng.standard_normal(x.shape) for name, x in layer.parameters.items()}
    upstream = rng.standard_normal(layer.forward(A_prev, training=True).shape)

    def cost_of_input(A_prev):
        return float((upstream * layer.forward(A_prev, training=True)).sum())

    def cost_of(name):
        def cost(value):
            layer.parameters[name] = value
            return cost_of_input(A_prev)

        return cost

    dA_prev = layer.backward(upstream)
    assert bnkit.check_gradient(cost_of_input, A_prev, dA_prev).passed
    assert layer.gradients.keys() == layer.parameters.keys()
    for name, value in dict(layer.parameters).items():
        assert bnkit.check_gradient(cost_of(name), value, layer.gradients[name]).passed
        layer.parameters[name] = value


def test_batch_norm_moves_its_running_statistics_in_training_only():
    layer, Z = bnkit.BatchNorm(2, decay=0.5), np.array([[1.0, 3.0], [10.0, 10.0]])
    layer.forward(Z, training=False)
    np.testing.assert_array_equal(layer.running.mu, 0)
    layer.forward(Z, training=True)
    assert layer.running.mu.tolist() == [[1.0], [5.0]]
    assert layer.running.sigma2.tolist() == [[1.0], [0.5]]
    np.testing.assert_allclose(
        layer.forward(Z), (Z - layer.running.mu) / np.sqrt(layer.running.sigma2 + 1e-5)
    )


def test_backward_before_forward_says_what_to_call():
    with pytest.raises(RuntimeError, match=r"ReLU.backward .* call forward\(\.\.\., training=True\)"):
        bnkit.ReLU().backward(np.ones((2, 3)))


def test_each_layer_has_statistics_of_its_own():
    first, second = bnkit.BatchNorm(2), bnkit.BatchNorm(2)
    first.forward(np.ones((2, 4)), training=True)
    np.testing.assert_array_equal(second.running.mu, 0)
