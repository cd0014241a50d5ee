"""Temporary folders: one that a killed process left goes, one in use stays."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from autograder.scratch import HeldFolder

HOLD = """
import time
from autograder.scratch import HeldFolder
folder = HeldFolder("held-")
print(folder.name, flush=True)
time.sleep(600)
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The place of temporary folders, here and in child processes."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


@pytest.fixture
def holder(place):
    """A process with a folder of its own, made an hour ago."""
    with subprocess.Popen([sys.executable, "-c", HOLD], stdout=subprocess.PIPE, text=True) as process:
        process.folder = Path(process.stdout.readline().strip())
        (process.folder / "bnkit").mkdir()
        os.utime(process.folder, (0, 0))
        yield process
        process.kill()


def test_a_folder_in_use_stays(holder):
    HeldFolder("held-").cleanup()
    assert holder.folder.is_dir()


def test_a_folder_that_a_killed_process_left_goes(holder):
    holder.kill()
    holder.wait()
    HeldFolder("held-").cleanup()
    assert not holder.folder.exists()


def test_what_is_young_or_is_no_such_folder_stays(place):
    (place / "held-young").mkdir()
    (place / "other").mkdir()
    (place / "held-file").touch()
    (place / "held-link").symlink_to(place / "other")
    for name in ("other", "held-file"):
        os.utime(place / name, (0, 0))
    with HeldFolder("held-") as folder:
        assert {path.name for path in place.iterdir()} == {
            *("held-young", "other", "held-file", "held-link"),
            Path(folder).name,
        }
