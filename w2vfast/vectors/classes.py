"""Word classes: the C program's k-means over word vectors (``-classes``)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from w2vfast import _core
from w2vfast.aliases import PathLike, Word
from w2vfast.formats.spelling import spell
from w2vfast.system.files import open_output

ROUNDS = 10  # word2vec.c TrainModel: iter
MOST_CLASSES = 2**31 - 1  # a class is an int32
# Multiplications between two checks for Ctrl-C, about a tenth of a second.
BLOCK_PRODUCTS = 10**8
_HINT = (
    "Replace the word before training (for example its spaces by '_'); or write its "
    "spaces as \\x20 first: w2vfast convert FILE vectors.txt --spaces escape."
)


def kmeans_classes(vectors: ArrayLike, n_classes: int) -> NDArray[np.int32]:
    """Cluster vectors by their largest dot product with unit-length centroids.

    Parameters
    ----------
    vectors : array_like of float32, shape (V, D)
        Not normalised, as in C.
    n_classes : int
        Number of classes, from 1 to 2**31 - 1; some may stay empty, as in C.

    Returns
    -------
    ndarray of int32, shape (V,)
        Class of each row, from 0.

    Raises
    ------
    ValueError
        If `n_classes` is not in its range, or there are no vectors.

    Notes
    -----
    Source: word2vec.c TrainModel.  Row i starts in class i mod n_classes, there are ten
    rounds, and the size of a centroid is counted from 1.  All sums are computed in the
    order of the C program, so the classes are the same.
    """
    matrix = np.ascontiguousarray(vectors, dtype=np.float32)
    if not 1 <= n_classes <= MOST_CLASSES:
        message = f"n_classes must be in [1, {MOST_CLASSES}], got {n_classes}."
        raise ValueError(message)
    if matrix.ndim != 2 or matrix.size == 0:
        message = f"vectors must be of shape (V, D), not empty; got {matrix.shape}."
        raise ValueError(message)
    classes = np.arange(len(matrix), dtype=np.int32) % np.int32(n_classes)
    centroids = np.empty((n_classes, matrix.shape[1]), dtype=np.float32)
    n_rows = max(1, BLOCK_PRODUCTS // centroids.size)
    for _ in range(ROUNDS):
        _core.kmeans_centroids(matrix, classes, centroids)
        for start in range(0, len(matrix), n_rows):
            rows = slice(start, start + n_rows)
            _core.kmeans_assign(matrix[rows], centroids, classes[rows])
    return classes


def check_n_classes(name: str, n_classes: int, n_words: int) -> None:
    """Refuse more classes than words, where no bytes of the C program are asked for.

    Parameters
    ----------
    name : str
        What the user calls the number of classes.
    n_classes, n_words : int

    Raises
    ------
    ValueError
        If there are more classes than words.
    """
    if n_classes > n_words:
        message = (
            f"{name} must be at most the number of words, {n_words}, got {n_classes}. "
            "Ask for fewer classes."
        )
        raise ValueError(message)


def write_classes(
    path: PathLike, words: Sequence[Word], classes: NDArray[np.int32]
) -> None:
    """Write a line ``word class`` for each word, as C's ``-classes`` does.

    Raises
    ------
    ValueError
        If a word contains white space, so that no reader could find its end.
    OSError
        If the file cannot be written.
    """
    names = spell(words, allow_empty=True, hint=_HINT)
    with open_output(path) as file:
        file.writelines(b"%b %d\n" % pair for pair in zip(names, classes, strict=True))
