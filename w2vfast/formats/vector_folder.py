"""Vectors in a folder: the only format that stores attributes and can be mapped.

A folder of a whole model is read as well, as the model's input vectors.
V is the number of words.
"""

from __future__ import annotations

import errno
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from w2vfast.formats.contents import (
    Contents,
    ReadOptions,
    WriteOptions,
    limited_and_checked,
)
from w2vfast.formats.folder import (
    MODEL_KIND,
    VECTORS_KIND,
    folder_kind,
    load_folder,
    save_folder,
)

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
    meta, arrays = load_folder(path, mmap=True)
    if meta.get("kind") == VECTORS_KIND:
        held = _from_vectors(meta, arrays)
    elif meta.get("kind") == MODEL_KIND:
        held = _from_model(meta, arrays)
    else:
        message = (
            f"{path} contains {meta.get('kind')!r}; expected {MODEL_KIND!r} or "
            f"{VECTORS_KIND!r}"
        )
        raise ValueError(message)
    held = limited_and_checked(path, held, how)
    counts = None if held.counts is None else np.array(held.counts)
    vectors = held.vectors if how.mmap else np.array(held.vectors)
    return held._replace(vectors=vectors, counts=counts)


def _from_vectors(
    meta: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]
) -> Contents:
    return Contents(
        meta["words"],
        arrays["vectors"],
        arrays.get("counts"),
        meta["c_text"],
        _unpack_attributes(meta.get("attributes", []), arrays),
    )


def _from_model(meta: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> Contents:
    exact = meta["params"]["mode"] == "exact"
    shown = slice(0 if exact else 1, None)  # fast mode hides row 0, the sentence end
    return Contents(
        meta["words"][shown], arrays["syn0"][shown], arrays["counts"][shown], exact
    )


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
    if folder_kind(path) == MODEL_KIND:
        message = (
            "the folder contains a whole model, which can be trained further, so it is "
            "not replaced by its vectors alone; choose another name"
        )
        raise FileExistsError(errno.EEXIST, message, path)
    listed, arrays = _pack_attributes(held.attributes)
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


def _pack_attributes(
    attributes: Mapping[str, npt.NDArray[Any]],
) -> tuple[_Listed, dict[str, npt.NDArray[Any]]]:
    """Split attributes into values for JSON and arrays of numbers."""
    listed: _Listed = []
    arrays = {}
    for number, (name, values) in enumerate(attributes.items()):
        if values.dtype.hasobject:
            listed.append((name, _checked_json(name, values.tolist())))
        else:
            listed.append((name, None))
            arrays[f"attribute_{number}"] = values
    return listed, arrays


def _unpack_attributes(
    listed: _Listed, arrays: dict[str, npt.NDArray[Any]]
) -> dict[str, npt.NDArray[Any]]:
    """Undo `_pack_attributes`."""
    return {
        name: np.array(arrays[f"attribute_{number}"])
        if values is None
        # np.array would make a matrix of lists of equal length.
        else np.fromiter(values, object, len(values))
        for number, (name, values) in enumerate(listed)
    }


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
