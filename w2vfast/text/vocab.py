"""The vocabulary: words, their counts and their order.

Row 0 is the sentence end `</s>`.  The words follow in order of descending count;
words of equal count are in order of first occurrence in the corpus.  This is also the
order of the C program's vocabulary file; see `vocab_file`.

Words of a text are `str`, decoded from UTF-8 with `surrogateescape`, so that every
byte sequence can be restored.  Words of an integer corpus are `int`.
"""

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from w2vfast.aliases import Word
from w2vfast.errors import Name, NoWordsError, Setting, SettingsError, shortened
from w2vfast.text.trim_rule import TrimRule, kept_words

AnyWord = TypeVar("AnyWord", str, int, Word)

SENTENCE_END = "</s>"
MAX_COUNT = 2**63 - 1


@dataclass(frozen=True, eq=False)
class Vocab:
    """Words and their counts, by row.  V words of them have a vector.

    Parameters
    ----------
    words : list of str or int, length rows
        Row 0 is `</s>`; after `read_vocab(..., exact=True)` it is the first word of
        the file, whatever that is.
    counts : ndarray of int64, shape (rows,)
        Of each word [occurrences]; counts[0] is the number of sentence ends.
    exact : bool, default False
        Whether row 0 has a vector, as in C, so that V = rows.  In fast mode it only
        ends sentences: V = rows - 1.
    """

    words: list[Word]
    counts: NDArray[np.int64]
    exact: bool = field(default=False, kw_only=True)

    def __len__(self) -> int:
        return len(self.words)

    def __str__(self) -> str:
        n_words, total = len(self.visible_words), self.visible_counts.sum()
        return f"Vocabulary: {n_words:,} words, which occur {total:,} times"

    @cached_property
    def ids(self) -> dict[Word, int]:
        """Row of each word; of equal words, the first row."""
        return first_rows(self.words)

    @property
    def first_word(self) -> int:
        """Row of the first word that has a vector, 0 or 1."""
        return 0 if self.exact else 1

    @property
    def visible_words(self) -> list[Word]:
        """The V words that have a vector, in the order of the vectors."""
        return self.words[self.first_word :]

    @property
    def visible_counts(self) -> NDArray[np.int64]:
        """Occurrences of the `visible_words` [occurrences]."""
        return self.counts[self.first_word :]

    @property
    def train_words(self) -> int:
        """Sum of all counts, including row 0 [occurrences]."""
        return int(self.counts.sum())


def first_rows(words: Sequence[AnyWord]) -> dict[AnyWord, int]:
    """Return the row of each word; of equal words, the first row.

    Every look-up of a word by name uses this rule.
    """
    rows = dict(zip(words, range(len(words)), strict=True))  # in the order of the rows
    if len(rows) < len(words):
        # In reverse order, so that the first row overwrites the others.
        for row in range(len(words) - 1, -1, -1):
            rows[words[row]] = row
    return rows


def select_words(
    counts: NDArray[np.int64],
    first_seen: NDArray[np.int64] | None = None,
    *,
    min_count: int,
    max_final_vocab: int | None = None,
    is_kept: NDArray[np.bool_] | None = None,
) -> NDArray[np.int64]:
    """Choose the words of a vocabulary and sort them.

    Parameters
    ----------
    counts : ndarray of int64, shape (rows,)
        Occurrences of each word [occurrences]; row 0 is the sentence end, never chosen.
    first_seen : ndarray of int64, shape (rows,), optional
        Any number that increases with the position of a word's first occurrence in
        the corpus; the word's row by default.
    min_count : int
        Minimum count of a word [occurrences].
    max_final_vocab : int, optional
        Choose only this many words, the most frequent ones.
    is_kept : ndarray of bool, shape (rows,), optional
        Which words to choose, instead of those with `min_count` occurrences.

    Returns
    -------
    ndarray of int64
        Rows of the chosen words by descending count, ties by first occurrence.
    """
    kept = np.flatnonzero(counts >= min_count if is_kept is None else is_kept)
    kept = kept[kept > 0]
    if first_seen is not None:
        kept = kept[np.argsort(first_seen[kept], kind="stable")]
    kept = kept[np.argsort(-counts[kept], kind="stable")]
    return kept if max_final_vocab is None else kept[:max_final_vocab]


def no_word_error(
    word: Word, count: int, min_count: int, by_rule: bool = False
) -> ValueError:
    """Return the error for a corpus in which no word stays.

    Parameters
    ----------
    word, count
        The most frequent word.
    min_count : int
    by_rule : bool, default False
        A `trim_rule` decided, not `min_count` alone.
    """
    if by_rule:
        text = (
            f"trim_rule keeps no word, not even {shortened(word)}, which occurs "
            f"{count} times. Its answers are 2 (keep), 1 (discard) and 0 (min_count "
            "decides)."
        )
        return NoWordsError(text)
    message = (
        *("No word occurs at least ", Setting("min_count", min_count), " times "),
        f"(most frequent: {shortened(word)}, {count}). Lower ",
        *(Name("min_count"), ", or give more text."),
    )
    return NoWordsError(message)


def check_trainable(vocab: Vocab, min_count: int) -> None:
    """Raise ValueError if there is only one word, so nothing can be predicted."""
    if len(vocab.visible_words) < 2:
        lower = ("Lower ", Setting("min_count", min_count), ", or give")
        message = (
            f"the vocabulary has only one word, {shortened(vocab.words[-1])}: there is "
            "nothing to predict. ",
            *(lower if min_count > 1 else ("Give",)),
            " more text.",
        )
        raise SettingsError(message)


def vocab_from_counts(
    word_freq: Mapping[Any, int],
    *,
    min_count: int = 1,
    max_final_vocab: int | None = None,
    exact: bool = False,
    trim_rule: TrimRule | None = None,
) -> Vocab:
    """Make a vocabulary from known word counts.

    Parameters
    ----------
    word_freq : mapping of str, bytes or int to int
        Counts of words [occurrences]; words of equal count keep their order.  The count
        of `</s>` is the number of sentence ends.
    min_count : int, default 1
        Minimum count of a word [occurrences].
    max_final_vocab : int, optional
        Keep only this many words, the most frequent ones.
    exact : bool, default False
        See `Vocab`.
    trim_rule : callable, optional
        See `w2vfast.text.trim_rule.kept_words`.

    Raises
    ------
    TypeError
        If a count is not an integer, or a word is not a str, bytes or int, or integer
        words are mixed with others.
    ValueError
        If a count is negative, or no word reaches `min_count`.
    """
    total = checked_counts(word_freq)
    words, counts = list(total), list(total.values())
    is_kept = kept_words(
        trim_rule,
        np.ones(len(words), np.bool_),
        lambda rows: [words[row] for row in rows],
        np.array(counts, np.int64),
        min_count,
    )
    return sorted_vocab(words, counts, min_count, max_final_vocab, exact, is_kept)


def checked_counts(word_freq: Mapping[Any, int]) -> dict[Word, int]:
    """Return words as str or int and counts as int, `</s>` first.

    Raises
    ------
    TypeError, ValueError
        See `vocab_from_counts`.
    """
    total: dict[Word, int] = {SENTENCE_END: 0}
    if not isinstance(word_freq, Mapping):
        message = (
            f"word_freq must map words to counts, such as {{'cat': 3}}, got "
            f"{type(word_freq).__name__}."
        )
        raise TypeError(message)
    for key, given in word_freq.items():
        word = _checked_word(key)
        total[word] = total.get(word, 0) + _checked_count(word, given)
    if len({type(word) for word in list(total)[1:]}) > 1:
        message = (
            "word_freq mixes integer words with str or bytes words; give words of one "
            "kind"
        )
        raise TypeError(message)
    return total


def _checked_word(key: Any) -> Word:
    if isinstance(key, bytes):
        return key.decode("utf-8", "surrogateescape")
    if isinstance(key, str):
        return str(key)
    if not isinstance(key, (bool, np.bool_)):
        try:
            return operator.index(key)
        except TypeError:
            pass
    message = (
        f"a word must be a str, bytes or int, as in {{'the': 12, 'cat': 7}}, got "
        f"{shortened(key)}"
    )
    raise TypeError(message)


def _checked_count(word: Word, given: int) -> int:
    try:
        count = operator.index(given)
    except TypeError:
        message = f"the count of {shortened(word)} must be an integer, got {given!r}"
        raise TypeError(message) from None
    if not 0 <= count <= MAX_COUNT:
        message = (
            f"the count of {shortened(word)} must be in 0 to 2**63 - 1, got {count}"
        )
        raise ValueError(message)
    return count


def sorted_vocab(
    words: list[Word],
    counts: list[int],
    min_count: int,
    max_final_vocab: int | None,
    exact: bool,
    is_kept: NDArray[np.bool_] | None = None,
) -> Vocab:
    """Return a vocabulary of the chosen words in order; row 0 stays as it is.

    Raises
    ------
    ValueError
        If no word reaches `min_count`, or the counts add up to more than 2**63 - 1.
    """
    if sum(counts) > MAX_COUNT:
        message = f"The counts must add up to at most {MAX_COUNT}, got {sum(counts)}."
        raise ValueError(message)
    array = np.array(counts, dtype=np.int64)
    rows = select_words(
        array, min_count=min_count, max_final_vocab=max_final_vocab, is_kept=is_kept
    )
    if rows.size == 0:
        if len(words) < 2:
            message = (
                "No words: only the sentence end was given. Give words and counts."
            )
            raise NoWordsError(message)
        most = 1 + int(np.argmax(array[1:]))
        by_rule = is_kept is not None
        raise no_word_error(words[most], counts[most], min_count, by_rule)
    rows = np.concatenate([[0], rows])
    chosen = [words[row] for row in rows]
    return Vocab(chosen, array[rows], exact=exact)
