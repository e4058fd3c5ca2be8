"""The film of a recording: one HTML page that shows how its words moved."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from w2vfast.learn.page_parts import page_of
from w2vfast.plots.layout import principal_plane
from w2vfast.plots.wordmap import readable
from w2vfast.system.html_pages import as_json
from w2vfast.vectors.neighbours import unit_rows

if TYPE_CHECKING:
    from w2vfast.learn.recording import Recording

MOST_WORDS = 2000
MOST_BYTES = 1_200_000  # of positions and neighbours, which base64 makes a third larger
N_NEIGHBOURS = 8
MOST_POINTS = 2000  # of a curve
# Positions are 16-bit, cosines 8-bit integers.
POSITION_STEPS, COSINE_STEPS = 32767, 100
BYTES_OF_A_WORD = 2 * 2 + N_NEIGHBOURS * (2 + 1)  # in one frame

# In the order in which the page runs them: each uses names of those before it.
SCRIPTS = ("page", "film_text", "film_map", "film")


def film_page(recording: Recording) -> str:
    """Return a page that replays a recording.

    Parameters
    ----------
    recording : Recording

    Returns
    -------
    str
        HTML below 2 MB, which loads nothing.  Frames are left out, evenly, if there
        are too many.

    Raises
    ------
    ValueError
        If there are more than 2,000 words.

    Notes
    -----
    All frames are projected on one plane, that of the two largest variances of the last
    frame (PCA), so that only the words move.  Vectors are scaled to length 1 first,
    because words are compared by their cosine.
    """
    if len(recording.words) > MOST_WORDS:
        message = (
            f"a film shows at most {MOST_WORDS:,} words, got "
            f"{len(recording.words):,}. Record fewer: Recorder(words=300)."
        )
        raise ValueError(message)
    parts = {
        "title": html.escape(readable(recording.title)),
        "data": as_json(_film_data(recording)),
    }
    return page_of("film", SCRIPTS, parts)


def _film_data(recording: Recording) -> dict[str, Any]:
    """Return what the page shows; arrays are base64 of little-endian integers."""
    n_frames, n_words, _ = recording.frames.shape
    most = max(2, MOST_BYTES // (BYTES_OF_A_WORD * n_words))
    kept = np.unique(np.linspace(0, n_frames - 1, min(n_frames, most)).astype(int))
    unit = np.stack([unit_rows(recording.frames[k]) for k in kept])
    mean, axes, share = principal_plane(unit[-1].astype(np.float64))
    points = (unit - mean) @ axes.T
    extent = float(np.abs(points).max()) or 1.0
    near, cosines = _neighbours(unit)
    return {
        "words": [readable(word) for word in recording.words],
        "epochs": np.round(recording.epochs[kept], 4).tolist(),
        "curves": _curves(recording),
        "share": round(share, 3),
        "nNeighbours": near.shape[-1],
        "cosineSteps": COSINE_STEPS,
        "points": _base64(points / extent * POSITION_STEPS, "<i2"),
        "near": _base64(near, "<u2"),
        "cosines": _base64(cosines * COSINE_STEPS, "i1"),
    }


def _curves(recording: Recording) -> dict[str, list[float | None]]:
    """Return the curves of all frames; None where there is no loss.

    Of many frames, some are one point: their mean loss, and the last one's numbers.
    """
    joined = -(-len(recording.epochs) // MOST_POINTS)
    starts = range(0, len(recording.epochs), joined)
    last = [min(start + joined, len(recording.epochs)) - 1 for start in starts]
    groups = (recording.losses[start : start + joined] for start in starts)
    finite = (group[np.isfinite(group)] for group in groups)
    columns: dict[str, Iterable[float]] = {
        "epochs": recording.epochs[last],
        "losses": [group.mean() if len(group) else np.nan for group in finite],
        "alphas": recording.alphas[last],
    }

    def rounded(value: float) -> float | None:
        return float(f"{value:.5g}") if np.isfinite(value) else None

    return {name: list(map(rounded, column)) for name, column in columns.items()}


def _neighbours(
    unit: NDArray[np.float32],
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Return for each frame and word its nearest other recorded words, and cosines."""
    n_frames, n_words, _ = unit.shape
    k = min(N_NEIGHBOURS, n_words - 1)
    near = np.zeros((n_frames, n_words, k), np.intp)
    cosines = np.zeros((n_frames, n_words, k), np.float32)
    for frame, rows in enumerate(unit):
        scores = rows @ rows.T
        np.fill_diagonal(scores, -2)
        best = np.argpartition(-scores, min(k, n_words - 1), axis=1)[:, :k]
        found = np.take_along_axis(scores, best, axis=1)
        order = np.lexsort((best, -found))  # equal ones by row
        near[frame] = np.take_along_axis(best, order, axis=1)
        cosines[frame] = np.take_along_axis(found, order, axis=1)
    return near, cosines


def _base64(values: NDArray[Any], dtype: str) -> str:
    return base64.b64encode(np.rint(values).astype(dtype).tobytes()).decode()
