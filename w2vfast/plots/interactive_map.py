"""The map of words as a page of HTML that needs no network and no other file."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from w2vfast.plots.wordmap import DEFAULT_TOP, WordMap, readable, word_map
from w2vfast.system.files import PathLike, open_output
from w2vfast.vectors.neighbours import nearest, unit_rows

if TYPE_CHECKING:
    from w2vfast.vectors.keyedvectors import KeyedVectors
    from w2vfast.vectors.table import Key

DEFAULT_NEIGHBOURS = 10
FINENESS = 100_000  # steps of the longer side of the map
COSINE_STEPS = 100  # as many as are shown


def save_map_page(
    path: PathLike,
    vectors: KeyedVectors,
    words: Iterable[Key] | None = None,
    *,
    top: int = DEFAULT_TOP,
    method: str = "pca",
    neighbours: int = DEFAULT_NEIGHBOURS,
    title: str | None = None,
    seed: int = 1,
) -> int:
    """Write a map of words as a page, whole or not at all.

    The page pans, zooms, finds a word and shows its neighbours.  It loads nothing,
    sends nothing, and works from a disk.

    Parameters
    ----------
    path : str or path-like
        The file, such as ``map.html``.
    vectors, words, top, method, seed
        See `w2vfast.plots.wordmap.word_map`.
    neighbours : int, default 10
        Nearest words by cosine that each word shows; of all vectors, also of those
        that are not on the map [words].
    title : str, optional
        Stands above the map; default ``Map of words``.

    Returns
    -------
    int
        Words on the map.

    Raises
    ------
    ValueError
        If `neighbours` is negative; see also `w2vfast.plots.wordmap.word_map`.
    OSError
        If the file cannot be written.

    Notes
    -----
    The page decides in O(n^2) time which labels show at which zoom: it opens at once
    with some thousands of words, in seconds with tens of thousands.
    """
    if neighbours < 0:
        message = f"neighbours must be at least 0, got {neighbours}."
        raise ValueError(message)
    chosen = word_map(vectors, words, top=top, method=method, seed=seed)
    near, cosines = nearest_others(vectors.vectors, chosen.rows, neighbours)
    page = _fill_in(
        {
            "title": html.escape(title or "Map of words"),
            "note": html.escape(chosen.note),
            "data": _as_json(_page_data(vectors, chosen, near, cosines)),
        }
    )
    with open_output(path) as file:
        file.write(page.encode())
    return len(chosen.rows)


def nearest_others(
    vectors: NDArray[np.floating[Any]], rows: NDArray[np.intp], n: int
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Find the rows that point most nearly the same way as some of them.

    Parameters
    ----------
    vectors : ndarray of float, shape (V, D)
    rows : ndarray of int, shape (m,)
    n : int
        Neighbours of each row; fewer if there are fewer other finite rows.

    Returns
    -------
    near : ndarray of int, shape (m, n)
        Their rows, the nearest first, equal ones in the order of the rows.
    cosines : ndarray of float32, shape (m, n)

    Notes
    -----
    O(m V D) time; see `w2vfast.vectors.neighbours.nearest`.  A row without a
    direction has the cosine 0.
    """
    n = min(n, len(vectors) - 1)
    # One more, because a row is among its own nearest.
    near, cosines = nearest(vectors, unit_rows(vectors[rows]), n + 1)
    n = min(n, int((near >= 0).sum(axis=1).min()) - 1)
    near, cosines = near[:, : n + 1], cosines[:, : n + 1]
    is_other = near != rows[:, None]
    is_other[is_other.all(axis=1), -1] = False
    shape = len(rows), n
    return near[is_other].reshape(shape), cosines[is_other].reshape(shape)


def _page_data(
    vectors: KeyedVectors,
    chosen: WordMap,
    near: NDArray[np.intp],
    cosines: NDArray[np.float32],
) -> dict[str, Any]:
    """Return what the page is made of: plain lists of strings and integers.

    ``words`` are those on the map, then others that are neighbours only; ``xy`` the
    places x, y, x, y ... of the first ones; ``near`` and ``cosines`` a list for each
    of them, of numbers into ``words`` and of cosines.
    """
    lowest = chosen.points.min(axis=0)
    extent = float((chosen.points - lowest).max()) or 1.0
    places = np.rint((chosen.points - lowest) * (FINENESS / extent)).astype(int)
    others = np.setdiff1d(near, chosen.rows)
    number_of = {int(row): i for i, row in enumerate([*chosen.rows, *others])}
    other_words = [readable(vectors.index_to_key[row]) for row in others]
    return {
        "fineness": FINENESS,
        "cosineSteps": COSINE_STEPS,
        "words": [*chosen.words, *other_words],
        "xy": places.ravel().tolist(),
        "near": [[number_of[row] for row in line] for line in near.tolist()],
        "cosines": np.rint(cosines * COSINE_STEPS).astype(int).tolist(),
    }


def _as_json(data: dict[str, Any]) -> str:
    """Write compact JSON that cannot end the script element it stands in.

    Source: HTML standard, "Restrictions for contents of script elements": the safest
    is to write ``<`` as an escape.
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def _fill_in(parts: dict[str, str]) -> str:
    """Put the parts into the template, in one pass: a word may look like a place."""
    template = resources.files("w2vfast") / "plots" / "map.html"
    return re.sub(
        r"\{\{(\w+)\}\}", lambda m: parts[m[1]], template.read_text(encoding="utf-8")
    )
