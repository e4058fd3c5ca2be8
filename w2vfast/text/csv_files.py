"""A column of a CSV or TSV file, read in blocks by pyarrow."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

from w2vfast.system.log import logger
from w2vfast.text.arrow_types import column_number
from w2vfast.text.pyarrow_files import open_stream, open_text, pyarrow_module

BLOCK_BYTES = 1 << 22  # no row may be longer
_DELIMITERS = (",", ";", "\t", "|")  # of a CSV file; the first of equally good ones
_FIRST_ROWS = 20  # which tell the delimiter,
_FIRST_LINES = 100  # in lines, of which a quoted field may have several
_NAMED_DELIMITER = re.compile(r'"?sep=(.)"?[\r\n]*')


def _open(
    delimiters: Sequence[str], path: str, column: str | None, files: ExitStack
) -> Any:
    pa = pyarrow_module("pyarrow", path)
    arrow_csv = pyarrow_module("pyarrow.csv", path)
    top = _top(path, column, delimiters)
    names = top.names
    # Empty names are those of a title, or of cells without a name.
    table = f"{path!r}, by its first line," if "" in names[1:] else repr(path)
    name = names[column_number(names, column, table)]
    _check_utf8(name, path)
    if column is None:  # a file without a header shows here
        logger.info("%r: reading its only column, named %r.", path, name)
    return arrow_csv.open_csv(
        open_stream(path, files),
        read_options=arrow_csv.ReadOptions(
            block_size=BLOCK_BYTES, skip_rows=top.n_skipped
        ),
        parse_options=arrow_csv.ParseOptions(
            delimiter=top.delimiter, newlines_in_values=True
        ),
        convert_options=arrow_csv.ConvertOptions(
            include_columns=[name],
            # Bytes that are no UTF-8 are kept, as in text.
            column_types={name: pa.binary()},
            strings_can_be_null=False,
        ),
    )


open_csv = partial(_open, _DELIMITERS)
open_tsv = partial(_open, "\t")


def explain_csv(path: str, column: str | None, reason: str) -> str:
    """Return what is wrong with a CSV file, and what to do; see `ColumnFormat`."""
    del column
    if "straddl" in reason:
        return (
            f"a row is longer than {BLOCK_BYTES:,} bytes. Split it, or write the table "
            "as Parquet."
        )
    if "Expected" not in reason:
        return reason
    return (
        f"{reason.rstrip('.')}. Put quotes around fields that hold delimiters, quotes "
        "or line ends; name a text without columns so that it ends in .txt."
    )


class _Top(NamedTuple):
    """What the first lines of a file tell.

    Attributes
    ----------
    n_skipped : int
        Lines before the header: empty ones, comments, and "sep=;" of spreadsheets.
    delimiter : str
    names : list of str
        The columns.
    """

    n_skipped: int
    delimiter: str
    names: list[str]


def _top(path: str, column: str | None, delimiters: Sequence[str]) -> _Top:
    """Look at the first lines of a file."""
    lines, n_skipped = _first_lines(path), 0
    while n_skipped < len(lines) and not lines[n_skipped].strip():
        n_skipped += 1
    named = _NAMED_DELIMITER.fullmatch("".join(lines[n_skipped : n_skipped + 1]))
    if named:
        delimiters, n_skipped = named[1], n_skipped + 1
    n_header = next(
        (k for k in range(n_skipped, len(lines)) if not lines[k].startswith("#")),
        n_skipped,
    )
    delimiter, names = _header(lines[n_header:], delimiters)
    # A header may begin with the sign of a comment.
    if n_header > n_skipped:
        last = _rows(lines[n_header - 1 : n_header], delimiter)[0]
        if len(last) == len(names) and not _is_comment(last, names, column):
            n_header, names = n_header - 1, last
    return _Top(n_header, delimiter, names)


def _is_comment(row: list[str], names: list[str], column: str | None) -> bool:
    """Tell whether a row that begins with # is no header, but the next row is."""
    if column is None:
        return len(row) == 1 and row[0].startswith("# ")
    return column in names and column not in row


def _header(lines: Sequence[str], delimiters: Sequence[str]) -> tuple[str, list[str]]:
    """Return the delimiter of lines, and the names of their columns.

    The delimiter is the one that splits the header, and if possible the first rows
    likewise, into the most columns.  A name with a quote was split within quotes.
    """
    best, names = delimiters[0], list[str]()
    best_fit = (False, 0)
    for delimiter in delimiters:
        rows = _rows(lines, delimiter)
        n_columns = len(rows[0])
        fits = n_columns > 1 and all(len(row) == n_columns for row in rows)
        fits = fits and '"' not in "".join(rows[0])
        if (fits, n_columns) > best_fit:
            best, names, best_fit = delimiter, rows[0], (fits, n_columns)
    return best, names


def _check_utf8(name: str, path: str) -> None:
    """Raise ValueError for a name that pyarrow cannot be asked for."""
    try:
        name.encode()
    except UnicodeEncodeError as error:
        message = (
            f"the name of the column {name!r} of {path!r} is no UTF-8. Convert the "
            "file, or rename the column."
        )
        raise ValueError(message) from error


def _first_lines(path: str) -> list[str]:
    """Return lines that hold the first rows; the last may be cut off."""
    lines, n_read = list[str](), 0
    with ExitStack() as files:
        text = open_text(path, files)
        while len(lines) < _FIRST_LINES and n_read < BLOCK_BYTES:
            lines.append(text.readline(BLOCK_BYTES))
            n_read += len(lines[-1])
    return lines


def _rows(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    """Return the first rows, at least one, without empty lines."""
    rows: list[list[str]] = []
    found = csv.reader(lines, delimiter=delimiter)
    try:
        for row in islice(found, _FIRST_ROWS):
            rows += [row] if row else []
    except csv.Error:  # a field that is too long for a header
        rows.append([])
    return rows or [[]]
