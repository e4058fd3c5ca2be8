"""The count of overlaps, on which other tests rely."""

from plot_helpers import count_overlaps


def test_overlapping_boxes_are_counted_in_pairs():
    boxes = [(0, 0, 2, 2), (1, 1, 3, 3), (2.5, 0, 4, 4), (9, 9, 10, 10)]
    assert count_overlaps(boxes) == 2
    assert count_overlaps(boxes[3:]) == 0


def test_boxes_that_touch_do_not_overlap():
    assert count_overlaps([(0, 0, 2, 2), (2, 0, 4, 2), (0, 2, 2, 4)]) == 0
