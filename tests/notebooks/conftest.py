"""The workbook's notebooks: as committed, as nbgrader releases them, and run from top to bottom."""

import os
import sys
import time
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
def run():
    """Return a function that runs a notebook in a fresh kernel and stops at the first exception.

    It has a minute, as a reader who is in a hurry has; most notebooks need a fifth of that.
    """
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("matplotlib")
    pytest.importorskip("sklearn")
    outputs = {}

    def execute(name, notebook):
        if name not in outputs:
            start = time.monotonic()
            with pytest.MonkeyPatch.context() as patch:
                # Threads gain matrices this small nothing, and wait for each other where others work too.
                patch.setenv("OPENBLAS_NUM_THREADS", "1")
                client = nbclient.NotebookClient(notebook, timeout=MINUTE, kernel_name="python3")
                outputs[name] = client.execute()
            assert time.monotonic() - start < MINUTE, f"{name} takes too long"
        return outputs[name]

    return execute
