"""The rule that launches the GPU's kernels obeys its laws, for every shape and on every GPU."""

import re

import numpy as np
import pytest
from gpu_samples import kernels
from hypothesis import given, settings
from hypothesis import strategies as st

from bnkit.kernels import gpu, launch

A100 = launch.Device(multiprocessors=108, shared_memory=163 * 1024, compute_capability=80)
RTX_4090 = launch.Device(multiprocessors=128, shared_memory=99 * 1024, compute_capability=89)
H200 = launch.Device(multiprocessors=132, shared_memory=227 * 1024, compute_capability=90)
B200 = launch.Device(multiprocessors=148, shared_memory=227 * 1024, compute_capability=100)
GPUS = [A100, RTX_4090, H200, B200]

law = settings(max_examples=300, deadline=None, derandomize=True)
devices = st.sampled_from(GPUS)
itemsizes = st.sampled_from([2, 4, 8])
arrays = st.sampled_from([1, 2])
# Small numbers, powers of two, and what lies beside them.
lengths = st.one_of(st.integers(1, 300), st.integers(1, 2**24), st.integers(0, 24).map(lambda k: 2**k))
shapes = st.tuples(st.one_of(st.just(1), st.integers(1, 512)), st.integers(1, 4096), lengths)


def in_use(plan):
    """Blocks that run at once, if shared memory is what limits them."""
    return 2 if plan.cooperative else 1


@law
@given(arrays, shapes, itemsizes, devices)
def test_every_shape_is_launched_within_the_gpus_limits(arrays, shape, itemsize, device):
    plan = launch.plan(arrays, *shape, itemsize, device)
    assert plan.block % 32 == 0
    assert 32 <= plan.block <= 512
    assert plan.shared_memory * in_use(plan) <= device.shared_memory
    assert all(blocks >= 1 for blocks in plan.grid)
    assert plan.grid[0] < 2**31
    assert plan.team & (plan.team - 1) == 0
    assert plan.team <= plan.block


@law
@given(arrays, shapes, itemsizes, devices)
def test_every_entry_of_every_unit_has_a_block(arrays, shape, itemsize, device):
    N, C, L = shape
    plan = launch.plan(arrays, *shape, itemsize, device)
    assert plan.parts * plan.part >= N * L
    assert (plan.parts - 1) * plan.part < N * L + plan.parts * 16 // itemsize, "a block has nothing to do"
    if plan.variant == "warps":
        assert plan.grid[0] * (plan.block // 32) >= C
    elif plan.cooperative:
        assert plan.grid[0] % plan.parts == 0
        assert plan.grid[0] <= 2 * device.multiprocessors, "blocks that wait for each other must all run"
    else:
        assert plan.grid[0] == C * plan.parts


@law
@given(arrays, shapes, itemsizes, devices)
def test_what_waits_on_chip_has_room_there(arrays, shape, itemsize, device):
    N, C, L = shape
    plan = launch.plan(arrays, *shape, itemsize, device)
    wide = 16 // itemsize
    units = plan.block // 32 if plan.variant == "warps" else 1
    kept = arrays * plan.slots * itemsize if plan.on_chip else 0
    assert plan.shared_memory == units * (launch.SCRATCH + kept)
    assert plan.slots % wide == plan.pitch % wide == 0
    for part in {0, plan.parts // 2, plan.parts - 1}:
        begin, end = min(part * plan.part, N * L), min((part + 1) * plan.part, N * L)
        if begin == end:
            continue
        first, last = begin // L, (end - 1) // L
        for group in {first, last}:
            entries = min(end, (group + 1) * L) - max(begin, group * L)
            start = (group * C * L + max(begin - group * L, 0)) % wide
            assert start + entries <= plan.pitch
        assert (last - first + 1) * plan.pitch <= plan.slots


@law
@given(arrays, shapes, itemsizes, devices)
def test_only_gpus_with_clusters_get_them(arrays, shape, itemsize, device):
    plan = launch.plan(arrays, *shape, itemsize, device)
    if plan.variant == "cluster":
        assert device.compute_capability >= 90
        assert plan.parts in launch.CLUSTERS
    assert plan.variant in launch.LADDER[2:], "the lower rungs are there to be compared with"


@law
@given(arrays, shapes, itemsizes, devices, st.sampled_from(launch.LADDER))
def test_a_forced_variant_is_launched_within_the_limits_or_refused(arrays, shape, itemsize, device, variant):
    try:
        plan = launch.forced_plan(variant, arrays, *shape, itemsize, device)
    except ValueError:
        assert variant in ("warps", "on_chip", "cluster")
        return
    assert plan.variant == variant
    assert plan.shared_memory <= device.shared_memory
    assert plan.parts * plan.part >= shape[0] * shape[2]


@law
@given(shapes, itemsizes)
def test_inference_reaches_every_row(shape, itemsize):
    _, C, L = shape
    plan = launch.inference_plan(*shape, itemsize)
    rows = plan.block // 32 if plan.variant == "warps" else 1
    assert plan.grid[0] * rows >= C
    assert plan.grid[1] == plan.parts
    assert plan.parts * plan.part >= L
    assert plan.grid[1] <= 65535
    assert plan.grid[2] <= 65535


@law
@given(arrays, shapes, itemsizes, devices)
def test_a_plan_names_a_kernel_there_is(arrays, shape, itemsize, device):
    names = {name for name, _ in kernels(clusters=True)}
    entry = {2: "Half", 4: "float", 8: "double"}[itemsize]
    plan = launch.plan(arrays, *shape, itemsize, device)
    assert plan.kernel("backward" if arrays == 2 else "forward", entry, True) in names
    assert launch.inference_plan(*shape, itemsize).kernel("inference", entry, False) in names


@pytest.mark.parametrize(
    ("L", "forward", "backward"),
    [
        (64, "warps", "warps"),
        (1024, "warps", "warps"),
        (8 * 1024, "on_chip", "on_chip"),
        (64 * 1024, "cluster of 4", "cluster of 8"),
        (1024 * 1024, "split", "split"),
    ],
)
def test_a_gibibyte_of_float32_on_an_h200_is_read_from_memory_once(L, forward, backward):
    for arrays, expected in ((1, forward), (2, backward)):
        plan = launch.plan(arrays, 1, 2**28 // L, L, 4, H200)
        assert plan.on_chip
        assert plan.variant == expected.split()[0]
        if plan.variant == "cluster":
            assert expected == f"cluster of {plan.parts}"


def test_few_units_are_dealt_out_to_many_multiprocessors():
    assert launch.plan(1, 1, 4, 64 * 1024, 4, H200).parts == 8
    assert launch.plan(1, 1, 4, 64 * 1024, 4, A100).grid[0] >= 64
    assert launch.plan(1, 1, 1, 2**24, 4, H200).grid[0] == 2 * 132


def test_a_plan_fills_the_struct_that_a_kernel_is_told_by():
    plan = launch.plan(1, 1, 3, 100, 4, H200)
    told = plan.fill(launch.FORWARD, (1, 3, 100), {"Z": 4096, "out": 8192, "gamma": 5, "eps": 1e-5})
    assert told.size == 1
    assert [told[0][name] for name in ("N", "C", "L", "Z", "gamma", "old_mu", "wide")] == [
        1,
        3,
        100,
        4096,
        5,
        0,
        1,
    ]
    assert plan.fill(launch.FORWARD, (1, 3, 100), {"Z": 4096, "out": 8196})[0]["wide"] == 0


@pytest.mark.parametrize(
    ("struct", "told"),
    [("Forward", launch.FORWARD), ("Backward", launch.BACKWARD), ("Inference", launch.INFERENCE)],
)
def test_the_structs_have_the_same_fields_in_the_same_order_in_both_languages(struct, told):
    def fields(name):
        body = re.search(rf"struct {name} \{{(.*?)^\}};", gpu._source(), re.DOTALL | re.MULTILINE).group(1)
        body = re.sub(r"//[^\n]*|struct \w+ \{.*?\}", "", body)
        for declaration in re.findall(
            r"^    (?:const )?(?:long long|double|unsigned|T|Real<T>|Shape)[ *]+([\w, *]+);",
            body,
            re.MULTILINE,
        ):
            yield from re.findall(r"\w+", declaration)

    names = [*fields("Shape"), *(name for name in fields(struct) if name != "shape")]
    assert names == list(told.names)
    assert told.itemsize == 8 * len(names)


def test_a_message_is_as_large_as_the_numbers_that_blocks_leave_for_each_other():
    plan = launch.plan(1, 1, 16, 2**20, 4, H200)
    assert plan.messages == 3 * plan.parts
    assert launch.plan(1, 1, 16, 2**10, 4, H200).messages == 0
    assert np.dtype(launch.FORWARD).names[-2:] == ("messages", "arrived")
