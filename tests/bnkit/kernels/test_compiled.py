"""Machine code is compiled once, kept, and read back without Numba."""

import ctypes
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from bnkit.kernels import compiled, cpu, leading
from bnkit.kernels import words as at

pytestmark = pytest.mark.skipif(
    not compiled.available(), reason="Numba is not installed: pip install '.[fast]'"
)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Have an empty cache of its own."""
    monkeypatch.setattr(compiled, "_writable_folder", lambda beside_the_source: tmp_path)
    return tmp_path


def step(dtype=np.float32):
    """Make a step with the kernel as it comes from the cache."""
    kernel = compiled.machine_code(cpu.KINDS["gradient_descent"].sources, "gradient_descent", np.dtype(dtype))
    theta, dtheta, out = np.ones(5, dtype), np.arange(5, dtype=dtype), np.zeros(5, dtype)
    words = np.zeros(at.WORDS, np.int64)
    words[at.ARRAYS : at.ARRAYS + 3] = [x.ctypes.data for x in (theta, dtheta, out)]
    words[[at.CHUNKS, at.CHUNK, at.UNITS, at.SELF]] = 2, 2, 4, words.ctypes.data
    words.view(np.float64)[at.NUMBERS] = 0.5
    ctypes.CFUNCTYPE(None, ctypes.c_void_p)(kernel)(words.ctypes.data)
    np.testing.assert_array_equal(out, [1, 0.5, 0, -0.5, 0])


def test_a_kernel_is_compiled_once(cache, monkeypatch):
    step()
    (kept,) = cache.iterdir()
    monkeypatch.setattr(compiled, "_compile", None)  # would be called in vain
    step()
    assert list(cache.iterdir()) == [kept]


def test_each_dtype_has_its_own(cache):
    step(np.float32)
    step(np.float64)
    assert len(list(cache.iterdir())) == 2


DAMAGES = {
    "cut off": lambda code: code[:-7],
    "empty": lambda code: b"",
    "one byte changed": lambda code: code[:60] + bytes([code[60] ^ 1]) + code[61:],
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_file_is_compiled_anew(cache, damage):
    step()
    (kept,) = cache.iterdir()
    kept.write_bytes(damage(kept.read_bytes()))
    assert compiled._read(kept) is None
    step()
    assert compiled._read(kept)


@pytest.mark.parametrize(
    ("where", "what", "new"),
    [
        (compiled.np, "__version__", "another"),
        (compiled, "_sources", lambda: ("another text",)),
        (compiled.importlib.metadata, "version", lambda package: "another"),
    ],
    ids=["NumPy", "source", "Numba"],
)
def test_another_version_has_its_own(cache, monkeypatch, where, what, new):
    step()
    monkeypatch.setattr(where, what, new)
    step()
    assert len(list(cache.iterdir())) == 2


def test_other_settings_of_numba_have_their_own(cache, monkeypatch):
    step()
    monkeypatch.setenv("NUMBA_OPT", "0")
    step()
    assert len(list(cache.iterdir())) == 2


def test_the_source_that_decides_is_that_of_all_that_is_compiled():
    texts = "".join(compiled._sources())
    for what in ("def enter(", "def forward(", "def adam(", "def next_chunk(", "NUMBERS =", "def swap("):
        assert what in texts


def test_without_a_compiler_that_works_the_formulas_do_it(tmp_path):
    code = (
        "import warnings, numpy as np\n"
        "from bnkit import kernels\n"
        "from bnkit.kernels import compiled\n"
        "compiled._writable_folder = lambda beside_the_source: None\n"
        "Z, one = np.ones((512, 512)), np.ones((512, 1))\n"
        "with warnings.catch_warnings(record=True) as told:\n"
        "    warnings.simplefilter('always')\n"
        "    for _ in range(2):\n"
        "        print((kernels.batchnorm_forward(Z, one, one)[0] == 1).all())\n"
        "print(len(told), 'without compiled kernels' in str(told[0].message))\n"
    )
    broken = os.environ | {"NUMBA_DISABLE_JIT": "1"}
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=broken
    )
    assert told.stdout.split() == ["True", "True", "1", "True"]


def test_without_a_folder_to_write_to_it_works_all_the_same(monkeypatch):
    monkeypatch.setattr(compiled, "_writable_folder", lambda beside_the_source: None)
    step()


def test_a_full_disk_costs_only_the_cache(cache, monkeypatch):
    def full(source, destination):
        raise OSError("no space left on device")

    monkeypatch.setattr(compiled.os, "replace", full)
    step()
    assert list(cache.iterdir()) == []  # nothing is left behind


def test_the_folder_is_the_sources_or_the_users(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    beside = tmp_path / "__pycache__"
    assert compiled._writable_folder(beside) == beside
    beside.rmdir()
    beside.write_text("a file in the way")
    assert compiled._writable_folder(beside) == tmp_path / "cache" / "bnkit"


FIRST_CALL = """
import sys, numpy as np
from bnkit import kernels
Z, one = np.ones((2, 3), np.float32), np.ones((2, 1), np.float32)
_, mu, inv_std = kernels.batchnorm_forward(Z, one, one)
kernels.batchnorm_backward(Z, Z, one, mu, inv_std)
print("numba" in sys.modules, "scipy" in sys.modules)
"""


def test_a_fresh_process_with_a_warm_cache_imports_no_numba():
    for _ in range(2):  # the first one warms the cache
        told = subprocess.run([sys.executable, "-c", FIRST_CALL], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["False", "False"]


def test_object_code_refers_to_nothing_outside(cache):
    nm = shutil.which("nm")
    if nm is None:
        pytest.skip("there is no nm here")
    for name, kind in cpu.KINDS.items():
        compiled.machine_code(kind.sources, name, np.dtype(np.float32))
    for name in ("enter", "serve"):
        compiled.machine_code(leading.leading, name, np.dtype(np.float64))
    for kept in cache.iterdir():
        code = kept.read_bytes()[32:].partition(b"\n")[2]
        (cache / "code.o").write_bytes(code)
        told = subprocess.run([nm, "-u", cache / "code.o"], capture_output=True, text=True, check=True)
        assert told.stdout == "", kept
        os.remove(cache / "code.o")
