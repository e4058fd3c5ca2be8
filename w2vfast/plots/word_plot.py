"""Static map of words, drawn with matplotlib."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from w2vfast.errors import warn
from w2vfast.plots import fonts
from w2vfast.plots.figures import ACCENT, FAINT, INK, new_figure, require_matplotlib
from w2vfast.plots.labels import leader_end, place_labels
from w2vfast.plots.wordmap import DEFAULT_TOP, WordMap, word_map

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from w2vfast.aliases import Key
    from w2vfast.vectors.keyedvectors import KeyedVectors

INCHES = (12.0, 9.0)
LABEL_POINTS = 8.0  # font size
GAP_POINTS = 2.0
LONGEST_LABEL = 40  # characters


def plot_words(
    vectors: KeyedVectors,
    words: Iterable[Key] | None = None,
    *,
    top: int = DEFAULT_TOP,
    all_words: bool = False,
    method: str = "pca",
    title: str | None = None,
    seed: int = 1,
) -> Figure:
    """Plot words in two dimensions, with labels that do not overlap.

    Parameters
    ----------
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
    title : str, optional
        Title above the map.
    seed : int, default 1
        Seed of the random numbers.  "pca" uses none.

    Returns
    -------
    matplotlib.figure.Figure
        Save it with ``figure.savefig("map.png")``.  A word whose label does not fit has
        a grey dot; the line below the map gives the number of such words.

    Raises
    ------
    ImportError
        If matplotlib is missing.
    ValueError
        See `w2vfast.plots.wordmap.word_map`.

    Warns
    -----
    UserWarning
        If no installed font has glyphs for some of the characters.

    Notes
    -----
    The most frequent words are labelled first.  matplotlib before 3.11 does not join
    Arabic and Indic letters; the interactive map of `save_map_page` does.
    """
    require_matplotlib()
    chosen = word_map(
        vectors, words, top=top, all_words=all_words, method=method, seed=seed
    )
    labels = [_shorten(word) for word in chosen.words]
    families, missing = fonts.choose_families([*labels, title or ""])
    if missing:
        warn(fonts.missing_message(missing))
        replacement = str.maketrans(dict.fromkeys(missing, fonts.NO_GLYPH))
        labels = [label.translate(replacement) for label in labels]
        title = title and title.translate(replacement)
    # Dollar signs and backslashes in words are not markup.
    style = {"family": families, "parse_math": False, "usetex": False}
    figure: Figure
    figure, axes = _empty_map(chosen, title, style)
    _draw_words(figure, axes, chosen, labels, style)
    return figure


def _shorten(word: str) -> str:
    return word if len(word) <= LONGEST_LABEL else f"{word[: LONGEST_LABEL - 1]}…"


def _empty_map(
    chosen: WordMap, title: str | None, style: dict[str, Any]
) -> tuple[Any, Any]:
    """Create the figure and its axes with their final limits, without any words."""
    figure = new_figure(INCHES)
    axes = figure.add_axes((0.01, 0.04, 0.98, 0.91 if title else 0.95))
    if title:
        axes.set_title(title, fontsize=13, color=INK, **style)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_color("#d0d0d0")
    axes.update_datalim(chosen.points)
    axes.autoscale_view()
    axes.margins(0.06)
    # The same scale in both directions.
    axes.set_aspect("equal", adjustable="datalim")
    figure.draw_without_rendering()
    return figure, axes


def _draw_words(
    figure: Any, axes: Any, chosen: WordMap, labels: list[str], style: dict[str, Any]
) -> None:
    pixels = figure.dpi / 72  # per point
    left_low, right_high = axes.bbox.get_points()
    dots = axes.transData.transform(chosen.points) - left_low
    style = {**style, "fontsize": LABEL_POINTS, "color": INK}
    sizes = _text_sizes(figure, labels, style)
    gap = GAP_POINTS * pixels
    corners = place_labels(dots, sizes, tuple(right_high - left_low), gap)
    is_shown = np.isfinite(corners[:, 0])
    _draw_dots(axes, chosen.points, is_shown)
    for i in np.flatnonzero(is_shown):
        _draw_leader(axes, chosen.points[i], dots[i], corners[i], sizes[i], pixels)
        axes.annotate(
            labels[i],
            chosen.points[i],
            # In points, so that labels stay in place if the resolution changes.
            (corners[i] - dots[i]) / pixels,
            textcoords="offset points",
            va="bottom",
            **style,
        )
    hidden = len(labels) - int(is_shown.sum())
    note = chosen.note + (f"; {hidden:,} without a label" if hidden else "")
    axes.set_xlabel(note, fontsize=LABEL_POINTS, color=FAINT, labelpad=4)


def _draw_dots(
    axes: Any, points: NDArray[np.float64], is_shown: NDArray[np.bool_]
) -> None:
    for mask, color, size in ((~is_shown, "#c4c4c4", 5), (is_shown, ACCENT, 9)):
        axes.scatter(*points[mask].T, s=size, color=color, linewidths=0, zorder=1)


def _text_sizes(
    figure: Any, labels: Sequence[str], style: dict[str, Any]
) -> NDArray[np.float64]:
    """Measure labels, shape (n, 2) [pixels]."""
    renderer = figure.canvas.get_renderer()
    text = figure.text(0, 0, "", **style)
    sizes = np.empty((len(labels), 2))
    for i, label in enumerate(labels):
        text.set_text(label)
        sizes[i] = text.get_window_extent(renderer).size
    text.remove()
    return sizes


def _draw_leader(
    axes: Any,
    point: NDArray[np.float64],
    dot: NDArray[np.float64],
    corner: NDArray[np.float64],
    size: NDArray[np.float64],
    pixels: float,
) -> None:
    """Draw the line from a dot to its label, unless the label is next to the dot.

    Parameters
    ----------
    point, dot : ndarray of float64, shape (2,)
        The word in data coordinates, and in pixels.
    corner, size : ndarray of float64, shape (2,)
        Lower left corner and size of the label [pixels].
    pixels : float
        Pixels per point.
    """
    end = leader_end(dot, np.concatenate([corner, corner + size]))
    if np.linalg.norm(end - dot) < size[1] / 2:
        return
    axes.annotate(
        "",
        point,
        (end - dot) / pixels,
        textcoords="offset points",
        arrowprops={"arrowstyle": "-", "color": FAINT, "lw": 0.5, "shrinkA": 0},
        zorder=0,
    )
