"""A tree of processes as /proc tells of it: who is in it, and what it takes.

Limits of the kernel bind one process, and some of them not root; these figures are of the whole tree.
"""

import ctypes
import os
import resource
import signal
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

PROC = Path("/proc")


def end_with_parent() -> None:
    """Let no worker outlive a grader that is killed."""
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def tree(root: int, most: int) -> list[int]:
    """A process and those that descend from it, parents first, up to the given number.

    A bomb multiplies faster than it can be counted, so there has to be an end.
    """
    lists = (PROC / "self" / "task" / str(os.getpid()) / "children").exists()
    find = _children if lists else _children_by_scan
    found = [root]
    for pid in found:
        found.extend(find(pid))
        if len(found) >= most:
            break
    return found[:most]


def is_running(pid: int) -> bool:
    """Whether a process is there and has not ended; one that only waits to be reaped has."""
    fields = _read(PROC / str(pid) / "stat").rpartition(")")[2].split()
    return bool(fields) and fields[0] not in "ZX"


def count_tasks(pids: Iterable[int]) -> int:
    """Processes and threads together."""
    return sum(len(_names(pid, "task")) for pid in pids)


def memory(pids: list[int], limit: int) -> int:
    """Bytes of memory that the processes hold; exact only where a first guess is above the limit."""
    hidden = sum(_unlinked_files(pids))
    # Forked processes share most pages: counting those once is right, but takes 50 times as long.
    resident = sum(map(_resident, pids))
    return hidden + (sum(map(_proportional, pids)) if resident + hidden > limit else resident)


def _children(pid: int) -> Iterator[int]:
    for task in _names(pid, "task"):
        yield from map(int, _read(PROC / str(pid) / "task" / task / "children").split())


def _children_by_scan(parent: int) -> Iterator[int]:
    """For kernels that keep no list of children."""
    for name in filter(str.isdigit, os.listdir(PROC)):
        # The fields that follow the command's name, which may hold anything: state, parent, ...
        fields = _read(PROC / name / "stat").rpartition(")")[2].split()
        if fields and int(fields[1]) == parent:
            yield int(name)


def _resident(pid: int) -> int:
    fields = _read(PROC / str(pid) / "statm").split()
    return int(fields[1]) * resource.getpagesize() if fields else 0


def _proportional(pid: int) -> int:
    for line in _read(PROC / str(pid) / "smaps_rollup").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def _unlinked_files(pids: list[int]) -> Iterator[int]:
    """Sizes of open files without a name: memory (memfd_create) that no process need have mapped."""
    seen = set()
    for pid in pids:
        for name in _names(pid, "fd"):
            try:
                status = os.stat(f"/proc/{pid}/fd/{name}")
            except OSError:
                continue
            key = status.st_dev, status.st_ino
            if stat.S_ISREG(status.st_mode) and status.st_nlink == 0 and key not in seen:
                seen.add(key)
                yield status.st_blocks * 512


def _names(pid: int, folder: str) -> list[str]:
    try:
        return os.listdir(PROC / str(pid) / folder)
    except OSError:  # it has just ended
        return []


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
