"""Initial vectors: rows of a model begin with given vectors of their words.

They come from a `KeyedVectors`, or from a file of any format that `KeyedVectors.load`
reads.  Only input vectors are set, rows of `syn0`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from w2vfast.aliases import PathLike, Word
from w2vfast.errors import Name, Setting, SettingsError, shortened, warn
from w2vfast.formats.contents import Contents, ReadOptions
from w2vfast.formats.dispatch import kind_of, read_vectors
from w2vfast.formats.row_checks import finite_rows
from w2vfast.text.vocab import first_rows
from w2vfast.vectors.table import KeyTable


class Coverage(NamedTuple):
    """How much of a vocabulary has initial vectors.

    Attributes
    ----------
    found, words : int
        Words with initial vectors, and all words of the vocabulary [words].
    found_tokens, tokens : int
        Occurrences of the former and of all, by the counts of the vocabulary.
    """

    found: int
    words: int
    found_tokens: int
    tokens: int

    def __str__(self) -> str:
        share = self.found_tokens / max(self.tokens, 1)
        return (
            f"init_vectors: {self.found:,} of {self.words:,} words begin with given "
            f"vectors, {share:.1%} of the text"
        )


def check_source(source: Any, vector_size: int) -> None:
    """Check given vectors before the corpus is read, which may take long.

    Parameters
    ----------
    source : path or KeyedVectors
    vector_size : int
        D, the model's [floats].

    Raises
    ------
    TypeError
        If it is neither a path nor a KeyedVectors.
    OSError
        If there is no such file.
    ValueError
        If it has vectors of another length.
    """
    if isinstance(source, KeyTable):
        _check_size(source.vectors, vector_size, source)
    elif isinstance(source, str | os.PathLike):
        first = _read(source, ReadOptions(limit=1)).vectors
        _check_size(first, vector_size, source)
    else:
        message = (
            f"init_vectors must be the path of a file of vectors or a KeyedVectors, "
            f"such as model.wv, got {type(source).__name__}. Of gensim's vectors make "
            "one: KeyedVectors(kv.index_to_key, kv.vectors)."
        )
        raise TypeError(message)


def _check_size(
    vectors: NDArray[Any], vector_size: int, source: KeyTable | PathLike
) -> None:
    found = vectors.shape[1]
    if found != vector_size:
        message = (
            f"{_name(source)} has vectors of {found} values, but ",
            *(Name("vector_size"), f" is {vector_size}. Set "),
            Setting("vector_size", found),
            f", or give vectors of {vector_size} values.",
        )
        raise SettingsError(message)


def set_rows(
    rows: NDArray[np.float32],
    words: Sequence[Word],
    counts: NDArray[np.int64],
    source: KeyTable | PathLike,
    chosen: NDArray[np.bool_] | None = None,
) -> Coverage:
    """Set rows to the vectors that a source has of their words.

    Parameters
    ----------
    rows : ndarray of float32, shape (V, D)
        INOUT
    words : sequence of str or int, length V
    counts : ndarray of int64, shape (V,)
        Occurrences of each word [occurrences].
    source : path or KeyedVectors
        If it has equal words, the first one is used.
    chosen : ndarray of bool, shape (V,), optional
        Rows that may be set; the others only count in the coverage.

    Returns
    -------
    Coverage

    Raises
    ------
    ValueError
        If the vectors have another length, or one that is needed is not finite.  Then
        nothing is changed.

    Warns
    -----
    UserWarning
        If the source has none of the words.
    """
    keys, vectors = _keys_and_vectors(source, words)
    _check_size(vectors, rows.shape[1], source)
    here = np.array([keys.get(str(word), -1) for word in words], dtype=np.int64)
    found = here >= 0
    taken = found if chosen is None else found & chosen
    with np.errstate(over="ignore"):  # values too large for float32 are reported below
        given = vectors[here[taken]].astype(np.float32)
    _check_finite(given, np.flatnonzero(taken), words, source)
    rows[taken] = given
    if not found.any():
        _warn_of_none(words, source)
    return Coverage(
        int(found.sum()), len(words), int(counts[found].sum()), int(counts.sum())
    )


def _keys_and_vectors(
    source: KeyTable | PathLike, words: Sequence[Word]
) -> tuple[dict[str, int], NDArray[Any]]:
    """Return the row of each key, as files spell it, and the vectors."""
    if isinstance(source, KeyTable):
        return _rows_by_spelling(source.index_to_key), source.vectors
    # A folder is mapped; of other files only the rows that are needed are kept.
    mapped = kind_of(source) == "folder"
    how = ReadOptions(mmap=mapped, only={str(word) for word in words})
    held = _read(source, how)
    return _rows_by_spelling(held.words), held.vectors


def _rows_by_spelling(keys: Sequence[Word]) -> dict[str, int]:
    return first_rows([str(key) for key in keys])


def _read(path: PathLike, how: ReadOptions) -> Contents:
    # Decoded as the words of a corpus are.
    return read_vectors(path, how=how._replace(unicode_errors="surrogateescape"))


def _check_finite(
    given: NDArray[np.float32],
    taken: NDArray[np.int64],
    words: Sequence[Word],
    source: KeyTable | PathLike,
) -> None:
    finite = finite_rows(given)
    if not finite.all():
        word = words[int(taken[np.argmin(finite)])]
        message = (
            f"{_name(source)}: the vector of {shortened(word)} holds a value that is "
            f"not a finite float32, and training would spread it. Repair or remove it."
        )
        raise ValueError(message)


def _warn_of_none(words: Sequence[Word], source: KeyTable | PathLike) -> None:
    message = (
        f"{_name(source)} has a vector of none of the {len(words)} words, so all begin "
        f"at random. The most frequent words are {list(words[:3])!r}"
    )
    if isinstance(source, KeyTable):
        message += f", the keys {source.index_to_key[:3]!r}"
    else:
        first = _read(source, ReadOptions(limit=3)).words
        message += f", the file begins with {first!r}"
    warn(f"{message}. Do case and language agree?")


def _name(source: KeyTable | PathLike) -> str:
    return "init_vectors" if isinstance(source, KeyTable) else os.fspath(source)
