"""Wrong answers to the exercises of notebook 02 that no list of misconceptions holds."""

MUTANTS: dict[str, list[str]] = {
    "initialize_parameters": [
        "lambda dims, rng: {k: 1.1 * v for k, v in start(dims, rng).items()}",
        "lambda dims, rng: {k: v + (k[0] == 'W') * 0.2 for k, v in start(dims, rng).items()}",
        "lambda dims, rng: {k: np.abs(v) for k, v in start(dims, rng).items()}",
        "lambda dims, rng: {k: v.tolist() for k, v in start(dims, rng).items()}",
        "lambda dims, rng: {k: v for k, v in start(dims, rng).items() if k != 'W1'}",
        "lambda dims, rng: list(start(dims, rng).values())",
        "lambda dims, rng: {k.lower(): v for k, v in start(dims, rng).items()}",
        "lambda dims, rng: {**start(dims, rng), 'L': 3}",
        "lambda dims, rng: {k: np.nan * v for k, v in start(dims, rng).items()}",
    ],
    "layer_forward": [
        "lambda A, W, g, b, eps=1e-5: np.maximum(forward(W @ A, g, b, eps)[0], 0.01)",
        "lambda A, W, g, b, eps=1e-5: np.maximum(forward(W @ A, g, b, eps)[1], 0)",
        "lambda A, W, g, b, eps=1e-5: -np.maximum(-forward(W @ A, g, b, eps)[0], 0)",
        "lambda A, W, g, b, eps=1e-5: np.minimum(np.maximum(forward(W @ A, g, b, eps)[0], 0), 3)",
        "lambda A, W, g, b, eps=1e-5: np.maximum(forward(W @ A + 1, g, b, 3 * eps)[0], 0)",
    ],
    "network_forward": [
        "lambda X, p, eps=1e-5: network(X, p, 2 * eps)",
        "lambda X, p, eps=1e-5: network(X, {**p, 'b1': 0}, eps) ** 2",
        "lambda X, p, eps=1e-5: np.log(network(X, p, eps))",
        "lambda X, p, eps=1e-5: network(X, p, eps).argmax(axis=0)",
        "lambda X, p, eps=1e-5: network(X, p, eps).T",
    ],
    "batchnorm_backward_stages": [
        "lambda *given, **eps: {**stages(*given, **eps), 'dmu': 0.5 * stages(*given, **eps)['dmu']}",
        "lambda *given, **eps: {**stages(*given, **eps), 'dZ': stages(*given, **eps)['dZ'] + 1e-4}",
        "lambda *given, **eps: tuple(stages(*given, **eps).values())",
        "lambda *given, **eps: {'dZ': stages(*given, **eps)['dZ']}",
    ],
    "batchnorm_backward": [
        "lambda *given, **eps: backward(given[0] + 1e-3, *given[1:], **eps)",
        "lambda d, z, g, s, eps=1e-5: backward(d, z, g, s, 2 * eps)",
        "lambda d, z, g, s, eps=1e-5: backward(d, z, np.abs(g), s, eps)",
        "lambda d, z, g, s, eps=1e-5: backward(d, z, g**2, s, eps)",
        "lambda d, z, g, s, eps=1e-5: backward(d, z[:, ::-1], g, s, eps)",
    ],
    "network_gradients": [
        "lambda X, Y, p, eps=1e-5: {k: 2 * v for k, v in gradients(X, Y, p, eps).items()}",
        "lambda X, Y, p, eps=1e-5: gradients(X, Y[::-1], p, eps)",
        "lambda X, Y, p, eps=1e-5: {k[1:]: v for k, v in gradients(X, Y, p, eps).items()}",
        "lambda X, Y, p, eps=1e-5: {k: np.clip(v, -0.1, 0.1) for k, v in gradients(X, Y, p, eps).items()}",
    ],
    "update_parameters": [
        "lambda p, g, alpha: {k: p[k] - alpha * np.sign(g['d' + k]) for k in p}",
        "lambda p, g, alpha: {k: p[k] - 0.1 * g['d' + k] for k in p}",
        "lambda p, g, alpha: {k: p[k] - alpha**2 * g['d' + k] for k in p}",
        "lambda p, g, alpha: {k: p[k] - (k != 'W2') * alpha * g['d' + k] for k in p}",
        "lambda p, g, alpha: {k: g['d' + k] - alpha * p[k] for k in p}",
    ],
}
