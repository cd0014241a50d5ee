"""The checks name every known mistake, accept every correct variant, and reject what no list holds."""

import functools
from pathlib import Path

import numpy as np
import pytest
from mutants import MUTANTS

from autograder import matrix
from autograder.check import judge_function
from autograder.exercises import every, find
from autograder.exercises.variants import VARIANTS

pytestmark = pytest.mark.slow

README = Path(__file__).resolve().parents[2] / "README.md"
NAMES = [exercise.name for exercise in every()]
SLOW = ("network_gradients", "network_forward", "train_epoch", "update_all")  # whole networks: once is enough


def _normalized(X, reference, eps):
    mu = reference.mean(axis=1, keepdims=True)
    return (X - mu) / np.sqrt(reference.var(axis=1, keepdims=True) + eps)


def _mutant(source):
    return eval(
        source,
        {
            **{name: variants[0] for name, variants in VARIANTS.items()},
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
    rows = matrix.by_notebook(row_of(name) for name in NAMES)
    assert matrix.as_markdown(rows) in README.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [name for name in NAMES if name not in SLOW])
def test_it_stays_so_with_other_numbers(name):
    row = matrix.row(find(name), seeds=[21])
    assert row.complete, "\n".join(row.failures)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("ignore")
def test_a_correct_variant_is_accepted_whatever_is_drawn(name):
    for seed in range(3 if name in SLOW else 10):
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
