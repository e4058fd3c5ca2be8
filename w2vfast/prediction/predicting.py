"""Predict the words that a context makes most probable."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from w2vfast.errors import optional_number, shown, warn
from w2vfast.vectors.neighbours import largest

if TYPE_CHECKING:
    from w2vfast.aliases import Key
    from w2vfast.prediction.probabilities import Softmax, TreeSoftmax
    from w2vfast.vectors.table import KeyTable


def predict_words(
    layer: Softmax | TreeSoftmax,
    inputs: KeyTable,
    context: Iterable[Key],
    topn: int | None,
    *,
    cbow_mean: bool,
) -> list[tuple[Key, float]] | None:
    """Return the most probable words of a context.

    Parameters
    ----------
    layer : Softmax or TreeSoftmax
    inputs : KeyTable
        Input vectors by word.
    context : iterable of str or int
        Words, or rows of `inputs`; see `context_rows`.
    topn : int or None
        Words that are returned; None: all.
    cbow_mean : bool
        The hidden vector is the mean of the context's vectors; False: their sum.

    Returns
    -------
    list of (str or int, float), or None
        Words and probabilities, the largest first, of equal ones in the order of
        `inputs`.  None, with a warning, if no word of the context is known.

    Raises
    ------
    TypeError
        If the context is a single string.

    Notes
    -----
    O(V D) time.
    """
    topn = optional_number("topn", topn, "all words")
    rows = context_rows(context, inputs)
    if not rows:
        message = "no word of the context is in the vocabulary, so nothing is predicted"
        warn(message)
        return None
    hidden = np.asarray(inputs.vectors)[rows].sum(axis=0, dtype=np.float64)
    if cbow_mean:
        hidden /= len(rows)
    found = layer.log_probabilities(hidden)
    best = largest(found, len(found) if topn is None else topn, finite=False)
    keys = [inputs.index_to_key[row] for row in best]
    return list(zip(keys, np.exp(found[best]).tolist(), strict=True))


def context_rows(context: Iterable[Key], inputs: KeyTable) -> list[int]:
    """Return the rows of the words of a context.

    Parameters
    ----------
    context : iterable of str, bytes or int
        Words; or rows, where the words are not integers themselves.  Unknown ones are
        ignored; repeated ones are repeated in the result.
    inputs : KeyTable

    Raises
    ------
    TypeError
        If it is a single string, or not iterable.
    """
    if isinstance(context, (str, bytes)) or not isinstance(context, Iterable):
        example = "word" if context is None else context
        message = (
            f"context_words_list must be a list of words, got {shown(context)}. "
            f"For one word write [{example!r}]."
        )
        raise TypeError(message)
    row_of = inputs.key_to_index
    # In a vocabulary of integers an unknown integer must not be taken for a row.
    words_are_integers = isinstance(inputs.index_to_key[-1], int)
    valid_rows = range(0 if words_are_integers else len(row_of))
    rows = []
    for word in context:
        if isinstance(word, bytes):  # decoded as the words of a text are
            word = word.decode("utf-8", "surrogateescape")
        is_integer = isinstance(word, int | np.integer) and type(word) is not bool
        is_row = is_integer and word in valid_rows
        rows.append(int(word) if is_row else row_of.get(word, -1))
    return [row for row in rows if row >= 0]
