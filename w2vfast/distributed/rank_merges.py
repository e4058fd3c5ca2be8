"""Merge what ranks have learned apart.

A merge makes a row what one process would have made of it, had the ranks trained one
after the other: the change of each rank is transported through what the ranks after it
have learned,

    row = base + sum over ranks j of exp(-strength_j H) (row_j - base),

where `base` is the row after the last merge, H the mean curvature of the loss in a row,
and strength_j the sum over the later ranks of transport * updates * alpha.  This is the
rule by which the threads of one process merge; see docs/how-it-works/threads.md.
Which rank is the last changes from merge to merge.

Differs: IntelLabs/pWord2Vec@672a12b, pWord2Vec_mpi.cpp, averages the rows of ranks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from w2vfast.distributed.merge_times import level_bounds
from w2vfast.distributed.ranks import Ranks

AXES = 16  # directions that are transported apart from the rest
CHUNK_FLOATS = 1 << 20  # of rows that are added up at once
BLOCK_ROWS = 512  # of these, that are transported at once: three times as fast as all


class Curvature(NamedTuple):
    """The mean curvature of the loss in a row of a matrix.

    Attributes
    ----------
    axes : ndarray of float32, shape (K, D)
        Orthonormal directions of the largest curvature.
    values : ndarray of float32, shape (K,)
        Curvature along them.
    rest : float
        Mean curvature along all other directions.
    """

    axes: NDArray[np.float32]
    values: NDArray[np.float32]
    rest: float

    @classmethod
    def of(cls, h: NDArray[np.float64]) -> Curvature:
        """Return the largest part of a symmetric matrix, shape (D, D)."""
        values, columns = np.linalg.eigh(h)
        values = np.maximum(values, 0)
        n_rest = max(0, len(values) - AXES)
        rest = float(values[:n_rest].mean()) if n_rest else 0.0
        axes = np.ascontiguousarray(columns[:, n_rest:].T, dtype=np.float32)
        return cls(axes, values[n_rest:].astype(np.float32), rest)

    def transport(
        self, changes: NDArray[np.float32], strengths: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Return exp(-strength H) change for each row.

        Parameters
        ----------
        changes : ndarray of float32, shape (rows, D)
        strengths : ndarray of float32, shape (rows, 1)

        Returns
        -------
        ndarray of float32, shape (rows, D)
        """
        rest = np.exp(-strengths * np.float32(self.rest))
        along = np.exp(-strengths * self.values) - rest
        moved: NDArray[np.float32] = ((changes @ self.axes.T) * along) @ self.axes
        moved += rest * changes
        return moved


@dataclass
class SharedRows:
    """A matrix that the ranks train apart.

    Attributes
    ----------
    live : ndarray of float32, shape (rows, D)
        INOUT; this rank's, which its threads train.
    base : ndarray of float32, shape (rows, D)
        After the last merge of each row; the same on all ranks.
    updates : ndarray of float32, shape (rows,)
        Of each row in training one kept word, on average.
    bounds : list of int
        From `level_bounds`.
    merged_at : list of ndarray of int64, shape (N,)
        For each level, the kept words of each rank at its last merge.
    """

    live: NDArray[np.float32]
    base: NDArray[np.float32]
    updates: NDArray[np.float32]
    bounds: list[int]
    merged_at: list[NDArray[np.int64]]

    @classmethod
    def of(
        cls, live: NDArray[np.float32], updates: NDArray[np.float64], n_ranks: int
    ) -> SharedRows:
        """Return a matrix as it is before the training."""
        bounds = level_bounds(len(live))
        merged_at = [np.zeros(n_ranks, dtype=np.int64) for _ in bounds[1:]]
        floats = updates.astype(np.float32)
        return cls(live, live.copy(), floats, bounds, merged_at)

    def begin(self, words: NDArray[np.int64]) -> None:
        """Take the matrix, the same on all ranks, as it is now, for merged.

        Parameters
        ----------
        words : ndarray of int64, shape (N,)
            Kept words of each rank so far.
        """
        self.base[...] = self.live
        self.merged_at = [words.copy() for _ in self.merged_at]


def merge_rows(
    ranks: Ranks,
    rows: SharedRows,
    curvature: Curvature,
    words: NDArray[np.int64],
    last: int,
    n_levels: int,
    strength: float,
) -> None:
    """Merge the first levels of a matrix; no thread trains.

    Parameters
    ----------
    ranks : Ranks
    rows : SharedRows
        INOUT
    curvature : Curvature
        The same on all ranks.
    words : ndarray of int64, shape (N,)
        Kept words of each rank so far.
    last : int
        The rank whose change is transported by none.
    n_levels : int
    strength : float
        Transport times learning rate.
    """
    later = _later(ranks, last)
    n_chunk = max(1, CHUNK_FLOATS // rows.live.shape[1])
    for level in range(min(n_levels, len(rows.merged_at))):
        n_words = float((words - rows.merged_at[level])[later].sum())
        rows.merged_at[level] = words.copy()
        for start in range(rows.bounds[level], rows.bounds[level + 1], n_chunk):
            chunk = slice(start, min(start + n_chunk, rows.bounds[level + 1]))
            changes = _own_changes(rows, chunk, curvature, strength * n_words)
            ranks.add_up(changes)
            for block, of_block in _blocks(chunk, changes):
                rows.base[block] += of_block
                rows.live[block] = rows.base[block]


def _own_changes(
    rows: SharedRows, chunk: slice, curvature: Curvature, strength: float
) -> NDArray[np.float32]:
    """Return the transported changes of this rank; nothing comes after the last."""
    changes = np.empty(rows.live[chunk].shape, dtype=np.float32)
    for block, of_block in _blocks(chunk, changes):
        np.subtract(rows.live[block], rows.base[block], out=of_block)
        if strength > 0:
            strengths = np.float32(strength) * rows.updates[block, None]
            of_block[...] = curvature.transport(of_block, strengths)
    return changes


def _blocks(
    chunk: slice, changes: NDArray[np.float32]
) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Cut a chunk of rows, and their changes, into blocks that stay in the cache."""
    for start in range(0, len(changes), BLOCK_ROWS):
        of_block = changes[start : start + BLOCK_ROWS]
        first = chunk.start + start
        yield slice(first, first + len(of_block)), of_block


def _later(ranks: Ranks, last: int) -> Sequence[int]:
    """Return the ranks after this one in an order that ends with `last`."""
    n_later = (last - ranks.index) % ranks.size
    return [(ranks.index + k) % ranks.size for k in range(1, n_later + 1)]


def mean_curvature(
    ranks: Ranks, found: NDArray[np.float64] | None, dim: int
) -> Curvature:
    """Return the mean of what the ranks have found.

    Parameters
    ----------
    ranks : Ranks
    found : ndarray of float64, shape (D, D), or None
        None if this rank has sampled nothing.
    dim : int
        D.

    Returns
    -------
    Curvature
        The same on all ranks.
    """
    sums = np.zeros(dim * dim + 1)
    if found is not None:
        sums[:-1], sums[-1] = found.reshape(-1), 1
    ranks.add_up(sums)
    return Curvature.of(sums[:-1].reshape(dim, dim) / max(1.0, sums[-1]))
