"""Growth: add the words and counts of another text to a vocabulary.

The counts of known words increase by their occurrences in the text, and new words that
occur often enough are added.  No word is removed.  The result is sorted again, the
most frequent word first, because every user of a vocabulary relies on that order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2vfast.aliases import Word
from w2vfast.errors import shortened
from w2vfast.text.trim_rule import TrimRule, kept_words
from w2vfast.text.vocab import (
    MAX_COUNT,
    SENTENCE_END,
    Vocab,
    checked_counts,
    select_words,
)


@dataclass(frozen=True, eq=False)
class GrownVocab(Vocab):
    """A vocabulary after growth.

    Parameters
    ----------
    words, counts
        See `Vocab`.
    origins : ndarray of int64, shape (rows,)
        Row of each word before growth.  New words continue the numbering in the order
        in which they were given, so `origins` is a permutation.
    """

    origins: NDArray[np.int64] = field(kw_only=True)

    @property
    def rows(self) -> NDArray[np.int64]:
        """New row of each row before growth: the inverse of `origins`, same shape."""
        rows = np.empty_like(self.origins)
        rows[self.origins] = np.arange(len(rows))
        return rows


def grow_vocab(
    vocab: Vocab,
    added_counts: NDArray[np.int64],
    new_words: list[Word],
    new_counts: NDArray[np.int64],
) -> GrownVocab:
    """Add counts and words to a vocabulary.

    Parameters
    ----------
    vocab : Vocab
        Not changed.
    added_counts : ndarray of int64, shape (rows,)
        Further occurrences of each word; in row 0, further sentence ends.
    new_words : list of str or int, length n
        Words that are not in `vocab`, each once.
    new_counts : ndarray of int64, shape (n,)
        Occurrences of the new words.

    Returns
    -------
    GrownVocab
        rows + n words by descending count.  Of words of equal count, known words are
        first and keep their order.

    Raises
    ------
    ValueError
        If the counts add up to more than 2**63 - 1.
    """
    total = sum(
        int(counts.sum()) for counts in (vocab.counts, added_counts, new_counts)
    )
    if total > MAX_COUNT:
        message = f"The counts must add up to at most {MAX_COUNT}, got {total}."
        raise ValueError(message)
    words = [*vocab.words, *new_words]
    counts = np.concatenate([vocab.counts + added_counts, new_counts])
    by_count = 1 + np.argsort(-counts[1:], kind="stable")
    origins = np.concatenate([[0], by_count]).astype(np.int64)
    return GrownVocab(
        [words[row] for row in origins.tolist()],
        counts[origins],
        exact=vocab.exact,
        origins=origins,
    )


def select_new_words(
    counts: NDArray[np.int64],
    is_known: NDArray[np.bool_],
    first_seen: NDArray[np.int64] | None = None,
    *,
    n_known: int,
    min_count: int,
    max_final_vocab: int | None = None,
    is_kept: NDArray[np.bool_] | None = None,
) -> NDArray[np.int64]:
    """Choose which words of a text are added to a vocabulary.

    Parameters
    ----------
    counts : ndarray of int64, shape (n,)
        Occurrences in the text; row 0 is the sentence end, never chosen.
    is_known : ndarray of bool, shape (n,)
        Whether the vocabulary has the word.
    first_seen : ndarray of int64, shape (n,), optional
        See `vocab.select_words`.
    n_known : int
        Words of the vocabulary, without the sentence end.
    min_count : int
        Minimum count of a new word in this text [occurrences].  Counts in earlier texts
        are not known, so they do not contribute.
    max_final_vocab : int, optional
        Maximum number of words after growth.  Known words are never removed, even if
        there are more of them.
    is_kept : ndarray of bool, shape (n,), optional
        Which words to choose, none of them known, instead of those with `min_count`
        occurrences.

    Returns
    -------
    ndarray of int64
        Rows of the chosen words, the most frequent first.
    """
    max_new = None if max_final_vocab is None else max(0, max_final_vocab - n_known)
    return select_words(
        np.where(is_known, 0, counts),
        first_seen,
        min_count=max(1, min_count),
        max_final_vocab=max_new,
        is_kept=is_kept,
    )


def grow_from_counts(
    vocab: Vocab,
    word_freq: Mapping[Any, int],
    *,
    min_count: int,
    max_final_vocab: int | None = None,
    trim_rule: TrimRule | None = None,
) -> GrownVocab:
    """Grow a vocabulary by known word counts.

    Parameters
    ----------
    vocab : Vocab
    word_freq : mapping of str, bytes or int to int
        Counts of known and new words [occurrences]; the count of `</s>` is the number
        of sentence ends.
    min_count, max_final_vocab
        See `select_new_words`.
    trim_rule : callable, optional
        See `w2vfast.text.trim_rule.kept_words`.

    Raises
    ------
    TypeError, ValueError
        See `vocab.vocab_from_counts`; also if nothing would change.
    """
    total = checked_counts(word_freq)
    words, counts = list(total), np.array(list(total.values()), dtype=np.int64)
    rows = np.array([vocab.ids.get(word, -1) for word in words], dtype=np.int64)
    rows[0] = 0
    check_same_kind(vocab, len(words) > 1 and isinstance(words[1], int))
    is_known = rows >= 0
    new = select_new_words(
        counts,
        is_known,
        n_known=len(vocab) - 1,
        min_count=min_count,
        max_final_vocab=max_final_vocab,
        is_kept=kept_words(
            trim_rule,
            ~is_known,
            lambda rows: [words[row] for row in rows],
            counts,
            min_count,
        ),
    )
    if not new.size and not counts[is_known].any():
        most = int(np.argmax(counts))
        raise no_growth_error(words[most], int(counts[most]), min_count)
    added_counts = np.zeros(len(vocab), dtype=np.int64)
    added_counts[rows[is_known]] = counts[is_known]
    return grow_vocab(vocab, added_counts, [words[k] for k in new], counts[new])


def no_growth_error(word: Word, count: int, min_count: int) -> ValueError:
    """Return the error for a text without known words or words to add."""
    return ValueError(
        f"no word of the text is in the vocabulary, and none can be added: the most "
        f"frequent word is {shortened(word)}, which occurs {count} times, and "
        f"min_count={min_count}. Lower min_count, raise max_final_vocab if it is set, "
        f"or give more text."
    )


def check_growable(vocab: Vocab) -> None:
    """Raise ValueError if row 0 is a word, as a file read in exact mode allows."""
    if vocab.words[0] != SENTENCE_END:
        message = (
            f"a vocabulary whose first word is {vocab.words[0]!r} cannot grow: its "
            f"first word must be {SENTENCE_END}, the sentence end. Put {SENTENCE_END} "
            f"first in the vocabulary file."
        )
        raise ValueError(message)


def check_same_kind(vocab: Vocab, has_integers: bool) -> None:
    """Raise TypeError if integers would be added to text words, or vice versa."""
    if isinstance(vocab.words[1], int) != has_integers:
        kinds = ("text", "integers") if has_integers else ("integers", "text")
        message = (
            f"the vocabulary holds {kinds[0]} ({vocab.words[1]!r}), so {kinds[1]} "
            f"cannot be added. Give words of the same kind."
        )
        raise TypeError(message)
