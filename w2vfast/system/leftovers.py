"""Temporary files and folders beside an output, and those that dead writers left."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator

try:
    import fcntl
except ImportError:  # Windows, where an open file cannot be removed anyway
    fcntl = None  # type: ignore[assignment]

_NAME = re.compile(r"\.w2vfast-[0-9a-f]{16}\.tmp")
_LEAST_AGE = 60.0  # seconds; a younger one may not be locked yet


def temporary_beside(target: str) -> str:
    """Return an unused name in the directory of `target`."""
    name = f".w2vfast-{secrets.token_hex(8)}.tmp"
    return os.path.join(os.path.dirname(target), name)


def lock(descriptor: int) -> None:
    """Mark an open temporary file or folder as in use.

    The system removes the mark when the process ends, however it ends.
    """
    if fcntl is not None:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextlib.contextmanager
def locked_folder(path: str) -> Iterator[None]:
    """Mark a temporary folder as in use while the block runs."""
    if fcntl is None:
        yield
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        lock(descriptor)
        yield
    finally:
        os.close(descriptor)


def remove_leftovers(directory: str) -> None:
    """Remove what writers left in a directory that were killed while they wrote.

    Where the system has no locks, nothing is removed, because a writer may live.
    """
    if fcntl is None:
        return
    with contextlib.suppress(OSError):
        with os.scandir(directory or os.curdir) as entries:
            found = [entry.path for entry in entries if _NAME.fullmatch(entry.name)]
        for path in found:
            with contextlib.suppress(OSError):
                _remove_if_unused(path)


def _remove_if_unused(path: str) -> None:
    if time.time() - os.lstat(path).st_mtime < _LEAST_AGE:
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.isdir(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)
    finally:
        os.close(descriptor)
