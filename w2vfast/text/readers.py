"""gensim's readers of text: LineSentence, PathLineSentences, Text8Corpus.

They are iterables of token lists.  `Word2Vec` and `Phrases` recognise them and read
their files directly, which is much faster and gives the same result.
"""

from __future__ import annotations

import io
import itertools
import os
import re
from collections.abc import Iterable, Iterator
from typing import Any

from w2vfast.aliases import PathLike
from w2vfast.errors import ParameterTypeError
from w2vfast.system.files import InputFile, folder_files
from w2vfast.text.vocab import SENTENCE_END

MAX_SENTENCE_LENGTH = 10_000  # gensim's MAX_WORDS_IN_BATCH [words]
CHUNK_BYTES = 1 << 16

_LAST_SPACE = re.compile(rb"[ \t\n][^ \t\n]*\Z")


class _Reader:
    """An iterable of token lists from text.

    Text is split at white space as by `str.split`.  Bytes that are not UTF-8 are kept
    as surrogates (``errors="surrogateescape"``).
    """

    joins_lines = False  # whether a line end is only white space

    def __init__(self, max_sentence_length: int) -> None:
        if max_sentence_length < 1:
            message = (
                f"max_sentence_length must be at least 1 word, got "
                f"{max_sentence_length}"
            )
            raise ValueError(message)
        self.max_sentence_length = max_sentence_length

    def files(self) -> list[str] | None:
        """Return the paths if whole files are read by path; otherwise None."""
        raise NotImplementedError

    def _sentences(self, words: Iterable[str]) -> Iterator[list[str]]:
        sentence: list[str] = []
        for word in words:
            if word != SENTENCE_END:
                sentence.append(word)
                if len(sentence) < self.max_sentence_length:
                    continue
            if sentence:
                yield sentence
                sentence = []
        if sentence:
            yield sentence

    def _line_sentences(self, lines: Iterable[Any]) -> Iterator[list[str]]:
        for line in lines:
            words = _words(line)
            if len(words) > self.max_sentence_length or SENTENCE_END in words:
                yield from self._sentences(words)
            elif words:
                yield words


class LineSentence(_Reader):
    """Sentences of a text with one sentence on each line.

    Parameters
    ----------
    source : path or file
        The path of a file, compressed or not, or an open file that can seek.
    max_sentence_length : int, default 10000
        Longer lines are split into pieces of this many words; no word is dropped.
    limit : int, optional
        Read only this many lines.

    Notes
    -----
    Words are separated by white space.

    Differs: in gensim ``</s>`` is a word, here it ends a sentence, as in every text;
    gensim raises an error for bytes that are not UTF-8; gensim's `Word2Vec` drops the
    words after the 10,000th of a sentence, ours splits the sentence into pieces.
    """

    def __init__(
        self,
        source: Any,
        max_sentence_length: int = MAX_SENTENCE_LENGTH,
        limit: int | None = None,
    ) -> None:
        super().__init__(max_sentence_length)
        if not hasattr(source, "seek"):
            _check_path(source, "source")
        self.source = source
        self.limit = limit

    def __iter__(self) -> Iterator[list[str]]:
        if hasattr(self.source, "seek"):
            self.source.seek(0)
            yield from self._line_sentences(itertools.islice(self.source, self.limit))
            return
        yield from _read_files(
            [os.fspath(self.source)], self.limit, self._line_sentences
        )

    def files(self) -> list[str] | None:
        """Return the path as a list; None for an open file or with a limit."""
        if hasattr(self.source, "seek") or self.limit is not None:
            return None
        return [os.path.abspath(os.fsdecode(self.source))]


class PathLineSentences(_Reader):
    """Sentences of all files of a folder, sorted by name; see `LineSentence`.

    Parameters
    ----------
    source : path
        A folder, or a single file.
    max_sentence_length : int, default 10000
        Longer lines are split into pieces of this many words; no word is dropped.
    limit : int, optional
        Read only this many lines of each file.

    Attributes
    ----------
    input_files : list of str
        Paths of the files that are read.

    Raises
    ------
    ValueError
        If the file or folder does not exist.

    Notes
    -----
    Differs: hidden files and sub-folders are skipped; gensim tries to read them.
    """

    def __init__(
        self,
        source: PathLike,
        max_sentence_length: int = MAX_SENTENCE_LENGTH,
        limit: int | None = None,
    ) -> None:
        super().__init__(max_sentence_length)
        _check_path(source, "source")
        self.source = os.fsdecode(source)
        self.limit = limit
        self.input_files = _list_files(self.source)

    def __iter__(self) -> Iterator[list[str]]:
        return _read_files(self.input_files, self.limit, self._line_sentences)

    def files(self) -> list[str] | None:
        """Return the paths; None with a limit."""
        if self.limit is not None:
            return None
        return [os.path.abspath(path) for path in self.input_files]


class Text8Corpus(_Reader):
    """A text without sentences, such as text8, split into pieces of equal length.

    Parameters
    ----------
    fname : path
        The path of the text, compressed or not.
    max_sentence_length : int, default 10000
        Words of a piece; line ends are treated as spaces.

    Notes
    -----
    Differs: gensim's last piece may be longer than the others.
    """

    joins_lines = True

    def __init__(
        self, fname: PathLike, max_sentence_length: int = MAX_SENTENCE_LENGTH
    ) -> None:
        super().__init__(max_sentence_length)
        _check_path(fname, "fname")
        self.fname = fname

    def __iter__(self) -> Iterator[list[str]]:
        with InputFile(os.fspath(self.fname), repr(self.fname)) as file:
            yield from self._sentences(_stream_words(file))

    def files(self) -> list[str] | None:
        """Return the path as a list."""
        return [os.path.abspath(os.fsdecode(self.fname))]


def _check_path(path: object, name: str) -> None:
    if not isinstance(path, (str, bytes, os.PathLike)):
        hint = "Data in memory is given to Word2Vec as it is."
        raise ParameterTypeError(name, path, "the path of a file or folder", hint)


def _words(text: str | bytes) -> list[str]:
    if isinstance(text, bytes):
        text = text.decode("utf-8", "surrogateescape")
    return text.split()


def _stream_words(file: InputFile) -> Iterator[str]:
    rest = b""  # the start of a word that the next chunk may continue
    while chunk := file.read(CHUNK_BYTES):
        text = rest + chunk
        found = _LAST_SPACE.search(text)
        cut = found.start() if found else 0
        yield from _words(text[:cut])
        rest = text[cut:]
    yield from _words(rest)


def _read_files(
    paths: Iterable[Any], limit: int | None, sentences: Any
) -> Iterator[list[str]]:
    for path in paths:
        with InputFile(path, repr(path)) as file:
            lines = io.BufferedReader(file, CHUNK_BYTES)
            yield from sentences(itertools.islice(lines, limit))


def _list_files(source: str) -> list[str]:
    if os.path.isfile(source):
        return [source]
    if not os.path.isdir(source):
        message = (
            f"{source!r} is neither a file nor a folder; give the path of an existing "
            "file or folder"
        )
        raise ValueError(message)
    return folder_files(source)
