"""Wrong answers to the exercises of notebook 08 that no list of misconceptions holds."""

MUTANTS: dict[str, list[str]] = {
    "portable_batchnorm": [
        "lambda Z, gamma, beta, eps=1e-5: portable_batchnorm(Z, gamma, beta, 2 * eps)",
        "lambda Z, gamma, beta, eps=1e-5: portable_batchnorm(Z, gamma, beta, eps) + 1e-3",
        "lambda Z, gamma, beta, eps=1e-5: -portable_batchnorm(Z, gamma, beta, eps)",
        "lambda Z, gamma, beta, eps=1e-5: portable_batchnorm(Z, gamma, beta, eps).astype(np.float32)",
        "lambda Z, gamma, beta, eps=1e-5: portable_batchnorm(Z, gamma, beta, eps)[:, ::-1]",
        "lambda Z, gamma, beta, eps=1e-5: portable_batchnorm(Z, gamma, beta, eps).T",
        "lambda Z, gamma, beta, eps=1e-5: np.abs(portable_batchnorm(Z, gamma, beta, eps))",
        "lambda Z, gamma, beta, eps=1e-5: (portable_batchnorm(Z, gamma, beta, eps), gamma)",
        "lambda Z, gamma, beta, eps=1e-5: portable_batchnorm(Z, gamma, gamma, eps)",
        # Right wherever it is at home, and wrong or elsewhere on the other device.
        "lambda Z, gamma, beta, eps=1e-5: portable_batchnorm(Z, gamma, beta, eps)"
        " if isinstance(Z, np.ndarray) else np.zeros(Z.shape)",
        "lambda Z, gamma, beta, eps=1e-5: portable_batchnorm(Z, gamma, beta, eps)"
        " if isinstance(Z, np.ndarray) else Z",
        "lambda Z, gamma, beta, eps=1e-5: portable_batchnorm(Z, gamma, beta, eps)"
        " if isinstance(Z, np.ndarray) else portable_batchnorm(Z, gamma, beta, 1e-5)",
        "lambda Z, gamma, beta, eps=1e-5: portable_batchnorm(Z, gamma, beta, eps)"
        " if hasattr(Z, 'get') else type(Z)((3, 3))",
        "lambda Z, gamma, beta, eps=1e-5: portable_batchnorm(Z, gamma, beta, eps)"
        " + (0 if isinstance(Z, np.ndarray) else 0 * np.ones((1, 1)))",
    ],
    "batchnorm_bytes": [
        "lambda n, m, itemsize, passes: n * m * itemsize * (passes + 1)",
        "lambda n, m, itemsize, passes: n * n * itemsize * passes",
        "lambda n, m, itemsize, passes: -n * m * itemsize * passes",
        "lambda n, m, itemsize, passes: n * m * itemsize**passes",
        "lambda n, m, itemsize, passes: np.array([n * m * itemsize * passes])",
        "lambda n, m, itemsize, passes: str(n * m * itemsize * passes)",
        "lambda n, m, itemsize, passes: n * m * itemsize * passes + 1",
        "lambda n, m, itemsize, passes: np.uint32(n * m * itemsize * passes % 2**32)",
        "lambda n, m, itemsize, passes: n * (m - 1) * itemsize * passes",
    ],
    "decay_to_momentum": [
        "lambda decay: (1 - decay) / 2",
        "lambda decay: 1 - decay**2",
        "lambda decay: (1 - decay) ** 2",
        "lambda decay: np.sqrt(1 - decay)",
        "lambda decay: 1 - decay + 1e-6",
        "lambda decay: 1 - np.float32(decay)",
        "lambda decay: round(1 - decay, 1)",
        "lambda decay: np.array([1 - decay])",
        "lambda decay: 100 * (1 - decay)",
        "lambda decay: (1 - decay, decay)",
    ],
    "unbiased_running_variance": [
        "lambda running_sigma2, m: running_sigma2 + 1 / (m - 1)",
        "lambda running_sigma2, m: running_sigma2 * m / (m - 1) + 1e-5",
        "lambda running_sigma2, m: -running_sigma2 * m / (m - 1)",
        "lambda running_sigma2, m: running_sigma2 * 2",
        "lambda running_sigma2, m: running_sigma2 * 10 / 9",
        "lambda running_sigma2, m: (running_sigma2 * m / (m - 1)).astype(np.float32)",
        "lambda running_sigma2, m: (running_sigma2 * m / (m - 1)).tolist()",
        "lambda running_sigma2, m: np.full_like(running_sigma2, m / (m - 1))",
        "lambda running_sigma2, m: running_sigma2[::-1] * m / (m - 1)",
        "lambda running_sigma2, m: (running_sigma2 * m / (m - 1)).T",
        "lambda running_sigma2, m: running_sigma2 ** (m / (m - 1))",
    ],
}
