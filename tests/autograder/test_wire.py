"""What crosses the wall arrives as it was; what may not, never does; no frame can do harm."""

import json
from collections import OrderedDict, namedtuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps

from autograder import wire
from autograder.wire import HEADER, MAGIC, Rng, Strided, Unsupported, WireError, decode, encode, normalise

ARRAYS = nps.arrays(
    st.sampled_from(sorted(wire.DTYPES)), nps.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
)
NUMBERS = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats()
VALUES = st.recursive(
    NUMBERS | ARRAYS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


def alike(left, right):
    """Same types all the way down, same bits in arrays, NaN equal to NaN."""
    if type(left) is not type(right):
        return False
    if isinstance(left, np.ndarray | np.generic):
        return left.dtype == right.dtype and left.shape == right.shape and left.tobytes() == right.tobytes()
    if isinstance(left, dict):
        return list(left) == list(right) and all(alike(left[key], right[key]) for key in left)
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(alike, left, right))
    return left == right or (left != left and right != right)


def frame(tree, blob=b"", nonce="", head=None):
    """A frame as an attacker would write it."""
    text = json.dumps({"nonce": nonce, "head": head or {}, "value": tree}).encode()
    return HEADER.pack(MAGIC, len(text), len(blob)) + text + blob


@given(VALUES)
def test_every_value_made_of_numbers_and_arrays_arrives_as_it_was(value):
    assert alike(decode(encode(value)).value, value)


@pytest.mark.parametrize("name", sorted(wire.DTYPES))
def test_numpy_scalars_keep_their_dtype(name):
    scalar = np.dtype(name).type(1)
    arrived = normalise(scalar)
    assert type(arrived) is type(scalar)
    assert arrived == scalar


def test_nan_and_infinities_cross():
    values = [float("nan"), float("inf"), np.float32("-inf"), np.array([np.nan, np.inf])]
    assert alike(normalise(values), values)


def test_views_arrive_as_arrays_of_their_own():
    Z = np.arange(12.0).reshape(3, 4)
    for view in (Z.T, Z[:, ::2], np.broadcast_to(Z[:1], (5, 4)), Z.astype(">f8")):
        arrived = normalise(view)
        np.testing.assert_array_equal(arrived, view)
        assert arrived.flags.owndata or arrived.base.flags.owndata
        assert arrived.flags.writeable


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (np.matrix([[1.0]]), "matrix"),
        (np.ma.masked_array([1.0]), "MaskedArray"),
        (np.array([object()]), "ndarray of object"),
        (np.array(["a"]), "ndarray of str32"),
        (np.array([1j]), "ndarray of complex128"),
        (np.zeros(2, [("x", float)]), "ndarray of void64"),
        (np.zeros(1, "longdouble"), "ndarray of"),
        ("text", "str"),
        (1j, "complex"),
        (2**64, "int"),
        ({1: 2}, "dict whose keys"),
        ({"\ud800": 2}, "dict whose keys"),
        (object(), "object"),
        (type("Float", (float,), {})(1), "Float"),
        (type("Array", (np.ndarray,), {})((2,)), "Array"),
        (type("\x1b[31m" + "x" * 500, (), {})(), "\x1b"),
        (Rng(1), "Rng"),
        (Strided(np.ones(2)), "Strided"),
    ],
)
def test_anything_else_in_a_result_is_told_by_its_type_only(value, name):
    arrived = normalise([1, value])
    assert arrived[0] == 1
    assert type(arrived[1]) is Unsupported
    assert arrived[1].type_name.startswith(name)
    assert len(arrived[1].type_name) <= wire.MAX_NAME


def test_a_memory_map_is_not_an_array(tmp_path):
    assert normalise(np.memmap(tmp_path / "map", mode="w+", shape=(2,))) == Unsupported("memmap")


def test_subclasses_of_containers_pass_as_what_they_are_underneath():
    pair = namedtuple("Pair", "mu sigma2")(1.0, 2.0)
    assert alike(normalise([pair, OrderedDict(W1=1)]), [(1.0, 2.0), {"W1": 1}])


def test_what_may_not_cross_raises_in_a_request():
    with pytest.raises(WireError, match="type str may not cross"):
        encode(["text"])


def test_generators_and_strided_arrays_cross_in_requests_only():
    request = encode((Rng(7), Strided(np.ones((2, 3)))))
    rng, strided = decode(request).value
    assert rng == Rng(7)
    assert strided.array.shape == (2, 3)
    with pytest.raises(WireError):
        decode(request, reply=True)


@pytest.mark.parametrize("build", [lambda: np.broadcast_to(1.0, (10**9, 10**9)), lambda: [0] * 10**6])
def test_a_result_that_is_too_large_is_not_copied_but_named(build):
    assert "too large" in normalise(build()).type_name


def test_a_list_that_holds_itself_is_named_not_followed():
    loop = []
    loop.append(loop)
    assert "too deep" in normalise(loop).type_name


def test_a_frame_with_another_nonce_is_refused():
    with pytest.raises(WireError, match="nonce"):
        decode(encode(1, nonce="right"), "wrong")


@pytest.mark.parametrize(
    ("claim", "blob"),
    [
        (["float64", [10**18], 0, 8 * 10**18], b""),
        (["float64", [2**62, 4], 0, 0], b""),
        (["float64", [0, 2**26, 2**26], 0, 0], b""),
        (["float64", [-1, -1], 0, 8], bytes(8)),
        (["float64", [2], 0, 8], bytes(8)),
        (["float64", [1], 0, 8], b""),
        (["float64", [1], 8, 8], bytes(16)),
        (["float64", [1], -8, 8], bytes(8)),
        (["float64", [True], 0, 8], bytes(8)),
        (["float64", [1.0], 0, 8], bytes(8)),
        (["float64", [1] * 9, 0, 8], bytes(8)),
        (["float64", 1, 0, 8], bytes(8)),
        (["object", [1], 0, 8], bytes(8)),
        (["O", [1], 0, 8], bytes(8)),
        ([["float64"], [1], 0, 8], bytes(8)),
        (["float64", [1], 0], bytes(8)),
        (None, b""),
    ],
)
def test_an_array_that_claims_what_is_not_so_is_refused(claim, blob):
    with pytest.raises(WireError):
        decode(frame({"array": claim}, blob))


@pytest.mark.parametrize(
    "tree",
    [
        "text",
        [],
        {},
        {"list": [], "tuple": []},
        {"list": {}},
        {"dict": [["a"]]},
        {"dict": [["a", 1], ["a", 2]]},
        {"dict": [[1, 2]]},
        {"pickle": ""},
        {"rng": -1},
        {"rng": True},
        {"unsupported": 3},
        10**30,
    ],
)
def test_a_tree_that_is_not_ours_is_refused(tree):
    with pytest.raises(WireError):
        decode(frame(tree))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"BNW1",
        HEADER.pack(b"EVIL", 0, 0),
        HEADER.pack(MAGIC, 2**32 - 1, 0),
        HEADER.pack(MAGIC, 2, 2**63) + b"{}",
        HEADER.pack(MAGIC, 2, 0) + b"{}",
        HEADER.pack(MAGIC, 4, 0) + b"\xff\xfe{}",
        HEADER.pack(MAGIC, 100_000, 0) + b"[" * 100_000,
        HEADER.pack(MAGIC, 10_000, 0) + b"9" * 10_000,
        frame(1) + b"more",
        frame(1)[:-1],
        frame(None, b"left over"),
        frame(1, head=[1]),
    ],
)
def test_a_broken_frame_is_refused(data):
    with pytest.raises(WireError):
        decode(data)


TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["array", "scalar", "list", "tuple", "dict", "rng", "strided", "unsupported"]),
            inner
            | st.tuples(st.sampled_from(["float64", "bool"]), st.lists(inner, max_size=3), inner, inner),
            max_size=2,
        )
    ),
    max_leaves=20,
)


@given(TREES, st.binary(max_size=32), st.booleans())
def test_no_tree_makes_decoding_fail_otherwise_than_by_wire_error(tree, blob, reply):
    try:
        value = decode(frame(tree, blob), reply=reply).value
    except WireError:
        return
    assert reply is False or alike(normalise(value), value)


@given(st.binary(max_size=200), VALUES, st.data())
def test_no_bytes_make_decoding_fail_otherwise_than_by_wire_error(noise, value, data):
    honest = bytearray(encode(value))
    place = data.draw(st.integers(0, len(honest) - 1))
    honest[place : place + len(noise)] = noise
    for attempt in (noise, bytes(honest)):
        try:
            decode(attempt)
        except WireError:
            continue
