"""The workbook's notebooks: as committed, as nbgrader releases them, and run from top to bottom."""

import copy
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import pytest
from workbook import ASSIGNMENTS, path_of

nbformat = pytest.importorskip("nbformat")

MINUTE = 60


@pytest.fixture(params=ASSIGNMENTS)
def assignment(request):
    return request.param


@pytest.fixture
def notebook(assignment):
    return nbformat.read(path_of(assignment), as_version=4)


@pytest.fixture(scope="session")
def released(tmp_path_factory):
    """Return a function from an assignment's name to its release, made by nbgrader itself."""
    pytest.importorskip("nbgrader")
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config

    root = tmp_path_factory.mktemp("course")
    programs = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])

    @cache
    def release(assignment):
        source = root / "source" / assignment / f"{assignment}.ipynb"
        source.parent.mkdir(parents=True)
        source.write_bytes(path_of(assignment).read_bytes())
        config = Config({"CourseDirectory": {"root": str(root), "assignment_id": assignment}})
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(root)  # nbgrader changes it, and this changes it back
            patch.setenv("PATH", programs)  # nbgrader starts alembic by its bare name
            GenerateAssignment(coursedir=CourseDirectory(config=config), config=config).start()
        return nbformat.read(root / "release" / assignment / f"{assignment}.ipynb", as_version=4)

    return release


@pytest.fixture(scope="session")
def run(request, released):
    """Return a function that runs a notebook in a fresh kernel and stops at the first exception.

    It has a minute, as a reader who is in a hurry has; most notebooks need a fifth of that. Two run at a
    time and share the machine, so here it is two minutes. Those of the tests that were asked for begin at
    once.
    """
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("matplotlib")
    pytest.importorskip("sklearn")
    running = {}

    def execute(name, notebook):
        start = time.monotonic()
        done = nbclient.NotebookClient(notebook, timeout=MINUTE, kernel_name="python3").execute()
        assert time.monotonic() - start < 2 * MINUTE, f"{name} takes too long"
        return done

    def result(name, notebook):
        if name not in running:
            running[name] = pool.submit(execute, name, copy.deepcopy(notebook))
        return running[name]

    tests = [item for item in request.session.items if {"run", "assignment"} <= {*item.fixturenames}]
    asked = list(dict.fromkeys(test.callspec.params["assignment"] for test in tests))
    releases = {assignment: released(assignment) for assignment in asked}  # before anything else runs
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(2) as pool:
        # Threads gain matrices this small nothing, and wait for each other where others work too.
        patch.setenv("OPENBLAS_NUM_THREADS", "1")
        for assignment in asked:
            result(f"release of {assignment}", releases[assignment])
        for assignment in asked:
            result(f"source of {assignment}", nbformat.read(path_of(assignment), as_version=4))
        yield lambda name, notebook: result(name, notebook).result()
        pool.shutdown(cancel_futures=True)
