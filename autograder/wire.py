"""What crosses the wall, and how: numbers in frames, checked before anything is allocated.

A frame is a fixed header (magic, length of the JSON, length of the blob), a small JSON, and raw bytes.
The JSON holds a nonce, a head of plain words, and a tree in which every array is replaced by its dtype,
shape and place in the blob. Nothing is ever unpickled. This file needs only NumPy and its neighbours, because
it also lies inside the wall, beside worker.py.
"""

import json
import math
import struct
from dataclasses import dataclass, field
from typing import Any

import numpy as np

if __package__:
    from .arguments import Carried, Each, OnDevice, Rng, Strided
    from .stand_in import DeviceArray, host_copy
else:
    from arguments import Carried, Each, OnDevice, Rng, Strided
    from stand_in import DeviceArray, host_copy

MAGIC = b"BNW1"
HEADER = struct.Struct("<4sIQ")

MAX_JSON = 2**23
MAX_BLOB = 2**26
MAX_VALUES = 50_000
MAX_DEPTH = 12
MAX_DIMENSIONS = 8
MAX_NAME = 200

DTYPES = {
    name: np.dtype(name)
    for name in (
        *("float16", "float32", "float64", "bool"),
        *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)),
    )
}
SMALLEST_INTEGER, LARGEST_INTEGER = -(2**63), 2**64 - 1


class WireError(ValueError):
    """A value that may not cross, or a frame that is not one of ours."""


@dataclass(frozen=True)
class Unsupported:
    """Stands where a result held something other than numbers and arrays; says of which type it was."""

    type_name: str


@dataclass(frozen=True)
class CallError:
    """Why a call or a cell gave no result.

    Parameters
    ----------
    kind : str
        The exception's type, or "missing" (no such function), "crashed", "timeout" or "protocol".
    message : str
        One sentence or the exception's text.
    line : int or None
        The line of the student's source, where it is known.
    """

    kind: str
    message: str
    line: int | None = None


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came of one call: a value or an error, the names of the arguments it altered, and its seconds."""

    value: Any = None
    error: CallError | None = None
    changed: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, eq=False)
class Call:
    """One call of a student's function.

    Parameters
    ----------
    function : str
    args : tuple
        Numbers, arrays, lists, tuples and dicts of them, and what `arguments` adds.
    kwargs : dict
    names : tuple of str
        The positional arguments' names, by which ``Outcome.changed`` tells of them.
    """

    function: str
    args: tuple = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scan:
    """What a cell's source says before it runs.

    Parameters
    ----------
    error : CallError or None
        The syntax error, with its line.
    names : frozenset of str
        Names that the cell binds at module level, in any way.
    mentions : frozenset of str
        Dotted names used, modules imported, and one-word strings.
    """

    error: CallError | None = None
    names: frozenset[str] = frozenset()
    mentions: frozenset[str] = frozenset()


@dataclass(frozen=True, eq=False)
class Message:
    """A decoded frame: a head of plain JSON, and a value."""

    head: dict[str, Any]
    value: Any
    nonce: str = ""


def encode(value: Any, head: dict[str, Any] | None = None, nonce: str = "", *, reply: bool = False) -> bytes:
    """Write a frame.

    Parameters
    ----------
    value : numbers, arrays, None, and lists, tuples and dicts of them
    head : dict of plain JSON
        Words that go beside the value.
    nonce : str
        Returned by the other side, so that an answer belongs to its question.
    reply : bool
        In a reply, what may not cross becomes ``Unsupported``; elsewhere it raises.

    Returns
    -------
    frame : bytes

    Raises
    ------
    WireError
        If the value may not cross.
    """
    writer = _Writer(reply)
    try:
        tree = writer.node(value, 0)
    except WireError:
        if not reply:
            raise
        writer = _Writer(reply)
        tree = {"unsupported": f"{_type_name(value)} that is too large or too deep"}
    text = json.dumps({"nonce": nonce, "head": head or {}, "value": tree}).encode()
    if len(text) > MAX_JSON:
        if not reply:
            raise WireError(f"the frame's words take {len(text)} bytes, expected at most {MAX_JSON}")
        return encode(Unsupported(f"{_type_name(value)} that is too large"), head, nonce, reply=True)
    return b"".join([HEADER.pack(MAGIC, len(text), writer.size), text, *writer.parts])


def frame_size(header: bytes) -> int:
    """Length of the whole frame that begins with this header.

    Raises
    ------
    WireError
        If it is not a header, or claims more than may cross.
    """
    return HEADER.size + sum(_lengths(header))


def decode(frame: bytes, nonce: str | None = "", *, reply: bool = False) -> Message:
    """Read a frame, believing nothing in it.

    Parameters
    ----------
    frame : bytes
    nonce : str or None
        The one that the frame must carry; None takes any.
    reply : bool
        Replies may hold ``Unsupported``, requests ``Rng``, ``Strided``, ``Each`` and ``Carried``.

    Returns
    -------
    message : Message

    Raises
    ------
    WireError
        Whatever is wrong with it; no other exception comes out.
    """
    json_size, blob_size = _lengths(frame[: HEADER.size])
    if len(frame) != HEADER.size + json_size + blob_size:
        raise WireError(f"the frame has {len(frame)} bytes, its header says otherwise")
    body = memoryview(frame)[HEADER.size :]
    try:
        parsed = json.loads(bytes(body[:json_size]).decode())
    except (ValueError, RecursionError) as error:
        raise WireError(f"the frame's words are not JSON: {type(error).__name__}") from None
    if type(parsed) is not dict or set(parsed) != {"nonce", "head", "value"}:
        raise WireError("the frame's words are not a nonce, a head and a value")
    if type(parsed["nonce"]) is not str or nonce not in (None, parsed["nonce"]):
        raise WireError("the frame answers another question: its nonce is wrong")
    if type(parsed["head"]) is not dict:
        raise WireError("the frame's head is not a dict")
    reader = _Reader(body[json_size:], reply)
    value = reader.node(parsed["value"], 0)
    if reader.place != blob_size:
        raise WireError("the frame's blob is longer than its arrays")
    return Message(parsed["head"], value, parsed["nonce"])


def normalise(value: Any) -> Any:
    """The value as it would arrive from behind the wall: fresh arrays, ``Unsupported`` for the rest."""
    return decode(encode(value, reply=True), reply=True).value


def _lengths(header: bytes) -> tuple[int, int]:
    if len(header) != HEADER.size:
        raise WireError("the frame ends within its header")
    magic, json_size, blob_size = HEADER.unpack(header)
    if magic != MAGIC:
        raise WireError("this is not a frame: its first bytes are wrong")
    if json_size > MAX_JSON or blob_size > MAX_BLOB:
        raise WireError(f"the frame claims {json_size} + {blob_size} bytes, more than may cross")
    return json_size, blob_size


def _type_name(value: Any) -> str:
    name = type(value).__name__
    return name[:MAX_NAME].encode(errors="replace").decode() if type(name) is str else "object"


def _is_name(text: Any) -> bool:
    # A lone surrogate would break whoever prints or stores the name later.
    return type(text) is str and len(text) <= MAX_NAME and not any("\ud800" <= c <= "\udfff" for c in text)


class _Counter:
    """Counts values and depth in either direction."""

    def __init__(self) -> None:
        self.count = 0

    def enter(self, depth: int) -> None:
        self.count += 1
        if self.count > MAX_VALUES or depth > MAX_DEPTH:
            raise WireError(f"more than {MAX_VALUES} values, or nested deeper than {MAX_DEPTH}")


class _Writer(_Counter):
    """Turns a value into a JSON tree and the bytes of its arrays."""

    def __init__(self, reply: bool) -> None:
        super().__init__()
        self.reply = reply
        self.parts: list[bytes] = []
        self.size = 0

    def node(self, value: Any, depth: int) -> Any:
        self.enter(depth)
        kind = type(value)
        if value is None or kind is bool or kind is float:
            return value
        if kind is int and SMALLEST_INTEGER <= value <= LARGEST_INTEGER:
            return value
        if kind is np.ndarray and value.dtype.name in DTYPES and value.ndim <= MAX_DIMENSIONS:
            return {"array": self.array(value)}
        if issubclass(kind, np.generic) and kind in _SCALARS:
            return {"scalar": self.array(np.asarray(value))}
        # Subclasses pass as what they are underneath: a namedtuple is a tuple, an OrderedDict a dict.
        if issubclass(kind, (list, tuple)):
            base = list if issubclass(kind, list) else tuple
            return {base.__name__: [self.node(item, depth + 1) for item in base.__iter__(value)]}
        if issubclass(kind, dict) and all(_is_name(key) for key in dict.__iter__(value)):
            return {"dict": [[key, self.node(item, depth + 1)] for key, item in dict.items(value)]}
        if kind in (DeviceArray, OnDevice):
            array = value.array if kind is OnDevice else host_copy(value)
            return {"device": self.array(array)} if array.dtype.name in DTYPES else self.foreign(value)
        if kind is Unsupported and self.reply:
            return {"unsupported": value.type_name[:MAX_NAME]}
        return self.foreign(value) if self.reply else self.request(value, depth)

    def request(self, value: Any, depth: int) -> Any:
        """What only the trusted side sends."""
        kind = type(value)
        if kind is Rng:
            return {"rng": value.seed}
        if kind is Strided:
            return {"transposed" if value.transposed else "strided": self.array(value.array)}
        if kind is Each:
            return {"each": [self.node(item, depth + 1) for item in value.items]}
        if kind is Carried:
            return {"carried": [self.node(value.first, depth + 1), value.part, value.opaque, value.lag]}
        return self.foreign(value)

    def array(self, array: np.ndarray) -> list[Any]:
        # A broadcast view of one number can claim any size: look before copying.
        nbytes = array.size * array.itemsize
        if self.size + nbytes > MAX_BLOB:
            raise WireError(f"arrays take more than {MAX_BLOB} bytes")
        native = array.astype(array.dtype.newbyteorder("="), copy=False)
        place = self.size
        self.parts.append(native.tobytes())
        self.size += nbytes
        return [array.dtype.name, list(array.shape), place, nbytes]

    def foreign(self, value: Any) -> Any:
        name = _type_name(value)
        if type(value) is np.ndarray:
            name = f"ndarray of {value.dtype.name}"[:MAX_NAME]
        elif issubclass(type(value), dict):
            name = "dict whose keys are not short strings"
        if not self.reply:
            raise WireError(f"a value of type {name} may not cross; expected numbers, arrays, lists, dicts")
        return {"unsupported": name}


class _Reader(_Counter):
    """Turns a JSON tree and a blob back into a value, checking every claim first."""

    def __init__(self, blob: memoryview, reply: bool) -> None:
        super().__init__()
        self.blob = blob
        self.reply = reply
        self.place = 0

    def node(self, tree: Any, depth: int) -> Any:
        self.enter(depth)
        if tree is None or type(tree) in (bool, float):
            return tree
        if type(tree) is int:
            return self.integer(tree, SMALLEST_INTEGER)
        if type(tree) is not dict or len(tree) != 1:
            raise WireError("a value is neither a number nor one tagged thing")
        ((tag, content),) = tree.items()
        if tag == "array":
            return self.array(content)
        if tag == "scalar":
            return self.scalar(content)
        if tag in ("list", "tuple"):
            items = [self.node(item, depth + 1) for item in _expect(list, content)]
            return items if tag == "list" else tuple(items)
        if tag == "dict":
            return self.mapping(_expect(list, content), depth)
        if tag == "device":
            return OnDevice(self.array(content))
        if tag == "unsupported" and self.reply and _is_name(content):
            return Unsupported(content)
        if not self.reply:
            return self.request(tag, content, depth)
        raise WireError("a value has a tag that is not known here")

    def request(self, tag: str, content: Any, depth: int) -> Any:
        """What only the trusted side sends."""
        if tag == "rng":
            return Rng(self.integer(content, 0))
        if tag in ("strided", "transposed"):
            return Strided(self.array(content), tag == "transposed")
        if tag == "each":
            return Each(tuple(self.node(item, depth + 1) for item in _expect(list, content)))
        if tag == "carried" and type(content) is list and len(content) == 4:
            part, lag = self.integer(content[1], 0), self.integer(content[3], 1)
            return Carried(self.node(content[0], depth + 1), part, bool(content[2]), lag)
        raise WireError("a value has a tag that is not known here")

    def integer(self, number: Any, smallest: int) -> int:
        if type(number) is not int or not smallest <= number <= LARGEST_INTEGER:
            raise WireError("a whole number is out of range")
        return number

    def mapping(self, pairs: list, depth: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for pair in pairs:
            if type(pair) is not list or len(pair) != 2 or not _is_name(pair[0]) or pair[0] in result:
                raise WireError("a dict's entry is not a name of its own and a value")
            result[pair[0]] = self.node(pair[1], depth + 1)
        return result

    def array(self, claim: Any) -> np.ndarray:
        if type(claim) is not list or len(claim) != 4:
            raise WireError("an array is not told by dtype, shape, place and size")
        name, shape, place, nbytes = claim
        dtype = DTYPES.get(name) if type(name) is str else None
        if dtype is None:
            raise WireError("an array's dtype may not cross")
        if type(shape) is not list or len(shape) > MAX_DIMENSIONS:
            raise WireError(f"an array's shape is not a list of at most {MAX_DIMENSIONS} sizes")
        if not all(type(size) is int and 0 <= size <= MAX_BLOB for size in shape):
            raise WireError("an array's shape holds something that is no size")
        # An empty array may not claim an absurd shape either: count its zeros as ones.
        if math.prod(max(size, 1) for size in shape) * dtype.itemsize > MAX_BLOB:
            raise WireError("an array claims more bytes than may cross")
        if type(place) is not int or type(nbytes) is not int or place != self.place:
            raise WireError("an array does not begin where the one before it ends")
        if nbytes != math.prod(shape) * dtype.itemsize or place + nbytes > len(self.blob):
            raise WireError("an array's shape and its number of bytes do not agree")
        self.place += nbytes
        flat = np.frombuffer(self.blob[place : place + nbytes], dtype=np.uint8 if name == "bool" else dtype)
        # Any byte but 0 counts as True: a bool of another bit pattern would misbehave in NumPy.
        return (flat != 0 if name == "bool" else flat.copy()).reshape(shape)

    def scalar(self, claim: Any) -> np.generic:
        array = self.array(claim)
        if array.ndim:
            raise WireError("a scalar has a shape")
        return array[()]


# By type code, because two C types can share one name: on Linux np.longlong is an int64 too.
_SCALARS = frozenset(np.dtype(code).type for code in np.typecodes["AllInteger"] + "efd?")


def _expect(kind: type, content: Any) -> Any:
    if type(content) is not kind:
        raise WireError(f"expected a {kind.__name__}")
    return content
