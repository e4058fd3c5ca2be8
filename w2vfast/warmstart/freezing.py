"""Frozen words: training does not change their input vectors.

A frozen row is read like any other, so the other words learn from it; its updates are
discarded.  Output vectors are not frozen: the other words need them to be told apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from w2vfast.aliases import Word
from w2vfast.errors import Name, SettingsError, shortened
from w2vfast.text.vocab import first_rows
from w2vfast.vectors.missing_key import missing_sentences
from w2vfast.vectors.table import KeyTable

if TYPE_CHECKING:
    from w2vfast.text.vocab import Vocab


def checked_words(freeze: Any) -> list[Word]:
    """Return the words to freeze as a new list.

    Parameters
    ----------
    freeze : iterable of str, bytes or int

    Raises
    ------
    TypeError
        If it is a single word or vectors, or holds anything but words.
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
    message = f"freeze must hold words (str, bytes or int), got {shortened(word)}."
    raise TypeError(message)


def frozen_rows(freeze: Sequence[Word], vocab: Vocab) -> NDArray[np.uint8] | None:
    """Mark the rows of frozen words.

    Parameters
    ----------
    freeze : sequence of str or int
    vocab : Vocab
        Its visible words can be frozen.

    Returns
    -------
    ndarray of uint8, shape (rows of the vocabulary,), or None
        1 for a frozen row; None if nothing is frozen.

    Raises
    ------
    ValueError
        If a word is unknown; the message names some words of similar spelling.
    """
    if not freeze:
        return None
    words = vocab.visible_words
    row_of = first_rows(words)
    unknown = [word for word in dict.fromkeys(freeze) if word not in row_of]
    if unknown:
        message = (
            Name("freeze"),
            f" names {len(unknown)} of {len(freeze)} words that have no vector: "
            f"{missing_sentences(unknown, words)} Leave them out, or lower ",
            Name("min_count"),
            ".",
        )
        raise SettingsError(message)
    frozen = np.zeros(len(vocab), dtype=np.uint8)
    frozen[[vocab.first_word + row_of[word] for word in freeze]] = 1
    return frozen
