"""A mistake is named when the results are its own and nobody else's."""

import warnings
from dataclasses import replace

import numpy as np
import pytest

from autograder.check import judge_function
from autograder.exercise import Misconception
from autograder.exercises import find


def named(name, function, exercise=None, seed=0):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return judge_function(exercise or find(name), function, np.random.default_rng(seed)).misconception


# Written as students write them, and otherwise than the lists do.
STUDENTS = [
    ("batch_mean", "lost-dimension", lambda Z: np.array([row.mean() for row in Z])),
    ("batch_mean", "row-instead-of-column", lambda Z: Z.mean(axis=1).reshape(1, -1)),
    ("batch_mean", "sum-instead-of-mean", lambda Z: np.einsum("ij->i", Z)[:, None]),
    ("batch_variance", "unbiased-variance", lambda Z, mu: np.var(Z, axis=1, ddof=1, keepdims=True)),
    ("batch_variance", "unbiased-variance", lambda Z, mu: np.cov(Z).diagonal()[:, None]),
    ("batch_variance", "lost-dimension", lambda Z, mu: np.var(Z, axis=1)),
    ("batch_variance", "deviation-instead-of-variance", lambda Z, mu: Z.std(axis=1, keepdims=True)),
    (
        "batch_variance",
        "variance-by-difference-of-squares",
        lambda Z, mu: np.maximum(np.mean(Z * Z, axis=1, keepdims=True) - np.square(mu), 0),
    ),
    ("normalize", "divides-by-variance", lambda Z, mu, sigma2, eps=1e-5: (Z - mu) / (sigma2 + eps)),
    ("normalize", "eps-outside-sqrt", lambda Z, mu, sigma2, eps=1e-5: (Z - mu) / (sigma2**0.5 + eps)),
    ("normalize", "eps-hard-coded", lambda Z, mu, sigma2, eps=1e-5: (Z - mu) * (sigma2 + 1e-8) ** -0.5),
    ("normalize", "eps-hard-coded", lambda Z, mu, sigma2: (Z - mu) / np.sqrt(sigma2 + 1e-5)),
    ("normalize", "eps-missing", lambda Z, mu, sigma2, eps=1e-5: (Z - mu) * sigma2**-0.5),
    ("scale_and_shift", "shift-before-scale", lambda Z_norm, gamma, beta: gamma * Z_norm + gamma * beta),
    ("scale_and_shift", "lost-dimension", lambda Z_norm, gamma, beta: gamma[:, 0] * Z_norm + beta[:, 0]),
    ("identity_parameters", "eps-forgotten-in-identity", lambda mu, sigma2, eps=1e-5: (sigma2**0.5, mu)),
    ("identity_parameters", "variance-instead-of-deviation", lambda mu, sigma2, eps=1e-5: (sigma2, mu)),
]


@pytest.mark.parametrize(("name", "mistake", "function"), STUDENTS)
def test_a_mistake_is_recognized_however_it_is_written(name, mistake, function):
    assert named(name, function) == mistake


def test_a_lost_dimension_is_recognized_where_it_raises_and_where_it_broadcasts():
    def batchnorm_forward(Z, gamma, beta, eps=1e-5):
        mu, sigma2 = Z.mean(axis=1), Z.var(axis=1)
        Z_norm = (Z - mu) / np.sqrt(sigma2 + eps)
        return gamma * Z_norm + beta, Z_norm, mu, sigma2

    assert named("batchnorm_forward", batchnorm_forward) == "lost-dimension"


def test_a_lost_dimension_in_the_results_alone_is_recognized():
    def batchnorm_forward(Z, gamma, beta, eps=1e-5):
        Z_tilde, Z_norm, mu, sigma2 = find("batchnorm_forward").reference(Z, gamma, beta, eps)
        return Z_tilde, Z_norm, mu.squeeze(axis=1), sigma2

    assert named("batchnorm_forward", batchnorm_forward) == "lost-dimension"


def test_lost_dimensions_in_a_dict_of_gradients_are_recognized():
    def network_gradients(X, Y, parameters, eps=1e-5):
        gradients = find("network_gradients").reference(X, Y, parameters, eps)
        return {key: value if "W" in key else value[:, 0] for key, value in gradients.items()}

    assert named("network_gradients", network_gradients) == "lost-dimension"


def test_a_bias_gradient_that_is_nought_up_to_rounding_is_recognized():
    def network_gradients(X, Y, parameters, eps=1e-5):
        gradients = find("network_gradients").reference(X, Y, parameters, eps)
        noise = np.random.default_rng(0)
        for key in parameters:
            if key.startswith("beta"):
                tiny = 1e-16 * noise.standard_normal(parameters[key].shape)
                gradients["db" + key[4:]] = tiny * gradients["d" + key]
        return gradients

    assert named("network_gradients", network_gradients) == "bias-in-hidden-layer"


def test_a_mistake_is_named_although_edge_cases_were_mended_by_hand():
    def batch_variance(Z, mu):
        if Z.shape[1] == 1:
            return np.zeros_like(mu)
        return ((Z - mu) ** 2).sum(axis=1, keepdims=True) / (Z.shape[1] - 1)

    assert named("batch_variance", batch_variance) == "unbiased-variance"


def test_two_mistakes_at_once_have_no_name():
    def batch_variance(Z, mu):
        return (Z**2).sum(axis=1, keepdims=True) / (Z.shape[1] - 1)

    assert named("batch_variance", batch_variance) is None


def test_two_names_that_tie_are_both_held_back():
    exercise = find("batch_mean")
    twin = Misconception("global-statistics", lambda Z: Z.sum(axis=1, keepdims=True))
    tied = replace(exercise, misconceptions=(*exercise.misconceptions[3:4], twin))
    assert named("", lambda Z: Z.sum(axis=1, keepdims=True), tied) is None


def test_an_error_that_has_nothing_to_do_with_a_mistake_is_not_given_its_name():
    def batchnorm_forward(Z, gamma, beta, eps=1e-5):
        raise ValueError("something else")

    assert named("batchnorm_forward", batchnorm_forward) is None


def test_writing_into_the_parameters_has_a_name_of_its_own():
    def update_parameters(parameters, gradients, alpha):
        for key in parameters:
            parameters[key][...] -= alpha * gradients["d" + key]
        return parameters

    assert named("update_parameters", update_parameters) == "updates-in-place"


def test_writing_into_the_gradients_is_changing_an_input():
    def update_parameters(parameters, gradients, alpha):
        for slope in gradients.values():
            slope *= alpha
        return {key: value - gradients["d" + key] for key, value in parameters.items()}

    assert named("update_parameters", update_parameters) == "changes-its-input"


def test_a_wrong_result_with_a_changed_input_is_named_after_the_result():
    def scale_and_shift(Z_norm, gamma, beta):
        Z_norm *= gamma
        return Z_norm

    assert named("scale_and_shift", scale_and_shift) == "beta-ignored"


def test_a_right_function_has_no_misconception():
    assert named("batch_mean", find("batch_mean").reference) is None


def test_help_is_needed_for_a_name():
    with pytest.raises(ValueError, match="no question"):
        Misconception("a-name-without-help")


STARTS = {
    "batch-norm-on-output-layer": {"gamma2": (2, 1), "beta2": (2, 1)},
    "bias-in-hidden-layer": {"b1": (4, 1)},
}


@pytest.mark.parametrize("mistake", STARTS)
def test_starting_parameters_are_judged_by_their_keys(mistake):
    def initialize_parameters(layer_dims, rng):
        parameters = find("initialize_parameters").reference(layer_dims, rng)
        last = len(layer_dims) - 1
        for layer in range(1, last + 1):
            column = np.zeros((layer_dims[layer], 1))
            if mistake == "bias-in-hidden-layer":
                parameters[f"b{layer}"] = column
            elif layer == last:
                parameters |= {f"gamma{layer}": column + 1, f"beta{layer}": column}
        return parameters

    assert named("initialize_parameters", initialize_parameters) == mistake


def test_a_generator_of_ones_own_is_recognized():
    def initialize_parameters(layer_dims, rng):
        np.random.seed(3)  # noqa: NPY002
        own = np.random.default_rng(np.random.randint(100))  # noqa: NPY002
        return find("initialize_parameters").reference(layer_dims, own)

    assert named("initialize_parameters", initialize_parameters) == "rng-ignored"
