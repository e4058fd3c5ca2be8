"""The first pass over a corpus: words are counted and get provisional ids.

`count_words` reads a source once, on the threads of a `Crew`, which take blocks of it
in order.  Each thread counts words in its own dictionary and writes its own
provisional ids; the `IdStore` keeps them in the order of the blocks.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2vfast import _text
from w2vfast.system.files import InputFile
from w2vfast.system.threads import Crew
from w2vfast.text.idstore import IdStore
from w2vfast.text.sources import (
    FileSource,
    IdCorpus,
    ReaderSource,
    SentenceSource,
    Source,
    open_source,
    token_list,
)

BLOCK_IDS = 1 << 18  # ids that a thread takes at once
EOS = 0


@dataclass
class Job:
    """What encoding a source needs to know."""

    crew: Crew
    store: IdStore
    exact: bool
    max_vocab_size: int
    block_bytes: int

    def counter(self) -> _text.WordCounter:
        """Return an empty dictionary."""
        return _text.WordCounter(self.max_vocab_size)

    def on_each_thread(
        self, count: Callable[[_text.WordCounter, int], None]
    ) -> list[_text.WordCounter]:
        """Call count(dictionary, k) on each thread k; return the dictionaries."""
        counters = [self.counter() for _ in range(self.crew.size)]
        self.crew.run(lambda worker: count(counters[worker], worker))
        return counters


def count_words(source: Source, job: Job) -> list[_text.WordCounter]:
    """Store the provisional ids of a source; return the workers' dictionaries."""
    if isinstance(source, FileSource):
        return _count_text(source, job)
    if isinstance(source, SentenceSource):
        return _count_sentences(source, job)
    return _count_values(source, job)


# ---------------------------------------------------------------------------
# Text
# ---------------------------------------------------------------------------


def _count_text(source: FileSource, job: Job) -> list[_text.WordCounter]:
    if job.exact and len(source.files) != 1:
        message = (
            f"mode='exact' reads one file, as the C program does, got "
            f"{len(source.files)}. Join them, or use mode='fast'."
        )
        raise ValueError(message)
    reader = _BlockReader(source, job)
    try:
        counters = job.on_each_thread(partial(_encode_text, reader, job))
    finally:
        reader.close()
    for name in reader.no_newlines:
        message = (
            f"{name} has carriage returns but no newline, so it is one sentence: "
            "carriage returns are skipped. Convert the line ends to newlines."
        )
        warnings.warn(message, UserWarning, stacklevel=4)
    return counters


def _encode_text(
    reader: _BlockReader, job: Job, counter: _text.WordCounter, worker: int
) -> None:
    """Encode blocks of text until there are none."""
    buffer = np.empty(0, dtype=np.uint8)
    ids = np.empty(0, dtype=np.int32)
    while (block := reader.read(buffer)) is not None:
        job.crew.poll()
        buffer, n, number = block
        if reader.unicode_spaces:
            _text.blank_white_space(buffer, n)
        else:
            n = _text.drop_carriage_returns(buffer, n)
        if ids.size < n or ids.size > 2 * buffer.size:
            ids = np.empty(buffer.size, dtype=np.int32)
        first_id = counter.next_id
        n_ids = counter.encode_text(buffer, n, ids, job.exact)
        job.store.put(number, ids[:n_ids], worker, first_id)


class _BlockReader:
    """Hands out the text of files in blocks that end at white space.

    Notes
    -----
    Threads call `read` in turn.  `no_newlines` names the files that have carriage
    returns but no newline; with `unicode_spaces` these are white space as well.
    """

    def __init__(self, source: FileSource, job: Job) -> None:
        self.no_newlines: list[str] = []
        self.unicode_spaces = isinstance(source, ReaderSource)
        self._joins_lines = isinstance(source, ReaderSource) and source.joins_lines
        self._files = iter(source.files)
        self._job = job
        self._lock = threading.Lock()
        self._file: InputFile | None = None
        self._carry = b""  # the word that the last block's end cut
        self._number = 0
        self._taken = 0  # bytes of the files before this one
        self._newline = self._return = False  # seen in this file

    def read(
        self, buffer: NDArray[np.uint8]
    ) -> tuple[NDArray[np.uint8], int, int] | None:
        """Read the next block into `buffer` or, for a long word, a larger one.

        Returns
        -------
        buffer : ndarray of uint8
        n : int
            Bytes of text; `PADDING` more may be read.
        number : int
            Of the block, from 0.
        """
        with self._job.crew.locked(self._lock):
            while True:
                file = self._file or self._open_next()
                if file is None:
                    return None
                buffer, n = self._fill(file, buffer)
                if n:
                    self._number += 1
                    return buffer, n, self._number - 1

    def close(self) -> None:
        """Close the file in hand, unless a thread that was left behind reads it."""
        if self._lock.acquire(blocking=False):
            if self._file is not None:
                self._file.close()
            self._lock.release()

    def _open_next(self) -> InputFile | None:
        for file in self._files:
            self._newline = self._return = False
            self._file = open_source(file)
            return self._file
        return None

    def _fill(
        self, file: InputFile, buffer: NDArray[np.uint8]
    ) -> tuple[NDArray[np.uint8], int]:
        n = len(self._carry)
        buffer = _with_room(buffer, max(self._job.block_bytes, 2 * n))
        buffer[:n].data[:] = self._carry
        while True:
            room = buffer.size - _text.PADDING - 1  # 1: the newline at the end
            got = file.readinto(buffer[n:room].data)
            if got == 0:
                return buffer, self._finish(file, buffer, n)
            if self.unicode_spaces:
                self._blank_line_ends(buffer[n : n + got])
            else:
                self._note_line_ends(buffer[n : n + got])
            self._job.crew.done = self._taken + file.taken
            self._job.crew.poll()
            n += got
            if n == room:
                cut = _text.after_white_space(buffer, n)
                if cut:
                    self._carry = buffer[cut:n].tobytes()
                    return buffer, cut
                buffer = _with_room(buffer, 2 * n, n)

    def _finish(self, file: InputFile, buffer: NDArray[np.uint8], n: int) -> int:
        self._taken += file.taken
        file.close()
        self._file = None
        self._carry = b""
        if self._return and not self._newline:
            self.no_newlines.append(file.name)
        if self._job.exact:
            return n  # the C program loses a last word without white space
        buffer[n] = ord("\n")
        return n + 1

    def _blank_line_ends(self, text: NDArray[np.uint8]) -> None:
        if self._joins_lines:
            text[text == ord("\n")] = ord(" ")

    def _note_line_ends(self, text: NDArray[np.uint8]) -> None:
        if not self._newline:
            self._newline = _text.has_byte(text, text.size, ord("\n"))
            self._return |= _text.has_byte(text, text.size, ord("\r"))


def _with_room(buffer: NDArray[np.uint8], n: int, kept: int = 0) -> NDArray[np.uint8]:
    """Return a buffer for n bytes of text; its first `kept` bytes are kept."""
    size = n + _text.PADDING + 1
    if buffer.size == size:
        return buffer
    larger = np.zeros(size, dtype=np.uint8)
    larger[:kept] = buffer[:kept]
    return larger


# ---------------------------------------------------------------------------
# Lists of tokens
# ---------------------------------------------------------------------------


def _count_sentences(source: SentenceSource, job: Job) -> list[_text.WordCounter]:
    counter = job.counter()
    size = max(2, min(BLOCK_IDS, job.block_bytes))
    ids = np.empty(size, dtype=np.int32)
    used = 0
    number = 0
    first_id = counter.next_id
    for k, sentence in enumerate(source.sentences):
        tokens = token_list(sentence, k)
        for start in range(0, max(1, len(tokens)), size - 1):
            piece = tokens[start : start + size - 1]
            if used + len(piece) + 1 > size:
                job.store.put(number, ids[:used], 0, first_id)
                number, used, first_id = number + 1, 0, counter.next_id
            used = counter.encode_tokens(piece, ids, used, job.exact)
        ids[used] = EOS
        used += 1
        job.crew.done = k + 1
        job.crew.poll()
    job.store.put(number, ids[:used], 0, first_id)
    return [counter]


# ---------------------------------------------------------------------------
# Arrays of ids
# ---------------------------------------------------------------------------


def _count_values(source: IdCorpus, job: Job) -> list[_text.WordCounter]:
    blocks = _ValueBlocks(source, job)
    return job.on_each_thread(partial(_encode_values, blocks, job))


def _encode_values(
    blocks: _ValueBlocks, job: Job, counter: _text.WordCounter, worker: int
) -> None:
    """Encode blocks of an array of ids until there are none."""
    while (block := blocks.next()) is not None:
        job.crew.poll()
        number, values, ends, start = block
        ids = np.empty(values.size + ends.size, dtype=np.int32)
        first_id = counter.next_id
        n_ids = counter.encode_values(
            values,
            ends,
            ids,
            padding=blocks.corpus.padding,
            separator=blocks.corpus.separator,
            exact=job.exact,
            at=start,
        )
        job.store.put(number, ids[:n_ids], worker, first_id)


class _ValueBlocks:
    """Hands out an array of ids in blocks."""

    def __init__(self, corpus: IdCorpus, job: Job) -> None:
        ids = corpus.ids
        self.corpus = corpus
        self._lock = threading.Lock()
        self._crew = job.crew
        self._number = 0
        row = ids.shape[1] if ids.ndim == 2 else 1
        # Whole rows, so that a row's end is at the same place in each.
        self.size = max(1, min(BLOCK_IDS, job.block_bytes) // max(1, row)) * row

    def next(self) -> tuple[int, NDArray[Any], NDArray[np.int64], int] | None:
        """Return the number, values, sentence ends and start of the next block."""
        with self._lock:
            number = self._number
            self._number += 1
            start = number * self.size
            if start >= self.corpus.ids.size:
                return None
            stop = min(start + self.size, self.corpus.ids.size)
            self._crew.done = stop
        return number, self._values(start, stop), self._ends(start, stop), start

    def _values(self, start: int, stop: int) -> NDArray[Any]:
        ids = self.corpus.ids
        if ids.ndim == 2:
            row = ids.shape[1]
            values = np.ascontiguousarray(ids[start // row : stop // row]).reshape(-1)
        else:
            values = np.ascontiguousarray(ids[start:stop])
        if values.dtype in (np.dtype(np.int32), np.dtype(np.int64)):
            return values
        if values.dtype == np.uint64 and int(values.max()) > np.iinfo(np.int64).max:
            message = f"ids must be in 0 to 2**63 - 1, got {values.max()}"
            raise ValueError(message)
        return values.astype(np.int64)

    def _ends(self, start: int, stop: int) -> NDArray[np.int64]:
        # Relative to the block; an end at its start belongs to the block before.
        corpus = self.corpus
        if corpus.indptr is not None:
            ends = corpus.indptr[1:]
            first = np.searchsorted(ends, start, "right") if start else 0
            last = np.searchsorted(ends, stop, "right")
            return ends[first:last] - start
        if corpus.ids.ndim == 2:
            row = corpus.ids.shape[1]
            return np.arange(row, stop - start + 1, row, dtype=np.int64)
        at_end = stop == corpus.ids.size and int(corpus.ids[-1]) != corpus.separator
        return np.array([stop - start] if at_end else [], dtype=np.int64)
