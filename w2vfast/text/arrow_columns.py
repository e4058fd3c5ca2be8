"""Columns of Arrow arrays: rows of strings, of lists of strings, of lists of integers.

The buffers of an array are read in place.  A string is an address and a size in bytes,
so that no Python object is made of it.

Source: the Arrow columnar format,
https://arrow.apache.org/docs/format/Columnar.html.
"""

from __future__ import annotations

import ctypes
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from w2vfast import _text
from w2vfast.text.arrow_stream import Owned, Struct

Int64 = NDArray[np.int64]
Mask = NDArray[np.bool_]

MISSING = -1  # size of a null

INTEGERS = {
    b"c": np.int8,
    b"C": np.uint8,
    b"s": np.int16,
    b"S": np.uint16,
    b"i": np.int32,
    b"I": np.uint32,
    b"l": np.int64,
    b"L": np.uint64,
}
OFFSETS = {b"u": np.int32, b"z": np.int32, b"U": np.int64, b"Z": np.int64}
VIEWS = (b"vu", b"vz")
LISTS = {b"+l": np.int32, b"+L": np.int64}
LIST_VIEWS = {b"+vl": np.int32, b"+vL": np.int64}
FIXED_LIST = b"+w:"
NULLS = b"n"
_VIEW_BYTES = 16
_memory: Any = ctypes.pythonapi.PyMemoryView_FromMemory
_memory.restype = ctypes.py_object
_memory.argtypes = [ctypes.c_void_p, ctypes.c_ssize_t, ctypes.c_int]
_READ = 0x100  # PyBUF_READ


# ---------------------------------------------------------------------------
# Values
# ---------------------------------------------------------------------------


class Strings(NamedTuple):
    """Strings in memory.

    Attributes
    ----------
    addresses : ndarray of uint64, shape (n,)
    sizes : ndarray of int64, shape (n,)
        Bytes; `MISSING` for a null.
    limit : int
        Address before which 16 bytes can be read of each string of up to 12.
    valid : ndarray of bool or None
        Which strings are no nulls; None means all.
    """

    addresses: NDArray[np.uint64]
    sizes: Int64
    limit: int
    valid: Mask | None

    def take(self, chosen: Int64) -> Strings:
        """Return the strings of some positions."""
        valid = None if self.valid is None else self.valid[chosen]
        addresses = np.take(self.addresses, chosen, mode="clip")
        sizes = np.take(self.sizes, chosen, mode="clip")
        return Strings(addresses, sizes, self.limit, valid)

    def without_nulls(self) -> Strings:
        """Return the strings that are no nulls."""
        kept = self.valid
        return Strings(self.addresses[kept], self.sizes[kept], self.limit, None)


class Integers(NamedTuple):
    """Integers, and which of them are no nulls; None means all."""

    values: NDArray[Any]
    valid: Mask | None

    def take(self, chosen: Int64) -> Integers:
        """Return the integers of some positions."""
        valid = None if self.valid is None else self.valid[chosen]
        return Integers(self.values[chosen], valid)

    def without_nulls(self) -> Integers:
        """Return the integers that are no nulls."""
        return Integers(self.values[self.valid], None)


def _nulls(n: int) -> Strings:
    sizes = np.full(n, MISSING, dtype=np.int64)
    return Strings(np.zeros(n, np.uint64), sizes, 0, np.zeros(n, np.bool_))


# ---------------------------------------------------------------------------
# Columns
# ---------------------------------------------------------------------------


class _Column:
    """Rows of an array.

    Parameters
    ----------
    owner : Owned
        Keeps the memory.
    array : ArrowArray
    schema : ArrowSchema
    offset : int, default 0
        The first row, besides the array's own offset.
    """

    def __init__(
        self, owner: Owned, array: Struct, schema: Struct, offset: int = 0
    ) -> None:
        self._owner = owner
        self._array = array
        self._format: bytes = schema.format
        self._offset: int = array.offset + offset

    def _buffer(self, k: int, dtype: Any, first: int, last: int) -> NDArray[Any]:
        """Return values `first` to `last` of a buffer, without a copy."""
        dtype = np.dtype(dtype)
        address = self._array.buffers[k]
        if last <= first or not address:
            return np.zeros(max(0, last - first), dtype)
        n_bytes = (last - first) * dtype.itemsize
        view = _memory(address + first * dtype.itemsize, n_bytes, _READ)
        return np.require(np.frombuffer(view, dtype), requirements="A")

    def _valid(self, first: int, last: int) -> Mask | None:
        """Return which of the array's rows are no nulls, or None for all."""
        if self._array.null_count == 0 or not self._array.buffers[0] or last <= first:
            return None
        packed = self._buffer(0, np.uint8, first // 8, (last + 7) // 8)
        bits = np.unpackbits(packed, bitorder="little")
        return bits[first % 8 : first % 8 + last - first].astype(bool)


class StringColumn(_Column):
    """Rows that are strings, and perhaps indices into a dictionary of strings."""

    def size(self, n_rows: int) -> int:
        """Return the bytes of the first rows."""
        if self._format == NULLS or n_rows == 0:
            return 0
        first, last = self._offset, self._offset + n_rows
        if self._format in VIEWS:
            views = self._buffer(1, np.int32, 4 * first, 4 * last)
            return int(views[::4].sum(dtype=np.int64))
        offsets = self._buffer(1, OFFSETS[self._format], first, last + 1)
        return int(offsets[-1]) - int(offsets[0])

    def read(self, start: int, stop: int) -> Strings:
        """Return the strings of rows `start` to `stop`."""
        if self._format == NULLS:
            return _nulls(stop - start)
        found = self._array_of(self._offset + start, self._offset + stop)
        addresses, sizes = found.located()
        valid = self._valid(self._offset + start, self._offset + stop)
        if valid is not None:
            sizes = np.where(valid, sizes, MISSING)
        return Strings(addresses, sizes, found.limit, valid)

    def in_place(self, start: int, stop: int) -> _text.StringArray | None:
        """Return the strings of rows `start` to `stop`; None if there are nulls."""
        first, last = self._offset + start, self._offset + stop
        if self._format == NULLS or self._valid(first, last) is not None:
            return None
        return self._array_of(first, last)

    def _array_of(self, first: int, last: int) -> _text.StringArray:
        if self._format not in VIEWS:
            offsets = self._buffer(1, OFFSETS[self._format], first, last + 1)
            return _text.StringArray.cut(offsets, self._array.buffers[2] or 0)
        views = self._buffer(1, np.int32, 4 * first, 4 * last)
        # After the data come their sizes.
        data = range(2, self._array.n_buffers - 1)
        bases = np.array([self._array.buffers[k] or 0 for k in data], np.uint64)
        place = (self._array.buffers[1] or 0) + _VIEW_BYTES * first
        return _text.StringArray.viewed(views, place, bases)


class IntegerColumn(_Column):
    """Rows that are integers."""

    def read(self, start: int, stop: int) -> Integers:
        """Return the integers of rows `start` to `stop`."""
        first, last = self._offset + start, self._offset + stop
        values = self._buffer(1, INTEGERS[self._format], first, last)
        return Integers(values, self._valid(first, last))


class DictionaryColumn:
    """Rows that are indices into a dictionary of strings: see `StringColumn`."""

    def __init__(
        self, owner: Owned, array: Struct, schema: Struct, offset: int = 0
    ) -> None:
        self._indices = IntegerColumn(owner, array, schema, offset)
        entries = array.dictionary.contents
        column = StringColumn(owner, entries, schema.dictionary.contents)
        self._entries = column.read(0, entries.length)
        if not entries.length:  # all indices are nulls
            self._entries = _nulls(1)

    def size(self, n_rows: int) -> int:
        """Return the bytes of the first rows, if all entries were equally frequent."""
        n_bytes = int(np.maximum(self._entries.sizes, 0).sum())
        return n_bytes * n_rows // self._entries.sizes.size

    def read(self, start: int, stop: int) -> Strings:
        """Return the strings of rows `start` to `stop`."""
        indices, valid = self._indices.read(start, stop)
        if valid is None:
            return self._entries.take(indices)
        found = self._entries.take(np.where(valid, indices, 0))
        if found.valid is not None:
            valid = valid & found.valid
        sizes = np.where(valid, found.sizes, MISSING)
        return Strings(found.addresses, sizes, found.limit, valid)


class ListColumn(_Column):
    """Rows that are lists of strings or of integers."""

    def __init__(
        self, owner: Owned, array: Struct, schema: Struct, offset: int = 0
    ) -> None:
        super().__init__(owner, array, schema, offset)
        self._items = _flat_column(
            owner, array.children[0].contents, schema.children[0].contents
        )

    def size(self, n_rows: int) -> int:
        """Return the items of the first rows."""
        starts, stops = self._bounds(0, n_rows)
        return int((stops - starts).sum())

    def read(self, start: int, stop: int) -> tuple[Strings | Integers, Int64]:
        """Return the items of rows `start` to `stop`, without nulls, and the row ends.

        Returns
        -------
        items : Strings or Integers
        ends : ndarray of int64, shape (stop - start,)
            Where each row ends among the items.
        """
        starts, stops = self._bounds(start, stop)
        ends = np.cumsum(stops - starts)
        if not ends.size or not ends[-1]:
            return self._items.read(0, 0), ends
        if _follow(starts, stops):
            items = self._items.read(int(starts[0]), int(stops[-1]))
        else:
            items = self._gathered(starts, stops, ends)
        if items.valid is None or items.valid.all():
            return items, ends
        before = np.concatenate([[0], np.cumsum(items.valid, dtype=np.int64)])
        return items.without_nulls(), before[ends]

    def in_place(self, start: int, stop: int) -> tuple[_text.StringArray, Int64] | None:
        """Return what `read` does without a copy; None if that cannot be.

        It can be if the items are strings that follow each other, none of them a null.
        """
        starts, stops = self._bounds(start, stop)
        if not isinstance(self._items, StringColumn) or not _follow(starts, stops):
            return None
        strings = self._items.in_place(int(starts[0]), int(stops[-1]))
        return None if strings is None else (strings, np.cumsum(stops - starts))

    def _bounds(self, start: int, stop: int) -> tuple[Int64, Int64]:
        first, last = self._offset + start, self._offset + stop
        if self._format.startswith(FIXED_LIST):
            length = int(self._format[len(FIXED_LIST) :])
            starts = np.arange(first, last, dtype=np.int64) * length
            stops = starts + length
        elif self._format in LISTS:
            offsets = self._buffer(1, LISTS[self._format], first, last + 1)
            wide = offsets.astype(np.int64, copy=False)
            starts, stops = wide[:-1], wide[1:]
        else:
            dtype = LIST_VIEWS[self._format]
            starts = self._buffer(1, dtype, first, last).astype(np.int64, copy=False)
            stops = starts + self._buffer(2, dtype, first, last)
        valid = self._valid(first, last)
        return starts, stops if valid is None else np.where(valid, stops, starts)

    def _gathered(self, starts: Int64, stops: Int64, ends: Int64) -> Strings | Integers:
        """Return the items of lists that do not follow each other."""
        lengths = stops - starts
        used = lengths > 0
        low, high = int(starts[used].min()), int(stops[used].max())
        shift = np.repeat(starts - low - (ends - lengths), lengths)
        return self._items.read(low, high).take(shift + np.arange(ends[-1]))


def _follow(starts: Int64, stops: Int64) -> bool:
    """Tell whether there are lists, each of which begins where the last one ends."""
    return starts.size > 0 and bool((starts[1:] == stops[:-1]).all())


TextColumn = StringColumn | DictionaryColumn


def _flat_column(
    owner: Owned, array: Struct, schema: Struct, offset: int = 0
) -> TextColumn | IntegerColumn:
    if schema.dictionary:
        return DictionaryColumn(owner, array, schema, offset)
    if schema.format in INTEGERS:
        return IntegerColumn(owner, array, schema, offset)
    return StringColumn(owner, array, schema, offset)
