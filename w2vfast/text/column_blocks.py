"""Blocks of rows of a column, handed to several threads."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from w2vfast import _text
from w2vfast.errors import Name, SettingsTypeError
from w2vfast.system.threads import Crew
from w2vfast.text.arrow_columns import Integers, ListColumn, Strings
from w2vfast.text.arrow_types import ColumnType, Kind, column_type
from w2vfast.text.buffers import with_room
from w2vfast.text.column_source import ColumnSource
from w2vfast.text.id_blocks import BLOCK_IDS, as_signed
from w2vfast.text.tokenizers import WHITESPACE, called


class RowBlock(NamedTuple):
    """Rows `start` to `stop` of a column; `number` counts blocks from 0."""

    number: int
    column: Any  # TextColumn or ListColumn
    start: int
    stop: int


class ColumnBlocks:
    """Hands a column to several threads, block by block.

    Parameters
    ----------
    source : ColumnSource
    crew : Crew
        Its progress is updated by the rows handed out.
    block_bytes : int
        Size of a block of strings; of lists, at most `BLOCK_IDS` items.

    Attributes
    ----------
    kind : Kind or None
        What the rows are; None if there are none.
    tokenizer : BuiltIn or callable
        Splits rows that are strings.
    first_blocks : list of int
        For each file that was opened, the number of its first block.

    Raises
    ------
    TypeError, ValueError, OSError
        If the data cannot be used.
    """

    unicode_spaces = False

    def __init__(self, source: ColumnSource, crew: Crew, block_bytes: int) -> None:
        self._source = source
        self._crew = crew
        self._block_bytes = block_bytes
        self._lock = threading.Lock()
        self.first_blocks: list[int] = []
        self._columns = self._open()
        self._start = 0
        self._number = 0
        self._rows_before = 0  # in columns before this one
        self.tokenizer = source.tokenizer or WHITESPACE
        self.kind: Kind | None = None
        self._column = next(self._columns, None)

    def _open(self) -> Iterator[tuple[Any, int]]:
        """Yield the columns of all arrays, and the rows of each."""
        for stream in self._source.streams():
            self.first_blocks.append(self._number)
            source = self._source
            found = column_type(stream.schema, source.column, source.picked)
            self._check(found)
            for array in stream:
                is_text = found.kind is Kind.TEXTS
                column = found.texts(array) if is_text else found.lists(array)
                yield column, array.struct.length

    def _check(self, found: ColumnType) -> None:
        self.kind = self.kind or found.kind
        if found.kind is not self.kind:
            message = (
                f"the column holds {self.kind.value} in one file and "
                f"{found.kind.value} in another. Convert one of them."
            )
            raise SettingsTypeError(message)
        if self._source.tokenizer is not None and found.kind is not Kind.TEXTS:
            text = (
                *(f"the column holds {found.kind.value}, and ", Name("tokenize")),
                " splits strings. Leave it out.",
            )
            raise SettingsTypeError(text)

    def next(self) -> RowBlock | None:
        """Return the next block, or None after the last one."""
        with self._crew.locked(self._lock):
            while self._column is not None:
                column, n_rows = self._column
                if self._start < n_rows:
                    return self._block(column, n_rows)
                self._rows_before += n_rows
                self._start = 0
                self._column = next(self._columns, None)
            return None

    def _block(self, column: Any, n_rows: int) -> RowBlock:
        size = self._block_bytes
        if isinstance(column, ListColumn):
            size = min(BLOCK_IDS, size)
        start = self._start
        rows = max(1, size * n_rows // max(1, column.size(n_rows)))
        self._start = min(start + rows, n_rows)
        self._number += 1
        self._crew.done = self._rows_before + self._start
        return RowBlock(self._number - 1, column, start, self._start)

    def read(
        self, buffer: NDArray[np.uint8]
    ) -> tuple[NDArray[np.uint8], int, int] | None:
        """Read the next rows that are strings, as `TextBlocks.read` does."""
        block = self.next()
        if block is None:
            return None
        strings = block.column.read(block.start, block.stop)
        sizes = np.maximum(strings.sizes, 0)  # a null is an empty sentence
        buffer = with_room(buffer, int(sizes.sum()) + sizes.size)
        n = _text.join_strings(strings.addresses, sizes, buffer)
        return buffer, n, block.number

    def token_lists(self) -> Iterator[Sequence[Any]]:
        """Yield the tokens of each row."""
        rows = self._rows()
        return called(self.tokenizer, rows) if self.kind is Kind.TEXTS else rows

    def _rows(self) -> Iterator[Any]:
        """Yield each row: a str, or a list of str or int."""
        while (block := self.next()) is not None:
            self._crew.poll()
            if isinstance(block.column, ListColumn):
                items, ends = block.column.read(block.start, block.stop)
                tokens = _python_items(items)
                starts = [0, *ends.tolist()]
                yield from (tokens[a:b] for a, b in zip(starts, ends, strict=False))
            else:
                yield from _python_items(block.column.read(block.start, block.stop))


def encode_lists(
    block: RowBlock, counter: _text.WordCounter, ids: NDArray[np.int32]
) -> tuple[NDArray[np.int32], int]:
    """Write the ids of the rows of a block, which are lists.

    Parameters
    ----------
    block : RowBlock
    counter : WordCounter
    ids : ndarray of int32
        Used for the ids if it is large enough.

    Returns
    -------
    ids : ndarray of int32, shape (n or more,)
    n : int
        Number of ids.
    """
    found = block.column.in_place(block.start, block.stop)
    items, ends = found or block.column.read(block.start, block.stop)
    ends = np.ascontiguousarray(ends)
    if isinstance(items, Strings):
        items = _text.StringArray.anywhere(items.addresses, items.sizes, items.limit)
    if isinstance(items, _text.StringArray):
        ids = _ids_for(ids, len(items) + ends.size)
        return ids, counter.encode_strings(items, ends, ids)
    values = as_signed(items.values)
    if values.size and values.min() < 0:
        message = (
            f"ids must be 0 or more, got {values.min()} in the rows {block.start} to "
            f"{block.stop} of the column. Renumber the ids."
        )
        raise ValueError(message)
    ids = _ids_for(ids, values.size + ends.size)
    return ids, counter.encode_values(values, ends, ids)


def _ids_for(ids: NDArray[np.int32], n: int) -> NDArray[np.int32]:
    """Return an array for n ids: `ids` if it is large enough."""
    return ids if ids.size >= n else np.empty(n, dtype=np.int32)


def _python_items(items: Strings | Integers) -> list[Any]:
    if isinstance(items, Integers):
        return list(items.values.tolist())
    return [
        ctypes.string_at(address, max(0, size)).decode("utf-8", "surrogateescape")
        for address, size in zip(
            items.addresses.tolist(), items.sizes.tolist(), strict=True
        )
    ]
