"""Query vectors from keys, vectors and weights; keys from scores."""

import numpy as np
import pytest

from w2vfast.vectors import queries
from w2vfast.vectors.table import KeyTable


@pytest.fixture
def table():
    return KeyTable(["a", "b", "c"], np.float32([[3, 4], [0, 2], [-1, 0]]))


@pytest.mark.parametrize(
    ("query", "items"),
    [
        (None, []),
        ("word", ["word"]),
        (17, [17]),
        (["a", "b"], ["a", "b"]),
        (("a", "b"), ["a", "b"]),
    ],
)
def test_a_single_key_is_a_list_of_one(query, items):
    assert queries.as_list(query) == items


def test_a_single_vector_is_a_list_of_one_and_a_matrix_of_many():
    assert len(queries.as_list(np.zeros(3))) == 1
    assert len(queries.as_list(np.zeros((2, 3)))) == 2


def test_a_single_string_is_not_a_list_of_letters():
    assert queries.as_list_of_keys(iter(["a"]), "words") == ["a"]
    with pytest.raises(TypeError, match=r"words must be a list, got 'ab'.* \['ab'\]"):
        queries.as_list_of_keys("ab", "words")


def test_weights_are_signs_unless_given():
    items = queries.weighted_items(["a", ("b", 2)], ["c", ["d", 0.5]])
    assert items == [("a", 1), ("b", 2), ("c", -1), ("d", 0.5)]
    with pytest.raises(ValueError, match=r"a pair \(key, weight\), got \[1, 2, 3\]"):
        queries.weighted_items([[1, 2, 3]], None)


def test_a_key_gives_its_unit_vector_and_a_vector_is_unchanged(table):
    vector, row = queries.query_vector(table, "a")
    assert (vector.tolist(), row) == ([0.6, 0.8], 0)
    given = np.float32([5, 6])
    vector, row = queries.query_vector(table, given)
    assert vector is given
    assert row is None
    with pytest.raises(ValueError, match=r"shape \(2,\), got \(3,\)"):
        queries.query_vector(table, np.zeros(3))


def test_a_direction_is_the_unit_vector_of_the_weighted_sum(table):
    direction, rows = queries.direction(table, [("a", 1.0), ("b", -0.8), ("c", 0.0)])
    assert direction == pytest.approx([1, 0])
    assert rows == [0, 1, 2]
    with pytest.raises(ValueError, match="at least one key or vector"):
        queries.direction(table, [])


def test_many_directions_agree_with_single_ones(table):
    for asked in (["a", "c"], ["a", ["b", ("c", 2)], np.ones(2)]):
        found, rows = queries.directions(table, asked)
        for n, query in enumerate(asked):
            items = queries.weighted_items(query, None)
            direction, own = queries.direction(table, items)
            assert found[n] == pytest.approx(direction, abs=1e-6)
            assert rows[n] == own


def test_a_mean_is_divided_by_the_sum_of_the_magnitudes_of_weights(table):
    found = queries.mean_vector(table, ["a", "b"], [1, -3], False, True)
    assert found == pytest.approx([3 / 4, (4 - 6) / 4])
    assert queries.mean_vector(table, ["x"], None, True, True).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ((0, None, None), (0, 10)),
        ((2, 5, None), (2, 5)),
        ((2, 0, 0), (2, 10)),
        ((2, 5, 4), (0, 4)),
        ((0, 100, None), (0, 10)),
        ((100, None, None), (10, 10)),
    ],
)
def test_restrict_vocab_overrides_the_clips_of_searched_rows(limits, expected):
    assert queries.searched_rows(10, *limits) == slice(*expected)


def test_the_best_keys_exclude_those_that_were_given():
    scores = np.float32([0.5, 0.9, 0.7])
    found = queries.best_keys(list("vwxyz"), scores.copy(), 2, [3, 0], 2)
    assert found == [("z", pytest.approx(0.7)), ("x", 0.5)]
    assert queries.best_keys(list("vwxyz"), scores, None, [3], 2) is scores
