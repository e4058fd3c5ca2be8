"""A column of a Parquet file or of an Arrow file, read in batches by pyarrow."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import Any

from w2vfast.text.arrow_types import column_number
from w2vfast.text.pyarrow_files import pyarrow_module, refuse_compressed

BATCH_ROWS = 8192  # of a Parquet file


def open_parquet(path: str, column: str | None, files: ExitStack) -> Any:
    """Return a reader of a column of a Parquet file; see `ColumnFormat`."""
    refuse_compressed(path)
    pa = pyarrow_module("pyarrow", path)
    parquet = pyarrow_module("pyarrow.parquet", path)
    # By the bytes of its name, which need not be UTF-8.
    source = files.enter_context(pa.OSFile(os.fsencode(path)))
    file = files.enter_context(parquet.ParquetFile(source))
    schema = file.schema_arrow
    name = schema.names[column_number(schema.names, column, repr(path))]
    batches = file.iter_batches(batch_size=BATCH_ROWS, columns=[name])
    chosen = pa.schema([schema.field(name)])
    return pa.RecordBatchReader.from_batches(chosen, _alone(batches, name))


def open_arrow(path: str, column: str | None, files: ExitStack) -> Any:
    """Return a reader of a column of an Arrow file or stream; see `ColumnFormat`."""
    refuse_compressed(path)
    pa = pyarrow_module("pyarrow", path)
    ipc = pyarrow_module("pyarrow.ipc", path)
    source = files.enter_context(pa.memory_map(os.fsencode(path)))
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
    return pa.RecordBatchReader.from_batches(chosen, _checked(batches, name))


def _checked(batches: Iterable[Any], name: str) -> Iterator[Any]:
    """Yield batches of this column, whose offsets lie within its data.

    pyarrow takes the offsets of an Arrow file as they are.
    """
    for batch in _alone(batches, name):
        batch.validate(full=True)
        yield batch


def _alone(batches: Iterable[Any], name: str) -> Iterator[Any]:
    """Yield batches that have this column only."""
    for batch in batches:
        yield batch.select([name])
