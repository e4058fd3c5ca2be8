"""Vectors in a folder: the only format that stores attributes and can be mapped.

A folder of a whole model is read as well, as the model's input vectors.
V is the number of words.
"""

from __future__ import annotations

import errno
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from w2vfast.formats.contents import (
    Contents,
    ReadOptions,
    WriteOptions,
    as_int64,
    limited_and_checked,
)
from w2vfast.formats.folder import (
    CHECKPOINT_KIND,
    MODEL_KIND,
    VECTORS_KIND,
    check_folder,
    checkpoint_message,
    folder_kind,
    load_folder,
    save_folder,
)
from w2vfast.formats.spelling import check_type
from w2vfast.system.json_files import checked

# Name and values of each attribute in JSON; None if the values are an array of numbers.
_Listed = list[tuple[str, list[Any] | None]]


def read(path: str, how: ReadOptions) -> Contents:
    """Read the vectors of a folder of vectors or of a model.

    Raises
    ------
    FileNotFoundError
        If `path` is not a folder that this package saved.
    ValueError
        If a file of it is damaged or missing.
    """
    # Mapped, because the other matrices of a model are not needed here.
    meta, arrays = load_folder(path, mmap=how.mmap or True)
    if meta.get("kind") == VECTORS_KIND:
        held = _from_vectors(path, meta, arrays)
    elif meta.get("kind") == MODEL_KIND:
        held = _from_model(path, meta, arrays)
    else:
        message = (
            f"{path} contains {meta.get('kind')!r}; expected {MODEL_KIND!r} or "
            f"{VECTORS_KIND!r}"
        )
        if meta.get("kind") == CHECKPOINT_KIND:
            message = checkpoint_message(path)
        raise ValueError(message)
    _check_lengths(path, held)
    held = limited_and_checked(path, held, how)
    counts = held.counts
    if counts is not None:
        counts = as_int64(f"{path}: 'counts'", counts, 0)
    vectors = held.vectors if how.mmap else np.array(held.vectors)
    return held._replace(vectors=vectors, counts=counts)


@dataclass(frozen=True)
class _VectorsMeta:
    """What a folder says of vectors; see `write`."""

    words: list[str | int]
    c_text: bool
    attributes: list[Any] = field(default_factory=list)


@dataclass(frozen=True)
class _Mode:
    mode: Literal["fast", "exact"]


@dataclass(frozen=True)
class _ModelMeta:
    """What a folder says of the vectors of a model."""

    words: list[str | int]
    params: _Mode
    attributes: list[Any] = field(default_factory=list)


def _from_vectors(
    path: str, found: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]
) -> Contents:
    meta = checked(_VectorsMeta, found, path)
    return Contents(
        meta.words,
        _array(path, arrays, "vectors"),
        arrays.get("counts"),
        meta.c_text,
        unpack_attributes(path, meta.attributes, arrays),
    )


def _from_model(
    path: str, found: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]
) -> Contents:
    meta = checked(_ModelMeta, found, path)
    is_exact = meta.params.mode == "exact"
    shown = slice(0 if is_exact else 1, None)  # fast mode hides row 0, the sentence end
    vectors, counts = (_array(path, arrays, name) for name in ("syn0", "counts"))
    attributes = unpack_attributes(path, meta.attributes, arrays)
    counts = attributes.pop("count", counts[shown])
    return Contents(meta.words[shown], vectors[shown], counts, is_exact, attributes)


def _array(
    path: str, arrays: dict[str, npt.NDArray[Any]], name: str
) -> npt.NDArray[Any]:
    if name not in arrays or arrays[name].ndim == 0:
        message = f"{path} is damaged: it has no array {name!r}. Save it again."
        raise ValueError(message)
    return arrays[name]


def _check_lengths(path: str, held: Contents) -> None:
    """Raise ValueError unless all parts are of the same words."""
    n_words, vectors, counts = len(held.words), held.vectors, held.counts
    lengths = {name: len(values) for name, values in held.attributes.items()}
    if (
        (vectors.ndim != 2 or vectors.dtype.kind != "f" or len(vectors) != n_words)
        or (counts is not None and counts.shape != (n_words,))
        or (counts is not None and counts.dtype.kind not in "iu")
        or any(length != n_words for length in lengths.values())
    ):
        shown = "none" if counts is None else f"{counts.dtype} {counts.shape}"
        message = (
            f"{path} is damaged: its parts do not fit each other: {n_words} words, "
            f"vectors {vectors.dtype} {vectors.shape}, counts {shown}, attributes "
            f"{lengths}. Save it again."
        )
        raise ValueError(message)


def write(path: str, held: Contents, how: WriteOptions) -> None:
    """Write vectors, counts and attributes.

    Raises
    ------
    FileExistsError
        If the folder contains a whole model, which is not replaced by its vectors.
    TypeError
        If an attribute contains objects that JSON cannot represent.
    OSError
        If the folder cannot be written.
    """
    _refuse_model(path)
    for row, word in enumerate(held.words):
        check_type(word, row)
    listed, arrays = pack_attributes(held.attributes)
    arrays["vectors"] = held.vectors
    if held.counts is not None:
        arrays["counts"] = held.counts
    meta = {
        "kind": VECTORS_KIND,
        "words": [w if isinstance(w, str) else int(w) for w in held.words],
        "c_text": held.c_text,
        "attributes": listed,
    }
    save_folder(path, meta, arrays)


def check_place(path: str) -> None:
    """Raise early what `write` would raise about the place; leave nothing.

    Raises
    ------
    OSError
        As by `write`.
    """
    _refuse_model(path)
    check_folder(path)


def _refuse_model(path: str) -> None:
    if folder_kind(path) == MODEL_KIND:
        message = (
            "the folder contains a whole model, which can be trained further, so it is "
            "not replaced by its vectors alone; choose another name"
        )
        raise FileExistsError(errno.EEXIST, message, path)


def pack_attributes(
    attributes: Mapping[str, npt.NDArray[Any]],
) -> tuple[_Listed, dict[str, npt.NDArray[Any]]]:
    """Split attributes into values for JSON and arrays of numbers.

    Raises
    ------
    TypeError
        If an attribute contains objects that JSON cannot represent.
    """
    listed: _Listed = []
    arrays = {}
    for number, (name, values) in enumerate(attributes.items()):
        if values.dtype.hasobject:
            listed.append((name, _checked_json(name, values.tolist())))
        else:
            listed.append((name, None))
            arrays[f"attribute_{number}"] = values
    return listed, arrays


def unpack_attributes(
    path: str, listed: list[Any], arrays: dict[str, npt.NDArray[Any]]
) -> dict[str, npt.NDArray[Any]]:
    """Undo `pack_attributes`."""
    attributes = {}
    for number, item in enumerate(listed):
        match item:
            case [str(name), None]:
                found = np.array(_array(path, arrays, f"attribute_{number}"))
            case [str(name), list(values)]:
                # np.array would make a matrix of lists of equal length.
                found = np.fromiter(values, object, len(values))
            case _:
                message = f"{path} is damaged: its attribute {number} has no name"
                raise ValueError(message)
        attributes[name] = found
    return attributes


def _checked_json(name: str, values: list[Any]) -> list[Any]:
    try:
        json.dumps(values)
    except TypeError as error:
        message = (
            f"attribute {name!r} cannot be saved: {error}. Numbers, strings and lists "
            "of them can be; remove it with expandos.pop"
        )
        raise TypeError(message) from error
    return values
