"""The C program's files of vectors: text and binary, and text without a header (GloVe).

V is the number of rows (words), D the number of values in each.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from w2vfast.formats.binary_rows import read_binary
from w2vfast.formats.contents import Contents, ReadOptions, WriteOptions, check_limit
from w2vfast.formats.decimals import c_text_rows, full_text_rows, short_text_rows
from w2vfast.formats.float_types import as_dtype
from w2vfast.formats.row_buffer import ByteWindow, RowTable, Shape
from w2vfast.formats.spelling import check_spaces, spell
from w2vfast.formats.text_rows import read_text
from w2vfast.formats.word2vec_header import BYTE_ORDER_MARK, is_binary, read_header
from w2vfast.system.files import InputFile, open_output

_BLOCK_VALUES = 1 << 16  # [float32 values] formatted at a time


def write(
    path: str,
    held: Contents,
    how: WriteOptions,
    *,
    binary: bool = False,
    header: bool = True,
) -> None:
    r"""Write words and vectors in the format of the C program.

    The first line is ``V D``.  A row is the word, a space and the vector: in binary
    D little-endian float32 values and a newline; in text D numbers.

    Parameters
    ----------
    path : str
        The file; see `w2vfast.system.files.open_output` for compression and pipes.
    held : Contents
        Words are encoded as UTF-8 with surrogateescape, integers as digits.

        If `c_text` is True, a text file is what the C program writes: each value is
        ``%lf`` followed by a space, byte for byte as glibc prints it, and words may be
        empty.  Otherwise a value has the fewest significant digits that read back as
        the same float32, at most 9, or float64, if the vectors are; and no space ends
        the line.  Binary and C's text are those of float32.
    how : WriteOptions
        With ``spaces="escape"``, a space in a word becomes ``\x20`` and so on; `read`
        undoes it if asked to.
    binary : bool, default False
        Write binary instead of text.
    header : bool, default True
        Write the first line.  False, for text only: as GloVe's files.

    Raises
    ------
    ValueError
        If the lengths differ, a value is too large for float32, a word contains white
        space or is empty (unless `c_text`), so that no reader could find its end, or
        there are no values, or no rows and no header.  Nothing is written then.
    OSError
        If the file cannot be written.
    """
    _check_header(binary, header)
    values = np.asarray(held.vectors)
    if values.ndim != 2 or len(held.words) != len(values):
        message = (
            f"got {len(held.words)} words and vectors of shape {values.shape}; "
            "pass one row of a 2-D array for each word"
        )
        raise ValueError(message)
    _check_readable(values.shape, header)
    names = spell(held.words, how.spaces, allow_empty=held.c_text)
    if not header and names and names[0].startswith(BYTE_ORDER_MARK):
        message = (
            f"word {held.words[0]!r} (row 0) begins with a byte order mark, which no "
            "reader would take for a part of the word; write a header, or replace it"
        )
        raise ValueError(message)
    with open_output(path) as file:
        if header:
            file.write(b"%d %d\n" % values.shape)
        _write_rows(file, names, values, binary, held.c_text)


def _check_readable(shape: tuple[int, int], header: bool) -> None:
    """Raise ValueError for vectors that no reader of the file could find."""
    if not shape[1] or not (header or shape[0]):
        message = (
            f"vectors of shape {shape} cannot be read back from a file of this kind; "
            "save them as .npz or as a folder"
        )
        raise ValueError(message)


def _check_header(binary: bool | None, header: bool | None) -> None:
    if binary and header is False:
        message = "a binary file needs its header; header=False is for text files"
        raise ValueError(message)


def _write_rows(
    file: BinaryIO,
    names: list[bytes],
    values: npt.NDArray[np.generic],
    binary: bool,
    c_text: bool,
) -> None:
    step = max(1, _BLOCK_VALUES // max(1, values.shape[1]))
    for start in range(0, len(names), step):
        block = as_dtype(values[start : start + step], np.float32)
        if binary:
            rows: Iterator[bytes] = (row.tobytes() for row in block.astype("<f4"))
        elif c_text:
            rows = c_text_rows(block)
        elif values.dtype.kind == "f" and values.dtype.itemsize > 4:
            rows = full_text_rows(as_dtype(values[start : start + step], np.float64))
        else:
            rows = short_text_rows(block)
        pairs = zip(names[start : start + step], rows, strict=True)
        file.writelines(b"%b %b\n" % pair for pair in pairs)


def read(
    path: str,
    how: ReadOptions,
    *,
    binary: bool | None = False,
    header: bool | None = True,
) -> Contents:
    """Read words and vectors from a word2vec file, text or binary.

    Whatever does not fit the format is an error that gives its position: a vector is
    never guessed, truncated or padded.  Compressed files (gzip, bz2, xz, zstd) are
    recognised by their first bytes.

    Parameters
    ----------
    path : str
        The file.
    how : ReadOptions
        ``spaces="keep"`` applies to text: all but the last D fields of a line are the
        word, as some GloVe files need.
    binary : bool or None, default False
        Whether the vectors are binary, with or without a newline after each, or text.
        None: the file is text if its first row is a word and D numbers.
    header : bool or None, default True
        Whether the first line is ``V D``.  False (text only): as in GloVe's files there
        is none, and the first row determines D.  None: there is none if the first line
        is a word and two or more numbers.

    Returns
    -------
    Contents
        Words (as str) and vectors in the order of the file.  Duplicate words are kept.

    Raises
    ------
    OSError
        If the file cannot be opened or read.
    ValueError
        If the file has fewer or more rows than its header announces, a row has the
        wrong number of values, a value is not a finite number, or a word cannot be
        decoded.  The message gives the file and the line, or the row and the byte.
    """
    check_limit(how.limit)
    _check_header(binary, header)
    check_spaces(how.spaces)
    dtype = np.dtype(how.dtype)
    table = RowTable(path, dtype, how.unicode_errors, how.spaces, how.finite, how.only)
    # A number too large for the dtype becomes inf, which the table reports.
    with InputFile(path, path) as file, np.errstate(over="ignore", invalid="ignore"):
        window = ByteWindow(file.readinto)
        shape = read_header(window, path, header)
        if shape is None:
            read_text(window, table, None, how.limit, line=1)
        else:
            rows_are_binary = is_binary(window, path, shape, binary)
            n_rows = _max_rows(file.plain_size, shape, how.limit, rows_are_binary)
            table.expect(n_rows, shape.dim)
            if rows_are_binary:
                read_binary(window, table, shape, how.limit)
            else:
                read_text(window, table, shape, how.limit, line=2)
    return Contents([*table.words], table.vectors(shape.dim if shape else None))


def _max_rows(
    size: int | None, shape: Shape, limit: int | None, rows_are_binary: bool
) -> int:
    """Return the largest possible number of rows; 0 if unknown.

    It is bounded by the size of the file [bytes], whatever the header announces: a
    value takes at least four bytes in binary, two in text.
    """
    if size is None:
        return 0
    fitting = size // ((4 if rows_are_binary else 2) * shape.dim)
    return min(fitting, shape.n_rows, limit or shape.n_rows)
