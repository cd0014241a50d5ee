"""Files that somebody else wrote: read without following a link, waiting for a pipe or going over a limit."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class RefusedError(ValueError):
    """What was handed in cannot be used; the text is the refusal's reason."""


@contextmanager
def opened_folder(folder: Path) -> Iterator[int]:
    """Open ``submitted/<student>/<assignment>``, of which neither part may be a link.

    Raises
    ------
    RefusedError
        If there is no such folder.
    """
    parent = _open_folder(folder.parent, None)
    try:
        inside = _open_folder(folder.name, parent)
        try:
            yield inside
        finally:
            os.close(inside)
    finally:
        os.close(parent)


def read_regular(name: str, inside: int, limit: int) -> bytes:
    """Read a file of an open folder.

    Raises
    ------
    RefusedError
        If it is missing, empty, larger than the limit or no regular file of its own.
    """
    try:
        # Non-blocking, because opening a pipe would wait for its writer.
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=inside)
    except FileNotFoundError:
        found = [entry for entry in os.listdir(inside) if entry.endswith(".ipynb")]
        raise RefusedError(f"there is no notebook {name}{_found(found)}") from None
    except OSError as error:
        reason = (
            "is a link, expected a file"
            if error.errno == errno.ELOOP
            else f"cannot be opened: {error.strerror}"
        )
        raise RefusedError(f"{name} {reason}") from None
    try:
        _check_regular(os.fstat(file), name, limit)
        data = _read_up_to(file, limit + 1)
    except OSError as error:
        raise RefusedError(f"{name} cannot be read: {error.strerror}") from None
    finally:
        os.close(file)
    if len(data) > limit:
        raise RefusedError(f"{name} has more than {limit} bytes: clear its outputs and save it")
    if not data:
        raise RefusedError(f"{name} is empty")
    return data


def _open_folder(path: Path | str, inside: int | None) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=inside)
    except FileNotFoundError:
        names = [] if inside is None else os.listdir(inside)
        raise RefusedError(f"there is no folder {_name(path)}{_found(names)}") from None
    except NotADirectoryError:
        # The kernel answers so for links too: O_NOFOLLOW leaves the link, and that is no folder.
        raise RefusedError(f"{_name(path)} is a link or a file, expected a folder") from None
    except OSError as error:
        raise RefusedError(f"the folder {_name(path)} cannot be opened: {error.strerror}") from None


def _check_regular(status: os.stat_result, name: str, limit: int) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise RefusedError(f"{name} is not a regular file")
    if status.st_nlink != 1:
        raise RefusedError(f"{name} is a hard link, expected a file of its own")
    if status.st_size > limit:
        raise RefusedError(
            f"{name} has {status.st_size} bytes, more than {limit}: clear its outputs and save it"
        )


def _read_up_to(file: int, size: int) -> bytes:
    parts = []
    while size > 0 and (part := os.read(file, min(size, 2**20))):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _found(names: list[str]) -> str:
    if not names:
        return ""
    shown = ", ".join(_name(name) for name in sorted(names)[:5])
    return f"; found {shown}" + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _name(path: Path | str) -> str:
    """The last part of a path, fit to print."""
    name = os.path.basename(os.fspath(path))
    return name if name.isprintable() else ascii(name)[1:-1]
