"""Labels next to points: none covers another, and the first ones take precedence."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from w2vfast.plots.labels import leader_end, place_labels

AREA = (400.0, 300.0)
GAP = 3.0


def boxes_of(corners, sizes):
    return np.hstack([corners, corners + sizes])


def distance(box, other):
    """Return the larger of the horizontal and vertical gap; negative for overlaps."""
    return max(
        other[0] - box[2], box[0] - other[2], other[1] - box[3], box[1] - other[3]
    )


@st.composite
def clusters(draw):
    """Points around the centre of the area, and sizes of their labels."""
    n = draw(st.integers(1, 60))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    spread = draw(st.sampled_from([0.0, 5.0, 60.0]))
    points = rng.normal([200, 150], spread, (n, 2))
    sizes = np.column_stack([rng.uniform(5, 80, n), rng.uniform(8, 14, n)])
    return points, sizes


@given(clusters())
def test_labels_neither_overlap_nor_leave_the_area(cluster):
    points, sizes = cluster
    corners = place_labels(points, sizes, AREA, GAP)
    placed = np.flatnonzero(np.isfinite(corners[:, 0]))
    boxes = boxes_of(corners, sizes)
    for i in placed:
        assert distance(boxes[i], [*points[i], *points[i]]) >= GAP - 1e-9
        assert (boxes[i, :2] >= 0).all()
        assert (boxes[i, 2:] <= AREA).all()
        for j in placed[placed < i]:
            assert distance(boxes[i], boxes[j]) >= GAP - 1e-9


@given(clusters())
def test_the_first_label_is_always_placed_if_its_point_is_away_from_the_edge(cluster):
    points, sizes = cluster
    points[0] = points[0].clip((20, 20), np.subtract(AREA, 20))
    assert np.isfinite(place_labels(points, sizes, AREA, GAP)[0]).all()


@pytest.mark.parametrize("seed", range(4))
def test_no_label_covers_a_labelled_point_or_a_leader(seed):
    rng = np.random.default_rng(seed)
    points = rng.normal([200, 150], 45, (250, 2))
    sizes = np.column_stack([rng.uniform(5, 60, 250), np.full(250, 10)])
    corners = place_labels(points, sizes, AREA, GAP)
    placed = np.flatnonzero(np.isfinite(corners[:, 0]))
    boxes = boxes_of(corners, sizes)
    n_leaders = 0
    for i in placed:
        end = leader_end(points[i], boxes[i])
        middle = (points[i] + end) / 2
        has_leader = np.linalg.norm(end - points[i]) > 2 * GAP
        n_leaders += has_leader
        for j in placed[placed != i]:
            # An earlier label may be closer to the point than the gap, but not on it.
            least = GAP - 1e-9 if j > i else 0
            assert distance(boxes[j], [*points[i], *points[i]]) >= least
            if has_leader:
                # Leaders are checked at a few positions, so a corner may touch them.
                assert distance(boxes[j], [*middle, *middle]) > -1.5
    assert n_leaders > 10


def test_labels_of_isolated_points_are_on_the_right():
    points = np.array([[50.0, 50], [50, 150], [200, 250]])
    sizes = np.full((3, 2), [30.0, 10])
    corners = place_labels(points, sizes, AREA, GAP)
    np.testing.assert_allclose(corners, np.add(points, (GAP, -5)))


def test_of_points_at_the_same_position_the_first_has_the_first_choice():
    points = np.full((40, 2), 150.0)
    sizes = np.full((40, 2), [30.0, 10])
    corners = place_labels(points, sizes, AREA, GAP)
    placed = np.isfinite(corners[:, 0])
    assert placed[0]
    assert 1 < placed.sum() < 40
    assert not placed[np.argmin(placed) :].any()  # none fits after one did not
    np.testing.assert_allclose(corners[0], np.add(points[0], (GAP, -5)))


def test_a_label_avoids_points_that_are_labelled_later():
    points = np.array([[100.0, 100], [115, 100]])
    corners = place_labels(points, np.full((2, 2), [30.0, 10]), AREA, GAP)
    np.testing.assert_allclose(corners[0], [67, 95])  # on the left


def test_a_label_larger_than_the_area_is_left_out():
    corners = place_labels(np.array([[200.0, 150]]), np.array([[500.0, 10]]), AREA, GAP)
    assert np.isnan(corners).all()


@pytest.mark.parametrize("n", [0, 1])
def test_zero_or_one_point_is_accepted(n):
    corners = place_labels(np.full((n, 2), 99.0), np.full((n, 2), 9.0), AREA, GAP)
    assert corners.shape == (n, 2)
    assert np.isfinite(corners).all()
