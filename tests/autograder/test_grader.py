"""One submission graded behind the real wall."""

from dataclasses import replace

import pytest
from sample_courses import FIRST, FULL, added, blank, cell_of, hand_in, solved, written

from autograder.flags import looks_for_grader
from autograder.grader import Job, environment, grade, grade_source, names_in_text, new_seed
from autograder.intake import Submission, read_submission
from autograder.limits import Limits
from autograder.placement import release_cells
from autograder.records import release_notebook

QUICK = Limits(call_seconds=1, submission_seconds=10)
MEAN = "def batch_mean(Z):\n    return Z.mean(axis=1, keepdims=True)\n"


@pytest.fixture
def job(course):
    """Notebook -> the job of grading it."""

    def make(notebook, limits=QUICK):
        hand_in(course, "ada", notebook)
        cells = release_cells(release_notebook(course, FIRST))
        submission = read_submission(course.submitted("ada", FIRST), FIRST, cells)
        assert isinstance(submission, Submission), submission
        return Job(submission, limits, new_seed())

    return make


def points(graded):
    return {verdict.exercise: verdict.points for verdict in graded.verdicts if verdict.points}


def verdict_of(graded, name):
    return next(verdict for verdict in graded.verdicts if verdict.exercise == name)


def test_model_answers_get_everything_and_no_flag(course, job):
    graded = grade(job(solved(course)))
    assert sum(v.points for v in graded.verdicts) == sum(v.max_points for v in graded.verdicts) == FULL
    assert graded.flags == ()


def test_a_blank_notebook_gets_nothing_and_no_flag(course, job):
    graded = grade(job(blank(course)))
    assert {verdict.status for verdict in graded.verdicts} == {"blank"}
    assert graded.flags == ()


def test_the_same_seed_gives_the_same_verdicts(course, job):
    code = "def batch_mean(Z):\n    return Z.mean(axis=1, keepdims=True) + 1e-3\n"
    first = job(written(course, code))
    assert grade(first).verdicts == grade(first).verdicts
    assert grade(replace(first, seed=first.seed + 1)).verdicts != grade(first).verdicts


def test_helpers_in_cells_of_their_own_keep_working(course, job):
    notebook = written(course, "def batch_mean(Z):\n    return average(Z)\n")
    notebook["cells"].insert(2, added("def average(Z):\n    return Z.mean(axis=1, keepdims=True)"))
    assert points(grade(job(notebook))) == {"batch_mean": 1}


def test_a_function_in_a_cell_of_the_student_s_own_counts(course, job):
    notebook = blank(course)
    notebook["cells"] = [cell for cell in notebook["cells"] if cell["id"] != "batch_mean"]
    notebook["cells"].insert(2, added(MEAN))
    assert points(grade(job(notebook))) == {"batch_mean": 1}


def test_prints_warnings_and_magics_cost_nothing(course, job):
    noise = "    print('x' * 100)\n    import warnings; warnings.warn('w')\n"
    noisy = f"def batch_mean(Z):\n{noise}    return Z.mean(axis=1, keepdims=True)\n"
    notebook = written(course, noisy)
    notebook["cells"].insert(2, added("%matplotlib inline\n!ls\nimport sys\nprint('e', file=sys.stderr)"))
    graded = grade(job(notebook))
    assert points(graded) == {"batch_mean": 1}
    assert graded.flags == ()


def test_a_cell_that_does_not_parse_is_told_with_its_line(course, job):
    notebook = blank(course)
    next(cell for cell in notebook["cells"] if cell["id"] == "batch_mean")["source"] = (
        "def batch_mean(Z):\n    return ("
    )
    verdict = verdict_of(grade(job(notebook)), "batch_mean")
    assert verdict.message.startswith("The cell batch_mean stopped: SyntaxError")
    assert verdict.lines[0].name == "the cell batch_mean runs"
    assert "line 2" in verdict.lines[0].message


def test_a_helper_that_stops_is_told_where_a_function_is_wrong(course, job):
    notebook = written(course, "def batch_mean(Z):\n    return factor * Z\n")
    notebook["cells"].insert(2, added("x = 1\nfactor = undefined"))
    message = verdict_of(grade(job(notebook)), "batch_mean").message
    assert "stopped in line 2: NameError: name 'undefined' is not defined" in message


def test_demo_cells_do_not_run(course, job):
    notebook = written(course, MEAN)
    for cell in notebook["cells"]:
        if "demo" in cell["metadata"].get("tags", ()):
            cell["source"] = "import os\nos._exit(1)"
    assert points(grade(job(notebook))) == {"batch_mean": 1}


def test_an_endless_loop_costs_its_own_exercise_only(course, job):
    code = f"{MEAN}\ndef batch_variance(Z, mu):\n    while True: pass\n"
    graded = grade(job(written(course, code)))
    assert points(graded) == {"batch_mean": 1}
    assert graded.flags == ("limit-exceeded",)


FROM_DISK = """
import inspect, pathlib
text = pathlib.Path(inspect.getsourcefile(bnkit.batch_mean)).read_text()
space = {"__name__": "bnkit.normalization", "__package__": "bnkit"}
exec(text, space)
def batch_mean(Z): return space["batch_mean"](Z)
"""


@pytest.mark.parametrize(
    "code",
    [
        "def batch_mean(Z):\n    return bnkit.batch_mean(Z)\n",
        "f = bnkit.batch_mean\ndef batch_mean(Z): return f(Z)\n",
        "from bnkit import batch_mean\n",
        "from autograder import exercises\nbatch_mean = exercises.find('batch_mean').reference\n",
        FROM_DISK,
    ],
)
def test_an_answer_borrowed_from_the_library_is_flagged_and_earns_nothing(course, job, code):
    notebook = blank(course)
    cell_of(notebook, "batch_mean")["source"] = code
    graded = grade(job(notebook))
    assert points(graded) == {}
    assert "borrowed-reference" in graded.flags


def test_an_answer_is_known_as_borrowed_also_beside_a_function_that_hangs(course, job):
    hangs = "def batch_variance(Z, mu):\n    while True: pass\n"
    code = f"def batch_mean(Z):\n    return bnkit.batch_mean(Z)\n\n{hangs}"
    assert grade(job(written(course, code))).flags == ("borrowed-reference", "limit-exceeded")


COMPARISON = """
Z0 = np.arange(6.0).reshape(2, 3)
assert np.allclose(bnkit.batch_mean(Z0), Z0.mean(axis=1, keepdims=True))
def average(Z):
    return Z.mean(axis=1, keepdims=True)
"""


def test_a_comparison_with_the_library_costs_nothing_and_raises_no_flag(course, job):
    notebook = solved(course, "def batch_mean(Z):\n    return average(Z)\n")
    notebook["cells"].insert(2, added(COMPARISON))
    graded = grade(job(notebook))
    assert sum(points(graded).values()) == FULL
    assert graded.flags == ()


HABITS = {
    "shell": "files = !ls",
    "continued": "!pip install \\\n    numpy",
    "kernel": "get_ipython().run_line_magic('matplotlib', 'inline')",
    "question": "name = input('name?')",
    "await": "import asyncio\nawait asyncio.sleep(0)",
    "absent": "from google.colab import drive",
    "colab": "import sys\nIN_COLAB = 'google.colab' in sys.modules",
    "machine": "print(open('/proc/cpuinfo').read()[:100])",
    "star": "from autograder import *",
    "loud": "print('y' * 2_000_000)",
}


def test_habits_of_honest_notebooks_cost_nothing_and_raise_no_flag(course, job):
    for habit in HABITS.values():
        notebook = solved(course, "def batch_mean(Z):\n    return average(Z)\n")
        notebook["cells"].insert(2, added(f"{habit}\ndef average(Z): return Z.mean(axis=1, keepdims=True)"))
        graded = grade(job(notebook))
        assert (sum(points(graded).values()), graded.flags) == (FULL, ()), habit


def test_much_output_is_noted(course, job):
    notebook = written(course, MEAN)
    notebook["cells"].insert(2, added("print('y' * 2_000_000)"))
    assert "printed more than" in grade(job(notebook)).notes[0]


def test_experiments_of_ones_own_cost_no_function_its_time(course, job):
    notebook = solved(course, "def batch_mean(Z):\n    return average(Z)\n")
    experiment = "import time\ntime.sleep(0.9)\n"
    for number in range(7):
        notebook["cells"].insert(2 + number, added(experiment, id=f"own-{number}"))
    notebook["cells"].insert(
        9, added(f"def average(Z): return Z.mean(axis=1, keepdims=True)\n{experiment}", id="last")
    )
    graded = grade(job(notebook, Limits(call_seconds=1, submission_seconds=6)))
    assert (sum(points(graded).values()), graded.flags) == (FULL, ())
    assert "Too slow to run to the end" in graded.notes[0]


def test_an_experiment_without_an_end_is_a_limit_exceeded_where_it_may_have_cost_something(course, job):
    notebook = written(course, "def batch_mean(Z):\n    return average(Z)\n")
    notebook["cells"].insert(2, added("while True: pass"))
    graded = grade(job(notebook))
    assert graded.flags == ("limit-exceeded",)
    assert "longer than 1 s" in verdict_of(graded, "batch_mean").message


@pytest.mark.parametrize(
    "line",
    [
        "import os\nos.environ.get('NBGRADER_EXECUTION')",
        "from autograder import exercises",
        "import gc\n[o for o in gc.get_objects()]",
        "import sys\nsys._getframe(1).f_back.f_locals",
        "open('/proc/self/maps')",
    ],
)
def test_code_that_looks_for_the_grader_is_flagged(course, job, line):
    notebook = written(course, MEAN)
    notebook["cells"].insert(2, added(line))
    assert "looks-for-grader" in grade(job(notebook)).flags


def test_honest_names_are_not_flagged():
    own = ["autograder.check", "autograder.*", "np.mean", "sys.stderr", "gc", "gc.collect", "bnkit.relu"]
    assert not looks_for_grader([*own, "sys.modules", "google.colab", "/proc/cpuinfo", "/proc/meminfo"])


def test_another_environment_does_not_grade(course, job):
    with pytest.raises(RuntimeError, match="other versions"):
        grade(replace(job(blank(course)), environment="another"))
    assert len(environment()) == 64


def test_without_a_wall_every_record_says_so(course, job):
    assert grade(replace(job(written(course, MEAN)), unsafe=True)).flags == ("unsafe-no-sandbox",)


def test_a_file_is_graded_like_a_submission():
    source = f"import numpy as np\n{MEAN}batch_variance, other = (lambda Z, mu: Z), 1\n"
    verdicts = grade_source(source, limits=QUICK)
    assert [(verdict.exercise, verdict.passed) for verdict in verdicts] == [
        ("batch_mean", True),
        ("batch_variance", False),
    ]


def test_a_file_that_ends_the_process_gets_its_verdict():
    (verdict,) = grade_source(f"import os\nos._exit(0)\n{MEAN}", limits=QUICK)
    assert verdict.points == 0
    assert verdict.message.startswith("The file stopped: crashed")


def test_names_are_found_in_text_that_is_no_python():
    assert names_in_text("def f(x:\n  a = 1\nb: int = 2\nc == 3\nasync def g():\n") == {"f", "b", "g"}
