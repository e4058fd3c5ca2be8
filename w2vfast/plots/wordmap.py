"""A map of words: which words are on it, and where they lie in the plane.

n is the number of words on the map, D the dimension of their vectors.
"""

from __future__ import annotations

import importlib
import re
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from w2vfast.vectors.neighbours import unit_rows

if TYPE_CHECKING:
    from w2vfast.vectors.keyedvectors import KeyedVectors
    from w2vfast.vectors.table import Key

SENTENCE_END = "</s>"  # a row of the C program's files, hardly a word to look at
DEFAULT_TOP = 300
LEAST_FOR_NEIGHBOURHOODS = 4  # words; fewer have none that t-SNE or UMAP could keep
PERPLEXITY = 30  # van der Maaten and Hinton 2008: between 5 and 50
UMAP_NEIGHBOURS = 15
_MISSING_SHOWN = 5


@dataclass(frozen=True)
class WordMap:
    """Words and their places.

    Attributes
    ----------
    rows : ndarray of int, shape (n,)
        Rows of the vectors, ascending: the most frequent word first.
    words : list of str, length n
        As they are to be read; see `readable`.
    points : ndarray of float64, shape (n, 2)
        x to the right, y upwards, without a unit.
    note : str
        How the points were found, to stand below the picture.
    """

    rows: NDArray[np.intp]
    words: list[str]
    points: NDArray[np.float64]
    note: str


def word_map(
    vectors: KeyedVectors,
    words: Iterable[Key] | None = None,
    *,
    top: int = DEFAULT_TOP,
    method: str = "pca",
    seed: int = 1,
) -> WordMap:
    """Choose words and lay them out in the plane.

    Parameters
    ----------
    vectors : KeyedVectors
    words : iterable of str or int, optional
        The words of the map.
    top : int, default 300
        Without `words`: how many of the most frequent ones [words].  The sentence end
        of the C program's files is passed over.
    method : {"pca", "tsne", "umap"}
        "tsne" needs scikit-learn, "umap" umap-learn.
    seed : int, default 1
        Of the random numbers; "pca" needs none.

    Returns
    -------
    WordMap

    Raises
    ------
    ValueError
        If no word is left, a vector is not finite, or the method is not known.
    ImportError
        If the method's package is not installed.

    Warns
    -----
    UserWarning
        If some of `words` are not among the vectors; the others are drawn.

    Notes
    -----
    All vectors are scaled to length 1 first, since words are compared by the cosine.
    """
    if method not in _METHODS:
        message = f"method must be one of {', '.join(_METHODS)}; got {method!r}."
        raise ValueError(message)
    rows = _top_rows(vectors, top) if words is None else _rows_of(vectors, words)
    matrix = np.asarray(vectors.vectors[rows], np.float64)
    finite = np.isfinite(matrix).all(axis=1)
    if not finite.all():
        bad = vectors.index_to_key[rows[np.flatnonzero(~finite)[0]]]
        message = f"the vector of {bad!r} is not finite; leave the word out."
        raise ValueError(message)
    points, how = _METHODS[method](unit_rows(matrix).astype(np.float64), seed)
    names = [readable(vectors.index_to_key[row]) for row in rows]
    count = f"{len(rows):,} word{'s' if len(rows) != 1 else ''}"
    return WordMap(rows, names, points, f"{count}, {how}")


def readable(word: Key) -> str:
    """Return a word as one line of text that any encoding and screen can take.

    What was not UTF-8 becomes U+FFFD, white space and control characters a space.
    """
    text = re.sub("[\ud800-\udfff]", "\ufffd", str(word))
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f]", " ", text)


# ---- which words ---------------------------------------------------------------------


def _top_rows(vectors: KeyedVectors, top: int) -> NDArray[np.intp]:
    if top < 1:
        message = f"top must be at least 1, got {top}."
        raise ValueError(message)
    first = vectors.index_to_key[: top + 1]
    rows = [row for row, word in enumerate(first) if word != SENTENCE_END][:top]
    if not rows:
        message = "there are no words to draw: the vectors are empty."
        raise ValueError(message)
    return np.array(rows, np.intp)


def _rows_of(vectors: KeyedVectors, words: Iterable[Key]) -> NDArray[np.intp]:
    if isinstance(words, str | bytes):
        message = f"words must be a list of words, got {words!r}. Use [{words!r}]."
        raise TypeError(message)
    wanted = list(dict.fromkeys(words))
    missing = [word for word in wanted if word not in vectors]
    shown = ", ".join(repr(word) for word in missing[:_MISSING_SHOWN])
    shown += ", ..." if len(missing) > _MISSING_SHOWN else ""
    if len(missing) == len(wanted):
        which = f"none of the words ({shown})" if wanted else "no word"
        message = f"{which} to draw: give words that are among the vectors."
        raise ValueError(message)
    if missing:
        message = (
            f"{len(missing)} of {len(wanted)} words are not among the vectors and "
            f"are left out: {shown}"
        )
        warnings.warn(message, UserWarning, stacklevel=4)
    return np.array(
        sorted(vectors.key_to_index[word] for word in wanted if word in vectors),
        np.intp,
    )


# ---- where ---------------------------------------------------------------------------

Layout = tuple[NDArray[np.float64], str]


def _pca(unit: NDArray[np.float64], _seed: int) -> Layout:
    """Lay out by the two directions of the largest variance (Pearson 1901)."""
    centred = unit - unit.mean(axis=0)
    _, lengths, axes = np.linalg.svd(centred, full_matrices=False)
    points = np.zeros((len(unit), 2))
    for i, axis in enumerate(axes[:2]):
        # An axis has no direction of its own; this one is the same on all machines.
        sign = np.sign(axis[np.argmax(np.abs(axis))])
        points[:, i] = sign * (centred @ axis)
    total = float(np.sum(lengths**2))
    share = float(np.sum(lengths[:2] ** 2)) / total if total else 1.0
    return points, f"PCA: {share:.0%} of the variance"


def _tsne(unit: NDArray[np.float64], seed: int) -> Layout:
    _check_enough(unit, "tsne")
    tsne = _need("sklearn.manifold", "tsne", "scikit-learn").TSNE(
        # Between unit vectors, distance says what the cosine says.
        init="pca" if min(unit.shape) > 1 else "random",
        perplexity=min(PERPLEXITY, (len(unit) - 1) / 3),
        random_state=seed,
    )
    return np.asarray(tsne.fit_transform(unit), np.float64), "t-SNE"


def _umap(unit: NDArray[np.float64], seed: int) -> Layout:
    _check_enough(unit, "umap")
    n_neighbors = min(UMAP_NEIGHBOURS, len(unit) - 1)
    umap = _need("umap", "umap", "umap-learn").UMAP(
        n_neighbors=n_neighbors,
        # The spectral start needs more words than neighbours.
        init="spectral" if n_neighbors == UMAP_NEIGHBOURS else "random",
        random_state=seed,
        n_jobs=1,  # more are not possible with a seed, and UMAP would say so
    )
    return np.asarray(umap.fit_transform(unit), np.float64), "UMAP"


_METHODS: dict[str, Callable[[NDArray[np.float64], int], Layout]] = {
    "pca": _pca,
    "tsne": _tsne,
    "umap": _umap,
}
METHODS = tuple(_METHODS)


def _check_enough(unit: NDArray[np.float64], method: str) -> None:
    if len(unit) < LEAST_FOR_NEIGHBOURHOODS:
        message = (
            f"method {method!r} needs at least {LEAST_FOR_NEIGHBOURHOODS} words, got "
            f"{len(unit)}. Take more words, or method 'pca'."
        )
        raise ValueError(message)


def _need(module: str, method: str, package: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        message = (
            f"method {method!r} needs a package: pip install {package}, or take "
            "method 'pca', which is built in."
        )
        raise ImportError(message) from error
