"""The exercises are those of the course, and wrong formulas do not survive their probes."""

import ast
import inspect
import json

import numpy as np
import pytest

import bnkit
from autograder.course import packaged_notebooks
from autograder.exercise import plain
from autograder.exercises import ASSIGNMENTS, UnknownExercise, every, find, of_notebook
from autograder.wire import Rng, Strided, decode, encode


def _signatures():
    """Return the arguments of each function as its notebook asks for it."""
    found = {}
    for path in packaged_notebooks().values():
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["metadata"].get("nbgrader", {}).get("solution") and cell["cell_type"] == "code":
                (function,) = ast.parse("".join(cell["source"])).body
                found[function.name] = [argument.arg for argument in function.args.args]
    return found


SIGNATURES = _signatures()
EXERCISES = {exercise.name: exercise for exercise in every()}
HUNTS = [name for name in EXERCISES if name.startswith("expose_")]
WITH_EPS = [name for name, arguments in SIGNATURES.items() if "eps" in arguments]
FIRST_TWO = [
    each.name for notebook in ASSIGNMENTS[:2] for each in of_notebook(notebook) if each.name not in HUNTS
]
GRADIENTS = ("batchnorm_backward_stages", "batchnorm_backward", "network_gradients")


def cases(name, seed=0):
    rng = np.random.default_rng(seed)
    return [probe(rng) for probe in find(name).probes]


def arrays(value):
    if isinstance(value, Strided):
        return [value.array]
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, dict):
        return [array for item in value.values() for array in arrays(item)]
    return []


def test_the_exercises_are_those_of_the_notebooks():
    assert set(SIGNATURES) == set(EXERCISES)


@pytest.mark.parametrize("name", EXERCISES)
def test_an_exercise_says_which_notebook_it_belongs_to(name):
    assert find(name) in of_notebook(find(name).notebook)


@pytest.mark.parametrize("name", SIGNATURES)
def test_calls_have_the_signature_of_the_course(name):
    known = SIGNATURES[name]
    for case in cases(name):
        assert list(case.arguments) == known[: len(case.arguments)]
        assert set(case.keywords) <= set(known)


@pytest.mark.parametrize("name", WITH_EPS)
def test_eps_is_left_out_or_given_by_keyword_and_never_by_position(name):
    ways = {
        ("keyword" if case.keywords else "position" if "eps" in case.arguments else "out")
        for case in cases(name)
    }
    assert ways == {"keyword", "out"}


@pytest.mark.parametrize("name", sorted(set(FIRST_TWO) - {"initialize_parameters"}))
def test_inputs_come_in_both_float_dtypes_and_once_each_with_gaps_and_transposed(name):
    dtypes = {
        array.dtype.name for case in cases(name) if case.edge is None for array in arrays(case.arguments)
    }
    assert dtypes == {"float32", "float64"}
    views = [value for case in cases(name) for value in _flat(case.arguments) if isinstance(value, Strided)]
    assert {view.transposed for view in views} == {False, True}


def _flat(value):
    return [each for item in value.values() for each in (_flat(item) if isinstance(item, dict) else [item])]


@pytest.mark.parametrize(
    "name", sorted(set(FIRST_TWO) - {"initialize_parameters", "update_parameters", "scale_and_shift"})
)
def test_each_edge_case_of_the_course_has_its_own_line(name):
    edges = " ".join(case.edge for case in cases(name) if case.edge)
    for word in ("one", "constant", "large mean", "non-contiguous"):
        assert word in edges


@pytest.mark.parametrize(
    "name", ["scale_and_shift", "batchnorm_forward", "layer_forward", "batchnorm_backward"]
)
def test_gamma_is_never_near_nought_or_one_and_has_both_signs(name):
    drawn = np.concatenate(
        [np.ravel(getattr(case.arguments["gamma"], "array", case.arguments["gamma"])) for case in cases(name)]
    )
    assert np.abs(drawn).min() > 0.1
    assert np.abs(drawn - 1).min() > 0.1
    assert drawn.min() < 0 < drawn.max()


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients_are_taken_over_eight_examples_and_more(name):
    for case in cases(name):
        m = plain(case.arguments)["X" if "X" in case.arguments else "dZ_tilde"].shape[1]
        assert m >= 8 or case.edge == "one example (m = 1)"


@pytest.mark.parametrize("name", ["batch_mean", "batch_variance", "batchnorm_forward"])
def test_most_mini_batches_are_not_square_and_one_is(name):
    shapes = [case.arguments["Z"].shape for case in cases(name) if case.edge is None]
    assert sum(n == m for n, m in shapes) == 1
    assert any(n > m for n, m in shapes)
    assert any(n < m for n, m in shapes)


@pytest.mark.parametrize("name", ["batch_variance", "normalize"])
def test_statistics_are_those_of_a_real_forward_pass(name):
    for case in cases(name):
        if case.edge == "statistics of other examples":
            continue
        given = plain(case.arguments)
        roundoff = 1e-6 * np.abs(given["Z"]).max()
        assert np.abs(given["Z"].mean(axis=1, keepdims=True) - given["mu"]).max() <= roundoff


def test_the_backward_pass_gets_values_that_the_forward_pass_makes_with_that_eps():
    for case in cases("batchnorm_backward"):
        given = plain({**case.arguments, **case.keywords})
        variance = given["sigma2"] / (given["sigma2"] + given.get("eps", 1e-5))
        if given["Z_norm"].shape[1] > 1:
            assert np.allclose(given["Z_norm"].var(axis=1, keepdims=True), variance, rtol=1e-3, atol=1e-5)


def test_networks_come_in_every_form_that_the_course_allows():
    networks = {case.edge: case.arguments["parameters"] for case in cases("network_forward")}
    assert set(networks["no hidden layer"]) == {"W1", "b1"}
    assert "W11" in networks["ten layers and more"]
    plain_layers = networks["a hidden layer without batch norm"]
    assert any(f"b{layer}" in plain_layers and f"W{layer + 1}" in plain_layers for layer in (1, 2))
    assert next(iter(networks["parameters in another order"])) != "W1"


def test_a_network_starts_from_a_generator_and_never_from_drawn_weights():
    for case in cases("initialize_parameters"):
        assert isinstance(case.arguments["rng"], Rng)


@pytest.mark.parametrize("name", sorted(set(EXERCISES) - set(HUNTS)))
def test_fresh_numbers_come_with_every_draw_and_the_same_with_the_same_seed(name):
    first, again, other = (encode([[c.arguments, c.keywords] for c in cases(name, s)]) for s in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.parametrize("name", EXERCISES)
def test_every_input_can_cross_the_wall(name):
    for case in cases(name):
        decode(encode([case.arguments, case.keywords]))


@pytest.mark.parametrize("name", [name for name in EXERCISES if hasattr(bnkit, name)])
def test_the_reference_agrees_with_bnkit(name):
    for case in cases(name):
        given = plain({**case.arguments, **case.keywords})
        found, expected = find(name).reference(**given), getattr(bnkit, name)(**given)
        for mine, theirs in zip(_values(found), _values(expected), strict=True):
            assert np.allclose(mine, theirs, rtol=1e-6, atol=1e-7)


def _values(result):
    if isinstance(result, dict):
        return list(result.values())
    return list(result) if isinstance(result, tuple | list) else [result]


@pytest.mark.parametrize("name", EXERCISES)
def test_what_is_withheld_exists(name):
    for function in find(name).withheld:
        assert hasattr(bnkit, function)


def test_what_would_hand_over_an_answer_is_withheld():
    for assignment in ASSIGNMENTS:
        for exercise in of_notebook(assignment):
            if hasattr(bnkit, exercise.name):
                assert exercise.name in exercise.withheld
    assert "batchnorm_forward" not in find("layer_forward").withheld


@pytest.mark.parametrize("name", EXERCISES)
def test_a_misconception_has_three_steps_that_do_not_give_away_each_other(name):
    for known in find(name).misconceptions:
        question, pointer, statement = known.steps
        assert question.endswith("?")
        assert len({question, pointer, statement}) == 3
        assert max(map(len, known.steps)) < 200
        assert "=" not in question


@pytest.mark.parametrize("name", EXERCISES)
def test_a_misconception_stands_once_in_an_exercise(name):
    names = [known.name for known in find(name).misconceptions]
    assert len(names) == len(set(names))


def test_every_named_mistake_with_help_belongs_to_an_exercise():
    from autograder.misconceptions import HELP

    used = {known.name for exercise in every() for known in exercise.misconceptions}
    assert set(HELP) <= used


def test_an_unknown_exercise_is_told_with_the_near_ones():
    with pytest.raises(UnknownExercise, match="did you mean batch_mean"):
        find("batch_maen")


def test_references_are_run_with_the_students_signature():
    for exercise in every():
        assert callable(exercise.reference)
        if inspect.isfunction(exercise.reference):
            assert "self" not in inspect.signature(exercise.reference).parameters


@pytest.mark.parametrize("name", ["network_gradients"])
def test_reference_gradients_agree_with_differences_of_the_cost(name):
    reference, forward = find(name).reference, find("network_forward").reference
    for case in cases(name):
        given = plain(case.arguments)
        X, Y, parameters = given["X"], given["Y"], given["parameters"]
        eps = {**case.keywords, **case.arguments}.get("eps", 1e-5)
        if case.edge in ("huge logits", "a large mean"):
            continue  # the cost is flat there, or its differences lose their digits
        rng = np.random.default_rng(3)
        along = {key: rng.standard_normal(value.shape) for key, value in parameters.items()}

        def cost(step, X=X, Y=Y, parameters=parameters, eps=eps, along=along):
            moved = {key: value + step * along[key] for key, value in parameters.items()}
            return -np.mean(np.sum(Y * np.log(forward(X, moved, eps)), axis=0))

        slope = sum(np.sum(value * along[key[1:]]) for key, value in reference(X, Y, parameters, eps).items())
        step = 1e-8
        assert (cost(step) - cost(-step)) / (2 * step) == pytest.approx(slope, rel=1e-3, abs=1e-5)
