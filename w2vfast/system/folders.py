"""Write a folder so that it appears complete or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import BinaryIO

from w2vfast.aliases import PathLike
from w2vfast.system.files import (
    naming_full_disk,
    no_temporary,
    synced,
    temporary_beside,
)


@contextmanager
def new_folder(
    path: PathLike, mark: str, is_part: Callable[[str], bool]
) -> Iterator[str]:
    """Yield a temporary folder that replaces `path` when the block ends.

    If the block raises an error, `path` is unchanged.  A symbolic link stays a link;
    the folder that it points to is replaced.

    Parameters
    ----------
    path : str or path-like
        An existing folder is replaced if it is empty or of the same kind.
    mark : str
        A file that every folder of this kind contains.
    is_part : callable
        Returns whether a file name can occur in folders of this kind.

    Yields
    ------
    str
        A new folder in the same directory; write to it with `created`.

    Raises
    ------
    FileExistsError
        If `path` is a file, or a folder that contains any other file.
    OSError
        If the folder cannot be written.
    """
    target = os.path.realpath(path)
    _check_replaceable(target, os.fspath(path), mark, is_part)
    temporary = temporary_beside(target)
    try:
        os.mkdir(temporary)
    except OSError as error:
        raise no_temporary(error, os.fspath(path)) from error
    try:
        with naming_full_disk(os.fspath(path)):
            yield temporary
        _swap(temporary, target)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def created(folder: str, name: str) -> AbstractContextManager[BinaryIO]:
    """Open a new file in a folder for writing; it is synced when the block ends."""
    return synced(open(os.path.join(folder, name), "xb"))


def _check_replaceable(
    target: str, path: str, mark: str, is_part: Callable[[str], bool]
) -> None:
    """Raise unless `target` is absent, an empty folder or one of the same kind."""
    if not os.path.lexists(target):
        return
    if not os.path.isdir(target):
        message = "this is a file, and a folder is to be written; choose another name"
        raise FileExistsError(errno.EEXIST, message, path)
    names = os.listdir(target)
    foreign = [name for name in names if not is_part(name)]
    if foreign or (names and mark not in names):
        message = (
            f"the folder contains {(foreign or names)[0]!r}, which was not saved with "
            "it, so it is not replaced; choose another name or empty the folder"
        )
        raise FileExistsError(errno.EEXIST, message, path)


def _swap(temporary: str, target: str) -> None:
    """Replace `target` by the new folder; if that fails, restore the old one."""
    if not os.path.lexists(target):
        os.rename(temporary, target)
        return
    os.chmod(temporary, stat.S_IMODE(os.stat(target).st_mode))
    old = f"{temporary}.old"
    os.rename(target, old)
    try:
        os.rename(temporary, target)
    except BaseException:
        os.rename(old, target)
        raise
    shutil.rmtree(old)
