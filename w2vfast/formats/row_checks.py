"""Properties of each row of a matrix, computed in blocks to save memory.

V is the number of rows, D the dimension.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating[Any]]

_BLOCK_ROWS = 4096


def finite_rows(vectors: FloatArray) -> npt.NDArray[np.bool_]:
    """Return for each row of (V, D) whether all its values are finite, shape (V,)."""
    finite = np.ones(len(vectors), np.bool_)
    for start in range(0, len(vectors), _BLOCK_ROWS):
        rows = slice(start, start + _BLOCK_ROWS)
        finite[rows] = np.isfinite(vectors[rows]).all(axis=1)
    return finite


def row_lengths(vectors: FloatArray) -> npt.NDArray[np.float64]:
    """Return the Euclidean length of each row of (V, D), shape (V,)."""
    lengths = np.empty(len(vectors), np.float64)
    for start in range(0, len(vectors), _BLOCK_ROWS):
        rows = slice(start, start + _BLOCK_ROWS)
        lengths[rows] = np.linalg.norm(vectors[rows].astype(np.float64), axis=1)
    return lengths
