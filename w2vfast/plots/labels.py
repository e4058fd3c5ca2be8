"""Where the labels of points go, so that none covers another.

All lengths are in one unit, which does not matter; x to the right, y upwards.
n is the number of labels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float64]  # (m, 4): left, bottom, right, top

# Label heights between a point and the rings on which its label is tried; beyond the
# first ring a line, the leader, has to say which point is meant.
RINGS = (0.0, 0.8, 1.8)
# Quarters and halves of a turn come first: right, left, above, below.
TURNS = np.array([0, 4, 2, 6, 1, 7, 3, 5, *np.arange(0.5, 8)]) / 8
# Where along a leader it is looked whether it meets a label.
_LEADER_STEPS = np.linspace(0.1, 0.95, 8)


def place_labels(
    points: NDArray[np.float64],
    sizes: NDArray[np.float64],
    area: tuple[float, float],
    gap: float,
) -> NDArray[np.float64]:
    """Place labels beside their points, the first ones first.

    Parameters
    ----------
    points : ndarray of float64, shape (n, 2)
        The points, the most important first.
    sizes : ndarray of float64, shape (n, 2)
        Width and height of each label.
    area : (float, float)
        Width and height of the picture, which begins at (0, 0).
    gap : float
        Kept free between a label and its point, and between two labels.

    Returns
    -------
    ndarray of float64, shape (n, 2)
        Left lower corner of each label; NaN where there was no room.

    Notes
    -----
    Greedy: of the free places on the nearest ring that has any, a label takes the one
    that hides the fewest points.  A label covers neither another label, nor a point
    that has one, nor the straight line from a point to its label; a point that is
    covered already gets no label.  O(n^2) time.
    """
    corners = np.full((len(points), 2), np.nan)
    taken = np.empty((0, 4))
    dots = np.hstack([points, points])
    for i, (point, size) in enumerate(zip(points, sizes, strict=True)):
        if _meets(dots[i : i + 1], taken, 0.0).any():
            continue
        for ring in RINGS:
            boxes = _candidates(point, size, gap, ring)
            boxes = boxes[_inside(boxes, area) & ~_meets(boxes, taken, gap)]
            leaders = _leaders(point, boxes) if ring else np.empty((len(boxes), 0, 4))
            crosses = [_meets(leader, taken, 0.0).any() for leader in leaders]
            is_free = ~np.array(crosses, bool)
            if is_free.any():
                best = _least_hiding(boxes, is_free, dots, gap)
                corners[i] = boxes[best, :2]
                taken = np.vstack([taken, boxes[best], dots[i], leaders[best]])
                break
    return corners


def leader_end(
    point: NDArray[np.float64], boxes: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return where on a box the leader from a point ends; boxes of shape (..., 4)."""
    return np.clip(point, boxes[..., :2], boxes[..., 2:])


def _candidates(
    point: NDArray[np.float64], size: NDArray[np.float64], gap: float, ring: float
) -> Boxes:
    """Return the boxes of one ring, the best place first."""
    away = np.column_stack([np.cos(2 * np.pi * TURNS), np.sin(2 * np.pi * TURNS)])
    # Out to where the box leaves the point free by the gap on some side.
    reach = ((size / 2 + gap) / np.maximum(np.abs(away), 1e-9)).min(axis=1)
    middles = point + away * (reach + ring * size[1])[:, None]
    return np.hstack([middles - size / 2, middles + size / 2])


def _leaders(point: NDArray[np.float64], boxes: Boxes) -> NDArray[np.float64]:
    """Return points on the leader to each box as boxes without size, (m, steps, 4)."""
    ways = leader_end(point, boxes) - point
    places = point + ways[:, None, :] * _LEADER_STEPS[:, None]
    return np.concatenate([places, places], axis=-1)


def _inside(boxes: Boxes, area: tuple[float, float]) -> NDArray[np.bool_]:
    is_in = np.hstack([boxes[:, :2] >= 0, boxes[:, 2:] <= area])
    return np.asarray(is_in.all(axis=1))


def _touch(boxes: Boxes, others: Boxes, gap: float) -> NDArray[np.bool_]:
    """Tell which boxes come nearer than `gap` to which others, shape (m, k)."""
    a, b = boxes[:, None, :], others[None, :, :]
    apart = (a[..., :2] >= b[..., 2:] + gap) | (b[..., :2] >= a[..., 2:] + gap)
    return np.asarray(~apart.any(axis=-1))


def _meets(boxes: Boxes, others: Boxes, gap: float) -> NDArray[np.bool_]:
    """Tell which boxes come nearer than `gap` to any of the others, shape (m,)."""
    return np.asarray(_touch(boxes, others, gap).any(axis=1))


def _least_hiding(
    boxes: Boxes, is_free: NDArray[np.bool_], dots: Boxes, gap: float
) -> int:
    """Return which free box hides the fewest points, the first of equals."""
    hidden = _touch(boxes, dots, gap / 2).sum(axis=1)
    return int(np.argmin(np.where(is_free, hidden, len(dots) + 1)))
