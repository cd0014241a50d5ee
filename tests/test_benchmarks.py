"""The benchmarks run, say what they do, and print what a program can read."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bnkit import gpu_available

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"

pytestmark = pytest.mark.slow


def run(name, *arguments):
    command = [sys.executable, BENCHMARKS / name, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


@pytest.mark.parametrize("name", ["cpu.py", "gpu.py", "training.py", "growth.py"])
def test_help_teaches(name):
    told = run(name, "--help")
    assert told.returncode == 0, told.stderr
    assert "Example" in told.stdout
    assert "--json" in told.stdout


def test_json_is_all_that_standard_output_holds(tmp_path):
    picture = tmp_path / "growth.png"
    told = run("growth.py", "--largest", 12, "--rounds", 1, "--picture", picture, "--json")
    assert told.returncode == 0, told.stderr
    answer = json.loads(told.stdout)
    (rows,) = answer["tables"].values()
    assert [row["entries"] for row in rows] == ["2^10", "2^12"]
    assert all(row["ours"] > 0 for row in rows)
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.skipif(gpu_available(), reason="there is a GPU")
@pytest.mark.parametrize("command", [("gpu.py",), ("training.py", "--device", "gpu")])
def test_without_a_gpu_it_is_said_at_once(command):
    told = run(*command)
    assert told.returncode == 2
    assert "GPU" in told.stderr
