"""Machine code that Python calls as its own takes what fits, says no to anything else, and keeps nothing."""

import io
import pickle
import sys
import threading
import time

import numpy as np
import pytest
from kernel_samples import draw

from bnkit import kernels
from bnkit.kernels import builtin, compiled, cpu, crew
from bnkit.kernels import words as at

pytestmark = pytest.mark.skipif(not compiled.available(), reason="Numba is in the extra 'fast'")

FLOAT32 = np.dtype(np.float32)


def arguments():
    """Return what a step of gradient descent is called with: helpers, three arrays and a number."""
    theta, dtheta, out = np.ones(5, np.float32), np.arange(5, dtype=np.float32), np.zeros(5, np.float32)
    return [False, theta, dtheta, out, 0.5]


def step(*given):
    """Call the kernel; return what it says."""
    return cpu.KERNELS["gradient_descent"][FLOAT32](*given)


def test_what_fits_is_done():
    given = arguments()
    assert step(*given) is True
    np.testing.assert_array_equal(given[3], [1, 0.5, 0, -0.5, -1])


SAME = {
    "unpickled": lambda x: pickle.loads(pickle.dumps(x)),
    "a dtype that says more": lambda x: x.astype(np.dtype(np.float32, metadata={"unit": "m"})),
    "from a file": lambda x: np.load(as_file(x)),
}


def as_file(x):
    """Return a file that holds an array."""
    np.save(file := io.BytesIO(), x)
    file.seek(0)
    return file


@pytest.mark.parametrize("copied", SAME.values(), ids=SAME)
def test_a_dtype_need_not_be_numpys_own(copied):
    given = arguments()
    given[1:4] = map(copied, given[1:4])
    assert step(*given)
    np.testing.assert_array_equal(given[3], [1, 0.5, 0, -0.5, -1])


REFUSED = {
    "nothing": lambda given: [],
    "an argument too few": lambda given: given[:-1],
    "an argument too many": lambda given: [*given, 0.5],
    "no array": lambda given: [given[0], None, *given[2:]],
    "a list": lambda given: [*given[:2], [1.0] * 5, *given[3:]],
    "a float in an array's place": lambda given: [*given[:2], 0.5, *given[3:]],
    "a subclass": lambda given: [*given[:2], np.ma.masked_array(given[2]), *given[3:]],
    "another dtype": lambda given: [*given[:2], given[2].astype(np.float64), *given[3:]],
    "the other byte order": lambda given: [*given[:2], given[2].astype(">f4"), *given[3:]],
    "another shape": lambda given: [*given[:2], np.arange(6, dtype=np.float32), *given[3:]],
    "every second entry": lambda given: [*given[:2], np.arange(10, dtype=np.float32)[::2], *given[3:]],
    "not aligned": lambda given: [*given[:2], np.zeros(21, np.uint8)[1:].view(np.float32), *given[3:]],
    "an int in a number's place": lambda given: [*given[:4], 1],
    "NumPy's number": lambda given: [*given[:4], np.float64(0.5)],
    "an array in a number's place": lambda given: [*given[:4], given[1]],
}


@pytest.mark.parametrize("change", REFUSED.values(), ids=REFUSED)
def test_anything_else_is_refused(change):
    given = arguments()
    assert step(*change(given)) is False
    assert (given[3] == 0).all()


def test_what_may_not_be_written_stays_as_it_is():
    given = arguments()
    given[3].flags.writeable = False
    assert not step(*given)


def test_only_what_may_be_missing_may_be():
    batch = draw(np.random.default_rng(0), (3, 5), np.float32)
    out, (mu, inv_std) = np.empty_like(batch.Z), np.empty((2, 3, 1), np.float32)
    read, running, written = [batch.Z, batch.gamma, batch.beta], [None, None], [out, mu, inv_std]
    call = [False, *read, *running, *written, *running, 1e-5, 0.0, False]
    assert cpu.FORWARD[FLOAT32](*call)
    for k in (1, 2, 3, 6, 7, 8):
        assert not cpu.FORWARD[FLOAT32](*(None if i == k else x for i, x in enumerate(call)))


def test_truth_is_a_number_as_well():
    batch = draw(np.random.default_rng(0), (3, 5), np.float32)
    Z_tilde, *_ = kernels.batchnorm_forward(batch.Z, batch.gamma, batch.beta, relu=True)
    assert Z_tilde.min() == 0
    Z_tilde, *_ = kernels.batchnorm_forward(batch.Z, batch.gamma, batch.beta, relu=False)
    assert Z_tilde.min() < 0


def test_nothing_is_kept_and_nothing_let_go():
    given = arguments()
    counts = [sys.getrefcount(x) for x in (*given, True, False, None)]
    for _ in range(1000):
        assert step(*given)
        assert not step(*given[:4], None)
    after = [sys.getrefcount(x) for x in (*given, True, False, None)]
    assert np.abs(np.subtract(after, counts)).max() < 100  # others use True and None as well


def test_a_long_job_lets_other_threads_go_on():
    Z, column = np.ones((64, 2**19), np.float32), np.ones((64, 1), np.float32)
    assert any(
        longest_wait_beside(lambda: kernels.batchnorm_forward(Z, column, column)) < 0.5 for _ in range(5)
    )


def longest_wait_beside(job):
    """Return the longest time that another thread had to wait, as a share of the job's."""
    seen, over = [], threading.Event()

    def look():
        while not over.is_set():
            seen.append(time.perf_counter())
            time.sleep(0.0005)

    other = threading.Thread(target=look)
    other.start()
    with crew.alone():
        start = time.perf_counter()
        job()
        end = time.perf_counter()
    over.set()
    other.join()
    times = [start, *(when for when in seen if start < when < end), end]
    return np.diff(times).max() / (end - start)


FIELDS = ["TYPE", "VALUE", "DATA", "DIMENSIONS", "SHAPE", "DESCRIPTION", "FLAGS", "LETTERS_AND_NUMBER"]


@pytest.mark.parametrize("field", FIELDS)
def test_a_python_with_other_objects_is_not_touched(monkeypatch, field):
    monkeypatch.setattr(at, field, getattr(at, field) + 1)
    with pytest.raises(RuntimeError, match="laid out"):
        builtin.built_in("anything", 0, np.zeros(1, np.int64))


def test_where_no_function_can_be_made_the_formulas_do_it(monkeypatch):
    def fail(*arguments):
        raise RuntimeError("laid out otherwise")

    monkeypatch.setattr(cpu, "built_in", fail)
    monkeypatch.setattr(compiled, "_failed", False)
    fresh = cpu.Kernels("forward")
    with pytest.warns(UserWarning, match="laid out otherwise"):
        assert fresh[FLOAT32](*arguments()) is False
    assert not fresh
