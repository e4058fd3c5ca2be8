"""Blocks of an array of ids, with the sentence ends that belong to each."""

from __future__ import annotations

import threading
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from w2vfast.system.threads import Crew
from w2vfast.text.sources import IdCorpus

BLOCK_IDS = 1 << 18  # ids that a thread takes at once


class IdBlock(NamedTuple):
    """A run of the values of an array of ids.

    Parameters
    ----------
    number : int
        The block's number, from 0.
    values : ndarray of int32 or int64, shape (n,)
    ends : ndarray of int64, shape (n_ends,)
        A sentence ends before values[ends[k]]; n at most.
    start : int
        Position of values[0] in the array.
    """

    number: int
    values: NDArray[Any]
    ends: NDArray[np.int64]
    start: int


class IdBlocks:
    """Hands an array of ids to several threads, block by block.

    Parameters
    ----------
    corpus : IdCorpus
    crew : Crew
        Its progress is updated by the values handed out.
    block_ids : int
        Values of a block, rounded to whole rows of a 2-D array.
    """

    def __init__(self, corpus: IdCorpus, crew: Crew, block_ids: int) -> None:
        self.corpus = corpus
        self._crew = crew
        self._lock = threading.Lock()
        self._number = 0
        row = corpus.ids.shape[1] if corpus.ids.ndim == 2 else 1
        # Whole rows, so that rows end at the same offsets in every block.
        self._size = max(1, block_ids // max(1, row)) * row

    def next(self) -> IdBlock | None:
        """Return the next block, or None after the last one."""
        n_values = self.corpus.ids.size
        with self._lock:
            number = self._number
            self._number += 1
            start = number * self._size
            if start >= n_values:
                return None
            stop = min(start + self._size, n_values)
            self._crew.done = stop
        return IdBlock(
            number, self._values(start, stop), self._ends(start, stop), start
        )

    def _values(self, start: int, stop: int) -> NDArray[Any]:
        ids = self.corpus.ids
        if ids.ndim == 2:
            row = ids.shape[1]
            values = np.ascontiguousarray(ids[start // row : stop // row]).reshape(-1)
        else:
            values = np.ascontiguousarray(ids[start:stop])
        return as_signed(values)

    def _ends(self, start: int, stop: int) -> NDArray[np.int64]:
        # An end at the start of a block belongs to the block before.
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


def as_signed(values: NDArray[Any]) -> NDArray[Any]:
    """Return integers as int32 or int64, unchanged if they are.

    Raises
    ------
    ValueError
        If one is above 2**63 - 1.
    """
    if values.dtype in (np.dtype(np.int32), np.dtype(np.int64)):
        return values
    largest = np.iinfo(np.int64).max
    if values.dtype == np.uint64 and values.size and int(values.max()) > largest:
        message = (
            f"ids must be in 0 to 2**63 - 1, got {values.max()}. Renumber the ids."
        )
        raise ValueError(message)
    return values.astype(np.int64)
