"""A bad argument is told what it was, what was expected and what to do."""

import numpy as np
import pytest

import bnkit

Z = np.arange(15.0).reshape(3, 5)
column = np.ones((3, 1))
images = np.ones((2, 3, 4, 4))
rng = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: bnkit.batchnorm_forward(Z, np.ones(3), column),
            ValueError,
            "gamma has shape (3,), expected (3, 1): one value per hidden unit, as a column",
        ),
        (
            lambda: bnkit.scale_and_shift(Z, column, column[:2]),
            ValueError,
            "beta has shape (2, 1), expected (3, 1)",
        ),
        (lambda: bnkit.batch_mean(Z[0]), ValueError, "Z has shape (5,), expected (n, m): a row per unit"),
        (lambda: bnkit.batch_mean(Z[:, :0]), ValueError, "expected at least one unit and one example"),
        (
            lambda: bnkit.batch_mean(Z.tolist()),
            TypeError,
            "Z is a list, expected a NumPy or CuPy array: use np.array(Z)",
        ),
        (lambda: bnkit.batch_mean(Z.astype(int)), TypeError, "convert it with Z.astype(np.float64)"),
        (
            lambda: bnkit.batch_mean(Z.astype(complex)),
            TypeError,
            "Z has dtype complex128, expected float32 or float64",
        ),
        (lambda: bnkit.batch_mean(Z.astype(object)), TypeError, "Z has dtype object"),
        (lambda: bnkit.batch_mean(Z.astype(str)), TypeError, "Z has dtype <U32"),
        (lambda: bnkit.batch_mean(Z.astype(np.float16)), TypeError, "Z has dtype float16"),
        (
            lambda: bnkit.batch_mean(np.ma.masked_array(Z)),
            TypeError,
            "Z is a MaskedArray, expected a plain array",
        ),
        (lambda: bnkit.batch_mean(np.asmatrix(Z)), TypeError, "Z is a matrix, expected a plain array"),
        (lambda: bnkit.batch_mean(None), TypeError, "Z is a NoneType"),
        (
            lambda: bnkit.normalize(Z, column, column, eps=-1e-5),
            ValueError,
            "eps is -1e-05, expected a small number",
        ),
        (
            lambda: bnkit.normalize(Z, column, column, eps="small"),
            TypeError,
            "eps is 'small', expected a number",
        ),
        (lambda: bnkit.normalize(Z, column, column, eps=float("nan")), ValueError, "eps is nan"),
        (lambda: bnkit.normalize(Z, column, -column), ValueError, "sigma2 has a negative value"),
        (
            lambda: bnkit.batchnorm_backward(Z[:, :4], Z, column, column),
            ValueError,
            "dZ_tilde has shape (3, 4), expected (3, 5), the shape of Z_norm",
        ),
        (
            lambda: bnkit.batchnorm_backward_stages(Z, Z, column, column, Z),
            ValueError,
            "sigma2 has shape (3, 5)",
        ),
        (
            lambda: bnkit.batchnorm_inference(Z, *[column] * 3, -column),
            ValueError,
            "running_sigma2 has a negative",
        ),
        (
            lambda: bnkit.fold_batchnorm(Z, *[column] * 3, column[:1]),
            ValueError,
            "running_sigma2 has shape (1, 1)",
        ),
        (
            lambda: bnkit.identity_parameters(np.ones(3), column),
            ValueError,
            "mu has shape (3,), expected (n, m)",
        ),
        (lambda: bnkit.normalize_inputs(Z, Z[:2]), ValueError, "X_test has 2 features, expected 3"),
        (lambda: bnkit.ewa_update(1.0, 2.0, decay=1.5), ValueError, "decay is 1.5, expected 0 to 1"),
        (lambda: bnkit.ewa_update(column, column[:, 0]), ValueError, "value has shape (3,), expected (3, 1)"),
        (
            lambda: bnkit.ewa_bias_correction(1.0, 0.9, 0),
            ValueError,
            "t is 0, expected a whole number of at least 1",
        ),
        (lambda: bnkit.ewa_bias_correction(1.0, 1, 3), ValueError, "decay is 1, expected less"),
        (lambda: bnkit.running_statistics([]), ValueError, "batches is empty"),
        (lambda: bnkit.merge_statistics(column, column, 0, column, column, 3), ValueError, "m_a is 0"),
        (lambda: bnkit.softmax(Z[0]), ValueError, "logits has shape (5,)"),
        (lambda: bnkit.softmax_cross_entropy(Z, Z.T), ValueError, "Y has shape (5, 3), expected (3, 5)"),
        (
            lambda: bnkit.cross_entropy(Z, Z.tolist()),
            TypeError,
            "Y is a list, expected an array: use one_hot",
        ),
        (lambda: bnkit.cross_entropy(Z, Z.astype(str)), TypeError, "expected numbers: use one_hot"),
        (lambda: bnkit.one_hot(np.array([0, 3]), 3), ValueError, "labels run from 0 to 3, expected 0 to 2"),
        (lambda: bnkit.one_hot(np.array([0.0]), 3), ValueError, "expected (m,) whole numbers"),
        (lambda: bnkit.relu([1.0]), TypeError, "Z is a list"),
        (
            lambda: bnkit.he_normal(2, 0, rng),
            ValueError,
            "n_prev is 0, expected a whole number of at least 1",
        ),
        (
            lambda: bnkit.he_normal(2, 3, 0),
            TypeError,
            "rng is 0, expected a random generator: np.random.default_rng",
        ),
        (
            lambda: bnkit.he_normal(2, 3, rng, dtype=int),
            TypeError,
            "dtype is int64, expected np.float32 or np.float64",
        ),
        (lambda: bnkit.mini_batches(Z, Z, 0, rng), ValueError, "batch_size is 0"),
        (lambda: bnkit.mini_batches(Z, Z, 2.5, rng), TypeError, "batch_size is 2.5, expected a whole number"),
        (lambda: bnkit.mini_batches(Z, Z[:, :4], 2, rng), ValueError, "Y has 4 columns, expected 5"),
        (lambda: bnkit.mini_batches(Z, Z[0], 2, rng), ValueError, "Y has shape (5,)"),
        (lambda: bnkit.mini_batches(Z, Z, 2, 42), TypeError, "rng is 42"),
        (
            lambda: bnkit.Network([3], rng=rng),
            ValueError,
            "layer_dims is [3], expected at least inputs and classes",
        ),
        (lambda: bnkit.Network([3, 0, 2], rng=rng), ValueError, "layer_dims[1] is 0"),
        (
            lambda: bnkit.Network([3, 2.5, 2], rng=rng),
            TypeError,
            "layer_dims is [3, 2.5, 2], expected whole numbers",
        ),
        (lambda: bnkit.Network([3, 4, 1], rng=rng), ValueError, "expected at least 2 classes"),
        (lambda: bnkit.Network([3, 2], rng=rng, dtype=np.int64), TypeError, "dtype is int64"),
        (lambda: bnkit.Network([3, 2], rng=7), TypeError, "rng is 7"),
        (
            lambda: bnkit.Network([3, 2], rng=rng, activation="gelu"),
            ValueError,
            "expected one of relu, tanh, sigmoid",
        ),
        (
            lambda: bnkit.Network([3, 4, 2], rng=rng, batch_norm=[True] * 2),
            ValueError,
            "expected 1, one per hidden",
        ),
        (lambda: bnkit.Network([3, 4, 2], rng=rng, decay=2), ValueError, "decay is 2"),
        (
            lambda: bnkit.Network([4, 2], rng=rng).forward(Z),
            ValueError,
            "X has shape (3, 5), expected (4, m)",
        ),
        (
            lambda: bnkit.Network([3, 2], rng=rng).cost(Z, Z),
            ValueError,
            "Y has shape (3, 5), expected (2, 5)",
        ),
        (
            lambda: bnkit.Network([3, 2], rng=rng).backward(Z),
            RuntimeError,
            "call forward(X, training=True) first",
        ),
        (lambda: bnkit.Linear(4, 2, rng).forward(Z), ValueError, "A_prev has shape (3, 5), expected (4, m)"),
        (
            lambda: bnkit.spatial_batchnorm_forward(images, np.ones((1, 3)), column),
            ValueError,
            "gamma has shape (1, 3), expected (3, 1): one value per channel, as a column",
        ),
        (
            lambda: bnkit.groupnorm_forward(Z, column, column, 1),
            ValueError,
            "X has shape (3, 5), expected (N, C, H, W)",
        ),
        (lambda: bnkit.shifted(Z, shift=np.ones(3)), ValueError, "shift has shape (3,), expected (3, 1)"),
        (
            lambda: bnkit.spirals(rng, classes=1),
            ValueError,
            "classes is 1, expected a whole number of at least 2",
        ),
        (lambda: bnkit.to_device(Z, "tpu"), ValueError, "device is 'tpu', expected 'cpu' or 'gpu'"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_a_bad_argument_is_told(call, error, message):
    with pytest.raises(error) as caught:
        call()
    assert message in str(caught.value)


def test_a_true_flag_is_no_number():
    with pytest.raises(TypeError, match="eps is True"):
        bnkit.normalize(Z, column, column, eps=True)
