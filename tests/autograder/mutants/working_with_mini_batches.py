"""Wrong answers to the exercises of notebook 03 that no list of misconceptions holds."""

MUTANTS: dict[str, list[str]] = {
    "split_into_mini_batches": [
        "lambda X, Y, s, rng: split_into_mini_batches(X, Y, s, rng)[::-1]",
        "lambda X, Y, s, rng: split_into_mini_batches(X, Y, s, rng)[1:]",
        "lambda X, Y, s, rng: split_into_mini_batches(X, Y, s + 1, rng)",
        "lambda X, Y, s, rng: split_into_mini_batches(X, Y, s, rng)[0]",
        "lambda X, Y, s, rng: [b[0] for b in split_into_mini_batches(X, Y, s, rng)]",
        "lambda X, Y, s, rng: [(a + 1e-3, b) for a, b in split_into_mini_batches(X, Y, s, rng)]",
        "lambda X, Y, s, rng: [(a.astype(np.float16), b) for a, b in split_into_mini_batches(X, Y, s, rng)]",
        "lambda X, Y, s, rng: dict(enumerate(split_into_mini_batches(X, Y, s, rng)))",
        "lambda X, Y, s, rng: iter(split_into_mini_batches(X, Y, s, rng))",
        "lambda X, Y, s, rng: [(a.tolist(), b.tolist()) for a, b in split_into_mini_batches(X, Y, s, rng)]",
        "lambda X, Y, s, rng: [(a, b[:, ::-1]) for a, b in split_into_mini_batches(X, Y, s, rng)]",
        "lambda X, Y, s, rng: [(np.roll(X, k, 1)[:, :s], np.roll(Y, k, 1)[:, :s])"
        " for k in range(0, X.shape[1], s)]",
        "lambda X, Y, s, rng: (lambda k: [(np.roll(X, k, 1)[:, i:i + s], np.roll(Y, k, 1)[:, i:i + s])"
        " for i in range(0, X.shape[1], s)])(rng.integers(X.shape[1]))",
        "lambda X, Y, s, rng: (lambda o: [(X[:, o[i:i + s]], Y[:, o[i:i + s]])"
        " for i in range(0, X.shape[1], s)])(np.append(rng.permutation(X.shape[1] - 1), X.shape[1] - 1))",
        "lambda X, Y, s, rng: [(np.asmatrix(a), b) for a, b in split_into_mini_batches(X, Y, s, rng)]",
    ],
    "mini_batch_statistics": [
        "lambda Z, s: mini_batch_statistics(Z, s + 1)",
        "lambda Z, s: mini_batch_statistics(Z[:, ::-1], s)",
        "lambda Z, s: tuple(x[:, ::-1] for x in mini_batch_statistics(Z, s))",
        "lambda Z, s: tuple(x.astype(np.float32) for x in mini_batch_statistics(Z, s))",
        "lambda Z, s: mini_batch_statistics(Z, s)[0]",
        "lambda Z, s: tuple(x.tolist() for x in mini_batch_statistics(Z, s))",
        "lambda Z, s: tuple(x[:, :, None] for x in mini_batch_statistics(Z, s))",
        "lambda Z, s: np.stack(mini_batch_statistics(Z, s), axis=2)",
    ],
    "normalize_by_mini_batch": [
        "lambda Z, s, eps=1e-5: normalize_by_mini_batch(Z, s + 1, eps)",
        "lambda Z, s, eps=1e-5: normalize_by_mini_batch(Z[:, ::-1], s, eps)[:, ::-1]",
        "lambda Z, s, eps=1e-5: normalize_by_mini_batch(Z, s, 2 * eps)",
        "lambda Z, s, eps=1e-5: normalize_by_mini_batch(Z, s, eps).astype(np.float32)",
        "lambda Z, s, eps=1e-5: [normalize_by_mini_batch(Z, s, eps)]",
        "lambda Z, s, eps=1e-5: normalize_by_mini_batch(Z, s, eps) * np.sqrt(Z.var(axis=1, keepdims=True))",
        "lambda Z, s, eps=1e-6: normalize_by_mini_batch(Z, s, eps)",
        "lambda Z, s, eps=1e-5: normalize_by_mini_batch(Z[::-1], s, eps)",
    ],
    "variance_of_batch_mean": [
        "lambda sigma2, batch_size: sigma2 / (batch_size + 1)",
        "lambda sigma2, batch_size: -sigma2 / batch_size",
        "lambda sigma2, batch_size: sigma2 / batch_size**1.5",
        "lambda sigma2, batch_size: sigma2 / len(sigma2)",
        "lambda sigma2, batch_size: np.asarray(sigma2 / batch_size).T",
        "lambda sigma2, batch_size: sigma2**2 / batch_size",
        "lambda sigma2, batch_size: batch_size / sigma2",
    ],
    "expose_tail": [
        "lambda: (np.zeros((2, 8)), 3)",
        "lambda: (1e-9 * np.arange(12.0).reshape(2, 6), 4)",
        "lambda: (np.arange(12.0).reshape(2, 6), 4, 1e-5)",
        "lambda: np.arange(12.0).reshape(2, 6)",
        "lambda: (np.inf * np.ones((2, 6)), 4)",
        "lambda: (np.zeros((2, 0)), 4)",
    ],
}
