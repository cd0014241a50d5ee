"""Code that has to run on any device: what leaves the device is seen, and told at its line."""

import numpy as np
import pytest

import bnkit
from autograder.check import judge_function
from autograder.errors import explain
from autograder.exercises import find
from autograder.wire import CallError

EXERCISE = find("portable_batchnorm")


def judged(function):
    return judge_function(EXERCISE, function, np.random.default_rng(3))


def formula(Z, gamma, beta, eps):
    return gamma * (Z - Z.mean(axis=1, keepdims=True)) / np.sqrt(Z.var(axis=1, keepdims=True) + eps) + beta


def test_a_right_result_that_was_computed_on_the_host_and_sent_back_is_a_host_copy():
    def portable_batchnorm(Z, gamma, beta, eps=1e-5):
        result = formula(*map(bnkit.to_numpy, (Z, gamma, beta)), eps)
        return bnkit.array_module(Z).asarray(result)

    verdict = judged(portable_batchnorm)
    assert verdict.points == 0
    assert verdict.misconception == "host-copy"
    assert ".get() copies to the host, and this array has to stay on its device" in verdict.message


def test_code_that_turns_its_arguments_into_numpy_arrays_is_numpy_only():
    def portable_batchnorm(Z, gamma, beta, eps=1e-5):
        return formula(np.asarray(Z), np.asarray(gamma), np.asarray(beta), eps)

    verdict = judged(portable_batchnorm)
    assert verdict.points == 0
    assert [line.name for line in verdict.lines if not line.passed] == ["works on a device, and stays there"]
    assert verdict.misconception == "numpy-only"
    assert "operators, methods and NumPy's functions work on it as it is" in verdict.message


def test_a_result_on_the_host_is_told_as_such():
    def portable_batchnorm(Z, gamma, beta, eps=1e-5):
        return formula(Z, gamma, beta, eps) if isinstance(Z, np.ndarray) else np.zeros(Z.shape)

    verdict = judged(portable_batchnorm)
    assert verdict.points == 0
    assert "on the host, expected it on the device of its input" in verdict.message


def test_printing_on_the_way_costs_nothing():
    def portable_batchnorm(Z, gamma, beta, eps=1e-5):
        print(Z, repr(gamma), f"{Z.mean():.3f}", Z.shape, Z.dtype)
        return formula(Z, gamma, beta, eps)

    assert judged(portable_batchnorm).passed


def test_whoever_asks_for_the_module_gets_the_devices_own():
    def portable_batchnorm(Z, gamma, beta, eps=1e-5):
        xp = bnkit.array_module(Z)
        average = xp.ones((Z.shape[1], 1), dtype=Z.dtype) / Z.shape[1]
        deviation = Z - Z @ average
        return gamma * deviation / xp.sqrt(deviation**2 @ average + eps) + beta

    assert judged(portable_batchnorm).passed


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("Implicit conversion to a NumPy array is not allowed.", "work on it as it is"),
        ("Unsupported type <class 'numpy.ndarray'>", "an array on the host meets one on a device"),
    ],
)
def test_an_error_of_the_device_says_what_to_look_at(text, cause):
    assert cause in explain(CallError("TypeError", text, 3))


@pytest.mark.parametrize(
    ("shapes", "cause"), [("(3,4) (3,)", "an (n, 1)"), ("(3,1) (2,3,4,5)", "has shape (1, C, 1, 1)")]
)
def test_shapes_that_do_not_fit_are_explained_for_matrices_and_for_images(shapes, cause):
    text = f"operands could not be broadcast together with shapes {shapes}"
    assert cause in explain(CallError("ValueError", text, 3))
