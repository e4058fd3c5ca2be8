"""The files of a corpus: paths, directories, glob patterns, standard input."""

import errno
import glob
import io
import os
import stat
from typing import Any

from w2vfast.errors import shown
from w2vfast.system.files import InputFile, folder_files


def open_source(file: Any) -> InputFile:
    """Open one of the files of a `FileSource`."""
    name = file_name(file)
    if file == "-":
        # Not sys.stdin: a thread that waits in a read when the program ends must not
        # hold its lock.
        file = io.FileIO(0, closefd=False)
    return InputFile(file, name)


def file_name(file: Any) -> str:
    """Return the name of a file in messages."""
    if isinstance(file, str):
        return "standard input" if file == "-" else repr(file)
    return repr(getattr(file, "name", file))


def regular_stat(file: Any) -> os.stat_result | None:
    """Return the status of a regular file on disk, None for any other file.

    Raises
    ------
    OSError
        If a path does not exist.
    """
    if not isinstance(file, str) or file == "-":
        return None
    entry = os.stat(file)
    return entry if stat.S_ISREG(entry.st_mode) else None


def expand_path(entry: Any) -> list[Any]:
    """Return the files that one entry of `corpus_file` names; see `file_source`."""
    if hasattr(entry, "readinto"):
        return [entry]
    if not isinstance(entry, (str, bytes, os.PathLike)):
        message = (
            "corpus_file must be a path, '-', a binary file, or a list of these, got "
            f"{shown(entry)}. Give token lists and tables as sentences=."
        )
        raise TypeError(message)
    path = os.fsdecode(entry)
    if path == "-":
        return [path]
    if os.path.isdir(path):
        return _directory_files(path)
    if not os.path.lexists(path) and glob.has_magic(path):
        return _glob_files(path)
    return [path]


def _directory_files(path: str) -> list[str]:
    files = folder_files(path)
    if not files:
        message = "the directory contains no files except hidden ones"
        raise FileNotFoundError(errno.ENOENT, message, path)
    return files


def _glob_files(pattern: str) -> list[str]:
    matches = sorted(glob.glob(pattern, recursive=True))
    files = [file for file in matches if not os.path.isdir(file)]
    if not files:
        message = "no file has this name or matches this pattern"
        raise FileNotFoundError(errno.ENOENT, message, pattern)
    return files
