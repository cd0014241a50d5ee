"""Wrong answers to the exercises of notebook 09 that no list of misconceptions holds."""

_SPATIAL = "lambda X, g, b, eps=1e-5: "
_LAYER = "lambda Z, g, b, eps=1e-5: "
_GROUP = "lambda X, g, b, groups, eps=1e-5: "
_MERGE = "lambda mu_a, s_a, m_a, mu_b, s_b, m_b: "
_MERGED = "merge_statistics(mu_a, s_a, m_a, mu_b, s_b, m_b)"

MUTANTS: dict[str, list[str]] = {
    "spatial_batchnorm_forward": [
        _SPATIAL + "spatial_batchnorm_forward(X, g[::-1], b[::-1], eps)",
        _SPATIAL + "spatial_batchnorm_forward(X, g, b, 2 * eps)",
        _SPATIAL + "spatial_batchnorm_forward(X, g, b, eps)[::-1]",
        _SPATIAL + "spatial_batchnorm_forward(X.swapaxes(2, 3), g, b, eps)",
        _SPATIAL + "spatial_batchnorm_forward(X[:, :, :, ::-1], g, b, eps)",
        _SPATIAL + "spatial_batchnorm_forward(X, g, b, eps).astype(np.float16)",
        _SPATIAL + "spatial_batchnorm_forward(X, g, b, eps).astype(np.float32)",
        _SPATIAL + "(spatial_batchnorm_forward(X, g, b, eps), X)",
        _SPATIAL + "spatial_batchnorm_forward(X, g, b, eps).tolist()",
        _SPATIAL + "np.stack([spatial_batchnorm_forward(x[None], g, b, eps)[0] for x in X[::-1]])",
        _SPATIAL + "spatial_batchnorm_forward(X, np.abs(g), b, eps)",
    ],
    "layernorm_forward": [
        _LAYER + "layernorm_forward(Z, g[::-1], b, eps)",
        _LAYER + "layernorm_forward(Z, g, b, 3 * eps)",
        _LAYER + "layernorm_forward(g * Z + b, np.ones_like(g), np.zeros_like(b), eps)",
        _LAYER + "layernorm_forward(Z - Z.mean(axis=1, keepdims=True), g, b, eps)",
        _LAYER + "layernorm_forward(layernorm_forward(Z, g, b, eps), g, b, eps)",
        _LAYER + "layernorm_forward(Z, g, b, eps).astype(np.float32)",
        _LAYER + "np.clip(layernorm_forward(Z, g, b, eps), -2, 2)",
        _LAYER + "np.tanh(Z)",
        _LAYER + "g * (Z - Z.mean(0)) / np.sqrt(Z.var() + eps) + b + 0.01 * Z",
    ],
    "groupnorm_forward": [
        _GROUP + "groupnorm_forward(X, g, b, max(1, groups // 2), eps)",
        _GROUP + "groupnorm_forward(X[:, ::-1], g, b, groups, eps)",
        _GROUP + "groupnorm_forward(X, g[::-1], b[::-1], groups, eps)",
        _GROUP + "groupnorm_forward(X, g, b, groups, 4 * eps)",
        _GROUP + "groupnorm_forward(X, g, b, 1 if len(X) == 1 else groups, eps)",
        _GROUP + "groupnorm_forward(X, g, b, 2, eps) if X.shape[1] % 2 == 0 else X",
        _GROUP + "groupnorm_forward(X, g, b, groups, eps).astype(np.float32)",
        _GROUP + "groupnorm_forward(X, g, b, groups, eps).round(4)",
        _GROUP + "spatial_batchnorm_forward(groupnorm_forward(X, 0 * g + 1, 0 * b, groups, eps), g, b, eps)",
    ],
    "merge_statistics": [
        _MERGE + "(mu_a, " + _MERGED + "[1])",
        _MERGE + "(np.maximum(mu_a, mu_b), np.maximum(s_a, s_b))",
        _MERGE + "tuple(x.astype(np.float32) for x in " + _MERGED + ")",
        _MERGE + "merge_statistics(mu_a, s_a, m_a + 1, mu_b, s_b, m_b)",
        _MERGE + "merge_statistics(mu_a, s_a, m_a**2, mu_b, s_b, m_b**2)",
        _MERGE + "merge_statistics(mu_a, s_a, m_a, mu_b, s_b, m_b)[0]",
        _MERGE + "(" + _MERGED + "[0], np.maximum(" + _MERGED + "[1], 1e-3))",
        _MERGE + "(" + _MERGED + "[0], " + _MERGED + "[1] * (m_a + m_b) / (m_a + m_b + 1))",
        _MERGE + "(m_a // (m_a + m_b) * mu_a + m_b // (m_a + m_b) * mu_b, " + _MERGED + "[1])",
        _MERGE + "(np.sqrt(np.abs(mu_a * mu_b)), np.sqrt(s_a * s_b))",
    ],
    "expose_spatial": [
        "lambda: np.full((2, 3, 4, 5), 7.0)",
        "lambda: np.random.default_rng(0).normal(size=(1, 3, 4, 4)) + 100",
        "lambda: np.zeros((3, 3))",
        "lambda: [[1, 2], [3, 4]]",
        "lambda: np.full((2, 2, 2, 2), np.inf)",
        "lambda: np.ones((0, 3, 4, 4))",
        "lambda: np.random.default_rng(0).normal(size=(2, 3, 100, 100))",
        "lambda: (np.arange(16.0).reshape(2, 2, 2, 2), 1)",
        "lambda: None",
    ],
}
