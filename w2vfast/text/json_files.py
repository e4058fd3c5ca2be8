"""A column of a JSON Lines file, read in blocks by pyarrow."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from functools import partial
from itertools import islice
from typing import Any

from w2vfast.errors import SettingsTypeError, shown
from w2vfast.text.arrow_types import Kind, column_number, kind_message
from w2vfast.text.pyarrow_files import (
    empty_message,
    open_stream,
    open_text,
    pyarrow_module,
)

BLOCK_BYTES = 1 << 24  # no line may be longer
_FIRST_LINES = 1000  # which tell the type of the column
_ITEMS = {Kind.TOKENS: str, Kind.IDS: int}


def open_json(path: str, column: str | None, files: ExitStack) -> Any:
    """Return a reader of a column of a JSON Lines file; see `ColumnFormat`."""
    pa = pyarrow_module("pyarrow", path)
    arrow_json = pyarrow_module("pyarrow.json", path)
    name, kind = _column(path, column)
    types = {
        Kind.TEXTS: pa.string(),
        Kind.TOKENS: pa.list_(pa.string()),
        Kind.IDS: pa.list_(pa.int64()),
    }
    return arrow_json.open_json(
        open_stream(path, files),
        read_options=arrow_json.ReadOptions(block_size=BLOCK_BYTES),
        parse_options=arrow_json.ParseOptions(
            explicit_schema=pa.schema([(name, types[kind])]),
            unexpected_field_behavior="ignore",
        ),
    )


def explain_json(path: str, column: str | None, reason: str) -> str:
    """Return which line of a file is wrong, and how; see `ColumnFormat`."""
    name, kind = _column(path, column)
    try:
        for number, row in _rows(path):
            value = row.get(name)
            if value is not None and not _is_of_kind(value, kind):
                return (
                    f"{name!r} is {shown(value)} in line {number}, and {kind.value} "
                    "before. Give each line a value of the same kind."
                )
    except _LineError as error:
        return str(error)
    return reason


class _LineError(ValueError):
    """A line is no JSON object."""


def _column(path: str, column: str | None) -> tuple[str, Kind]:
    """Return the name of a column, and what its first rows are.

    Raises
    ------
    TypeError
        If they are neither strings nor lists.
    """
    try:
        rows = [row for _, row in islice(_rows(path), _FIRST_LINES)]
    except _LineError as error:
        message = f"{path!r} cannot be read: {error}"
        raise ValueError(message) from error
    if not rows:
        raise ValueError(empty_message(path))
    names = list(dict.fromkeys(name for row in rows for name in row))
    name = names[column_number(names, column, repr(path))]
    values = [row[name] for row in rows if row.get(name) is not None]
    if values and not isinstance(values[0], (str, list)):
        where = f"the column {name!r} of {path!r}"
        raise SettingsTypeError(
            kind_message(where, f"values such as {shown(values[0])}")
        )
    return name, _kind(values)


def _rows(path: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the objects of a file, with the numbers of their lines from 1.

    Raises
    ------
    _LineError
        If a line is no JSON object.
    """
    with ExitStack() as files:
        # A file without line ends, such as a JSON array, may not fit in memory.
        lines = iter(partial(open_text(path, files).readline, BLOCK_BYTES + 1), "")
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield number, _row(line, number)


def _row(line: str, number: int) -> dict[str, Any]:
    if number == 1 and line.lstrip().startswith("["):
        message = (
            "it is a JSON array, and JSON Lines are read, an object in each line. "
            "Convert it: jq -c '.[]' OLD.json > NEW.jsonl, or by pandas: "
            "read_json(OLD).to_json(NEW, orient='records', lines=True)."
        )
        raise _LineError(message)
    if len(line.encode("utf-8", "surrogateescape")) > BLOCK_BYTES:
        message = f"line {number} is longer than {BLOCK_BYTES:,} bytes. Split it."
        raise _LineError(message)
    try:
        row = json.loads(line)
    except RecursionError as error:
        message = f"line {number} has too many lists or objects within each other."
        raise _LineError(message) from error
    except json.JSONDecodeError as error:
        message = (
            f"line {number} is no JSON, but {_start(line)}: {error.msg} at column "
            f"{error.colno}. JSON Lines have an object in each line."
        )
        raise _LineError(message) from error
    except ValueError as error:  # a number of thousands of digits
        message = f"line {number}: {error}."
        raise _LineError(message) from error
    if not isinstance(row, dict):
        message = (
            f"line {number} is no JSON object, but {_start(line)}. JSON Lines have an "
            'object in each line, such as {"text": "the cat sat"}.'
        )
        raise _LineError(message)
    return row


def _start(line: str) -> str:
    text = line.strip()
    return repr(text if len(text) <= 40 else text[:37] + "...")


def _kind(values: Iterable[Any]) -> Kind:
    """Return what a column is, told by its first values."""
    found = Kind.TEXTS
    for value in values:
        if isinstance(value, str):
            return Kind.TEXTS
        if isinstance(value, list):
            if value and isinstance(value[0], int):
                return Kind.IDS
            found = Kind.TOKENS
            if value:
                return found
    return found


def _is_of_kind(value: object, kind: Kind) -> bool:
    if kind is Kind.TEXTS:
        return isinstance(value, str)
    return isinstance(value, list) and all(
        item is None or type(item) is _ITEMS[kind] for item in value
    )
