"""A step through the kernels is the step that Network describes layer by layer."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mini_batch_samples import law

import bnkit
from bnkit import network as network_module

NETWORKS = {
    "batch norm and relu": {},
    "no batch norm": {"batch_norm": False},
    "batch norm in one layer": {"batch_norm": [True, False]},
    "with biases": {"bias": True},
    "without biases": {"bias": False, "batch_norm": False},
    "tanh": {"activation": "tanh"},
    "sigmoid without batch norm": {"activation": "sigmoid", "batch_norm": False},
    "batch norm after the activation": {"before_activation": False},
    "another decay and eps": {"decay": 0.5, "eps": 1e-2},
}


def made(dims=(5, 7, 6, 3), seed=0, dtype=np.float64, **settings):
    """Return a network whose gammas and betas are neither 1 nor 0."""
    rng = np.random.default_rng(seed)
    network = bnkit.Network(dims, rng=rng, dtype=dtype, **settings)
    network.parameters = {
        name: (x + 0.3 * rng.standard_normal(x.shape)).astype(dtype) for name, x in network.parameters.items()
    }
    return network


def batch(rng, m, dims=(5, 3), dtype=np.float64):
    X = rng.standard_normal((dims[0], m), dtype)
    return X, bnkit.one_hot(rng.integers(0, dims[1], m), dims[1], dtype)


@pytest.fixture(scope="module")
def kernels_only():
    """Have networks of every size go through the kernels."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(network_module, "worth_starting", lambda like, size: True)
        yield


def assert_alike(network, like, X, Y, tolerance=1e-10):
    """Compare the costs, gradients and running statistics of two networks after one pass each."""
    cost, gradients = network.cost_and_gradients(X, Y)
    assert isinstance(cost, float)
    assert cost == pytest.approx(like.cost(X, Y, training=True), rel=tolerance)
    says = like.backward(Y)
    assert list(gradients) == list(says)
    for name, gradient in gradients.items():
        assert gradient.dtype == says[name].dtype
        np.testing.assert_allclose(gradient, says[name], rtol=tolerance, atol=tolerance, err_msg=name)
    for number, running in like.running_statistics.items():
        ours = network.running_statistics[number]
        np.testing.assert_allclose(ours.mu, running.mu, rtol=tolerance, atol=tolerance)
        np.testing.assert_allclose(ours.sigma2, running.sigma2, rtol=tolerance)


@pytest.mark.parametrize("settings", NETWORKS.values(), ids=NETWORKS)
def test_every_kind_of_network(kernels_only, settings):
    network, like = made(**settings), made(**settings)
    for seed, m in enumerate((9, 20, 4)):  # buffers serve mini-batches of any size
        assert_alike(network, like, *batch(np.random.default_rng(seed), m))


@law
@given(st.lists(st.integers(1, 9), max_size=3), st.integers(1, 12), st.sampled_from([np.float32, np.float64]))
def test_any_depth_and_batch_size(kernels_only, hidden, m, dtype):
    dims = (4, *hidden, 3)
    network, like = made(dims, dtype=dtype), made(dims, dtype=dtype)
    tolerance = 1e-9 if dtype == np.float64 else 2e-3  # few examples: batch norm magnifies float32's rounding
    assert_alike(network, like, *batch(np.random.default_rng(m), m, (4, 3), dtype), tolerance)


def test_a_layer_that_took_batch_norms_place_is_called_as_it_is(kernels_only):
    network, like = made(), made()
    for each in (network, like):
        each.layers[0]["Z_tilde"] = bnkit.GroupNorm(7)
    assert_alike(network, like, *batch(np.random.default_rng(0), 9))


def test_batch_norm_and_the_relu_behind_it_are_one_pass(kernels_only, monkeypatch):
    network, (X, Y) = made(), batch(np.random.default_rng(0), 9)
    monkeypatch.setattr(bnkit.ReLU, "forward", None)  # would be called in vain
    network.cost_and_gradients(X, Y)


def test_training_step_after_step_ends_alike(kernels_only):
    results = []
    for through_kernels in (True, False):
        network, optimizer, rng = made((5, 16, 3)), bnkit.Adam(0.01), np.random.default_rng(1)
        with pytest.MonkeyPatch.context() as patch:
            if not through_kernels:
                patch.setattr(network_module, "worth_starting", lambda like, size: False)
            costs = [bnkit.train_step(network, *batch(rng, m), optimizer) for m in (12, 12, 5) * 5]
        results.append((costs, network.parameters))
    np.testing.assert_allclose(results[0][0], results[1][0], rtol=1e-9)
    for name, theta in results[0][1].items():
        np.testing.assert_allclose(theta, results[1][1][name], rtol=1e-7, atol=1e-9)


def test_what_a_step_returns_is_not_overwritten_by_the_next(kernels_only):
    network, rng = made(), np.random.default_rng(0)
    _, gradients = network.cost_and_gradients(*batch(rng, 9))
    parameters, kept = network.parameters, {name: x.copy() for name, x in gradients.items()}
    before = {name: x.copy() for name, x in parameters.items()}
    bnkit.train_step(network, *batch(rng, 9), bnkit.GradientDescent(0.1))
    network.cost_and_gradients(*batch(rng, 9))
    for old, now in ((kept, gradients), (before, parameters)):
        for name, x in old.items():
            np.testing.assert_array_equal(now[name], x, err_msg=name)


def test_inputs_stay_as_they_are(kernels_only):
    network, (X, Y) = made(), batch(np.random.default_rng(0), 9)
    given = X, Y, *network.parameters.values()
    before = [x.copy() for x in given]
    network.cost_and_gradients(X, Y)
    for x, old in zip(given, before, strict=True):
        np.testing.assert_array_equal(x, old)


def test_the_order_of_a_layers_parameters_says_nothing(kernels_only):
    network, like = made(), made()
    norm = network.layers[0]["Z_tilde"]
    norm.parameters = {name: norm.parameters[name] for name in ("beta", "gamma")}
    assert network.cost_and_gradients(*batch(np.random.default_rng(0), 9))[0] == pytest.approx(
        like.cost(*batch(np.random.default_rng(0), 9), training=True)
    )


def test_what_a_layer_of_somebody_elses_has_kept_is_not_overwritten(kernels_only):
    kept = []

    class Recorder(bnkit.Tanh):
        def forward(self, Z, training=False):
            kept.append(Z)
            return super().forward(Z, training)

        def backward(self, dA):
            kept.append(dA)
            return super().backward(dA)

    network, rng = made(), np.random.default_rng(0)
    network.layers[0]["A"] = Recorder()
    network.cost_and_gradients(*batch(rng, 9))
    before = [x.copy() for x in kept]
    network.cost_and_gradients(*batch(rng, 9))
    for now, old in zip(kept[:2], before, strict=True):
        np.testing.assert_array_equal(now, old)


def test_a_backward_of_its_own_needs_a_forward_of_its_own(kernels_only):
    network, (X, Y) = made(), batch(np.random.default_rng(0), 9)
    network.forward(X, training=True)
    network.cost_and_gradients(X, Y)
    with pytest.raises(RuntimeError, match="nothing to go back over"):
        network.backward(Y)


def test_a_copy_shares_no_memory_with_the_original(kernels_only):
    network, (X, Y) = made(), batch(np.random.default_rng(0), 9)
    network.cost_and_gradients(X, Y)
    for duplicate in (copy.deepcopy(network), pickle.loads(pickle.dumps(network))):
        assert duplicate._buffers._flat == {}
        assert_alike(duplicate, copy.deepcopy(network), X, Y)


def test_bad_targets_are_told(kernels_only):
    network, (X, Y) = made(), batch(np.random.default_rng(0), 9)
    with pytest.raises(ValueError, match=r"Y has shape \(3, 8\), expected \(3, 9\)"):
        network.cost_and_gradients(X, Y[:, :8])
