"""Cosines of many rows, and the rows with the largest cosines, computed in blocks.

V is the number of rows searched, D the dimension, Q the number of queries, T the
number of terms of one query, k the number of neighbours.  Rows with values that are not
finite are never returned; a row of zeros has the cosine 0 with every vector.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from w2vfast import _core

FloatArray = npt.NDArray[np.floating[Any]]
Float32 = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]

# Rows of a block that stays in the cache between computing lengths and products.
_CACHED_ROWS = 2048
# Rows and queries of one matrix product: 16 MB of scores, enough work for two threads.
_SEARCHED_ROWS = 16384
_QUERIES = 256
_GROUP = 32  # scores per group; only the maximum of a group is compared with the bound
_MANY = 4  # sort at most _MANY * k candidates per query; tighten the bound before
# Squared lengths in this range neither overflow nor lose digits in float32.
_LEAST_SQUARE, _LARGEST_SQUARE = 1e-30, 1e30
COSMUL_EPSILON = 1e-6  # keeps the quotient finite; gensim's value


# --- lengths ----------------------------------------------------------------------


def unit(vector: FloatArray) -> npt.NDArray[np.float64]:
    """Return a vector (D,) scaled to length 1; zeros if zero or not finite."""
    exact = np.asarray(vector, np.float64)
    length = math.sqrt(np.vdot(exact, exact))  # without a warning of an overflow
    if length == 0 or not math.isfinite(length):
        return np.zeros_like(exact)
    return np.asarray(exact / length, np.float64)


def unit_rows(vectors: FloatArray) -> Float32:
    """Return rows scaled to length 1; rows that are zero or not finite become zeros.

    Parameters
    ----------
    vectors : ndarray of float, shape (V, D)

    Returns
    -------
    ndarray of float32, shape (V, D)
    """
    scaled = np.empty(vectors.shape, np.float32)
    for block in blocks(len(vectors), _CACHED_ROWS):
        scaled[block] = _unit_block(vectors[block])[0]
    return scaled


def mean_cosine(vectors: FloatArray) -> float:
    """Return the mean cosine of two different rows; 0 for fewer than two rows.

    Parameters
    ----------
    vectors : ndarray of float, shape (V, D)

    Notes
    -----
    O(V D) time: the sum over all pairs of unit rows is the square of their sum.
    """
    n = len(vectors)
    if n < 2:
        return 0.0
    total = unit_rows(vectors).sum(axis=0, dtype=np.float64)
    return float((total @ total - n) / (n * (n - 1)))


def blocks(n: int, size: int) -> Iterator[slice]:
    """Yield consecutive slices of length `size` that cover 0 ... n - 1."""
    return (slice(start, min(start + size, n)) for start in range(0, n, size))


def _lengths(squares: Float32) -> tuple[Float32, Bools]:
    """Return the roots of squared lengths, and which of them float32 has accurately."""
    plain = (squares > _LEAST_SQUARE) & (squares < _LARGEST_SQUARE)
    if plain.all():
        return np.sqrt(squares), plain
    return np.sqrt(np.where(plain, squares, np.float32(1))), plain


def _unit_block(vectors: FloatArray) -> tuple[Float32, Bools]:
    """Return unit rows (zeros as in `unit_rows`), and which rows are finite."""
    rows = _as_float32(vectors)
    with np.errstate(over="ignore", invalid="ignore"):
        squares = np.einsum("vd,vd->v", rows, rows)
    lengths, finite = _lengths(squares)
    scaled = rows / lengths[:, None]
    extreme = np.flatnonzero(~finite)
    if len(extreme):
        scaled[extreme], finite[extreme] = _unit_extreme_rows(vectors[extreme])
    return scaled, finite


def _as_float32(vectors: FloatArray) -> Float32:
    with np.errstate(over="ignore"):
        return np.asarray(vectors, np.float32)


def _unit_extreme_rows(vectors: FloatArray) -> tuple[Float32, Bools]:
    """Like `_unit_block`, in float64, for rows whose squares exceed float32."""
    exact = vectors.astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        lengths = np.sqrt(np.einsum("vd,vd->v", exact, exact))
    finite = np.isfinite(lengths)
    exact[~finite] = 0
    lengths[~finite | (lengths == 0)] = 1
    return (exact / lengths[:, None]).astype(np.float32), finite


# --- scores of all rows -----------------------------------------------------------


def cosines(vectors: FloatArray, directions: FloatArray) -> Float32:
    """Return the dot products of the normalised rows with directions.

    Parameters
    ----------
    vectors : ndarray of float, shape (V, D)
        Of any length; rows of other types than float32 are converted block by block.
    directions : ndarray of float, shape (T, D)
        Unit vectors, if the result shall be cosines.

    Returns
    -------
    ndarray of float32, shape (T, V)
        nan for rows that are not finite.

    Notes
    -----
    One pass over the rows for each direction.  It computes products and lengths at
    once, in the time in which memory delivers the rows, so lengths need not be stored
    and cannot be out of date.
    """
    terms = np.ascontiguousarray(_as_float32(directions))
    found = np.empty((len(terms), len(vectors)), np.float32)
    squares = np.empty(len(vectors), np.float32)
    whole = max(1, len(vectors)) if _is_readable(vectors) else _CACHED_ROWS
    for block in blocks(len(vectors), whole):
        rows = vectors[block]
        if not _is_readable(rows):
            rows = np.ascontiguousarray(_as_float32(rows))
        for term, products in zip(terms, found, strict=True):
            _core.dots_and_squares(rows, term, products[block], squares[block])
    lengths, plain = _lengths(squares)
    with np.errstate(over="ignore", invalid="ignore"):
        found /= lengths
    extreme = np.flatnonzero(~plain)
    for part in blocks(len(extreme), _CACHED_ROWS):
        scaled, finite = _unit_extreme_rows(vectors[extreme[part]])
        found[:, extreme[part]] = np.where(finite, terms @ scaled.T, np.nan)
    return found


def _is_readable(vectors: FloatArray) -> bool:
    """Whether the compiled kernel reads these rows as they are in memory."""
    in_order = vectors.strides[1] == vectors.itemsize and vectors.flags.aligned
    return in_order and vectors.dtype == np.float32


def cosmul(vectors: FloatArray, positive: FloatArray, negative: FloatArray) -> Float32:
    """Return the multiplicative score of every row.

    Parameters
    ----------
    vectors : ndarray of float, shape (V, D)
    positive, negative : ndarray of float, shapes (T, D) and (T', D)
        Unit vectors.

    Returns
    -------
    ndarray of float32, shape (V,)
        Product of (1 + cosine) / 2 over the positive vectors, divided by that over the
        negative vectors plus 1e-6; nan for rows that are not finite.

    Notes
    -----
    O. Levy and Y. Goldberg (2014), Linguistic regularities in sparse and explicit word
    representations, CoNLL, equation 4 and footnote 7.
    """
    shifted = (1 + cosines(vectors, np.concatenate([positive, negative]))) / 2
    above, below = shifted[: len(positive)], shifted[len(positive) :]
    scores = above.prod(axis=0) / (below.prod(axis=0) + np.float32(COSMUL_EPSILON))
    return np.asarray(scores, np.float32)


# --- the largest ------------------------------------------------------------------


def largest(scores: FloatArray, k: int, *, finite: bool = True) -> Rows:
    """Return the positions of the k largest scores.

    Parameters
    ----------
    scores : ndarray of float, shape (V,)
    k : int
        At least 0.
    finite : bool, default True
        Return only finite scores, and fewer than k if there are not k of them.  False
        returns k positions if there are as many; -inf and nan come last.

    Returns
    -------
    ndarray of intp, shape (k,) or less
        In decreasing order of score; equal scores in order of position.
    """
    if k < 1 or len(scores) == 0:
        return np.zeros(0, np.intp)
    known = scores
    if not np.isfinite(scores.max()):  # which is nan if any score is
        ignored = ~np.isfinite(scores) if finite else np.isnan(scores)
        known = np.where(ignored, scores.dtype.type(-np.inf), scores)
    chosen = known >= _floors(known[None], k)
    if finite:
        chosen &= known > -np.inf
    found = np.flatnonzero(chosen)
    order = np.argsort(-known[found], kind="stable")
    return np.asarray(found[order[:k]], np.intp)


def _floors(scores: FloatArray, k: int) -> FloatArray:
    """Return for each query a lower bound of its k largest scores.

    At least k scores reach it, and few more: the maxima of disjoint groups of scores
    are scores themselves, so at least k scores reach the k-th largest maximum.

    Parameters
    ----------
    scores : ndarray of float, shape (Q, V)
        Without nan.
    """
    n_queries, n_rows = scores.shape
    n_groups = n_rows // _GROUP
    if k >= n_rows:
        return np.full(n_queries, -np.inf, scores.dtype)
    if k > n_groups:
        return np.asarray(np.partition(scores, n_rows - k, axis=1)[:, n_rows - k])
    # Group g consists of scores g, g + n_groups, ..., so that maxima are taken over
    # contiguous memory.
    grouped = scores[:, : n_groups * _GROUP].reshape(n_queries, _GROUP, n_groups)
    maxima = np.partition(grouped.max(axis=1), n_groups - k, axis=1)
    return np.asarray(maxima[:, n_groups - k])


def nearest(
    vectors: FloatArray, directions: FloatArray, k: int
) -> tuple[Rows, Float32]:
    """Find the rows with the largest cosines for many queries at once.

    Parameters
    ----------
    vectors : ndarray of float, shape (V, D)
    directions : ndarray of float, shape (Q, D)
        Unit vectors.
    k : int

    Returns
    -------
    rows : ndarray of intp, shape (Q, min(k, V))
        In decreasing order of cosine, equal cosines in order of row; -1 if fewer rows
        are finite.
    cosines : ndarray of float32, shape (Q, min(k, V))
        -inf where `rows` is -1.

    Notes
    -----
    O(Q V D) time in matrix products over blocks of rows and of queries.  In each block
    only scores above a bound (`_floors`, or the k-th best so far) are sorted, which are
    few more than k.
    """
    queries = _as_float32(directions)
    k = min(k, len(vectors))
    rows = np.full((len(queries), k), -1, np.intp)
    best = np.full((len(queries), k), -np.inf, np.float32)
    if k == 0:
        return rows, best
    for block in blocks(len(vectors), _SEARCHED_ROWS):
        scaled, finite = _unit_block(vectors[block])
        for part in blocks(len(queries), _QUERIES):
            scores = queries[part] @ scaled.T
            scores[:, ~finite] = -np.inf
            _keep_best(scores, block.start, rows[part], best[part])
    return rows, best


def _keep_best(scores: Float32, start: int, rows: Rows, best: Float32) -> None:
    """Merge the scores of a block of rows into the k best so far.

    Parameters
    ----------
    scores : ndarray of float32, shape (Q, rows of the block)
        IN.
    start : int
        Row of the first score.
    rows, best : ndarrays, shape (Q, k)
        INOUT: the k best so far, in decreasing order.
    """
    n_queries, k = rows.shape
    better = scores > best[:, -1:]
    if np.count_nonzero(better) > _MANY * rows.size:
        better &= scores >= _floors(scores, k)[:, None]
    candidates = np.flatnonzero(better)
    query, column = np.divmod(candidates, scores.shape[1])
    query = np.concatenate([np.repeat(np.arange(n_queries), k), query])
    row = np.concatenate([rows.reshape(-1), column + start])
    score = np.concatenate([best.reshape(-1), scores.reshape(-1)[candidates]])
    order = np.lexsort((row, -score, query))
    # Every query has at least its k previous entries, so k remain.
    begins = np.searchsorted(query[order], np.arange(n_queries))
    rank = np.arange(len(order)) - begins[query[order]]
    kept = order[rank < k]
    rows[:], best[:] = row[kept].reshape(rows.shape), score[kept].reshape(rows.shape)
