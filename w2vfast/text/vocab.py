"""The vocabulary: words, their counts and their order, and C's vocabulary file.

Row 0 is the sentence end `</s>`; the words follow by falling count, those of equal
count in the order in which the corpus first has them.  This is the order of the C
program's vocabulary file, which `Vocab.write` and `read_vocab` write and read.

A word of a text is the `str` that its bytes make with UTF-8 and `surrogateescape`,
so every byte sequence comes back as it was; a word of an integer corpus is an `int`.
"""

import operator
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, BinaryIO, TypeVar

import numpy as np
from numpy.typing import NDArray

Word = str | int
AnyWord = TypeVar("AnyWord", str, int, Word)

SENTENCE_END = "</s>"
EXACT_BYTES = 98  # what the C program keeps of a word [bytes]
MAX_COUNT = 2**63 - 1

_LINE = re.compile(rb"([^ \t]*)[ \t]+([0-9]+)[ \t]*")
_EXACT_LINE = re.compile(rb"([^ \t]+)[ \t]+([0-9]+)")
_LINE_FORM = "a word, a space and its count, as in 'the 1061396'"


@dataclass(frozen=True, eq=False)
class Vocab:
    """Words and their counts, by row.

    Parameters
    ----------
    words : list of str or int, length V
        Row 0 is `</s>`; after `read_vocab(..., exact=True)` it is the file's first
        word, whatever it is.
    counts : ndarray of int64, shape (V,)
        Occurrences of each word [words]; counts[0] is the number of sentence ends.
    first_word : {0, 1}, default 1
        Row of the first word that has a vector.  1 in fast mode, where row 0 only
        ends sentences; 0 in exact mode, where row 0 is a word as in C.
    """

    words: list[Word]
    counts: NDArray[np.int64]
    first_word: int = field(default=1, kw_only=True)

    def __len__(self) -> int:
        return len(self.words)

    @cached_property
    def ids(self) -> dict[Word, int]:
        """Row of each word; of equal words the first one's."""
        return first_rows(self.words)

    @property
    def visible_words(self) -> list[Word]:
        """Words that have a vector, in the order of the vectors."""
        return self.words[self.first_word :]

    @property
    def visible_counts(self) -> NDArray[np.int64]:
        """Occurrences of the `visible_words` [words]."""
        return self.counts[self.first_word :]

    @property
    def train_words(self) -> int:
        """Sum of all counts, with that of row 0 [words]."""
        return int(self.counts.sum())

    def write(self, file: BinaryIO) -> None:
        """Write the vocabulary as the C program's `-save-vocab` does.

        Parameters
        ----------
        file : binary file, open for writing

        Raises
        ------
        ValueError
            If a word holds white space, which no reader of the format can undo.
        """
        lines = []
        for word, count in zip(self.words, self.counts.tolist(), strict=True):
            lines.append(b"%b %d\n" % (_file_word(word), count))
        file.write(b"".join(lines))


def first_rows(words: Sequence[AnyWord]) -> dict[AnyWord, int]:
    """Return the row of each word; of equal words the first one's.

    The one place that decides which of several equal words is meant.
    """
    # From the last to the first: the row of the first one overwrites the others.
    return dict(zip(reversed(words), range(len(words) - 1, -1, -1), strict=True))


def _file_word(word: Word) -> bytes:
    if isinstance(word, int):
        return b"%d" % word
    encoded = word.encode("utf-8", "surrogateescape")
    if any(white in encoded for white in b" \t\r\n"):
        message = (
            f"the word {word!r} holds white space, so a vocabulary file that has it "
            "could not be read again. Replace the white space in the corpus's tokens."
        )
        raise ValueError(message)
    return encoded


def select_words(
    counts: NDArray[np.int64],
    first_seen: NDArray[np.int64] | None = None,
    *,
    min_count: int,
    max_final_vocab: int | None = None,
) -> NDArray[np.int64]:
    """Choose the words of a vocabulary and order them.

    Parameters
    ----------
    counts : ndarray of int64, shape (V,)
        Occurrences of each word [words]; row 0 is the sentence end, never chosen.
    first_seen : ndarray of int64, shape (V,), optional
        Any number that grows with a word's first place in the corpus; its row when
        not given.
    min_count : int
        The count that a word needs [words].
    max_final_vocab : int, optional
        At most so many words, the most frequent ones.

    Returns
    -------
    ndarray of int64
        Rows of the chosen words, by falling count, ties by first occurrence.
    """
    kept = np.flatnonzero(counts >= min_count)
    kept = kept[kept > 0]
    if first_seen is not None:
        kept = kept[np.argsort(first_seen[kept], kind="stable")]
    kept = kept[np.argsort(-counts[kept], kind="stable")]
    return kept if max_final_vocab is None else kept[:max_final_vocab]


def no_word_error(word: Word, count: int, min_count: int) -> ValueError:
    """Return the error for a corpus in which no word reaches `min_count`."""
    return ValueError(
        f"No word occurs at least min_count={min_count} times (most frequent: "
        f"{word!r}, {count}). Lower min_count, or give more text."
    )


def check_trainable(vocab: Vocab, min_count: int) -> None:
    """Raise ValueError if there is only one word, which nothing can predict."""
    if len(vocab.visible_words) < 2:
        message = (
            f"the vocabulary has only one word, {vocab.words[-1]!r}: there is nothing "
            f"to predict. Lower min_count={min_count} or give more text."
        )
        raise ValueError(message)


def vocab_from_counts(
    word_freq: Mapping[Any, int],
    *,
    min_count: int = 1,
    max_final_vocab: int | None = None,
    first_word: int = 1,
) -> Vocab:
    """Make a vocabulary from counts that are known already.

    Parameters
    ----------
    word_freq : mapping of str, bytes or int to int
        Occurrences of each word [words], in order of first occurrence for ties.  The
        count of `</s>` is that of sentence ends.
    min_count : int, default 1
        The count that a word needs [words].
    max_final_vocab : int, optional
        At most so many words, the most frequent ones.
    first_word : {0, 1}, default 1
        As of `Vocab`.

    Raises
    ------
    TypeError
        If a count is not an integer, or a word not a str, bytes or int.
    ValueError
        If a count is negative, or no word reaches `min_count`.
    """
    total = checked_counts(word_freq)
    words, counts = list(total), list(total.values())
    return _choose(words, counts, min_count, max_final_vocab, first_word)


def checked_counts(word_freq: Mapping[Any, int]) -> dict[Word, int]:
    """Return words and counts as plain values, `</s>` first.

    Raises
    ------
    TypeError, ValueError
        As `vocab_from_counts` does for words and counts.
    """
    total: dict[Word, int] = {SENTENCE_END: 0}
    if not isinstance(word_freq, Mapping):
        message = (
            f"word_freq must map words to counts, such as {{'cat': 3}}, got "
            f"{type(word_freq).__name__}."
        )
        raise TypeError(message)
    for key, given in word_freq.items():
        word = _known_word(key)
        total[word] = total.get(word, 0) + _known_count(word, given)
    if len({type(word) for word in list(total)[1:]}) > 1:
        message = (
            "the word frequencies mix integer words with str or bytes ones; "
            "give words of one kind"
        )
        raise TypeError(message)
    return total


def _known_word(key: Any) -> Word:
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
        f"a word must be a str, bytes or int, got {key!r}: {{'the': 12, 'cat': 7}}"
    )
    raise TypeError(message)


def _known_count(word: Word, given: int) -> int:
    try:
        count = operator.index(given)
    except TypeError:
        message = f"the count of {word!r} must be an integer, got {given!r}"
        raise TypeError(message) from None
    if not 0 <= count <= MAX_COUNT:
        message = f"the count of {word!r} must be in 0 to 2**63 - 1, got {count}"
        raise ValueError(message)
    return count


def _choose(
    words: list[Word],
    counts: list[int],
    min_count: int,
    max_final_vocab: int | None,
    first_word: int,
) -> Vocab:
    # Row 0 stays; the rest is chosen and ordered.
    if sum(counts) > MAX_COUNT:
        message = f"The counts must add up to at most {MAX_COUNT}, got {sum(counts)}."
        raise ValueError(message)
    array = np.array(counts, dtype=np.int64)
    rows = select_words(array, min_count=min_count, max_final_vocab=max_final_vocab)
    if rows.size == 0:
        if len(words) < 2:
            message = "No words: there is nothing but the sentence end."
            raise ValueError(message)
        most = 1 + int(np.argmax(array[1:]))
        raise no_word_error(words[most], counts[most], min_count)
    rows = np.concatenate([[0], rows])
    chosen = [words[row] for row in rows]
    return Vocab(chosen, array[rows], first_word=first_word)


def read_vocab(
    file: BinaryIO,
    name: str,
    *,
    min_count: int = 1,
    exact: bool = False,
    max_final_vocab: int | None = None,
) -> Vocab:
    """Read a vocabulary file as the C program's `-read-vocab` does.

    Parameters
    ----------
    file : binary file, open for reading
        A line for each word: the word, a space and its count.
    name : str
        The file's name, for messages.
    min_count : int, default 1
        The count that a word needs [words].
    exact : bool, default False
        The first line is row 0, whatever it says; words are cut at 98 bytes and at a
        NUL byte; of equal words the more frequent one counts.  Otherwise `</s>` is
        row 0 wherever the file has it, with count 0 if it does not, and equal words
        are an error.
    max_final_vocab : int, optional
        At most so many words, the most frequent ones.

    Raises
    ------
    ValueError
        If the file is empty or a line is not of that form (with its number), or no
        word reaches `min_count`.

    Notes
    -----
    A file that the C program would silently misread (Windows line ends, blank lines,
    an empty word) is an error in exact mode.

    Source
    ------
    word2vec.c 0.1c, ReadVocab and SortVocab.
    """
    parse = _parse_exact if exact else _parse_fast
    rows = [parse(line, name, number) for number, line in enumerate(file, 1)]
    entries = [row for row in rows if row is not None]
    if not entries:
        message = f"{name}: the vocabulary file is empty; each line is {_LINE_FORM}"
        raise ValueError(message)
    if not exact:
        entries = _sentence_end_first(entries, name)
    words: list[Word] = [word.decode("utf-8", "surrogateescape") for word, _ in entries]
    counts = [count for _, count in entries]
    try:
        return _choose(
            words, counts, min_count, max_final_vocab, first_word=0 if exact else 1
        )
    except ValueError as error:
        message = f"{name}: {error}"
        raise ValueError(message) from None


def _parse_fast(line: bytes, name: str, number: int) -> tuple[bytes, int] | None:
    # No text gives a word with a carriage return, so these are Windows line ends.
    stripped = line.rstrip(b"\n").replace(b"\r", b"")
    match = _LINE.fullmatch(stripped)
    if match:
        return match[1], _file_count(match[2], name, number)
    if not stripped.strip(b" \t"):
        return None
    raise _line_error(stripped, name, number)


def _parse_exact(line: bytes, name: str, number: int) -> tuple[bytes, int]:
    stripped = line.removesuffix(b"\n")
    if stripped.endswith(b"\r"):
        message = (
            f"{name}, line {number}: the line ends with a carriage return, and the C "
            "program would take what follows it for another word. Convert the file to "
            "Unix line ends, or use mode='fast'."
        )
        raise ValueError(message)
    match = _EXACT_LINE.fullmatch(stripped)
    if not match:
        raise _line_error(stripped, name, number)
    word = match[1].replace(b"\r", b"")[:EXACT_BYTES].split(b"\0")[0]
    return word, _file_count(match[2], name, number)


def _line_error(line: bytes, name: str, number: int) -> ValueError:
    shown = line[:60].decode("utf-8", "backslashreplace")
    more = "..." if len(line) > 60 else ""
    return ValueError(
        f"{name}, line {number}: found {shown + more!r}; each line of a vocabulary "
        f"file is {_LINE_FORM}"
    )


def _file_count(digits: bytes, name: str, number: int) -> int:
    if len(digits) > 19 or int(digits) > MAX_COUNT:
        message = (
            f"{name}, line {number}: the count {digits[:40].decode()} is above "
            "2**63 - 1"
        )
        raise ValueError(message)
    return int(digits)


def _sentence_end_first(
    entries: list[tuple[bytes, int]], name: str
) -> list[tuple[bytes, int]]:
    counts: dict[bytes, int] = {}
    for word, count in entries:
        if word in counts:
            shown = word.decode("utf-8", "backslashreplace")
            message = f"{name}: the word {shown!r} is there more than once; remove one"
            raise ValueError(message)
        counts[word] = count
    end = SENTENCE_END.encode()
    return [(end, counts.pop(end, 0)), *counts.items()]
