"""Pictures drawn by matplotlib: a map of words, and a training over time."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from w2vfast.plots import fonts
from w2vfast.plots.labels import leader_end, place_labels
from w2vfast.plots.wordmap import DEFAULT_TOP, WordMap, word_map

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from w2vfast.model import Word2Vec
    from w2vfast.training.trainer import EpochStats
    from w2vfast.vectors.keyedvectors import KeyedVectors
    from w2vfast.vectors.table import Key

MAP_INCHES = (12.0, 9.0)
TRAINING_INCHES = (8.0, 6.5)
DPI = 150
LABEL_POINTS = 8.0  # height of the letters
GAP_POINTS = 2.0
LONGEST_LABEL = 40  # characters
FEW_STRETCHES = 20  # fewer are marked one by one

INK, FAINT, ACCENT = "#1a1a1a", "#8c8c8c", "#2b6ca3"


def plot_words(
    vectors: KeyedVectors,
    words: Iterable[Key] | None = None,
    *,
    top: int = DEFAULT_TOP,
    method: str = "pca",
    title: str | None = None,
    seed: int = 1,
) -> Figure:
    """Draw words in two dimensions, with labels that do not overlap.

    Parameters
    ----------
    vectors, words, top, method, seed
        See `w2vfast.plots.wordmap.word_map`.
    title : str, optional
        Stands above the map.

    Returns
    -------
    matplotlib.figure.Figure
        Save it by ``figure.savefig("map.png")``.  A word whose label found no room
        has a grey dot; the line below the map says how many there are.

    Raises
    ------
    ImportError
        If matplotlib is missing.
    ValueError
        See `w2vfast.plots.wordmap.word_map`.

    Warns
    -----
    UserWarning
        If no installed font has some of the characters; it says which package brings
        one.

    Notes
    -----
    The most frequent words are given their labels first.  matplotlib before 3.11
    writes Arabic and Indic letters one by one; the page of `save_map_page` joins them.
    """
    need_matplotlib()
    chosen = word_map(vectors, words, top=top, method=method, seed=seed)
    labels = [_shorten(word) for word in chosen.words]
    families, missing = fonts.choose_families([*labels, title or ""])
    if missing:
        warnings.warn(fonts.missing_message(missing), UserWarning, stacklevel=2)
        stand_in = str.maketrans(dict.fromkeys(missing, fonts.NO_GLYPH))
        labels = [label.translate(stand_in) for label in labels]
        title = title and title.translate(stand_in)
    # Words are text, whatever dollar signs they hold.
    style = {"family": families, "parse_math": False, "usetex": False}
    figure: Figure
    figure, axes = _empty_map(chosen, title, style)
    _draw_words(figure, axes, chosen, labels, style)
    return figure


def plot_training(model: Word2Vec) -> Figure:
    """Draw loss, learning rate and speed of a training over its time.

    Parameters
    ----------
    model : Word2Vec
        With a history: trained, or loaded.

    Returns
    -------
    matplotlib.figure.Figure
        Save it by ``figure.savefig("training.png")``.  Time is that of all calls of
        `train` in a row; a dotted line stands between two epochs.  A loss is the mean
        of a prediction [nats], of each objective apart.  Exact mode takes none.

    Raises
    ------
    ImportError
        If matplotlib is missing.
    ValueError
        If the model was not trained.
    """
    need_matplotlib()
    if not model.history:
        message = "the model has no history to draw: train it first."
        raise ValueError(message)
    curves = _training_curves(model.history)
    figure: Figure = _new_figure(TRAINING_INCHES)
    panels = figure.subplots(len(curves), 1, sharex=True, squeeze=False)[:, 0]
    for axes, (name, curve) in zip(panels, curves.items(), strict=True):
        _draw_curve(axes, name, curve, _epoch_ends(model.history))
    panels[0].set_title(repr(model), fontsize=11, parse_math=False)
    panels[-1].set_xlabel("seconds of training")
    figure.align_ylabels()
    figure.tight_layout()
    return figure


def need_matplotlib() -> None:
    """Raise an ImportError that says what to install, if matplotlib is missing."""
    try:
        importlib.import_module("matplotlib")
    except ImportError as error:
        message = (
            'pictures need matplotlib: pip install "w2vfast[plot]". A page, a file '
            "that ends in .html, needs nothing."
        )
        raise ImportError(message) from error


def picture_format(path: str) -> str:
    """Return the kind of picture that a file's name asks for.

    Raises
    ------
    ValueError
        If matplotlib does not draw that kind.
    ImportError
        If matplotlib is missing.
    """
    need_matplotlib()
    kind = PurePath(path).suffix.lower().removeprefix(".")
    known = _new_figure((1, 1)).canvas.get_supported_filetypes()
    if kind not in known:
        message = (
            f"{path}: its ending must say what to draw: .html for a page, or for a "
            f"picture .{', .'.join(sorted(known))}."
        )
        raise ValueError(message)
    return kind


def _new_figure(inches: tuple[float, float]) -> Any:
    # Not by pyplot, which would open windows and keep every figure.
    figure = importlib.import_module("matplotlib.figure")
    agg = importlib.import_module("matplotlib.backends.backend_agg")
    new = figure.Figure(figsize=inches, dpi=DPI, facecolor="white")
    agg.FigureCanvasAgg(new)
    return new


# ---- the map of words ----------------------------------------------------------------


def _shorten(word: str) -> str:
    return word if len(word) <= LONGEST_LABEL else f"{word[: LONGEST_LABEL - 1]}…"


def _empty_map(
    chosen: WordMap, title: str | None, style: dict[str, Any]
) -> tuple[Any, Any]:
    """Make a figure whose axes are as they will stay, with nothing in them."""
    figure = _new_figure(MAP_INCHES)
    axes = figure.add_axes((0.01, 0.04, 0.98, 0.91 if title else 0.95))
    if title:
        axes.set_title(title, fontsize=13, color=INK, **style)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_color("#d0d0d0")
    axes.update_datalim(chosen.points)
    axes.autoscale_view()
    axes.margins(0.06)
    # A distance means the same in both directions.
    axes.set_aspect("equal", adjustable="datalim")
    figure.draw_without_rendering()
    return figure, axes


def _draw_words(
    figure: Any, axes: Any, chosen: WordMap, labels: list[str], style: dict[str, Any]
) -> None:
    pixels = figure.dpi / 72  # of a point
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
            # In points, so that a figure that is saved in another size stays whole.
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
    """Draw a line from a dot to its label, if the label is not beside it."""
    nearest = leader_end(dot, np.concatenate([corner, corner + size]))
    if np.linalg.norm(nearest - dot) < size[1] / 2:
        return
    axes.annotate(
        "",
        point,
        (nearest - dot) / pixels,
        textcoords="offset points",
        arrowprops={"arrowstyle": "-", "color": FAINT, "lw": 0.5, "shrinkA": 0},
        zorder=0,
    )


# ---- training over time --------------------------------------------------------------

Curves = dict[str, NDArray[np.float64]]  # by name: (second, value) in rows


def _epoch_ends(history: Sequence[EpochStats]) -> NDArray[np.float64]:
    return np.cumsum([stats.seconds for stats in history])


def _samples_of(stats: EpochStats) -> NDArray[np.float64]:
    """Return an epoch's samples in rows; if it has none, what it was as a whole."""
    losses = (stats.hs_loss or 0.0, stats.ns_loss or 0.0, stats.softmax_loss or 0.0)
    begin = (0.0, 0, stats.alpha, 0, 0.0, 0.0, 0.0)
    end = (stats.seconds, stats.words, stats.alpha, 1, *losses)
    return np.array(stats.samples or (begin, end), np.float64)


def _training_curves(history: Sequence[EpochStats]) -> Curves:
    """Return the curves of the panels, from the first to the last."""
    alphas, stretches = [], []
    for end, stats in zip(_epoch_ends(history), history, strict=True):
        samples = _samples_of(stats)
        samples[:, 0] += end - stats.seconds
        alphas.append(samples[:, [0, 2]])
        middles = (samples[1:, 0] + samples[:-1, 0]) / 2
        stretches.append(np.column_stack([middles, np.diff(samples, axis=0)]))
    middle, seconds, words, _, predictions, *losses = np.concatenate(stretches).T
    names = ("loss, hierarchical", "loss, sampling", "loss, softmax")
    curves = {
        name: np.column_stack([middle, loss / np.maximum(predictions, 1)])[
            predictions > 0
        ]
        for name, loss in zip(names, losses, strict=True)
        if loss.any()
    }
    if len(curves) == 1:
        curves = {"loss": next(iter(curves.values()))}
    curves["alpha"] = np.concatenate(alphas)
    speed = np.column_stack([middle, words / np.maximum(seconds, 1e-9)])
    return {**curves, "words a second": speed}


def _draw_curve(
    axes: Any,
    name: str,
    curve: NDArray[np.float64],
    epoch_ends: NDArray[np.float64],
) -> None:
    marker = "o" if len(curve) < FEW_STRETCHES else None
    axes.plot(*curve.T, marker=marker, markersize=3, linewidth=1.2, color=ACCENT)
    axes.set_ylabel(name)
    axes.grid(axis="y", color="#e4e4e4", linewidth=0.6)
    axes.set_xlim(0, epoch_ends[-1])
    for end in epoch_ends[:-1]:
        axes.axvline(end, color="#b0b0b0", linewidth=0.6, linestyle=":", zorder=0)
    if not name.startswith("loss"):
        axes.set_ylim(0, 1.05 * curve[:, 1].max())
    if name == "words a second":
        ticker = importlib.import_module("matplotlib.ticker")
        axes.yaxis.set_major_formatter(ticker.EngFormatter())
