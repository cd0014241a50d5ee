"""The formulas stay on the device where their arrays live."""

import sys
import types

import numpy as np
import pytest
from mini_batch_samples import sample

import bnkit


class FarArray(np.lib.mixins.NDArrayOperatorsMixin):
    """An array as on a GPU: NumPy's functions dispatch on it, and it never turns into NumPy's unasked."""

    def __init__(self, near):
        self._near = np.asarray(near)

    shape = property(lambda self: self._near.shape)
    dtype = property(lambda self: self._near.dtype)
    ndim = property(lambda self: self._near.ndim)
    T = property(lambda self: FarArray(self._near.T))

    def __array__(self, *args, **kwargs):
        raise TypeError("implicit conversion to NumPy")

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return FarArray(getattr(ufunc, method)(*self._fetched(inputs), **kwargs))

    def __array_function__(self, function, types, args, kwargs):
        return FarArray(function(*self._fetched(args), **kwargs))

    def __getattr__(self, name):
        if name not in {"mean", "sum", "max", "astype", "reshape", "copy"}:
            raise AttributeError(name)
        return lambda *args, **kwargs: FarArray(getattr(self._near, name)(*args, **kwargs))

    @staticmethod
    def _fetched(inputs):
        if any(isinstance(x, np.ndarray) and x.ndim for x in inputs):
            raise TypeError("a NumPy array mixed with one from another device")
        return [x._near if isinstance(x, FarArray) else x for x in inputs]


rng = np.random.default_rng(0)
batch = sample(rng, n=3, m=8)
images = rng.standard_normal((4, 3, 2, 2))
sigma2 = rng.uniform(0.5, 2, (3, 1))
Y = bnkit.one_hot(rng.integers(0, 3, 8), 3)
CALLS = {
    "batchnorm_forward": (batch.Z, batch.gamma, batch.beta),
    "batchnorm_backward_stages": (batch.dZ_tilde, batch.Z, batch.gamma, batch.beta, sigma2),
    "batchnorm_backward": (batch.dZ_tilde, batch.Z, batch.gamma, sigma2),
    "batchnorm_inference": (batch.Z, batch.gamma, batch.beta, batch.beta, sigma2),
    "fold_batchnorm": (batch.Z, batch.gamma, batch.beta, batch.beta, sigma2),
    "identity_parameters": (batch.beta, sigma2),
    "normalize_inputs": (batch.Z, batch.dZ_tilde),
    "spatial_batchnorm_forward": (images, batch.gamma, batch.beta),
    "spatial_batchnorm_backward": (images + 1, images, batch.gamma),
    "layernorm_forward": (batch.Z, batch.gamma, batch.beta),
    "softmax": (batch.Z,),
    "softmax_cross_entropy": (batch.Z, Y),
    "softmax_cross_entropy_gradient": (batch.Z, Y),
    "relu_gradient": (batch.Z,),
    "sigmoid_gradient": (batch.Z,),
    "tanh_gradient": (batch.Z,),
    "adam_update": (batch.Z, batch.dZ_tilde, batch.Z, batch.Z**2, 3, 0.1),
}


def flattened(result):
    if isinstance(result, dict):
        result = tuple(result.values())
    return result if isinstance(result, tuple) else (result,)


@pytest.mark.parametrize("name", CALLS)
def test_a_formula_computes_where_its_arrays_live(name):
    function, arguments = getattr(bnkit, name), CALLS[name]
    far = function(*(FarArray(x) if isinstance(x, np.ndarray) else x for x in arguments))
    for there, here in zip(flattened(far), flattened(function(*arguments)), strict=True):
        assert isinstance(there, FarArray)
        np.testing.assert_allclose(there._near, here)


def test_numpy_arrays_belong_to_numpy_and_stay_there():
    assert bnkit.array_module(batch.Z) is np
    assert bnkit.to_numpy(batch.Z) is batch.Z
    assert bnkit.to_device(batch.Z, "cpu") is batch.Z


def test_a_cupy_array_belongs_to_cupy(monkeypatch):
    class CupyArray(FarArray):
        pass

    cupy = types.SimpleNamespace(ndarray=CupyArray, asnumpy=lambda x: x._near)
    monkeypatch.setitem(sys.modules, "cupy", cupy)
    assert bnkit.array_module(CupyArray(batch.Z)) is cupy
    assert bnkit.array_module(batch.Z) is np
    np.testing.assert_array_equal(bnkit.to_numpy(CupyArray(batch.Z)), batch.Z)
    with pytest.raises(TypeError, match=r"gamma lives on another device .* to_device\(gamma, 'gpu'\)"):
        bnkit.batchnorm_forward(CupyArray(batch.Z), batch.gamma, CupyArray(batch.beta))


def test_asking_for_a_gpu_that_is_not_there_says_how_to_get_one(monkeypatch):
    monkeypatch.setattr("bnkit.backend.gpu_available", lambda: False)
    with pytest.raises(RuntimeError, match=r"no GPU to use: install the extra 'gpu'"):
        bnkit.to_device(batch.Z, "gpu")


def test_an_array_goes_to_a_device_and_comes_back(xp):
    there = bnkit.to_device(batch.Z, "cpu" if xp is np else "gpu")
    assert bnkit.array_module(there) is xp
    np.testing.assert_array_equal(bnkit.to_numpy(there), batch.Z)


def test_the_environment_is_described_in_one_line():
    line = bnkit.describe_environment()
    assert line.startswith("GPU" if bnkit.gpu_available() else "CPU")
    assert f"NumPy {np.__version__}" in line
    assert "\n" not in line
