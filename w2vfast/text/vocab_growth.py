"""Growth: a vocabulary takes in the words of another text.

Words that are known gain their occurrences in the text, and words that occur often
enough in it come in; none goes.  The whole is put in order again, the most frequent
first, as all that is built on a vocabulary expects.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2vfast.text.vocab import (
    MAX_COUNT,
    SENTENCE_END,
    Vocab,
    Word,
    checked_counts,
    select_words,
)


@dataclass(frozen=True, eq=False)
class GrownVocab(Vocab):
    """A vocabulary after growth.

    Parameters
    ----------
    words, counts
        As of `Vocab`.
    origins : ndarray of int64, shape (V,)
        Row of each word before; the words that are new are numbered on from there,
        in the order in which they were given.  So `origins` is a permutation.
    """

    origins: NDArray[np.int64] = field(kw_only=True)

    @property
    def rows(self) -> NDArray[np.int64]:
        """Row of what had each number before: the inverse of `origins`, shape (V,)."""
        rows = np.empty_like(self.origins)
        rows[self.origins] = np.arange(len(rows))
        return rows


def grow_vocab(
    vocab: Vocab,
    more: NDArray[np.int64],
    new_words: list[Word],
    new_counts: NDArray[np.int64],
) -> GrownVocab:
    """Add counts and words to a vocabulary.

    Parameters
    ----------
    vocab : Vocab
        V words; stays as it is.
    more : ndarray of int64, shape (V,)
        Further occurrences of each word; of row 0, sentence ends.
    new_words : list of str or int, length n
        Words that `vocab` does not have, each once.
    new_counts : ndarray of int64, shape (n,)
        Their occurrences.

    Returns
    -------
    GrownVocab
        V + n words by falling count; of equal counts, known words first, and in the
        order that they had.

    Raises
    ------
    ValueError
        If the counts add up to more than 64 bits hold.
    """
    total = sum(int(counts.sum()) for counts in (vocab.counts, more, new_counts))
    if total > MAX_COUNT:
        message = f"The counts must add up to at most {MAX_COUNT}, got {total}."
        raise ValueError(message)
    words = [*vocab.words, *new_words]
    counts = np.concatenate([vocab.counts + more, new_counts])
    by_count = 1 + np.argsort(-counts[1:], kind="stable")
    origins = np.concatenate([[0], by_count]).astype(np.int64)
    return GrownVocab(
        [words[row] for row in origins.tolist()],
        counts[origins],
        first_word=vocab.first_word,
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
) -> NDArray[np.int64]:
    """Choose which of a text's words come in.

    Parameters
    ----------
    counts : ndarray of int64, shape (n,)
        Occurrences in the text; row 0 is the sentence end, never chosen.
    is_known : ndarray of bool, shape (n,)
        Whether the vocabulary has the word.
    first_seen : ndarray of int64, shape (n,), optional
        As for `vocab.select_words`.
    n_known : int
        Words of the vocabulary, without the sentence end.
    min_count : int
        The count that a new word needs in this text [words].  What an earlier text
        left out was not remembered, so it counts for nothing.
    max_final_vocab : int, optional
        At most so many words, known ones included; these stay in any case.

    Returns
    -------
    ndarray of int64
        Rows of the chosen words, the most frequent first.
    """
    room = None if max_final_vocab is None else max(0, max_final_vocab - n_known)
    return select_words(
        np.where(is_known, 0, counts),
        first_seen,
        min_count=max(1, min_count),
        max_final_vocab=room,
    )


def grow_from_counts(
    vocab: Vocab,
    word_freq: Mapping[Any, int],
    *,
    min_count: int,
    max_final_vocab: int | None = None,
) -> GrownVocab:
    """Grow a vocabulary by counts that are known already.

    Parameters
    ----------
    vocab : Vocab
    word_freq : mapping of str, bytes or int to int
        Occurrences of words, known and new [words]; those of `</s>` are sentence ends.
    min_count, max_final_vocab
        As for `select_new_words`.

    Raises
    ------
    TypeError, ValueError
        As by `vocab.vocab_from_counts`; also if nothing would change.
    """
    total = checked_counts(word_freq)
    words, counts = list(total), np.array(list(total.values()), dtype=np.int64)
    rows = np.array([vocab.ids.get(word, -1) for word in words], dtype=np.int64)
    rows[0] = 0
    check_same_kind(vocab, len(words) > 1 and isinstance(words[1], int))
    new = select_new_words(
        counts,
        rows >= 0,
        n_known=len(vocab) - 1,
        min_count=min_count,
        max_final_vocab=max_final_vocab,
    )
    is_known = rows >= 0
    if not new.size and not counts[is_known].any():
        most = int(np.argmax(counts))
        raise nothing_comes_in(words[most], int(counts[most]), min_count)
    more = np.zeros(len(vocab), dtype=np.int64)
    more[rows[is_known]] = counts[is_known]
    return grow_vocab(vocab, more, [words[row] for row in new], counts[new])


def nothing_comes_in(word: Word, count: int, min_count: int) -> ValueError:
    """Return the error for a text whose words are neither known nor come in."""
    return ValueError(
        f"no word of the text is in the vocabulary, and none comes in: the most "
        f"frequent is {word!r}, {count} times, with min_count={min_count}. Lower "
        f"min_count, raise max_final_vocab if there is one, or give more text."
    )


def check_growable(vocab: Vocab) -> None:
    """Raise ValueError if row 0 is a word, as a file read in exact mode can have it."""
    if vocab.words[0] != SENTENCE_END:
        message = (
            f"a vocabulary whose first word is {vocab.words[0]!r}, not {SENTENCE_END}, "
            f"cannot grow: nothing says which row ends a sentence. Put {SENTENCE_END} "
            f"first in the vocabulary file."
        )
        raise ValueError(message)


def check_same_kind(vocab: Vocab, has_integers: bool) -> None:
    """Raise TypeError if integers would come among text words, or the other way."""
    if isinstance(vocab.words[1], int) != has_integers:
        kinds = ("text", "integers") if has_integers else ("integers", "text")
        message = (
            f"the vocabulary holds {kinds[0]} ({vocab.words[1]!r}), and {kinds[1]} "
            f"cannot come in. Give words of the same kind."
        )
        raise TypeError(message)
