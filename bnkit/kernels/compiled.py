"""Numba's compiler, and a cache on disk that needs no Numba to be read.

Starting Numba takes about a second, also where all it does is to look into a cache of its own: more than most
programs spend on batch norm. So what it made is kept as object code, and the next process hands that to
llvmlite, Numba's own back end, in a tenth of a second. What is compiled is called as C calls, raises nothing
and calls nothing by name, which makes its object code complete in itself.
"""

import functools
import hashlib
import importlib.metadata
import logging  # noqa: F401, see below
import os
import sys
import threading
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

# A sum may be split into lanes, and a product and a sum may become one instruction. NaN and infinity keep
# their meaning.
FASTMATH = {"reassoc", "contract", "nsz"}

Sources: TypeAlias = Callable[..., dict[str, Callable[..., Any]]]

_engines: list[Any] = []  # what is loaded has to stay
_compiling = threading.RLock()  # a signal's handler may come in between and ask for another kernel
_failed = False


def available() -> bool:
    """Say whether there is a compiler, which the extra 'fast' brings, and it works."""
    return not _failed and _installed()


@functools.cache
def _installed() -> bool:
    return find_spec("numba") is not None


def give_up(error: Exception) -> None:
    """Do without the compiler from now on, and say why: a Numba that is older than NumPy, for example."""
    global _failed
    _failed = True
    warnings.warn(f"bnkit goes on without compiled kernels: {type(error).__name__}: {error}", stacklevel=2)


@functools.cache
def loaded(sources: Sources, name: str, dtype: np.dtype[Any]) -> int:
    """Return what `machine_code` does, loaded once for the whole process."""
    return machine_code(sources, name, dtype)


def machine_code(sources: Sources, name: str, dtype: np.dtype[Any]) -> int:
    """Return where a function's machine code is, from the cache or compiled now.

    Parameters
    ----------
    sources : callable
        ``(dtype, shared)`` → the functions of one dtype by name, written in the part of Python that Numba
        knows. Each takes one pointer to words and gives nothing back, or takes three words and gives back
        one; ``shared`` decorates what they call.
    name : str
    dtype : float32 or float64

    Returns
    -------
    int
        The address of a C function. It stays good as long as the process lives.
    """
    with _compiling:
        code = _read(path := _cached_file(sources, name, dtype))
        if code is None:
            code = _compile(sources, name, dtype)
            _write(path, code)
        return _load(code)


def _compile(sources: Sources, name: str, dtype: np.dtype[Any]) -> bytes:
    import numba

    # Without wrappers and reference counts nothing of Python's is left in the object code.
    bare = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": False}
    settings: Any = {"fastmath": FASTMATH, "error_model": "numpy", **bare}
    function: Any = sources(dtype, numba.njit(forceinline=True, **settings))[name]
    word = numba.types.int64
    takes_words = function.__code__.co_argcount == 1
    signature = numba.void(numba.types.CPointer(word)) if takes_words else word(word, word, word)
    made: Any = next(iter(numba.njit(signature, **settings)(function).overloads.values()))
    return f"{name}\n".encode() + _as_c_function(made, name)


def _as_c_function(made: Any, name: str) -> bytes:
    """Return object code in which a function of Numba's is called as C calls, under that name.

    What Numba makes for this itself reports exceptions through Python, and there are none.
    """
    from llvmlite import ir
    from numba.core.compiler_lock import global_compiler_lock
    from numba.core.types import none

    context, described = made.target_context, made.fndesc
    returned, taken = described.restype, described.argtypes
    module, gives_nothing = context.create_module(f"{name} as C"), returned == none
    kind = ir.VoidType() if gives_nothing else context.get_value_type(returned)
    function = ir.Function(module, ir.FunctionType(kind, [context.get_value_type(x) for x in taken]), name)
    builder = ir.IRBuilder(function.append_basic_block())
    convention = context.call_conv.get_function_type(returned, taken)
    numbas = ir.Function(module, convention, described.llvm_func_name)
    _, result = context.call_conv.call_function(builder, numbas, returned, taken, function.args)
    builder.ret_void() if gives_nothing else builder.ret(result)
    library = context.codegen().create_library(module.name)
    library.enable_object_caching()
    library.add_ir_module(module)
    library.add_linking_library(made.library)
    with global_compiler_lock:
        library.finalize()
    _, _, (code, _) = library.serialize_using_object_code()
    return bytes(code)


def _load(named_code: bytes) -> int:
    import llvmlite.binding as llvm

    name, _, code = named_code.partition(b"\n")
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_default_triple().create_target_machine(jit=True)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), target)
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    _engines.append(engine)
    return int(engine.get_function_address(name.decode()))


def _cached_file(sources: Sources, name: str, dtype: np.dtype[Any]) -> Path | None:
    import llvmlite
    import llvmlite.binding as llvm

    try:
        folder, texts = _writable_folder(Path(__file__).parent / "__pycache__"), _sources()
    except OSError:  # the package lies in an archive
        return None
    if folder is None:
        return None
    versions = importlib.metadata.version("numba"), llvmlite.__version__, sys.version, np.__version__
    machine = llvm.get_process_triple(), llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
    settings = sorted(f"{name}={value}" for name, value in os.environ.items() if name.startswith("NUMBA_"))
    parts = sources.__name__, name, dtype.str, *versions, *machine, *settings, *texts
    key = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
    return folder / f"{name}-{dtype.name}-{key}.kernel"


@functools.cache
def _sources() -> tuple[str, ...]:
    """The text of everything that is compiled, which decides with versions and processor what still holds."""
    here = Path(__file__).parent
    files = ("compiled", "native", "words", "jobs", "leading", "rows", "steps")
    return tuple((here / f"{name}.py").read_text("utf-8") for name in files)


def _writable_folder(beside_the_source: Path) -> Path | None:
    """The first folder that can be written into: Python's own cache, the user's, or none."""

    def users() -> Path:
        named = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
        return Path(named or Path.home() / ".cache") / "bnkit"

    for place in (lambda: beside_the_source, users):
        try:
            folder = place()
            folder.mkdir(parents=True, exist_ok=True)
        except (OSError, RuntimeError):  # a home that nobody knows is a RuntimeError
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
    half = path.with_suffix(f".{os.getpid()}")  # two processes that compile at once never see each other's
    try:
        half.write_bytes(hashlib.sha256(code).digest() + code)
        os.replace(half, path)
    except OSError:  # a full disk: the next process has to compile again
        half.unlink(missing_ok=True)


# A child that is forked while somebody compiles would wait for a thread that it does not have. Before a fork,
# who registered last is asked first: logging, which Numba uses, has to come before us, or each would wait for
# the other.
if hasattr(os, "register_at_fork"):
    release = _compiling.release
    os.register_at_fork(before=_compiling.acquire, after_in_parent=release, after_in_child=release)
