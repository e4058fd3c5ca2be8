"""Temporary files and folders beside an output, and those that dead writers left."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows, where an open file cannot be removed anyway
    fcntl = None  # type: ignore[assignment]

_NAME = re.compile(r"\.w2vfast-[0-9a-f]{16}\.tmp")


def temporary_beside(target: str) -> str:
    """Return an unused name in the directory of `target`."""
    name = f".w2vfast-{secrets.token_hex(8)}.tmp"
    return os.path.join(os.path.dirname(target), name)


def new_file_beside(target: str) -> tuple[BinaryIO, str]:
    """Make an empty temporary file; return it, open for writing, and its name.

    It is marked as in use until it is closed; the system removes the mark when the
    process ends, however it ends.
    """
    while True:
        path = temporary_beside(target)
        # "x" lets the system apply the umask; Python can only read the umask by
        # changing it for a moment in all threads.
        file = open(path, "xb")  # noqa: SIM115
        if _lock(file.fileno(), path):
            return file, path
        file.close()


def new_folder_beside(target: str) -> tuple[str, int | None]:
    """Make a temporary folder; return its name and a descriptor.

    It is marked as in use until the descriptor is closed.  None where the system has
    no such marks.
    """
    while True:
        path = temporary_beside(target)
        os.mkdir(path)
        if fcntl is None:
            return path, None
        with contextlib.suppress(FileNotFoundError):  # else `_lock` would be False
            descriptor = os.open(path, os.O_RDONLY)
            if _lock(descriptor, path):
                return path, descriptor
            os.close(descriptor)


def _lock(descriptor: int, path: str) -> bool:
    """Mark as in use; return False if `remove_leftovers` was faster."""
    if fcntl is not None:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
    return os.path.lexists(path)


@contextlib.contextmanager
def only_user_of_folder(path: str) -> Iterator[bool]:
    """Mark a folder as in use while the block runs; yield False if it is already.

    Where there are no such marks, True.
    """
    if fcntl is None:
        yield True
        return
    descriptor, process = os.open(path, os.O_RDONLY), os.getpid()
    is_only_user = True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        is_only_user = False
    except OSError:  # a file system without locks
        pass
    try:
        yield is_only_user
    finally:
        # Closing is not enough: a process that was forked meanwhile shares the lock.
        if is_only_user and os.getpid() == process:
            with contextlib.suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.close(descriptor)


def remove_leftovers(directory: str) -> None:
    """Remove what writers left in a directory that were killed while they wrote.

    Where the system has no locks, nothing is removed, because a writer may live.
    """
    if fcntl is None:
        return
    for path in _temporaries(directory):
        with contextlib.suppress(OSError):
            _remove_if_unused(path)


def remove_unfinished(directory: str) -> None:
    """Remove what is being written in a directory, which nobody else may write to.

    The writer gets an error when it opens or renames the next file.
    """
    for path in _temporaries(directory):
        shutil.rmtree(path, ignore_errors=True)


def _temporaries(directory: str) -> list[str]:
    with contextlib.suppress(OSError), os.scandir(directory or os.curdir) as entries:
        return [entry.path for entry in entries if _NAME.fullmatch(entry.name)]
    return []


def _remove_if_unused(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.isdir(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)
    finally:
        os.close(descriptor)
