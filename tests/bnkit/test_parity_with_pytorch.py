"""The same numbers as PyTorch, once each convention that differs is converted.

PyTorch keeps examples as rows and per-unit quantities without a second axis; weights its running averages by
``momentum = 1 - decay``; stores the unbiased variance; takes class numbers instead of one-hot columns; and
leaves ``1 - beta1`` out of momentum. Each conversion below is written out.
"""

import numpy as np
import pytest
from hypothesis import given
from mini_batch_samples import law, sample, samples

import bnkit

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install '.[peers]'")


def rows(Z):
    """Return examples as rows, as PyTorch has them, ready to be differentiated."""
    return torch.tensor(np.ascontiguousarray(Z.T), requires_grad=True)


def flat(column):
    return torch.tensor(column[:, 0], dtype=torch.float64)


def columns(tensor):
    return tensor.detach().numpy().T


def torch_batch_norm(gamma, beta, decay, eps):
    layer = torch.nn.BatchNorm1d(len(gamma), eps=eps, momentum=1 - decay, dtype=torch.float64)
    with torch.no_grad():
        layer.weight.copy_(flat(gamma))
        layer.bias.copy_(flat(beta))
    return layer


@law
@given(samples(max_mean=10.0))
def test_forward_and_backward(batch):
    Z, gamma, beta, dZ_tilde, eps = batch
    Z_tilde, Z_norm, _, sigma2 = bnkit.batchnorm_forward(Z, gamma, beta, eps)
    dZ, dgamma, dbeta = bnkit.batchnorm_backward(dZ_tilde, Z_norm, gamma, sigma2, eps)

    layer, Z_rows = torch_batch_norm(gamma, beta, 0.9, eps), rows(Z)
    output = layer(Z_rows)
    output.backward(torch.tensor(dZ_tilde.T.copy()))
    np.testing.assert_allclose(Z_tilde, columns(output), atol=1e-9)
    np.testing.assert_allclose(dZ, columns(Z_rows.grad), rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(dgamma[:, 0], layer.weight.grad.numpy(), atol=1e-9)
    np.testing.assert_allclose(dbeta[:, 0], layer.bias.grad.numpy(), atol=1e-9)


def test_running_statistics_and_inference():
    decay, m = 0.8, 9
    batches = [sample(np.random.default_rng(seed), m=m, mean=2).Z for seed in range(5)]
    batch = sample(np.random.default_rng(9))
    layer = torch_batch_norm(batch.gamma, batch.beta, decay, batch.eps)
    for Z in batches:
        layer(rows(Z))
    running_mu, running_sigma2 = bnkit.running_statistics(batches, decay)
    np.testing.assert_allclose(running_mu[:, 0], layer.running_mean.numpy())
    # PyTorch averages m / (m - 1) times the variance, but starts at 1 as well.
    start = decay ** len(batches)
    unbiased = start + (running_sigma2 - start) * m / (m - 1)
    np.testing.assert_allclose(unbiased[:, 0], layer.running_var.numpy())

    layer.eval()
    Z_tilde = bnkit.batchnorm_inference(batch.Z, batch.gamma, batch.beta, running_mu, unbiased, batch.eps)
    np.testing.assert_allclose(Z_tilde, columns(layer(rows(batch.Z))))


def test_folding():
    rng = np.random.default_rng(0)
    gamma, beta, mu, sigma2 = (rng.uniform(0.5, 2, (4, 1)) for _ in range(4))
    linear = torch.nn.Linear(3, 4, bias=False, dtype=torch.float64).eval()
    layer = torch_batch_norm(gamma, beta, 0.9, 1e-3).eval()
    layer.running_mean.copy_(flat(mu))
    layer.running_var.copy_(flat(sigma2))
    fused = torch.nn.utils.fusion.fuse_linear_bn_eval(linear, layer)
    W_folded, b_folded = bnkit.fold_batchnorm(linear.weight.detach().numpy(), gamma, beta, mu, sigma2, 1e-3)
    np.testing.assert_allclose(W_folded, fused.weight.detach().numpy())
    np.testing.assert_allclose(b_folded[:, 0], fused.bias.detach().numpy())


def test_softmax_cross_entropy_and_its_gradient():
    rng = np.random.default_rng(0)
    logits, labels = 5 * rng.standard_normal((4, 7)), rng.integers(0, 4, 7)
    logits_rows = rows(logits)
    cost = torch.nn.functional.cross_entropy(logits_rows, torch.tensor(labels))
    cost.backward()
    Y = bnkit.one_hot(labels, 4)
    assert bnkit.softmax_cross_entropy(logits, Y) == pytest.approx(cost.item())
    np.testing.assert_allclose(
        bnkit.softmax_cross_entropy_gradient(logits, Y), columns(logits_rows.grad), atol=1e-15
    )


def test_convolutional_layer_and_group_norm():
    rng = np.random.default_rng(0)
    X, gamma, beta = (
        rng.standard_normal((5, 6, 3, 4)),
        rng.uniform(0.5, 2, (6, 1)),
        rng.standard_normal((6, 1)),
    )
    dX_tilde = rng.standard_normal(X.shape)
    x, weight, bias = (torch.tensor(a, requires_grad=True) for a in (X, gamma[:, 0], beta[:, 0]))
    output = torch.nn.functional.batch_norm(x, None, None, weight, bias, training=True, eps=1e-3)
    output.backward(torch.tensor(dX_tilde))
    dX, dgamma, dbeta = bnkit.spatial_batchnorm_backward(dX_tilde, X, gamma, 1e-3)
    np.testing.assert_allclose(
        bnkit.spatial_batchnorm_forward(X, gamma, beta, 1e-3), output.detach(), atol=1e-12
    )
    np.testing.assert_allclose(dX, x.grad, atol=1e-12)
    np.testing.assert_allclose(dgamma[:, 0], weight.grad)
    np.testing.assert_allclose(dbeta[:, 0], bias.grad)

    grouped = torch.nn.functional.group_norm(x, 3, weight, bias, eps=1e-3)
    np.testing.assert_allclose(bnkit.groupnorm_forward(X, gamma, beta, 3, 1e-3), grouped.detach(), atol=1e-12)
    Z = X[0, :, 0]
    layered = torch.nn.functional.layer_norm(rows(Z), (6,), weight, bias, eps=1e-3)
    np.testing.assert_allclose(bnkit.layernorm_forward(Z, gamma, beta, 1e-3), columns(layered), atol=1e-12)


alpha = 0.05
OPTIMIZERS = {
    "gradient descent": (lambda: bnkit.GradientDescent(alpha), lambda p: torch.optim.SGD(p, lr=alpha)),
    "momentum": (
        lambda: bnkit.Momentum(alpha, beta1=0.8),
        # Without the factor 1 - beta1, its average is as much larger; the learning rate takes that back.
        lambda p: torch.optim.SGD(p, lr=alpha * (1 - 0.8), momentum=0.8),
    ),
    "rmsprop": (
        lambda: bnkit.RMSprop(alpha, beta2=0.95, eps=1e-3),
        lambda p: torch.optim.RMSprop(p, lr=alpha, alpha=0.95, eps=1e-3),
    ),
    "adam": (
        lambda: bnkit.Adam(alpha, beta1=0.8, beta2=0.95, eps=1e-3),
        lambda p: torch.optim.Adam(p, lr=alpha, betas=(0.8, 0.95), eps=1e-3),
    ),
}


@pytest.mark.parametrize(("ours", "theirs"), OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_training_steps_of_a_whole_network(ours, theirs):
    rng = np.random.default_rng(0)
    network, optimizer = bnkit.Network([3, 6, 4], rng=rng, decay=0.9), ours()
    p = network.parameters
    model = torch.nn.Sequential(
        torch.nn.Linear(3, 6, bias=False, dtype=torch.float64),
        torch_batch_norm(p["gamma1"], p["beta1"], decay=0.9, eps=1e-5),
        torch.nn.ReLU(),
        torch.nn.Linear(6, 4, dtype=torch.float64),
    )
    with torch.no_grad():
        model[0].weight.copy_(torch.tensor(p["W1"]))
        model[3].weight.copy_(torch.tensor(p["W2"]))
        model[3].bias.copy_(flat(p["b2"]))
    torch_optimizer = theirs(model.parameters())
    for _ in range(6):
        X, labels = rng.standard_normal((3, 10)), rng.integers(0, 4, 10)
        cost = torch.nn.functional.cross_entropy(model(rows(X)), torch.tensor(labels))
        torch_optimizer.zero_grad()
        cost.backward()
        torch_optimizer.step()
        assert bnkit.train_step(network, X, bnkit.one_hot(labels, 4), optimizer) == pytest.approx(cost.item())
    running, m = network.running_statistics[1], 10
    start = 0.9**6
    np.testing.assert_allclose(running.mu[:, 0], model[1].running_mean.numpy())
    unbiased = start + (running.sigma2[:, 0] - start) * m / (m - 1)
    np.testing.assert_allclose(unbiased, model[1].running_var.numpy())
    trained = network.parameters
    for name, tensor in zip(
        ("W1", "gamma1", "beta1", "W2", "b2"),
        (model[0].weight, model[1].weight, model[1].bias, model[3].weight, model[3].bias),
        strict=True,
    ):
        np.testing.assert_allclose(
            trained[name], tensor.detach().numpy().reshape(trained[name].shape), rtol=1e-6
        )


def test_he_normal_has_the_deviation_of_kaiming_normal():
    theirs = torch.nn.init.kaiming_normal_(torch.empty(400, 300), nonlinearity="relu")
    ours = bnkit.he_normal(400, 300, np.random.default_rng(0))
    assert ours.std() == pytest.approx(theirs.std().item(), rel=0.02)
