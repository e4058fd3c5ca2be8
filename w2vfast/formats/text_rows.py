"""Rows of a word2vec text file: a word and D decimal numbers on each line.

The compiled parser reads blocks of plain lines and stops before any other line.  The
functions here read that line, or describe what is wrong with it.
V is the number of rows, D the number of values in each.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from w2vfast import _text
from w2vfast.formats.row_buffer import (
    ByteWindow,
    RowTable,
    Shape,
    consume_rows,
    rows_per_block,
)
from w2vfast.formats.spelling import Spaces


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
        word, values = _parse_line(text, position, dim, table.spaces)
        table.extend([word], [values], "line", [line])
        window.take(len(text))
        dim = len(values)
        line += 1
    if len(table) != limit or limit == announced:
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
    line: bytes, position: str, dim: int | None, spaces: Spaces
) -> tuple[bytes, list[float]]:
    """Return the word and the values of a line, or raise what is wrong with it."""
    # Only a space ends a word: it may contain other white space of Unicode.
    word, *texts = line.rstrip(b" \r\n").split(b" ")
    if spaces == "keep" and dim is not None and len(texts) > dim:
        word = b" ".join([word, *texts[:-dim]])
        texts = texts[-dim:]
    values = parse_numbers(texts)
    if not values or len(values) != (dim or len(values)):
        raise _malformed_line(line, texts, position, dim)
    return word, values


def parse_numbers(texts: Sequence[bytes]) -> list[float] | None:
    """Convert texts to numbers; return None if one is not a decimal number."""
    try:
        values = list(map(float, texts))
    except ValueError:
        return None
    # float() accepts digits grouped by underscores, which no program writes.
    return None if b"_" in b"".join(texts) else values


def _malformed_line(
    line: bytes, texts: Sequence[bytes], position: str, dim: int | None
) -> ValueError:
    """Describe what is wrong with a line that is not a word and `dim` numbers."""
    if re.search(rb"[\x00-\x08\x0e-\x1f]", line):
        reason = "not text; if the file is binary, read it with binary=True"
    elif not texts or len(texts) != (dim or len(texts)):
        values = "its" if dim is None else dim
        reason = f"expected a word and {values} values, got {len(texts)} values"
        if dim is not None and parse_numbers(texts[-dim:]) and len(texts) > dim:
            reason += (
                "; if the word contains spaces, spaces='keep' (on the command line "
                "--in-spaces keep) reads it"
            )
    else:
        wrong = next(i for i, text in enumerate(texts) if parse_numbers([text]) is None)
        reason = f"value {wrong + 1} is {texts[wrong][:40]!r}, not a number"
    return ValueError(f"{position}: {reason}")


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
                    "limit"
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
        raise ValueError(message)
