"""Words and vectors as named arrays, the content of .npz and safetensors files.

=============  =========  ===========================================================
``vectors``    (V, D)     floating-point numbers
``words``      (n,)       uint8: the words as UTF-8, concatenated
``word_ends``  (V,)       int64: end of each word in ``words`` [bytes]
``counts``     (V,)       int64: occurrences of each word; only if they are known
=============  =========  ===========================================================

Programs that need no words read ``vectors`` alone.  Any word can be stored, including
words with spaces and with bytes that are not UTF-8.  If all words are integers,
``words`` is int64 of shape (V,), and there is no ``word_ends``.  With NumPy alone:

>>> file = np.load("vectors.npz")                                   # doctest: +SKIP
>>> text, ends = bytes(file["words"]), file["word_ends"].tolist()   # doctest: +SKIP
>>> words = [text[a:b].decode() for a, b in zip([0, *ends], ends)]  # doctest: +SKIP

V is the number of words, D the dimension.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from w2vfast.aliases import Word
from w2vfast.formats.contents import Contents, as_int64
from w2vfast.formats.spelling import spell

Arrays = dict[str, npt.NDArray[Any]]

NAMES = frozenset({"vectors", "words", "word_ends", "counts"})


def to_arrays(held: Contents) -> Arrays:
    """Return the arrays that represent words, vectors and counts.

    Raises
    ------
    ValueError
        If the words are neither all strings nor all 64-bit integers, or contain half
        of a surrogate pair.
    """
    arrays: Arrays = {
        "vectors": np.ascontiguousarray(held.vectors),
        **pack_words(held.words),
    }
    if held.counts is not None:
        arrays["counts"] = np.asarray(held.counts, np.int64)
    return arrays


def pack_words(words: Sequence[Word]) -> Arrays:
    """Return ``words`` and, unless they are integers, ``word_ends``."""
    n_integers = sum(isinstance(word, int | np.integer) for word in words)
    if n_integers and n_integers == len(words):
        return {"words": _packed_integers(words)}
    if n_integers:
        message = (
            f"{n_integers} of {len(words)} words are integers and the others are not; "
            "make all of them strings, or save as a folder"
        )
        raise ValueError(message)
    names = spell(words, ends=b"", allow_empty=True)
    ends = np.cumsum([len(name) for name in names], dtype=np.int64)
    return {"words": np.frombuffer(b"".join(names), np.uint8), "word_ends": ends}


def _packed_integers(words: Sequence[Word]) -> npt.NDArray[np.int64]:
    try:
        return np.array([int(word) for word in words], np.int64)
    except OverflowError as error:
        largest = max(words, key=lambda word: abs(int(word)))
        message = (
            f"the key {largest} does not fit into 64 bits; make strings of all keys, "
            "or save as a folder"
        )
        raise ValueError(message) from error


def from_arrays(path: str, arrays: Mapping[str, npt.NDArray[Any]]) -> Contents:
    """Check and unpack named arrays; the inverse of `to_arrays`.

    ``words`` may also be a one-dimensional array of strings.

    Parameters
    ----------
    path : str
        The file, for messages.
    arrays : mapping of str to ndarray

    Raises
    ------
    ValueError
        If an array is missing or does not fit the others.
    """
    vectors, packed = arrays.get("vectors"), arrays.get("words")
    if vectors is None or packed is None:
        found = ", ".join(arrays) or "nothing"
        message = f"{path}: expected arrays 'vectors' and 'words', found {found}"
        raise ValueError(message)
    if vectors.ndim != 2 or vectors.dtype.kind != "f":
        message = (
            f"{path}: 'vectors' must be a 2-D array of floating-point numbers, got "
            f"{vectors.dtype} of shape {vectors.shape}"
        )
        raise ValueError(message)
    words = unpack_words(path, packed, arrays.get("word_ends"))
    counts = arrays.get("counts")
    if len(words) != len(vectors) or (
        counts is not None
        and (counts.shape != (len(words),) or counts.dtype.kind not in "iu")
    ):
        shown = "" if counts is None else f", counts {counts.dtype} {counts.shape}"
        message = (
            f"{path}: the lengths or types of the arrays do not match: "
            f"{len(words)} words, vectors {vectors.shape}{shown}"
        )
        raise ValueError(message)
    native = np.ascontiguousarray(vectors, vectors.dtype.newbyteorder("="))
    if counts is not None:
        counts = as_int64(f"{path}: 'counts'", counts, 0)
    return Contents(words, native, counts)


def unpack_words(
    path: str, packed: npt.NDArray[Any], ends: npt.NDArray[Any] | None
) -> list[Word]:
    """Return the words of ``words`` and ``word_ends``; raise ValueError if damaged."""
    is_plain = packed.dtype.kind in "Uiu" and packed.dtype != np.uint8
    has_bytes = packed.nbytes or not packed.size  # else any number of words is free
    if packed.ndim == 1 and ends is None and is_plain and has_bytes:
        words: list[Word] = packed.tolist()
        return words
    if ends is None or packed.dtype != np.uint8 or not _is_partition(packed, ends):
        message = (
            f"{path}: 'words' must be uint8 with its 'word_ends', or an array of "
            f"strings or integers, got {packed.dtype} of shape {packed.shape}"
        )
        raise ValueError(message)
    text = packed.tobytes()
    pairs = itertools.pairwise([0, *ends.tolist()])
    return [text[a:b].decode("utf-8", "surrogateescape") for a, b in pairs]


def _is_partition(packed: npt.NDArray[Any], ends: npt.NDArray[Any]) -> bool:
    """Return whether `ends` splits the whole 1-D array into consecutive pieces."""
    if packed.ndim != 1 or ends.ndim != 1 or ends.dtype.kind not in "iu":
        return False
    bounds = np.concatenate([[0], ends.astype(np.int64)])
    # Not by differences, which overflow.
    return bool(bounds[-1] == len(packed) and (bounds[1:] >= bounds[:-1]).all())
