"""The formulas stay on the device where their arrays live."""

import sys
import types

import numpy as np
import pytest
from mini_batch_samples import sample

import bnkit
from autograder.stand_in import NAMESPACE, DeviceArray

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
    far = function(*(DeviceArray(x) if isinstance(x, np.ndarray) else x for x in arguments))
    for there, here in zip(flattened(far), flattened(function(*arguments)), strict=True):
        assert type(there) is DeviceArray
        np.testing.assert_allclose(there.get(), here)


def test_numpy_arrays_belong_to_numpy_and_stay_there():
    assert bnkit.array_module(batch.Z) is np
    assert bnkit.to_numpy(batch.Z) is batch.Z
    assert bnkit.to_device(batch.Z, "cpu") is batch.Z


def test_a_cupy_array_belongs_to_cupy(monkeypatch):
    class CupyArray:
        get = staticmethod(lambda: batch.Z)

    cupy = types.SimpleNamespace(ndarray=CupyArray)
    monkeypatch.setitem(sys.modules, "cupy", cupy)
    assert bnkit.array_module(CupyArray()) is cupy
    assert bnkit.array_module(batch.Z) is np
    assert bnkit.to_numpy(CupyArray()) is batch.Z


def test_an_array_of_another_kind_names_its_module():
    there = DeviceArray(batch.Z)
    assert bnkit.array_module(there) is NAMESPACE
    assert type(bnkit.array_module(there).zeros((3, 1))) is DeviceArray
    np.testing.assert_array_equal(bnkit.to_numpy(there), batch.Z)
    assert bnkit.to_device(there, "cpu").tolist() == batch.Z.tolist()
    assert bnkit.array_module(1.0) is np
    assert bnkit.array_module([1.0]) is np


def test_a_column_on_another_device_is_told():
    with pytest.raises(TypeError, match=r"gamma lives on another device .* to_device\(gamma, 'gpu'\)"):
        bnkit.batchnorm_forward(DeviceArray(batch.Z), batch.gamma, DeviceArray(batch.beta))


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
