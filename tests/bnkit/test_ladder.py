"""The ladder of kernels: every rung leads to the same result, and jobs are timed in turn."""

import numpy as np
import pytest

import bnkit
from bnkit.kernels import cpu, crew, gpu, launch

H200 = launch.Device(multiprocessors=132, shared_memory=232_448, compute_capability=90)


def layer(n, m):
    rng = np.random.default_rng(0)
    Z = rng.normal(3, 2, (n, m)).astype(np.float32)
    gamma, beta = rng.uniform(0.5, 2, (2, n, 1)).astype(np.float32)
    return Z, gamma, beta, np.zeros_like(Z)


def test_every_rung_of_a_processor_says_what_the_formulas_say():
    Z, gamma, beta, out = layer(64, 2048)  # large enough to be dealt to several cores
    expected = bnkit.batchnorm_forward(Z, gamma, beta, 1e-3)[0]
    for name, job in bnkit.cpu_ladder(Z, gamma, beta, out, eps=1e-3).items():
        out[...] = np.nan
        job()
        np.testing.assert_allclose(out, Z if "copy" in name else expected, rtol=1e-5, atol=1e-5, err_msg=name)


def test_what_has_to_be_compiled_is_left_out_where_there_is_no_compiler(monkeypatch):
    monkeypatch.setattr(cpu, "available", lambda: False)
    assert list(bnkit.cpu_ladder(*layer(3, 5))) == ["in blocks", "a copy"]


@pytest.mark.parametrize(
    ("cores", "expected"),
    [
        (1, ["in blocks", "compiled", "a copy"]),
        (4, ["in blocks", "compiled", "on 4 cores", "a copy", "a copy, 4 cores"]),
        (64, ["in blocks", "compiled", "on 8 cores", "a copy", "a copy, 8 cores"]),
    ],
)
def test_a_rung_is_named_after_the_cores_that_work_on_it(monkeypatch, cores, expected):
    monkeypatch.setattr(cpu, "available", lambda: True)
    monkeypatch.setattr(crew, "cores", lambda: cores)
    assert list(bnkit.cpu_ladder(*layer(3, 5))) == expected


@pytest.mark.skipif(not cpu.available() or crew.cores() < 2, reason="needs Numba and two cores")
def test_the_compiled_rung_is_done_by_one_core_also_when_helpers_are_awake(monkeypatch):
    helped = []

    def helpers_for(entries, least):
        helped.append(crew.helpers_for(entries, least))
        return False

    monkeypatch.setattr(cpu, "helpers_for", helpers_for)
    jobs = bnkit.cpu_ladder(*layer(64, 2048))
    (on_all,) = (name for name in jobs if name.startswith("on "))
    for name in (on_all, "compiled", on_all):
        jobs[name]()
    assert helped == [True, False, True]


@pytest.fixture
def launched(monkeypatch):
    """Return the plans of what is launched on a GPU that is none."""
    plans = []
    monkeypatch.setattr(gpu, "device_of", lambda Z: H200)
    monkeypatch.setattr(gpu, "forward", lambda *arguments, plan: plans.append(plan))
    return plans


def test_every_rung_of_a_gpu_launches_the_kernel_of_its_name(launched):
    ladder = bnkit.gpu_ladder(*layer(2, 1000))
    assert list(ladder) == [*launch.LADDER, "by the rule", "a copy"]
    for variant in launch.LADDER:
        ladder[variant]()
        assert launched.pop().variant == variant
    ladder["by the rule"]()
    assert launched.pop() == launch.plan(1, 1, 2, 1000, 4, H200)


def test_what_a_row_does_not_fit_is_left_out(launched):
    assert not {"warps", "on_chip"} & set(bnkit.gpu_ladder(*layer(2, 2**16)))


@pytest.mark.skipif(not bnkit.gpu_available(), reason="there is no GPU")
def test_every_rung_of_a_real_gpu_says_what_the_formulas_say():
    Z, gamma, beta, out = (bnkit.to_device(x, "gpu") for x in layer(64, 2048))
    expected = bnkit.to_numpy(bnkit.batchnorm_forward(Z, gamma, beta)[0])
    for name, job in bnkit.gpu_ladder(Z, gamma, beta, out).items():
        out[...] = np.nan
        job()
        found, right = bnkit.to_numpy(out), bnkit.to_numpy(Z) if name == "a copy" else expected
        np.testing.assert_allclose(found, right, rtol=1e-5, atol=1e-5, err_msg=name)


def test_jobs_have_their_turns_round_after_round():
    called = []
    jobs = {name: lambda name=name: called.append(name) for name in "ab"}
    took = bnkit.time_in_turn(jobs, rounds=2, calls=3)
    assert "".join(called) == "ab" + 2 * "aaabbb"
    assert list(took) == ["a", "b"]
    assert all(ms > 0 for ms in took.values())


def test_the_round_that_was_disturbed_least_counts(monkeypatch):
    ticks = iter([0, 0.004, 1, 1.002, 2, 2.006])
    monkeypatch.setattr("bnkit.ladder.perf_counter", lambda: next(ticks))
    assert bnkit.time_in_turn({"job": lambda: None}, rounds=3, calls=2) == {"job": pytest.approx(1.0)}


def test_what_cannot_be_timed_is_told():
    with pytest.raises(ValueError, match="expected a dict with at least one entry"):
        bnkit.time_in_turn({})
    with pytest.raises(ValueError, match="rounds"):
        bnkit.time_in_turn({"job": lambda: None}, rounds=0)


@pytest.mark.parametrize(
    ("n", "expected"),
    [(1024, ["warps", "on_chip", "cluster", "split"]), (64, ["warps", "cluster", "cluster", "split"])],
)
def test_rows_of_each_length_get_the_kernels_that_notebook_8_tells_of(n, expected):
    plans = [launch.plan(1, 1, n, m, 4, H200) for m in (2**10, 2**13, 2**16, 2**20)]
    assert [plan.variant for plan in plans] == expected
