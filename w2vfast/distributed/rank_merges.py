"""Merge what ranks have learned apart.

A merge makes a row what one process would have made of it, had the ranks trained one
after the other: the change of each rank is transported through what the ranks after it
have learned,

    row = base + sum over ranks j of exp(-strength_j H) (row_j - base),

where `base` is the row after the last merge, H the curvature of the loss in a row,
and strength_j the sum over the later ranks of transport * updates * alpha.  This is the
rule by which the threads of one process merge; see docs/how-it-works/threads.md.
Which rank is the last changes from row to row and from merge to merge.

Differs: IntelLabs/pWord2Vec@672a12b, pWord2Vec_mpi.cpp, averages the rows of ranks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from w2vfast import _core
from w2vfast.distributed.merge_times import MergeSchedule
from w2vfast.distributed.ranks import CHUNK_FLOATS, Ranks

AXES = _core.AXES  # directions that are transported apart from the rest
FIRST_REFINEMENTS, REFINEMENTS = 8, 2  # of the axes, at the first merge and later


class SampledCurvature(NamedTuple):
    """The curvature of the loss in the rows of a matrix, as one rank has found it.

    Attributes
    ----------
    matrix : ndarray of float, shape (D, D)
        In an average row.
    scales : ndarray of float, shape (BANDS,)
        What each band of rows has of it; from `_core.Worker.curvature_scales`.
    """

    matrix: NDArray[np.floating[Any]]
    scales: NDArray[np.floating[Any]]


class Curvature(NamedTuple):
    """The mean curvature of the loss in a row of a matrix.

    Attributes
    ----------
    axes : ndarray of float32, shape (K, D)
        Orthonormal directions of the largest curvature.
    values : ndarray of float32, shape (K,)
        Curvature along them, descending.
    rest : float
        Mean curvature along all other directions.
    scales : ndarray of float32, shape (BANDS,)
        Of the rows of each band, over that of an average row.
    """

    axes: NDArray[np.float32]
    values: NDArray[np.float32]
    rest: float
    scales: NDArray[np.float32]

    @classmethod
    def of(
        cls, sampled: SampledCurvature, before: Curvature | None = None
    ) -> Curvature:
        """Return the largest part of a symmetric matrix.

        Parameters
        ----------
        sampled : SampledCurvature
        before : Curvature, optional
            Of almost the same matrix, whose axes are refined.

        Notes
        -----
        Orthogonal iteration with a Rayleigh-Ritz step (Golub and Van Loan, Matrix
        Computations, sections 8.1 and 8.2).  All eigenvectors of the whole matrix
        would take longer, and NumPy would start threads for them, for which ranks that
        share a machine have no processors: a tenth of a second for D = 100.
        """
        h = sampled.matrix
        if before is not None and not before.values.any():
            before = None  # of zeros, which have no axes
        columns = _random_columns(len(h)) if before is None else before.axes.T
        columns = columns.astype(h.dtype)
        for _ in range(FIRST_REFINEMENTS if before is None else REFINEMENTS):
            columns = np.linalg.qr(h @ columns)[0]
        values, turn = np.linalg.eigh(columns.T @ h @ columns)
        columns = columns @ turn
        values = np.maximum(values, 0)
        values, columns = values[::-1], columns[:, ::-1]
        n_rest = len(h) - len(values)
        rest = max(0.0, float(h.trace() - values.sum())) / max(1, n_rest)
        axes = np.ascontiguousarray(columns.T, dtype=np.float32)
        scales = sampled.scales.astype(np.float32)
        values = np.ascontiguousarray(values, dtype=np.float32)
        return cls(axes, values, rest, scales)


def _random_columns(dim: int) -> NDArray[np.floating[Any]]:
    """Return the same on all ranks; no axis is at right angles to all of them."""
    return np.random.default_rng(0).normal(size=(dim, min(AXES, dim)))


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
    bands : ndarray of intp, shape (rows,)
        The band of each row: how many binary digits its number has.
    kinds : ndarray of intp, shape (rows,)
        N times the level of each row, plus its number modulo N.
    ends : list of int
        Of each level, the row after its last one.
    merged_at : list of ndarray of int64, shape (N,)
        For each level, the kept words of each rank at its last merge.
    """

    live: NDArray[np.float32]
    base: NDArray[np.float32]
    updates: NDArray[np.float32]
    bands: NDArray[np.intp]
    kinds: NDArray[np.intp]
    ends: list[int]
    merged_at: list[NDArray[np.int64]]

    @classmethod
    def of(
        cls,
        live: NDArray[np.float32],
        updates: NDArray[np.float64],
        n_ranks: int,
        schedule: MergeSchedule,
    ) -> SharedRows:
        """Return a matrix as it is before the training."""
        ends = schedule.level_bounds(len(live))[1:]
        merged_at = [np.zeros(n_ranks, dtype=np.int64) for _ in ends]
        floats, numbers = updates.astype(np.float32), np.arange(len(live))
        bands = np.frexp(numbers)[1].astype(np.intp)
        levels = np.searchsorted(ends, numbers, "right")
        kinds = (n_ranks * levels + numbers % n_ranks).astype(np.intp)
        return cls(live, live.copy(), floats, bands, kinds, ends, merged_at)

    def begin(self, words: NDArray[np.int64]) -> None:
        """Take the matrix, the same on all ranks, as it is now, for merged.

        Parameters
        ----------
        words : ndarray of int64, shape (N,)
            Kept words of each rank so far.
        """
        self.base[...] = self.live
        self.merged_at = [words.copy() for _ in self.merged_at]


class Merge(NamedTuple):
    """One merge of all matrices, the same on all ranks but for `words` of this one.

    Attributes
    ----------
    words : ndarray of int64, shape (N,)
        Kept words of each rank so far.
    last : int
        The rank whose change of row 0 is transported by none.
    n_levels : int
        Of the rows, the first ones.
    strength : float
        Transport times learning rate.
    """

    words: NDArray[np.int64]
    last: int
    n_levels: int
    strength: float


def merge_matrices(
    ranks: Ranks,
    matrices: Mapping[str, SharedRows],
    curvatures: Mapping[str, Curvature],
    merge: Merge,
) -> None:
    """Merge the first levels of matrices with equally many rows; no thread trains.

    Parameters
    ----------
    ranks : Ranks
    matrices : mapping of str to SharedRows
        INOUT
    curvatures : mapping of str to Curvature
        The same on all ranks.
    merge : Merge

    Notes
    -----
    The last rank of one row is not that of the next, so that all ranks have as much
    work, and no rank waits for another.
    """
    merging = []
    for name, rows in matrices.items():
        axes, values, rest, scales = curvatures[name]
        strengths = _strengths(ranks, rows, scales, merge)
        merged = slice(len(strengths))
        live, base = rows.live[merged], rows.base[merged]
        merging.append((live, base, strengths, axes, values, rest))
    rank_merge, memory = _core.RankMerge(merging), ranks.memory
    if memory is not None and rank_merge.fits(memory):
        rank_merge.merge_in(memory)
    else:
        _merge_by_sums(ranks, rank_merge, len(merging) * merging[0][0].shape[1])


def _merge_by_sums(ranks: Ranks, merge: _core.RankMerge, n_floats: int) -> None:
    """Merge rows, of so many numbers in all matrices, without memory that ranks share.

    The most frequent rows come last, as in `_core.RankMerge.merge_in`.
    """
    n_piece = min(merge.n_rows, max(1, CHUNK_FLOATS // n_floats))
    changes = np.empty(n_piece * n_floats, dtype=np.float32)
    for start in reversed(range(0, merge.n_rows, n_piece)):
        stop = min(start + n_piece, merge.n_rows)
        piece = changes[: (stop - start) * n_floats]
        merge.take(start, stop, piece)
        ranks.add_up(piece)
        merge.add(start, stop, piece)


def _strengths(
    ranks: Ranks, rows: SharedRows, scales: NDArray[np.float32], merge: Merge
) -> NDArray[np.float32]:
    """Return how far the change of each merged row is transported, shape (rows,)."""
    n_levels = min(merge.n_levels, len(rows.merged_at))
    numbers = np.arange(ranks.size)
    after = (ranks.index + 1 + numbers) % ranks.size  # the ranks after this one
    trained = (merge.words - np.stack(rows.merged_at[:n_levels]))[:, after]
    of_next = trained.cumsum(axis=1) - trained  # of the next 0, 1, 2, ... ranks
    words = of_next[:, (merge.last + numbers - ranks.index) % ranks.size]
    rows.merged_at[:n_levels] = [merge.words] * n_levels
    merged = slice(rows.ends[n_levels - 1])
    of_kinds = (merge.strength * words).astype(np.float32).reshape(-1)
    strengths = of_kinds.take(rows.kinds[merged])
    strengths *= scales.take(rows.bands[merged])
    strengths *= rows.updates[merged]
    return strengths


def mean_curvatures(
    ranks: Ranks,
    found: Mapping[str, SampledCurvature | None],
    before: Mapping[str, Curvature],
    dim: int,
) -> dict[str, Curvature]:
    """Return the mean of what the ranks have found of each matrix.

    Parameters
    ----------
    ranks : Ranks
    found : mapping of str to SampledCurvature or None
        None if this rank has sampled nothing.
    before : mapping of str to Curvature
        At the merge before; empty at the first one.
    dim : int
        D.

    Returns
    -------
    dict of str to Curvature
        About the same on all ranks.
    """
    size = dim * dim
    sums = np.zeros((len(found), size + _core.BANDS + 1), dtype=np.float32)
    for own, sampled in zip(sums, found.values(), strict=True):
        if sampled is not None:
            own[:size], own[size:-1] = sampled.matrix.reshape(-1), sampled.scales
            own[-1] = 1
    ranks.add_up(sums)
    means = sums[:, :-1] / np.maximum(1, sums[:, -1:])
    return {
        name: Curvature.of(
            SampledCurvature(mean[:size].reshape(dim, dim), mean[size:]),
            before.get(name),
        )
        for name, mean in zip(found, means, strict=True)
    }
