"""The folder format: ``model.json`` and one ``.npy`` file per array.

A folder stores a whole model or vectors alone; ``meta["kind"]`` tells which.
"""

from __future__ import annotations

import dataclasses
import errno
import glob
import hashlib
import json
import os
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from w2vfast.aliases import MapMode, PathLike
from w2vfast.formats.npy import read_array
from w2vfast.system.folders import (
    OpenFolder,
    check_new_folder,
    created,
    new_folder,
    read_at_once,
)
from w2vfast.system.json_files import checked, parse_json

# The possible values of meta["kind"].
MODEL_KIND = "w2vfast.Word2Vec"
VECTORS_KIND = "w2vfast.KeyedVectors"
CHECKPOINT_KIND = "w2vfast.Checkpoint"
# What to do with checkpoints.
_TRAIN_ON = (
    "Train on from them: the same arguments, checkpoint= and resume=True, on the "
    "command line --checkpoint and --resume. That ends in vectors or a model."
)

_FORMAT = "w2vfast model"
_VERSION = 1
_DESCRIPTION_FILE = "model.json"
_SAMPLES, _SAMPLE_BYTES = 16, 4096  # of a file, for its fingerprint


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


def check_folder(path: PathLike) -> None:
    """Raise early what `save_folder` would raise about the place; leave nothing."""
    check_new_folder(path, _DESCRIPTION_FILE, _is_part)


def _is_part(name: str) -> bool:
    return name == _DESCRIPTION_FILE or name.endswith(".npy")


def load_folder(
    path: PathLike, mmap: MapMode = False
) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """Read what `save_folder` wrote.

    All files are of one version of the folder, even if another process replaces it
    meanwhile: then it is read again.

    Parameters
    ----------
    path : str or path-like
        The folder.
    mmap : bool or {"r", "c"}, default False
        Map the arrays from disk instead of reading them: read-only, or with "c" as
        copies whose changes stay in memory.

    Returns
    -------
    meta : dict
    arrays : dict of str to ndarray

    Raises
    ------
    FileNotFoundError
        If `path` is not a folder of this format.
    ValueError
        If the folder was written by a newer version, a file is damaged or missing, or
        the files are of different versions.
    """
    try:
        return read_at_once(path, _DESCRIPTION_FILE, partial(_load, mmap=mmap))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FileNotFoundError(_no_folder_message(path)) from error


def checkpoint_message(path: PathLike) -> str:
    """Return what to say of a checkpoint where a model or vectors are expected."""
    return f"{os.fspath(path)} is a checkpoint of a training. {_TRAIN_ON}"


def _no_folder_message(path: PathLike) -> str:
    message = (
        f"{os.fspath(path)!r} is not a model that w2vfast saved, a folder with "
        f"{_DESCRIPTION_FILE}. "
    )
    within = os.path.join("checkpoint-*", _DESCRIPTION_FILE)
    if glob.glob(within, root_dir=path):
        return f"{message}It has checkpoints. {_TRAIN_ON}"
    return (
        f"{message}Vectors of other programs are read by "
        "KeyedVectors.load_word2vec_format; gensim writes them with "
        "save_word2vec_format."
    )


def folder_kind(path: PathLike) -> str | None:
    """Return ``meta["kind"]`` of the folder at `path`; None if there is none."""
    if not os.path.isfile(os.path.join(os.fspath(path), _DESCRIPTION_FILE)):
        return None
    described = read_at_once(path, _DESCRIPTION_FILE, _read_description)
    kind: str | None = described.meta.get("kind")
    return kind


@dataclass(frozen=True)
class _Array:
    """What ``model.json`` promises of an array."""

    dtype: str
    shape: list[int]


@dataclass(frozen=True)
class _Description:
    """The content of ``model.json``.

    Attributes
    ----------
    arrays : dict of str to _Array
        By name; the file has the suffix ``.npy``.
    meta : dict
    fingerprints : dict of str to str
        From `_fingerprint`, by name.  Folders of earlier versions have none.
    """

    arrays: dict[str, _Array]
    meta: dict[str, Any]
    fingerprints: dict[str, str] = field(default_factory=dict)


def _write(
    folder: str, meta: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]
) -> None:
    for name, array in arrays.items():
        with created(folder, f"{name}.npy") as file:
            # To a real file NumPy writes without Python, and its errors lack the
            # system's error number.
            np.save(SimpleNamespace(write=file.write), array, allow_pickle=False)
    fingerprints = {}
    for name in arrays:
        with open(os.path.join(folder, f"{name}.npy"), "rb") as file:
            fingerprints[name] = _fingerprint(file)
    described = {
        "format": _FORMAT,
        "version": _VERSION,
        "arrays": {name: _describe(array) for name, array in arrays.items()},
        "fingerprints": fingerprints,
        "meta": meta,
    }
    with created(folder, _DESCRIPTION_FILE) as file:
        # ASCII, because lone surrogates cannot be encoded as UTF-8.
        file.write(json.dumps(described, ensure_ascii=True).encode("ascii"))


def _describe(array: npt.NDArray[Any]) -> dict[str, Any]:
    return {"dtype": array.dtype.str, "shape": list(array.shape)}


def _fingerprint(file: BinaryIO) -> str:
    """Return a digest of a file's size and of samples of its bytes.

    It tells versions apart at a fixed cost; it is no proof against forgery.
    """
    size = os.fstat(file.fileno()).st_size
    digest = hashlib.blake2b(b"%d" % size, digest_size=8)
    last = max(0, size - _SAMPLE_BYTES)
    for n in range(_SAMPLES):
        file.seek(last * n // (_SAMPLES - 1))
        digest.update(file.read(_SAMPLE_BYTES))
    file.seek(0)
    return digest.hexdigest()


def _load(
    folder: OpenFolder, *, mmap: MapMode
) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    described = _read_description(folder)
    return described.meta, {
        name: _load_array(folder, name, described, mmap) for name in described.arrays
    }


def _read_description(folder: OpenFolder) -> _Description:
    name = folder.path_of(_DESCRIPTION_FILE)
    with folder.open(_DESCRIPTION_FILE) as file:
        found = parse_json(file.read(), name, "the description of a model")
    if not isinstance(found, dict) or found.get("format") != _FORMAT:
        message = f"{name} does not describe a model of w2vfast"
        raise ValueError(message)
    version = found.get("version")
    if version != _VERSION:
        message = (
            f"{name} has format version {version!r}, and this version of w2vfast "
            f"reads {_VERSION}; upgrade w2vfast"
        )
        raise ValueError(message)
    described = checked(_Description, found, name)
    for array_name in described.arrays:
        if not array_name.isidentifier():
            message = (
                f"{name} names an array {array_name!r}, which is not an identifier: it "
                "is damaged, or made to read another file. Save the model again."
            )
            raise ValueError(message)
    return described


def _load_array(
    folder: OpenFolder, name: str, described: _Description, mmap: MapMode
) -> npt.NDArray[Any]:
    file_name = folder.path_of(f"{name}.npy")
    try:
        with folder.open(f"{name}.npy") as file:
            fingerprint = _fingerprint(file)
            array = read_array(file, mmap=mmap)
    except (ValueError, FileNotFoundError) as error:
        message = f"{file_name} is missing or damaged: {error}"
        raise ValueError(message) from error
    except OSError as error:
        if error.errno != errno.ENOMEM:
            error.filename = error.filename or file_name
            raise
        message = f"{file_name} cannot be mapped: there is not enough address space"
        raise MemoryError(message) from error
    expected = dataclasses.asdict(described.arrays[name])
    if _describe(array) != expected:
        message = f"{file_name} contains {_describe(array)}; expected {expected}"
        raise ValueError(message)
    if described.fingerprints.get(name, fingerprint) != fingerprint:
        message = (
            f"{file_name} is of another version than {_DESCRIPTION_FILE}: files of two "
            "saves are mixed, or it was changed. Save the model again; to load what "
            f"you changed yourself, remove 'fingerprints' from {_DESCRIPTION_FILE}."
        )
        raise ValueError(message)
    return array
