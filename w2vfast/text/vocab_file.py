"""The C program's vocabulary file: a word, a space and its count on each line."""

import re
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO

from w2vfast.aliases import Word
from w2vfast.errors import Setting, SettingsError, shortened
from w2vfast.text.file_starts import MARK
from w2vfast.text.vocab import MAX_COUNT, SENTENCE_END, Vocab, sorted_vocab

EXACT_BYTES = 98  # the C program keeps this much of a word [bytes]

_LINE = re.compile(rb"([^ \t]*)[ \t]+([0-9]+)[ \t]*")
_EXACT_LINE = re.compile(rb"([^ \t]+)[ \t]+([0-9]+)")
_LONGEST_LINE = 1 << 24  # [bytes]
_LINE_FORM = "a word, a space and its count, as in 'the 1061396'"


def write_vocab(file: BinaryIO, vocab: Vocab) -> None:
    """Write a vocabulary as the C program's `-save-vocab` does.

    Parameters
    ----------
    file : binary file, open for writing
    vocab : Vocab

    Raises
    ------
    ValueError
        If a word contains white space, which the format cannot represent.
    """
    lines = []
    for word, count in zip(vocab.words, vocab.counts.tolist(), strict=True):
        lines.append(b"%b %d\n" % (_file_word(word), count))
    file.write(b"".join(lines))


def _file_word(word: Word) -> bytes:
    if isinstance(word, int):
        return b"%d" % word
    encoded = word.encode("utf-8", "surrogateescape")
    if any(white in encoded for white in b" \t\r\n"):
        message = (
            f"the word {shortened(word)} contains white space, which a vocabulary "
            "file cannot represent. Replace the white space in the tokens of the "
            "corpus."
        )
        raise ValueError(message)
    return encoded


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
        Minimum count of a word [occurrences].
    exact : bool, default False
        As the C program: the first line is row 0, whatever its word; words are cut at
        98 bytes and at a NUL byte; of equal words the more frequent one is used.
        Otherwise `</s>` becomes row 0 wherever it is in the file, with count 0 if it
        is missing, equal words are an error, and a byte order mark is dropped.
    max_final_vocab : int, optional
        Keep only this many words, the most frequent ones.

    Raises
    ------
    ValueError
        If the file is empty, a line has another form (the message gives its number),
        or no word reaches `min_count`.

    Notes
    -----
    In exact mode, a file that the C program would silently misread is an error:
    Windows line ends, blank lines, or an empty word.

    Source
    ------
    word2vec.c 0.1c, ReadVocab and SortVocab.
    """
    parse = _parse_exact if exact else _parse_fast
    lines = enumerate(lines_of_words(file, name, _LINE_FORM), 1)
    rows = [
        parse(line if exact or number > 1 else line.removeprefix(MARK), name, number)
        for number, line in lines
    ]
    entries = [row for row in rows if row is not None]
    if not entries:
        message = f"{name}: the vocabulary file is empty; each line is {_LINE_FORM}"
        raise ValueError(message)
    if not exact:
        entries = _sentence_end_first(entries, name)
    words: list[Word] = [word.decode("utf-8", "surrogateescape") for word, _ in entries]
    counts = [count for _, count in entries]
    try:
        return sorted_vocab(words, counts, min_count, max_final_vocab, exact)
    except ValueError as error:
        message = f"{name}: {error}"
        raise ValueError(message) from None


def lines_of_words(file: BinaryIO, name: str, form: str) -> Iterator[bytes]:
    """Yield the lines of a file of words.

    Parameters
    ----------
    file : binary file, open for reading
    name : str
        The file's name, for messages.
    form : str
        What each line is, for messages.

    Raises
    ------
    ValueError
        If a line is longer than 16 MiB, as of a device that has no lines.
    """
    lines = iter(partial(file.readline, _LONGEST_LINE + 1), b"")
    for number, line in enumerate(lines, 1):
        if len(line) > _LONGEST_LINE:
            message = (
                f"{name}, line {number}: longer than {_LONGEST_LINE:,} bytes; each "
                f"line is {form}"
            )
            raise ValueError(message)
        yield line


def _parse_fast(line: bytes, name: str, number: int) -> tuple[bytes, int] | None:
    # Words of a text contain no carriage returns, so these are Windows line ends.
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
            f"{name}, line {number}: the line ends with a carriage return, which the C "
            "program would misread. Convert the file to Unix line ends, or use ",
            *(Setting("mode", "fast"), "."),
        )
        raise SettingsError(message)
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
            "2**63 - 1, the largest count allowed"
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
            message = (
                f"{name}: the word {shown!r} occurs more than once; remove all but one"
            )
            raise ValueError(message)
        counts[word] = count
    end = SENTENCE_END.encode()
    return [(end, counts.pop(end, 0)), *counts.items()]
