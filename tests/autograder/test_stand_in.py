"""A device array computes where it lives, and comes to the host only when it is asked to."""

import copy
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from autograder import stand_in
from autograder.stand_in import DeviceArray, HostCopyError, host_copy

HOST = np.random.default_rng(0).normal(3, 2, (3, 8))
COLUMN = HOST[:, :1].copy()


@pytest.fixture
def Z():
    return DeviceArray(HOST)


@pytest.fixture
def staying():
    return DeviceArray(HOST, may_leave=False)


COMPUTATIONS = {
    "operators": lambda Z, c: -((2 * Z - c) ** 2) / (1 + abs(Z)) // 0.5 % 3,
    "a matrix product": lambda Z, c: Z @ Z.T,
    "comparisons": lambda Z, c: np.less(c, Z) | (Z == 0) & ~(Z <= 1),
    "a NumPy number": lambda Z, c: np.float64(2) * Z + np.int64(3) - Z * np.float32(2),
    "methods": lambda Z, c: Z.mean(axis=1, keepdims=True) + Z.std(1).reshape(-1, 1) + Z.max(),
    "dot and var": lambda Z, c: Z.dot(Z.T).var(axis=1, ddof=1),
    "astype, ravel, squeeze": lambda Z, c: (Z.astype(np.float32).ravel(), c.squeeze(), c.T, c.transpose()),
    "ufuncs": lambda Z, c: np.sqrt(np.square(Z)) + np.power(Z, 2) + np.maximum(Z, c) - np.reciprocal(c),
    "a ufunc with a condition": lambda Z, c: np.sqrt(np.abs(Z), where=Z != 0, out=np.zeros_like(Z)),
    "a ufunc's reduction": lambda Z, c: np.add.reduce(Z, axis=1, keepdims=True),
    "functions": lambda Z, c: np.mean(Z, axis=1, keepdims=True) + np.var(Z, axis=1, keepdims=True),
    "einsum": lambda Z, c: np.einsum("ij,ik->jk", Z, c),
    "where, clip, round": lambda Z, c: np.where(Z > 0, Z, 0.0) + np.clip(Z, 0, 1) + np.round(Z, 2),
    "arrays like another": lambda Z, c: np.zeros_like(Z) + np.full_like(c, 7) + np.ones((3, 1), like=Z),
    "an upload by like": lambda Z, c: np.asarray([[1.0], [2.0], [3.0]], like=Z) + Z,
    "joining": lambda Z, c: np.concatenate((Z, c), axis=1).sum() + np.stack([Z[0], Z[1]]).sum(),
    "joining rows": lambda Z, c: np.vstack([row - row.mean() for row in Z]),
    "built in": lambda Z, c: sum(Z) / len(Z),
    "several results": lambda Z, c: np.divmod(Z, 2),
    "linear algebra": lambda Z, c: np.linalg.norm(Z, axis=1),
    "a function for each row": lambda Z, c: np.apply_along_axis(lambda row: row - np.mean(row), 1, Z),
    "indexing": lambda Z, c: (Z[0], Z[1, 2], Z[:, ::2], Z[Z > 0], Z[np.array([0, 2])], Z[c.ravel() > 0]),
    "all close": lambda Z, c: np.allclose(Z, Z),
    "a count": lambda Z, c: np.count_nonzero(Z > 3),
}


@pytest.mark.parametrize("name", COMPUTATIONS)
def test_it_computes_what_numpy_computes_and_stays_on_the_device(name, Z):
    there, here = (COMPUTATIONS[name](*given) for given in ((Z, DeviceArray(COLUMN)), (HOST, COLUMN)))
    there, here = (parts if isinstance(parts, tuple) else (parts,) for parts in (there, here))
    for result, expected in zip(there, here, strict=True):
        assert type(result) is DeviceArray
        assert result.shape == np.shape(expected)
        np.testing.assert_allclose(result.get(), expected)


def test_properties_are_those_of_the_array(Z):
    wide = HOST[:, ::2]
    for name in ("shape", "ndim", "size", "dtype", "itemsize", "nbytes"):
        assert getattr(Z, name) == getattr(HOST, name)
        assert type(getattr(Z, name)) is type(getattr(HOST, name))
    assert Z[:, ::2].strides == DeviceArray(HOST)._memory[:, ::2].strides
    assert not Z[:, ::2].flags.c_contiguous
    assert DeviceArray(wide).shape == (3, 4)
    assert np.shape(Z) == (3, 8)
    assert np.ndim(Z) == 2


def test_a_full_reduction_is_an_array_without_dimensions_as_in_cupy(Z):
    for result in (Z.mean(), np.sum(Z), Z[0, 0], np.float64(1) * Z[0, 0]):
        assert type(result) is DeviceArray
        assert result.shape == ()
    with pytest.raises(TypeError, match="iteration over a 0-d array"):
        iter(Z.mean())


def test_it_can_be_written_into_in_place_and_through_views(Z):
    before = Z
    Z -= Z.mean(axis=1, keepdims=True)
    assert Z is before
    Z[0] = 0
    Z[1:, :2] = Z[:2, :2]
    row = Z[2]
    row *= 2
    expected = HOST - HOST.mean(axis=1, keepdims=True)
    expected[0] = 0
    expected[1:, :2] = expected[:2, :2].copy()
    expected[2] *= 2
    np.testing.assert_allclose(Z.get(), expected)
    out = np.empty_like(Z)
    assert np.multiply(Z, 2, out=out) is out
    np.testing.assert_allclose(out.get(), 2 * expected)


def test_a_copy_shares_nothing_with_its_original(Z):
    for other in (Z.copy(), copy.copy(Z), copy.deepcopy(Z), DeviceArray(Z), pickle.loads(pickle.dumps(Z))):
        other[...] = 0
    host = Z.get()
    host[...] = 0
    np.testing.assert_array_equal(Z.get(), HOST)


IMPLICIT = {
    "np.asarray": np.asarray,
    "np.array": np.array,
    "np.array of a list of them": lambda Z: np.array([Z, Z]),
    "np.asarray with a dtype": lambda Z: np.asarray(Z, dtype=object),
    "a slice of a host array": lambda Z: np.empty((3, 8)).__setitem__(slice(None), Z),
    "np.full": lambda Z: np.full((3, 1), Z[0, 0]),
    "a masked array": np.ma.array,
    "a matrix": np.matrix,
    "np.vectorize": lambda Z: np.vectorize(lambda z: z)(Z),
    "a broadcast": lambda Z: np.broadcast(Z, Z),
    "np.testing": lambda Z: np.testing.assert_allclose(Z, Z),
    "a NumPy number": lambda Z: np.float64(Z[0, 0]),
}
MIXED = {
    "an operator": lambda Z: Z + HOST,
    "an operator, turned round": lambda Z: HOST - Z,
    "in place": lambda Z: Z.__iadd__(HOST),
    "in place, into the host": lambda Z: HOST.copy().__iadd__(Z),
    "an array without dimensions": lambda Z: Z + np.array(1.0),
    "a matrix product": lambda Z: COLUMN.T @ Z,
    "a ufunc": lambda Z: np.maximum(Z, HOST),
    "out on the host": lambda Z: np.subtract(Z, 1, out=np.empty((3, 8))),
    "a condition on the host": lambda Z: np.sqrt(Z, where=HOST > 0, out=np.zeros_like(Z)),
    "a function": lambda Z: np.where(Z > 0, Z, HOST),
    "joining": lambda Z: np.concatenate((Z, HOST)),
    "assignment": lambda Z: Z.__setitem__(slice(None), HOST),
    "np.copyto": lambda Z: np.copyto(np.empty((3, 8)), Z),
    "a row's function that brings one": lambda Z: np.apply_along_axis(lambda row: HOST[0], 1, Z),
    "the namespace": lambda Z: Z.__array_namespace__().sqrt(HOST),
}
REFUSED = {
    "float": (lambda Z: float(Z[0, 0]), "float"),
    "int": (lambda Z: int(Z[0, 0]), "int"),
    "bool": (lambda Z: bool(Z[0, 0]), "bool"),
    "a condition": (lambda Z: max(Z[0, 0], 1.0), "bool"),
    "math": (lambda Z: __import__("math").sqrt(Z[0, 0]), "float"),
    "a list": (lambda Z: Z + [1.0] * 8, "Unsupported type <class 'list'>"),
    "the buffer": (memoryview, "bytes-like"),
    "np.frombuffer": (np.frombuffer, "bytes-like"),
    "bytes": (bytes, "integer"),
    "a ufunc of one's own": (np.frompyfunc(lambda z: z, 1, 1), "NotImplemented"),
    "np.save": (lambda Z: np.save("nowhere.npy", Z), "no implementation"),
    "a hash": (hash, "unhashable"),
}


@pytest.mark.filterwarnings("ignore:the matrix subclass")
@pytest.mark.parametrize("way", IMPLICIT)
def test_it_never_turns_into_a_numpy_array_unasked(way, Z):
    with pytest.raises(TypeError, match="Implicit conversion to a NumPy array is not allowed"):
        IMPLICIT[way](Z)


@pytest.mark.parametrize("way", MIXED)
def test_it_is_never_mixed_with_a_numpy_array(way, Z):
    with pytest.raises(TypeError, match=r"Unsupported type <class 'numpy\.ndarray'>"):
        MIXED[way](Z)
    np.testing.assert_array_equal(Z.get(), HOST)


@pytest.mark.parametrize("way", REFUSED)
def test_no_number_leaves_it_unasked(way, Z):
    convert, told = REFUSED[way]
    with pytest.raises(TypeError, match=told):
        convert(Z)


def test_one_entry_does_not_go_into_a_host_array_either(Z):
    with pytest.raises((TypeError, ValueError)):
        np.empty((3, 8))[0, 0] = Z[0, 0]


def test_no_public_attribute_hands_out_the_host_array(Z):
    for name in (name for name in dir(Z) if not name.startswith("_")):
        assert not isinstance(getattr(Z, name), np.ndarray), name
    for name in ("base", "data", "flat", "ctypes", "tobytes", "__array_interface__", "__array_struct__"):
        assert not hasattr(Z, name)
    assert type(Z.view(np.ndarray)) is DeviceArray


def test_it_comes_to_the_host_when_asked(Z):
    assert type(Z.get()) is np.ndarray
    assert Z[0, 0].item() == Z.item(0) == HOST[0, 0]
    assert type(Z.item(1, 2)) is float
    assert Z.tolist() == HOST.tolist()
    assert repr(Z[0, :2]) == f"DeviceArray([{HOST[0, 0]:.8f}, {HOST[0, 1]:.8f}], dtype=float64)"
    assert f"{Z[0, 0]:.2f}" == f"{HOST[0, 0]:.2f}"


WAYS_OUT = {
    "get": lambda Z: Z.get(),
    "get of what was computed": lambda Z: (2 * Z - Z.mean(axis=1, keepdims=True)).get(),
    "get of a view": lambda Z: Z[0].T.get(),
    "get of what was written": lambda Z: _written_into(Z).get(),
    "get of an out": lambda Z: np.add(Z, 1, out=DeviceArray(HOST)).get(),
    "get of a copy": lambda Z: copy.deepcopy(Z).get(),
    "get of an entry's sum": lambda Z: (DeviceArray(0.0) + Z[0, 0]).get(),
    "item": lambda Z: Z[0, 0].item(),
    "tolist": lambda Z: Z.tolist(),
    "asnumpy": lambda Z: Z.__array_namespace__().asnumpy(Z),
    "pickle": pickle.dumps,
}


def _written_into(Z):
    other = DeviceArray(HOST)
    other[0] = Z[1]
    return other


@pytest.mark.parametrize("way", WAYS_OUT)
def test_an_array_that_has_to_stay_says_so_when_it_is_copied(way, staying):
    with pytest.raises(HostCopyError, match="copies to the host, and this array has to stay on its device"):
        WAYS_OUT[way](staying)


def test_an_array_that_has_to_stay_can_be_printed_without_its_numbers(staying):
    assert repr(staying) == str(staying) == f"{staying}" == "DeviceArray(shape=(3, 8), dtype=float64)"
    assert f"{staying.mean():.3f}" == "DeviceArray(shape=(), dtype=float64)"
    np.testing.assert_array_equal(host_copy(staying), HOST)


def test_its_namespace_makes_arrays_on_the_device(Z):
    xp = Z.__array_namespace__()
    made = xp.zeros((2, 1)), xp.ones(2), xp.empty(3), xp.full((2, 1), Z[0, 0]), xp.arange(3), xp.asarray(HOST)
    assert all(type(array) is DeviceArray for array in made)
    assert type(xp.sqrt(Z)) is type(xp.linalg.norm(Z)) is DeviceArray
    assert xp.float32 is np.float32
    assert xp.zeros(2, dtype=xp.float32).dtype == np.float32
    assert xp.newaxis is None
    assert isinstance(Z, xp.ndarray)
    assert not isinstance(HOST, xp.ndarray)
    assert xp.get_array_module(Z) is xp
    assert xp.get_array_module(HOST) is np
    assert xp.asnumpy(HOST) is HOST
    np.testing.assert_array_equal(xp.asnumpy(Z), HOST)
    Z.set(np.zeros((3, 8)))
    assert not Z.get().any()


def test_what_no_gpu_can_hold_is_refused():
    for array in (["a"], [object()], None):
        with pytest.raises(ValueError, match="Unsupported dtype"):
            DeviceArray(array)
    with pytest.raises(TypeError, match=r"Only numpy\.ndarray"):
        DeviceArray([1.0]).set([1.0])
    with pytest.raises(ValueError, match="expected shape"):
        DeviceArray([1.0]).set(np.ones(2))


def test_division_by_zero_warns_nobody(Z, recwarn):
    assert np.isinf((Z / 0).get()).all()
    assert not recwarn.list


def test_it_stands_alone():
    folder = str(Path(stand_in.__file__).parent)
    code = "import sys; sys.path.insert(0, sys.argv[1]); import stand_in; print('autograder' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True, check=True)
    assert told.stdout == "False\n"
