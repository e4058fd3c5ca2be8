"""Merge what ranks have learned apart.

A merge makes a row what one process would have made of it, had the ranks trained one
after the other: the change of each rank is transported through what the ranks after it
have learned,

    row = base + sum over ranks j of exp(-strength_j H) (row_j - base),

where `base` is the row after the last merge, H the curvature of the loss in a row,
and strength_j the sum over the later ranks of transport * updates * alpha.  This is the
rule by which the threads of one process merge; see docs/how-it-works/threads.md.
Which rank is the last changes from merge to merge.

Differs: IntelLabs/pWord2Vec@672a12b, pWord2Vec_mpi.cpp, averages the rows of ranks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from w2vfast import _core
from w2vfast.distributed.merge_times import level_bounds
from w2vfast.distributed.ranks import CHUNK_FLOATS, Ranks

AXES = _core.AXES  # directions that are transported apart from the rest
REFINEMENTS = 2  # of the axes at each merge


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
            Of almost the same matrix; its axes are refined, by orthogonal iteration
            with a Rayleigh-Ritz step, which takes a small part of the time.
            Source: Golub and Van Loan, Matrix Computations, sections 8.1 and 8.2.
        """
        h = sampled.matrix
        if before is None:
            values, columns = (part[..., -AXES:] for part in np.linalg.eigh(h))
        else:
            columns = before.axes.T
            for _ in range(REFINEMENTS):
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
    bands : ndarray of int8, shape (rows,)
        The band of each row: how many binary digits its number has.
    bounds : list of int
        From `level_bounds`.
    merged_at : list of ndarray of int64, shape (N,)
        For each level, the kept words of each rank at its last merge.
    """

    live: NDArray[np.float32]
    base: NDArray[np.float32]
    updates: NDArray[np.float32]
    bands: NDArray[np.int8]
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
        bands = np.frexp(np.arange(len(live)))[1].astype(np.int8)
        return cls(live, live.copy(), floats, bands, bounds, merged_at)

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
        The rank whose change of the first matrix is transported by none.
    n_levels : int
        Of the rows, the first ones.
    strength : float
        Transport times learning rate.
    """

    words: NDArray[np.int64]
    last: int
    n_levels: int
    strength: float


class _Merging(NamedTuple):
    """A matrix in a merge.

    Attributes
    ----------
    rows : SharedRows
    curvature : Curvature
    strengths : ndarray of float32, shape (rows,)
        How far this rank's change of each merged row is transported.
    """

    rows: SharedRows
    curvature: Curvature
    strengths: NDArray[np.float32]


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
    The last rank of one matrix is not that of the next, so that no rank has all the
    work.  The most frequent rows come last, so that they are in the processor's cache
    when the training goes on.
    """
    merging = []
    for m, (name, rows) in enumerate(matrices.items()):
        of_matrix = merge._replace(last=(merge.last + m) % ranks.size)
        strengths = _strengths(ranks, rows, curvatures[name], of_matrix)
        merging.append(_Merging(rows, curvatures[name], strengths))
    n_rows, dim = len(merging[0].strengths), merging[0].rows.live.shape[1]
    n_piece = min(n_rows, max(1, CHUNK_FLOATS // dim))
    changes = np.empty((n_piece, dim), dtype=np.float32)
    for start in reversed(range(0, n_rows, n_piece)):
        piece = slice(start, min(start + n_piece, n_rows))
        for matrix in merging:
            _merge_rows(ranks, matrix, piece, changes[: piece.stop - start])


def _merge_rows(
    ranks: Ranks, matrix: _Merging, piece: slice, changes: NDArray[np.float32]
) -> None:
    """Merge some rows of a matrix; `changes` is scratch, shape (rows, D)."""
    live, base = matrix.rows.live[piece], matrix.rows.base[piece]
    axes, values, rest, _ = matrix.curvature
    _core.take_changes(live, base, matrix.strengths[piece], axes, values, rest, changes)
    ranks.add_up(changes)
    _core.add_changes(changes, base, live)


def _strengths(
    ranks: Ranks, rows: SharedRows, curvature: Curvature, merge: Merge
) -> NDArray[np.float32]:
    """Return how far the change of each merged row is transported, shape (rows,)."""
    later = _later(ranks, merge.last)
    n_levels = min(merge.n_levels, len(rows.merged_at))
    n_words = [(merge.words - at)[later].sum() for at in rows.merged_at[:n_levels]]
    rows.merged_at[:n_levels] = [merge.words] * n_levels
    of_rows = np.repeat(n_words, np.diff(rows.bounds[: n_levels + 1]))
    scales = curvature.scales[rows.bands[: len(of_rows)]]
    strengths = merge.strength * of_rows * scales * rows.updates[: len(of_rows)]
    return strengths.astype(np.float32)


def _later(ranks: Ranks, last: int) -> Sequence[int]:
    """Return the ranks after this one in an order that ends with `last`."""
    n_later = (last - ranks.index) % ranks.size
    return [(ranks.index + k) % ranks.size for k in range(1, n_later + 1)]


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
