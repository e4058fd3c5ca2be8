"""Deal the text to the ranks: whole files, and parts of long ones.

A rank gets parts from all over the text, in turn: ranks that learn apart from different
topics would disagree more.  No part is read by two ranks.
"""

from __future__ import annotations

import copy
import io
from typing import Any, NamedTuple

from w2vfast.distributed.ranks import Ranks
from w2vfast.system.files import InputFile
from w2vfast.text.column_files import ColumnFileSource
from w2vfast.text.corpus_files import regular_stat
from w2vfast.text.sources import FileSource, Source

PARTS_EACH = 32  # for each rank, of the whole text
LEAST_BYTES, MOST_BYTES = 1 << 16, 1 << 26  # of a part
SEARCHED_BYTES = 1 << 20  # for a line end, after which a line is cut at white space


class Share(NamedTuple):
    """What one rank reads.

    Attributes
    ----------
    source : Source
    places : list of int
        For each of its files, a number that increases with its place in the text.
    """

    source: Source
    places: list[int]


class FilePart(io.RawIOBase):
    """The lines of a file that begin from one byte of it on, and before another.

    Parameters
    ----------
    path : str
    start, stop : int
        Bytes.  Two parts that meet at a byte have every line once, also where it lies
        inside a line.
    """

    def __init__(self, path: str, start: int, stop: int) -> None:
        self.name = path
        self._start, self._stop = start, stop
        self._file: io.FileIO | None = None
        self._left: int | None = None  # bytes; None before the first read

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: object) -> int:
        """Read into `buffer`; return how many bytes, 0 at the end."""
        if self._left is None:
            self._left = self._open()
        view = memoryview(buffer).cast("B")[: self._left]  # type: ignore[arg-type]
        n = self._file.readinto(view) if self._file and self._left else 0
        self._left -= n or 0
        if self._file is not None and not n:
            self._file.close()
            self._file = None
        return n or 0

    def _open(self) -> int:
        self._file = io.FileIO(self.name)
        start = line_start(self._file, self._start)
        stop = line_start(self._file, self._stop)
        self._file.seek(start)
        return max(0, stop - start)


def line_start(file: io.RawIOBase, offset: int) -> int:
    """Return where the first line begins at an offset or after it.

    Parameters
    ----------
    file : binary file
        Its position is changed.
    offset : int

    Returns
    -------
    int
        The size of the file if no line begins there.  If there is no line end within
        `SEARCHED_BYTES`, as in a text of one line, the first word after the offset.
    """
    if offset == 0:
        return 0
    file.seek(offset - 1)
    text = _read(file, SEARCHED_BYTES)
    found = text.find(b"\n")
    if found < 0 and len(text) == SEARCHED_BYTES:
        found = text.find(b" ")
    return offset - 1 + (found + 1 if found >= 0 else len(text))


def _read(file: io.RawIOBase, n: int) -> bytes:
    """Read n bytes, or up to the end."""
    parts = []
    while n > 0 and (part := file.read(n)):
        parts.append(part)
        n -= len(part)
    return b"".join(parts)


def share_of(source: Source, ranks: Ranks) -> Share:
    """Return what this rank reads of a text that all ranks name.

    Parameters
    ----------
    source : Source
        Files are dealt; anything else is this rank's own share, which the caller has
        chosen.
    ranks : Ranks

    Raises
    ------
    ValueError
        If files cannot be dealt: a pipe, or fewer tables than ranks.
    """
    if ranks.size == 1 or not isinstance(source, (FileSource, ColumnFileSource)):
        return Share(source, [])
    is_text = isinstance(source, FileSource)
    parts = _parts(source.files, ranks.size) if is_text else source.files
    if len(parts) < ranks.size and not is_text:
        message = (
            f"{source.name} has {len(parts)} files for {ranks.size} ranks, and a table "
            "is read by one rank as a whole. Use fewer ranks, or more files."
        )
        raise ValueError(message)
    places = list(range(ranks.index, len(parts), ranks.size))
    share = copy.copy(source)
    share.files = [parts[place] for place in places]
    return Share(share, places)


def _parts(files: list[Any], n_ranks: int) -> list[Any]:
    """Cut files into parts of about the same length, in the order of the text."""
    sizes = [_plain_size(file) for file in files]
    length = sum(size or 0 for size in sizes) // (PARTS_EACH * n_ranks)
    length = min(max(length, LEAST_BYTES), MOST_BYTES)
    parts: list[Any] = []
    for file, size in zip(files, sizes, strict=True):
        if size is None or size <= length:
            parts.append(file)
        else:
            bounds = [*range(0, size, length), size]
            parts += map(FilePart, [file] * len(bounds), bounds, bounds[1:])
    return parts


def _plain_size(file: Any) -> int | None:
    """Return the size of a file that can be cut; None if it is compressed.

    Raises
    ------
    ValueError
        If it cannot be read by one rank alone.
    """
    if regular_stat(file) is None:
        message = (
            f"{getattr(file, 'name', file)!r} is no regular file, which several ranks "
            "could share. Give the paths of files that every rank can open."
        )
        raise ValueError(message)
    with InputFile(file, repr(file)) as opened:
        return opened.plain_size
