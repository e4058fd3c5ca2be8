"""Frozen words: their input vectors stay as they are while the others learn from them.

A frozen row is read like any other; what it would gain goes nowhere.  Output vectors
are not frozen: they are what the other words are told apart by.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2vfast.vectors.table import KeyTable, MissingKeyError

Word = str | int

_SHOWN = 3  # unknown words that a message names


def checked_words(freeze: Any) -> list[Word]:
    """Return the words to freeze as a list of its own.

    Parameters
    ----------
    freeze : iterable of str, bytes or int

    Raises
    ------
    TypeError
        If it is a single word, or holds anything but words.
    """
    if isinstance(freeze, str | bytes | KeyTable) or not isinstance(freeze, Iterable):
        hint = ""
        if isinstance(freeze, str | bytes):
            hint = f"; for one word write [{freeze!r}]"
        if isinstance(freeze, KeyTable):
            hint = "; its words are in index_to_key"
        message = (
            f"freeze must be a set or list of words, got {type(freeze).__name__}{hint}."
        )
        raise TypeError(message)
    return [_plain(word) for word in freeze]


def _plain(word: Any) -> Word:
    if isinstance(word, bytes):
        return word.decode("utf-8", "surrogateescape")
    if isinstance(word, np.integer):
        return int(word)
    if isinstance(word, str | int):
        return word
    message = f"freeze must hold words (str, bytes or int), got {word!r}."
    raise TypeError(message)


def frozen_rows(
    freeze: Sequence[Word], words: Sequence[Word], hidden: int
) -> NDArray[np.uint8] | None:
    """Mark the rows of frozen words.

    Parameters
    ----------
    freeze : sequence of str or int
    words : sequence of str or int
        The words that can be frozen, in the order of their rows.
    hidden : int
        Rows before the first of them, which belong to no word.

    Returns
    -------
    ndarray of uint8, shape (V,), or None
        1 for a frozen row; None if nothing is frozen.

    Raises
    ------
    ValueError
        If a word is not there; with some that are spelt alike.
    """
    if not freeze:
        return None
    row_of = {word: row for row, word in enumerate(words, hidden)}
    unknown = [word for word in dict.fromkeys(freeze) if word not in row_of]
    if unknown:
        named = ". ".join(
            str(MissingKeyError(word, words)) for word in unknown[:_SHOWN]
        )
        message = (
            f"freeze names {len(unknown)} of {len(freeze)} words that have no vector: "
            f"{named}. Leave them out, or lower min_count."
        )
        raise ValueError(message)
    frozen = np.zeros(hidden + len(words), dtype=np.uint8)
    frozen[[row_of[word] for word in freeze]] = 1
    return frozen
