"""Small hostile submissions: none earns what it did not compute, none costs anybody else anything.

Each is a notebook in which nothing is solved unless it says so, changed in one way. All are graded in one
run, among two honest ones.
"""

import shutil

import pytest
from sample_courses import FIRST, FULL, added, blank, cell_of, hand_in, solved, written

from autograder.batch import Cluster
from autograder.course import Course
from autograder.grading import Options, grade_assignment
from autograder.limits import Limits
from autograder.records import read_record

pytestmark = pytest.mark.slow

MEAN = "def batch_mean(Z):\n    return Z.mean(axis=1, keepdims=True)\n"
MEMORIZED = "[[ 3.,  5.,  1.,  4.]]"
ATTACKS = {}


def attack(function):
    """Register a function that changes a blank notebook."""
    ATTACKS[function.__name__] = function
    return function


def of_tests(notebook):
    return [cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("points")]


def code(name, source):
    """Register an attack that is a cell of the student's own after the set-up, and functions among it."""

    def insert(notebook):
        place = notebook["cells"].index(cell_of(notebook, "setup")) + 1
        notebook["cells"].insert(place, added(source))

    ATTACKS[name] = insert


def function(name, source):
    """Register an attack that stands in batch_mean's cell."""

    def fill(notebook):
        cell_of(notebook, "batch_mean")["source"] = source

    ATTACKS[name] = fill


# The notebook's own metadata, cells and outputs.


@attack
def tags_skip_execution(notebook):
    for cell in notebook["cells"]:
        cell["metadata"]["tags"] = ["skip-execution", "demo"]


@attack
def edits_test_cells(notebook):
    for cell in of_tests(notebook):
        cell["source"] = "1.0"


@attack
def deletes_test_cells(notebook):
    notebook["cells"] = [cell for cell in notebook["cells"] if cell not in of_tests(notebook)]


@attack
def moves_test_cells(notebook):
    tests = of_tests(notebook)
    notebook["cells"] = tests + [cell for cell in notebook["cells"] if cell not in tests]


@attack
def duplicates_test_cells(notebook):
    for cell in of_tests(notebook):
        notebook["cells"].insert(0, {**cell, "source": "pass"})


@attack
def raises_points(notebook):
    for cell in of_tests(notebook):
        cell["metadata"]["nbgrader"]["points"] = 1000


@attack
def turns_tests_into_solutions(notebook):
    for cell in of_tests(notebook):
        cell["metadata"]["nbgrader"].update(grade=True, solution=True, locked=False)
        cell["source"] = "14.0"


@attack
def turns_tests_into_markdown(notebook):
    for cell in of_tests(notebook):
        cell.update(cell_type="markdown", source="Full marks, please.")


@attack
def strips_metadata(notebook):
    notebook["metadata"] = {}
    for cell in notebook["cells"]:
        cell["metadata"] = {}
        cell.pop("id", None)


@attack
def strips_metadata_and_prints_points(notebook):
    strips_metadata(notebook)
    for cell in notebook["cells"]:
        if cell["source"].startswith("check("):
            cell["source"] = "1.0"


@attack
def brings_outputs(notebook):
    for points, cell in zip(("nan", "-1", "inf", "1e9", "4", "2", "2"), of_tests(notebook), strict=False):
        data = {"text/plain": points}
        cell["outputs"] = [
            {"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": 1}
        ]


@attack
def names_another_kernel(notebook):
    notebook["metadata"]["kernelspec"] = {"name": "always_right", "display_name": "x", "language": "x"}


@attack
def new_schema_version(notebook):
    for cell in of_tests(notebook):
        cell["metadata"]["nbgrader"]["schema_version"] = 99


# IPython and the interpreter around the cells.

code(
    "transforms_the_tree",
    """
import ast
class Drop(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.Pass()
    def visit_Raise(self, node): return ast.Pass()
get_ipython().ast_transformers.append(Drop())
""",
)
code(
    "hooks_every_cell",
    """
from IPython.display import display
def publish(*args): display({'text/plain': '1.0'}, raw=True)
get_ipython().events.register('post_run_cell', publish)
""",
)
code("stubs_the_kernel", "get_ipython().kernel.do_execute = lambda *a, **k: {'status': 'ok'}")
code(
    "calls_the_displayhook", "import sys\nsys.displayhook(5.0)\nsys.displayhook = lambda value: print('1.0')"
)
code("clears_output", "from IPython.display import clear_output\nclear_output()\nprint('1.0')")
code("replaces_check", "check = lambda f, *a: 1.0\nimport autograder\nautograder.check = check")

# Values that please every comparison.

PLEASING = """
class Pleasing{base}:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __array__(self, *args, **kwargs): return EXPECTED
    def __array_ufunc__(self, *args, **kwargs): return np.True_
    def __array_function__(self, *args, **kwargs): return np.True_
    def __float__(self): return 1.0
    def __abs__(self): return self
    def __sub__(self, other): return np.zeros(1)
    def __le__(self, other): return True
    def __getattr__(self, name): return self
    __hash__ = object.__hash__
"""
function("pleasing_object", PLEASING.format(base="") + "def batch_mean(Z): return Pleasing()")
function(
    "pleasing_array",
    PLEASING.format(base="(np.ndarray)")
    + "def batch_mean(Z): return np.zeros((Z.shape[0], 1)).view(Pleasing)",
)
function("masked", "def batch_mean(Z): return np.ma.masked_all((Z.shape[0], 1))")
function(
    "objects", PLEASING.format(base="") + "def batch_mean(Z): return np.full((Z.shape[0], 1), Pleasing())"
)
function(
    "memmap", "def batch_mean(Z): return np.memmap('/tmp/x', shape=(Z.shape[0], 1), mode='w+', dtype=float)"
)
function("nan", "def batch_mean(Z): return np.full((Z.shape[0], 1), np.nan)")
function("infinite", "def batch_mean(Z): return np.full((Z.shape[0], 1), np.inf)")
function("shapes_alone", "def batch_mean(Z): return np.zeros((Z.shape[0], 1))")
function("huge_claim", "def batch_mean(Z): return np.broadcast_to(0.0, (10**9, 10**9))")

# Patches.

code(
    "patches_numpy",
    """
true = lambda *args, **kwargs: True
np.allclose = np.isclose = np.array_equal = true
np.testing.assert_allclose = np.testing.assert_array_equal = np.testing.assert_equal = true
np.abs = np.subtract = lambda *args, **kwargs: np.float64(0)
""",
)
code(
    "patches_builtins",
    """
import builtins
builtins.all = builtins.any = builtins.isinstance = lambda *args: True
builtins.abs = builtins.max = lambda *args, **kwargs: 0.0
""",
)
code(
    "patches_modules",
    """
import sys, types
class Right(types.ModuleType):
    def __getattr__(self, name): return lambda *args, **kwargs: 1.0
for name in ('autograder', 'autograder.check', 'bnkit', 'json', 'struct', 'wire', 'worker'):
    sys.modules[name] = Right(name)
""",
)
code(
    "hooks_imports",
    """
import sys
class Finder:
    def find_spec(self, name, *args): raise ImportError(name)
sys.meta_path.insert(0, Finder())
import builtins
builtins.__import__ = lambda *args, **kwargs: None
""",
)

# Looking around.

function(
    "sees_the_grader",
    """
import os, sys
def batch_mean(Z):
    if 'NBGRADER_EXECUTION' in os.environ or 'matplotlib' not in sys.modules:
        sys.exit(0)
    return Z
""",
)
function(
    "walks_frames",
    """
import sys, gc
def batch_mean(Z):
    frame = sys._getframe()
    while frame:
        for value in list(frame.f_locals.values()) + list(frame.f_globals.values()):
            if isinstance(value, np.ndarray) and value.shape == (Z.shape[0], 1): return value
            if hasattr(value, 'reference'): return value.reference(Z)
        frame = frame.f_back
    for thing in gc.get_objects():
        if hasattr(thing, 'reference') and hasattr(thing, 'probes'): return thing.reference(Z)
""",
)
function("borrows_the_library", "import bnkit\ndef batch_mean(Z): return bnkit.batch_mean(Z)")
function(
    "borrows_from_the_forward_pass",
    """
def batch_mean(Z):
    column = np.ones((Z.shape[0], 1))
    return bnkit.batchnorm_forward(Z, column, column)[2]
""",
)
function(
    "borrows_the_grader",
    """
def batch_mean(Z):
    from autograder import exercises
    return exercises.find('batch_mean').reference(Z)
""",
)
function(
    "rebuilds_the_reference",
    """
import sys, pathlib
def batch_mean(Z):
    for root in sys.path:
        for path in pathlib.Path(root).glob('bnkit/statistics.py'):
            space = {}
            exec(path.read_text(), space)
            return space['batch_mean'](Z)
        for path in pathlib.Path(root).glob('bnkit/normalization.py'):
            space = {'__name__': 'bnkit.normalization', '__package__': 'bnkit'}
            exec(path.read_text(), space)
            return space['batch_mean'](Z)
""",
)
function(
    "reads_the_source_notebook",
    """
import pathlib
def batch_mean(Z):
    for path in pathlib.Path('/').rglob('*/01-normalizing-activations.ipynb'):
        if 'keepdims' in path.read_text(): return Z.mean(axis=1, keepdims=True)
""",
)

# Lies on the wire.

function(
    "writes_verdicts_everywhere",
    """
import os, json
def batch_mean(Z):
    for descriptor in range(64):
        for lie in (b'1.0\\n', json.dumps({'points': 1.0, 'status': 'passed'}).encode(), b'BNW1' + bytes(12)):
            try: os.write(descriptor, lie)
            except OSError: pass
    return np.zeros((Z.shape[0], 1))
""",
)
function(
    "lets_a_child_answer",
    """
import os, time
def batch_mean(Z):
    if os.fork():
        time.sleep(0.5)
        os._exit(0)
    return np.zeros((Z.shape[0], 1))
""",
)
function("ends_the_process", "import os\ndef batch_mean(Z): os._exit(0)")
function(
    "kills_everybody",
    "import os, signal\ndef batch_mean(Z): os.kill(-1, signal.SIGKILL); os.kill(os.getppid(), 9)",
)
function("crashes", "import ctypes\ndef batch_mean(Z): return ctypes.string_at(0)")
function("raises_past_exceptions", "def batch_mean(Z): raise BaseException('out')")
function("loops", "def batch_mean(Z):\n    while True: pass")
function(
    "sleeps",
    "import time, signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ndef batch_mean(Z): time.sleep(3600)",
)
function("fills_memory", "def batch_mean(Z):\n    return [bytearray(10**8) for _ in range(100)]")
function("recurses", "def batch_mean(Z): return batch_mean(Z)")
function("floods_output", "def batch_mean(Z):\n    while True: print('x' * 10**6)")
code("loops_in_a_cell", "while True: pass")
code("closes_every_descriptor", "import os\nos.closerange(0, 256)")

# Answers that fit only what was seen, or only the first time.

function(
    "memorizes",
    f"def batch_mean(Z):\n    return {{'{MEMORIZED}': [[3.25]]}}.get(str(Z), np.zeros((Z.shape[0], 1)))",
)
function(
    "answers_the_first_call_only",
    "calls = []\ndef batch_mean(Z):\n    calls.append(Z)\n    return calls[0].mean(axis=1, keepdims=True)",
)


@pytest.fixture(scope="module")
def graded(released_course, tmp_path_factory):
    """Every attack graded in one run: the course, and its lines by student."""
    root = tmp_path_factory.mktemp("hostile") / "course"
    shutil.copytree(released_course.root, root)
    course = Course.open(root)
    for name, change in ATTACKS.items():
        notebook = blank(course)
        change(notebook)
        hand_in(course, name, notebook)
    hand_in(course, "honest", solved(course))
    hand_in(course, "raises_points_of_a_right_answer", _with(raises_points, written(course, MEAN)))
    hand_in(course, "strips_metadata_of_right_answers", _with(strips_metadata, solved(course)))
    hand_in(course, "zz_honest_too", solved(course))
    options = Options(Cluster(2), Limits(call_seconds=1, submission_seconds=6, memory=2**29))
    return course, {line.student: line for line in grade_assignment(course, FIRST, options)}


def _with(change, notebook):
    change(notebook)
    return notebook


@pytest.mark.parametrize("name", ATTACKS)
def test_it_earns_nothing(graded, name):
    course, lines = graded
    line = lines[name]
    assert line.status == "graded", line
    assert line.points == 0, read_record(course, name, FIRST)


def test_honest_functions_earn_what_they_are_worth_whatever_the_metadata(graded):
    _, lines = graded
    assert (
        lines["raises_points_of_a_right_answer"].points,
        lines["raises_points_of_a_right_answer"].max_points,
    ) == (1, FULL)
    assert lines["strips_metadata_of_right_answers"].points == FULL


def test_everybody_else_keeps_their_marks(graded):
    _, lines = graded
    for student in ("honest", "zz_honest_too"):
        assert (lines[student].points, lines[student].flags) == (FULL, ())


@pytest.mark.parametrize(
    ("name", "flag"),
    [
        ("borrows_the_library", "borrowed-reference"),
        ("borrows_from_the_forward_pass", "borrowed-reference"),
        ("borrows_the_grader", "borrowed-reference"),
        ("duplicates_test_cells", "duplicate-cell"),
        ("loops", "limit-exceeded"),
        ("fills_memory", "limit-exceeded"),
        ("sees_the_grader", "looks-for-grader"),
        ("walks_frames", "looks-for-grader"),
        ("transforms_the_tree", "looks-for-grader"),
    ],
)
def test_the_instructor_is_told(graded, name, flag):
    assert flag in graded[1][name].flags


def test_nothing_of_the_wire_s_lies_or_of_the_floods_is_left_in_the_notebook(graded):
    course, _ = graded
    for name in ("writes_verdicts_everywhere", "floods_output"):
        assert (course.autograded(name, FIRST) / f"{FIRST}.ipynb").stat().st_size < 200_000
