"""The model folder: JSON and NumPy arrays, written whole or not at all."""

import errno
import json
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import SimpleNamespace
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from w2vfast.system.files import (
    PathLike,
    naming_full_disk,
    no_temporary,
    synced,
    temporary_beside,
)

# What a folder holds, as its description says: a whole model, or vectors alone.
MODEL_KIND = "w2vfast.Word2Vec"
VECTORS_KIND = "w2vfast.KeyedVectors"

_FOLDER_FORMAT = "w2vfast model"
_FOLDER_VERSION = 1
_FOLDER_FILE = "model.json"


def save_folder(
    path: PathLike, meta: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]
) -> None:
    """Write a model folder: ``model.json`` and a ``.npy`` file for each array.

    The folder appears whole or not at all: it is written under a temporary name
    beside `path` and then renamed.  An existing model folder is replaced; nothing
    else is.

    Parameters
    ----------
    path : str or path-like
        The folder to write.
    meta : dict
        What JSON can hold.  Strings may hold the surrogates of surrogateescape.
    arrays : dict of str to ndarray
        Names are Python identifiers; arrays of numbers, of any shape.

    Raises
    ------
    FileExistsError
        If `path` is a file, or a folder with anything in it that is not a model's.
    ValueError
        If a name is no identifier or an array holds objects.
    OSError
        If the folder cannot be written.
    """
    for name, array in arrays.items():
        if not name.isidentifier() or array.dtype.hasobject:
            message = f"cannot save {name!r} ({array.dtype}): need a name and numbers"
            raise ValueError(message)
    with new_folder(path, _FOLDER_FILE, _is_part) as temporary:
        _write_folder(temporary, meta, arrays)


def _is_part(name: str) -> bool:
    return name == _FOLDER_FILE or name.endswith(".npy")


@contextmanager
def new_folder(
    path: PathLike, mark: str, is_part: Callable[[str], bool]
) -> Iterator[str]:
    """Give a folder to fill, which then appears at `path`, whole or not at all.

    Parameters
    ----------
    path : str or path-like
        An existing folder there is replaced if it is empty or of the same kind.
    mark : str
        A file that tells folders of this kind.
    is_part : callable
        Tells of a name whether folders of this kind hold such a file.

    Yields
    ------
    str
        A new folder beside `path`; what is written there should be synced.

    Raises
    ------
    FileExistsError
        If `path` is a file, or a folder with anything else in it.
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
        _swap_folder(temporary, target)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def load_folder(
    path: PathLike, mmap: bool = False
) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """Read what `save_folder` wrote.

    Parameters
    ----------
    path : str or path-like
        The folder.
    mmap : bool, default False
        Map the arrays from disk, read-only, rather than reading them.

    Returns
    -------
    meta : dict
    arrays : dict of str to ndarray

    Raises
    ------
    FileNotFoundError
        If there is no model folder at `path`.
    ValueError
        If the folder was written by a newer version, or a file is damaged or missing.
    """
    folder = os.fspath(path)
    described = _read_description(os.path.join(folder, _FOLDER_FILE))
    arrays = {
        name: _load_array(os.path.join(folder, f"{name}.npy"), expected, mmap)
        for name, expected in described["arrays"].items()
    }
    return described["meta"], arrays


def folder_kind(path: PathLike) -> str | None:
    """Return what the model folder at `path` holds; None if there is none."""
    file_name = os.path.join(os.fspath(path), _FOLDER_FILE)
    if not os.path.isfile(file_name):
        return None
    kind: str | None = _read_description(file_name)["meta"].get("kind")
    return kind


def _check_replaceable(
    target: str, path: str, mark: str, is_part: Callable[[str], bool]
) -> None:
    """Raise unless `target` is absent, an empty folder or one of the same kind."""
    if not os.path.lexists(target):
        return
    if not os.path.isdir(target):
        message = "a folder is to be written, and this is a file; give another name"
        raise FileExistsError(errno.EEXIST, message, path)
    names = os.listdir(target)
    foreign = [name for name in names if not is_part(name)]
    if foreign or (names and mark not in names):
        message = (
            f"the folder holds {(foreign or names)[0]!r}, which is not part of what "
            "is saved here, so it is not replaced; give another name or empty it"
        )
        raise FileExistsError(errno.EEXIST, message, path)


def _write_folder(
    folder: str, meta: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]
) -> None:
    described = {
        "format": _FOLDER_FORMAT,
        "version": _FOLDER_VERSION,
        "arrays": {name: _describe(array) for name, array in arrays.items()},
        "meta": meta,
    }
    for name, array in arrays.items():
        with created(folder, f"{name}.npy") as file:
            # Given a file, NumPy writes past Python and loses the system's error.
            np.save(SimpleNamespace(write=file.write), array, allow_pickle=False)
    with created(folder, _FOLDER_FILE) as file:
        # ASCII, because surrogates have no UTF-8.
        file.write(json.dumps(described, ensure_ascii=True).encode("ascii"))


def created(folder: str, name: str) -> AbstractContextManager[BinaryIO]:
    """Open a new file in a folder for writing; it is synced when the block ends."""
    return synced(open(os.path.join(folder, name), "xb"))


def _swap_folder(temporary: str, target: str) -> None:
    """Put the new folder in the place of the old one, or leave the old one there."""
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


def _describe(array: npt.NDArray[Any]) -> dict[str, Any]:
    return {"dtype": array.dtype.str, "shape": list(array.shape)}


def _read_description(file_name: str) -> dict[str, Any]:
    if not os.path.isfile(file_name):
        message = (
            f"{os.path.dirname(file_name)!r} is not a model that w2vfast saved, a "
            f"folder with {_FOLDER_FILE}. Vectors of other programs are read by "
            "KeyedVectors.load_word2vec_format; gensim writes them with "
            "save_word2vec_format."
        )
        raise FileNotFoundError(message)
    with open(file_name, "rb") as file:
        try:
            described = json.load(file)
        except ValueError as error:
            message = f"{file_name} is damaged: {error}"
            raise ValueError(message) from error
    if not isinstance(described, dict) or described.get("format") != _FOLDER_FORMAT:
        message = f"{file_name} does not describe a model of w2vfast"
        raise ValueError(message)
    version = described.get("version")
    if version != _FOLDER_VERSION:
        message = (
            f"{file_name} has format version {version}, and this version of w2vfast "
            f"reads {_FOLDER_VERSION}; upgrade w2vfast"
        )
        raise ValueError(message)
    return described


def _load_array(
    file_name: str, expected: dict[str, Any], mmap: bool
) -> npt.NDArray[Any]:
    try:
        array: npt.NDArray[Any] = np.load(
            file_name, mmap_mode="r" if mmap else None, allow_pickle=False
        )
    except (ValueError, EOFError, FileNotFoundError) as error:
        message = f"{file_name} is missing or damaged: {error}"
        raise ValueError(message) from error
    if _describe(array) != expected:
        message = f"{file_name} holds {_describe(array)}; the model needs {expected}"
        raise ValueError(message)
    return array
