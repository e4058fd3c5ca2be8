"""Read and write a table of vectors: types, counts, duplicates, intersection.

The file formats themselves are in `w2vfast.formats`.
V is the number of keys, D the dimension.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from w2vfast.aliases import Key, PathLike
from w2vfast.errors import warn
from w2vfast.formats import word2vec
from w2vfast.formats.contents import ReadOptions
from w2vfast.formats.word_counts import read_counts
from w2vfast.system.files import check_output
from w2vfast.vectors.parts import FloatArray


def check_fvocab(fvocab: Any) -> None:
    """Raise TypeError if `binary` was passed by position in the place of `fvocab`."""
    if isinstance(fvocab, bool):
        message = f"fvocab is a file name, got {fvocab}; write binary={fvocab}"
        raise TypeError(message)


def check_two_outputs(fname: PathLike, fvocab: PathLike) -> None:
    """Raise, before anything is written, if not both files can be written.

    Raises
    ------
    ValueError
        If both are one file.
    OSError
        If the file of counts or its directory cannot be written.
    """
    vectors, counts = os.fspath(fname), os.fspath(fvocab)
    is_special = os.path.exists(vectors) and not os.path.isfile(vectors)
    if os.path.realpath(vectors) == os.path.realpath(counts) and not is_special:
        message = (
            f"fvocab is the file of the vectors, {counts}, and the counts would "
            "replace them. Name another file"
        )
        raise ValueError(message)
    check_output(counts)


def counts_of(
    words: Sequence[Key], fvocab: PathLike | None, unicode_errors: str
) -> list[int] | None:
    """Return the count of each word from a file of counts; None without a file.

    Raises
    ------
    ValueError
        If a word has no count.
    """
    if fvocab is None:
        return None
    counts = read_counts(os.fspath(fvocab), unicode_errors)
    missing = next((word for word in words if word not in counts), None)
    if missing is not None:
        message = (
            f"{os.fspath(fvocab)} has no count for {missing!r}; "
            "give the vocabulary file that belongs to these vectors"
        )
        raise ValueError(message)
    return [counts[str(word)] for word in words]


def overwrite_from_file(
    vectors: FloatArray,
    row_of: dict[Key, int],
    path: str,
    unicode_errors: str,
    binary: bool | None,
) -> npt.NDArray[np.intp]:
    """Overwrite the vectors of the keys that occur in a word2vec file.

    Parameters
    ----------
    vectors : ndarray of float, shape (V, D)
        INOUT; unchanged if an error is raised.
    row_of : dict of str or int to int
        The row of each key; integer keys match their digits in the file.
    path, unicode_errors, binary
        As for `w2vfast.formats.word2vec.read`.

    Returns
    -------
    ndarray of intp
        The rows that were overwritten.

    Raises
    ------
    ValueError
        If the dimension differs or the file does not fit its format.
    """
    rows = {str(key): row for key, row in row_of.items()}
    how = ReadOptions(None, unicode_errors, only=rows, dtype=vectors.dtype)
    held = word2vec.read(path, how, binary=binary)
    if held.vectors.shape[1] != vectors.shape[1]:
        message = (
            f"{path} has vectors of {held.vectors.shape[1]} values, these have "
            f"{vectors.shape[1]}"
        )
        raise ValueError(message)
    overwritten = np.array([rows[str(word)] for word in held.words], np.intp)
    vectors[overwritten] = held.vectors
    return overwritten


def warn_of_duplicates(
    keys: Sequence[Key], row_of: dict[Key, int], path: PathLike
) -> None:
    """Warn if keys occur more than once."""
    n_duplicates = len(keys) - len(row_of)
    if n_duplicates:
        first = next(key for row, key in enumerate(keys) if row_of[key] != row)
        message = (
            f"{os.fspath(path)}: {n_duplicates} rows repeat a word, such as {first!r}; "
            "all rows are kept, and look-up finds the first"
        )
        warn(message)
