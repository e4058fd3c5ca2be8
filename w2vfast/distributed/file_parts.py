"""Deal the text to the ranks: whole files, and parts of long ones.

A rank gets parts from all over the text, in turn: ranks that learn apart from different
topics would disagree more.  No part is read by two ranks.
"""

from __future__ import annotations

import copy
import heapq
import io
import os
import re
import zlib
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from w2vfast.distributed.ranks import RankError, Ranks
from w2vfast.system.files import InputFile
from w2vfast.text.column_files import ColumnFileSource
from w2vfast.text.corpus_files import regular_stat
from w2vfast.text.sources import FileSource, Source

# Of the whole text, whatever the number of ranks, so that another number of them can go
# on with a checkpoint; a long text has more, of `MOST_BYTES`.
PARTS = 1024
LEAST_BYTES, MOST_BYTES = 1 << 12, 1 << 26  # of a part
# For a line end, after which a line is cut at white space: longer than a sentence.
SEARCHED_BYTES = 1 << 14


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
        `SEARCHED_BYTES`, as in a text of one line, the first word after the offset:
        behind a space or tab, else behind a punctuation mark or another character
        that is in no word, else behind any character.
    """
    if offset == 0:
        return 0
    file.seek(offset - 1)
    text = _read(file, SEARCHED_BYTES)
    found = text.find(b"\n")
    if found < 0 and len(text) == SEARCHED_BYTES:
        return offset - 1 + _word_start(text)
    return offset - 1 + (found + 1 if found >= 0 else len(text))


def _word_start(text: bytes) -> int:
    """Return where the first word begins behind the start of a text without a line end.

    Odd bytes are taken for letters.
    """
    space = re.search(rb"[ \t]", text)
    if space:
        return space.end()
    first = 1  # the byte before the offset may end a character
    while first < len(text) and text[first] & 0xC0 == 0x80:
        first += 1
    characters = text[first:].decode("utf-8", "surrogateescape")
    between = re.search(r"[^\w\udc80-\udcff]", characters)
    before = characters[: between.end()] if between else ""
    return first + len(before.encode("utf-8", "surrogateescape"))


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
    RankError
        If another rank finds other files.
    ValueError
        If files cannot be dealt: a pipe, or fewer parts than ranks.
    """
    if ranks.size == 1 or not isinstance(source, (FileSource, ColumnFileSource)):
        return Share(source, [])
    is_text = isinstance(source, FileSource)
    stored = [_stored_size(file) for file in source.files]
    plain = [_plain_size(file) if is_text else None for file in source.files]
    _check_same_files(source.files, stored, ranks)
    parts, sizes = _parts(source.files, plain, stored)
    if len(parts) < ranks.size:
        message = (
            f"{source.name} has fewer parts ({len(parts)}) than there are ranks "
            f"({ranks.size}): compressed files and tables are not cut, and other texts "
            f"into no less than {LEAST_BYTES:,} bytes. Use fewer ranks, or more files."
        )
        raise ValueError(message)
    places = dealt(sizes, ranks.size)[ranks.index]
    share = copy.copy(source)
    share.files = [parts[place] for place in places]
    return Share(share, places)


def dealt(sizes: Sequence[int], n_ranks: int) -> list[list[int]]:
    """Deal parts, each to the rank that has the fewest bytes; equal ones in turn.

    Parameters
    ----------
    sizes : sequence of int
        Of each part, in the order of the text [bytes].
    n_ranks : int

    Returns
    -------
    list of list of int
        For each rank, its parts.
    """
    hands: list[list[int]] = [[] for _ in range(n_ranks)]
    loads = [(0, 0, rank) for rank in range(n_ranks)]
    for place, size in enumerate(sizes):
        n_bytes, n_parts, rank = loads[0]
        hands[rank].append(place)
        heapq.heapreplace(loads, (n_bytes + size, n_parts + 1, rank))
    return hands


def _check_same_files(files: list[Any], sizes: list[int], ranks: Ranks) -> None:
    """Raise RankError, on all ranks, if one finds other files.

    Copies may lie in other folders; a part must be the same bytes in all of them.
    """
    names = "\n".join(os.path.basename(file) for file in files)
    checksum = zlib.crc32(repr(sizes).encode(), zlib.crc32(os.fsencode(names)))
    own = f"{len(files)} files of {sum(sizes):,} bytes (checksum {checksum:08x})"
    ranks.meet("the files of the text")
    for rank, found in enumerate(ranks.gather(own.encode())):
        if found.decode() != own:
            message = (
                f"rank {ranks.index} finds {own}, rank {rank} {found.decode()}: other "
                "names, sizes or order. Give all ranks the same files."
            )
            raise RankError(message)


def _parts(
    files: list[Any], plain: list[int | None], stored: list[int]
) -> tuple[list[Any], list[int]]:
    """Cut files into parts of about the same length, in the order of the text.

    Parameters
    ----------
    files : list of str
    plain : list of int or None
        The size of each file that can be cut [bytes].
    stored : list of int
        The size of each file on disk [bytes].

    Returns
    -------
    parts : list of str or FilePart
    sizes : list of int
        Of each part [bytes].
    """
    length = sum(size or 0 for size in plain) // PARTS
    length = min(max(length, LEAST_BYTES), MOST_BYTES)
    parts: list[Any] = []
    sizes: list[int] = []
    for file, size, on_disk in zip(files, plain, stored, strict=True):
        if size is None or size <= length:
            parts.append(file)
            sizes.append(on_disk)
        else:
            bounds = [*range(0, size, length), size]
            parts += map(FilePart, [file] * len(bounds), bounds, bounds[1:])
            sizes += [stop - start for start, stop in pairwise(bounds)]
    return parts, sizes


def _stored_size(file: Any) -> int:
    """Return the size of a file on disk.

    Raises
    ------
    ValueError
        If it cannot be read by one rank alone.
    """
    entry = regular_stat(file)
    if entry is None:
        message = (
            f"{getattr(file, 'name', file)!r} is no regular file, which several ranks "
            "could share. Give the paths of files that every rank can open."
        )
        raise ValueError(message)
    return entry.st_size


def _plain_size(file: str) -> int | None:
    """Return the size of a file that can be cut; None if it is compressed."""
    with InputFile(file, repr(file)) as opened:
        return opened.plain_size
