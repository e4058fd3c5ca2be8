"""Merge the dictionaries of several threads, and find each word's first occurrence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from w2vfast import _text
from w2vfast.system.threads import Crew
from w2vfast.text.idstore import BlockTable, Ids

ID_BITS = 31  # ids are non-negative int32


class BlockPlaces(NamedTuple):
    """Which file each block of a corpus comes from.

    Attributes
    ----------
    first_blocks : list of int
        For each file, its first block; empty if the corpus is no files.
    """

    first_blocks: list[int]

    def of(self, first_seen: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the file of each first occurrence, from `MergedWords`; 0 without."""
        blocks = first_seen >> ID_BITS
        starts = self.first_blocks or [0]
        return np.searchsorted(starts, blocks, side="right") - 1


@dataclass
class MergedWords:
    """The words that one or more workers counted.

    Parameters
    ----------
    counter : WordCounter
        The words and their counts.
    id_maps : dict of int to ndarray of int32
        For each worker, the id in `counter` of each id of the worker's dictionary.
    first_seen : ndarray of int64, shape (next_id,)
        By id, a number that increases with the position of a word's first occurrence.
    """

    counter: _text.WordCounter
    id_maps: dict[int, Ids]
    first_seen: NDArray[np.int64]

    def absorb(self, other: MergedWords) -> None:
        """Add the words of other workers."""
        new_ids = self.counter.absorb(other.counter)
        for worker, id_map in other.id_maps.items():
            self.id_maps[worker] = new_ids[id_map]
        first_seen = np.full(self.counter.next_id, np.iinfo(np.int64).max)
        first_seen[: self.first_seen.size] = self.first_seen
        _text.keep_earliest(first_seen, new_ids, other.first_seen)
        self.first_seen = first_seen

    def most_frequent(self) -> tuple[str | int, int]:
        """Return the most frequent word and its count; the first of several."""
        counts = self.counter.counts()
        word_id = int(np.argmax(counts))
        return self.counter.words(np.array([word_id]))[0], int(counts[word_id])


def merge_dictionaries(
    counters: list[_text.WordCounter], blocks: BlockTable, crew: Crew
) -> MergedWords:
    """Merge the dictionaries of all workers, several pairs at a time.

    Parameters
    ----------
    counters : list of WordCounter
        By worker.  The list is emptied, so that merged dictionaries are freed early.
    blocks : ndarray of int64, shape (n_blocks, 3)
        From `IdStore.block_table`.
    crew : Crew
    """
    parts = [
        MergedWords(
            counter,
            {worker: np.arange(counter.next_id, dtype=np.int32)},
            _first_seen(blocks, worker, counter.next_id),
        )
        for worker, counter in enumerate(counters)
    ]
    counters.clear()
    while len(parts) > 1:
        parts = _merge_pairs(crew, parts)
    return parts[0]


def _merge_pairs(crew: Crew, parts: list[MergedWords]) -> list[MergedWords]:
    targets, absorbed = parts[::2], parts[1::2]

    def work(worker: int) -> None:
        for k in range(worker, len(absorbed), crew.size):
            crew.poll()
            targets[k].absorb(absorbed[k])

    crew.run(work)
    return targets


def _first_seen(blocks: BlockTable, worker: int, next_id: int) -> NDArray[np.int64]:
    """Return, for each id of a worker, a number that orders first occurrences.

    A worker reads its blocks in corpus order and gives ids in increasing order.
    Therefore (block, id) orders the words of all workers; words that are new in the
    same block come from the same worker.
    """
    own_blocks = np.flatnonzero(blocks[:, 1] == worker)
    id_bounds = np.append(blocks[own_blocks, 2], next_id)
    block_of_id = np.repeat(own_blocks, np.diff(id_bounds))
    keys = np.zeros(next_id, dtype=np.int64)
    keys[1:] = (block_of_id << ID_BITS) + np.arange(1, next_id)
    return keys
