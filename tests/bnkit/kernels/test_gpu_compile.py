"""Every kernel compiles for every GPU, keeps its numbers in registers and moves 16 bytes at a time.

NVRTC, the compiler that CuPy uses, comes as a wheel and needs no GPU.
"""

import itertools
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from gpu_samples import kernels

from bnkit.kernels import gpu

nvrtc = pytest.importorskip("cuda.bindings.nvrtc", reason="needs cuda-bindings to call NVRTC")
try:
    nvrtc.nvrtcVersion()
except Exception as missing:
    pytest.skip(f"needs nvidia-cuda-nvrtc to compile: {missing}", allow_module_level=True)

pytestmark = pytest.mark.slow

# What ptxas -v reports of a kernel.
REPORT = re.compile(
    r"entry function '(?P<name>\S+)' for.*?(?P<stack>\d+) bytes stack frame, "
    r"(?P<stores>\d+) bytes spill stores, (?P<loads>\d+) bytes spill loads.*?"
    r"Used (?P<registers>\d+) registers",
    re.DOTALL,
)
ADDED_BY_CUPY = ("-ftz=true", "--device-as-default-execution-space")
REGISTERS = 64 * 1024  # of a multiprocessor


def result(answer):
    """Return what an NVRTC function gave, past its status."""
    status, *values = answer
    assert status == nvrtc.nvrtcResult.NVRTC_SUCCESS, status
    return values[0] if values else None


def text(size, write, program):
    room = b" " * result(size(program))
    result(write(program, room))
    return room.rstrip(b"\0 ").decode()


def compiled(names, architecture):
    """Return the log, and the PTX of each kernel by its name."""
    program = result(nvrtc.nvrtcCreateProgram(gpu._source().encode(), b"batch_norm.cu", 0, None, None))
    for name in names:
        result(nvrtc.nvrtcAddNameExpression(program, name.encode()))
    asked = (*gpu.OPTIONS, *ADDED_BY_CUPY, f"-arch=sm_{architecture}", "--ptxas-options=-v")
    (status,) = nvrtc.nvrtcCompileProgram(program, len(asked), [option.encode() for option in asked])
    log = text(nvrtc.nvrtcGetProgramLogSize, nvrtc.nvrtcGetProgramLog, program)
    assert status == nvrtc.nvrtcResult.NVRTC_SUCCESS, log
    ptx = text(nvrtc.nvrtcGetPTXSize, nvrtc.nvrtcGetPTX, program)
    bodies = dict(re.findall(r"\.entry (\w+)\(.*?^\{(.*?)^\}", ptx, re.DOTALL | re.MULTILINE))
    mangled = {name: result(nvrtc.nvrtcGetLoweredName(program, name.encode())).decode() for name in names}
    return log, {name: bodies[mangled[name]] for name in names}


ARCHITECTURES = [80, 90, 100]


@pytest.fixture(scope="module")
def builds():
    """Compile everything, two at a time: the log and the PTX by architecture and type of an entry."""

    def build(architecture, entry):
        told = kernels(clusters=architecture >= 90)
        return compiled([name for name, types in told if f"<{entry}," in types], architecture)

    with ThreadPoolExecutor(2) as pool:
        waiting = {
            each: pool.submit(build, *each) for each in itertools.product(ARCHITECTURES, gpu.ENTRIES.values())
        }
        return {each: building.result() for each, building in waiting.items()}


@pytest.fixture(scope="module", params=ARCHITECTURES, ids=lambda architecture: f"sm_{architecture}")
def architecture(request):
    return request.param


@pytest.fixture(scope="module", params=gpu.ENTRIES.values())
def build(request, architecture, builds):
    return builds[architecture, request.param]


def test_nothing_is_warned_of_nor_spilled(build):
    log, bodies = build
    assert "warning" not in log
    reports = [found.groupdict() for found in REPORT.finditer(log)]
    assert len(reports) == len(bodies)
    for report in reports:
        assert [report[what] for what in ("stack", "stores", "loads")] == ["0", "0", "0"], report
        # Two blocks of `split` have to run at once, or its grid waits for ever.
        assert int(report["registers"]) * 256 * 2 <= REGISTERS


def test_memory_is_moved_16_bytes_at_a_time(build):
    for name, ptx in build[1].items():
        on_chip = name.startswith(("on_chip", "warps", "cluster")) or name.endswith(">, true>")
        assert "st.global.cs.v4" in ptx, name
        assert ("cp.async.cg.shared.global" in ptx) == on_chip, name
        assert ("ld.global.nc.v4" in ptx) != on_chip, name  # what is kept on chip is read from memory once


def test_clusters_read_each_others_shared_memory(build, architecture):
    _, bodies = build
    clusters = [ptx for name, ptx in bodies.items() if name.startswith("cluster")]
    assert bool(clusters) == (architecture >= 90)
    for ptx in clusters:
        assert ptx.count("ld.shared::cluster.f64") >= 3
        assert ptx.count("barrier.cluster.arrive.release") == ptx.count("barrier.cluster.wait.acquire") == 2
