"""Behind the wall bnkit works, but for the answers to the exercises that are being graded."""

import ast
import importlib
import subprocess
import sys

import numpy as np
import pytest

import bnkit
from autograder import check
from autograder.stripping import build_packages, refusal, withholding


def run(packages, code):
    """Run code in a fresh Python that sees these packages and no others of ours."""
    program = f"import sys; sys.path[:0] = [{str(packages)!r}]\n{code}"
    done = subprocess.run([sys.executable, "-I", "-B", "-c", program], capture_output=True, text=True)
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


def test_a_withheld_function_refuses_and_says_why(tmp_path):
    build_packages({"batch_mean"}, tmp_path)
    answer = run(tmp_path, "import bnkit, numpy as np; bnkit.batch_mean(np.ones((2, 3)))")
    assert answer == f"RuntimeError: {refusal('batch_mean')}"


def test_a_withheld_class_refuses_when_made_but_can_still_be_named(tmp_path):
    build_packages({"BatchNorm"}, tmp_path)
    assert run(tmp_path, "import bnkit; print(isinstance(1, bnkit.BatchNorm))") == "False"
    assert "bnkit.BatchNorm is withheld" in run(tmp_path, "import bnkit; bnkit.BatchNorm(3)")


def test_every_other_function_works_from_the_copy(tmp_path):
    build_packages({"batch_mean"}, tmp_path)
    code = "import bnkit; f = bnkit.batch_variance; print(f.__code__.co_filename)"
    assert run(tmp_path, code).startswith(str(tmp_path))


def test_the_withheld_source_is_nowhere_in_the_copy(tmp_path):
    file = build_packages({"batch_mean"}, tmp_path) / "bnkit" / "normalization.py"
    tree = ast.parse(file.read_text())
    (definition,) = (node for node in tree.body if getattr(node, "name", "") == "batch_mean")
    assert [type(statement) for statement in definition.body] == [ast.Raise]


KERNELS = [
    "bnkit.kernels.batchnorm_forward(np.ones((512, 64)), np.ones((512, 1)), np.ones((512, 1)))",
    "bnkit.kernels.batchnorm_forward(np.ones((5, 3, 2, 2)), np.ones((3, 1)), np.ones((3, 1)))",
    "bnkit.kernels.adam_update(*4 * [np.ones((128, 128))], 1, 0.1)",
]
INSIDE = [
    ("formulas", "forward"),
    ("blocked", "forward"),
    ("cpu", "forward"),
    ("gpu", "forward"),
    ("training_pass", "go_through"),
    ("training_pass", "LinearStage"),
]


@pytest.mark.parametrize("name", ["batch_mean", "spatial_batchnorm_forward", "Linear", "mini_batches"])
def test_no_kernel_answers_where_anything_is_withheld(tmp_path, name):
    build_packages({name}, tmp_path)
    for code in KERNELS:
        told = run(tmp_path, f"import bnkit, numpy as np; {code}")
        assert told.startswith("RuntimeError: bnkit.kernels."), told
        with withholding({name}), pytest.raises(RuntimeError, match=r"^bnkit\.kernels\.\w+ is withheld"):
            eval(code, {"bnkit": bnkit, "np": np})
        eval(code, {"bnkit": bnkit, "np": np})
    for module, function in INSIDE:
        told = run(tmp_path, f"from bnkit.kernels import {module}; import bnkit.kernels.{module}")
        assert told == f"ModuleNotFoundError: No module named 'bnkit.kernels.{module}'"
        with withholding({name}), pytest.raises(RuntimeError, match="is withheld"):
            getattr(importlib.import_module(f"bnkit.kernels.{module}"), function)()
    assert sorted(path.name for path in (tmp_path / "bnkit" / "kernels").iterdir()) == [
        "__init__.py",
        "buffers.py",
    ]


def test_a_large_network_is_trained_by_the_formulas_in_a_students_own_check(monkeypatch):
    monkeypatch.setattr("bnkit.kernels.training_pass.go_through", None)  # would be called in vain
    rng = np.random.default_rng(0)
    X, Y = rng.standard_normal((8, 64)), bnkit.one_hot(rng.integers(0, 3, 64), 3)
    with withholding({"mini_batches"}):
        network = bnkit.Network([8, 512, 3], rng=rng)
        assert bnkit.train_step(network, X, Y, bnkit.Adam(0.1)) > 0


def test_a_large_network_trains_without_kernels(tmp_path):
    build_packages({"mini_batches"}, tmp_path)
    code = (
        "import bnkit, numpy as np, sys\n"
        "rng = np.random.default_rng(0)\n"
        "network = bnkit.Network([8, 512, 3], rng=rng)\n"
        "X, Y = rng.standard_normal((8, 64)), bnkit.one_hot(rng.integers(0, 3, 64), 3)\n"
        "bnkit.train_step(network, X, Y, bnkit.Adam(0.1))\n"
        "print({'numba', 'llvmlite'} & sys.modules.keys())"
    )
    assert run(tmp_path, code) == "set()"


def test_every_public_name_can_be_withheld(tmp_path):
    names = [name for name in bnkit.__all__ if callable(getattr(bnkit, name))]
    build_packages(names, tmp_path)
    assert run(tmp_path, "import bnkit; [getattr(bnkit, n) for n in bnkit.__all__]; print('ok')") == "ok"


def test_a_misspelled_name_is_told(tmp_path):
    with pytest.raises(ValueError, match="no batch_men"):
        build_packages({"batch_men"}, tmp_path)


def test_the_autograder_inside_does_nothing_whatever_is_asked_of_it(tmp_path):
    build_packages((), tmp_path)
    code = (
        "from autograder import check, hint; check(print); hint('x').show(); import autograder; print('ok')"
    )
    assert run(tmp_path, code) == "ok"
    assert [path.name for path in (tmp_path / "autograder").iterdir()] == ["__init__.py"]


def test_the_real_autograder_is_there_when_asked_for(tmp_path):
    build_packages((), tmp_path, with_autograder=True)
    assert (tmp_path / "autograder" / "wire.py").is_file()


def test_a_students_own_check_meets_the_same_refusal_and_then_all_is_as_before():
    ones, before = np.ones((2, 3)), bnkit.batch_mean
    with withholding({"batch_mean", "BatchNorm"}):
        for refused in (
            lambda: bnkit.batch_mean(ones),
            lambda: bnkit.normalization.batch_mean(ones),
            lambda: bnkit.batchnorm_forward(ones, ones[:, :1], ones[:, :1]),
            lambda: bnkit.BatchNorm(3),
        ):
            with pytest.raises(RuntimeError, match="is withheld"):
                refused()
        assert bnkit.relu(ones).sum() == 6
    assert bnkit.batch_mean is before
    assert bnkit.batchnorm_forward(ones, ones[:, :1], ones[:, :1])[0].shape == (2, 3)


def test_a_withheld_function_refuses_under_any_name_of_the_students_own():
    names = {
        "bnkit": bnkit,
        "mean": bnkit.batch_mean,
        "Layer": bnkit.BatchNorm,
        "relu": bnkit.relu,
        "np": np,
    }
    before = dict(names)
    with withholding({"batch_mean", "BatchNorm"}, names) as stand_in:
        for name in ("mean", "Layer"):
            with pytest.raises(RuntimeError, match="is withheld"):
                names[name](np.ones((2, 3)))
        with pytest.raises(RuntimeError, match="is withheld"):
            stand_in(bnkit.batch_mean)(np.ones((2, 3)))
        assert stand_in(bnkit.relu) is names["relu"] is bnkit.relu
        names["relu"] = names["Layer"] = len  # the student's code may give names anew
    assert names == {**before, "relu": len, "Layer": len}
    assert bnkit.batch_mean is before["mean"]


@pytest.mark.parametrize(
    "code",
    [
        "from bnkit import batch_mean as mean\ndef batch_mean(Z): return mean(Z)",
        "import bnkit\n_f = bnkit.batch_mean\ndef helper(Z): return _f(Z)\n"
        "def batch_mean(Z): return helper(Z)",
        "import bnkit\nbatch_mean = bnkit.batch_mean",
        "import bnkit.normalization as n\ndef batch_mean(Z): return n.batch_mean(Z)",
    ],
)
def test_a_check_refuses_what_the_grader_refuses_and_leaves_the_notebook_as_it_was(code, capsys):
    notebook = {"__name__": "__main__"}
    exec(code, notebook)
    before = dict(notebook)
    assert check(notebook["batch_mean"], "batch_mean").points == 0
    assert "is withheld" in capsys.readouterr().out
    assert notebook == before
