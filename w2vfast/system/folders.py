"""Folders that are written whole or not at all, and read at one version."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import BinaryIO, TypeVar

from w2vfast.aliases import PathLike
from w2vfast.system.files import (
    naming_full_disk,
    no_temporary,
    open_regular,
    synced,
)
from w2vfast.system.leftovers import new_folder_beside, remove_leftovers

T = TypeVar("T")

# ---------------------------------------------------------------------------
# Reading
# ---------------------------------------------------------------------------

_HAS_FOLDER_DESCRIPTORS = os.open in os.supports_dir_fd
_READS = 50  # attempts, each of which another process may spoil by a new version
_PAUSE = 0.01  # seconds between them


class OpenFolder:
    """A folder that is opened once.

    Where the system has descriptors of folders, all files are those of the version
    that was opened, wherever it is renamed to; they may be missing if it was replaced.
    """

    def __init__(self, path: PathLike) -> None:
        self._path = os.fspath(path)
        self._descriptor: int | None = None
        if _HAS_FOLDER_DESCRIPTORS:
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
            self._descriptor = os.open(self._path, flags)

    def __enter__(self) -> OpenFolder:
        return self

    def __exit__(self, *_: object) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)

    def path_of(self, name: str) -> str:
        """Return the path of a file, for messages."""
        return os.path.join(self._path, name)

    def open(self, name: str) -> BinaryIO:
        """Open a regular file of the folder for reading; see `open_regular`."""
        if self._descriptor is None:
            return open_regular(self.path_of(name))
        try:
            return open_regular(name, self._descriptor)
        except OSError as error:
            error.filename = self.path_of(name)
            raise


def read_at_once(path: PathLike, mark: str, read: Callable[[OpenFolder], T]) -> T:
    """Read a folder whose files are all of one version.

    Parameters
    ----------
    path : str or path-like
        The folder.
    mark : str
        A file that every version replaces.
    read : callable
        Takes an `OpenFolder`.  Called again if another process replaces the folder
        meanwhile.

    Raises
    ------
    OSError, ValueError
        What `read` raises for a folder that is not replaced meanwhile; or if it was
        replaced during each of many attempts.
    """
    marked = os.path.join(os.fspath(path), mark)
    for _ in range(_READS):
        before = _version(marked)
        try:
            with OpenFolder(path) as folder:
                found = read(folder)
        except (OSError, ValueError):
            if _version(marked) == before:
                raise
        else:
            if _HAS_FOLDER_DESCRIPTORS or _version(marked) == before:
                return found
        time.sleep(_PAUSE)
    message = (
        f"{os.fspath(path)} was replaced by another process during each of {_READS} "
        "attempts to read it. Try again when it is written less often."
    )
    raise ValueError(message)


def _version(path: str) -> tuple[int, ...] | None:
    """Return what differs between two versions of a file or folder; None if missing."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size


# ---------------------------------------------------------------------------
# Writing
# ---------------------------------------------------------------------------

_SWAPS = 1000  # attempts, each of which another writer may spoil
_EXCHANGE = 2  # RENAME_EXCHANGE of Linux, RENAME_SWAP of macOS
_AT_CURRENT = -100  # AT_FDCWD of Linux


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
        If the folder cannot be written, or exists and is read-only.
    """
    target = os.path.realpath(path)
    temporary, descriptor = _created_beside(target, os.fspath(path), mark, is_part)
    try:
        with naming_full_disk(os.fspath(path)):
            yield temporary
        _check_replaceable(target, os.fspath(path), mark, is_part)
        _swap(temporary, target)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    finally:
        if descriptor is not None:
            os.close(descriptor)


def check_new_folder(path: PathLike, mark: str, is_part: Callable[[str], bool]) -> None:
    """Raise early what `new_folder` would raise; change and leave nothing."""
    target = os.path.realpath(path)
    temporary, descriptor = _created_beside(target, os.fspath(path), mark, is_part)
    shutil.rmtree(temporary, ignore_errors=True)
    if descriptor is not None:
        os.close(descriptor)


def _created_beside(
    target: str, path: str, mark: str, is_part: Callable[[str], bool]
) -> tuple[str, int | None]:
    """Create the temporary folder for `target`, which the user calls `path`."""
    _check_replaceable(target, path, mark, is_part)
    remove_leftovers(os.path.dirname(target))
    try:
        return new_folder_beside(target)
    except OSError as error:
        raise no_temporary(error, path) from error


def created(folder: str, name: str) -> AbstractContextManager[BinaryIO]:
    """Open a new file in a folder for writing; it is synced when the block ends."""
    return synced(open(os.path.join(folder, name), "xb"))


def sync_names(folder: str) -> None:
    """Flush the names in a folder to the disk, so that a power failure keeps them."""
    if not _HAS_FOLDER_DESCRIPTORS:
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # a file system that cannot
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _check_replaceable(
    target: str, path: str, mark: str, is_part: Callable[[str], bool]
) -> None:
    """Raise unless `target` is absent, an empty folder or one of the same kind."""
    for _ in range(_SWAPS):
        before = _version(target)
        try:
            _check_version(target, path, mark, is_part)
        except (FileExistsError, PermissionError):
            if _version(target) == before and not _is_absent(target):
                raise
            # Another writer replaced it meanwhile.
        else:
            return
    raise _always_replaced(path)


def _is_absent(path: str) -> bool:
    """Tell whether there is nothing, in a directory that there is."""
    try:
        os.stat(path)
    except FileNotFoundError:
        return True
    except OSError:
        pass
    return False


def _check_version(
    target: str, path: str, mark: str, is_part: Callable[[str], bool]
) -> None:
    if os.path.isdir(target) and not os.access(target, os.W_OK):
        # An exchange would replace it, and could not remove what was in it.
        message = "the folder exists and is not writable"
        raise PermissionError(errno.EACCES, message, path)
    try:
        names = os.listdir(target)
    except FileNotFoundError:
        return
    except NotADirectoryError:
        message = "this is a file, and a folder is to be written; choose another name"
        raise FileExistsError(errno.EEXIST, message, path) from None
    foreign = [name for name in names if not is_part(name)]
    if foreign or (names and mark not in names):
        message = (
            f"the folder contains {(foreign or names)[0]!r}, which was not saved with "
            "it, so it is not replaced; choose another name or empty the folder"
        )
        raise FileExistsError(errno.EEXIST, message, path)


def _always_replaced(path: str) -> FileExistsError:
    message = "other processes keep replacing this folder; write it when they are done"
    return FileExistsError(errno.EEXIST, message, path)


def _swap(temporary: str, target: str) -> None:
    """Replace `target` by the new folder; if that fails, `target` is as before."""
    for _ in range(_SWAPS):
        if not os.path.lexists(target):
            done = _rename_to_free(temporary, target)
        else:
            _copy_mode(target, temporary)
            done = _exchange(temporary, target)
            if done:
                shutil.rmtree(temporary, ignore_errors=True)
            else:
                done = _replace_in_two_steps(temporary, target)
        if done:
            return
    raise _always_replaced(target)


def _copy_mode(source: str, target: str) -> None:
    with suppress(FileNotFoundError):  # another writer is about to replace it
        os.chmod(target, stat.S_IMODE(os.stat(source).st_mode))


def _rename_to_free(source: str, target: str) -> bool:
    """Rename a folder; return False if another process has taken the name."""
    try:
        os.rename(source, target)
    except OSError as error:
        if error.errno in (errno.EEXIST, errno.ENOTEMPTY):
            return False
        raise
    return True


def _exchange(one: str, other: str) -> bool:
    """Exchange two folders at once; return False where the system cannot."""
    if os.name != "posix":
        return False
    import ctypes  # only here: its import takes time

    library = ctypes.CDLL(None)
    names = os.fsencode(one), os.fsencode(other)
    if hasattr(library, "renameat2"):  # Linux
        arguments = (_AT_CURRENT, names[0], _AT_CURRENT, names[1], _EXCHANGE)
        return bool(library.renameat2(*arguments) == 0)
    if hasattr(library, "renamex_np"):  # macOS
        return bool(library.renamex_np(*names, _EXCHANGE) == 0)
    return False


def _replace_in_two_steps(temporary: str, target: str) -> bool:
    """Replace a folder; between the steps there is none under its name.

    Returns False if another writer was faster.
    """
    old = f"{temporary}.old"
    try:
        os.rename(target, old)
    except FileNotFoundError:
        return False
    try:
        done = _rename_to_free(temporary, target)
    except BaseException:
        os.rename(old, target)
        raise
    shutil.rmtree(old, ignore_errors=True)
    return done
