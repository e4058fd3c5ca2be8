"""The folder format: ``model.json`` and one ``.npy`` file per array.

A folder stores a whole model or vectors alone; ``meta["kind"]`` tells which.
"""

from __future__ import annotations

import json
import os
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt

from w2vfast.aliases import PathLike
from w2vfast.system.folders import created, new_folder

# The possible values of meta["kind"].
MODEL_KIND = "w2vfast.Word2Vec"
VECTORS_KIND = "w2vfast.KeyedVectors"

_FORMAT = "w2vfast model"
_VERSION = 1
_DESCRIPTION_FILE = "model.json"


def save_folder(
    path: PathLike, meta: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]
) -> None:
    """Write a folder with ``model.json`` and a ``.npy`` file for each array.

    The folder appears complete or not at all: it is written under a temporary name in
    the same directory and then renamed.  Only an existing folder of this format is
    replaced.

    Parameters
    ----------
    path : str or path-like
        The folder to write.
    meta : dict
        Values that JSON can represent.  Strings may contain the lone surrogates of
        surrogateescape.
    arrays : dict of str to ndarray
        The names must be Python identifiers.  Arrays of numbers, of any shape.

    Raises
    ------
    FileExistsError
        If `path` is a file, or a folder that contains files of other kinds.
    ValueError
        If a name is not an identifier or an array contains objects.
    OSError
        If the folder cannot be written.
    """
    for name, array in arrays.items():
        if not name.isidentifier() or array.dtype.hasobject:
            message = (
                f"cannot save {name!r} ({array.dtype}): the name must be an identifier "
                "and the array must contain numbers"
            )
            raise ValueError(message)
    with new_folder(path, _DESCRIPTION_FILE, _is_part) as temporary:
        _write(temporary, meta, arrays)


def _is_part(name: str) -> bool:
    return name == _DESCRIPTION_FILE or name.endswith(".npy")


def load_folder(
    path: PathLike, mmap: bool = False
) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """Read what `save_folder` wrote.

    Parameters
    ----------
    path : str or path-like
        The folder.
    mmap : bool, default False
        Map the arrays from disk, read-only, instead of reading them.

    Returns
    -------
    meta : dict
    arrays : dict of str to ndarray

    Raises
    ------
    FileNotFoundError
        If `path` is not a folder of this format.
    ValueError
        If the folder was written by a newer version, or a file is damaged or missing.
    """
    folder = os.fspath(path)
    described = _read_description(os.path.join(folder, _DESCRIPTION_FILE))
    arrays = {
        name: _load_array(os.path.join(folder, f"{name}.npy"), expected, mmap)
        for name, expected in described["arrays"].items()
    }
    return described["meta"], arrays


def folder_kind(path: PathLike) -> str | None:
    """Return ``meta["kind"]`` of the folder at `path`; None if there is none."""
    file_name = os.path.join(os.fspath(path), _DESCRIPTION_FILE)
    if not os.path.isfile(file_name):
        return None
    kind: str | None = _read_description(file_name)["meta"].get("kind")
    return kind


def _write(
    folder: str, meta: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]
) -> None:
    described = {
        "format": _FORMAT,
        "version": _VERSION,
        "arrays": {name: _describe(array) for name, array in arrays.items()},
        "meta": meta,
    }
    for name, array in arrays.items():
        with created(folder, f"{name}.npy") as file:
            # To a real file NumPy writes without Python, and its errors lack the
            # system's error number.
            np.save(SimpleNamespace(write=file.write), array, allow_pickle=False)
    with created(folder, _DESCRIPTION_FILE) as file:
        # ASCII, because lone surrogates cannot be encoded as UTF-8.
        file.write(json.dumps(described, ensure_ascii=True).encode("ascii"))


def _describe(array: npt.NDArray[Any]) -> dict[str, Any]:
    return {"dtype": array.dtype.str, "shape": list(array.shape)}


def _read_description(file_name: str) -> dict[str, Any]:
    if not os.path.isfile(file_name):
        message = (
            f"{os.path.dirname(file_name)!r} is not a model that w2vfast saved, a "
            f"folder with {_DESCRIPTION_FILE}. Vectors of other programs are read by "
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
    if not isinstance(described, dict) or described.get("format") != _FORMAT:
        message = f"{file_name} does not describe a model of w2vfast"
        raise ValueError(message)
    version = described.get("version")
    if version != _VERSION:
        message = (
            f"{file_name} has format version {version}, and this version of w2vfast "
            f"reads {_VERSION}; upgrade w2vfast"
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
        message = f"{file_name} contains {_describe(array)}; expected {expected}"
        raise ValueError(message)
    return array
