"""The files of the C program: words and vectors in text or binary, and counts.

V is the number of rows (words), D the number of values in each.
"""

from __future__ import annotations

import io
import itertools
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from w2vfast.files import BUFFER_BYTES, InputFile, PathLike

Words = Sequence[str | int]
FloatArray = npt.NDArray[np.floating[Any]]

# --- writing word2vec files ---------------------------------------------------

_BLOCK_VALUES = 1 << 16  # [float32 values] formatted at a time
# The characters at which the C tools and this package's own text reader cut words.
_WHITE_SPACE = re.compile(rb"[ \t\r\n]")


def write_word2vec(
    file: BinaryIO,
    words: Words,
    vectors: FloatArray,
    *,
    binary: bool = False,
    c_text: bool = False,
) -> None:
    r"""Write words and vectors in the format of the C program.

    The first line is ``V D``.  A row is the word, a space and the vector: in binary
    D little-endian float32 values and a newline; in text D numbers.

    Parameters
    ----------
    file : binary file
        Open for writing, for example from `open_output`.
    words : sequence of str or int, length V
        Written as UTF-8, with surrogateescape; numbers as digits.
    vectors : ndarray of float, shape (V, D)
        Written as float32.
    binary : bool, default False
        Binary rather than text.
    c_text : bool, default False
        Write what the C program writes: in text every value as ``%lf`` with a space
        after it, byte for byte as glibc prints it, and words may be empty.
        Otherwise a value has as few significant digits as read back as the same
        float32, at most 9, and there is no space at the end of the line.

    Raises
    ------
    ValueError
        If the lengths differ, or a word holds white space or (unless `c_text`) is
        empty, so that no reader could find its end.  Nothing is written then.
    """
    values = np.asarray(vectors)
    if values.ndim != 2 or len(words) != len(values):
        message = (
            f"got {len(words)} words and vectors of shape {values.shape}; "
            "pass one row of a 2-D array for each word"
        )
        raise ValueError(message)
    names = [_encode(word, row, c_text) for row, word in enumerate(words)]
    n_rows, dim = values.shape
    file.write(b"%d %d\n" % (n_rows, dim))
    step = max(1, _BLOCK_VALUES // max(1, dim))
    for start in range(0, n_rows, step):
        block = values[start : start + step].astype(np.float32)
        if binary:
            rows: Iterable[bytes] = (row.tobytes() for row in block.astype("<f4"))
        elif c_text:
            rows = _c_text_rows(block)
        else:
            rows = _short_text_rows(block)
        pairs = zip(names[start : start + step], rows, strict=True)
        file.writelines(b"%b %b\n" % pair for pair in pairs)


def write_counts(file: BinaryIO, words: Words, counts: Sequence[int]) -> None:
    """Write a line ``word count`` for each word, as gensim's `fvocab`.

    Parameters
    ----------
    file : binary file
        Open for writing.
    words : sequence of str or int, length V
        Written as `write_word2vec` writes them.
    counts : sequence of int, length V
        Occurrences [occurrences].

    Raises
    ------
    ValueError
        If a word holds white space or the lengths differ.
    """
    names = [_encode(word, row, allow_empty=True) for row, word in enumerate(words)]
    file.writelines(b"%b %d\n" % pair for pair in zip(names, counts, strict=True))


def _encode(word: str | int, row: int, allow_empty: bool) -> bytes:
    """Return the bytes of a word, or explain why no reader could read them."""
    trouble = None
    try:
        name = str(word).encode("utf-8", "surrogateescape")
        if _WHITE_SPACE.search(name):
            trouble = "holds white space"
        elif not name and not allow_empty:
            trouble = "is empty"
    except UnicodeEncodeError:
        trouble = "holds half of a surrogate pair, which is no text"
    if trouble:
        message = (
            f"word {word!r} (row {row}) {trouble}, and a word2vec file cannot hold "
            "it: readers end a word at white space. Replace the word before "
            "training (for example its spaces by '_'), or save the model as a "
            "folder, which keeps any word."
        )
        raise ValueError(message)
    return name


def _c_text_rows(block: npt.NDArray[np.float32]) -> Iterator[bytes]:
    """Format rows of values as C's ``%lf`` does, each with a space after it."""
    layout = "%f " * block.shape[1]
    negative_nan = np.isnan(block) & np.signbit(block)
    for row, signed in zip(block.tolist(), negative_nan, strict=True):
        text = layout % tuple(row)
        if signed.any():
            # Python prints no sign; glibc does, and the nan that x86 computes
            # from inf - inf is a negative one.
            texts = text.split(" ")
            for column in np.flatnonzero(signed):
                texts[column] = "-nan"
            text = " ".join(texts)
        yield text.encode("ascii")


def _short_text_rows(block: npt.NDArray[np.float32]) -> Iterator[bytes]:
    """Format rows of values with as few digits as read back to the same float32."""
    # %g drops the zeros at the end, so 9 digits show a number that has been
    # rounded to fewer digits in its short form.
    layout = " ".join(["%.9g"] * block.shape[1])
    for row in _round_short(block).tolist():
        yield (layout % tuple(row)).encode("ascii")


def _round_short(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Round each value to the fewest digits, at most 8, that keep its float32.

    Returns
    -------
    ndarray of float64, same shape
        The rounded values; those that need 9 digits, zeros and values that are not
        finite are returned as they are.
    """
    # Zeros and values that are not finite fail every comparison below.
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        exact = values.astype(np.float64)
        size = np.abs(exact)
        # Two numbers of 6 digits share no float32 but the subnormal ones, so the
        # one that fits is the shortest, and its spare digits are zeros.
        subnormal = (size > 0) & (size < np.finfo(np.float32).tiny)
        fewest = 1 if subnormal.any() else 6
        # Half the distance to the next float32, and a little less, because the
        # scaled values below are off by some units of the last place of a float64.
        # A number halfway between two float32 is therefore not used, though some
        # readers' rounding would bring it back.
        half_ulp = np.ldexp(0.4999999, np.maximum(np.frexp(exact)[1] - 24, -149))
        rounded = exact.copy()
        magnitude = np.floor(np.log10(size))
        for digits in range(8, fewest - 1, -1):
            scale = 10.0 ** (digits - 1 - magnitude)
            short = np.rint(exact * scale) / scale
            same = short.astype(np.float32) == values
            fits = same & (np.abs(short - exact) < half_ulp)
            rounded[fits] = short[fits]
    return rounded


# --- reading word2vec files -----------------------------------------------------

_HEADER = re.compile(rb"[ \t]*([0-9]+)[ \t]+([0-9]+)[ \t]*\r?\n?")
_HEADER_BYTES = 100  # longest first line that can be a header
_CHUNK_BYTES = 1 << 22  # read at a time from a binary file
_CHECK_ROWS = 1024  # rows between two looks for values that are not finite


class _Shape(NamedTuple):
    """What a header says."""

    n_rows: int
    dim: int


def read_word2vec(
    path: PathLike,
    *,
    binary: bool | None = False,
    header: bool = True,
    limit: int | None = None,
    unicode_errors: str = "strict",
    dtype: npt.DTypeLike = np.float32,
) -> tuple[list[str], FloatArray]:
    """Read words and vectors from a word2vec file, text or binary.

    Whatever does not fit the format is an error that says where: a vector is never
    guessed, cut or filled up.  Compressed files (gzip, bz2, xz, zstd) are recognised
    by their first bytes.

    Parameters
    ----------
    path : str or path-like
        The file.
    binary : bool or None, default False
        Binary vectors, with or without a newline after each, rather than text.
        None decides by the first row: text if it is a word and D numbers.
    header : bool, default True
        The first line is ``V D``.  False: there is none (text only), as in GloVe's
        files, and the first row gives the dimension.
    limit : int, optional
        Read at most this many rows [rows].
    unicode_errors : str, default "strict"
        How words that are not UTF-8 are decoded: any error handler of Python.
        "surrogateescape" keeps every byte.
    dtype : dtype, default float32
        A floating-point type for the vectors.

    Returns
    -------
    words : list of str, length V
        In the order of the file; equal words are all kept.
    vectors : ndarray of `dtype`, shape (V, D)
        One row a word.

    Raises
    ------
    OSError
        If the file cannot be opened or read.
    ValueError
        If the file is truncated or longer than its header says, a row has the wrong
        number of values, a value is not a finite number, or a word cannot be
        decoded; with the file's name and the line, or the row and the byte.
    """
    name = os.fspath(path)
    if not header:
        if binary:
            message = "a binary file needs its header; header=False is for text files"
            raise ValueError(message)
        binary = False
    if limit is not None and limit < 1:
        message = f"limit must be at least 1, or None for all rows, got {limit}"
        raise ValueError(message)
    table = _Table(name, unicode_errors, np.dtype(dtype))
    # A number too large for the dtype becomes inf, which the table reports.
    with _open(name) as file, np.errstate(over="ignore", invalid="ignore"):
        shape, start = _read_header(file, name) if header else (None, 0)
        head = file.readline()
        if shape and _is_binary(head, name, shape, binary):
            table.unit = "byte"
            rows = _binary_rows(file, head, name, start, shape)
        else:
            lines = itertools.chain([head] if head else [], file)
            rows = _text_rows(lines, name, shape)
        if limit is not None and (shape is None or limit < shape.n_rows):
            rows = itertools.islice(rows, limit)
        for place, word, values in rows:
            table.add(place, word, values)
    return table.finish(shape)


def read_counts(path: PathLike, unicode_errors: str = "strict") -> dict[str, int]:
    """Read the counts from a vocabulary file as the C program writes it.

    Parameters
    ----------
    path : str or path-like
        Lines of a word, a space and its count.
    unicode_errors : str, default "strict"
        How words that are not UTF-8 are decoded.

    Returns
    -------
    dict of str to int
        The first count of each word [occurrences].

    Raises
    ------
    ValueError
        If a line is not a word and a count; with the file's name and the line.
    """
    name = os.fspath(path)
    counts: dict[str, int] = {}
    with _open(name) as file:
        for number, line in enumerate(file, 1):
            word, _, count = line.rstrip(b" \r\n").rpartition(b" ")
            if not re.fullmatch(rb"[0-9]{1,19}", count):
                message = f"{name}, line {number}: expected 'word count', got {line!r}"
                raise ValueError(message)
            key = _decode(word, unicode_errors, f"{name}, line {number}")
            counts.setdefault(key, int(count))
    return counts


def _open(name: str) -> io.BufferedReader:
    return io.BufferedReader(InputFile(name, name), BUFFER_BYTES)


def _read_header(file: BinaryIO, name: str) -> tuple[_Shape, int]:
    """Read the first line; also return its length, where the rows begin [bytes]."""
    line = file.readline(_HEADER_BYTES)
    match = _HEADER.fullmatch(line)
    shape = _Shape(*map(int, match.groups())) if match else _Shape(0, 0)
    if shape.dim == 0:
        message = (
            f"{name}, line 1: expected a header 'rows dimension', such as b'71291 "
            f"100\\n', got {line[:60]!r}. For a text file that begins with its first "
            "row, say that there is no header."
        )
        raise ValueError(message)
    return shape, len(line)


def _is_binary(head: bytes, name: str, shape: _Shape, binary: bool | None) -> bool:
    """Settle whether the rows are binary, from the caller's word and the first row.

    Parameters
    ----------
    head : bytes
        All up to the first newline after the header.
    """
    if binary is False:
        return False
    word, *texts = head.rstrip(b" \r\n").split(b" ")
    is_text = len(texts) == shape.dim and _parse(texts) is not None
    # Four characters a value fit both; then the caller's word counts.
    fits_both = len(head.rstrip(b"\r\n")) == len(word) + 1 + 4 * shape.dim
    if binary and is_text and not fits_both:
        message = f"{name}, line 2: the file holds text; read it with binary=False"
        raise ValueError(message)
    return binary is True or not is_text


def _parse(texts: Sequence[bytes]) -> list[float] | None:
    """Convert texts to numbers; None if one is not a decimal number."""
    try:
        values = list(map(float, texts))
    except ValueError:
        return None
    # float() takes digits grouped by underscores, which no writer means.
    return None if b"_" in b"".join(texts) else values


Row = tuple[int, bytes, "list[float] | FloatArray"]


def _text_rows(
    lines: Iterable[bytes], name: str, shape: _Shape | None
) -> Iterator[Row]:
    """Yield (line number, word, values) for each row; check their number at the end."""
    n_rows, dim = shape or (None, None)
    number = 1 if shape else 0  # lines read so far
    row = 0
    blank = None
    for line in lines:
        number += 1
        if not line.strip():
            blank = blank or number
            continue
        if blank:
            message = f"{name}, line {blank}: empty line between rows"
            raise ValueError(message)
        if row == n_rows:
            message = (
                f"{name}, line {number}: the header promises {n_rows} rows, and "
                "here is one more; correct the header, or set a limit"
            )
            raise ValueError(message)
        # Only a space ends a word: a word may hold other white space of Unicode.
        word, *texts = line.rstrip(b" \r\n").split(b" ")
        dim = dim or len(texts)
        values = _parse(texts)
        if values is None or len(values) != dim or dim == 0:
            raise _bad_line(line, texts, f"{name}, line {number}", dim)
        yield number, word, values
        row += 1
    if n_rows is None and row == 0:
        message = f"{name} is empty; expected a word and its values on each line"
        raise ValueError(message)
    if n_rows is not None and row < n_rows:
        message = (
            f"{name} ends after line {number}: the header promises {n_rows} rows, "
            f"and there are {row}; the file is truncated, or its header wrong"
        )
        raise ValueError(message)


def _bad_line(
    line: bytes, texts: Sequence[bytes], place: str, dim: int | None
) -> ValueError:
    """Describe what is wrong with a line that is not a word and `dim` numbers."""
    if re.search(rb"[\x00-\x08\x0e-\x1f]", line):
        reason = "not text; if the file is binary, read it with binary=True"
    elif len(texts) != dim:
        reason = f"expected a word and {dim} values, got {len(texts)} values"
    else:
        wrong = next(i for i, text in enumerate(texts) if _parse([text]) is None)
        reason = f"value {wrong + 1} is {texts[wrong][:40]!r}, not a number"
    return ValueError(f"{place}: {reason}")


def _binary_rows(
    file: BinaryIO, buffer: bytes, name: str, start: int, shape: _Shape
) -> Iterator[Row]:
    """Yield (byte offset, word, values) for each row; check that nothing follows.

    Parameters
    ----------
    buffer : bytes
        What has been read after the header.
    start : int
        Offset of `buffer` in the file [bytes].
    """
    n_rows, dim = shape
    newline, pos = False, 0
    for row in range(n_rows):
        # One byte more than the row, to see whether a newline follows.
        while (end := _row_end(buffer, pos, dim)) >= len(buffer):
            more = file.read(_CHUNK_BYTES)
            if not more:
                break
            buffer, start, pos = buffer[pos:] + more, start + pos, 0
        place = start + pos, row + 1
        if end > len(buffer):
            raise _bad_row(
                name, shape, place, f"the file ends at {start + len(buffer)}"
            )
        word, after = buffer[pos : end - 4 * dim - 1], buffer[end : end + 1]
        newline = newline or (row == 0 and after == b"\n")
        if b"\n" in word or (row + 1 < n_rows and newline != (after == b"\n")):
            raise _bad_row(
                name, shape, place, "its length differs from the first row's"
            )
        yield start + pos, word, np.frombuffer(buffer, "<f4", dim, end - 4 * dim)
        pos = end + (after == b"\n")
    if buffer[pos:] or file.read(1):
        message = (
            f"{name}, byte {start + pos}: the header promises {n_rows} rows of {dim} "
            "values, and more bytes follow; correct the header, or set a limit"
        )
        raise ValueError(message)


def _row_end(buffer: bytes, pos: int, dim: int) -> int:
    """Return the end of the row at `pos`, beyond the buffer if its word has no end."""
    space = buffer.find(b" ", pos)
    return space + 1 + 4 * dim if space >= 0 else sys.maxsize


def _bad_row(
    name: str, shape: _Shape, place: tuple[int, int], reason: str
) -> ValueError:
    start, row = place
    message = (
        f"{name}, row {row} of {shape.n_rows}, byte {start}: expected a word, a space "
        f"and {shape.dim} float32 values, but {reason}; the file is truncated or "
        "damaged, or its header is wrong"
    )
    return ValueError(message)


class _Table:
    """The rows read so far.

    The matrix grows with them, so a header that promises too much costs nothing.
    """

    def __init__(self, name: str, unicode_errors: str, dtype: np.dtype[Any]) -> None:
        if dtype.kind != "f":
            message = f"dtype must be a floating-point type, got {dtype}"
            raise ValueError(message)
        self.unit = "line"
        self._name = name
        self._unicode_errors = unicode_errors
        self._words: list[str] = []
        self._vectors: FloatArray = np.empty((0, 0), dtype)
        self._unchecked: list[int] = []  # places of the rows not yet checked

    def add(self, place: int, word: bytes, values: list[float] | FloatArray) -> None:
        """Append a row that begins at `place`, in `unit`."""
        row = len(self._words)
        where = f"{self._name}, {self.unit} {place}"
        self._words.append(_decode(word, self._unicode_errors, where))
        if row == len(self._vectors):
            self._resize(max(_CHECK_ROWS, row + row // 2), len(values))
        self._vectors[row] = values
        self._unchecked.append(place)
        if len(self._unchecked) == _CHECK_ROWS:
            self._check()

    def finish(self, shape: _Shape | None) -> tuple[list[str], FloatArray]:
        """Return words and vectors."""
        self._check()
        dim = shape.dim if shape else self._vectors.shape[1]
        self._resize(len(self._words), dim)
        return self._words, self._vectors

    def _resize(self, n_rows: int, dim: int) -> None:
        self._vectors.resize((n_rows, dim), refcheck=False)

    def _check(self) -> None:
        """Raise if one of the newest rows holds a value that is not finite."""
        stop = len(self._words)
        start = stop - len(self._unchecked)
        finite = np.isfinite(self._vectors[start:stop]).all(axis=1)
        if not finite.all():
            row = int(np.argmin(finite))
            message = (
                f"{self._name}, {self.unit} {self._unchecked[row]}: the vector of "
                f"{self._words[start + row]!r} (row {start + row + 1}) holds a value "
                f"that is not a finite {self._vectors.dtype}"
            )
            raise ValueError(message)
        self._unchecked.clear()


def _decode(word: bytes, unicode_errors: str, where: str) -> str:
    try:
        return word.decode("utf-8", unicode_errors)
    except UnicodeDecodeError as error:
        message = (
            f"{where}: the word {word[:40]!r} is not UTF-8 ({error.reason}); "
            "unicode_errors='surrogateescape' keeps its bytes, 'replace' or 'ignore' "
            "loses some"
        )
        raise ValueError(message) from error
