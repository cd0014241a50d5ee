"""A call on copies, compared afterwards; a cell run or scanned: what the worker does, seen without a wall."""

from pathlib import Path

import numpy as np
import pytest

from autograder.cells import run_cell, scan, without_magics
from autograder.wall import HERE, INSIDE
from autograder.wire import Rng, Strided, Unsupported
from autograder.worker import call_function


def test_a_call_gives_the_value_and_leaves_the_callers_arguments_alone():
    Z = np.ones((2, 3))

    def doubled(Z):
        Z *= 2
        return Z

    outcome = call_function(doubled, (Z,), {}, ("Z",))
    np.testing.assert_array_equal(outcome.value, 2 * np.ones((2, 3)))
    np.testing.assert_array_equal(Z, np.ones((2, 3)))
    assert outcome.changed == ("Z",)
    assert outcome.error is None


def grow(parameters):
    parameters["b9"] = 0


def shrink(parameters):
    del parameters["W1"]


def overwrite(parameters):
    parameters["W1"][0] = 5


def rebind(parameters):
    parameters["W1"] = parameters["W1"] * 1


def negative_zero(parameters):
    parameters["W1"] *= -1


def misuse(parameters):
    class Key(str):
        def __eq__(self, other):
            raise ValueError

        __hash__ = str.__hash__

    parameters[Key("W1")] = parameters.pop("W1")


@pytest.mark.parametrize("function", [grow, shrink, overwrite, negative_zero, misuse])
def test_a_change_anywhere_inside_an_argument_counts(function):
    parameters = {"W1": np.zeros(3)}
    assert call_function(function, (parameters,), {}, ("parameters",)).changed == ("parameters",)


def test_an_argument_with_equal_contents_has_not_changed():
    parameters = {"W1": np.array([1.0, np.nan])}
    assert call_function(rebind, (parameters,), {}, ("parameters",)).changed == ()


def test_changed_keyword_arguments_and_nameless_ones_are_told():
    def fill(*args, **kwargs):
        for array in (*args, *kwargs.values()):
            array[:] = 7

    outcome = call_function(fill, (np.ones(1), np.ones(1)), {"beta": np.ones(1)}, ("Z",))
    assert outcome.changed == ("Z", "argument 2", "beta")


def test_a_generator_may_be_drawn_from_and_depends_on_its_seed_only():
    draw = [call_function(lambda rng: rng.normal(), (Rng(5),), {}, ("rng",)) for _ in range(2)]
    assert draw[0].value == draw[1].value
    assert draw[0].changed == ()


@pytest.mark.parametrize("shape", [(3, 4), (3, 1), (5,), (2, 3, 4)])
def test_a_strided_array_arrives_with_its_values_and_not_contiguous(shape):
    array = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    seen = []
    outcome = call_function(lambda Z: seen.append(Z) or Z, (Strided(array),), {}, ("Z",))
    np.testing.assert_array_equal(outcome.value, array)
    assert not seen[0].flags.c_contiguous
    assert outcome.changed == ()


def fails():
    x = 1
    return x / 0


def test_an_error_is_told_with_its_line_in_the_function_itself():
    outcome = call_function(fails, (), {})
    assert (outcome.error.kind, outcome.error.message) == ("ZeroDivisionError", "division by zero")
    assert outcome.error.line == fails.__code__.co_firstlineno + 2


@pytest.mark.parametrize("exception", [SystemExit, GeneratorExit, RecursionError, NotImplementedError])
def test_every_kind_of_exception_is_an_outcome(exception):
    def leave():
        raise exception

    assert call_function(leave, (), {}).error.kind == exception.__name__


def test_an_interrupt_stops_the_notebook_but_not_the_grader():
    def interrupt():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        call_function(interrupt, (), {})
    assert call_function(interrupt, (), {}, catch_interrupt=True).error.kind == "KeyboardInterrupt"


def test_an_exception_whose_text_cannot_be_read_is_an_outcome_too():
    class Sly(Exception):
        def __str__(self):
            raise SystemExit

    def leave():
        raise Sly

    assert call_function(leave, (), {}).error.message == "its message could not be read"


def test_objects_that_pose_as_arrays_are_not_taken_for_numbers():
    class Pleasing:
        __array__ = __float__ = __eq__ = lambda *args: 1 / 0

    assert call_function(Pleasing, (), {}).value == Unsupported("Pleasing")


def test_a_scan_tells_every_way_to_bind_a_name():
    source = """
import numpy as np, os.path
from math import sqrt as root
def f(): inner = 1
class C: attribute = 1
a = b, (c, *d) = 1, (2, 3)
e: int = 1
for i in (): pass
with open("x") as g: pass
[w := j for j in ()]
def h():
    global k
    k = 1
try: pass
except ValueError as error: pass
match a:
    case [m, *n]: pass
x.y = z[0] = 1
"""
    # From Python 3.12 on, a comprehension's own variable counts too, which harms nobody.
    assert scan(source).names - {"j"} == {"np", "os", "root", "error", *"abcdefghikmnwC"}


def test_a_scan_tells_what_is_used():
    source = """
import bnkit.normalization
from autograder import check as c
np.linalg.norm(open('/work'))
'two words'
"""
    mentions = scan(source).mentions
    assert {"bnkit.normalization", "autograder.check", "np.linalg.norm", "open", "/work"} <= mentions
    assert "two words" not in mentions


def test_a_scan_tells_where_a_cell_does_not_parse():
    error = scan("x = 1\ny = (").error
    assert (error.kind, error.line) == ("SyntaxError", 2)
    assert "column" in error.message


@pytest.mark.parametrize("source", ["x = '\0'", "(" * 500, "-" * 100_000 + "1", "\ud800", "x" * 10**6 + "("])
def test_no_source_breaks_a_scan(source):
    assert scan(source).error is not None


def test_a_cells_error_is_told_by_its_line():
    error = run_cell("x = 1\n\nx.missing", "demo", {})
    assert (error.kind, error.line) == ("AttributeError", 3)


@pytest.mark.parametrize("source", ["exit()", "raise KeyboardInterrupt", "import sys; sys.exit(0)"])
def test_leaving_is_an_error_of_that_cell_only(source):
    assert run_cell(source, "demo", {}).kind in ("SystemExit", "KeyboardInterrupt", "NameError")


@pytest.mark.parametrize(
    "source",
    [
        "%matplotlib inline\nx = 1",
        "!pip install numpy\nx = 1",
        "if True:\n    %time\nx = 1",
        "%%time\nx = 1",
        "x = 1\nnp.mean?",
        "files = !ls\nx = 1",
        "here = %pwd\nx = 1",
        "!pip install \\\n    numpy\nx = 1",
        "%time x = 1",
        "if True:\n    %time x = 1",
        "import asyncio\nawait asyncio.sleep(0)\nx = 1",
        "\ufeffx = 1",
    ],
)
def test_lines_for_ipython_are_passed_over(source):
    namespace = {}
    assert run_cell(source, "demo", namespace) is None
    assert namespace["x"] == 1


@pytest.mark.parametrize(
    "line",
    [
        "import no_such_package",
        "assert False",
        "if True:\n    undefined",
        "name = input('name?')",
        "return 1",
        "get_answer().and_more()",
    ],
)
def test_a_line_that_fails_costs_itself_only(line, monkeypatch):
    monkeypatch.setattr("sys.stdin", None)
    namespace = {}
    error = run_cell(f"x = 1\n{line}\nx += 1\nalso.undefined", "demo", namespace)
    assert namespace["x"] == 2
    assert error.kind != "AttributeError"
    assert error.line in (2, 3) or "line 2" in error.message


def test_a_block_that_fails_still_defines_its_functions():
    namespace = {}
    source = "if True:\n    import math\n    undefined\n    def root(x): return math.sqrt(x)"
    assert run_cell(source, "demo", namespace).kind == "NameError"
    assert namespace["root"](4) == 2


def test_a_cell_that_leaves_goes_no_further():
    namespace = {}
    assert run_cell("import sys\nsys.exit()\nx = 1", "demo", namespace).kind == "SystemExit"
    assert "x" not in namespace


def test_a_cell_s_future_holds_for_all_of_it():
    namespace = {}
    source = "from __future__ import annotations\nx = 1\ndef f(Z: Unknown): pass"
    assert run_cell(source, "demo", namespace) is None
    assert namespace["f"].__annotations__ == {"Z": "Unknown"}


def test_only_what_a_cell_defines_can_be_run():
    namespace = {}
    source = "import math\neps = 1e-5\nfor i in range(2):\n    print(1 / 0)\nx = f()\n"
    source += "def f(): return math.pi + eps"
    assert run_cell(source, "demo", namespace, definitions=True) is None
    assert namespace["f"]() > 3
    assert not {"i", "x"} & set(namespace)


def test_a_cell_in_another_language_is_no_python():
    assert without_magics("%%bash\nrm -rf x") == ""


def test_python_that_looks_like_a_magic_stays():
    source = "x = (7\n% 4)"
    assert without_magics(source) == source


@pytest.mark.parametrize("name", INSIDE)
def test_what_lies_inside_the_wall_imports_nothing_of_ours_but_its_neighbours(name):
    import ast

    tree = ast.parse((HERE / name).read_text(encoding="utf-8"))
    neighbours = {Path(each).stem for each in INSIDE}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            assert {node.module, *(alias.name for alias in node.names)} & neighbours, ast.unparse(node)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = [getattr(node, "module", None) or alias.name for alias in node.names]
            assert not any(name.startswith(("bnkit", "autograder")) for name in names), ast.unparse(node)
