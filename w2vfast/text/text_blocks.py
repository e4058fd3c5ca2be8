"""Blocks of text from files, cut so that no token is split."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from w2vfast import _text
from w2vfast.system.files import InputFile
from w2vfast.system.threads import Crew
from w2vfast.text.buffers import with_capacity
from w2vfast.text.corpus_files import open_source
from w2vfast.text.file_starts import (
    LEAST_BYTES,
    MARK,
    MOST_BYTES,
    no_text_message,
    odd_text_message,
)
from w2vfast.text.sources import FileSource, ReaderSource
from w2vfast.text.tokenizers import BuiltIn


class TextBlocks:
    """Hands the text of files to several threads, block by block.

    Parameters
    ----------
    source : FileSource
    crew : Crew
        Its progress is updated by the bytes read.
    block_bytes : int
        Size of a block; larger for a word that does not fit.
    exact : bool
        Do not end each file with a newline.
    whole_lines : bool, default False
        Cut blocks after newlines, not as the tokenizer of the source allows, and end
        only a last line that has no newline.

    Attributes
    ----------
    messages : list of str
        Warnings: files with carriage returns but no newline, with NUL bytes, or shorter
        than when they were opened; in exact mode also files that are no text, which it
        reads as the C program does.  In fast mode these are errors.
    unicode_spaces : bool
        White space is that of Unicode, which includes carriage returns.
    first_blocks : list of int
        For each file that was opened, the number of its first block.
    """

    def __init__(
        self,
        source: FileSource,
        crew: Crew,
        block_bytes: int,
        exact: bool,
        whole_lines: bool = False,
    ) -> None:
        self.messages: list[str] = []
        self.first_blocks: list[int] = []
        self.unicode_spaces = isinstance(source, ReaderSource)
        tokenizer = source.tokenizer
        self._cut: Callable[[NDArray[np.uint8], int], int] = _text.after_newline
        if isinstance(tokenizer, BuiltIn) and not whole_lines:
            self._cut = tokenizer.cut
        self._whole_lines = whole_lines
        self._joins_lines = isinstance(source, ReaderSource) and source.joins_lines
        self._files = iter(source.files)
        self._crew = crew
        self._block_bytes = block_bytes
        self._exact = exact
        self._lock = threading.Lock()
        self._file: InputFile | None = None
        self._carry = b""  # the start of the word that the last block's end cut
        self._at_start = False  # of this file
        self._size: int | None = None  # of this file when it was opened [bytes]
        self._number = 0
        self._bytes_before = 0  # in files before this one
        self._has_newline = self._has_return = False  # in this file

    def read(
        self, buffer: NDArray[np.uint8]
    ) -> tuple[NDArray[np.uint8], int, int] | None:
        """Read the next block into `buffer` or, if it does not fit, a larger one.

        Returns
        -------
        buffer : ndarray of uint8
        n : int
            Bytes of text; `PADDING` bytes follow them in the buffer.
        number : int
            The block's number, from 0.
        """
        with self._crew.locked(self._lock):
            while True:
                file = self._file or self._open_next()
                if file is None:
                    return None
                buffer, n = self._fill(file, buffer)
                if n:
                    self._number += 1
                    return buffer, n, self._number - 1

    def close(self) -> None:
        """Close the open file, unless a thread is still reading it."""
        if self._lock.acquire(blocking=False):
            if self._file is not None:
                self._file.close()
            self._lock.release()

    def _open_next(self) -> InputFile | None:
        for file in self._files:
            self._has_newline = self._has_return = False
            self._file = open_source(file)
            self._size = self._file.plain_size
            self._at_start = True
            self.first_blocks.append(self._number)
            return self._file
        return None

    def _fill(
        self, file: InputFile, buffer: NDArray[np.uint8]
    ) -> tuple[NDArray[np.uint8], int]:
        n = len(self._carry)
        least = LEAST_BYTES if self._at_start else 2 * n
        buffer = with_capacity(buffer, max(self._block_bytes, least))
        buffer[:n].data[:] = self._carry
        while True:
            capacity = buffer.size - _text.PADDING - 1  # 1: the newline at the end
            n_read = file.readinto(buffer[n:capacity].data)
            if self._at_start:
                n_read = self._start_file(file, buffer[:capacity], n_read)
            if n_read == 0:
                return buffer, self._end_file(file, buffer, n)
            self._look_at_line_ends(buffer[n : n + n_read])
            self._crew.done = self._bytes_before + file.taken
            self._crew.poll()
            n += n_read
            if n == capacity:
                cut = self._cut(buffer, n)
                if cut:
                    self._carry = buffer[cut:n].tobytes()
                    return buffer, cut
                buffer = with_capacity(buffer, 2 * n, n)

    def _start_file(
        self, file: InputFile, buffer: NDArray[np.uint8], n_read: int
    ) -> int:
        """Look at the first bytes of a file; return how many are its text.

        A pipe may give fewer bytes at once than there are to look at, and who writes
        to it may wait.
        """
        self._at_start = False
        wanted = LEAST_BYTES if self._size is None else MOST_BYTES
        while 0 < n_read < wanted:
            n_more = file.readinto(buffer[n_read:].data)
            if n_more == 0:
                break
            n_read += n_more
        start = buffer[: min(n_read, MOST_BYTES)].tobytes()
        message = no_text_message(file.name, start)
        if message is not None:
            if not self._exact:
                raise ValueError(message)
            self.messages.append(message)
        elif odd := odd_text_message(file.name, start):
            self.messages.append(odd)
        # Readers keep the mark when they are iterated, and exact mode keeps every byte.
        if start.startswith(MARK) and not self._exact and not self.unicode_spaces:
            n_read -= len(MARK)
            buffer[:n_read] = buffer[len(MARK) : len(MARK) + n_read].copy()
        return n_read

    def _end_file(self, file: InputFile, buffer: NDArray[np.uint8], n: int) -> int:
        """Close the file; return the number of bytes in its last block."""
        self._bytes_before += file.taken
        file.close()
        self._file = None
        self._carry = b""
        if self._has_return and not self._has_newline:
            self.messages.append(
                f"{file.name} has carriage returns but no newline, so the whole file "
                "is one sentence. Convert the line ends to newlines."
            )
        if self._size is not None and file.taken < self._size:
            self.messages.append(
                f"{file.name} became shorter while it was read: {file.taken} of "
                f"{self._size} bytes were there. Train again when nothing writes to it."
            )
        if self._exact:
            return n  # the C program drops a last word without white space after it
        if self._whole_lines and (n == 0 or buffer[n - 1] == ord("\n")):
            return n
        buffer[n] = ord("\n")
        return n + 1

    def _look_at_line_ends(self, text: NDArray[np.uint8]) -> None:
        if self._joins_lines:
            text[text == ord("\n")] = ord(" ")
        elif not self.unicode_spaces and not self._has_newline:
            self._has_newline = _text.has_byte(text, text.size, ord("\n"))
            self._has_return |= _text.has_byte(text, text.size, ord("\r"))
