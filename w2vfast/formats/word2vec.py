"""The files of the C program: words and vectors in text or binary, and counts.

The text also without its header, as GloVe's files are.  How rows are read is in
`w2vfast.formats.rows`.  V is the number of rows (words), D the number of values in
each.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Container, Iterable, Sequence
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from w2vfast.formats.decimals import c_text_rows, short_text_rows
from w2vfast.formats.rows import (
    Shape,
    Table,
    Window,
    parse_numbers,
    read_binary,
    read_text,
)
from w2vfast.formats.spelling import Spaces, Word, check_spaces, spell, unspell
from w2vfast.system.files import BUFFER_BYTES, InputFile, PathLike

Words = Sequence[Word]
FloatArray = npt.NDArray[np.floating[Any]]

# --- writing --------------------------------------------------------------------

_BLOCK_VALUES = 1 << 16  # [float32 values] formatted at a time


def write_word2vec(
    file: BinaryIO,
    words: Words,
    vectors: FloatArray,
    *,
    binary: bool = False,
    c_text: bool = False,
    header: bool = True,
    spaces: Spaces = "refuse",
) -> None:
    r"""Write words and vectors in the format of the C program.

    The first line is ``V D``.  A row is the word, a space and the vector: in binary
    D little-endian float32 values and a newline; in text D numbers.

    Parameters
    ----------
    file : binary file
        Open for writing, for example from `open_output`.
    words : sequence of str or int, length V
        Written as UTF-8, with surrogateescape; numbers as digits.
    vectors : ndarray of float, shape (V, D)
        Written as float32.
    binary : bool, default False
        Binary rather than text.
    c_text : bool, default False
        Write what the C program writes: in text every value as ``%lf`` with a space
        after it, byte for byte as glibc prints it, and words may be empty.
        Otherwise a value has as few significant digits as read back as the same
        float32, at most 9, and there is no space at the end of the line.
    header : bool, default True
        Write the first line.  False gives text as GloVe's.
    spaces : {"refuse", "escape"}, default "refuse"
        What is done about words that hold white space: an error, or ``\x20`` for a
        space and the like, which `read_word2vec` undoes when asked to.

    Raises
    ------
    ValueError
        If the lengths differ, or a word holds white space or (unless `c_text`) is
        empty, so that no reader could find its end.  Nothing is written then.
    """
    values = np.asarray(vectors)
    if values.ndim != 2 or len(words) != len(values):
        message = (
            f"got {len(words)} words and vectors of shape {values.shape}; "
            "pass one row of a 2-D array for each word"
        )
        raise ValueError(message)
    if binary and not header:
        message = "a binary file needs its header; header=False is for text files"
        raise ValueError(message)
    names = spell(words, spaces, allow_empty=c_text)
    n_rows, dim = values.shape
    if header:
        file.write(b"%d %d\n" % (n_rows, dim))
    step = max(1, _BLOCK_VALUES // max(1, dim))
    for start in range(0, n_rows, step):
        block = values[start : start + step].astype(np.float32)
        if binary:
            rows: Iterable[bytes] = (row.tobytes() for row in block.astype("<f4"))
        elif c_text:
            rows = c_text_rows(block)
        else:
            rows = short_text_rows(block)
        pairs = zip(names[start : start + step], rows, strict=True)
        file.writelines(b"%b %b\n" % pair for pair in pairs)


def write_counts(file: BinaryIO, words: Words, counts: Sequence[int]) -> None:
    """Write a line ``word count`` for each word, as gensim's `fvocab`.

    Parameters
    ----------
    file : binary file
        Open for writing.
    words : sequence of str or int, length V
        Written as `write_word2vec` writes them.
    counts : sequence of int, length V
        Occurrences [occurrences].

    Raises
    ------
    ValueError
        If a word holds white space or the lengths differ.
    """
    names = spell(words, allow_empty=True)
    file.writelines(b"%b %d\n" % pair for pair in zip(names, counts, strict=True))


# --- reading --------------------------------------------------------------------

_HEADER = re.compile(rb"[ \t]*([0-9]+)[ \t]+([0-9]+)[ \t]*\r?\n?")
_HEADER_BYTES = 100  # longest first line that can be a header
_LARGEST = 2**62  # rows or values that a header may promise

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# What other programs' files begin with, and what to do about them.
_OTHERS = {
    _BYTE_ORDER_MARK: "a byte order mark; remove these three bytes",
    b"\x80": "a pickle, as gensim's save writes; use its save_word2vec_format",
    b"\xba\x16\x4f\x2f": "a model of fastText, which is not read; its .vec file is",
    b"PK\x03\x04": "a zip archive; if it is of NumPy, give it the suffix .npz",
}


def read_word2vec(
    path: PathLike,
    *,
    binary: bool | None = False,
    header: bool | None = True,
    limit: int | None = None,
    unicode_errors: str = "strict",
    dtype: npt.DTypeLike = np.float32,
    spaces: Spaces = "refuse",
    finite: bool = True,
    only: Container[str] | None = None,
) -> tuple[list[str], FloatArray]:
    """Read words and vectors from a word2vec file, text or binary.

    Whatever does not fit the format is an error that says where: a vector is never
    guessed, cut or filled up.  Compressed files (gzip, bz2, xz, zstd) are recognised
    by their first bytes.

    Parameters
    ----------
    path : str or path-like
        The file.
    binary : bool or None, default False
        Binary vectors, with or without a newline after each, rather than text.
        None decides by the first row: text if it is a word and D numbers.
    header : bool or None, default True
        The first line is ``V D``.  False: there is none (text only), as in GloVe's
        files, and the first row gives the dimension.  None decides by the first line:
        there is none if it is a word and two or more numbers.
    limit : int, optional
        Read at most this many rows [rows].
    unicode_errors : str, default "strict"
        How words that are not UTF-8 are decoded: any error handler of Python.
        "surrogateescape" keeps every byte.
    dtype : dtype, default float32
        A floating-point type for the vectors.
    spaces : {"refuse", "escape", "keep"}, default "refuse"
        What is done about words with white space: an error; escapes undone that
        `write_word2vec` wrote; or, in text, all but the last D fields of a line taken
        for the word, as some files of GloVe need it.
    finite : bool, default True
        Refuse values that are not finite.
    only : container of str, optional
        Keep the rows of these words; the others are read and checked all the same.

    Returns
    -------
    words : list of str, length V
        In the order of the file; equal words are all kept.
    vectors : ndarray of `dtype`, shape (V, D)
        One row a word.

    Raises
    ------
    OSError
        If the file cannot be opened or read.
    ValueError
        If the file is truncated or longer than its header says, a row has the wrong
        number of values, a value is not a finite number, or a word cannot be
        decoded; with the file's name and the line, or the row and the byte.
    """
    name = os.fspath(path)
    if limit is not None and limit < 1:
        message = f"limit must be at least 1, or None for all rows, got {limit}"
        raise ValueError(message)
    if binary and header is False:
        message = "a binary file needs its header; header=False is for text files"
        raise ValueError(message)
    check_spaces(spaces)
    table = Table(name, np.dtype(dtype), unicode_errors, spaces, finite, only)
    # A number too large for the dtype becomes inf, which the table reports.
    with InputFile(name, name) as file, np.errstate(over="ignore", invalid="ignore"):
        window = Window(file.readinto)
        shape = _read_header(window, name, header)
        is_binary = shape is not None and _is_binary(window, name, shape, binary)
        if shape is not None:
            table.expect(_most_rows(file, shape, limit, is_binary), shape.dim)
        if shape is not None and is_binary:
            read_binary(window, table, shape, limit)
        else:
            read_text(window, table, shape, limit, 2 if shape else 1)
    return table.words, table.vectors(shape.dim if shape else None)


def read_counts(path: PathLike, unicode_errors: str = "strict") -> dict[str, int]:
    """Read the counts from a vocabulary file as the C program writes it.

    Parameters
    ----------
    path : str or path-like
        Lines of a word, a space and its count.
    unicode_errors : str, default "strict"
        How words that are not UTF-8 are decoded.

    Returns
    -------
    dict of str to int
        The first count of each word [occurrences].

    Raises
    ------
    ValueError
        If a line is not a word and a count; with the file's name and the line.
    """
    name = os.fspath(path)
    counts: dict[str, int] = {}
    with io.BufferedReader(InputFile(name, name), BUFFER_BYTES) as file:
        for number, line in enumerate(file, 1):
            word, _, count = line.rstrip(b" \r\n").rpartition(b" ")
            if not re.fullmatch(rb"[0-9]{1,19}", count):
                message = f"{name}, line {number}: expected 'word count', got {line!r}"
                raise ValueError(message)
            try:
                key = unspell(word, unicode_errors)
            except ValueError as error:
                message = f"{name}, line {number}: {error}"
                raise ValueError(message) from error
            counts.setdefault(key, int(count))
    return counts


def _read_header(window: Window, name: str, header: bool | None) -> Shape | None:
    """Use up the first line if it is a header; raise if it should be one and is not."""
    window.more()
    line = window.peek(_HEADER_BYTES)
    line = line[: line.find(b"\n") + 1 or None]
    match = _HEADER.fullmatch(line)
    is_row = header is False
    if header is None and match is None:
        is_row = _is_row(window.peek_line())
    if is_row and not line.startswith(_BYTE_ORDER_MARK):
        return None
    shape = Shape(*map(int, match.groups())) if match else Shape(0, 0)
    if is_row or shape.dim == 0 or max(shape) > _LARGEST:
        raise _no_header(line, name)
    window.take(len(line))
    return shape


def _is_row(line: bytes) -> bool:
    """Tell whether a line is a word and numbers, and not one number alone.

    A word and one number are as likely a header that is malformed.
    """
    texts = line.rstrip(b" \r\n").split(b" ")[1:]
    return len(texts) > 1 and parse_numbers(texts) is not None


def _no_header(line: bytes, name: str) -> ValueError:
    hint = (
        "For a text file that begins with its first row, say that there is no header."
    )
    for start, meaning in _OTHERS.items():
        if line.startswith(start):
            hint = f"The file begins with {meaning}."
    message = (
        f"{name}, line 1: expected a header 'rows dimension', such as b'71291 "
        f"100\\n', got {line[:60]!r}. {hint}"
    )
    return ValueError(message)


def _is_binary(window: Window, name: str, shape: Shape, binary: bool | None) -> bool:
    """Settle whether the rows are binary, from the caller's word and the first row."""
    if binary is False:
        return False
    head = window.peek_line()
    word, *texts = head.rstrip(b" \r\n").split(b" ")
    is_text = len(texts) == shape.dim and parse_numbers(texts) is not None
    # Four characters a value fit both; then the caller's word counts.
    fits_both = len(head.rstrip(b"\r\n")) == len(word) + 1 + 4 * shape.dim
    if binary and is_text and not fits_both:
        message = f"{name}, line 2: the file holds text; read it with binary=False"
        raise ValueError(message)
    return binary is True or not is_text


def _most_rows(
    file: InputFile, shape: Shape, limit: int | None, is_binary: bool
) -> int:
    """Return how many rows there can be; 0 if that is unknown.

    No more than a file of its size has room for, whatever its header promises: a value
    takes four bytes in binary, two in text.
    """
    size = file.plain_size
    if size is None:
        return 0
    there = size // ((4 if is_binary else 2) * shape.dim)
    return min(there, shape.n_rows, limit or shape.n_rows)
