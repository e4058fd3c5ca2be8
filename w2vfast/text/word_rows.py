"""Choose the words of the vocabulary and give each counted word its row."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from w2vfast import _text
from w2vfast.aliases import Word
from w2vfast.text.idstore import Ids
from w2vfast.text.merging import MergedWords
from w2vfast.text.trim_rule import TrimRule, kept_words
from w2vfast.text.vocab import (
    SENTENCE_END,
    Vocab,
    first_rows,
    no_word_error,
    select_words,
)
from w2vfast.text.vocab_growth import (
    check_same_kind,
    grow_vocab,
    no_growth_error,
    select_new_words,
)


class RowRules(NamedTuple):
    """Which words get a row; the options of `encode` with these names.

    Attributes
    ----------
    source_name : str
    if_empty : str
        What an empty source may be, for the message.
    """

    source_name: str
    if_empty: str
    min_count: int
    max_final_vocab: int | None
    exact: bool
    vocab: Vocab | None
    grow: bool
    trim_rule: TrimRule | None = None


def assign_rows(words: MergedWords, rules: RowRules) -> tuple[Vocab, Ids]:
    """Return the vocabulary and the row of each id of `words`.

    Returns
    -------
    vocab : Vocab
        New, grown or as given.  In a new or grown one, counts[0] does not yet include
        the sentence ends of the corpus.
    rows : ndarray of int32, shape (next_id,)
        `_text.UNKNOWN` for words without a row.
    """
    if rules.vocab is None:
        return _new_vocab(words, rules)
    rows = _known_rows(words, rules.vocab)
    if rules.grow:
        return _grown_vocab(words, rows, rules.vocab, rules)
    _check_any_known(words, rows, rules.vocab, rules.source_name)
    return rules.vocab, rows


def _new_vocab(words: MergedWords, rules: RowRules) -> tuple[Vocab, Ids]:
    counts = words.counter.counts()
    ids = select_words(
        counts,
        words.first_seen,
        min_count=max(1, rules.min_count),
        max_final_vocab=rules.max_final_vocab,
        is_kept=_kept(words, counts > 0, rules),
    )
    if ids.size == 0:
        by_rule = rules.trim_rule is not None
        raise no_word_error(*words.most_frequent(), rules.min_count, by_rule)
    rows = np.full(counts.size, _text.UNKNOWN, dtype=np.int32)
    rows[_text.EOS] = 0
    rows[ids] = np.arange(1, ids.size + 1, dtype=np.int32)
    names: list[Word] = [SENTENCE_END, *words.counter.words(ids)]
    kept_counts = np.concatenate([[0], counts[ids]])
    return Vocab(names, kept_counts, exact=rules.exact), rows


def _grown_vocab(
    words: MergedWords, rows: Ids, vocab: Vocab, rules: RowRules
) -> tuple[Vocab, Ids]:
    # `rows` are those of `vocab`; the new words are added to them, in place.
    check_same_kind(vocab, words.counter.holds_integers)
    counts = words.counter.counts()
    is_known = rows != _text.UNKNOWN
    ids = select_new_words(
        counts,
        is_known,
        words.first_seen,
        n_known=len(vocab) - 1,
        min_count=rules.min_count,
        max_final_vocab=rules.max_final_vocab,
        is_kept=_kept(words, (counts > 0) & ~is_known, rules),
    )
    is_known[_text.EOS] = False
    if ids.size == 0 and not is_known.any():
        raise no_growth_error(*words.most_frequent(), rules.min_count)
    added_counts = np.zeros(len(vocab), dtype=np.int64)
    added_counts[rows[is_known]] = counts[is_known]
    new_words = list(words.counter.words(ids))
    grown = grow_vocab(vocab, added_counts, new_words, counts[ids])
    rows[ids] = np.arange(len(vocab), len(grown), dtype=np.int32)
    has_row = rows != _text.UNKNOWN
    rows[has_row] = grown.rows[rows[has_row]]
    return grown, rows


def _kept(
    words: MergedWords, is_asked: NDArray[np.bool_], rules: RowRules
) -> NDArray[np.bool_] | None:
    """Return which words the user's rule keeps, of those that it is asked about."""
    counts, words_of = words.counter.counts(), words.counter.words
    return kept_words(rules.trim_rule, is_asked, words_of, counts, rules.min_count)


def _known_rows(words: MergedWords, vocab: Vocab) -> Ids:
    """Return the row in `vocab` of each id, `_text.UNKNOWN` if it has none."""
    known = _text.WordCounter()
    # By id of `known`; the last element is what UNKNOWN, as an index, selects.
    row_of = np.full(len(vocab) + 2, _text.UNKNOWN, dtype=np.int32)
    for word, row in first_rows(vocab.words).items():
        is_end = row == 0 and word == SENTENCE_END
        row_of[_text.EOS if is_end else known.add(word)] = row
    rows: Ids = row_of[known.match(words.counter)]
    return rows


def _check_any_known(words: MergedWords, rows: Ids, vocab: Vocab, name: str) -> None:
    if (rows[1:] == _text.UNKNOWN).all():
        kind = "integers" if words.counter.holds_integers else "text"
        message = (
            f"no word of {name} ({kind}) is in the vocabulary, whose most frequent "
            f"words are {vocab.words[1:4]!r}. Give a corpus that shares words with "
            "the vocabulary, or build a new vocabulary from it."
        )
        raise ValueError(message)
