"""Parquet: a table with the columns ``key``, ``count`` (if known) and ``vector``.

``key`` is of strings or int64, of binary if a word is not UTF-8; ``vector`` is of lists
of D floating-point numbers.  Polars, pandas and DuckDB read it as it is.

V is the number of words, D the dimension.
"""

from __future__ import annotations

import importlib
import os
from typing import Any

import numpy as np
import numpy.typing as npt

from w2vfast.aliases import Word
from w2vfast.formats.contents import (
    Contents,
    FloatArray,
    ReadOptions,
    WriteOptions,
    as_int64,
    limited_and_checked,
)
from w2vfast.formats.named_arrays import to_arrays
from w2vfast.formats.spelling import spell
from w2vfast.system.files import (
    check_expansion,
    is_damage,
    open_output,
    open_regular,
)

_BATCH_ROWS = 4096


def write(path: str, held: Contents, how: WriteOptions) -> None:
    """Write words, vectors and counts.

    Raises
    ------
    ValueError
        If the words are neither all strings nor all 64-bit integers.
    OSError
        If the file cannot be written.
    """
    table = to_table(held)
    parquet: Any = importlib.import_module("pyarrow.parquet")
    with open_output(path) as file:
        parquet.write_table(table, file, row_group_size=1 << 16)


def to_table(held: Contents) -> Any:
    """Return a table of pyarrow; the vectors are copied if they are no C array.

    Raises
    ------
    ValueError
        As by `write`.
    """
    pa: Any = importlib.import_module("pyarrow")
    arrays = to_arrays(held)
    n_rows, dim = held.vectors.shape
    flat = arrays["vectors"].reshape(-1)
    values = pa.array(flat.astype(flat.dtype.newbyteorder("="), copy=False))
    columns = {"key": _keys(pa, held, arrays["words"])}
    if held.counts is not None:
        columns["count"] = pa.array(arrays["counts"])
    # A list of no values would lose the number of rows.
    columns["vector"] = (
        pa.FixedSizeListArray.from_arrays(values, dim)
        if dim
        else pa.array([[]] * n_rows, pa.list_(values.type))
    )
    return pa.table(columns)


def _keys(pa: Any, held: Contents, packed: npt.NDArray[Any]) -> Any:
    if packed.dtype == np.int64:
        return pa.array(packed)
    names = pa.array(spell(held.words, ends=b"", allow_empty=True), pa.binary())
    try:
        return names.cast(pa.string())
    except pa.ArrowInvalid:  # a word is not UTF-8
        return names


def read(path: str, how: ReadOptions) -> Contents:
    """Read a Parquet file with the columns ``key``, ``vector`` and perhaps ``count``.

    Raises
    ------
    OSError
        If the file cannot be opened.
    ValueError
        If it is damaged or has other columns; names the file.
    """
    pa: Any = importlib.import_module("pyarrow")
    parquet: Any = importlib.import_module("pyarrow.parquet")
    with open_regular(path) as file:
        try:
            opened = parquet.ParquetFile(file, pre_buffer=False)
            names = opened.schema_arrow.names
            wanted = [name for name in ("key", "count", "vector") if name in names]
            size = os.fstat(file.fileno()).st_size
            table = _read_table(path, pa, opened, wanted, size)
        except (pa.ArrowException, OSError) as error:
            if not is_damage(error):
                raise
            message = f"{path}: expected a Parquet file, but {error}"
            raise ValueError(message) from error
    if "key" not in names or "vector" not in names:
        message = (
            f"{path}: expected the columns 'key' and 'vector', found "
            f"{', '.join(map(repr, names))}. Rename them."
        )
        raise ValueError(message)
    counts = None
    if "count" in names:
        values = _integers(path, table.column("count"), "count")
        counts = as_int64(f"{path}: the values of 'count'", values, 0)
    held = Contents(_words(path, pa, table), _vectors(path, pa, table), counts)
    return limited_and_checked(path, held, how)


def _read_table(path: str, pa: Any, opened: Any, names: list[str], size: int) -> Any:
    """Read columns of an open Parquet file of so many bytes, a few rows at a time.

    Equal values take a few bytes, however many they are; so the rows that were read are
    counted.  The file's metadata would tell before, but pyarrow ends the process where
    it is damaged.
    """
    batches, n_bytes = [], 0
    # Without threads, which end the process if there is no memory for one, and do not
    # read this one column of numbers any faster.
    for batch in opened.iter_batches(_BATCH_ROWS, columns=names, use_threads=False):
        n_bytes += batch.nbytes
        announced = f"{path} has at least {n_bytes} bytes of words and numbers"
        check_expansion(announced, n_bytes, size)
        batches.append(batch)
    if not batches:
        return opened.read(names, use_threads=False)
    return pa.Table.from_batches(batches)


def _words(path: str, pa: Any, table: Any) -> list[Word]:
    column = table.column("key")
    if pa.types.is_integer(column.type):
        keys: list[Word] = _integers(path, column, "key").tolist()
        return keys
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    try:
        names = column.to_pylist()
    except UnicodeDecodeError:  # other programs may write such strings
        names = column.cast(pa.binary()).to_pylist()
    if not all(isinstance(name, (str, bytes)) for name in names):
        message = f"{path}: the column 'key' holds {column.type}, or nulls, not strings"
        raise ValueError(message)
    return [
        name if isinstance(name, str) else name.decode("utf-8", "surrogateescape")
        for name in names
    ]


def _integers(path: str, column: Any, name: str) -> npt.NDArray[np.integer[Any]]:
    values: npt.NDArray[np.integer[Any]] = column.to_numpy()
    if column.null_count or values.dtype.kind not in "iu":
        message = f"{path}: the column {name!r} holds {column.type}, or nulls"
        raise ValueError(message)
    return values


def _vectors(path: str, pa: Any, table: Any) -> FloatArray:
    column = table.column("vector").combine_chunks()
    if isinstance(column, pa.ChunkedArray):  # of no chunk
        column = pa.concat_arrays(column.chunks or [pa.array([], column.type)])
    if hasattr(column, "value_lengths") and not column.null_count:
        values, lengths = column.flatten(), column.value_lengths().to_numpy()
        dim = len(values) // max(1, len(column))
        are_numbers = pa.types.is_floating(values.type) and not values.null_count
        if are_numbers and (lengths == dim).all():
            if not len(column) and pa.types.is_fixed_size_list(column.type):
                dim = column.type.list_size
            vectors: FloatArray = values.to_numpy().reshape(len(column), dim)
            return vectors
    message = (
        f"{path}: the column 'vector' holds {column.type}; it must hold lists of "
        "floating-point numbers, all of one length, without nulls"
    )
    raise ValueError(message)
