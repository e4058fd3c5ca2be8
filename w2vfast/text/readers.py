"""gensim's readers of text: LineSentence, PathLineSentences, Text8Corpus.

They are iterables of token lists.  `Word2Vec` and `Phrases` know them and read their
files by themselves, which gives the same and is much faster.
"""

from __future__ import annotations

import io
import itertools
import os
import re
from collections.abc import Iterable, Iterator
from typing import Any

from w2vfast.system.files import InputFile, PathLike, folder_files

MAX_SENTENCE_LENGTH = 10_000  # gensim's MAX_WORDS_IN_BATCH [words]
SENTENCE_END = "</s>"
CHUNK_BYTES = 1 << 16

_LAST_SPACE = re.compile(rb"[ \t\n][^ \t\n]*\Z")


class _Reader:
    """An iterable of token lists from text.

    Words stand between white space as `str.split` has it.  Bytes that are not UTF-8
    become surrogates (``errors="surrogateescape"``) and are kept.
    """

    joins_lines = False  # a line end is white space and nothing more

    def __init__(self, max_sentence_length: int) -> None:
        if max_sentence_length < 1:
            message = (
                f"max_sentence_length must be at least 1, got {max_sentence_length}"
            )
            raise ValueError(message)
        self.max_sentence_length = max_sentence_length

    def files(self) -> list[str] | None:
        """Return the paths of all that is read, whole; None if it is not so simple."""
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
    """Sentences of a text that has one on each line, words between white space.

    Parameters
    ----------
    source : path or file
        A path, compressed or not, or an open file that can seek.
    max_sentence_length : int, default 10000
        Longer lines are cut into pieces of so many words; nothing is lost.
    limit : int, optional
        Read so many lines only.

    Notes
    -----
    Differs: gensim takes ``</s>`` for a word, here it ends a sentence, as everywhere;
    gensim refuses bytes that are not UTF-8; gensim's `Word2Vec` drops what follows
    the 10,000th word of a sentence, ours cuts sentences into pieces.
    """

    def __init__(
        self,
        source: Any,
        max_sentence_length: int = MAX_SENTENCE_LENGTH,
        limit: int | None = None,
    ) -> None:
        super().__init__(max_sentence_length)
        self.source = source
        self.limit = limit

    def __iter__(self) -> Iterator[list[str]]:
        if hasattr(self.source, "seek"):
            self.source.seek(0)
            yield from self._line_sentences(itertools.islice(self.source, self.limit))
            return
        yield from _of_files([os.fspath(self.source)], self.limit, self._line_sentences)

    def files(self) -> list[str] | None:
        """Return the path as a list; None for an open file or with a limit."""
        if hasattr(self.source, "seek") or self.limit is not None:
            return None
        return [os.path.abspath(os.fsdecode(self.source))]


class PathLineSentences(_Reader):
    """Sentences of all files of a folder, in order of name; see `LineSentence`.

    Parameters
    ----------
    source : path
        A folder, or a single file.
    max_sentence_length : int, default 10000
        Longer lines are cut into pieces of so many words; nothing is lost.
    limit : int, optional
        Read so many lines of each file only.

    Attributes
    ----------
    input_files : list of str

    Raises
    ------
    ValueError
        If there is no such file or folder.

    Notes
    -----
    Differs: hidden files and sub-folders are passed over; gensim tries to read them.
    """

    def __init__(
        self,
        source: PathLike,
        max_sentence_length: int = MAX_SENTENCE_LENGTH,
        limit: int | None = None,
    ) -> None:
        super().__init__(max_sentence_length)
        self.source = os.fspath(source)
        self.limit = limit
        self.input_files = _files_of(self.source)

    def __iter__(self) -> Iterator[list[str]]:
        return _of_files(self.input_files, self.limit, self._line_sentences)

    def files(self) -> list[str] | None:
        """Return the paths; None with a limit."""
        if self.limit is not None:
            return None
        return [os.path.abspath(path) for path in self.input_files]


class Text8Corpus(_Reader):
    """A text without sentences, such as text8, cut into pieces of equal length.

    Parameters
    ----------
    fname : path
        The text, compressed or not.
    max_sentence_length : int, default 10000
        Words of a piece; line ends are white space like any other.

    Notes
    -----
    Differs: gensim's last piece may be longer than the others.
    """

    joins_lines = True

    def __init__(
        self, fname: PathLike, max_sentence_length: int = MAX_SENTENCE_LENGTH
    ) -> None:
        super().__init__(max_sentence_length)
        self.fname = fname

    def __iter__(self) -> Iterator[list[str]]:
        with InputFile(os.fspath(self.fname), repr(self.fname)) as file:
            yield from self._sentences(_stream_words(file))

    def files(self) -> list[str] | None:
        """Return the path as a list."""
        return [os.path.abspath(os.fsdecode(self.fname))]


def _words(text: str | bytes) -> list[str]:
    if isinstance(text, bytes):
        text = text.decode("utf-8", "surrogateescape")
    return text.split()


def _stream_words(file: InputFile) -> Iterator[str]:
    rest = b""
    while piece := file.read(CHUNK_BYTES):
        text = rest + piece
        found = _LAST_SPACE.search(text)
        cut = found.start() if found else 0
        yield from _words(text[:cut])
        rest = text[cut:]
    yield from _words(rest)


def _of_files(
    paths: Iterable[Any], limit: int | None, sentences: Any
) -> Iterator[list[str]]:
    for path in paths:
        with InputFile(path, repr(path)) as file:
            lines = io.BufferedReader(file, CHUNK_BYTES)
            yield from sentences(itertools.islice(lines, limit))


def _files_of(source: str) -> list[str]:
    if os.path.isfile(source):
        return [source]
    if not os.path.isdir(source):
        message = f"{source!r} is neither a file nor a folder"
        raise ValueError(message)
    return folder_files(source)
