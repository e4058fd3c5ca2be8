"""Where the ids of a corpus are kept: in memory or, above a limit, in a file."""

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


class IdStore:
    """Provisional ids in the order of their blocks, in memory or in a file.

    Parameters
    ----------
    limit : int
        Ids are kept in memory up to it [bytes].
    cache_dir : str or None
        Where the file goes; the system's temporary directory when None.
    max_sentence_length : int, optional
        End each sentence after so many ids.

    Notes
    -----
    The file has no name (or goes when it is closed, on Windows), so that it is gone
    after an error too, and even after the process was killed.  It is written with
    `write`, because writing to a mapping of a full disk would end the process.
    """

    def __init__(
        self,
        limit: int,
        cache_dir: str | None,
        max_sentence_length: int | None = None,
    ) -> None:
        self.blocks: list[tuple[int, int, int]] = []  # (ids, worker, first new id)
        self._limit = limit
        self._cache_dir = cache_dir
        self._memory = _text.IdBuffer()
        self._file: Any = None
        self._written = 0  # ids in the file
        self._waiting: dict[int, tuple[Ids, int, int]] = {}
        self._lock = threading.Lock()
        self._cutter = (
            None
            if max_sentence_length is None
            else _text.SentenceCutter(max_sentence_length)
        )

    def put(self, number: int, ids: Ids, worker: int, first_id: int) -> None:
        """Store block `number`, which may come before its turn; `ids` is copied.

        `worker` counted it, whose next new word was to get `first_id`.
        """
        with self._lock:
            if number != len(self.blocks):
                self._waiting[number] = (ids.copy(), worker, first_id)
                return
            self._append(ids, worker, first_id)
            while len(self.blocks) in self._waiting:
                self._append(*self._waiting.pop(len(self.blocks)))

    def take(self) -> Ids:
        """Return all ids as one array that can be written to."""
        if self._file is None:
            return self._memory.array()
        mapping = mmap.mmap(self._file.fileno(), 4 * self._written)
        return np.frombuffer(mapping, dtype=np.int32)

    def take_first(self, n: int) -> Ids:
        """Return the first n ids and give the rest back; no other array is in use."""
        if n == 0:
            return np.empty(0, dtype=np.int32)
        # What cannot be given back, because something still looks at it, stays.
        if self._file is None:
            with suppress(BufferError):
                self._memory.truncate(n)
        else:
            with suppress(OSError):
                self._file.truncate(4 * n)
            self._written = n
        return self.take()[:n]

    def close(self) -> None:
        """Let the file go; arrays made from it stay valid."""
        if self._file is not None:
            self._file.close()
        self._memory = _text.IdBuffer()

    def _append(self, ids: Ids, worker: int, first_id: int) -> None:
        if self._cutter is not None:
            ids = self._cutter.cut(ids)
        self.blocks.append((ids.size, worker, first_id))
        if self._file is None and 4 * (len(self._memory) + ids.size) <= self._limit:
            self._memory.append(ids)
            return
        with _explained(self._cache_dir):
            if self._file is None:
                self._file = tempfile.TemporaryFile(  # noqa: SIM115, it outlives this
                    dir=self._cache_dir, buffering=0
                )
                if len(self._memory):
                    self._write(self._memory.array())
                self._memory = _text.IdBuffer()
            self._write(ids)

    def _write(self, ids: Ids) -> None:
        left = ids.data.cast("B")
        while left:
            left = left[self._file.write(left) :]
        self._written += ids.size


@contextmanager
def _explained(cache_dir: str | None) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        message = (
            f"cannot write the corpus's ids to a file ({error.strerror}); set "
            "cache_dir to a directory with room for 4 bytes a word, or memory_limit "
            "to more bytes"
        )
        place = cache_dir or tempfile.gettempdir()
        raise OSError(error.errno, message, place) from error


def default_limit() -> int:
    """Return a quarter of the memory that is available [bytes]."""
    known = (available_memory(), physical_memory())
    return min((size for size in known if size is not None), default=1 << 32) // 4
