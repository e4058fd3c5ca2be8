"""Cosines of many rows, and the rows with the largest ones, in blocks.

V is the number of rows searched, D the dimension, Q a number of queries, T the
number of terms of one query, k the number of neighbours.  A row with a value that is
not finite is nobody's neighbour; a row of zeros has the cosine 0 with everything.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating[Any]]
Float32 = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]

_CACHED_ROWS = 512  # read from memory once for both their lengths and their products
_GROUP = 32  # scores whose maximum stands for them in the scan for a bound
# Squares of lengths in this range neither overflow nor lose digits in float32.
_LEAST_SQUARE, _LARGEST_SQUARE = 1e-30, 1e30
_COSMUL_EPSILON = 1e-6  # keeps the quotient finite; gensim's value


# --- lengths ----------------------------------------------------------------------


def unit(vector: FloatArray) -> npt.NDArray[np.float64]:
    """Scale a vector of shape (D,) to length 1; one without a direction is zeros."""
    exact = np.asarray(vector, np.float64)
    with np.errstate(over="ignore"):
        length = float(np.sqrt(exact @ exact))
    if length == 0 or not np.isfinite(length):
        return np.zeros_like(exact)
    return np.asarray(exact / length, np.float64)


def unit_rows(vectors: FloatArray) -> Float32:
    """Scale rows to length 1; rows without a direction become zeros.

    Parameters
    ----------
    vectors : ndarray of float, shape (V, D)

    Returns
    -------
    ndarray of float32, shape (V, D)
    """
    scaled = np.empty(vectors.shape, np.float32)
    for block in _blocks(len(vectors), _CACHED_ROWS):
        scaled[block] = _unit_block(vectors[block])[0]
    return scaled


def _blocks(n: int, size: int) -> Iterator[slice]:
    return (slice(start, min(start + size, n)) for start in range(0, n, size))


def _lengths(rows: Float32) -> tuple[Float32, Bools]:
    """Return the lengths of rows, and which of them are exact enough to divide by."""
    with np.errstate(over="ignore", invalid="ignore"):
        squares = np.einsum("vd,vd->v", rows, rows)
    plain = (squares > _LEAST_SQUARE) & (squares < _LARGEST_SQUARE)
    return np.sqrt(np.where(plain, squares, np.float32(1))), plain


def _unit_block(vectors: FloatArray) -> tuple[Float32, Bools]:
    """Return unit rows, zeros where there is no direction, and which are finite."""
    rows = _as_float32(vectors)
    lengths, finite = _lengths(rows)
    scaled = rows / lengths[:, None]
    odd = np.flatnonzero(~finite)
    if len(odd):
        scaled[odd], finite[odd] = _unit_odd_rows(vectors[odd])
    return scaled, finite


def _as_float32(vectors: FloatArray) -> Float32:
    with np.errstate(over="ignore"):
        return np.asarray(vectors, np.float32)


def _unit_odd_rows(vectors: FloatArray) -> tuple[Float32, Bools]:
    """Do as `_unit_block` for rows whose squares float32 cannot hold."""
    exact = vectors.astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        lengths = np.sqrt(np.einsum("vd,vd->v", exact, exact))
    finite = np.isfinite(lengths)
    exact[~finite] = 0
    lengths[~finite | (lengths == 0)] = 1
    return (exact / lengths[:, None]).astype(np.float32), finite


# --- scores of all rows -----------------------------------------------------------


def cosines(vectors: FloatArray, directions: FloatArray) -> Float32:
    """Return the products of unit rows with directions.

    Parameters
    ----------
    vectors : ndarray of float, shape (V, D)
        Of any length; one block after the other is converted and scaled.
    directions : ndarray of float, shape (T, D)
        Unit vectors, where cosines are wanted.

    Returns
    -------
    ndarray of float32, shape (T, V)
        nan for rows that are not finite.
    """
    terms = _as_float32(directions)
    found = np.empty((len(terms), len(vectors)), np.float32)
    for block in _blocks(len(vectors), _CACHED_ROWS):
        rows = _as_float32(vectors[block])
        lengths, plain = _lengths(rows)
        with np.errstate(over="ignore", invalid="ignore"):
            products = (rows @ terms.T) / lengths[:, None]
        odd = np.flatnonzero(~plain)
        if len(odd):
            scaled, finite = _unit_odd_rows(vectors[block][odd])
            products[odd] = np.where(finite[:, None], scaled @ terms.T, np.nan)
        found[:, block] = products.T
    return found


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
        Product of (1 + cosine) / 2 over the positive ones, divided by that over the
        negative ones plus 1e-6; nan for rows that are not finite.

    Source
    ------
    O. Levy and Y. Goldberg (2014), Linguistic regularities in sparse and explicit word
    representations, CoNLL, equation 4 and footnote 7.
    """
    shifted = (1 + cosines(vectors, np.concatenate([positive, negative]))) / 2
    above, below = shifted[: len(positive)], shifted[len(positive) :]
    scores = above.prod(axis=0) / (below.prod(axis=0) + np.float32(_COSMUL_EPSILON))
    return np.asarray(scores, np.float32)


# --- the largest ------------------------------------------------------------------


def largest(scores: Float32, k: int) -> Rows:
    """Return the places of the k largest finite scores.

    Parameters
    ----------
    scores : ndarray of float32, shape (V,)
    k : int
        Fewer come back if fewer are finite.

    Returns
    -------
    ndarray of intp, shape (k,)
        The largest first; of equal scores the first.
    """
    known = np.where(np.isfinite(scores), scores, np.float32(-np.inf))
    found = np.flatnonzero((known >= _floors(known[None], k)) & (known > -np.inf))
    order = np.argsort(-known[found], kind="stable")
    return np.asarray(found[order[:k]], np.intp)


def _floors(scores: Float32, k: int) -> Float32:
    """Return for each query a score that at least k rows reach, and hardly more do.

    The maxima of disjoint groups of scores are scores themselves, so at least k
    scores are as large as the k-th largest maximum.

    Parameters
    ----------
    scores : ndarray of float32, shape (Q, V)
        Without nan.
    """
    n_queries, n_rows = scores.shape
    n_groups = n_rows // _GROUP
    if k >= n_rows:
        return np.full(n_queries, -np.inf, np.float32)
    if k > n_groups:
        return np.asarray(np.partition(scores, n_rows - k, axis=1)[:, n_rows - k])
    # Group g holds the scores g, g + n_groups, ...: maxima of whole runs of memory.
    grouped = scores[:, : n_groups * _GROUP].reshape(n_queries, _GROUP, n_groups)
    maxima = np.partition(grouped.max(axis=1), n_groups - k, axis=1)
    return np.asarray(maxima[:, n_groups - k])
