"""safetensors files: the arrays of `w2vfast.formats.named_arrays`."""

from __future__ import annotations

import importlib
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
from w2vfast.formats.named_arrays import NAMES, from_arrays, to_arrays
from w2vfast.system.files import is_damage, open_output, open_regular


def write(path: str, held: Contents, how: WriteOptions) -> None:
    """Write words, vectors and counts.

    Raises
    ------
    ValueError
        If the words cannot be stored (see `to_arrays`), or the format has no type for
        the vectors.
    OSError
        If the file cannot be written.
    """
    content = serialise(to_arrays(held))
    with open_output(path) as file:
        file.write(content)


def serialise(arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """Return the content of a safetensors file; a full copy of the arrays in memory.

    Raises
    ------
    ValueError
        If the format has no type for an array.
    """
    for name, array in arrays.items():
        if array.dtype.kind == "f" and array.dtype.itemsize > 8:
            message = f"safetensors has no type for {name!r}, {array.dtype}"
            raise ValueError(message)
    content: bytes = importlib.import_module("safetensors.numpy").save(
        {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    )
    return content


def read(path: str, how: ReadOptions) -> Contents:
    """Read a safetensors file that contains words and vectors.

    Raises
    ------
    OSError
        If the file cannot be opened.
    ValueError
        If it is damaged or does not contain words and vectors; names the file.
    """
    package = importlib.import_module("safetensors")
    with open_regular(path):
        pass  # the system's error names the file, the package's does not
    try:
        with package.safe_open(path, framework="numpy") as file:
            wanted = NAMES & set(file.keys())
            arrays = {key: file.get_tensor(key) for key in sorted(wanted)}
            others = sorted(set(file.keys()) - wanted)
    # The package raises its own error, and others for types that NumPy lacks.
    except Exception as error:
        if not is_damage(error):
            raise
        message = f"{path}: expected a safetensors file, but {error}"
        raise ValueError(message) from error
    if "words" not in arrays:
        arrays.update({key: np.empty(0) for key in others})  # listed in the message
    return limited_and_checked(path, from_arrays(path, arrays), how)
