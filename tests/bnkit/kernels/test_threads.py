"""Work is dealt, done and waited for."""

import os
import subprocess
import sys
import threading

import numpy as np
import pytest
from kernel_samples import draw

from bnkit import kernels
from bnkit.kernels import threads


@pytest.fixture
def four_cores(monkeypatch):
    """Have four threads, whatever the machine."""
    monkeypatch.setenv("OMP_NUM_THREADS", "4")


@pytest.mark.parametrize("count", [0, 1, 3, 4, 10])
def test_each_share_is_done_once(four_cores, count):
    done, names = np.zeros(count, int), set()

    def work(start, stop):
        names.add(threading.current_thread().name)
        done[start:stop] += 1

    threads.deal(work, count, most=4)
    assert (done == 1).all()
    assert len(names) <= max(1, min(count, 4))


def test_shares_are_done_side_by_side(four_cores):
    together = threading.Barrier(4, timeout=30)
    threads.deal(lambda start, stop: together.wait(), 4, most=4)  # would break if one waited for another


def test_within_a_share_everything_stays_in_its_thread(four_cores):
    inner = []

    def work(start, stop):
        me = threading.current_thread()
        threads.deal(lambda *share: inner.append((share, threading.current_thread() is me)), 8, most=4)

    threads.deal(work, 4, most=4)
    assert inner == [((0, 8), True)] * 4


@pytest.mark.parametrize("failing", [0, 3])
def test_an_error_in_any_share_reaches_the_caller_when_all_are_done(four_cores, failing):
    finished = []

    def work(start, stop):
        if start == failing:
            raise ValueError(f"share {start}")
        finished.append(start)

    with pytest.raises(ValueError, match=f"share {failing}"):
        threads.deal(work, 4, most=4)
    assert len(finished) == 3
    threads.deal(lambda start, stop: finished.append(start), 4, most=4)
    assert len(finished) >= 7


def test_callers_in_several_threads_get_their_own_results(four_cores):
    batches = [draw(np.random.default_rng(seed), (64, 20_000)) for seed in range(4)]
    alone = [kernels.batchnorm_forward(b.Z, b.gamma, b.beta)[0] for b in batches]
    results = [None] * 4

    def call(i):
        results[i] = kernels.batchnorm_forward(batches[i].Z, batches[i].gamma, batches[i].beta)[0]

    callers = [threading.Thread(target=call, args=(i,)) for i in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    for result, expected in zip(results, alone, strict=True):
        np.testing.assert_array_equal(result, expected)


def test_one_thread_and_several_give_the_same_bits(monkeypatch):
    batch = draw(np.random.default_rng(0), (37, 30_011))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    one = kernels.batchnorm_forward(batch.Z, batch.gamma, batch.beta)
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    for x, y in zip(kernels.batchnorm_forward(batch.Z, batch.gamma, batch.beta), one, strict=True):
        np.testing.assert_array_equal(x, y)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_has_threads_of_its_own():
    code = (
        "import os, numpy as np\n"
        "from bnkit import kernels\n"
        "Z, one = np.ones((64, 20_000), np.float32), np.ones((64, 1), np.float32)\n"
        "kernels.batchnorm_forward(Z, one, one)\n"
        "child = os.fork()\n"
        "kernels.batchnorm_forward(Z, one, one)\n"
        "os._exit(0) if child == 0 else None\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"OMP_NUM_THREADS": "4"},
    )
    assert told.stdout.strip() == "0", told.stderr


def test_a_matrix_product_stays_in_one_thread_and_is_let_go_again():
    threadpoolctl = pytest.importorskip("threadpoolctl", reason="threadpoolctl is in the extra 'fast'")

    def blas():
        return [pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"]

    before = blas()
    with threads.products_in_one_thread():
        assert set(blas()) <= {1}
    assert blas() == before
