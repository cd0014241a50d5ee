"""What the notebooks promise the rest: exercises by name and signature, points, a written question."""

import ast
import inspect

import pytest
from workbook import nbgrader_of, solutions

import bnkit
from autograder import exercises

SIGNATURES = {
    "01-normalizing-activations": {
        "batch_mean": "Z",
        "batch_variance": "Z, mu",
        "normalize": "Z, mu, sigma2, eps=1e-05",
        "scale_and_shift": "Z_norm, gamma, beta",
        "batchnorm_forward": "Z, gamma, beta, eps=1e-05",
        "identity_parameters": "mu, sigma2, eps=1e-05",
        "normalize_inputs": "X_train, X_test, eps=1e-05",
        "expose_variance": "",
    },
    "02-fitting-batch-norm-into-a-network": {
        "initialize_parameters": "layer_dims, rng",
        "layer_forward": "A_prev, W, gamma, beta, eps=1e-05",
        "network_forward": "X, parameters, eps=1e-05",
        "batchnorm_backward_stages": "dZ_tilde, Z, gamma, mu, sigma2, eps=1e-05",
        "batchnorm_backward": "dZ_tilde, Z_norm, gamma, sigma2, eps=1e-05",
        "network_gradients": "X, Y, parameters, eps=1e-05",
        "update_parameters": "parameters, gradients, alpha",
        "expose_backward": "",
    },
    "03-working-with-mini-batches": {
        "split_into_mini_batches": "X, Y, batch_size, rng",
        "mini_batch_statistics": "Z, batch_size",
        "normalize_by_mini_batch": "Z, batch_size, eps=1e-05",
        "variance_of_batch_mean": "sigma2, batch_size",
        "expose_tail": "",
    },
    "04-batch-norm-eliminates-the-bias": {
        "bias_gradient": "dZ_tilde, Z_norm, gamma, sigma2, eps=1e-05",
        "drop_biases": "parameters",
        "count_parameters": "layer_dims, batch_norm",
        "remove_trained_bias": "b, running_mu",
        "expose_bias": "",
    },
    "06-batch-norm-at-test-time": {
        "ewa_update": "average, value, decay=0.9",
        "ewa_bias_correction": "average, decay, t",
        "running_statistics": "batches, decay=0.9",
        "batchnorm_inference": "Z, gamma, beta, running_mu, running_sigma2, eps=1e-05",
        "fold_batchnorm": "W, gamma, beta, running_mu, running_sigma2, eps=1e-05",
        "expose_inference": "",
    },
    "07-covariate-shift": {
        "moments_after_batchnorm": "gamma, beta, sigma2, eps=1e-05",
        "standardized_shift": "Z_before, Z_after, eps=1e-05",
        "rescaled_gradient": "dW, c",
        "expose_shift_alarm": "",
    },
    "08-batch-norm-on-a-gpu": {
        "portable_batchnorm": "Z, gamma, beta, eps=1e-05",
        "batchnorm_bytes": "n, m, itemsize, passes",
        "decay_to_momentum": "decay",
        "unbiased_running_variance": "running_sigma2, m",
    },
    "09-beyond-batch-norm": {
        "spatial_batchnorm_forward": "X, gamma, beta, eps=1e-05",
        "layernorm_forward": "Z, gamma, beta, eps=1e-05",
        "groupnorm_forward": "X, gamma, beta, groups, eps=1e-05",
        "merge_statistics": "mu_a, sigma2_a, m_a, mu_b, sigma2_b, m_b",
        "expose_spatial": "",
    },
    "05-gradient-descent-with-batch-norm": {
        "train_epoch": "X, Y, parameters, alpha, batch_size, rng, eps=1e-05",
        "momentum_update": "theta, dtheta, v, alpha, beta1=0.9",
        "rmsprop_update": "theta, dtheta, s, alpha, beta2=0.999, eps=1e-08",
        "adam_update": "theta, dtheta, v, s, t, alpha, beta1=0.9, beta2=0.999, eps=1e-08",
        "update_all": "parameters, gradients, state, t, alpha",
        "expose_adam": "",
    },
}
POINTS = {
    "01-normalizing-activations": [1, 2, 2, 1, 4, 2, 2, 1, 2],
    "02-fitting-batch-norm-into-a-network": [2, 2, 3, 4, 3, 4, 2, 1, 2],
    "03-working-with-mini-batches": [3, 2, 2, 1, 1, 2],
    "04-batch-norm-eliminates-the-bias": [3, 3, 2, 2, 1, 2],
    "06-batch-norm-at-test-time": [1, 1, 4, 3, 3, 1, 2],
    "07-covariate-shift": [2, 3, 1, 1, 2],
    "08-batch-norm-on-a-gpu": [3, 1, 1, 1, 2],
    "09-beyond-batch-norm": [3, 2, 3, 3, 1, 2],
    "05-gradient-descent-with-batch-norm": [3, 2, 2, 3, 3, 1, 2],
}
# Functions of dicts and of plain numbers.
WITHOUT_SHAPES = ("update_parameters", "decay_to_momentum")


def test_a_solution_cell_holds_one_function_of_the_agreed_signature(assignment, notebook):
    found = {}
    for cell in solutions(notebook):
        (function,) = ast.parse(cell.source).body
        assert function.name == cell.id
        assert ast.get_docstring(function).count("shape (") >= 1 or function.name in WITHOUT_SHAPES
        found[function.name] = ast.unparse(function.args)
    assert found == SIGNATURES[assignment]


def test_each_solution_is_followed_by_its_check(notebook):
    for cell, following in zip(notebook.cells, notebook.cells[1:], strict=False):
        if cell in solutions(notebook):
            assert following.id == f"test_{cell.id}"
            assert following.source == f"check({cell.id})"
            assert nbgrader_of(following).grade
            assert nbgrader_of(following).locked


def test_points_are_those_of_the_course(assignment, notebook):
    points = [nbgrader_of(cell).points for cell in notebook.cells if nbgrader_of(cell).get("grade")]
    assert points == POINTS[assignment]


def test_the_grader_knows_the_same_exercises_for_the_same_points(assignment, notebook):
    graded = {cell.id: nbgrader_of(cell).points for cell in notebook.cells if cell.id.startswith("test_")}
    assert graded == {exercise.test_cell: exercise.points for exercise in exercises.of_notebook(assignment)}


def test_a_person_marks_at_least_one_written_answer(notebook):
    written = [cell for cell in notebook.cells if cell.id.startswith("manual_")]
    assert written
    for cell in written:
        assert cell.cell_type == "markdown"
        assert nbgrader_of(cell).grade
        assert nbgrader_of(cell).solution
        assert "Model answer" in cell.source
        assert "Marking" in cell.source


def test_a_solution_calls_nothing_that_is_withheld_from_students(assignment, notebook):
    withheld = {exercise.name: exercise.withheld for exercise in exercises.of_notebook(assignment)}
    for cell in solutions(notebook):
        nodes = [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Attribute)]
        borrowed = {node.attr for node in nodes if ast.unparse(node.value) == "bnkit"}
        assert not borrowed & set(withheld[cell.id]), cell.id


@pytest.mark.parametrize("name", [n for names in SIGNATURES.values() for n in names if hasattr(bnkit, n)])
def test_a_function_of_bnkit_has_the_signature_of_its_exercise(name):
    parameters = inspect.signature(getattr(bnkit, name)).parameters.values()
    plain = ", ".join(str(p.replace(annotation=inspect.Parameter.empty)) for p in parameters)
    assert plain == next(names[name] for names in SIGNATURES.values() if name in names)
