"""What a file of vectors holds, and the options for reading and writing one.

V is the number of words, D the dimension.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from w2vfast.aliases import MapMode, Word
from w2vfast.formats.row_checks import finite_rows
from w2vfast.formats.spelling import Spaces

FloatArray = npt.NDArray[np.floating[Any]]
_INT64_MAX = 2**63 - 1


class Contents(NamedTuple):
    """What a file of vectors holds.

    Attributes
    ----------
    words : list of str or int, length V
    vectors : ndarray of float, shape (V, D)
    counts : ndarray of int64, shape (V,), or None
        Occurrences of each word, if the format stores them [occurrences].
    c_text : bool
        Whether text is written exactly as the C program writes it.
    attributes : mapping of str to ndarray of shape (V,)
        Other attributes of the words.  Only a folder stores them.
    """

    words: list[Word]
    vectors: FloatArray
    counts: npt.NDArray[np.int64] | None = None
    c_text: bool = False
    attributes: Mapping[str, npt.NDArray[Any]] = MappingProxyType({})


class ReadOptions(NamedTuple):
    """How to read a file.

    Attributes
    ----------
    limit : int or None
        Read at most this many rows [rows].
    unicode_errors : str
        Error handler of Python for words in text and binary files that are not UTF-8.
        "surrogateescape" keeps every byte.
    spaces : {"refuse", "escape", "keep"}
        How to read words that contain white space; see `w2vfast.formats.spelling`.
    finite : bool
        Raise an error if a value is not finite.
    mmap : bool or {"r", "c"}
        Map the vectors from disk instead of reading them, read-only unless it is "c";
        only a folder can be mapped.  The values of mapped vectors are not checked.
    only : container of str, or None
        Text and binary files: keep only the rows of these words.  All other rows are
        still read and checked.  Other formats ignore it.
    dtype : dtype
        Text and binary files: the floating-point type of the vectors.  Other formats
        return the type that they store.
    """

    limit: int | None = None
    unicode_errors: str = "strict"
    spaces: Spaces = "refuse"
    finite: bool = True
    mmap: MapMode = False
    only: Container[str] | None = None
    dtype: npt.DTypeLike = np.float32


class WriteOptions(NamedTuple):
    """How to write a file.

    Attributes
    ----------
    spaces : {"refuse", "escape"}
        What to do with words that contain white space, in formats whose readers split
        words there; see `w2vfast.formats.spelling`.
    """

    spaces: Spaces = "refuse"


def check_limit(limit: int | None) -> None:
    """Raise ValueError unless `limit` is None or at least 1."""
    if limit is not None and limit < 1:
        message = f"limit must be at least 1, or None for all rows, got {limit}"
        raise ValueError(message)


def as_int64(
    what: str, values: npt.NDArray[Any], least: int = -(2**63)
) -> npt.NDArray[np.int64]:
    """Return integers of any type as int64.

    Parameters
    ----------
    what : str
        What they are, for the message.
    values : ndarray of integers
    least : int, default -2**63
        0 for counts.

    Raises
    ------
    ValueError
        If one is below `least`, or too large.
    """
    for value in (values.min(), values.max()) if values.size else ():
        if not least <= value <= _INT64_MAX:
            message = f"{what} must be at least {least} and below 2**63, got {value}"
            raise ValueError(message)
    return values.astype(np.int64)


def limited_and_checked(path: str, held: Contents, how: ReadOptions) -> Contents:
    """Apply the options `limit` and `finite` to contents that were read whole.

    Raises
    ------
    ValueError
        If the limit is below 1, or a value is not finite; the message names the file,
        the word and the row.
    """
    check_limit(how.limit)
    if how.limit is not None:
        kept = slice(how.limit)
        held = held._replace(
            words=held.words[kept],
            vectors=held.vectors[kept],
            counts=None if held.counts is None else held.counts[kept],
            attributes={name: v[kept] for name, v in held.attributes.items()},
        )
    if how.finite and not how.mmap:
        finite = finite_rows(held.vectors)
        if not finite.all():
            row = int(np.argmin(finite))
            message = (
                f"{path}: the vector of {held.words[row]!r} (row {row + 1}) contains a "
                f"value that is not a finite {held.vectors.dtype}"
            )
            raise ValueError(message)
    return held
