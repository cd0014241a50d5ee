"""Numba's compiler, and a cache on disk that needs no Numba to be read.

Starting Numba takes about a second, also where all it does is to look into a cache of its own: more than most
programs spend on batch norm. So what it made is kept as object code, and the next process hands that to
llvmlite, Numba's own back end, in a tenth of a second. A kernel takes pointers and plain numbers, raises
nothing and calls nothing, which makes its object code complete in itself.
"""

import ctypes
import functools
import hashlib
import importlib.metadata
import os
import sys
import tempfile
import threading
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

# What a letter of a signature stands for: what ctypes hands over, and what Numba is told.
LETTERS: dict[str, Any] = {"p": ctypes.c_void_p, "d": ctypes.c_double, "i": ctypes.c_ssize_t}

# A sum may be split into lanes, and a product and a sum may become one instruction. NaN and infinity keep
# their meaning.
FASTMATH = {"reassoc", "contract", "nsz"}

Sources: TypeAlias = Callable[..., dict[str, Callable[..., None]]]

_engines: list[Any] = []  # what is loaded has to stay
_compiling = threading.Lock()


@functools.cache
def available() -> bool:
    """Say whether there is a compiler: the extra 'fast' brings it."""
    return find_spec("numba") is not None


def kernel(sources: Sources, name: str, letters: str, dtype: np.dtype[Any]) -> Callable[..., None]:
    """Return a kernel's machine code, from the cache or compiled now.

    Parameters
    ----------
    sources : callable
        ``(number, shared)`` → the kernels of one dtype by name, written in the part of Python that Numba
        knows, without results and exceptions. ``number`` is np.float32 or np.float64; ``shared`` decorates
        what they call. The file that it stands in decides, with the versions and the processor, whether the
        cache still holds.
    name : str
    letters : str
        A letter for each parameter: p for a pointer to numbers of `dtype`, d for a float, i for an int.
    dtype : float32 or float64

    Returns
    -------
    callable
        Takes what ctypes takes for those types; other threads run while it does.
    """
    with _compiling:
        code = _read(path := _cached_file(sources, name, letters, dtype))
        if code is None:
            code = _compile(sources, name, letters, dtype)
            _write(path, code)
        return _load(code, letters)


def _compile(sources: Sources, name: str, letters: str, dtype: np.dtype[Any]) -> bytes:
    import numba

    number = numba.from_dtype(dtype)
    known = {"p": numba.types.CPointer(number), "d": numba.types.float64, "i": numba.types.intp}
    types = tuple(known[letter] for letter in letters)
    # Without wrappers and reference counts nothing of Python's is left in the object code.
    bare = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": False}
    settings: Any = {"fastmath": FASTMATH, "error_model": "numpy", **bare}
    kernels = sources(dtype.type, numba.njit(**settings))
    made = numba.njit(numba.void(*types), **settings)(kernels[name]).overloads[types]
    _, _, (code, _) = made.library.serialize_using_object_code()
    return f"{made.fndesc.llvm_func_name}\n".encode() + code


def _load(named_code: bytes, letters: str) -> Callable[..., None]:
    import llvmlite.binding as llvm

    name, _, code = named_code.partition(b"\n")
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_default_triple().create_target_machine(jit=True)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), target)
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    _engines.append(engine)
    # Numba's convention: where to put a result and an exception, which a kernel has not, then the arguments.
    convention = ctypes.CFUNCTYPE(ctypes.c_int, *2 * [ctypes.c_void_p], *(LETTERS[x] for x in letters))
    native = convention(engine.get_function_address(name.decode()))
    return functools.partial(native, ctypes.create_string_buffer(16), ctypes.create_string_buffer(16))


def _cached_file(sources: Sources, name: str, letters: str, dtype: np.dtype[Any]) -> Path | None:
    import llvmlite
    import llvmlite.binding as llvm

    source = Path(sources.__code__.co_filename)
    folder = _writable_folder(source.parent / "__pycache__")
    if folder is None:
        return None
    versions = importlib.metadata.version("numba"), llvmlite.__version__, sys.version, np.__version__
    machine = llvm.get_process_triple(), llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
    parts = source.read_text("utf-8"), name, letters, dtype.str, *versions, *machine
    key = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
    return folder / f"{name}-{dtype.name}-{key}.kernel"


def _writable_folder(beside_the_source: Path) -> Path | None:
    """The first folder that can be written into: Python's own cache, the user's, or none."""
    home = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or Path.home() / ".cache"
    for folder in (beside_the_source, Path(home) / "bnkit"):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    return None


def _read(path: Path | None) -> bytes | None:
    """Return what was cached, if it is whole: half a file of machine code would take Python down with it."""
    try:
        content = path.read_bytes() if path else b""
    except OSError:
        return None
    digest, code = content[:32], content[32:]
    return code if code and hashlib.sha256(code).digest() == digest else None


def _write(path: Path | None, code: bytes) -> None:
    if path is None:
        return
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(hashlib.sha256(code).digest() + code)
        os.replace(file.name, path)  # two processes that compile at once never see each other's half
    except OSError:
        return  # a full disk costs the next process a second
