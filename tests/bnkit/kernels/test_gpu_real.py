"""The kernels compute the formulas on a real GPU, too, at sizes that fill it, and the same every time."""

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
    results,
)

from bnkit.backend import gpu_available
from bnkit.kernels import gpu, gpu_optimizers, launch

if not gpu_available():
    pytest.skip("needs an NVIDIA GPU and CuPy", allow_module_level=True)

import cupy

# Beside the small shapes: rows of every rung of the ladder, images, and more units than run at once.
LARGE = [(1, 3000, 1000), (1, 700, 8192), (1, 40, 65_539), (1, 7, 2**20), (1, 1, 2**23 + 5), (32, 64, 3136)]


def on_host(found):
    return {name: x.get() for name, x in found.items()}


@pytest.fixture(scope="module")
def device():
    probe = cupy.zeros((1, 1, 1), np.float32)
    assert gpu.takes(probe), "the kernels do not compile or run on this GPU"
    return gpu.device_of(probe)


@pytest.fixture
def rng():
    return np.random.default_rng()  # fresh numbers in every run


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("mean", [0, 1e4])
@pytest.mark.parametrize("dtype", FLOATS, ids=lambda dtype: dtype.__name__)
def test_every_variant_computes_the_formulas(device, rng, dtype, mean, variant):
    if dtype == np.float16 and mean:
        mean = 10  # float16 has no digits for more
    for number, shape in enumerate([*SHAPES, *LARGE]):
        relu = bool((number + bool(mean)) % 2)
        sample = draw(rng, shape, dtype, mean, relu)
        plans = both_plans(variant, sample, device)
        if plans is None:
            continue
        found = on_host(results(sample, relu, *plans, place=cupy.asarray))
        for name, error in errors(found, expected(sample, relu)).items():
            assert error < TOLERANCE[dtype.__name__], (shape, name)


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_run_gives_the_same_bits_as_the_one_before(device, rng, variant):
    for shape in LARGE:
        sample = draw(rng, shape, np.float32)
        plans = both_plans(variant, sample, device)
        if plans is None:
            continue
        first = on_host(results(sample, True, *plans, place=cupy.asarray))
        for _ in range(5):
            again = on_host(results(sample, True, *plans, place=cupy.asarray))
            for name, found in again.items():
                np.testing.assert_array_equal(found, first[name], err_msg=f"{shape} {name}")


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("poison", [np.nan, np.inf])
def test_a_unit_with_a_nan_or_an_infinity_is_nan_and_its_neighbours_are_not(device, rng, variant, poison):
    sample = draw(rng, (3, 3, 1000), np.float32)
    sample.Z[1, 1, 333] = poison
    found = on_host(results(sample, False, *both_plans(variant, sample, device), place=cupy.asarray))
    for name in ("out", "dZ"):
        bad = np.isnan(found[name])
        assert bad[:, 1].all()
        assert not bad[:, [0, 2]].any()
    assert np.isnan(found["mu"])[:, 0].tolist() == [False, True, False]


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_constant_unit_gives_exactly_beta(device, rng, variant):
    sample = draw(rng, (5, 2, 700), np.float32)
    sample.Z[...] = np.array([[1000.1], [-1e-3]], np.float32)
    found = on_host(results(sample, False, *both_plans(variant, sample, device), place=cupy.asarray))
    np.testing.assert_array_equal(found["out"], np.broadcast_to(sample.beta, sample.Z.shape))
    right = (DECAY * sample.old_sigma2.astype(np.float64)).astype(np.float32)
    np.testing.assert_array_equal(found["new_sigma2"], right)


@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize("dtype", FLOATS, ids=lambda dtype: dtype.__name__)
def test_inference_scales_and_shifts(device, rng, dtype, relu):
    for shape in [*SHAPES, *LARGE[2:]]:
        sample = draw(rng, shape, dtype)
        Z, scale, shift, center = map(cupy.asarray, (sample.Z, sample.gamma, sample.beta, sample.old_mu))
        out = cupy.full_like(Z, np.nan)
        gpu.inference(Z, scale, shift, center, relu, out)
        right = (
            sample.gamma.astype(np.float64) * (sample.Z - sample.old_mu.astype(np.float64))
        ) + sample.beta
        right = np.maximum(right, 0) if relu else right
        tolerance = 2e-3 if dtype == np.float16 else 1e-5
        np.testing.assert_allclose(out.get(), right, rtol=tolerance, atol=tolerance)


def test_the_optimizers_make_the_formulas_steps(device, rng):
    from bnkit import optimizers

    theta, dtheta, v = rng.standard_normal((3, 70, 33))
    s = rng.uniform(0, 1, theta.shape)
    out, v_out, s_out = (cupy.full(theta.shape, np.nan) for _ in range(3))
    there = [cupy.asarray(x) for x in (theta, dtheta, v, s)]
    gpu_optimizers.gradient_descent(*there[:2], 0.1, out)
    np.testing.assert_allclose(out.get(), optimizers.gradient_descent_update(theta, dtheta, 0.1))
    gpu_optimizers.momentum(*there[:3], 0.1, 0.9, out, v_out)
    for found, right in zip((out, v_out), optimizers.momentum_update(theta, dtheta, v, 0.1), strict=True):
        np.testing.assert_allclose(found.get(), right)
    gpu_optimizers.rmsprop(*there[:2], there[3], 0.1, 0.999, 1e-8, out, s_out)
    for found, right in zip((out, s_out), optimizers.rmsprop_update(theta, dtheta, s, 0.1), strict=True):
        np.testing.assert_allclose(found.get(), right)
    gpu_optimizers.adam(*there, 3, 0.1, 0.9, 0.999, 1e-8, out, there[2], there[3])
    right = optimizers.adam_update(theta, dtheta, v, s, 3, 0.1)
    for found, step in zip((out, *there[2:]), right, strict=True):
        np.testing.assert_allclose(found.get(), step)


def test_what_the_kernels_do_not_take_is_refused(device):
    Z = cupy.zeros((2, 3), np.float32)
    column = cupy.zeros((2, 1), np.float32)
    assert gpu.takes(Z, column, Z)
    assert gpu.takes(Z.astype(np.float16), column)
    assert not gpu.takes(Z, column.astype(np.float64))
    assert not gpu.takes(Z.astype(np.int32))


def test_nothing_waits_for_the_gpu(device, rng):
    sample = draw(rng, (1, 64, 4096), np.float32)
    Z, gamma, beta = map(cupy.asarray, (sample.Z, sample.gamma, sample.beta))
    mu, inv_std, out = cupy.empty_like(gamma), cupy.empty_like(gamma), cupy.empty_like(Z)
    gpu.forward(Z, gamma, beta, EPS, False, out, mu, inv_std, None)  # compiled from here on
    stream = cupy.cuda.Stream(non_blocking=True)
    with stream:
        stream.begin_capture()  # a call that waits is an error during capture
        gpu.forward(Z, gamma, beta, EPS, False, out, mu, inv_std, None)
        graph = stream.end_capture()
    mu.fill(np.nan)
    cupy.cuda.get_current_stream().synchronize()
    graph.launch(stream)
    stream.synchronize()
    assert not np.isnan(mu.get()).any()


def test_a_plan_of_two_blocks_on_a_multiprocessor_fits_this_gpu(device):
    plan = launch.plan(1, 1, 4, 2**22, 4, device)
    kernel = gpu._kernel(0, plan.kernel("forward", "float", False), True)
    blocks = cupy.cuda.driver.occupancyMaxActiveBlocksPerMultiprocessor(
        kernel.kernel.ptr, plan.block, plan.shared_memory
    )
    assert blocks * device.multiprocessors >= plan.grid[0]
