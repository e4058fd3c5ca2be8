"""Map of words: the words that it shows, and their positions in the plane.

n is the number of words on the map.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from w2vfast.errors import shown, warn, whole_number
from w2vfast.plots.layout import METHODS, lay_out
from w2vfast.text.vocab import SENTENCE_END
from w2vfast.vectors.neighbours import unit_rows
from w2vfast.vectors.table import KeyTable

if TYPE_CHECKING:
    from w2vfast.aliases import Key
    from w2vfast.vectors.keyedvectors import KeyedVectors

DEFAULT_TOP = 300
COMMON_SHARE = 1e-3  # of a text; subsampling begins there, too
TIMES_AVERAGE = 10
LENGTHS_COMPARED = 10_000  # words
LONG = 3  # characters of a usual word, where a single one is a letter, no word
_MISSING_SHOWN = 5  # words in a message


@dataclass(frozen=True)
class WordMap:
    """Words and their positions.

    Attributes
    ----------
    rows : ndarray of int, shape (n,)
        Rows of the vectors, ascending, so that the most frequent word is first.
    words : list of str, length n
        The words in displayable form; see `readable`.
    points : ndarray of float64, shape (n, 2)
        x points right, y points up; without a unit.
    note : str
        Number of words and method of the layout, for people to read.
    """

    rows: NDArray[np.intp]
    words: list[str]
    points: NDArray[np.float64]
    note: str


def word_map(
    vectors: KeyedVectors,
    words: Iterable[Key] | None = None,
    *,
    top: int = DEFAULT_TOP,
    all_words: bool = False,
    method: str = "pca",
    seed: int = 1,
) -> WordMap:
    """Choose words and project them to two dimensions.

    Parameters
    ----------
    vectors : KeyedVectors
    words : iterable of str or int, optional
        The words of the map.
    top : int, default 300
        Number of most frequent words to use if `words` is not given.  Does not count
        the sentence end ``</s>`` of the C program's files, which is skipped.
    all_words : bool, default False
        Do not skip words such as "the" and "s"; see `_is_common`.
    method : {"pca", "tsne", "umap"}
        "tsne" needs scikit-learn, "umap" needs umap-learn.
    seed : int, default 1
        Seed of the random numbers.  "pca" uses none.

    Returns
    -------
    WordMap

    Raises
    ------
    ValueError
        If no word is left, a vector is not finite, or the method is unknown.
    ImportError
        If the method's package is not installed.

    Warns
    -----
    UserWarning
        If some of `words` are out of vocabulary.  The others are used.

    Notes
    -----
    Vectors are scaled to length 1 first, because words are compared by their cosine.
    """
    if method not in METHODS:
        message = f"method must be one of {', '.join(METHODS)}; got {method!r}."
        raise ValueError(message)
    if not isinstance(vectors, KeyTable):
        hint = " Give model.wv." if hasattr(vectors, "wv") else ""
        message = f"vectors must be a KeyedVectors, got {shown(vectors)}.{hint}"
        raise TypeError(message)
    if words is None:
        rows = _top_rows(vectors, top, all_words)
    else:
        rows = _rows_of(vectors, words)
    matrix = np.asarray(vectors.vectors[rows], np.float64)
    finite = np.isfinite(matrix).all(axis=1)
    if not finite.all():
        bad = vectors.index_to_key[rows[np.flatnonzero(~finite)[0]]]
        message = f"the vector of {bad!r} is not finite. Leave the word out."
        raise ValueError(message)
    points, how = lay_out(unit_rows(matrix).astype(np.float64), method, seed)
    names = [readable(vectors.index_to_key[row]) for row in rows]
    count = f"{len(rows):,} word{'s' if len(rows) != 1 else ''}"
    return WordMap(rows, names, points, f"{count}, {how}")


def readable(word: Key) -> str:
    """Return a word as one line of text that can be encoded and displayed.

    Bytes that were not UTF-8 become U+FFFD, white space and control characters become
    spaces.
    """
    text = re.sub("[\ud800-\udfff]", "\ufffd", str(word))
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f]", " ", text)


def _top_rows(vectors: KeyedVectors, top: int, all_words: bool) -> NDArray[np.intp]:
    top = whole_number("top", top)
    if top < 1:
        message = f"top must be at least 1, got {top}."
        raise ValueError(message)
    is_last = np.array([word == SENTENCE_END for word in vectors.index_to_key])
    if is_last.all():
        message = "there are no words to plot: the vectors are empty."
        raise ValueError(message)
    rows = np.flatnonzero(~is_last)
    if not all_words:  # the others first; common words only if there are too few
        rows = rows[np.argsort(_is_common(vectors)[rows], kind="stable")]
    return np.sort(rows[:top])


def _is_common(vectors: KeyedVectors) -> NDArray[np.bool_]:
    """Mark the words that tell little on a map, in any language.

    A word is common if it makes up more than `COMMON_SHARE` of the text, and
    `TIMES_AVERAGE` times the average word's share, and is shorter than most words; so
    are single letters and digits where most words have several.  In a text of single
    characters no word is shorter than others, and numbers as keys are names.  Without
    counts, shares are those of Zipf's law.
    """
    keys = vectors.index_to_key
    if not all(isinstance(key, str) for key in keys[:1]):
        return np.zeros(len(keys), np.bool_)
    lengths = np.array([len(str(key)) for key in keys])
    typical = np.median(lengths[:LENGTHS_COMPARED])
    shares = 1 / np.arange(1, len(keys) + 1)
    if vectors.counts is not None and vectors.counts.any():
        shares = vectors.counts.astype(np.float64)
    least = max(COMMON_SHARE, TIMES_AVERAGE / len(keys))
    is_frequent = shares > least * shares.sum()
    is_single = (lengths == 1) & (typical >= LONG)
    return np.asarray((is_frequent & (lengths < typical)) | is_single)


def _rows_of(vectors: KeyedVectors, words: Iterable[Key]) -> NDArray[np.intp]:
    if isinstance(words, str | bytes):
        message = f"words must be a list of words, got {words!r}. Use [{words!r}]."
        raise TypeError(message)
    wanted = list(dict.fromkeys(words))
    missing = [word for word in wanted if word not in vectors]
    listed = ", ".join(repr(word) for word in missing[:_MISSING_SHOWN])
    listed += ", ..." if len(missing) > _MISSING_SHOWN else ""
    if len(missing) == len(wanted):
        what = f"none of the words ({listed}) has a vector" if wanted else "no words"
        message = f"nothing to plot: {what}. Give words of the vocabulary."
        raise ValueError(message)
    if missing:
        message = (
            f"{len(missing)} of {len(wanted)} words are out of vocabulary and are left "
            f"out: {listed}"
        )
        warn(message)
    return np.array(
        sorted(vectors.key_to_index[word] for word in wanted if word in vectors),
        np.intp,
    )
