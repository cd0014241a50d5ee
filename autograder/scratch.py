"""Temporary folders that do not pile up where processes are killed."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from pathlib import Path

YOUNG = 60  # seconds: one that was made just now may not be locked yet


class HeldFolder(tempfile.TemporaryDirectory):
    """A temporary folder; the next one of its prefix removes it, should its process be killed.

    Parameters
    ----------
    prefix : str
        Of its name, and of all that may be removed.
    """

    def __init__(self, prefix: str):
        for path in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
            _remove_if_left(path)
        super().__init__(prefix=prefix)
        # The kernel unlocks it when the process ends, in whatever way.
        self._held = os.open(self.name, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        fcntl.flock(self._held, fcntl.LOCK_SH)


def _remove_if_left(path: Path) -> None:
    try:
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        status = os.fstat(folder)
        if status.st_uid == os.getuid() and time.time() - status.st_mtime > YOUNG:
            shutil.rmtree(path, ignore_errors=True)
    except OSError:
        pass  # somebody holds it
    finally:
        os.close(folder)
