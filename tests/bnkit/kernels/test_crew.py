"""Long jobs are dealt to a crew of threads: each unit done once, whoever does it, and nobody left waiting."""

import os
import subprocess
import sys
import threading
import time
from queue import SimpleQueue

import numpy as np
import pytest
from kernel_samples import draw

import bnkit
from bnkit import kernels
from bnkit.kernels import compiled, cpu, crew
from bnkit.kernels import words as at

pytestmark = pytest.mark.skipif(not compiled.available(), reason="Numba is in the extra 'fast'")


def in_a_process(code, cores=4):
    """Run code in a process of its own, which has that many threads."""
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            "import numpy as np\nfrom bnkit import kernels\nfrom bnkit.kernels import crew\n" + code,
        ],
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | {"OMP_NUM_THREADS": str(cores)},
    )
    assert told.returncode == 0, told.stderr
    return told.stdout.split()


LONG = (
    "Z, one = np.arange(64 * 20_000, dtype=np.float32).reshape(64, -1) % 977, np.ones((64, 1), np.float32)\n"
)
SUM = "print(repr(kernels.batchnorm_forward(Z, one, one)[0].astype(np.float64).sum()))\n"


def test_one_thread_and_several_give_the_same_bits():
    code = LONG + 20 * SUM
    alone = in_a_process(code, cores=1)
    assert len(set(alone)) == 1
    assert in_a_process(code, cores=5) == alone


def test_small_jobs_hire_nobody_and_large_ones_a_few():
    hired = "print(sum(thread.name == 'bnkit-crew' for thread in __import__('threading').enumerate()))\n"
    small = "kernels.batchnorm_forward(np.ones((8, 8)), np.ones((8, 1)), np.ones((8, 1)))\n"
    assert in_a_process(small + hired + LONG + SUM + hired)[::2] == ["0", "3"]
    assert in_a_process(LONG + SUM + hired, cores=64)[1] == "7"
    assert in_a_process(LONG + SUM + hired, cores=1)[1] == "0"


def test_the_crew_goes_to_sleep_when_nothing_comes():
    batch = draw(np.random.default_rng(0), (64, 20_000))
    kernels.batchnorm_forward(batch.Z, batch.gamma, batch.beta)
    deadline = time.monotonic() + 30
    while crew._words[at.ASLEEP] != crew._hired:
        assert time.monotonic() < deadline, "somebody is still awake"
        time.sleep(0.01)


def test_callers_in_several_threads_get_their_own_results():
    batches = [draw(np.random.default_rng(seed), (64, 20_000)) for seed in range(4)]
    alone = [kernels.batchnorm_forward(b.Z, b.gamma, b.beta)[0] for b in batches]
    results = [[] for _ in batches]

    def call(i):
        for _ in range(10):
            results[i].append(kernels.batchnorm_forward(batches[i].Z, batches[i].gamma, batches[i].beta)[0])

    callers = [threading.Thread(target=call, args=(i,)) for i in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    for of_one, expected in zip(results, alone, strict=True):
        for result in of_one:
            np.testing.assert_array_equal(result, expected)


def test_where_no_thread_can_be_started_one_does_it_all():
    failing = (
        "import threading\n"
        'def start(thread): raise RuntimeError("can\'t start new thread")\n'
        "threading.Thread.start = start\n"
    )
    assert in_a_process(failing + LONG + SUM + SUM) == in_a_process(LONG + SUM + SUM)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_child_forked_while_a_kernel_is_compiled_does_not_wait_for_ever():
    code = (
        "import os, threading, time\n"
        "from bnkit.kernels import compiled\n"
        "held = threading.Event()\n"
        "def hold():\n"
        "    with compiled._compiling:\n"
        "        held.set()\n"
        "        time.sleep(0.3)\n"
        "threading.Thread(target=hold).start()\n"
        "held.wait()\n"
        "child = os.fork()\n"
        "if child == 0: os._exit(0 if compiled._compiling.acquire(timeout=5) else 1)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )
    assert in_a_process(code) == ["0"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_child_forked_in_the_middle_of_a_job_does_not_wait_for_its_end():
    code = (
        "import os\n"
        "from bnkit.kernels import words as at\n" + LONG + SUM + "state = at.LOCK, at.OPEN, at.ACTIVE\n"
        "for word in state: crew._words[word] = 1\n"
        "child = os.fork()\n"
        "if child == 0: os._exit(any(crew._words[word] for word in (*state, at.ASLEEP)))\n"
        "for word in state: crew._words[word] = 0\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )
    assert in_a_process(code)[1:] == ["0"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_has_a_crew_of_its_own():
    report = SUM + "print(crew._hired)\nsys.stdout.flush()\n"
    code = (
        LONG + SUM + "import os, sys\n"
        "sys.stdout.flush()\n"
        "child = os.fork()\n"
        "status = os.waitpid(child, 0)[1] if child else 0\n" + report + "if child == 0: os._exit(0)\n"
        "print(os.waitstatus_to_exitcode(status))\n"
    )
    *sums, status = in_a_process(code)
    assert status == "0"
    assert sums.count("3") == 2  # the parent's crew, and the child's
    assert len(set(sums) - {"3"}) == 1


@pytest.mark.skipif(crew.cores() < 2, reason="needs two cores")
def test_between_matrix_products_only_large_jobs_get_help(monkeypatch):
    helped = {}

    def helpers_for(entries, least):
        helped[entries] = crew.helpers_for(entries, least)
        return helped[entries]

    monkeypatch.setattr(cpu, "helpers_for", helpers_for)
    rng = np.random.default_rng()
    for m in (2**10, 2**12):  # layers of 2^20 and 2^22 entries, with 70,000 weights
        network = bnkit.Network([70, 1024, 3], rng=rng, dtype=np.float32)
        X, labels = rng.standard_normal((70, m), np.float32), rng.integers(3, size=m)
        bnkit.train_step(network, X, bnkit.one_hot(labels, 3, np.float32), bnkit.GradientDescent(0.1))
    assert helped == {1024 * 70: False, 2**20: False, 2**22: True}
    Z, column = rng.standard_normal((1024, 1024), np.float32), np.ones((1024, 1), np.float32)
    kernels.batchnorm_forward(Z, column, column)  # nobody has multiplied here
    assert helped[2**20]


def test_who_is_to_be_alone_stays_so_in_a_training_step():
    with crew.alone():
        with crew.waking_from(2**21):
            assert not crew.helpers_for(2**30, 2**16)
        assert not crew.helpers_for(2**30, 2**16)


@pytest.mark.skipif(crew.cores() < 2, reason="needs two cores")
def test_a_job_is_offered_to_the_crew_unless_it_is_to_be_done_alone():
    def offers(job):
        before = crew._words[at.TICKET]
        job()
        return crew._words[at.TICKET] - before

    def normalize():
        kernels.batchnorm_forward(batch.Z, batch.gamma, batch.beta)

    batch = draw(np.random.default_rng(0), (64, 20_000))
    assert offers(normalize) == 1
    with crew.alone():
        assert offers(normalize) == 0


def test_the_bell_is_rung_once_for_each_that_sleeps(monkeypatch):
    sleeping = [0] * at.CREW_WORDS
    sleeping[at.ASLEEP] = 3
    bell = SimpleQueue()
    monkeypatch.setattr(crew, "_hired", 3)
    monkeypatch.setattr(crew, "_words", sleeping)
    monkeypatch.setattr(crew, "_bell", bell)
    for _ in range(10):  # nobody comes: there are fewer cores than helpers
        assert crew.helpers_for(2**20, 2**16)
    assert bell.qsize() == 3


def test_a_job_that_comes_in_between_while_the_crew_is_hired_goes_without():
    code = (
        "import threading\n"
        "start, inner = threading.Thread.start, []\n" + LONG + "def interrupted(thread):\n"
        "    threading.Thread.start = start\n"  # as a signal's handler might
        "    inner.append(kernels.batchnorm_forward(Z, one, one)[0])\n"
        "    start(thread)\n"
        "threading.Thread.start = interrupted\n"
        "outer = kernels.batchnorm_forward(Z, one, one)[0]\n"
        "print((inner[0] == outer).all(), crew._hired)\n"
    )
    assert in_a_process(code) == ["True", "3"]


def test_a_kernel_is_found_by_who_comes_in_between_while_another_is_loaded():
    code = (
        "from bnkit.kernels import compiled\n"
        "load, done = compiled._load, []\n"
        "Z, one = np.ones((2, 3)), np.ones((2, 1))\n"
        "def interrupted(code):\n"
        "    compiled._load = load\n"  # as a signal's handler might
        "    done.append(kernels.batchnorm_inference(Z, one, one, one, one).shape)\n"
        "    return load(code)\n"
        "compiled._load = interrupted\n"
        "print(kernels.batchnorm_forward(Z, one, one)[0].shape == done[0])\n"
    )
    assert in_a_process(code) == ["True"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_fork_while_a_kernel_is_compiled_waits_and_goes_on(tmp_path):
    code = (
        "import os, threading\n"
        "from pathlib import Path\n"
        "from bnkit.kernels import compiled\n"
        "begun, compile_ = threading.Event(), compiled._compile\n"
        f"compiled._writable_folder = lambda beside_the_source: Path({str(tmp_path)!r})\n"
        "def slowly(*arguments):\n"
        "    import numba\n"
        "    begun.set()\n"
        "    return compile_(*arguments)\n"
        "compiled._compile = slowly\n"
        "Z, one = np.ones((2, 3)), np.ones((2, 1))\n"
        "other = threading.Thread(target=kernels.batchnorm_forward, args=(Z, one, one))\n"
        "other.start()\n"
        "begun.wait()\n"
        "child = os.fork()\n"
        "if child == 0: os._exit(0)\n"
        "other.join()\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )
    assert in_a_process(code) == ["0"]


def test_a_thread_that_works_until_the_program_ends_finds_its_kernel_to_the_end(monkeypatch):
    # The C library is asked to overwrite what is let go, so that looking at it would not go unnoticed.
    monkeypatch.setenv("PYTHONMALLOC", "malloc")
    monkeypatch.setenv("MALLOC_PERTURB_", "2")
    monkeypatch.setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0")
    code = (
        "import threading, time\n" + LONG + "def work():\n"
        "    while True: kernels.batchnorm_forward(Z, one, one)\n"
        "threading.Thread(target=work, daemon=True).start()\n"
        "time.sleep(0.3)\n"
    )
    assert in_a_process(code) == []
