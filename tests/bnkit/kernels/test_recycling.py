"""The memory of a large result is used again, when nobody has the result any more, and not before."""

import gc
import pickle
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import bnkit
from bnkit import kernels
from bnkit.kernels import recycling


@pytest.fixture(autouse=True)
def nothing_kept():
    recycling._kept.clear()
    yield
    recycling._kept.clear()


def large(megabytes=8):
    return np.empty((megabytes, 2**18), np.float32)


def address(x):
    return x.__array_interface__["data"][0]


def test_the_memory_of_a_result_that_is_gone_is_handed_out_again():
    first = recycling.empty_like(large())
    place = address(first)
    del first
    again = recycling.empty_like(large())
    assert address(again) == place
    assert (again.shape, again.dtype, again.flags.c_contiguous) == ((8, 2**18), np.float32, True)


@pytest.mark.parametrize("view", [lambda x: x[3:], lambda x: x.T, lambda x: x.view(np.int32), memoryview])
def test_a_view_of_a_result_keeps_its_memory(view):
    result = recycling.empty_like(large())
    result.fill(7)
    kept = view(result)
    before = np.array(kept)
    del result
    others = [recycling.empty_like(large()) for _ in range(4)]
    for other in others:
        other.fill(9)
    np.testing.assert_array_equal(np.asarray(kept), before)


def test_two_results_at_once_never_share_memory():
    results = [recycling.empty_like(large()) for _ in range(4)]
    assert not any(np.shares_memory(x, y) for i, x in enumerate(results) for y in results[:i])


def test_small_and_huge_results_are_not_kept():
    for shape in ((2**17,), (2**26 + 1,)):  # of float32: half a MiB, and more than 256
        assert recycling.empty_like(np.empty(shape, np.float32)).base is None


@pytest.mark.parametrize(("megabytes", "count"), [(8, 8), (200, 2)])
def test_a_few_results_are_kept_and_no_more_than_half_a_gigabyte(megabytes, count):
    results = [recycling.empty_like(large(megabytes)) for _ in range(count + 3)]
    del results
    gc.collect()
    assert len(recycling._kept) == count


def test_another_dtype_and_a_transposed_array_are_laid_out_anew():
    like = np.empty((2**10, 2**9), np.float32).T
    result = recycling.empty_like(like, np.dtype(np.float64))
    assert (result.shape, result.dtype, result.flags.c_contiguous) == (like.shape, np.float64, True)


def test_training_steps_go_on_in_the_same_memory(monkeypatch):
    rng = np.random.default_rng()
    network = bnkit.Network([700, 400, 3], rng=rng, dtype=np.float32)
    X, Y = rng.standard_normal((700, 32), np.float32), bnkit.one_hot(rng.integers(3, size=32), 3, np.float32)
    optimizer, take, fresh = bnkit.Adam(0.01), recycling._take, []

    def watched(size):
        known = [id(memory) for memory in recycling._kept]
        memory = take(size)
        fresh.append(id(memory) not in known)
        return memory

    monkeypatch.setattr(recycling, "_take", watched)
    for _ in range(3):
        bnkit.train_step(network, X, Y, optimizer)
    fresh.clear()
    for _ in range(5):
        bnkit.train_step(network, X, Y, optimizer)
    assert fresh == 10 * [False]  # each step's gradient of W1, and W1 after it


def test_memory_of_another_size_is_not_wasted_on_a_result():
    del_me = recycling.empty_like(large(64))
    place = address(del_me)
    del del_me
    assert address(recycling.empty_like(large(8))) != place
    assert address(recycling.empty_like(large(40))) == place


def test_a_large_result_of_a_kernel_is_an_array_like_any_other():
    Z, column = np.ones((8, 2**18), np.float32), np.full((8, 1), 2, np.float32)
    for _ in range(3):
        Z_tilde, mu, inv_std = kernels.batchnorm_forward(Z, column, column)
        dZ, _, _ = kernels.batchnorm_backward(Z, Z, column, mu, inv_std)
        assert (Z_tilde == 2).all()
        assert not np.shares_memory(Z_tilde, dZ)
    assert Z_tilde.flags.writeable
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(Z_tilde)), Z_tilde)


def test_threads_never_get_the_same_memory():
    def overwritten(number):
        count = 0
        for _ in range(200):
            result = recycling.empty_like(like)
            result.fill(number)
            time.sleep(0)  # the others' turn
            count += int((result != number).any())
        return count

    like = np.empty(2**18, np.float32)
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(overwritten, range(4))) == 0
