"""Interactive map of words: one HTML file that needs no network and no other file."""

from __future__ import annotations

import html
import os
from collections.abc import Iterable
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from w2vfast.aliases import PathLike
from w2vfast.errors import whole_number
from w2vfast.plots.wordmap import DEFAULT_TOP, WordMap, readable, word_map
from w2vfast.system.files import open_output
from w2vfast.system.html_pages import as_json, fill_template, has_other_suffix
from w2vfast.vectors.neighbours import nearest, unit_rows

if TYPE_CHECKING:
    from w2vfast.aliases import Key
    from w2vfast.vectors.keyedvectors import KeyedVectors

DEFAULT_NEIGHBOURS = 10
# Coordinates and cosines are stored as integers, which makes the file smaller.
COORDINATE_STEPS = 100_000  # along the longer side of the map
COSINE_STEPS = 100  # the map shows two decimals


def save_map_page(
    path: PathLike,
    vectors: KeyedVectors,
    words: Iterable[Key] | None = None,
    *,
    top: int = DEFAULT_TOP,
    all_words: bool = False,
    method: str = "pca",
    neighbours: int = DEFAULT_NEIGHBOURS,
    title: str | None = None,
    seed: int = 1,
) -> int:
    """Write an interactive map of words as an HTML file.

    The map can be panned, zoomed and searched, and shows the neighbours of a word.  The
    file works without a web server; it loads nothing and sends nothing.

    Parameters
    ----------
    path : str or path-like
        The file, such as ``map.html``.  Written completely or not at all.
    vectors : KeyedVectors
        The vectors.
    words : iterable of str or int, optional
        The words of the map.
    top : int, default 300
        Number of most frequent words to use if `words` is not given.
    all_words : bool, default False
        Do not skip frequent short words, such as "the", and single letters.
    method : {"pca", "tsne", "umap"}
        "tsne" needs scikit-learn, "umap" needs umap-learn.
    neighbours : int, default 10
        Number of nearest words by cosine to show for each word.  They are chosen among
        all vectors, including those that are not on the map.
    title : str, optional
        Title above the map; default ``Map of words``.
    seed : int, default 1
        Seed of the random numbers.  "pca" uses none.

    Returns
    -------
    int
        Number of words on the map.

    Raises
    ------
    ValueError
        If the file's name has another suffix than .html or .htm, or `neighbours` is
        negative; see also `w2vfast.plots.wordmap.word_map`.
    OSError
        If the file cannot be written.

    Notes
    -----
    When the browser opens the file, it computes in O(n^2) time at which zoom each label
    appears: immediate for a few thousand words, seconds for tens of thousands.
    """
    if has_other_suffix(path):
        message = (
            f"the map is a page for a browser, whose name ends in .html, got "
            f"{os.fspath(path)!r}. For a picture use plot_words(vectors).savefig(name)."
        )
        raise ValueError(message)
    neighbours = whole_number("neighbours", neighbours)
    if neighbours < 0:
        message = f"neighbours must be at least 0, got {neighbours}."
        raise ValueError(message)
    chosen = word_map(
        vectors, words, top=top, all_words=all_words, method=method, seed=seed
    )
    near, cosines = nearest_others(vectors.vectors, chosen.rows, neighbours)
    page = fill_template(
        _resource("map.html"),
        {
            "style": _resource("map.css"),
            "script": _resource("map.js"),
            "title": html.escape(title or "Map of words"),
            "note": html.escape(chosen.note),
            "data": as_json(_map_data(vectors, chosen, near, cosines)),
        },
    )
    with open_output(path) as file:
        file.write(page.encode())
    return len(chosen.rows)


def nearest_others(
    vectors: NDArray[np.floating[Any]], rows: NDArray[np.intp], n: int
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Find the nearest neighbours of some rows by cosine, without the rows themselves.

    Parameters
    ----------
    vectors : ndarray of float, shape (V, D)
    rows : ndarray of int, shape (m,)
    n : int
        Neighbours of each row; fewer if there are fewer other finite rows.

    Returns
    -------
    near : ndarray of int, shape (m, n)
        The neighbours' rows, the nearest first; equally near ones by row.
    cosines : ndarray of float32, shape (m, n)

    Notes
    -----
    O(m V D) time; see `w2vfast.vectors.neighbours.nearest`.  A row of zeros has the
    cosine 0 with every row.
    """
    n = min(n, len(vectors) - 1)
    # One more, because the nearest rows include the row itself.
    near, cosines = nearest(vectors, unit_rows(vectors[rows]), n + 1)
    n = min(n, int((near >= 0).sum(axis=1).min()) - 1)
    near, cosines = near[:, : n + 1], cosines[:, : n + 1]
    is_other = near != rows[:, None]
    # Where more than n rows are equally near, the row itself may be missing.
    is_other[is_other.all(axis=1), -1] = False
    shape = len(rows), n
    return near[is_other].reshape(shape), cosines[is_other].reshape(shape)


def _map_data(
    vectors: KeyedVectors,
    chosen: WordMap,
    near: NDArray[np.intp],
    cosines: NDArray[np.float32],
) -> dict[str, Any]:
    """Return the data of the map as lists of strings and integers.

    ``words`` lists the words on the map, followed by those that are only neighbours.
    ``xy`` lists the coordinates x, y, x, y ... of the words on the map.  For each of
    them, ``neighbours`` has a list of indices into ``words``, and ``cosines`` a list of
    cosines.
    """
    lowest = chosen.points.min(axis=0)
    extent = float((chosen.points - lowest).max()) or 1.0
    scale = COORDINATE_STEPS / extent
    coordinates = np.rint((chosen.points - lowest) * scale).astype(int)
    others = np.setdiff1d(near, chosen.rows)
    index_of = {int(row): i for i, row in enumerate([*chosen.rows, *others])}
    other_words = [readable(vectors.index_to_key[row]) for row in others]
    return {
        "coordinateSteps": COORDINATE_STEPS,
        "cosineSteps": COSINE_STEPS,
        "words": [*chosen.words, *other_words],
        "xy": coordinates.ravel().tolist(),
        "neighbours": [[index_of[row] for row in line] for line in near.tolist()],
        "cosines": np.rint(cosines * COSINE_STEPS).astype(int).tolist(),
    }


def _resource(name: str) -> str:
    """Return the text of a file of this package."""
    file = resources.files("w2vfast") / "plots" / name
    return file.read_text(encoding="utf-8")
