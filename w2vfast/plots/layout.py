"""Layout: project vectors to two dimensions with PCA, t-SNE or UMAP.

n is the number of vectors, D their dimension.  All vectors have length 1, so that
distances depend only on cosines.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

MIN_WORDS = 4  # for t-SNE and UMAP, which preserve neighbourhoods
PERPLEXITY = 30  # van der Maaten and Hinton 2008 recommend 5 to 50
UMAP_NEIGHBOURS = 15  # UMAP's default

Layout = tuple[NDArray[np.float64], str]


def lay_out(unit: NDArray[np.float64], method: str, seed: int) -> Layout:
    """Project unit vectors to two dimensions.

    Parameters
    ----------
    unit : ndarray of float64, shape (n, D)
    method : str
        One of `METHODS`.
    seed : int
        Seed of the random numbers.  PCA uses none.

    Returns
    -------
    points : ndarray of float64, shape (n, 2)
    note : str
        Name of the method, for people to read.

    Raises
    ------
    ValueError
        If there are too few vectors for the method.
    ImportError
        If the method's package is not installed.
    """
    return _METHODS[method](unit, seed)


def _pca(unit: NDArray[np.float64], _seed: int) -> Layout:
    mean, axes, share = principal_plane(unit)
    return (unit - mean) @ axes.T, f"PCA: {share:.0%} of the variance"


def principal_plane(
    vectors: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Find the plane of the two largest variances (Pearson 1901).

    Parameters
    ----------
    vectors : ndarray of float64, shape (n, D)

    Returns
    -------
    mean : ndarray of float64, shape (D,)
    axes : ndarray of float64, shape (2, D)
        Of length 1; zeros where there is no second direction.
    share : float
        Share of the variance in this plane.
    """
    mean = vectors.mean(axis=0)
    _, lengths, directions = np.linalg.svd(vectors - mean, full_matrices=False)
    axes = np.zeros((2, vectors.shape[1]))
    for i, axis in enumerate(directions[:2]):
        # The sign of an axis is arbitrary.  This choice is the same on all machines.
        axes[i] = axis * np.sign(axis[np.argmax(np.abs(axis))])
    total = float(np.sum(lengths**2))
    share = float(np.sum(lengths[:2] ** 2)) / total if total else 1.0
    return mean, axes, share


def _tsne(unit: NDArray[np.float64], seed: int) -> Layout:
    _check_enough(unit, "tsne")
    tsne = _load("sklearn.manifold", "tsne", "scikit-learn").TSNE(
        # Euclidean distances: between unit vectors they have the order of the cosines.
        init="pca" if min(unit.shape) > 1 else "random",
        perplexity=min(PERPLEXITY, (len(unit) - 1) / 3),
        random_state=seed,
    )
    return np.asarray(tsne.fit_transform(unit), np.float64), "t-SNE"


def _umap(unit: NDArray[np.float64], seed: int) -> Layout:
    _check_enough(unit, "umap")
    n_neighbors = min(UMAP_NEIGHBOURS, len(unit) - 1)
    umap = _load("umap", "umap", "umap-learn").UMAP(
        n_neighbors=n_neighbors,
        # Spectral initialisation needs more words than neighbours.
        init="spectral" if n_neighbors == UMAP_NEIGHBOURS else "random",
        random_state=seed,
        n_jobs=1,  # UMAP warns about more jobs, which it cannot use with a seed
    )
    return np.asarray(umap.fit_transform(unit), np.float64), "UMAP"


_METHODS: dict[str, Callable[[NDArray[np.float64], int], Layout]] = {
    "pca": _pca,
    "tsne": _tsne,
    "umap": _umap,
}
METHODS = tuple(_METHODS)


def _check_enough(unit: NDArray[np.float64], method: str) -> None:
    if len(unit) < MIN_WORDS:
        message = (
            f"method {method!r} needs at least {MIN_WORDS} words, got {len(unit)}. Use "
            "more words, or method 'pca'."
        )
        raise ValueError(message)


def _load(module: str, method: str, package: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        message = (
            f"method {method!r} needs a package: pip install {package}. Or use method "
            "'pca', which needs none."
        )
        raise ImportError(message) from error
