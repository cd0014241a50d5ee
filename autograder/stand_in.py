"""A GPU that exists only in Python: arrays that behave as CuPy's arrays do, wherever there is no GPU.

Operators, methods and NumPy's functions dispatch on a `DeviceArray` and give a `DeviceArray`. It never turns
into a NumPy array unasked, and never meets one: whoever writes for it writes for CuPy. Like the worker this
file lies alone inside the wall, so it needs NumPy and nothing else.
"""

import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

# What CuPy says, word for word: it is what a reader will search for.
NO_IMPLICIT_CONVERSION = (
    "Implicit conversion to a NumPy array is not allowed. "
    "Please use `.get()` to construct a NumPy array explicitly."
)
UNSUPPORTED = "Unsupported type {}"
# CuPy does answer these, one number at a time, and makes the program wait for the GPU at each.
NO_NUMBER = (
    "{}() of an array on a device is refused: it would copy a number to the host and wait for the device. "
    "Keep the number on the device, as an array"
)
STAYS = "{} copies to the host, and this array has to stay on its device: compute there"

NUMBERS = bool | int | float | complex | np.generic
UPLOADS = ("array", "asarray", "asanyarray", "ascontiguousarray", "asfortranarray")
# Their answers are arrays without dimensions in CuPy, and no Python numbers.
ANSWERS = ("allclose", "array_equal", "array_equiv", "count_nonzero")
ON_HOST = ("array2string", "array_repr", "array_str", "save", "savetxt", "savez", "savez_compressed")
METHODS = (
    *("all", "any", "argmax", "argmin", "argpartition", "argsort", "astype", "choose", "clip", "compress"),
    *("conj", "conjugate", "copy", "cumprod", "cumsum", "diagonal", "dot", "fill", "flatten", "max", "mean"),
    *("min", "nonzero", "partition", "prod", "put", "ravel", "repeat", "reshape", "round", "searchsorted"),
    *("sort", "squeeze", "std", "sum", "swapaxes", "take", "trace", "transpose", "var", "view"),
)
PROPERTIES = ("T", "mT", "real", "imag", "shape", "ndim", "size", "dtype", "itemsize", "nbytes", "strides")


class HostCopyError(RuntimeError):
    """A copy to the host of an array that has to stay where it is."""


class DeviceArray(np.lib.mixins.NDArrayOperatorsMixin):
    """An array on a device, made by an explicit copy of one on the host.

    Parameters
    ----------
    array : array
        A NumPy array, a number, nested lists of numbers, or a `DeviceArray`.
    may_leave : bool
        Whether `get` and its like may copy it, and what is computed from it, back to the host. CuPy always
        allows that; a check does not, to see whether a function computes where its arrays live.
    """

    __slots__ = ("_may_leave", "_memory")

    def __init__(self, array: Any, may_leave: bool = True):
        memory = array._memory if type(array) is DeviceArray else array
        self._memory = _numeric(np.array(memory))
        self._may_leave = may_leave

    # To the host: only where it is asked for.

    def get(self) -> np.ndarray:
        """Return a copy on the host, as a NumPy array."""
        return self._leaving(".get()").copy()

    def item(self, *place: int) -> Any:
        """Return a copy of one entry on the host, as a Python number."""
        return self._leaving(".item()").item(*place)

    def tolist(self) -> Any:
        """Return a copy on the host, as nested lists."""
        return self._leaving(".tolist()").tolist()

    def _leaving(self, how: str) -> np.ndarray:
        if not self._may_leave:
            raise HostCopyError(STAYS.format(how))
        return self._memory

    def __array__(self, *args: Any, **kwargs: Any) -> np.ndarray:
        raise TypeError(NO_IMPLICIT_CONVERSION)

    def __float__(self) -> float:
        raise TypeError(NO_NUMBER.format("float"))

    def __int__(self) -> int:
        raise TypeError(NO_NUMBER.format("int"))

    def __complex__(self) -> complex:
        raise TypeError(NO_NUMBER.format("complex"))

    def __bool__(self) -> bool:
        raise TypeError(NO_NUMBER.format("bool"))

    # From the host.

    def set(self, array: np.ndarray) -> None:
        """Overwrite every entry with those of a NumPy array of this shape and dtype."""
        if not isinstance(array, np.ndarray):
            raise TypeError("Only numpy.ndarray can be set to a DeviceArray")
        if (array.dtype, array.shape) != (self.dtype, self.shape):
            raise ValueError(f"expected shape {self.shape} and dtype {self.dtype}")
        self._memory[...] = array

    # On the device.

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """Compute a NumPy ufunc where the arrays are."""
        for operand in inputs:
            if isinstance(operand, list | tuple):
                raise TypeError(UNSUPPORTED.format(type(operand)))
        known = all(isinstance(operand, DeviceArray | np.ndarray | NUMBERS) for operand in inputs)
        if not known or getattr(np, ufunc.__name__, None) is not ufunc:
            return NotImplemented
        return _computed(getattr(ufunc, method), inputs, kwargs)

    def __array_function__(self, function: Callable, kinds: Any, args: Any, kwargs: Any) -> Any:
        """Compute one of NumPy's other functions where the arrays are."""
        name = function.__name__
        if name in ON_HOST or not all(kind in (DeviceArray, np.ndarray) for kind in kinds):
            return NotImplemented
        return _computed(function, args, kwargs, upload=name in UPLOADS)

    def __array_namespace__(self, *, api_version: str | None = None) -> types.ModuleType:
        """Return the module that makes arrays on this device."""
        return NAMESPACE

    @property
    def device(self) -> str:
        """Where the array lives."""
        return "stand-in"

    @property
    def flags(self) -> Any:
        """How the array lies in memory."""
        return self._memory.flags

    def __len__(self) -> int:
        return len(self._memory)

    def __iter__(self) -> Iterator["DeviceArray"]:
        if not self.ndim:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(len(self)))

    def __getitem__(self, key: Any) -> "DeviceArray":
        taken: list[DeviceArray] = [self]
        return _on_device(self._memory[_in_memory(key, taken, upload=True)], taken)

    def __setitem__(self, key: Any, value: Any) -> None:
        taken: list[DeviceArray] = []
        self._memory[_in_memory(key, taken, upload=True)] = _in_memory(value, taken)
        self._may_leave &= all(array._may_leave for array in taken)

    def __copy__(self) -> "DeviceArray":
        return DeviceArray(self, self._may_leave)

    def __deepcopy__(self, memo: Any) -> "DeviceArray":
        return DeviceArray(self, self._may_leave)

    def __reduce__(self) -> Any:
        return DeviceArray, (self.get(),)

    def __repr__(self) -> str:
        if not self._may_leave:
            return f"DeviceArray(shape={self.shape}, dtype={self.dtype})"
        values = np.array2string(self._memory, separator=", ", prefix="DeviceArray(")
        return f"DeviceArray({values}, dtype={self.dtype})"

    def __format__(self, specification: str) -> str:
        return format(self._memory, specification) if self._may_leave else repr(self)


def host_copy(array: DeviceArray) -> np.ndarray:
    """Return what an array holds, also of one that may not leave: for checks, not for students."""
    return array._memory.copy()


def _numeric(memory: np.ndarray) -> np.ndarray:
    if memory.dtype.kind not in "biufc":
        raise ValueError(f"Unsupported dtype {memory.dtype}")
    return memory


def _computed(function: Callable, args: Any, kwargs: Any, upload: bool = False) -> Any:
    """Call a function of NumPy on the arrays' memory; the result is on the device again."""
    taken: list[DeviceArray] = []
    given = _in_memory(tuple(args), taken, upload), _in_memory(dict(kwargs), taken, upload)
    with np.errstate(all="ignore"):  # a GPU does not warn
        result = function(*given[0], **given[1])
    if getattr(function, "__name__", "") in ANSWERS:
        result = np.asarray(result)
    out = kwargs.get("out")
    for written in out if isinstance(out, tuple) else (out,):
        if type(written) is DeviceArray:
            written._may_leave &= all(array._may_leave for array in taken)
    return _on_device(result, taken)


def _in_memory(value: Any, taken: list[DeviceArray], upload: bool = False) -> Any:
    """Replace each array on the device by its memory, and note it; refuse arrays on the host."""
    if type(value) is DeviceArray:
        taken.append(value)
        return value._memory
    if isinstance(value, np.ndarray) and not upload:
        raise TypeError(UNSUPPORTED.format(type(value)))
    if isinstance(value, tuple | list):
        return type(value)(_in_memory(item, taken, upload) for item in value)
    if isinstance(value, dict):
        return {key: _in_memory(item, taken, upload) for key, item in value.items()}
    if callable(value) and not isinstance(value, type | np.ufunc):
        # A function to apply to each row gets arrays on the device, too.
        return lambda *args, **kwargs: _in_memory(
            value(*_on_device(args, taken), **_on_device(kwargs, taken)), taken
        )
    return value


def _on_device(result: Any, taken: list[DeviceArray]) -> Any:
    """Replace each array and NumPy number in a result by an array on the device."""
    if isinstance(result, np.ndarray | np.generic):
        same = [array for array in taken if array._memory is result]
        return same[0] if same else _around(np.asarray(result), all(array._may_leave for array in taken))
    if isinstance(result, tuple):
        parts = [_on_device(part, taken) for part in result]
        return type(result)(*parts) if hasattr(result, "_fields") else tuple(parts)
    if isinstance(result, list):
        return [_on_device(part, taken) for part in result]
    if isinstance(result, dict):
        return {key: _on_device(part, taken) for key, part in result.items()}
    return result


def _around(memory: np.ndarray, may_leave: bool) -> DeviceArray:
    """An array on the device around memory that is there already: a view stays a view."""
    array = DeviceArray.__new__(DeviceArray)
    array._memory, array._may_leave = _numeric(memory), may_leave
    return array


def _method(name: str) -> Callable:
    def method(self: DeviceArray, *args: Any, **kwargs: Any) -> Any:
        return _computed(getattr(np.ndarray, name), (self, *args), kwargs)

    method.__name__ = name
    return method


def _property(name: str) -> property:
    return property(lambda self: _on_device(getattr(self._memory, name), [self]))


for _name in METHODS:
    setattr(DeviceArray, _name, _method(_name))
for _name in PROPERTIES:
    setattr(DeviceArray, _name, _property(_name))


class Namespace(types.ModuleType):
    """What `cupy` is to CuPy's arrays: NumPy's functions, giving arrays on the device."""

    def __init__(self, name: str, source: Any):
        super().__init__(name)
        self._source = source

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in ON_HOST:
            raise AttributeError(f"{self.__name__} has no {name}")
        found = getattr(self._source, name)
        if isinstance(found, types.ModuleType):
            return Namespace(f"{self.__name__}.{name}", found)
        if not callable(found) or isinstance(found, type):
            return found

        def function(*args: Any, **kwargs: Any) -> Any:
            return _computed(found, args, kwargs, upload=name in UPLOADS)

        function.__name__ = name
        return function


NAMESPACE = Namespace("stand_in", np)
NAMESPACE.ndarray = DeviceArray
NAMESPACE.asnumpy = lambda array: array.get() if type(array) is DeviceArray else np.asarray(array)
NAMESPACE.get_array_module = lambda *arrays: (
    NAMESPACE if any(type(array) is DeviceArray for array in arrays) else np
)
