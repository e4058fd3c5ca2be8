"""The folder of a run's checkpoints: the last two are kept, and one process writes."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
from collections.abc import Iterator

from w2vfast.aliases import PathLike
from w2vfast.checkpoint.storage import Checkpoint, read_checkpoint, write_checkpoint
from w2vfast.errors import ParameterError, warn
from w2vfast.system.folders import sync_names
from w2vfast.system.leftovers import (
    only_user_of_folder,
    remove_leftovers,
    temporary_beside,
)

KEPT = 2
_NAME = re.compile(r"checkpoint-([0-9]{6,})")
_DESCRIPTION = "model.json"  # in each checkpoint


class CheckpointFolder:
    """A folder with checkpoints, numbered in the order in which they were written.

    Other files in it are left alone.

    Parameters
    ----------
    path : str or path-like
        Made when the first checkpoint is written.
    """

    def __init__(self, path: PathLike) -> None:
        self.path = os.fsdecode(path)
        self._good: list[str] | None = None  # names, once one was read

    def __str__(self) -> str:
        return self.path

    def names(self) -> list[str]:
        """Return the names of all checkpoints, the oldest first.

        Raises
        ------
        ValueError
            If it is a file, or itself a checkpoint.
        """
        try:
            found = os.listdir(self.path)
        except FileNotFoundError:
            return []
        except NotADirectoryError as error:
            name = "checkpoint"
            hint = "There is a file of this name. Name another folder, or remove it."
            raise ParameterError(name, self.path, "a folder", hint) from error
        if _NAME.fullmatch(_last_part(self.path)) and _DESCRIPTION in found:
            message = (
                f"{self.path} is a checkpoint, not a folder of them. Give the folder "
                f"that it lies in: {os.path.dirname(os.path.abspath(self.path))}."
            )
            raise ValueError(message)
        return sorted(filter(_NAME.fullmatch, found), key=_number)

    def check_writable(self) -> None:
        """Raise early what writing the first checkpoint would raise.

        Raises
        ------
        OSError
            If the folder, or the nearest one above it that exists, is read-only.
        """
        path = os.path.abspath(self.path)
        while not os.path.lexists(path):
            path = os.path.dirname(path)
        if not os.access(path, os.W_OK | os.X_OK):
            message = "checkpoints cannot be written to this folder; name another one"
            raise PermissionError(errno.EACCES, message, path)

    @contextlib.contextmanager
    def used_alone(self) -> Iterator[None]:
        """Make the folder, and keep other processes from using it meanwhile.

        What a killed process left in it is removed.

        Raises
        ------
        OSError
            If it cannot be made or written, or another process uses it.
        """
        os.makedirs(self.path, exist_ok=True)
        with only_user_of_folder(self.path) as is_only_user:
            if not is_only_user:
                message = (
                    "another process writes its checkpoints to this folder; wait for "
                    "its end, or name another folder"
                )
                raise OSError(errno.EBUSY, message, self.path)
            remove_leftovers(self.path)
            yield

    def newest(self, *, whole: bool = True) -> tuple[str, Checkpoint] | None:
        """Read the newest checkpoint that is not damaged.

        Parameters
        ----------
        whole : bool, default True
            As for `read_checkpoint`.

        Returns
        -------
        tuple of str and Checkpoint, or None
            Its path and content; None if there is no checkpoint at all.

        Raises
        ------
        ValueError
            If all are damaged.

        Warns
        -----
        UserWarning
            About each damaged one that is skipped.
        """
        names = self.names()
        while names:
            path = os.path.join(self.path, names[-1])
            try:
                checkpoint = read_checkpoint(path, whole=whole)
            except (ValueError, FileNotFoundError) as error:
                names.pop()
                reason = str(error).rstrip(".")
                if not names:
                    message = (
                        f"the checkpoint {path} cannot be read, and there is none "
                        f"before it: {reason}. Remove the folder and begin anew, or "
                        "restore it from a copy."
                    )
                    raise ValueError(message) from error
                warn(f"{reason}. The checkpoint before it, {names[-1]}, is used.")
            else:
                self._good = names
                return path, checkpoint
        return None

    def remove_older(self) -> None:
        """Remove all but the last two that `newest` found good.

        A process that was killed after it had written its last one left more.
        """
        for old in (self._good or [])[:-KEPT]:
            _remove(os.path.join(self.path, old))

    def add(self, checkpoint: Checkpoint) -> str:
        """Write a checkpoint, then remove all but the last two; return its path.

        Raises
        ------
        OSError
            If it cannot be written; those before it stay.
        """
        names = self.names()
        good = names if self._good is None else self._good
        number = _number(names[-1]) + 1 if names else 1
        name = f"checkpoint-{number:06}"
        path = os.path.join(self.path, name)
        write_checkpoint(path, checkpoint)
        sync_names(self.path)  # before those that it replaces are removed
        self._good = [*good, name][-KEPT:]
        for old in {*names} - {*self._good}:
            _remove(os.path.join(self.path, old))
        return path


def _last_part(path: str) -> str:
    return os.path.basename(os.path.abspath(path))


def _number(name: str) -> int:
    match = _NAME.fullmatch(name)
    return int(match[1]) if match else 0


def _remove(path: str) -> None:
    """Remove a checkpoint; one that is removed in part has no checkpoint's name."""
    hidden = temporary_beside(path)
    with contextlib.suppress(OSError):
        os.rename(path, hidden)
        shutil.rmtree(hidden)
