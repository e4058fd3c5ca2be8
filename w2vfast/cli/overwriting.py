"""Refuse to overwrite a file that a command reads."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable

from w2vfast.cli.flags import UsageError
from w2vfast.system.files import folder_files
from w2vfast.text.corpus_files import expand_path

_STANDARD_INPUT = 0  # descriptor

FileId = tuple[int, int]  # device and inode: equal for all names of a file


def refuse_inputs(
    outputs: Iterable[str], inputs: Iterable[str | None], corpus: str | None = None
) -> None:
    """Raise unless no output is a file that is read, under whatever name.

    Parameters
    ----------
    outputs : iterable of str
        Files to write.  Pipes and devices may be read, too.
    inputs : iterable of str or None
        Files and folders to read; None is left out.
    corpus : str, optional
        Text to read: a file, a folder, a pattern or "-", standard input.

    Raises
    ------
    UsageError
        If an output is an input.
    OSError
        If the corpus does not exist.
    """
    read: set[FileId | None] = set()
    for name in inputs:
        if name is not None:
            read |= {_file_id(path) for path in _files_of(name)}
    if corpus is not None:
        read |= {
            _file_id(_STANDARD_INPUT if path == "-" else path)
            for path in expand_path(corpus)
        }
    for name in outputs:
        found = _file_id(name)
        if found is not None and found in read:
            message = f"{name!r} is read and would be overwritten."
            raise UsageError(message, "Choose another name for what is written.")


def _files_of(name: str) -> list[str]:
    return [name, *folder_files(name)] if os.path.isdir(name) else [name]


def _file_id(path: str | int) -> FileId | None:
    """Return device and inode of a regular file or folder, None for anything else."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    is_kept = stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)
    return (status.st_dev, status.st_ino) if is_kept else None
