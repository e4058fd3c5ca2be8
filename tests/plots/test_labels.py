"""Labels beside points: none covers another, the first ones come first."""

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
    """Return the larger of the gaps between two boxes, negative if they overlap."""
    return max(
        other[0] - box[2], box[0] - other[2], other[1] - box[3], box[1] - other[3]
    )


@st.composite
def crowds(draw):
    n = draw(st.integers(1, 60))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    spread = draw(st.sampled_from([0.0, 5.0, 60.0]))
    points = rng.normal([200, 150], spread, (n, 2))
    sizes = np.column_stack([rng.uniform(5, 80, n), rng.uniform(8, 14, n)])
    return points, sizes


@given(crowds())
def test_no_label_covers_another_or_leaves_the_picture(crowd):
    points, sizes = crowd
    corners = place_labels(points, sizes, AREA, GAP)
    placed = np.flatnonzero(np.isfinite(corners[:, 0]))
    boxes = boxes_of(corners, sizes)
    for i in placed:
        assert distance(boxes[i], [*points[i], *points[i]]) >= GAP - 1e-9
        assert (boxes[i, :2] >= 0).all()
        assert (boxes[i, 2:] <= AREA).all()
        for j in placed[placed < i]:
            assert distance(boxes[i], boxes[j]) >= GAP - 1e-9


@pytest.mark.parametrize("seed", range(4))
def test_no_label_covers_a_labelled_point_or_the_line_to_it(seed):
    rng = np.random.default_rng(seed)
    points = rng.normal([200, 150], 45, (250, 2))
    sizes = np.column_stack([rng.uniform(5, 60, 250), np.full(250, 10)])
    corners = place_labels(points, sizes, AREA, GAP)
    placed = np.flatnonzero(np.isfinite(corners[:, 0]))
    boxes = boxes_of(corners, sizes)
    n_lines = 0
    for i in placed:
        end = leader_end(points[i], boxes[i])
        middle = (points[i] + end) / 2
        is_line = np.linalg.norm(end - points[i]) > 2 * GAP
        n_lines += is_line
        for j in placed[placed != i]:
            # A label that was there first may be near, but not upon it.
            least = GAP - 1e-9 if j > i else 0
            assert distance(boxes[j], [*points[i], *points[i]]) >= least
            if is_line:
                # It is looked at in steps, between which a corner may touch it.
                assert distance(boxes[j], [*middle, *middle]) > -1.5
    assert n_lines > 10


def test_points_far_apart_have_their_labels_to_the_right():
    points = np.array([[50.0, 50], [50, 150], [200, 250]])
    sizes = np.full((3, 2), [30.0, 10])
    corners = place_labels(points, sizes, AREA, GAP)
    np.testing.assert_allclose(corners, np.add(points, (GAP, -5)))


def test_of_points_in_one_place_the_first_has_the_first_choice():
    points = np.full((40, 2), 150.0)
    sizes = np.full((40, 2), [30.0, 10])
    corners = place_labels(points, sizes, AREA, GAP)
    placed = np.isfinite(corners[:, 0])
    assert placed[0]
    assert 1 < placed.sum() < 40
    assert not placed[np.argmin(placed) :].any()  # once there is no room, there is none
    np.testing.assert_allclose(corners[0], np.add(points[0], (GAP, -5)))


def test_a_label_avoids_points_that_have_none_yet():
    points = np.array([[100.0, 100], [115, 100]])
    corners = place_labels(points, np.full((2, 2), [30.0, 10]), AREA, GAP)
    np.testing.assert_allclose(corners[0], [67, 95])  # to the left


def test_a_label_larger_than_the_picture_is_left_out():
    corners = place_labels(np.array([[200.0, 150]]), np.array([[500.0, 10]]), AREA, GAP)
    assert np.isnan(corners).all()


@pytest.mark.parametrize("n", [0, 1])
def test_few_or_no_points_are_no_special_case(n):
    corners = place_labels(np.full((n, 2), 99.0), np.full((n, 2), 9.0), AREA, GAP)
    assert corners.shape == (n, 2)
    assert np.isfinite(corners).all()
