"""The limit and the check for finite values that readers of whole files share."""

import numpy as np
import pytest

from w2vfast.formats.contents import (
    Contents,
    ReadOptions,
    as_int64,
    check_limit,
    limited_and_checked,
)

HELD = Contents(
    ["a", "b", "c"],
    np.arange(6, dtype=np.float32).reshape(3, 2),
    np.array([3, 2, 1]),
    attributes={"x": np.array([7, 8, 9])},
)


@pytest.mark.parametrize("limit", [1, 3, 9])
def test_the_limit_keeps_the_first_rows_of_every_part(limit):
    held = limited_and_checked("file", HELD, ReadOptions(limit=limit))
    assert held.words == ["a", "b", "c"][:limit]
    assert np.array_equal(held.vectors, HELD.vectors[:limit])
    assert held.counts.tolist() == [3, 2, 1][:limit]
    assert held.attributes["x"].tolist() == [7, 8, 9][:limit]


def test_counts_may_be_absent():
    held = limited_and_checked("file", HELD._replace(counts=None), ReadOptions(limit=1))
    assert held.counts is None


@pytest.mark.parametrize("dtype", [np.int8, np.uint64, np.int64])
def test_integers_that_fit_become_int64(dtype):
    converted = as_int64("x", np.array([0, 5], dtype), 0)
    assert (converted.dtype, converted.tolist()) == (np.int64, [0, 5])
    assert as_int64("x", np.array([-3])).tolist() == [-3]
    assert as_int64("x", np.zeros(0, np.uint64)).tolist() == []


@pytest.mark.parametrize("wrong", [-1, 2**63])
def test_integers_that_do_not_fit_are_an_error(wrong):
    with pytest.raises(ValueError, match=rf"^x must be at least 0 .*, got {wrong}$"):
        as_int64("x", np.array([wrong]), 0)


def test_a_limit_below_one_is_an_error():
    check_limit(None)
    check_limit(1)
    with pytest.raises(ValueError, match=r"limit must be at least 1, or None .* got 0"):
        check_limit(0)


def damaged():
    vectors = HELD.vectors.copy()
    vectors[1, 0] = np.nan
    return HELD._replace(vectors=vectors)


def test_a_value_that_is_not_finite_is_named():
    message = r"file: the vector of 'b' \(row 2\) contains .* not a finite float32"
    with pytest.raises(ValueError, match=message):
        limited_and_checked("file", damaged(), ReadOptions())


@pytest.mark.parametrize("how", [{"finite": False}, {"mmap": True}, {"limit": 1}])
def test_values_are_not_checked_if_unwanted_or_mapped_or_beyond_the_limit(how):
    held = limited_and_checked("file", damaged(), ReadOptions(**how))
    assert held.words[0] == "a"
