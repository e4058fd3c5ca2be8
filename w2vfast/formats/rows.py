"""Rows of word2vec files: a word and D values, in text or binary, read with care.

The compiled loops read what is plain, a block of rows at a time, and stop before any
row that is not; the functions here read that row slowly, or say what is wrong with it.
V is the number of rows, D the number of values in each.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Container, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from w2vfast import _text
from w2vfast.formats.spelling import Spaces, unspell

FloatArray = npt.NDArray[np.floating[Any]]

_CHUNK_BYTES = 1 << 22  # read at a time
_BLOCK_BYTES = 1 << 20  # of values that are read at a time
_FIRST_ROWS = 1024  # that there is room for where their number is not known


class Shape(NamedTuple):
    """What a header says."""

    n_rows: int
    dim: int


# ---------------------------------------------------------------------------
# What has been read
# ---------------------------------------------------------------------------


class Window:
    """The bytes of a file that were read and not yet used: data[start:stop].

    Parameters
    ----------
    readinto : callable
        Of the file: fills a buffer and returns how many bytes, 0 at the end.
    """

    def __init__(self, readinto: Callable[[memoryview], int]) -> None:
        self._readinto = readinto
        self._dropped = 0  # bytes before data[0]
        self.data = bytearray(_CHUNK_BYTES)
        self.start = 0
        self.stop = 0

    def __len__(self) -> int:
        return self.stop - self.start

    @property
    def offset(self) -> int:
        """Place of the first unused byte in the file [bytes]."""
        return self._dropped + self.start

    def more(self) -> bool:
        """Read on, so that a row which did not fit may; False at the end of the file.

        Places in `data` change.
        """
        left = self.data[self.start : self.stop]
        if 2 * len(left) > len(self.data):
            self.data = bytearray(2 * len(self.data))
        self.data[: len(left)] = left
        self._dropped += self.start
        self.start, self.stop = 0, len(left)
        with memoryview(self.data) as view:
            while self.stop < len(view):
                n = self._readinto(view[self.stop :])
                if n == 0:
                    break
                self.stop += n
        return self.stop > len(left)

    def find(self, byte: bytes) -> int:
        """Return how many unused bytes come before `byte`, or -1."""
        place = self.data.find(byte, self.start, self.stop)
        return place - self.start if place >= 0 else -1

    def peek(self, size: int) -> bytes:
        """Return the next bytes, at most `size` of them."""
        return bytes(self.data[self.start : min(self.stop, self.start + size)])

    def take(self, size: int) -> bytes:
        """Use the next bytes."""
        taken = self.peek(size)
        self.start += len(taken)
        return taken

    def peek_line(self) -> bytes:
        """Return the bytes up to and with the next newline, or all to the end."""
        while (size := self.find(b"\n")) < 0:
            if not self.more():
                return self.peek(len(self))
        return self.peek(size + 1)


class Table:
    """The rows read so far.

    Parameters
    ----------
    name : str
        The file, for messages.
    dtype : dtype
        Of the vectors; a floating-point type.
    unicode_errors : str
        How words that are not UTF-8 are decoded.
    spaces : {"refuse", "escape", "keep"}
        How words with white space are spelt; see `w2vfast.formats.spelling`.
    finite : bool
        Refuse values that are not finite.
    only : container of str, optional
        Keep the rows of these words.
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
        """Return the number of rows read, whether they were kept or not."""
        return self._n_read

    def expect(self, n_rows: int, dim: int) -> None:
        """Make room for rows; the system gives the memory when they come."""
        self._vectors = np.empty((n_rows, dim), self.dtype)

    def extend(
        self,
        names: Sequence[bytes | bytearray],
        values: npt.ArrayLike,
        unit: str,
        places: Sequence[int],
    ) -> None:
        """Append rows, of which those are kept that are wanted.

        Parameters
        ----------
        names : sequence of bytes or bytearray, length n
        values : array-like of float, shape (n, D)
        unit : {"line", "byte"}
            What `places` counts.
        places : sequence of int, length n
            Where each row begins, for messages.
        """
        rows = np.asarray(values, self.dtype)
        words = []
        for name, place in zip(names, places, strict=True):
            try:
                words.append(unspell(name, self._unicode_errors, self.spaces))
            except ValueError as error:
                message = f"{self.name}, {unit} {place}: {error}"
                raise ValueError(message) from error
        if self._finite and not np.isfinite(rows).all():
            k = int(np.argmin(np.isfinite(rows).all(axis=1)))
            message = (
                f"{self.name}, {unit} {places[k]}: the vector of {words[k]!r} (row "
                f"{len(self) + k + 1}) holds a value that is not a finite {self.dtype}"
            )
            raise ValueError(message)
        self._n_read += len(words)
        if self._only is not None:
            kept = [k for k, word in enumerate(words) if word in self._only]
            words, rows = [words[k] for k in kept], rows[kept]
        start, stop = len(self.words), len(self.words) + len(words)
        self._make_room(stop, rows.shape[1])
        self._vectors[start:stop] = rows
        self.words += words

    def _make_room(self, n_rows: int, dim: int) -> None:
        if n_rows > len(self._vectors):
            room = max(n_rows, _FIRST_ROWS, len(self._vectors) * 3 // 2)
            self._vectors.resize((room, dim), refcheck=False)

    def vectors(self, dim: int | None) -> FloatArray:
        """Return the vectors, shape (V, D), and forget them."""
        dim = self._vectors.shape[1] if dim is None else dim
        self._vectors.resize((len(self.words), dim), refcheck=False)
        return self._vectors


# ---------------------------------------------------------------------------
# Text
# ---------------------------------------------------------------------------


def read_text(
    window: Window, table: Table, shape: Shape | None, limit: int | None, line: int
) -> None:
    """Read rows of text into a table, up to the end of the file or the limit.

    Parameters
    ----------
    window : Window
        At the first row.
    table : Table
        INOUT.
    shape : Shape or None
        What the header promises; None if there is none.
    limit : int or None
        Rows at most; what follows them is not looked at.
    line : int
        Number of the first row's line, from 1.

    Raises
    ------
    ValueError
        If a line is not a word and D numbers, or there are more or fewer rows than
        promised; with the file and the line.
    """
    dim = shape.dim if shape else None
    promised = shape.n_rows if shape else None
    most = _least(limit, promised)
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
        word, values = _slow_line(text, f"{table.name}, line {line}", dim, table.spaces)
        table.extend([word], [values], "line", [line])
        window.take(len(text))
        dim = len(values)
        line += 1
    if len(table) != limit or limit == promised:
        _expect_end_of_text(window, table, promised, line)


def _least(limit: int | None, promised: int | None) -> int | None:
    return min((n for n in (limit, promised) if n is not None), default=None)


def _take_plain_lines(
    window: Window, table: Table, dim: int, most: int | None, line: int
) -> int:
    """Append a block of plain lines to the table; return how many there were."""
    if table.dtype != np.float32:
        return 0
    # As few rows as there can be: a value takes two bytes at least.
    n_rows = _block_rows(dim, len(window) // (2 * dim), table, most)
    values = np.empty((n_rows, dim), np.float32)
    places = np.empty((n_rows, 3), np.int64)
    n_rows = _text.read_text_rows(
        window.data, window.start, window.stop, values, places
    )
    _append(window, table, values[:n_rows], places, "line", range(line, line + n_rows))
    return n_rows


def _block_rows(dim: int, there: int, table: Table, most: int | None) -> int:
    """Return how many rows to read at a time, never more than may be there."""
    wanted = there if most is None else most - len(table)
    return min(there, wanted, max(1, _BLOCK_BYTES // (4 * dim)))


def _append(
    window: Window,
    table: Table,
    values: FloatArray,
    places: npt.NDArray[np.int64],
    unit: str,
    numbers: Sequence[int],
) -> None:
    """Append the rows at `places` of a window to the table and use them up."""
    if len(values) == 0:
        return
    data = window.data
    rows = places[: len(values)].tolist()
    table.extend([data[a:b] for a, b, _ in rows], values, unit, numbers)
    window.start = rows[-1][2]


def _slow_line(
    line: bytes, place: str, dim: int | None, spaces: Spaces
) -> tuple[bytes, list[float]]:
    """Return the word and the values of a line, or say what is wrong with it."""
    # Only a space ends a word: a word may hold other white space of Unicode.
    word, *texts = line.rstrip(b" \r\n").split(b" ")
    if spaces == "keep" and dim is not None and len(texts) > dim:
        word = b" ".join([word, *texts[:-dim]])
        texts = texts[-dim:]
    values = parse_numbers(texts)
    if not values or len(values) != (dim or len(values)):
        raise _bad_line(line, texts, place, dim)
    return word, values


def parse_numbers(texts: Sequence[bytes]) -> list[float] | None:
    """Convert texts to numbers; None if one is not a decimal number."""
    try:
        values = list(map(float, texts))
    except ValueError:
        return None
    # float() takes digits grouped by underscores, which no writer means.
    return None if b"_" in b"".join(texts) else values


def _bad_line(
    line: bytes, texts: Sequence[bytes], place: str, dim: int | None
) -> ValueError:
    """Describe what is wrong with a line that is not a word and `dim` numbers."""
    if re.search(rb"[\x00-\x08\x0e-\x1f]", line):
        reason = "not text; if the file is binary, read it with binary=True"
    elif not texts or len(texts) != (dim or len(texts)):
        values = "its" if dim is None else dim
        reason = f"expected a word and {values} values, got {len(texts)} values"
        if dim is not None and parse_numbers(texts[-dim:]) and len(texts) > dim:
            reason += (
                "; if the word holds spaces, spaces='keep' (on the command line "
                "--in-spaces keep) reads it"
            )
    else:
        wrong = next(i for i, text in enumerate(texts) if parse_numbers([text]) is None)
        reason = f"value {wrong + 1} is {texts[wrong][:40]!r}, not a number"
    return ValueError(f"{place}: {reason}")


def _expect_end_of_text(
    window: Window, table: Table, promised: int | None, line: int
) -> None:
    """Raise unless all rows are there and only blank lines follow."""
    blank = line
    while text := window.take(len(window.peek_line())):
        if text.strip():
            if len(table) == promised:
                message = (
                    f"{table.name}, line {line}: the header promises {promised} rows, "
                    "and here is one more; correct the header, or set a limit"
                )
            else:
                message = f"{table.name}, line {blank}: empty line between rows"
            raise ValueError(message)
        line += 1
    if promised is None and len(table) == 0:
        message = f"{table.name} is empty; expected a word and its values on each line"
        raise ValueError(message)
    if promised is not None and len(table) < promised:
        message = (
            f"{table.name} ends after line {line - 1}: the header promises {promised} "
            f"rows, and there are {len(table)}; the file is truncated, or its header "
            "wrong"
        )
        raise ValueError(message)


# ---------------------------------------------------------------------------
# Binary
# ---------------------------------------------------------------------------


def read_binary(window: Window, table: Table, shape: Shape, limit: int | None) -> None:
    """Read binary rows into a table, with a newline after each row or without.

    Parameters
    ----------
    window : Window
        At the first row.
    table : Table
        INOUT.
    shape : Shape
        What the header promises.
    limit : int or None
        Rows at most; what follows them is not looked at.

    Raises
    ------
    ValueError
        If a row is cut off, or of another kind than the first one, or bytes follow the
        last one; with the file and the byte.
    """
    most = shape.n_rows if limit is None else min(limit, shape.n_rows)
    newline: bool | None = None  # unknown before the first row
    while len(table) < most:
        if newline is not None and _take_whole_rows(
            window, table, shape.dim, most, newline
        ):
            continue
        end = _row_end(window, shape.dim)
        # One byte more than the row, to see whether a newline follows.
        if end >= len(window) and window.more():
            continue
        newline = _take_slow_row(window, table, shape, end, newline)
    if most == shape.n_rows and (len(window) or window.more()):
        message = (
            f"{table.name}, byte {window.offset}: the header promises {shape.n_rows} "
            f"rows of {shape.dim} values, and more bytes follow; correct the header, "
            "or set a limit"
        )
        raise ValueError(message)


def _take_whole_rows(
    window: Window, table: Table, dim: int, most: int, newline: bool
) -> int:
    """Append a block of rows to the table; return how many there were."""
    n_rows = _block_rows(dim, len(window) // (4 * dim), table, most)
    values = np.empty((n_rows, 4 * dim), np.uint8)
    places = np.empty((n_rows, 3), np.int64)
    n_rows = _text.read_binary_rows(
        window.data, window.start, window.stop, values, places, newline
    )
    dropped = window.offset - window.start
    starts = (places[:n_rows, 0] + dropped).tolist()
    _append(window, table, values[:n_rows].view("<f4"), places, "byte", starts)
    return n_rows


def _row_end(window: Window, dim: int) -> int:
    """Return the size of the next row, more than there is if its word has no end."""
    space = window.find(b" ")
    return space + 1 + 4 * dim if space >= 0 else sys.maxsize


def _take_slow_row(
    window: Window, table: Table, shape: Shape, end: int, newline: bool | None
) -> bool:
    """Append the next row to the table; return whether a newline follows each row."""
    start = window.offset
    if end > len(window):
        raise _bad_row(table, shape, start, f"the file ends at {start + len(window)}")
    row = window.take(end)
    word = row[: -4 * shape.dim - 1]
    after = window.peek(1) == b"\n"
    newline = after if newline is None else newline
    is_last = len(table) + 1 == shape.n_rows
    if b"\n" in word or (newline != after and not is_last):
        reason = "its length differs from the first row's"
        raise _bad_row(table, shape, start, reason)
    values = np.frombuffer(row, "<f4", shape.dim, len(word) + 1)
    table.extend([word], values[None, :], "byte", [start])
    window.take(after)
    return newline


def _bad_row(table: Table, shape: Shape, start: int, reason: str) -> ValueError:
    message = (
        f"{table.name}, row {len(table) + 1} of {shape.n_rows}, byte {start}: expected "
        f"a word, a space and {shape.dim} float32 values, but {reason}; the file is "
        "truncated or damaged, or its header is wrong"
    )
    return ValueError(message)
