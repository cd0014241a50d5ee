"""A network of any build goes forward, back, and from training to test time."""

import numpy as np
import pytest

import bnkit

BUILDS = {
    "before": {},
    "after": {"before_activation": False},
    "off": {"batch_norm": False},
    "one layer of two": {"batch_norm": [False, True]},
    "with biases": {"bias": True},
    "without biases": {"bias": False, "batch_norm": False},
    "tanh": {"activation": "tanh"},
    "sigmoid after": {"activation": "sigmoid", "before_activation": False},
}


def data(n_x=3, classes=3, m=10, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n_x, m)), bnkit.one_hot(rng.integers(0, classes, m), classes)


@pytest.mark.parametrize("build", BUILDS.values(), ids=BUILDS)
def test_every_gradient_is_the_numerical_one(build):
    rng = np.random.default_rng(0)
    network = bnkit.Network([3, 5, 4, 3], rng=rng, eps=1e-3, **build)
    # Parameters of 0 and 1 would hide a wrong backward pass.
    network.parameters = {
        name: x + 0.3 * rng.standard_normal(x.shape) for name, x in network.parameters.items()
    }
    checks = bnkit.check_network_gradients(network, *data())
    assert checks.keys() == network.parameters.keys()
    assert all(check.passed for check in checks.values()), {
        name: str(check) for name, check in checks.items()
    }


@pytest.mark.parametrize(
    ("build", "names"),
    [
        ("before", ["W1", "gamma1", "beta1", "W2", "gamma2", "beta2", "W3", "b3"]),
        ("after", ["W1", "b1", "gamma1", "beta1", "W2", "b2", "gamma2", "beta2", "W3", "b3"]),
        ("off", ["W1", "b1", "W2", "b2", "W3", "b3"]),
        ("one layer of two", ["W1", "b1", "W2", "gamma2", "beta2", "W3", "b3"]),
        ("without biases", ["W1", "W2", "W3", "b3"]),
    ],
)
def test_parameters_and_gradients_are_named_by_layer(build, names):
    network = bnkit.Network([3, 5, 4, 3], rng=np.random.default_rng(0), **BUILDS[build])
    X, Y = data()
    network.forward(X, training=True)
    assert list(network.parameters) == names
    assert list(network.backward(Y)) == list(network.gradients) == [f"d{name}" for name in names]


def test_the_order_of_parts_is_the_one_asked_for():
    X, _ = data()
    before = bnkit.Network([3, 4, 3], rng=np.random.default_rng(0)).activations(X, training=True)
    after = bnkit.Network([3, 4, 3], rng=np.random.default_rng(0), before_activation=False)
    after = after.activations(X, training=True)
    assert list(before) == ["Z1", "Z_tilde1", "A1", "Z2"]
    assert list(after) == ["Z1", "A1", "A_tilde1", "Z2"]
    np.testing.assert_allclose(before["Z_tilde1"].mean(axis=1), 0, atol=1e-12)
    np.testing.assert_allclose(after["A_tilde1"].mean(axis=1), 0, atol=1e-12)
    assert before["A1"].min() >= 0


def test_forward_is_the_formulas_one_after_the_other():
    X, Y = data()
    network = bnkit.Network([3, 4, 3], rng=np.random.default_rng(0), eps=1e-3)
    p = network.parameters
    Z_tilde, *_ = bnkit.batchnorm_forward(p["W1"] @ X, p["gamma1"], p["beta1"], 1e-3)
    Y_hat = bnkit.softmax(p["W2"] @ bnkit.relu(Z_tilde) + p["b2"])
    np.testing.assert_allclose(network.forward(X, training=True), Y_hat)
    assert network.cost(X, Y, training=True) == pytest.approx(float(bnkit.cross_entropy(Y_hat, Y)))


def test_only_training_moves_the_running_statistics():
    network = bnkit.Network([3, 4, 3], rng=np.random.default_rng(0), decay=0.8)
    X, Y = data()
    for look in (network.forward, network.predict, lambda X: network.accuracy(X, Y), network.activations):
        look(X)
    network.activations(X, training=True)
    np.testing.assert_array_equal(network.running_statistics[1].mu, 0)
    network.forward(X, training=True)
    expected = bnkit.running_statistics([network.parameters["W1"] @ X], decay=0.8)
    np.testing.assert_allclose(network.running_statistics[1].mu, expected[0])
    np.testing.assert_allclose(network.running_statistics[1].sigma2, expected[1])


def test_at_test_time_an_example_is_classified_alike_alone_and_in_company():
    network = bnkit.Network([3, 8, 3], rng=np.random.default_rng(0))
    X, _ = data()
    for _ in range(5):
        network.forward(X, training=True)
    whole = network.forward(X)
    alone = np.hstack([network.forward(X[:, i : i + 1]) for i in range(X.shape[1])])
    np.testing.assert_allclose(alone, whole, rtol=1e-12)
    np.testing.assert_array_equal(network.predict(X), whole.argmax(axis=0))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_everything_computed_has_the_networks_dtype(dtype):
    network = bnkit.Network([3, 4, 3], rng=np.random.default_rng(0), dtype=dtype)
    X, Y = data()
    network.cost(X, Y.astype(int), training=True)
    results = [network.forward(X), *network.parameters.values(), *network.backward(Y.astype(int)).values()]
    statistics = network.running_statistics[1]
    assert {x.dtype for x in (*results, statistics.mu, statistics.sigma2)} == {np.dtype(dtype)}


def test_a_network_may_have_no_hidden_layer_or_ten_and_more():
    X, Y = data()
    for hidden in ([], [4] * 11):
        network = bnkit.Network([3, *hidden, 3], rng=np.random.default_rng(0))
        network.cost(X, Y, training=True)
        assert f"dW{len(hidden) + 1}" in network.backward(Y)
        assert len(network.running_statistics) == len(hidden)


def test_one_example_is_enough_to_train_on():
    network = bnkit.Network([3, 4, 3], rng=np.random.default_rng(0))
    X, Y = data(m=1)
    assert np.isfinite(network.cost(X, Y, training=True))
    assert all(np.isfinite(x).all() for x in network.backward(Y).values())


def test_the_scale_of_the_first_weights_does_not_matter_with_batch_norm():
    X, _ = data()
    network = bnkit.Network([3, 4, 3], rng=np.random.default_rng(0), eps=0)
    small = network.forward(X, training=True)
    network.parameters = {**network.parameters, "W1": 50 * network.parameters["W1"]}
    np.testing.assert_allclose(network.forward(X, training=True), small, rtol=1e-9)


def test_parameters_of_other_names_or_shapes_are_refused():
    network = bnkit.Network([3, 4, 3], rng=np.random.default_rng(0))
    with pytest.raises(KeyError, match="b2"):
        network.parameters = {name: x for name, x in network.parameters.items() if name != "b2"}
    with pytest.raises(ValueError, match=r"gamma1 has shape \(4,\), expected \(4, 1\)"):
        network.parameters = {**network.parameters, "gamma1": np.ones(4)}


def test_a_network_on_a_gpu_answers_as_on_the_cpu(xp):
    device = "cpu" if xp is np else "gpu"
    X, Y = data()
    on_cpu = bnkit.Network([3, 4, 3], rng=np.random.default_rng(0))
    moved = bnkit.Network([3, 4, 3], rng=np.random.default_rng(0)).to(device)
    costs = []
    for network, where in ((on_cpu, "cpu"), (moved, device)):
        X_there, Y_there = bnkit.to_device(X, where), bnkit.to_device(Y, where)
        optimizer = bnkit.Adam(0.01)
        costs.append([bnkit.train_step(network, X_there, Y_there, optimizer) for _ in range(3)])
    np.testing.assert_allclose(costs[0], costs[1], rtol=1e-9)
