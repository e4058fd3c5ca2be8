"""Arrays of attributes: their types, and how they follow the keys."""

import numpy as np
import pytest

from w2vfast import KeyedVectors
from w2vfast.vectors import attributes


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (3, np.int64),
        (np.uint8(3), np.int64),
        (0.5, np.float64),
        (np.float16(0.5), np.float64),
        (True, np.bool_),
        ("noun", object),
        ([1, 2], object),
        (None, object),
    ],
)
def test_the_type_does_not_depend_on_the_width_of_the_value(value, dtype):
    assert attributes.dtype_of_value(value) == dtype


def test_keys_without_a_value_have_zero_or_none():
    assert attributes.blank(np.dtype(np.int64), 2).tolist() == [0, 0]
    assert attributes.blank(np.dtype(bool), 1).tolist() == [False]
    assert attributes.blank(np.dtype(object), 2).tolist() == [None, None]


def test_an_existing_attribute_keeps_its_type():
    existing = {"x": np.zeros(2)}
    integer = np.dtype(np.int8)
    assert attributes.checked_dtype(existing, "x", integer) == np.float64
    assert attributes.checked_dtype(existing, "new", integer) == np.int8
    with pytest.raises(TypeError, match="attribute 'x' has type float64, got object"):
        attributes.checked_dtype(existing, "x", np.dtype(object))


@pytest.mark.parametrize(
    ("name", "value"), [("x", np.uint64(2**63 + 5)), ("x", 2**63), ("count", -1)]
)
def test_integers_out_of_range_are_an_error_wherever_they_are_given(name, value):
    wv = KeyedVectors(["a"], np.ones((1, 2)))
    message = f"attribute '{name}' must be at least .* got {value}"
    with pytest.raises(ValueError, match=message):
        wv.set_vecattr("a", name, value)
    with pytest.raises(ValueError, match=message):
        wv.add_vectors(["b"], [[1, 2]], extras={name: np.array([value])})
    assert (len(wv), wv.expandos) == (1, {})


@pytest.mark.parametrize("counts", [[-1], np.array([2**63], np.uint64)])
def test_counts_out_of_range_are_an_error(counts):
    with pytest.raises(ValueError, match=r"attribute 'count' must be at least 0"):
        KeyedVectors(["a"], np.ones((1, 2)), counts)


def test_a_name_that_files_cannot_hold_is_an_error():
    wv = KeyedVectors(["a"], [[1, 2]])
    for change in (
        lambda: wv.set_vecattr("a", 5, 1),
        lambda: wv.add_vectors(["b"], [[1, 2]], extras={5: [1]}),
    ):
        with pytest.raises(TypeError, match=r"must be a str, got 5 \(int\)"):
            change()
    assert wv.expandos == {}


def test_counts_are_integers_even_if_there_are_none_yet():
    with pytest.raises(TypeError, match="attribute 'count' has type int64"):
        attributes.checked_dtype({}, "count", np.dtype(float))


def test_new_keys_have_their_values_or_blank_ones():
    existing = {"x": np.array([1, 2]), "y": np.array([None, "a"], object)}
    added = {"x": np.array([7, 8]), "z": np.array([0.5, 0.25])}
    after = attributes.appended(existing, added, np.array([True, False]), 2)
    assert after["x"].tolist() == [1, 2, 7]
    assert after["y"].tolist() == [None, "a", None]
    assert after["z"].tolist() == [0, 0, 0.5]
    assert existing["x"].tolist() == [1, 2]


def test_rearranged_values_follow_their_rows():
    existing = {"x": np.array([1, 2, 3]), "y": np.array(["a", "b", "c"], object)}
    after = attributes.rearranged(existing, np.array([2, -1, 0]))
    assert after["x"].tolist() == [3, 0, 1]
    assert after["y"].tolist() == ["c", None, "a"]
    assert existing["x"].tolist() == [1, 2, 3]
