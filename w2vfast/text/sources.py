"""Corpus sources: files of text, lists of tokens, texts, arrays of ids.

A source knows its name, its size and whether it equals another source.  It is read by
`w2vfast.text.counting`.
"""

import operator
import os
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from w2vfast.errors import shown
from w2vfast.text.arrow_stream import exports_arrow
from w2vfast.text.column_files import (
    ColumnFileSource,
    check_column_files,
    is_column_file,
)
from w2vfast.text.column_source import ColumnSource
from w2vfast.text.corpus_files import expand_path, file_name, regular_stat
from w2vfast.text.identity import SameObjects, checksum, content_mark
from w2vfast.text.readers import LineSentence, PathLineSentences, Text8Corpus
from w2vfast.text.sentences import known_length, text_of
from w2vfast.text.tables import (
    TableRows,
    as_array,
    picked_column,
    refuse_rows_of_table,
)
from w2vfast.text.tokenizers import WHITESPACE, Tokenizer


class CorpusOptions(NamedTuple):
    """How a corpus is read.

    Attributes
    ----------
    tokenizer : BuiltIn, callable or None
        Splits texts into tokens.  None: files are split at white space, and sentences
        in memory are lists of tokens.
    column : str or None
        The column of a table or file that holds the sentences.
    exact : bool
        Exact mode, which reads every file as text unless a column is named.
    """

    tokenizer: Tokenizer | None = None
    column: str | None = None
    exact: bool = False


class FileSource:
    """Files of text, read in order.

    Parameters
    ----------
    files : sequence of str or binary files
        Paths, `-` for standard input, or open files.
    tokenizer : BuiltIn or callable
        Splits a line into tokens.

    Notes
    -----
    Compression by gzip, bz2, xz or zstd is detected from the first bytes of a file.
    """

    unit = "B"  # of `total` and of progress
    if_empty = "it is empty or only white space"

    def __init__(self, files: Sequence[Any], tokenizer: Tokenizer = WHITESPACE) -> None:
        self.files = list(files)
        self.tokenizer = tokenizer

    @property
    def name(self) -> str:
        """Name of the source in messages."""
        names = [file_name(file) for file in self.files]
        return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"

    @property
    def total(self) -> int | None:
        """Bytes on disk, or None if a file is a pipe."""
        sizes = [regular_stat(file) for file in self.files]
        known = [entry.st_size for entry in sizes if entry is not None]
        return sum(known) if len(known) == len(sizes) else None

    def identity(self) -> Hashable | None:
        """Return a value that is equal for files that are read with the same result.

        These have equal paths, sizes and modification times.  None if one of them is
        unknown.  Standard input is equal to itself, because it cannot be read twice.
        """
        parts: list[Hashable] = [self.tokenizer]
        for file in self.files:
            entry = regular_stat(file)
            if entry is not None:
                path = os.path.realpath(file)
                parts.append((path, entry.st_size, entry.st_mtime_ns))
            elif isinstance(file, str) and file != "-":
                return None
            else:
                parts.append(file if file == "-" else SameObjects([file]))
        return tuple(parts)


class ReaderSource(FileSource):
    """The files of one of gensim's readers, split into the same sentences.

    Parameters
    ----------
    files : list of str
        Paths.
    max_sentence_length : int
        Longer sentences are split into pieces of this many words.
    joins_lines : bool
        A line end is only white space and ends no sentence.

    Notes
    -----
    White space is that of Unicode, as in `str.split`; in a `FileSource` it is space,
    tab, newline and carriage return.
    """

    def __init__(
        self, files: Sequence[str], max_sentence_length: int, joins_lines: bool
    ) -> None:
        super().__init__(files)
        self.max_sentence_length = max_sentence_length
        self.joins_lines = joins_lines

    def identity(self) -> Hashable | None:
        """Return a value that is equal for the same files, split in the same way."""
        files = super().identity()
        return files and (files, self.max_sentence_length, self.joins_lines)


class SentenceSource:
    """Lists of tokens from any iterable, including one-shot iterators.

    Parameters
    ----------
    sentences : iterable of lists of str, bytes or int
        Each token is a word, unchanged; but `</s>` ends a sentence, as in text.
    """

    unit = "sentences"
    if_empty = "it is empty, an iterator that was already read to its end"

    def __init__(self, sentences: Iterable[Any]) -> None:
        self.sentences = sentences
        self.name = "the corpus"

    @property
    def total(self) -> int | None:
        """Number of sentences, or None if the iterable has no length."""
        return known_length(self.sentences)

    def identity(self) -> Hashable | None:
        """Return a value that is equal for the same object of the same content.

        Changes of the content are not seen where `content_mark` does not see them.
        None if a token is not hashable.
        """
        try:
            mark = content_mark(self.sentences)
        except TypeError:  # reading the sentences says which token it is
            return None
        return SameObjects([self.sentences], (self.total, mark, *self._read_by()))

    def _read_by(self) -> tuple[Hashable, ...]:
        return ()


class StringSource(SentenceSource):
    """Texts from any iterable; each is a sentence.

    Parameters
    ----------
    sentences : iterable of str or bytes
    tokenizer : BuiltIn or callable
        Splits a text into tokens.
    """

    def __init__(self, sentences: Iterable[Any], tokenizer: Tokenizer) -> None:
        super().__init__(sentences)
        self.tokenizer = tokenizer

    def texts(self) -> Iterator[str]:
        """Yield the texts.

        Raises
        ------
        TypeError
            If one is not a str or bytes.
        """
        for k, text in enumerate(self.sentences):
            yield text if isinstance(text, str) else text_of(text, k)

    def _read_by(self) -> tuple[Hashable, ...]:
        return (self.tokenizer,)


class IdCorpus:
    """Sentences of integer ids, as an array.

    Parameters
    ----------
    ids : ndarray of integers, shape (n,) or (n_sentences, length)
        Values of 0 and above.  Integer types other than int32 and int64 are converted
        block by block.  The array is not copied.
    separator : int or None, default -1
        In a 1-D array without `indptr`, the value between sentences.
    padding : int or None, default -1
        In a 2-D array, the value that fills the ends of rows; it is skipped.
    indptr : ndarray of integers, shape (n_sentences + 1,), optional
        Sentence k is ids[indptr[k]:indptr[k + 1]], as in a sparse matrix.

    Raises
    ------
    TypeError
        If an array does not contain integers, or has masked values.
    ValueError
        If a shape is wrong, or `indptr` decreases or does not run from 0 to n.
    """

    unit = "ids"
    if_empty = "it is empty"

    def __init__(
        self,
        ids: NDArray[Any],
        *,
        separator: int | None = -1,
        padding: int | None = -1,
        indptr: NDArray[Any] | None = None,
    ) -> None:
        self.ids = _integer_array(ids, "ids")
        self.indptr = None
        flat = ids.ndim == 1 and indptr is None
        self.separator = _skipped_value(separator, "separator") if flat else None
        self.padding = _skipped_value(padding, "padding") if ids.ndim == 2 else None
        if ids.ndim not in (1, 2):
            message = f"ids must be a 1-D or 2-D array, got {ids.ndim} dimensions."
            raise ValueError(message)
        if indptr is not None:
            self.indptr = _checked_indptr(_integer_array(indptr, "indptr"), self.ids)
        self.name = "the array of ids"

    @property
    def total(self) -> int:
        """Number of values."""
        return self.ids.size

    def identity(self) -> Hashable | None:
        """Return a value that is equal for the same values, read in the same way."""
        objects = [self.ids] if self.indptr is None else [self.ids, self.indptr]
        sums = map(checksum, objects)
        return SameObjects(objects, (self.separator, self.padding, *sums))


Source = FileSource | SentenceSource | IdCorpus | ColumnSource
DEFAULT_OPTIONS = CorpusOptions()


def file_source(
    corpus_file: Any, options: CorpusOptions = DEFAULT_OPTIONS
) -> FileSource | ColumnFileSource:
    """Return the source for one or more files of text.

    Parameters
    ----------
    corpus_file : str, bytes, PathLike, binary file, or a list of these
        A path; a directory (its files sorted by name, without hidden files and
        sub-directories); a glob pattern (its matches, sorted); `-` for standard
        input; a named pipe.  The names of Parquet, Arrow, CSV, TSV and JSON Lines
        files tell that they are tables, of which a column is read.
    options : CorpusOptions

    Raises
    ------
    TypeError
        If it is none of these.
    ValueError
        If the list is empty.
    OSError
        If a file does not exist or cannot be read.
    """
    entries = corpus_file if isinstance(corpus_file, (list, tuple)) else [corpus_file]
    files = [file for entry in entries for file in expand_path(entry)]
    if not files:
        message = "corpus_file is an empty list; give at least one path"
        raise ValueError(message)
    for file in files:
        if regular_stat(file) is not None:
            open(file, "rb").close()  # an unreadable file fails now, not hours later
    text = FileSource(files, options.tokenizer or WHITESPACE)
    has_columns = not options.exact and any(map(is_column_file, files))
    if options.column is None and not has_columns:
        return text
    check_column_files(files, options.column)
    return ColumnFileSource(files, text.identity(), options.tokenizer, options.column)


def sentence_source(
    sentences: Any,
    options: CorpusOptions = DEFAULT_OPTIONS,
    *,
    read_files: bool = True,
) -> Source:
    """Return the source for sentences in memory or from an iterator.

    Parameters
    ----------
    sentences : iterable of token lists, IdCorpus, ndarray of integers, or tuple
        Lists of str, bytes or int tokens, from a list, a generator or any other
        iterable.  A 1-D or 2-D integer array is `IdCorpus(array)`, a tuple of two
        1-D integer arrays `IdCorpus(ids, indptr=indptr)` of (indptr, ids).  With a
        tokenizer, an iterable of str.
    options : CorpusOptions
    read_files : bool, default True
        Read the files of `LineSentence`, `PathLineSentences` and `Text8Corpus`
        directly instead of iterating over them; the result is the same.

    Raises
    ------
    TypeError
        If it is none of these; a str is a path for `corpus_file`.
    """
    if isinstance(sentences, Source):
        return sentences
    if isinstance(sentences, (str, bytes, os.PathLike)):
        message = (
            f"sentences must be an iterable of token lists, such as [['the', 'cat'], "
            f"['a', 'dog']], got {shown(sentences)}. For a file use "
            "LineSentence(path), or corpus_file= of Word2Vec; for one sentence use "
            "[text.split()]."
        )
        raise TypeError(message)
    if isinstance(sentences, np.ndarray):
        refuse_rows_of_table(sentences)
        _refuse_masked(sentences, "sentences")
    _refuse_phrases(sentences)
    picked = picked_column(sentences, options.column)
    sentences = as_array(picked.rows)
    if exports_arrow(sentences):
        return ColumnSource(sentences, options.tokenizer, picked.column, picked.name)
    tokens = None if options.tokenizer else _token_source(sentences, read_files)
    if tokens is not None:
        return tokens
    if not isinstance(sentences, Iterable) and not hasattr(sentences, "__getitem__"):
        message = (
            "sentences must be an iterable of token lists, such as [['the', 'cat'], "
            f"['a', 'dog']], got {shown(sentences)}"
        )
        raise TypeError(message)
    if options.tokenizer is not None or _are_strings(sentences):
        return StringSource(sentences, options.tokenizer or WHITESPACE)
    return SentenceSource(sentences)


def _token_source(sentences: Any, read_files: bool) -> Source | None:
    """Return the source of what is known to hold tokens; None for other iterables."""
    # Not their subclasses, which may override the iteration.
    if type(sentences) in (LineSentence, PathLineSentences, Text8Corpus) and read_files:
        files = sentences.files()
        if files:
            length = sentences.max_sentence_length
            return ReaderSource(files, length, sentences.joins_lines)
    if isinstance(sentences, np.ndarray) and sentences.dtype.kind in "biufc":
        return IdCorpus(sentences)
    if _is_indptr_pair(sentences):
        return IdCorpus(sentences[1], indptr=sentences[0])
    return None


def either_source(
    sentences: Any,
    corpus_file: Any,
    options: CorpusOptions = DEFAULT_OPTIONS,
    *,
    read_files: bool = True,
) -> Source:
    """Return the source for one of two arguments, of which exactly one is given.

    Parameters
    ----------
    sentences
        As for `sentence_source`, or None.
    corpus_file
        As for `file_source`, or None.
    options : CorpusOptions
    read_files : bool, default True
        As for `sentence_source`.

    Raises
    ------
    TypeError
        If both are given or neither is.
    """
    if (sentences is None) == (corpus_file is None):
        message = (
            "give either sentences (token lists or integer arrays) or corpus_file "
            f"(a path), got {'neither' if sentences is None else 'both'}."
        )
        raise TypeError(message)
    if corpus_file is not None:
        return file_source(corpus_file, options)
    return sentence_source(sentences, options, read_files=read_files)


def as_source(source: Any) -> Source:
    """Return a source unchanged; make one of files from a path, else of sentences."""
    if isinstance(source, Source):
        return source
    if isinstance(source, (str, bytes, os.PathLike)):
        return file_source(source)
    return sentence_source(source)


def _are_strings(sentences: object) -> bool:
    """Tell whether this is a column of texts: of NumPy, or read row by row."""
    if isinstance(sentences, TableRows):
        return sentences.are_strings()
    if not isinstance(sentences, np.ndarray) or sentences.ndim != 1:
        return False
    if sentences.dtype.kind == "O" and sentences.size:
        return isinstance(sentences[0], (str, bytes))
    return sentences.dtype.kind in "UST"


def _is_indptr_pair(sentences: object) -> bool:
    return (
        isinstance(sentences, tuple)
        and len(sentences) == 2
        and all(isinstance(part, np.ndarray) for part in sentences)
        and all(part.ndim == 1 and part.dtype.kind in "iu" for part in sentences)
    )


def _refuse_phrases(sentences: object) -> None:
    """Raise TypeError for learned phrases, of gensim too, which hold no sentences."""
    if hasattr(sentences, "analyze_sentence"):
        message = (
            f"sentences must be token lists, got {shown(sentences)}. For sentences "
            "whose phrases are joined, give phrases[sentences]. To take phrases that "
            "were learned before, of gensim too: FrozenPhrases(phrases)."
        )
        raise TypeError(message)


def _refuse_masked(array: NDArray[Any], name: str) -> None:
    """Raise TypeError for an array with masked values, which would be read as words."""
    if np.ma.is_masked(array):
        message = (
            f"{name} are an array with masked values, and masks are not read. Give "
            "array.filled(-1), in which -1 is padding of the rows of a 2-D array, and "
            "ends a sentence of a 1-D array; or array.compressed(), without them."
        )
        raise TypeError(message)


def _integer_array(array: Any, name: str) -> NDArray[Any]:
    _refuse_masked(array, name)
    if isinstance(array, np.ndarray) and array.dtype.kind in "iu":
        return array
    given = array.dtype if isinstance(array, np.ndarray) else type(array).__name__
    message = (
        f"{name} must be a NumPy array of integers, got {given}. "
        "Convert it: array.astype(np.int64)."
    )
    raise TypeError(message)


def _skipped_value(value: Any, name: str) -> int | None:
    if value is None:
        return None
    number = operator.index(value)
    if not -(2**63) <= number < 2**63:
        message = f"{name} must be in -2**63 to 2**63 - 1, got {number}"
        raise ValueError(message)
    return number


def _checked_indptr(indptr: NDArray[Any], ids: NDArray[Any]) -> NDArray[np.int64]:
    wide = indptr.astype(np.int64, copy=False)
    good = ids.ndim == 1 and wide.ndim == 1 and wide.size > 0
    if good and wide[0] == 0 and wide[-1] == ids.size and (wide[1:] >= wide[:-1]).all():
        return wide
    message = (
        f"indptr must be a 1-D array that goes from 0 to the number of ids "
        f"({ids.size}) without decreasing, and ids must be 1-D. A tuple of two arrays "
        "means (indptr, ids); give two sentences as a list of two arrays."
    )
    raise ValueError(message)
