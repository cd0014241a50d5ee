"""Demos that call the reader's functions: a blank is not an error, and an error is told."""

import nbformat
import numpy as np
import pytest
from workbook import path_of, solutions

import bnkit

ASSIGNMENT = "02-fitting-batch-norm-into-a-network"
PLACEHOLDERS = {
    "stages-compare-yours": "The table of your own stages will stand here.",
    "gradients-check": "The check of your own network will stand here.",
    "yours-learns": "Your own network's progress will stand here.",
}
every_demo = pytest.mark.parametrize("name", PLACEHOLDERS)


@pytest.fixture
def run_demo(capsys):
    """Return a function that runs one demo, in which the functions to write raise the given error."""
    pytest.importorskip("sklearn")
    notebook = nbformat.read(path_of(ASSIGNMENT), as_version=4)
    names = [cell.id for cell in solutions(notebook)]

    def run(name, error):
        def yours(*args, **kwargs):
            raise error

        Z, column = np.ones((3, 8)), np.ones((3, 1))
        before = {"Z": Z, "dZ_tilde": Z, "gamma": column, "mu": column, "sigma2": column, "compare": print}
        source = next(cell.source for cell in notebook.cells if cell.id == name)
        exec(source, {"np": np, "bnkit": bnkit, **before, **dict.fromkeys(names, yours)})
        return capsys.readouterr().out.strip()

    return run


@every_demo
def test_what_is_not_written_yet_has_a_placeholder(run_demo, name):
    assert run_demo(name, NotImplementedError()) == PLACEHOLDERS[name]


@every_demo
def test_an_error_of_the_readers_own_is_told(run_demo, name):
    told = run_demo(name, ValueError("shapes (3, 8) and (3,) do not fit"))
    assert told.endswith("stopped: ValueError: shapes (3, 8) and (3,) do not fit")
