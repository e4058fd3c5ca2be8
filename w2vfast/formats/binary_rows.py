"""Rows of a word2vec binary file: a word, a space and D little-endian float32 values.

The C program writes a newline after each row, gensim does not; both are read.
The compiled parser reads blocks of rows and stops before any irregular row.  The
functions here read that row, or describe what is wrong with it.
V is the number of rows, D the number of values in each.
"""

from __future__ import annotations

import sys

import numpy as np

from w2vfast import _text
from w2vfast.errors import TruncatedFileError
from w2vfast.formats.row_buffer import (
    ByteWindow,
    RowTable,
    Shape,
    consume_rows,
    rows_per_block,
)


def read_binary(
    window: ByteWindow, table: RowTable, shape: Shape, limit: int | None
) -> None:
    """Read binary rows into a table, with or without a newline after each row.

    Parameters
    ----------
    window : ByteWindow
        INOUT, at the first row.
    table : RowTable
        INOUT.
    shape : Shape
        The header.
    limit : int or None
        Largest number of rows to read; what follows them is not checked.

    Raises
    ------
    TruncatedFileError
        If the file ends before the last row.
    ValueError
        If a row differs from the first row in its newline, or bytes follow the last
        row; gives the file and the byte.
    """
    most = shape.n_rows if limit is None else min(limit, shape.n_rows)
    newline: bool | None = None  # unknown before the first row
    while len(table) < most:
        if newline is not None and _take_regular_rows(
            window, table, shape.dim, most, newline
        ):
            continue
        end = _row_size(window, shape.dim)
        # One byte more than the row, to see whether a newline follows.
        if end >= len(window) and window.more():
            continue
        newline = _take_row(window, table, shape, end, newline)
    if len(table) != limit and (len(window) or window.more()):
        message = (
            f"{table.name}, byte {window.offset}: more bytes after the {shape.n_rows} "
            f"rows of {shape.dim} values that the header announces; correct the "
            f"header, or set a limit of {shape.n_rows}, which leaves out the rest"
        )
        raise ValueError(message)


def _take_regular_rows(
    window: ByteWindow, table: RowTable, dim: int, most: int, newline: bool
) -> int:
    """Append a block of rows to the table; return their number."""
    n_rows = rows_per_block(dim, len(window) // (4 * dim), table, most)
    values = np.empty((n_rows, 4 * dim), np.uint8)
    spans = np.empty((n_rows, 3), np.int64)
    n_rows = _text.read_binary_rows(
        window.data, window.start, window.stop, values, spans, newline
    )
    dropped = window.offset - window.start
    starts = (spans[:n_rows, 0] + dropped).tolist()
    consume_rows(window, table, values[:n_rows].view("<f4"), spans, "byte", starts)
    return n_rows


def _row_size(window: ByteWindow, dim: int) -> int:
    """Return the size of the next row [bytes]; sys.maxsize if its word has no end."""
    space = window.find(b" ")
    return space + 1 + 4 * dim if space >= 0 else sys.maxsize


def _take_row(
    window: ByteWindow, table: RowTable, shape: Shape, size: int, newline: bool | None
) -> bool:
    """Append the next row to the table; return whether a newline follows each row."""
    start = window.offset
    if size > len(window):
        reason = f"the file ends at {start + len(window)}"
        raise TruncatedFileError(_malformed_row(table, shape, start, reason))
    row = window.take(size)
    word = row[: -4 * shape.dim - 1]
    after = window.peek(1) == b"\n"
    newline = after if newline is None else newline
    is_last = len(table) + 1 == shape.n_rows
    if b"\n" in word or (newline != after and not is_last):
        reason = "its length differs from that of the first row"
        raise ValueError(_malformed_row(table, shape, start, reason))
    values = np.frombuffer(row, "<f4", shape.dim, len(word) + 1)
    table.extend([word], values[None, :], "byte", [start])
    window.take(after)
    return newline


def _malformed_row(table: RowTable, shape: Shape, start: int, reason: str) -> str:
    """Return the message of an error in the next row."""
    return (
        f"{table.name}, row {len(table) + 1} of {shape.n_rows}, byte {start}: expected "
        f"a word, a space and {shape.dim} float32 values, but {reason}; the file is "
        "truncated or damaged, or its header is wrong"
    )
