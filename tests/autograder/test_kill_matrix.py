"""The checks name every known mistake, accept every correct variant, and reject what no list holds."""

import functools
from pathlib import Path

import numpy as np
import pytest

from autograder import matrix
from autograder.check import judge_function
from autograder.exercises import every, find
from autograder.exercises.variants import VARIANTS

README = Path(__file__).resolve().parents[2] / "README.md"
NAMES = [exercise.name for exercise in every()]

# One line each: a correct answer with one thing changed. None of them is among the misconceptions.
MUTANTS = {
    "batch_mean": [
        "lambda Z: -Z.mean(axis=1, keepdims=True)",
        "lambda Z: Z.mean(axis=1, keepdims=True) + 1e-3",
        "lambda Z: Z[:, 1:].sum(axis=1, keepdims=True) / Z.shape[1]",
        "lambda Z: np.abs(Z).mean(axis=1, keepdims=True)",
        "lambda Z: Z.mean(axis=1, keepdims=True).astype(np.float32)",
        "lambda Z: Z.astype(np.float16).mean(axis=1, keepdims=True)",
        "lambda Z: Z.mean(axis=1, keepdims=True).round(6)",
        "lambda Z: (Z.max(axis=1, keepdims=True) + Z.min(axis=1, keepdims=True)) / 2",
        "lambda Z: np.zeros((len(Z), 1))",
        "lambda Z: Z[:, :1]",
        "lambda Z: Z.mean(axis=1, keepdims=True)[::-1]",
        "lambda Z: Z.sum(axis=1, keepdims=True) / 7",
    ],
    "batch_variance": [
        "lambda Z, mu: ((Z - mu) ** 2).sum(axis=1, keepdims=True) / (Z.shape[1] + 1)",
        "lambda Z, mu: ((Z + mu) ** 2).mean(axis=1, keepdims=True)",
        "lambda Z, mu: ((Z - mu) ** 4).mean(axis=1, keepdims=True)",
        "lambda Z, mu: 0.5 * ((Z - mu) ** 2).mean(axis=1, keepdims=True)",
        "lambda Z, mu: ((Z - mu) ** 2).mean(axis=1, keepdims=True).astype(np.float32)",
        "lambda Z, mu: np.median((Z - mu) ** 2, axis=1, keepdims=True)",
        "lambda Z, mu: -((Z - mu) ** 2).mean(axis=1, keepdims=True)",
        "lambda Z, mu: (Z**2).mean(axis=1, keepdims=True) + mu**2",
        "lambda Z, mu: (Z**2).mean(axis=1, keepdims=True) - mu",
        "lambda Z, mu: ((Z - mu.mean()) ** 2).mean(axis=1, keepdims=True)",
    ],
    "normalize": [
        "lambda Z, mu, sigma2, eps=1e-5: (Z - mu) / np.sqrt(sigma2 + 2 * eps)",
        "lambda Z, mu, sigma2, eps=1e-5: (Z - mu) / np.sqrt(sigma2 + eps) + 1e-4",
        "lambda Z, mu, sigma2, eps=1e-5: (Z - sigma2) / np.sqrt(mu + eps)",
        "lambda Z, mu, sigma2, eps=1e-5: np.abs(Z - mu) / np.sqrt(sigma2 + eps)",
        "lambda Z, mu, sigma2, eps=1e-5: np.clip((Z - mu) / np.sqrt(sigma2 + eps), -1.5, 1.5)",
        "lambda Z, mu, sigma2, eps=1e-5: ((Z - mu) / np.sqrt(sigma2 + eps)).astype(np.float32)",
        "lambda Z, mu, sigma2, eps=1e-6: (Z - mu) / np.sqrt(sigma2 + eps)",
        "lambda Z, mu, sigma2, eps=1e-5: (Z - mu) / np.cbrt(sigma2 + eps)",
    ],
    "scale_and_shift": [
        "lambda Z_norm, gamma, beta: gamma**2 * Z_norm + beta",
        "lambda Z_norm, gamma, beta: np.abs(gamma) * Z_norm + beta",
        "lambda Z_norm, gamma, beta: gamma * Z_norm + gamma * beta + beta",
        "lambda Z_norm, gamma, beta: gamma * (Z_norm - beta)",
        "lambda Z_norm, gamma, beta: gamma + Z_norm * beta * 1.0001",
        "lambda Z_norm, gamma, beta: gamma + Z_norm + beta",
    ],
    "batchnorm_forward": [
        "lambda Z, g, b, eps=1e-5: forward(Z, g, b, 2 * eps)",
        "lambda Z, g, b, eps=1e-5: forward(Z, g, b, eps)[:3]",
        "lambda Z, g, b, eps=1e-5: forward(Z, g, b, eps)[0]",
        "lambda Z, g, b, eps=1e-5: forward(Z[::-1], g, b, eps)",
        "lambda Z, g, b, eps=1e-5: tuple(x.astype(np.float32) for x in forward(Z, g, b, eps))",
        "lambda Z, g, b, eps=1e-5: forward(Z, g, b, eps)[:2] + (0 * g, 0 * g + 1)",
        "lambda Z, g, b, eps=1e-5: dict(zip('abcd', forward(Z, g, b, eps)))",
        "lambda Z, g, b, eps=1e-5: tuple(x.tolist() for x in forward(Z, g, b, eps))",
        "lambda Z, g, b, eps=1e-5: tuple(np.asmatrix(x) for x in forward(Z, g, b, eps))",
        "lambda Z, g, b, eps=1e-5: tuple(np.ma.array(x) for x in forward(Z, g, b, eps))",
        "lambda Z, g, b, eps=1e-5: tuple(x.astype(object) for x in forward(Z, g, b, eps))",
    ],
    "identity_parameters": [
        "lambda mu, sigma2, eps=1e-5: (np.sqrt(sigma2 + 2 * eps), mu)",
        "lambda mu, sigma2, eps=1e-5: (-np.sqrt(sigma2 + eps), mu)",
        "lambda mu, sigma2, eps=1e-5: (np.sqrt(sigma2 + eps), 0 * mu)",
        "lambda mu, sigma2, eps=1e-5: (np.sqrt(sigma2 + eps), mu - eps)",
        "lambda mu, sigma2, eps=1e-5: np.hstack([np.sqrt(sigma2 + eps), mu])",
    ],
    "normalize_inputs": [
        "lambda a, b, eps=1e-5: (norm(a, a, eps), norm(b, b[:, :2], eps))",
        "lambda a, b, eps=1e-5: (norm(a, a, eps), norm(b, a[:, 1:], eps))",
        "lambda a, b, eps=1e-5: (norm(a, a, eps), norm(b, a, 0.5 * eps))",
        "lambda a, b, eps=1e-5: norm(a, a, eps)",
        "lambda a, b, eps=1e-5: (a, norm(b, a, eps))",
    ],
    "initialize_parameters": [
        "lambda dims, rng: {k: 1.1 * v for k, v in start(dims, rng).items()}",
        "lambda dims, rng: {k: v + (k[0] == 'W') * 0.2 for k, v in start(dims, rng).items()}",
        "lambda dims, rng: {k: np.abs(v) for k, v in start(dims, rng).items()}",
        "lambda dims, rng: {k: v.tolist() for k, v in start(dims, rng).items()}",
        "lambda dims, rng: {k: v for k, v in start(dims, rng).items() if k != 'W1'}",
        "lambda dims, rng: list(start(dims, rng).values())",
        "lambda dims, rng: {k.lower(): v for k, v in start(dims, rng).items()}",
        "lambda dims, rng: {**start(dims, rng), 'L': 3}",
        "lambda dims, rng: {k: np.nan * v for k, v in start(dims, rng).items()}",
    ],
    "layer_forward": [
        "lambda A, W, g, b, eps=1e-5: np.maximum(forward(W @ A, g, b, eps)[0], 0.01)",
        "lambda A, W, g, b, eps=1e-5: np.maximum(forward(W @ A, g, b, eps)[1], 0)",
        "lambda A, W, g, b, eps=1e-5: -np.maximum(-forward(W @ A, g, b, eps)[0], 0)",
        "lambda A, W, g, b, eps=1e-5: np.minimum(np.maximum(forward(W @ A, g, b, eps)[0], 0), 3)",
        "lambda A, W, g, b, eps=1e-5: np.maximum(forward(W @ A + 1, g, b, 3 * eps)[0], 0)",
    ],
    "network_forward": [
        "lambda X, p, eps=1e-5: network(X, p, 2 * eps)",
        "lambda X, p, eps=1e-5: network(X, {**p, 'b1': 0}, eps) ** 2",
        "lambda X, p, eps=1e-5: np.log(network(X, p, eps))",
        "lambda X, p, eps=1e-5: network(X, p, eps).argmax(axis=0)",
        "lambda X, p, eps=1e-5: network(X, p, eps).T",
    ],
    "batchnorm_backward_stages": [
        "lambda *given, **eps: {**stages(*given, **eps), 'dmu': 0.5 * stages(*given, **eps)['dmu']}",
        "lambda *given, **eps: {**stages(*given, **eps), 'dZ': stages(*given, **eps)['dZ'] + 1e-4}",
        "lambda *given, **eps: tuple(stages(*given, **eps).values())",
        "lambda *given, **eps: {'dZ': stages(*given, **eps)['dZ']}",
    ],
    "batchnorm_backward": [
        "lambda *given, **eps: backward(given[0] + 1e-3, *given[1:], **eps)",
        "lambda d, z, g, s, eps=1e-5: backward(d, z, g, s, 2 * eps)",
        "lambda d, z, g, s, eps=1e-5: backward(d, z, np.abs(g), s, eps)",
        "lambda d, z, g, s, eps=1e-5: backward(d, z, g**2, s, eps)",
        "lambda d, z, g, s, eps=1e-5: backward(d, z[:, ::-1], g, s, eps)",
    ],
    "network_gradients": [
        "lambda X, Y, p, eps=1e-5: {k: 2 * v for k, v in gradients(X, Y, p, eps).items()}",
        "lambda X, Y, p, eps=1e-5: gradients(X, Y[::-1], p, eps)",
        "lambda X, Y, p, eps=1e-5: {k[1:]: v for k, v in gradients(X, Y, p, eps).items()}",
        "lambda X, Y, p, eps=1e-5: {k: np.clip(v, -0.1, 0.1) for k, v in gradients(X, Y, p, eps).items()}",
    ],
    "update_parameters": [
        "lambda p, g, alpha: {k: p[k] - alpha * np.sign(g['d' + k]) for k in p}",
        "lambda p, g, alpha: {k: p[k] - 0.1 * g['d' + k] for k in p}",
        "lambda p, g, alpha: {k: p[k] - alpha**2 * g['d' + k] for k in p}",
        "lambda p, g, alpha: {k: p[k] - (k != 'W2') * alpha * g['d' + k] for k in p}",
        "lambda p, g, alpha: {k: g['d' + k] - alpha * p[k] for k in p}",
    ],
}


def _normalized(X, reference, eps):
    mu = reference.mean(axis=1, keepdims=True)
    return (X - mu) / np.sqrt(reference.var(axis=1, keepdims=True) + eps)


def _mutant(source):
    return eval(
        source,
        {
            "np": np,
            "norm": _normalized,
            "forward": VARIANTS["batchnorm_forward"][0],
            "start": VARIANTS["initialize_parameters"][0],
            "network": VARIANTS["network_forward"][0],
            "stages": VARIANTS["batchnorm_backward_stages"][0],
            "backward": VARIANTS["batchnorm_backward"][0],
            "gradients": VARIANTS["network_gradients"][0],
        },
    )


@functools.cache
def row_of(name):
    return matrix.row(find(name), seeds=[20])


@pytest.mark.parametrize("name", NAMES)
def test_every_misconception_is_named_and_every_variant_accepted(name):
    assert row_of(name).complete, "\n".join(row_of(name).failures)


def test_the_readme_shows_this_matrix():
    assert matrix.as_markdown([row_of(name) for name in NAMES]) in README.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "name", [name for name in NAMES if name not in ("network_gradients", "network_forward")]
)
def test_it_stays_so_with_other_numbers(name):
    row = matrix.row(find(name), seeds=[21])
    assert row.complete, "\n".join(row.failures)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("ignore")
def test_a_correct_variant_is_accepted_whatever_is_drawn(name):
    for seed in range(10):
        for variant in VARIANTS[name]:
            verdict = judge_function(find(name), variant, np.random.default_rng(1000 + seed))
            assert verdict.passed, f"{variant.__name__}, seed {seed}: {verdict.message}"


@pytest.mark.parametrize(
    ("name", "source"), [(name, source) for name, all_ in MUTANTS.items() for source in all_]
)
@pytest.mark.filterwarnings("ignore")
def test_a_wrong_function_that_no_list_holds_is_rejected_too(name, source):
    with np.errstate(all="ignore"):
        verdict = judge_function(find(name), _mutant(source), np.random.default_rng(5))
    assert not verdict.passed
    assert any(not line.passed and line.message for line in verdict.lines)
    assert verdict.points < verdict.max_points


def test_there_are_at_least_sixty_such_functions():
    assert sum(map(len, MUTANTS.values())) >= 60


@pytest.mark.parametrize("name", NAMES)
def test_an_exercise_has_at_least_four_correct_variants(name):
    assert len(VARIANTS[name]) >= 4


def test_the_table_has_a_row_for_each_exercise_and_one_for_all():
    row = matrix.row(find("batch_mean"), seeds=[1])
    lines = matrix.as_markdown([row]).splitlines()
    assert lines[2].startswith("| batch_mean | 8 |")
    assert lines[-1].startswith("| all | 8 |")


def test_a_mistake_that_slips_through_shows_in_the_table():
    from dataclasses import replace

    from autograder.exercise import Misconception

    exercise = find("batch_mean")
    harmless = Misconception("wrong-axis", exercise.reference)
    row = matrix.row(replace(exercise, misconceptions=(harmless,)), seeds=[1])
    assert not row.complete
    assert row.cells()[3:5] == ("0 %", "0 %")
    assert "wrong-axis was accepted" in row.failures[0]
