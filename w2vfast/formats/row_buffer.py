"""Buffers for reading rows of word2vec files: bytes not yet parsed, rows parsed so far.

V is the number of rows, D the number of values in each.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from w2vfast.formats.spelling import Spaces, at_place, unspell

FloatArray = npt.NDArray[np.floating[Any]]

CHUNK_BYTES = 1 << 22  # bytes read from the file at a time
BLOCK_BYTES = 1 << 20  # bytes of values parsed at a time
_FIRST_ROWS = 1024  # largest initial capacity if the number of rows is unknown


class Shape(NamedTuple):
    """The shape that the header of a file announces."""

    n_rows: int
    dim: int


class ByteWindow:
    """The bytes of a file that were read but not yet parsed: data[start:stop].

    Parameters
    ----------
    readinto : callable
        Method of the file that fills a buffer and returns the number of bytes, 0 at
        the end.
    """

    def __init__(self, readinto: Callable[[memoryview], int]) -> None:
        self._readinto = readinto
        self._dropped = 0  # bytes of the file before data[0]
        self.data = bytearray(CHUNK_BYTES)
        self.start = 0
        self.stop = 0

    def __len__(self) -> int:
        return self.stop - self.start

    @property
    def offset(self) -> int:
        """Offset of data[start] in the file [bytes]."""
        return self._dropped + self.start

    def more(self) -> bool:
        """Read more bytes; return False at the end of the file.

        The buffer doubles if it is more than half full, so that a row of any length
        fits in the end.  Offsets in `data` change.
        """
        n_left = len(self)
        self._dropped += self.start
        # In place, because a line may be nearly as long as memory.
        with memoryview(self.data) as view:
            view[:n_left] = view[self.start : self.stop]
        if 2 * n_left > len(self.data):
            self.data *= 2
        self.start, self.stop = 0, n_left
        with memoryview(self.data) as view:
            while self.stop < len(view):
                n = self._readinto(view[self.stop :])
                if n == 0:
                    break
                self.stop += n
        return self.stop > n_left

    def find(self, byte: bytes) -> int:
        """Return how many unparsed bytes precede `byte`, or -1."""
        found = self.data.find(byte, self.start, self.stop)
        return found - self.start if found >= 0 else -1

    def peek(self, size: int) -> bytes:
        """Return at most `size` of the next bytes without consuming them."""
        with memoryview(self.data) as view:
            return bytes(view[self.start : min(self.stop, self.start + size)])

    def take(self, size: int) -> bytes:
        """Return and consume at most `size` of the next bytes."""
        taken = self.peek(size)
        self.start += len(taken)
        return taken

    def peek_line(self) -> bytes:
        """Return the bytes up to and including the next newline, or all to the end."""
        while (size := self.find(b"\n")) < 0:
            if not self.more():
                return self.peek(len(self))
        return self.peek(size + 1)


class RowTable:
    """The words and vectors parsed so far.

    Parameters
    ----------
    name : str
        The file, for messages.
    dtype : dtype
        Floating-point type of the vectors.
    unicode_errors : str
        Error handler of Python for words that are not UTF-8.
    spaces : {"refuse", "escape", "keep"}
        How words with white space are written; see `w2vfast.formats.spelling`.
    finite : bool
        Raise an error if a value is not finite.
    only : container of str, optional
        Keep only the rows of these words.
    """

    def __init__(
        self,
        name: str,
        dtype: np.dtype[Any],
        unicode_errors: str = "strict",
        spaces: Spaces = "refuse",
        finite: bool = True,
        only: Container[str] | None = None,
    ) -> None:
        if dtype.kind != "f":
            message = f"dtype must be a floating-point type, got {dtype}"
            raise ValueError(message)
        self.name = name
        self.dtype = dtype
        self.spaces = spaces
        self.words: list[str] = []
        self._unicode_errors = unicode_errors
        self._finite = finite
        self._only = only
        self._n_read = 0
        self._vectors: FloatArray = np.empty((0, 0), dtype)

    def __len__(self) -> int:
        """Return the number of rows read, including rows that were not kept."""
        return self._n_read

    def expect(self, n_rows: int, dim: int) -> None:
        """Reserve address space for rows; memory is used only when they arrive."""
        self._vectors = np.empty((n_rows, dim), self.dtype)

    def extend(
        self,
        names: Sequence[bytes | bytearray],
        values: npt.ArrayLike,
        unit: str,
        positions: Sequence[int],
    ) -> None:
        """Check rows and append those that `only` selects.

        Parameters
        ----------
        names : sequence of bytes or bytearray, length n
        values : array-like of float, shape (n, D)
        unit : {"line", "byte"}
            The unit of `positions`.
        positions : sequence of int, length n
            Where each row begins in the file, for messages.

        Raises
        ------
        ValueError
            If a word cannot be decoded or a value is not finite.
        """
        rows = np.asarray(values, self.dtype)
        words = self._decode(names, unit, positions)
        if self._finite and not np.isfinite(rows).all():
            k = int(np.argmin(np.isfinite(rows).all(axis=1)))
            message = (
                f"{self.name}, {unit} {positions[k]}: the vector of {words[k]!r} (row "
                f"{len(self) + k + 1}) contains a value that is not a finite "
                f"{self.dtype}"
            )
            raise ValueError(message)
        self._n_read += len(words)
        if self._only is not None:
            kept = [k for k, word in enumerate(words) if word in self._only]
            words, rows = [words[k] for k in kept], rows[kept]
        start, stop = len(self.words), len(self.words) + len(words)
        self._reserve(stop, rows.shape[1])
        self._vectors[start:stop] = rows
        self.words += words

    def _decode(
        self,
        names: Sequence[bytes | bytearray],
        unit: str,
        positions: Sequence[int],
    ) -> list[str]:
        words = []
        for name, position in zip(names, positions, strict=True):
            try:
                words.append(unspell(name, self._unicode_errors, self.spaces))
            except ValueError as error:
                place = f"{self.name}, {unit} {position}"
                raise at_place(place, error) from error
        return words

    def _reserve(self, n_rows: int, dim: int) -> None:
        if n_rows > len(self._vectors):
            row_bytes = max(1, dim * self.dtype.itemsize)
            first = min(_FIRST_ROWS, BLOCK_BYTES // row_bytes)
            capacity = max(n_rows, first, len(self._vectors) * 3 // 2)
            self._vectors.resize((capacity, dim), refcheck=False)

    def vectors(self, dim: int | None) -> FloatArray:
        """Return the vectors, shape (V, D), without a copy; call it once."""
        dim = self._vectors.shape[1] if dim is None else dim
        self._vectors.resize((len(self.words), dim), refcheck=False)
        return self._vectors


def rows_per_block(dim: int, available: int, table: RowTable, most: int | None) -> int:
    """Return how many rows to parse at once, at most `available`.

    `most` is the number of rows to read in all, or None.
    """
    wanted = available if most is None else most - len(table)
    return min(available, wanted, max(1, BLOCK_BYTES // (4 * dim)))


def consume_rows(
    window: ByteWindow,
    table: RowTable,
    values: FloatArray,
    spans: npt.NDArray[np.int64],
    unit: str,
    positions: Sequence[int],
) -> None:
    """Append parsed rows to the table and consume their bytes.

    Parameters
    ----------
    window : ByteWindow
        INOUT.
    table : RowTable
        INOUT.
    values : ndarray of float, shape (n, D)
    spans : ndarray of int64, shape (at least n, 3)
        Start of the word, end of the word and end of the row in `window.data` [bytes].
    unit, positions
        As for `RowTable.extend`.
    """
    if len(values) == 0:
        return
    data = window.data
    rows = spans[: len(values)].tolist()
    table.extend([data[a:b] for a, b, _ in rows], values, unit, positions)
    window.start = rows[-1][2]
