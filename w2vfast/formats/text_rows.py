"""Rows of a word2vec text file: a word and D decimal numbers on each line.

The compiled parser reads blocks of plain lines and stops before any other line.  The
functions here read that line, or describe what is wrong with it.
V is the number of rows, D the number of values in each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from w2vfast import _text
from w2vfast.errors import TruncatedFileError
from w2vfast.formats.row_buffer import (
    ByteWindow,
    FloatArray,
    RowTable,
    Shape,
    consume_rows,
    rows_per_block,
)

PIECE_BYTES = 1 << 16  # of a line that Python parses at a time


def read_text(
    window: ByteWindow,
    table: RowTable,
    shape: Shape | None,
    limit: int | None,
    line: int,
) -> None:
    """Read rows of text into a table, up to the end of the file or the limit.

    Parameters
    ----------
    window : ByteWindow
        INOUT, at the first row.
    table : RowTable
        INOUT.
    shape : Shape or None
        The header; None if there is none.
    limit : int or None
        Largest number of rows to read; what follows them is not checked.
    line : int
        Line number of the first row, from 1.

    Raises
    ------
    ValueError
        If a line is not a word and D numbers, or the number of rows differs from the
        header; gives the file and the line.
    """
    dim = shape.dim if shape else None
    announced = shape.n_rows if shape else None
    most = min((n for n in (limit, announced) if n is not None), default=None)
    while most is None or len(table) < most:
        if dim is not None and (
            taken := _take_plain_lines(window, table, dim, most, line)
        ):
            line += taken
            continue
        if window.find(b"\n") < 0 and window.more():
            continue
        text = window.peek_line()
        if not text.strip():
            break
        position = f"{table.name}, line {line}"
        word, values = _parse_line(text, position, dim, table)
        table.extend([word], values[None, :], "line", [line])
        window.take(len(text))
        dim = len(values)
        line += 1
    if len(table) != limit:
        _expect_end(window, table, announced, line)


def _take_plain_lines(
    window: ByteWindow, table: RowTable, dim: int, most: int | None, line: int
) -> int:
    """Append a block of plain lines to the table; return their number."""
    if table.dtype != np.float32:
        return 0
    # A value takes at least two bytes, so the window cannot contain more rows.
    n_rows = rows_per_block(dim, len(window) // (2 * dim), table, most)
    values = np.empty((n_rows, dim), np.float32)
    spans = np.empty((n_rows, 3), np.int64)
    n_rows = _text.read_text_rows(window.data, window.start, window.stop, values, spans)
    lines = range(line, line + n_rows)
    consume_rows(window, table, values[:n_rows], spans, "line", lines)
    return n_rows


def _parse_line(
    line: bytes, position: str, dim: int | None, table: RowTable
) -> tuple[bytes, FloatArray]:
    """Return the word and the values of a line, or raise what is wrong with it."""
    # Only a space ends a word: it may contain other white space of Unicode.
    body = line.rstrip(b" \r\n")
    n_values = body.count(b" ")
    word_end = body.find(b" ")
    if table.spaces == "keep" and dim is not None and n_values > dim:
        word_end = len(body.rsplit(b" ", dim)[0])
        n_values = dim
    values = None
    if n_values and n_values == (dim or n_values):
        values = parse_numbers(body, word_end + 1, table.dtype)
    if values is None:
        raise _malformed_line(body, position, dim)
    return body[:word_end], values


def parse_numbers(
    line: bytes, start: int, dtype: npt.DTypeLike = np.float64
) -> FloatArray | None:
    """Convert decimal numbers that are separated by single spaces.

    In pieces, because a list of Python's numbers takes many times the memory of the
    text.

    Parameters
    ----------
    line : bytes
    start : int
        Where the first number begins; they go on to the end.
    dtype : dtype
        Floating-point type of the result.

    Returns
    -------
    ndarray of float, shape (D,), or None
        None if one is not a decimal number.
    """
    values = np.empty(line.count(b" ", start) + 1, dtype)
    n_read = 0
    for texts in _pieces(line, start):
        numbers = _as_numbers(texts)
        if numbers is None:
            return None
        values[n_read : n_read + len(texts)] = numbers
        n_read += len(texts)
    return values


def _as_numbers(texts: list[bytes]) -> list[float] | None:
    try:
        numbers = list(map(float, texts))
    except ValueError:
        return None
    # float() accepts digits grouped by underscores, which no program writes.
    return None if b"_" in b"".join(texts) else numbers


def _pieces(line: bytes, start: int) -> Iterator[list[bytes]]:
    """Yield the texts between single spaces, from `start` on, some at a time."""
    while start <= len(line):
        end = line.find(b" ", start + PIECE_BYTES)
        end = len(line) if end < 0 else end
        yield line[start:end].split(b" ")
        start = end + 1


def _malformed_line(body: bytes, position: str, dim: int | None) -> ValueError:
    """Describe what is wrong with a line that is not a word and `dim` numbers."""
    n_values = body.count(b" ")
    if re.search(rb"[\x00-\x08\x0e-\x1f]", body):
        reason = "not text; if the file is binary, read it with binary=True"
    elif not n_values or n_values != (dim or n_values):
        expected = "its" if dim is None else dim
        reason = f"expected a word and {expected} values, got {n_values} values"
        if dim is not None and n_values > dim:
            word_end = len(body.rsplit(b" ", dim)[0])
            if parse_numbers(body, word_end + 1) is not None:
                reason += (
                    "; if the word contains spaces, spaces='keep' (on the command line "
                    "--in-spaces keep) reads it"
                )
    else:
        number, text = _first_other(body)
        reason = f"value {number} is {text[:40]!r}, not a number"
    return ValueError(f"{position}: {reason}")


def _first_other(body: bytes) -> tuple[int, bytes]:
    """Return which value of a line, from 1, is not a number, and its text."""
    n_before = 0
    for texts in _pieces(body, body.find(b" ") + 1):
        if _as_numbers(texts) is None:
            n = next(n for n, text in enumerate(texts) if _as_numbers([text]) is None)
            return n_before + n + 1, texts[n]
        n_before += len(texts)
    message = "every value is a number"
    raise ValueError(message)


def _expect_end(
    window: ByteWindow, table: RowTable, announced: int | None, line: int
) -> None:
    """Raise unless all rows were read and only blank lines follow."""
    first_blank = line
    while text := window.take(len(window.peek_line())):
        if text.strip():
            if len(table) == announced:
                message = (
                    f"{table.name}, line {line}: one row more than the {announced} "
                    "rows that the header announces; correct the header, or set a "
                    f"limit of {announced}, which leaves out the rest"
                )
            else:
                message = f"{table.name}, line {first_blank}: empty line between rows"
            raise ValueError(message)
        line += 1
    if announced is None and len(table) == 0:
        message = f"{table.name} is empty; expected a word and its values on each line"
        raise ValueError(message)
    if announced is not None and len(table) < announced:
        message = (
            f"{table.name} ends after line {line - 1}: the header announces "
            f"{announced} rows, the file has {len(table)}; the file is truncated, or "
            "its header is wrong"
        )
        raise TruncatedFileError(message)
