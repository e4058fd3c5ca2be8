"""Placement of the labels of points, so that no label covers another.

All lengths are in the same unit, for example pixels; x points right, y points up.
n is the number of labels, m the number of candidate boxes of one label.

The library adjustText was compared on maps of 300 words and not used: it shows every
label, so that on a crowded map labels overlap (115 overlapping pairs of English words
after 60 s), and depends on NumPy's global random state and on a time limit.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float64]  # (m, 4): left, bottom, right, top

# Distance of the rings of candidates from the point, in label heights.  Labels beyond
# the first ring need a leader, a line from the point to the label.
RINGS = (0.0, 0.8, 1.8)
# Directions in turns, the preferred first: right, left, above, below, the diagonals,
# and those in between.
DIRECTIONS = np.array([0, 4, 2, 6, 1, 7, 3, 5, *np.arange(0.5, 8)]) / 8
# Positions along a leader, at which it is checked for crossing a label.
_LEADER_STEPS = np.linspace(0.1, 0.95, 8)


def place_labels(
    points: NDArray[np.float64],
    sizes: NDArray[np.float64],
    area: tuple[float, float],
    gap: float,
) -> NDArray[np.float64]:
    """Place each label next to its point, in order of importance.

    Parameters
    ----------
    points : ndarray of float64, shape (n, 2)
        The points, the most important first.
    sizes : ndarray of float64, shape (n, 2)
        Width and height of each label.
    area : (float, float)
        Width and height of the plot, whose lower left corner is (0, 0).
    gap : float
        Least distance between a label and its point, and between two labels.

    Returns
    -------
    ndarray of float64, shape (n, 2)
        Lower left corner of each label; NaN where no free position was found.

    Notes
    -----
    Greedy: each label takes a free position on the nearest ring that has one; among
    several, the one that hides the fewest points.  A label covers neither another
    label, nor a labelled point, nor a leader.  A point that a label already covers gets
    no label.  O(n^2) time.
    """
    corners = np.full((len(points), 2), np.nan)
    taken = np.empty((0, 4))
    dots = np.hstack([points, points])
    for i, (point, size) in enumerate(zip(points, sizes, strict=True)):
        if _overlaps(dots[i : i + 1], taken, 0.0).any():
            continue
        for ring in RINGS:
            found = _best_on_ring(point, size, area, gap, ring, taken, dots)
            if found is not None:
                box, leader = found
                corners[i] = box[:2]
                taken = np.vstack([taken, box, dots[i], leader])
                break
    return corners


def leader_end(
    point: NDArray[np.float64], boxes: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return where the leader from a point meets a box; boxes of shape (..., 4)."""
    return np.clip(point, boxes[..., :2], boxes[..., 2:])


def _best_on_ring(
    point: NDArray[np.float64],
    size: NDArray[np.float64],
    area: tuple[float, float],
    gap: float,
    ring: float,
    taken: Boxes,
    dots: Boxes,
) -> tuple[NDArray[np.float64], Boxes] | None:
    """Return the free box that hides the fewest points, and its leader.

    None if all positions of the ring are taken.
    """
    boxes = _candidates(point, size, gap, ring)
    boxes = boxes[_inside(boxes, area) & ~_overlaps(boxes, taken, gap)]
    leaders = _leaders(point, boxes) if ring else np.empty((len(boxes), 0, 4))
    crosses = [_overlaps(leader, taken, 0.0).any() for leader in leaders]
    is_free = ~np.array(crosses, bool)
    if not is_free.any():
        return None
    hidden = _near(boxes, dots, gap / 2).sum(axis=1)
    best = int(np.argmin(np.where(is_free, hidden, len(dots) + 1)))
    return boxes[best], leaders[best]


def _candidates(
    point: NDArray[np.float64], size: NDArray[np.float64], gap: float, ring: float
) -> Boxes:
    """Return the boxes of one ring, in order of preference."""
    angles = 2 * np.pi * DIRECTIONS
    away = np.column_stack([np.cos(angles), np.sin(angles)])
    # The distance at which the box just keeps the gap to the point.
    reach = ((size / 2 + gap) / np.maximum(np.abs(away), 1e-9)).min(axis=1)
    middles = point + away * (reach + ring * size[1])[:, None]
    return np.hstack([middles - size / 2, middles + size / 2])


def _leaders(point: NDArray[np.float64], boxes: Boxes) -> NDArray[np.float64]:
    """Return points on the leader to each box, as empty boxes, (m, steps, 4)."""
    ways = leader_end(point, boxes) - point
    places = point + ways[:, None, :] * _LEADER_STEPS[:, None]
    return np.concatenate([places, places], axis=-1)


def _inside(boxes: Boxes, area: tuple[float, float]) -> NDArray[np.bool_]:
    is_in = np.hstack([boxes[:, :2] >= 0, boxes[:, 2:] <= area])
    return np.asarray(is_in.all(axis=1))


def _near(boxes: Boxes, others: Boxes, gap: float) -> NDArray[np.bool_]:
    """Return whether box i is closer than `gap` to other box j, shape (m, k)."""
    a, b = boxes[:, None, :], others[None, :, :]
    apart = (a[..., :2] >= b[..., 2:] + gap) | (b[..., :2] >= a[..., 2:] + gap)
    return np.asarray(~apart.any(axis=-1))


def _overlaps(boxes: Boxes, others: Boxes, gap: float) -> NDArray[np.bool_]:
    """Return whether box i is closer than `gap` to any other box, shape (m,)."""
    return np.asarray(_near(boxes, others, gap).any(axis=1))
