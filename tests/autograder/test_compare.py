"""A result is right when it is as good as dtype and inputs allow, and told what it is otherwise."""

import numpy as np
import pytest

from autograder.check import judge_function
from autograder.compare import expect, matches, problems
from autograder.exercise import Case
from autograder.exercises import find
from autograder.wire import Strided, Unsupported
from autograder.wording import describe


def mean(Z):
    return Z.mean(axis=1, keepdims=True)


def variance(Z):
    return ((Z - Z.mean(axis=1, keepdims=True)) ** 2).mean(axis=1, keepdims=True)


def expected(function, Z, **keywords):
    return expect(function, Case({"Z": Z}, keywords), np.random.default_rng(0))


def drawn(dtype=np.float64, mean=0.0, shape=(4, 9)):
    return (mean + np.random.default_rng(1).standard_normal(shape)).astype(dtype)


def message(found, expectation, results=("mu",)):
    return problems(found, expectation, results)[0].message


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_result_in_the_inputs_dtype_is_right(dtype):
    Z = drawn(dtype)
    assert matches(mean(Z), expected(mean, Z))


def test_a_float64_result_for_float32_inputs_is_right():
    Z = drawn(np.float32)
    assert matches(mean(Z.astype(np.float64)), expected(mean, Z))


def test_a_float32_result_for_float64_inputs_is_wrong_and_the_cause_is_told():
    Z = drawn()
    assert "computed in float32?" in message(mean(Z.astype(np.float32)), expected(mean, Z))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_result_of_half_precision_is_wrong(dtype):
    Z = drawn(dtype)
    assert not matches(mean(Z).astype(np.float16), expected(mean, Z))


@pytest.mark.parametrize(("dtype", "far"), [(np.float32, 1e3), (np.float64, 1e6)])
def test_two_passes_are_precise_enough_for_a_large_mean(dtype, far):
    Z = drawn(dtype, mean=far)
    assert matches(variance(Z), expected(variance, Z))


@pytest.mark.parametrize(("dtype", "far"), [(np.float32, 1e3), (np.float64, 1e6)])
def test_a_difference_of_squares_is_not(dtype, far):
    Z = drawn(dtype, mean=far)
    assert not matches((Z**2).mean(axis=1, keepdims=True) - mean(Z) ** 2, expected(variance, Z))


def test_a_sum_that_cancels_is_allowed_its_roundings():
    Z = drawn(np.float32, shape=(3, 8))
    Z -= Z.mean(axis=1, keepdims=True)
    assert matches(np.array([[sum(row) / 8] for row in Z]), expected(mean, Z))


def test_a_result_that_is_nought_by_algebra_needs_the_size_of_its_terms():
    def difference(Z):
        return Z - Z

    Z = drawn(np.float32, shape=(3, 1))
    found = Z * np.float32(1e-7)
    case = Case({"Z": Z})
    assert not matches(found, expect(difference, case, np.random.default_rng(0)))
    assert matches(found, expect(difference, case, np.random.default_rng(0), terms=lambda Z: Z))


def test_one_entry_that_is_slightly_off_is_found_and_both_numbers_can_be_told_apart():
    Z = drawn()
    found = mean(Z)
    found[2, 0] += 1e-9
    text = message(found, expected(mean, Z))
    assert text.startswith("mu[2, 0] is ")
    shown = text.split(" (")[0].removeprefix("mu[2, 0] is ").split(", expected ")
    assert shown[0] != shown[1]


def test_nan_equals_nan_when_a_mistake_is_compared():
    def quotient(Z):
        return Z / (Z - Z)

    Z = np.zeros((2, 3))
    assert matches(np.full((2, 3), np.nan), expected(quotient, Z))
    assert not matches(np.zeros((2, 3)), expected(quotient, Z))


def test_infinity_is_told_as_a_division_by_nought():
    Z = drawn()
    assert "a division by zero?" in message(np.full((4, 1), np.inf), expected(mean, Z))


def test_inputs_with_gaps_count_with_their_dtype():
    Z = drawn(np.float32)
    assert matches(mean(Z), expect(mean, Case({"Z": Strided(Z)}), np.random.default_rng(0)))


def test_a_function_that_raises_is_expected_to_raise():
    def raising(Z):
        raise KeyError("W1")

    assert expected(raising, drawn()).error == "KeyError"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Unsupported("matrix"), "an object of type matrix"),
        (None, "None (is a return statement missing?)"),
        ([1.0, 2.0], "a list of 2"),
        ({"mu": 1.0}, "a dict of 1"),
        (True, "a truth value"),
        (np.float64(3), "a number"),
        (np.zeros(3), "an array of shape (3,)"),
        ("text", "a str"),
    ],
)
def test_what_was_returned_is_told_in_a_few_words(value, text):
    assert describe(value) == text


TOLD = {
    "np.matrix": (lambda Z: np.asmatrix(mean(Z)), "an object of type matrix"),
    "masked": (lambda Z: np.ma.array(mean(Z)), "an object of type MaskedArray"),
    "object": (lambda Z: mean(Z).astype(object), "mu holds object values, expected float64 or float32"),
    "complex": (lambda Z: mean(Z) + 0j, "mu holds complex128 values"),
    "strings": (lambda Z: mean(Z).astype(str), "mu holds str"),
    "nested list": (lambda Z: mean(Z).tolist(), "mu is a list of"),
    "number": (lambda Z: float(Z.mean()), "mu is a number"),
    "nothing": (lambda Z: None, "return statement missing"),
    "row": (lambda Z: mean(Z).T, "expected (2, 1): a column, with one row per unit"),
    "flat": (lambda Z: mean(Z).ravel(), "mu has shape (2,), expected (2, 1)"),
    "tuple": (lambda Z: (mean(Z),), "mu is a tuple of 1"),
    "dict": (lambda Z: {"mu": mean(Z)}, "mu is a dict of 1"),
    "generator": (lambda Z: (row for row in Z), "an object of type generator"),
    "extended": (lambda Z: mean(Z).astype(np.longdouble), " values, expected float64 or float32"),
}


@pytest.mark.parametrize("kind", TOLD)
@pytest.mark.filterwarnings("ignore")
def test_a_result_of_a_strange_kind_is_wrong_and_told(kind):
    function, text = TOLD[kind]
    verdict = judge_function(find("batch_mean"), function, np.random.default_rng(0))
    assert verdict.status == "wrong"
    assert text in verdict.message


def test_too_few_results_are_told_with_the_names_of_all():
    verdict = judge_function(
        find("batchnorm_forward"), lambda Z, gamma, beta, eps=1e-5: (Z, Z), np.random.default_rng(0)
    )
    assert "2 values, expected 4: Z_tilde, Z_norm, mu, sigma2" in verdict.message


def test_a_missing_key_and_one_too_many_are_told():
    reference = find("update_parameters").reference

    def one_less(parameters, gradients, alpha):
        result = reference(parameters, gradients, alpha)
        result["extra"] = result.pop("W1")
        return result

    verdict = judge_function(find("update_parameters"), one_less, np.random.default_rng(0))
    messages = " ".join(line.message for line in verdict.lines)
    assert "W1 is missing" in messages
    assert "extra does not belong there" in messages
