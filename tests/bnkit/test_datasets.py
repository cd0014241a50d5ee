"""The data are what they say: columns, one-hot, reproducible."""

import numpy as np
import pytest

import bnkit


def test_digits_are_split_into_columns_with_one_hot_targets():
    split = bnkit.digits(dtype=np.float32)
    assert [x.shape for x in split] == [(64, 1438), (10, 1438), (64, 359), (10, 359)]
    assert all(x.dtype == np.float32 for x in split)
    assert (split.X_train.min(), split.X_train.max()) == (0, 1)
    assert (split.Y_train.sum(axis=0) == 1).all()
    assert split.Y_test.sum(axis=1).min() > 15


def test_digits_are_split_alike_unless_asked_otherwise():
    first, again = bnkit.digits(), bnkit.digits()
    other = bnkit.digits(np.random.default_rng(9))
    np.testing.assert_array_equal(first.X_test, again.X_test)
    assert not np.array_equal(first.X_test, other.X_test)


def test_no_digit_is_in_both_sets():
    split = bnkit.digits()
    training = {column.tobytes() for column in split.X_train.T}
    assert not any(column.tobytes() in training for column in split.X_test.T)


def test_spirals_have_a_class_for_each_arm():
    X, Y = bnkit.spirals(np.random.default_rng(0), m_per_class=20, classes=4, dtype=np.float32)
    assert (X.shape, Y.shape, X.dtype) == ((2, 80), (4, 80), np.float32)
    assert Y.sum(axis=1).tolist() == [20] * 4
    assert np.linalg.norm(X, axis=0).max() == pytest.approx(1, abs=1e-6)


def test_a_shifted_copy_moves_every_feature_and_leaves_the_original():
    X = np.array([[1.0, 2.0], [3.0, 4.0]], np.float32)
    copy = bnkit.shifted(X, shift=np.array([[1.0], [0.0]]), scale=2)
    assert copy.tolist() == [[3, 5], [6, 8]]
    assert copy.dtype == np.float32
    assert X.tolist() == [[1, 2], [3, 4]]
    assert not np.shares_memory(bnkit.shifted(X, 0.0), X)


def test_a_share_outside_0_and_1_is_refused():
    with pytest.raises(ValueError, match=r"test_share is 1\.5"):
        bnkit.digits(test_share=1.5)
