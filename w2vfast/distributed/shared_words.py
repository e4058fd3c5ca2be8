"""Add up what the ranks have counted: the same vocabulary on all of them.

Each word belongs to one rank, by a checksum of the word.  A rank sends its words and
counts to the ranks that they belong to; these add the counts, leave out rare words, and
send the rest to everybody.  So no rank ever holds all words of the text, and the result
is the same for any number of ranks.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from w2vfast.aliases import Word
from w2vfast.distributed.ranks import Ranks, totals
from w2vfast.text.merging import BlockPlaces, MergedWords
from w2vfast.text.trim_rule import kept_words
from w2vfast.text.vocab import SENTENCE_END, Vocab, no_word_error, select_words
from w2vfast.text.word_rows import RowRules


class WordList(NamedTuple):
    """Words with their counts and first occurrences.

    Attributes
    ----------
    words : list of str or of int, length n
    counts : ndarray of int64, shape (n,)
        Occurrences of each word [occurrences].
    first_seen : ndarray of int64, shape (n, 2)
        Two numbers that order the first occurrences, the first before the second.
    """

    words: list[Word]
    counts: NDArray[np.int64]
    first_seen: NDArray[np.int64]

    def take(self, rows: NDArray[np.int64]) -> WordList:
        """Return some of the words."""
        words = [self.words[row] for row in rows.tolist()]
        return WordList(words, self.counts[rows], self.first_seen[rows])


class SharedWords:
    """The words of all ranks.

    Parameters
    ----------
    ranks : Ranks
    places : list of int
        From `file_parts.share_of`.
    """

    def __init__(self, ranks: Ranks, places: Sequence[int]) -> None:
        self._ranks = ranks
        # What is no file is this rank's own, after what the ranks before it have.
        self._places = np.array(places or [ranks.index], dtype=np.int64)

    def vocabulary(
        self, words: MergedWords, places: BlockPlaces, rules: RowRules
    ) -> Vocab:
        """Return the vocabulary of the texts of all ranks, without sentence ends.

        Parameters
        ----------
        words : MergedWords
            Of this rank.
        places : BlockPlaces
            The file of each block of this rank.
        rules : RowRules

        Raises
        ------
        ValueError
            If no word is frequent enough, or some ranks give integers, others words.
        """
        self._ranks.meet("the vocabulary")
        self._check_kinds(words.counter.holds_integers)
        own = self._own(self._counted(words, places))
        kept = own.take(_kept(own, rules))
        self._ranks.meet("the words that stay")  # a user's rule may fail on one rank
        found = joined(map(unpacked, self._ranks.gather(packed(kept))))
        if not found.words:
            raise self._no_word(own, rules)
        order = np.lexsort((*found.first_seen.T[::-1], -found.counts))
        found = found.take(order[: rules.max_final_vocab])
        counts = np.concatenate([[0], found.counts])
        return Vocab([SENTENCE_END, *found.words], counts)

    def totals(self, *numbers: int) -> list[int]:
        """Return the sum over all ranks of each number."""
        self._ranks.meet("the size of the text")
        return totals(self._ranks, *numbers)

    def parts_of(self, file_ends: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return place and length of this rank's parts; see `EncodedCorpus.parts`.

        Parameters
        ----------
        file_ends : ndarray of int64, shape (P,)
            Where the ids of each file end.  A tokenizer of the user's reads all files
            as one.
        """
        is_by_file = len(file_ends) == len(self._places)
        places = self._places if is_by_file else np.array([self._ranks.index])
        return np.stack([places, np.diff(file_ends, prepend=0)], axis=1)

    def _check_kinds(self, holds_integers: bool) -> None:
        if len(set(self._ranks.gather(bytes([holds_integers])))) > 1:
            message = (
                "some ranks have sentences of integers, others of words. Give all "
                "ranks the same kind of sentences."
            )
            raise ValueError(message)

    def _counted(self, words: MergedWords, places: BlockPlaces) -> WordList:
        """Return the words of this rank, with places in the text of all ranks."""
        counts = words.counter.counts()
        ids = 1 + np.flatnonzero(counts[1:])
        order = words.first_seen[ids]
        first_seen = np.stack([self._places[places.of(order)], order], axis=1)
        return WordList(list(words.counter.words(ids)), counts[ids], first_seen)

    def _own(self, counted: WordList) -> WordList:
        """Exchange words for those that belong to this rank; add up their counts."""
        n = self._ranks.size
        owners = np.array([owner_of(word, n) for word in counted.words], dtype=np.int64)
        messages = [packed(counted.take(np.flatnonzero(owners == k))) for k in range(n)]
        parts = [unpacked(message) for message in self._ranks.exchange(messages)]
        return added_up(joined(parts))

    def _no_word(self, own: WordList, rules: RowRules) -> ValueError:
        best = own.take(np.argsort(-own.counts, kind="stable")[:1])
        found = joined(map(unpacked, self._ranks.gather(packed(best))))
        top = int(np.argmax(found.counts))
        by_rule = rules.trim_rule is not None
        return no_word_error(
            found.words[top], int(found.counts[top]), rules.min_count, by_rule
        )


def owner_of(word: Word, n_ranks: int) -> int:
    """Return the rank that a word belongs to."""
    return zlib.crc32(_bytes_of(word)) % n_ranks


def _kept(own: WordList, rules: RowRules) -> NDArray[np.int64]:
    """Return which words `min_count` or the user's rule keeps, in any order."""
    counts = np.concatenate([[0], own.counts])  # row 0 is the sentence end
    is_kept = kept_words(
        rules.trim_rule,
        np.ones(counts.size, dtype=np.bool_),
        lambda rows: [own.words[row - 1] for row in rows.tolist()],
        counts,
        rules.min_count,
    )
    least = max(1, rules.min_count)
    return select_words(counts, min_count=least, is_kept=is_kept) - 1


def added_up(listed: WordList) -> WordList:
    """Return each word once, with the sum of its counts and its earliest occurrence."""
    rows: dict[Word, int] = {}
    row_of = np.array(
        [rows.setdefault(word, len(rows)) for word in listed.words], dtype=np.int64
    )
    counts = np.zeros(len(rows), dtype=np.int64)
    np.add.at(counts, row_of, listed.counts)
    order = np.lexsort(listed.first_seen.T[::-1])[::-1]  # the earliest is written last
    first_seen = np.zeros((len(rows), 2), dtype=np.int64)
    first_seen[row_of[order]] = listed.first_seen[order]
    return WordList(list(rows), counts, first_seen)


def joined(parts: Iterable[WordList]) -> WordList:
    """Return the words of several lists as one."""
    lists = [part for part in parts if part.words]
    if not lists:
        return WordList([], np.zeros(0, np.int64), np.zeros((0, 2), np.int64))
    words = [word for part in lists for word in part.words]
    return WordList(
        words,
        np.concatenate([part.counts for part in lists]),
        np.concatenate([part.first_seen for part in lists]),
    )


def packed(listed: WordList) -> bytes:
    """Return a list as bytes, which `unpacked` reads."""
    names = [_bytes_of(word) for word in listed.words]
    is_integer = bool(listed.words) and isinstance(listed.words[0], int)
    head = np.array([len(names), is_integer], dtype=np.int64)
    lengths = np.array([len(name) for name in names], dtype=np.int64)
    arrays = (head, lengths, listed.counts, listed.first_seen)
    return b"".join([*(array.tobytes() for array in arrays), *names])


def unpacked(message: bytes) -> WordList:
    """Return the list that `packed` made bytes of."""
    n, is_integer = np.frombuffer(message, np.int64, 2).tolist()
    numbers = np.frombuffer(message, np.int64, 4 * n, offset=16)
    lengths, counts, first_seen = np.split(numbers, [n, 2 * n])
    ends = np.cumsum(lengths) + 16 + 32 * n
    spans = zip((ends - lengths).tolist(), ends.tolist(), strict=True)
    names = [message[start:end] for start, end in spans]
    words: list[Word] = [
        int(name) if is_integer else name.decode("utf-8", "surrogateescape")
        for name in names
    ]
    return WordList(words, counts, first_seen.reshape(n, 2))


def _bytes_of(word: Word) -> bytes:
    return str(word).encode("utf-8", "surrogateescape")
