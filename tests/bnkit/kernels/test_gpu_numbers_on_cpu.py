"""The GPU's kernels compute what the formulas say: compiled as C++, with fibres for threads."""

import ctypes
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from gpu_samples import (
    DECAY,
    EPS,
    FLOATS,
    SHAPES,
    TOLERANCE,
    VARIANTS,
    both_plans,
    draw,
    errors,
    expected,
    kernels,
    results,
)

from bnkit import normalization, optimizers
from bnkit.kernels import gpu, gpu_optimizers, launch

HERE = Path(__file__).parent
ERRORS = {1: "deadlock", 2: "an access of 16 bytes beside a multiple of 16", 3: "no such kernel"}
# A GPU so small that small arrays go through all its variants.
TINY = launch.Device(multiprocessors=2, shared_memory=12 * 1024, compute_capability=90)

pytestmark = pytest.mark.skipif(shutil.which("g++") is None, reason="needs g++ to compile the kernels")


def source():
    """Every kernel in one table, with its struct."""
    entries = ",\n".join(
        f'{{"{name}", [](const void* told) {{ {name}(*(const {struct}*)told); }}}}'
        for name, struct in kernels(clusters=True)
    )
    return f"""
#include "cuda_on_cpu.h"
#include "batch_norm.cu"
static const cuda_on_cpu::Entry TABLE[] = {{{entries}}};
extern "C" int launch(const char* name, const void* told, const int* grid, int block, long shared,
                      int together, unsigned seed) {{
    return cuda_on_cpu::launch(TABLE, std::size(TABLE), name, told, grid, block, shared, together, seed);
}}
"""


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    """The kernels as a shared library."""
    folder = tmp_path_factory.mktemp("cuda_on_cpu")
    (folder / "kernels.cpp").write_text(source())
    command = [
        "g++",
        "-std=c++17",
        "-O1",
        "-w",
        "-fno-strict-aliasing",
        "-ffp-contract=off",
        "-shared",
        "-fPIC",
    ]
    folders = [f"-I{HERE}", f"-I{Path(gpu.__file__).parent}"]
    subprocess.run([*command, *folders, "kernels.cpp", "-o", "kernels.so"], cwd=folder, check=True)
    return ctypes.CDLL(str(folder / "kernels.so"))


@pytest.fixture
def rng():
    return np.random.default_rng()  # fresh numbers in every run


@pytest.fixture
def on_cpu(machine, monkeypatch):
    """Let bnkit.kernels.gpu launch on that machine, and take NumPy's arrays for CuPy's."""
    launched = []

    def launch_here(name, plan, told, Z):
        blocks = int(np.prod(plan.grid))
        together = {"cluster": plan.parts, "split": blocks}.get(plan.variant, 1)
        grid = (ctypes.c_int * 3)(*plan.grid)
        job = told.ctypes.data_as(ctypes.c_void_p)
        shared = ctypes.c_long(plan.shared_memory)
        failure = machine.launch(name.encode(), job, grid, plan.block, shared, together, len(launched))
        assert not failure, f"{name}: {ERRORS[failure]}"
        launched.append(name)

    monkeypatch.setattr(gpu, "_launch", launch_here)
    monkeypatch.setattr(gpu, "_address", lambda x: x.ctypes.data)
    monkeypatch.setattr(gpu, "device_of", lambda Z: TINY)
    return launched


def guarded(x):
    """Return a copy of x at a multiple of 16 bytes; nobody may read or change the NaN on its sides."""
    room = np.full(x.size + 128, np.nan, x.dtype)
    start = 64 + (-room[64:].ctypes.data % 16) // x.itemsize
    inner = room[start : start + x.size].reshape(x.shape)
    inner[...] = x
    return inner


def beside(x):
    """Return a copy of x that starts beside a multiple of 16 bytes."""
    room = np.empty(x.size + 16, x.dtype)
    start = (-room.ctypes.data % 16) // x.itemsize + 1
    inner = room[start : start + x.size].reshape(x.shape)
    inner[...] = x
    return inner


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("mean", [0, 1e4])
@pytest.mark.parametrize("dtype", FLOATS, ids=lambda dtype: dtype.__name__)
def test_every_variant_computes_the_formulas(on_cpu, rng, dtype, mean, variant):
    if dtype == np.float16 and mean:
        mean = 10  # float16 has no digits for more
    for number, shape in enumerate(SHAPES):
        relu = bool((number + bool(mean)) % 2)
        sample = draw(rng, shape, dtype, mean, relu)
        plans = both_plans(variant, sample, TINY)
        if plans is None:
            continue
        found = results(sample, relu, *plans, place=guarded)
        for name, error in errors(found, expected(sample, relu)).items():
            assert error < TOLERANCE[dtype.__name__], (shape, name)
        for name in ("out", "dZ"):
            assert np.isnan(found[name].base).sum() == 128, (shape, name)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf])
def test_a_unit_with_a_nan_or_an_infinity_is_nan_and_its_neighbours_are_not(on_cpu, rng, variant, poison):
    sample = draw(rng, (3, 3, 70), np.float32)
    for n, entry in ((0, 0), (1, 33), (2, 69)):
        Z = sample.Z.copy()
        Z[n, 1, entry] = poison
        spoilt = sample._replace(Z=Z)
        found = results(spoilt, False, *both_plans(variant, spoilt, TINY))
        for name in ("out", "dZ", "mu", "inv_std", "new_mu", "new_sigma2", "dgamma"):
            bad = (
                np.isnan(found[name]).any(axis=(0, 2))
                if found[name].ndim == 3
                else np.isnan(found[name])[:, 0]
            )
            assert bad.tolist() == [False, True, False], (name, n)
        assert np.isnan(found["out"][:, 1]).all()
        assert np.isnan(found["dZ"][:, 1]).all()


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf])
def test_a_gradient_that_is_not_finite_passes_through_as_in_the_formulas(on_cpu, rng, variant, poison):
    sample = draw(rng, (1, 3, 70), np.float32)
    sample.dZ_tilde[0, 1, 33] = poison
    found = results(sample, False, *both_plans(variant, sample, TINY))
    Z, gamma = sample.Z[0].astype(np.float64), sample.gamma.astype(np.float64)
    _, Z_norm, _, sigma2 = normalization.batchnorm_forward(Z, gamma, gamma, EPS)
    with np.errstate(invalid="ignore"):
        says = normalization.batchnorm_backward(
            sample.dZ_tilde[0].astype(np.float64), Z_norm, gamma, sigma2, EPS
        )
    for ours, formula in zip((found["dZ"][0], found["dgamma"], found["dbeta"]), says, strict=True):
        for what in (np.isnan, np.isposinf, np.isneginf):
            np.testing.assert_array_equal(what(ours), what(formula))


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=lambda dtype: dtype.__name__)
def test_a_constant_unit_gives_exactly_beta(on_cpu, rng, variant, dtype):
    for shape in ((1, 2, 7), (1, 2, 300), (5, 2, 49)):
        sample = draw(rng, shape, dtype)
        constant = np.array([[1000.1], [-1e-3]], dtype)
        sample.Z[...] = constant
        found = results(sample, False, *both_plans(variant, sample, TINY))
        np.testing.assert_array_equal(found["out"], np.broadcast_to(sample.beta, shape))
        np.testing.assert_array_equal(found["mu"], constant)
        np.testing.assert_array_equal(found["inv_std"], dtype(1 / np.sqrt(EPS)))
        right = (DECAY * sample.old_sigma2.astype(np.float64)).astype(dtype)
        np.testing.assert_array_equal(found["new_sigma2"], right)
        np.testing.assert_array_equal(found["dgamma"], 0)


@pytest.mark.parametrize("variant", VARIANTS)
def test_an_outlier_under_the_pivot_costs_no_digits(on_cpu, rng, variant):
    sample = draw(rng, (1, 2, 800), np.float32)
    sample.Z[:, :, 0] = 1e7  # entry 0 is one of those that the pivot is the mean of
    found = results(sample, False, *both_plans(variant, sample, TINY))
    for name, error in errors(found, expected(sample, False)).items():
        assert error < 5 * TOLERANCE["float32"], name


@pytest.mark.parametrize("dtype", FLOATS, ids=lambda dtype: dtype.__name__)
def test_arrays_may_start_anywhere(on_cpu, rng, dtype):
    for shape in SHAPES:
        sample = draw(rng, shape, dtype)
        found = results(sample, False, place=beside)
        assert max(errors(found, expected(sample, False)).values()) < TOLERANCE[dtype.__name__]


@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize("dtype", FLOATS, ids=lambda dtype: dtype.__name__)
def test_inference_scales_and_shifts(on_cpu, rng, dtype, relu):
    for shape in [*SHAPES, (2, 1, 40_000), (1, 9, 3)]:
        sample = draw(rng, shape, dtype)
        Z, scale, shift, center = guarded(sample.Z), sample.gamma, sample.beta, sample.old_mu
        Z[0, 0, 0] = np.nan
        out = guarded(np.full_like(Z, 7))
        gpu.inference(Z, scale, shift, center, relu, out)
        right = scale.astype(np.float64) * (Z - center.astype(np.float64)) + shift
        right = np.where(relu & (right < 0), 0, right)
        np.testing.assert_allclose(
            out, right, rtol=2e-3 if dtype == np.float16 else 1e-5, atol=1e-3 if dtype == np.float16 else 1e-6
        )
        assert np.isnan(out[0, 0, 0])
        assert np.isnan(out.base).sum() == 129


def test_the_running_statistics_are_optional(on_cpu, rng):
    sample = draw(rng, (1, 3, 40), np.float32)
    mu, inv_std, out = sample.gamma * np.nan, sample.gamma * np.nan, sample.Z * np.nan
    gpu.forward(sample.Z, sample.gamma, sample.beta, EPS, False, out, mu, inv_std, None)
    found = {"out": out, "mu": mu, "inv_std": inv_std}
    right = {name: expected(sample, False)[name] for name in found}
    assert max(errors(found, right).values()) < TOLERANCE["float32"]


def test_columns_need_not_lie_in_order(on_cpu, rng):
    sample = draw(rng, (1, 3, 40), np.float32)
    apart = sample._replace(
        gamma=np.repeat(sample.gamma, 2, axis=1)[:, :1], beta=sample.beta[::-1].copy()[::-1]
    )
    found = results(apart, False, place=lambda x: x)
    assert max(errors(found, expected(sample, False)).values()) < TOLERANCE["float32"]


@pytest.fixture
def optimizers_on_cpu(monkeypatch):
    """Let NumPy compute the elementwise kernels: what they are made of reads the same in Python."""

    def kernel(name, inputs, outputs, formula):
        names = [parameter.split()[1] for parameter in f"{inputs}, {outputs}".split(", ")]

        def run(*arguments):
            there = dict(zip(names, arguments, strict=True))
            before = {name: np.copy(x) for name, x in there.items()}
            exec(formula.replace("T ", ""), {"sqrt": np.sqrt}, before)
            for written in (parameter.split()[1] for parameter in outputs.split(", ")):
                there[written][...] = before[written]

        return run

    monkeypatch.setattr(gpu_optimizers, "_kernel", kernel)


def test_the_optimizers_make_the_formulas_steps(optimizers_on_cpu, rng):
    theta, dtheta, v = rng.standard_normal((3, 5, 4))
    s = rng.uniform(0, 1, theta.shape)
    out, v_out, s_out = np.full((3, *theta.shape), np.nan)
    gpu.gradient_descent(theta, dtheta, 0.1, out)
    np.testing.assert_allclose(out, optimizers.gradient_descent_update(theta, dtheta, 0.1))
    gpu.momentum(theta, dtheta, v, 0.1, 0.9, out, v_out)
    np.testing.assert_allclose((out, v_out), optimizers.momentum_update(theta, dtheta, v, 0.1))
    gpu.rmsprop(theta, dtheta, s, 0.1, 0.999, 1e-8, out, s_out)
    np.testing.assert_allclose((out, s_out), optimizers.rmsprop_update(theta, dtheta, s, 0.1))
    right = optimizers.adam_update(theta, dtheta, v, s, 3, 0.1)
    gpu.adam(theta, dtheta, v, s, 3, 0.1, 0.9, 0.999, 1e-8, out, v, s)  # the averages in place
    np.testing.assert_allclose((out, v, s), right)
