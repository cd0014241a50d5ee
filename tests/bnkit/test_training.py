"""Training lowers the cost, and tells how it went."""

import numpy as np
import pytest

import bnkit


def small_network(**build):
    return bnkit.Network([2, 12, 3], rng=np.random.default_rng(0), **build)


def test_a_step_returns_the_cost_before_it_and_lowers_the_next():
    X, Y = bnkit.spirals(np.random.default_rng(0), m_per_class=20)
    network, optimizer = small_network(), bnkit.GradientDescent(0.1)
    before = network.cost(X, Y, training=True)
    assert bnkit.train_step(network, X, Y, optimizer) == pytest.approx(before)
    assert network.cost(X, Y, training=True) < before


def test_a_step_moves_the_running_statistics_once():
    X, Y = bnkit.spirals(np.random.default_rng(0), m_per_class=20)
    network = small_network(decay=0.5)
    expected = bnkit.running_statistics([network.parameters["W1"] @ X], decay=0.5)
    bnkit.train_step(network, X, Y, bnkit.GradientDescent(0.1))
    np.testing.assert_allclose(network.running_statistics[1].mu, expected[0])
    np.testing.assert_allclose(network.running_statistics[1].sigma2, expected[1])


def test_the_history_has_a_cost_per_step_and_accuracies_per_epoch():
    rng = np.random.default_rng(0)
    X, Y = bnkit.spirals(rng, m_per_class=50)
    network = small_network()
    history = bnkit.train(
        network, X, Y, bnkit.Adam(0.03), epochs=30, batch_size=40, rng=rng, X_test=X, Y_test=Y, progress=False
    )
    assert len(history.costs) == 30 * 4
    assert len(history.epoch_costs) == len(history.train_accuracies) == len(history.test_accuracies) == 30
    assert history.epoch_costs[0] == pytest.approx(np.mean(history.costs[:4]))
    assert history.epoch_costs[-1] < history.epoch_costs[0] / 2
    assert history.train_accuracies[-1] == history.test_accuracies[-1] == network.accuracy(X, Y) > 0.85


def test_training_repeats_itself_from_the_same_seed():
    X, Y = bnkit.spirals(np.random.default_rng(0), m_per_class=10)
    costs = [
        bnkit.train(
            small_network(),
            X,
            Y,
            bnkit.Momentum(0.1),
            epochs=2,
            batch_size=8,
            rng=np.random.default_rng(5),
            progress=False,
        ).costs
        for _ in range(2)
    ]
    assert costs[0] == costs[1]


def test_progress_is_shown_where_it_is_asked_for(capsys):
    X, Y = bnkit.spirals(np.random.default_rng(0), m_per_class=10)
    for progress in (False, True):
        settings = {"epochs": 2, "batch_size": 15, "rng": np.random.default_rng(0), "progress": progress}
        bnkit.train(small_network(), X, Y, bnkit.GradientDescent(0.1), **settings)
        assert ("epochs" in capsys.readouterr().err) == progress


def test_test_inputs_without_targets_are_refused():
    X, Y = bnkit.spirals(np.random.default_rng(0), m_per_class=5)
    settings = {"epochs": 1, "batch_size": 5, "rng": np.random.default_rng(0)}
    with pytest.raises(ValueError, match="X_test and Y_test belong together"):
        bnkit.train(small_network(), X, Y, bnkit.GradientDescent(0.1), X_test=X, **settings)


def test_digits_are_learnt_better_than_nine_in_ten():
    X_train, Y_train, X_test, Y_test = bnkit.digits(dtype=np.float32)
    network = bnkit.Network([64, 32, 10], rng=np.random.default_rng(0), dtype=np.float32)
    settings = {"epochs": 4, "batch_size": 64, "rng": np.random.default_rng(1), "progress": False}
    bnkit.train(network, X_train, Y_train, bnkit.Adam(0.01), **settings)
    assert network.accuracy(X_test, Y_test) > 0.9
