"""What the project's own files say of each other."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

yaml = pytest.importorskip("yaml")
requirements = pytest.importorskip("packaging.requirements")

ROOT = Path(__file__).resolve().parents[1]
CONDA_NAMES = {"matplotlib-base": "matplotlib"}


def pyproject() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def in_pyproject() -> dict[str, str]:
    project = pyproject()
    lines = [f"python{project['requires-python']}", *project["dependencies"]]
    lines += [
        line for extra in ("course", "grading", "fast") for line in project["optional-dependencies"][extra]
    ]
    return bounds(lines)


def in_environment() -> dict[str, str]:
    listed = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    from_pip = next(entry["pip"] for entry in listed if isinstance(entry, dict))
    lines = [entry for entry in listed if isinstance(entry, str) and entry != "pip"]
    return bounds(lines + [line for line in from_pip if not line.startswith("-")])


def bounds(lines: list[str]) -> dict[str, str]:
    parsed = [requirements.Requirement(line) for line in lines]
    return {CONDA_NAMES.get(item.name, item.name): str(item.specifier) for item in parsed}


def test_environment_yml_and_pyproject_ask_for_the_same():
    assert in_environment() == in_pyproject()


def test_environment_yml_is_named_like_the_project():
    assert (
        yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["name"] == pyproject()["name"]
    )


@pytest.mark.parametrize("package", ["bnkit", "autograder"])
def test_importing_a_package_loads_nothing_heavy(package):
    heavy = (
        "matplotlib",
        "sklearn",
        "cupy",
        "numba",
        "nbgrader",
        "distributed",
        "IPython",
        "rich",
        "tqdm",
        "torch",
    )
    script = f"import sys, {package}; print(*[name for name in {heavy!r} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == []


def test_what_the_packages_read_besides_python_is_in_the_wheel():
    files = [path for package in ("bnkit", "autograder") for path in (ROOT / package).rglob("*.*")]
    assert {".cu", ".cuh"} <= {path.suffix for path in files}
    built = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    assert built["targets"]["wheel"]["packages"] == ["bnkit", "autograder"]  # whole folders
