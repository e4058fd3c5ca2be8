"""A column of Parquet, Arrow, CSV and JSON Lines files, read in batches by pyarrow."""

from __future__ import annotations

import csv
import importlib
import io
import json
import os
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from typing import Any

from w2vfast.errors import Setting, SettingsError
from w2vfast.system.files import InputFile
from w2vfast.text.arrow_stream import ArrowStream
from w2vfast.text.arrow_types import column_number
from w2vfast.text.column_source import ColumnSource
from w2vfast.text.tokenizers import Tokenizer

BATCH_ROWS = 8192  # of a Parquet file
BLOCK_BYTES = 1 << 20  # of a CSV file
JSON_BLOCK_BYTES = 1 << 24  # of JSON Lines: no line may be longer
_FIRST_LINES = 1000  # of JSON Lines, which tell the type of the column
_COMPRESSED = (".gz", ".bz2", ".zst")
_EXTRA = 'pip install "w2vfast[arrow]"'


class ColumnFileSource(ColumnSource):
    """A column of one or more files; each row is a sentence.

    Parameters
    ----------
    files : sequence of str
        Paths, of files that `is_column_file` knows.
    identity : hashable or None
        Of the files.
    tokenizer : BuiltIn, callable or None
        Splits rows that are strings; None: at white space.
    column : str or None
        Its name; not needed in files of one column.
    """

    def __init__(
        self,
        files: Sequence[str],
        identity: Hashable | None,
        tokenizer: Tokenizer | None = None,
        column: str | None = None,
    ) -> None:
        super().__init__(None, tokenizer, column)
        self.files = list(files)
        self.name = repr(files[0])
        if len(files) > 1:
            self.name += f" and {len(files) - 1} more"
        self._identity = identity

    @property
    def total(self) -> int | None:
        """None: the rows are not counted before they are read."""
        return None

    def streams(self) -> Iterator[ArrowStream]:
        """Yield the data of each file.

        Raises
        ------
        ImportError
            If pyarrow is not installed.
        OSError, ValueError
            If a file cannot be read or has no such column.
        """
        for path in self.files:
            with ExitStack() as files:
                try:
                    reader = _open_column(path, self.column, files)
                except _pyarrow("pyarrow", path).ArrowException as error:
                    message = f"{path!r} cannot be read: {error}"
                    raise ValueError(message) from error
                yield ArrowStream(reader)

    def identity(self) -> Hashable | None:
        """Return a value that is equal for the same files, split in the same way."""
        known = self._identity
        return known and (known, self.tokenizer, self.column)


def is_column_file(file: object) -> bool:
    """Tell by its name whether a file has columns."""
    return isinstance(file, str) and _suffix(file) in _OPENERS


def check_column_files(files: Sequence[Any], column: str | None) -> None:
    """Raise unless all files have columns.

    Raises
    ------
    SettingsError
        If one is text.
    """
    for file in files:
        if not is_column_file(file):
            known = ", ".join(_OPENERS)
            text = (
                f"{file!r} is read as text, which has no columns; {known} have. ",
                "Leave out ",
                *(Setting("column", column), ", or read the files apart."),
            )
            raise SettingsError(text)


def _suffix(path: str) -> str:
    name = path.lower()
    for ending in _COMPRESSED:
        name = name.removesuffix(ending)
    return os.path.splitext(name)[1]


def _open_column(path: str, column: str | None, files: ExitStack) -> Any:
    """Return a reader that exports the batches of a column.

    Parameters
    ----------
    path : str
    column : str or None
    files : ExitStack
        Closes what is opened.
    """
    return _OPENERS[_suffix(path)](path, column, files)


def _pyarrow(module: str, path: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        message = f"reading {path!r} needs the package pyarrow: {_EXTRA}."
        raise ImportError(message) from error


def _open_parquet(path: str, column: str | None, files: ExitStack) -> Any:
    pa = _pyarrow("pyarrow", path)
    file = files.enter_context(_pyarrow("pyarrow.parquet", path).ParquetFile(path))
    schema = file.schema_arrow
    name = schema.names[column_number(schema.names, column, repr(path))]
    batches = file.iter_batches(batch_size=BATCH_ROWS, columns=[name])
    chosen = pa.schema([schema.field(name)])
    return pa.RecordBatchReader.from_batches(chosen, _alone(batches, name))


def _open_arrow(path: str, column: str | None, files: ExitStack) -> Any:
    pa = _pyarrow("pyarrow", path)
    ipc = _pyarrow("pyarrow.ipc", path)
    source = files.enter_context(pa.memory_map(path))
    is_file = source.read(6) == b"ARROW1"
    source.seek(0)
    opened = ipc.open_file if is_file else ipc.open_stream
    schema = opened(source).schema
    number = column_number(schema.names, column, repr(path))
    source.seek(0)
    only = ipc.IpcReadOptions(included_fields=[number])
    reader = files.enter_context(opened(source, options=only))
    batches: Iterable[Any] = reader
    if is_file:
        batches = (reader.get_batch(k) for k in range(reader.num_record_batches))
    name = schema.names[number]
    chosen = pa.schema([schema.field(number)])
    return pa.RecordBatchReader.from_batches(chosen, _alone(batches, name))


def _alone(batches: Iterable[Any], name: str) -> Iterator[Any]:
    """Yield batches that have this column only."""
    for batch in batches:
        yield batch.select([name])


def _open_csv(path: str, column: str | None, files: ExitStack) -> Any:
    pa, arrow_csv = _pyarrow("pyarrow", path), _pyarrow("pyarrow.csv", path)
    with _open_text(path) as start:
        names = next(csv.reader(start), [])
    name = names[column_number(names, column, repr(path))]
    return arrow_csv.open_csv(
        # Not an open file of Python: a thread of pyarrow that still reads one when the
        # program ends waits for ever.
        files.enter_context(pa.input_stream(path)),
        read_options=arrow_csv.ReadOptions(block_size=BLOCK_BYTES),
        parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
        convert_options=arrow_csv.ConvertOptions(
            include_columns=[name],
            # Bytes that are no UTF-8 are kept, as in text.
            column_types={name: pa.binary()},
            strings_can_be_null=False,
        ),
    )


def _open_json(path: str, column: str | None, files: ExitStack) -> Any:
    pa, arrow_json = _pyarrow("pyarrow", path), _pyarrow("pyarrow.json", path)
    with _open_text(path) as lines:
        rows = [_json_row(line, path) for line in islice(lines, _FIRST_LINES)]
    names = list(dict.fromkeys(name for row in rows for name in row))
    name = names[column_number(names, column, repr(path))]
    kind = _json_type(pa, [row.get(name) for row in rows])
    return arrow_json.open_json(
        files.enter_context(pa.input_stream(path)),
        read_options=arrow_json.ReadOptions(block_size=JSON_BLOCK_BYTES),
        parse_options=arrow_json.ParseOptions(
            explicit_schema=pa.schema([(name, kind)]),
            unexpected_field_behavior="ignore",
        ),
    )


def _json_row(line: str, path: str) -> dict[str, Any]:
    try:
        row = json.loads(line) if line.strip() else {}
    except ValueError as error:
        message = f"{path!r} has a line that is no JSON: {error}."
        raise ValueError(message) from error
    if not isinstance(row, dict):
        message = f"{path!r} has a line that is no JSON object, but {line[:40]!r}."
        raise ValueError(message)
    return row


def _json_type(pa: Any, values: Iterable[Any]) -> Any:
    """Return the Arrow type of a column, told by its first values."""
    found = pa.string()
    for value in values:
        if isinstance(value, str):
            return pa.string()
        if isinstance(value, list):
            if value and isinstance(value[0], int):
                return pa.list_(pa.int64())
            found = pa.list_(pa.string())
            if value:
                return found
    return found


def _open_text(path: str) -> io.TextIOWrapper:
    lines = io.BufferedReader(InputFile(path, repr(path)))
    return io.TextIOWrapper(lines, "utf-8-sig", errors="surrogateescape", newline="")


_OPENERS: dict[str, Callable[[str, str | None, ExitStack], Any]] = {
    ".parquet": _open_parquet,
    ".arrow": _open_arrow,
    ".feather": _open_arrow,
    ".csv": _open_csv,
    ".jsonl": _open_json,
}
