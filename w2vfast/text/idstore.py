"""Storage for the ids of a corpus: memory or, above a limit, a temporary file."""

import mmap
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2vfast import _text
from w2vfast.system.resources import available_memory, physical_memory

Ids = NDArray[np.int32]
# A row for each block, in order: number of ids, worker that counted the block, and the
# id that its first new word has (or would have).  Shape (n_blocks, 3).
BlockTable = NDArray[np.int64]


class IdStore:
    """Provisional ids in the order of their blocks, in memory or in a file.

    Parameters
    ----------
    memory_limit : int
        Ids are kept in memory up to this size [bytes].
    cache_dir : str or None
        Directory of the file; None is the system's temporary directory.
    max_sentence_length : int, optional
        Split sentences that have more words [ids].

    Notes
    -----
    The file has no name (on Windows, it is deleted when it is closed), so that it
    disappears after an error and even after the process was killed.  It is written
    with `write`, because writing to a memory map on a full disk kills the process.
    """

    def __init__(
        self,
        memory_limit: int,
        cache_dir: str | None,
        max_sentence_length: int | None = None,
    ) -> None:
        self._blocks: list[tuple[int, int, int]] = []  # rows of the block table
        self._memory_limit = memory_limit
        self._cache_dir = cache_dir
        self._memory = _text.IdBuffer()
        self._file: Any = None
        self._n_written = 0  # ids in the file
        self._early: dict[int, tuple[Ids, int, int]] = {}  # blocks that came early
        self._lock = threading.Lock()
        self._cutter = (
            None
            if max_sentence_length is None
            else _text.SentenceCutter(max_sentence_length)
        )

    def put(self, number: int, ids: Ids, worker: int, first_id: int) -> None:
        """Store a copy of a block's ids; blocks may arrive in any order.

        Parameters
        ----------
        number : int
            The block's number, from 0.
        ids : ndarray of int32, shape (n,)
        worker : int
            Who counted the block.
        first_id : int
            The worker's next unused id before it counted the block.
        """
        with self._lock:
            if number != len(self._blocks):
                self._early[number] = (ids.copy(), worker, first_id)
                return
            self._append(ids, worker, first_id)
            while len(self._blocks) in self._early:
                self._append(*self._early.pop(len(self._blocks)))

    def block_table(self) -> BlockTable:
        """Return what is known of each block; see `BlockTable`."""
        return np.array(self._blocks, dtype=np.int64).reshape(-1, 3)

    def take(self) -> Ids:
        """Return all ids as one writable array."""
        if self._file is None:
            return self._memory.array()
        with _explained(self._cache_dir, "read back"):
            mapping = mmap.mmap(self._file.fileno(), 4 * self._n_written)
        return np.frombuffer(mapping, dtype=np.int32)

    def take_first(self, n: int) -> Ids:
        """Return the first n ids and release the rest; no other array is in use."""
        if n == 0:
            return np.empty(0, dtype=np.int32)
        # What another array or mapping still uses cannot be released; it is kept.
        if self._file is None:
            with suppress(BufferError):
                self._memory.truncate(n)
        else:
            with suppress(OSError):
                self._file.truncate(4 * n)
            self._n_written = n
        return self.take()[:n]

    def close(self) -> None:
        """Close the file; arrays made from it stay valid."""
        if self._file is not None:
            self._file.close()
        self._memory = _text.IdBuffer()

    def _append(self, ids: Ids, worker: int, first_id: int) -> None:
        if self._cutter is not None:
            ids = self._cutter.cut(ids)
        self._blocks.append((ids.size, worker, first_id))
        n_bytes = 4 * (len(self._memory) + ids.size)
        if self._file is None and n_bytes <= self._memory_limit:
            self._memory.append(ids)
            return
        with _explained(self._cache_dir, "write"):
            if self._file is None:
                self._move_to_file()
            self._write(ids)

    def _move_to_file(self) -> None:
        self._file = tempfile.TemporaryFile(  # noqa: SIM115, `close` closes it
            dir=self._cache_dir, buffering=0
        )
        if len(self._memory):
            self._write(self._memory.array())
        self._memory = _text.IdBuffer()

    def _write(self, ids: Ids) -> None:
        remaining = ids.data.cast("B")
        while remaining:
            remaining = remaining[self._file.write(remaining) :]
        self._n_written += ids.size


@contextmanager
def _explained(cache_dir: str | None, action: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        message = (
            f"cannot {action} the file of the corpus's ids ({error.strerror}); set "
            "cache_dir to a directory with 4 free bytes for each word, or raise "
            "memory_limit"
        )
        directory = cache_dir or tempfile.gettempdir()
        raise OSError(error.errno, message, directory) from error


def default_limit() -> int:
    """Return a quarter of the memory that is available [bytes]."""
    known = (available_memory(), physical_memory())
    return min((size for size in known if size is not None), default=1 << 32) // 4
