"""Plot of a training: loss, learning rate and speed over time."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from w2vfast.plots.figures import ACCENT, new_figure, require_matplotlib

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from w2vfast.model import Word2Vec
    from w2vfast.training.history import EpochStats

INCHES = (8.0, 6.5)
MARKER_LIMIT = 20  # a curve with fewer points has a marker on each

Curves = dict[str, NDArray[np.float64]]  # panel name to rows of (second, value)


def plot_training(model: Word2Vec) -> Figure:
    """Plot loss, learning rate and speed of a training over time.

    Parameters
    ----------
    model : Word2Vec
        A model with a history: trained, or loaded.

    Returns
    -------
    matplotlib.figure.Figure
        Save it with ``figure.savefig("training.png")``.  The time axis joins all calls
        of `train`; a dotted line separates two epochs.  The loss is the mean per
        prediction [nats], with one panel per objective.  Exact mode does not record
        it.

    Raises
    ------
    ImportError
        If matplotlib is missing.
    ValueError
        If the model was not trained.
    """
    require_matplotlib()
    if not model.history:
        message = "the model has no history to plot. Train it first."
        raise ValueError(message)
    curves = _training_curves(model.history)
    figure: Figure = new_figure(INCHES)
    panels = figure.subplots(len(curves), 1, sharex=True, squeeze=False)[:, 0]
    for axes, (name, curve) in zip(panels, curves.items(), strict=True):
        _draw_curve(axes, name, curve, _epoch_ends(model.history))
    panels[0].set_title(repr(model), fontsize=11, parse_math=False)
    panels[-1].set_xlabel("seconds of training")
    figure.align_ylabels()
    figure.tight_layout()
    return figure


def _epoch_ends(history: Sequence[EpochStats]) -> NDArray[np.float64]:
    return np.cumsum([stats.seconds for stats in history])


def _samples_of(stats: EpochStats) -> NDArray[np.float64]:
    """Return the samples of an epoch as rows, or its totals if it has none.

    The columns are those of `w2vfast.training.history.Sample`.
    """
    losses = (stats.hs_loss or 0.0, stats.ns_loss or 0.0, stats.softmax_loss or 0.0)
    begin = (0.0, 0, stats.alpha, 0, 0.0, 0.0, 0.0)
    end = (stats.seconds, stats.words, stats.alpha, 1, *losses)
    return np.array(stats.samples or (begin, end), np.float64)


def _training_curves(history: Sequence[EpochStats]) -> Curves:
    """Return the curve of each panel, from top to bottom."""
    alphas, intervals = [], []
    for end, stats in zip(_epoch_ends(history), history, strict=True):
        samples = _samples_of(stats)
        samples[:, 0] += end - stats.seconds
        alphas.append(samples[:, [0, 2]])
        middles = (samples[1:, 0] + samples[:-1, 0]) / 2
        intervals.append(np.column_stack([middles, np.diff(samples, axis=0)]))
    middle, seconds, words, _, predictions, *losses = np.concatenate(intervals).T
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
    marker = "o" if len(curve) < MARKER_LIMIT else None
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
