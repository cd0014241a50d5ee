"""Importing bnkit costs nothing, and gives every name."""

import doctest
import subprocess
import sys

import pytest

import bnkit


def run(code):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_importing_bnkit_imports_nothing_heavy():
    heavy = "{'matplotlib', 'sklearn', 'cupy', 'tqdm', 'numba', 'torch', 'IPython', 'scipy'}"
    assert run(f"import sys, bnkit; print({heavy} & sys.modules.keys())") == "set()"


def test_using_the_formulas_and_the_network_imports_nothing_heavy():
    code = (
        "import sys, numpy as np, bnkit\n"
        "network = bnkit.Network([2, 3, 2], rng=np.random.default_rng(0))\n"
        "X, Y = bnkit.spirals(np.random.default_rng(0), classes=2)\n"
        "bnkit.train(network, X, Y, bnkit.Adam(0.1), epochs=1, batch_size=50, "
        "rng=np.random.default_rng(0), progress=False)\n"
        "print({'matplotlib', 'sklearn', 'cupy', 'tqdm', 'numba', 'torch'} & sys.modules.keys())"
    )
    assert run(code) == "set()"


def test_every_public_name_can_be_imported_and_is_documented():
    for name in bnkit.__all__:
        assert getattr(bnkit, name).__doc__, name
    assert set(bnkit.__all__) <= set(dir(bnkit))


def test_what_modules_define_for_the_public_is_public():
    for module in (
        "normalization",
        "statistics",
        "layers",
        "losses",
        "optimizers",
        "other_norms",
        "gradcheck",
    ):
        defined = {
            name
            for name, value in vars(getattr(bnkit, module)).items()
            if getattr(value, "__module__", None) == f"bnkit.{module}" and not name.startswith("_")
        }
        assert defined - {"Layer", "Activation"} <= set(bnkit.__all__), module


def test_a_name_that_does_not_exist_is_told():
    with pytest.raises(AttributeError, match="module 'bnkit' has no attribute 'batchnorm'"):
        _ = bnkit.batchnorm


def test_examples_in_docstrings_run():
    assert doctest.testmod(bnkit.network).failed == 0
