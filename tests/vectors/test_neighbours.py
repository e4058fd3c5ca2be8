"""Cosines of many rows and the largest of them, compared with float64 and sorting."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from w2vfast.vectors import neighbours

RNG = np.random.default_rng(7)
VECTORS = RNG.normal(size=(1500, 12)).astype(np.float32)
EXACT = VECTORS / np.linalg.norm(VECTORS.astype(np.float64), axis=1)[:, None]


def axis_rows(kinds):
    """Return rows along the axes; their cosines are exactly 1, 0 or -1."""
    kinds = np.asarray(kinds)
    return np.float32(np.eye(5)[np.abs(kinds)] * np.where(kinds < 0, -3, 2)[:, None])


def by_sorting(scores, k):
    """Reference implementation: the k largest of each row, ties in order."""
    return np.argsort(-scores, axis=1, kind="stable")[:, :k]


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(neighbours, "_SEARCHED_ROWS", 100)
    monkeypatch.setattr(neighbours, "_QUERIES", 3)
    monkeypatch.setattr(neighbours, "_CACHED_ROWS", 64)
    monkeypatch.setattr(neighbours, "_GROUP", 4)


def test_the_mean_cosine_is_that_of_all_pairs():
    cosines = EXACT[:50] @ EXACT[:50].T
    expected = cosines[~np.eye(50, dtype=bool)].mean()
    assert neighbours.mean_cosine(VECTORS[:50]) == pytest.approx(expected, abs=1e-6)
    assert neighbours.mean_cosine(np.ones((3, 2))) == pytest.approx(1)
    assert neighbours.mean_cosine(VECTORS[:1]) == 0


# --- lengths ----------------------------------------------------------------------


def test_unit_rows_keep_their_direction():
    assert neighbours.unit_rows(VECTORS) == pytest.approx(EXACT, abs=1e-6)
    assert neighbours.unit_rows(VECTORS).dtype == np.float32


@pytest.mark.parametrize("size", [1e-44, 1e-25, 2e-22, 1e-18, 1e18, 1e30, 3e38])
def test_tiny_and_huge_rows_have_a_direction(size):
    rows = VECTORS.copy()
    rows[:, :] = np.float32([[0, size, 0, -size] * 3])
    expected = np.float32([0, 1, 0, -1] * 3) / np.sqrt(np.float32(6))
    assert neighbours.unit_rows(rows) == pytest.approx(
        np.tile(expected, (1500, 1)), abs=1e-6
    )
    found = neighbours.cosines(rows, expected[None])
    assert found == pytest.approx(np.ones((1, 1500)), abs=1e-6)
    assert neighbours.unit(rows[0]) == pytest.approx(expected, abs=1e-6)


def test_float64_beyond_the_range_of_float32():
    rows = np.array([[3e100, 4e100], [3e-100, 4e-100]])
    expected = np.array([[0.6, 0.8], [0.6, 0.8]])
    assert neighbours.unit_rows(rows) == pytest.approx(expected)
    assert neighbours.cosines(rows, np.array([[0, 1.0]]))[0] == pytest.approx(
        [0.8, 0.8]
    )


@pytest.mark.parametrize("dtype", [np.float16, np.float64])
def test_other_types_are_converted(dtype):
    rows = VECTORS.astype(dtype)
    assert neighbours.unit_rows(rows) == pytest.approx(EXACT, abs=1e-3)
    assert neighbours.cosines(rows, EXACT[:1])[0] == pytest.approx(
        EXACT @ EXACT[0], abs=1e-3
    )


ODD = np.float32([[1, 2], [0, 0], [np.nan, 1], [np.inf, 1], [2, 1]])


def test_rows_of_zeros_or_not_finite():
    unit = neighbours.unit_rows(ODD)
    assert unit[[1, 2, 3]].tolist() == [[0, 0]] * 3
    found = neighbours.cosines(ODD, np.float32([[1, 0]]))[0]
    assert found[1] == 0
    assert np.isnan(found).tolist() == [False, False, True, True, False]
    rows, cosines = neighbours.nearest(ODD, np.float32([[1, 0]]), 5)
    assert rows.tolist() == [[4, 0, 1, -1, -1]]
    assert cosines[0, 3:].tolist() == [-np.inf, -np.inf]


@pytest.mark.parametrize("vector", [[0.0, 0.0], [np.nan, 1], [np.inf, 1], [1e300] * 2])
def test_the_unit_vector_of_zeros_or_not_finite_is_zeros(vector):
    assert neighbours.unit(np.array(vector)).tolist() == [0, 0]


# --- scores -----------------------------------------------------------------------


def test_cosines_of_several_directions():
    found = neighbours.cosines(VECTORS, EXACT[:3])
    assert found.shape == (3, 1500)
    assert found.dtype == np.float32
    assert found == pytest.approx(EXACT[:3] @ EXACT.T, abs=1e-6)


def test_cosmul_is_the_quotient_of_shifted_cosines():
    def shifted(row):
        return (1 + EXACT @ EXACT[row]) / 2

    found = neighbours.cosmul(VECTORS, EXACT[[3, 4]], EXACT[[5, 6]])
    expected = shifted(3) * shifted(4) / (shifted(5) * shifted(6) + 1e-6)
    assert found == pytest.approx(expected, rel=1e-4)
    alone = neighbours.cosmul(VECTORS, EXACT[[3]], EXACT[:0])
    assert alone == pytest.approx(shifted(3), rel=1e-4)


# --- the largest ------------------------------------------------------------------


@pytest.mark.parametrize("finite", [True, False])
@pytest.mark.parametrize("k", [0, 1, 3, 4, 5, 6, 99])
def test_largest_scores_are_finite_only_or_all(k, finite):
    scores = np.array([-np.inf, 2, np.nan, 5, 2, -1])
    expected = [3, 1, 4, 5] + ([] if finite else [0, 2])
    found = neighbours.largest(scores, k, finite=finite)
    assert found.tolist() == expected[:k]


@pytest.mark.parametrize("k", [1, 10, 45, 46, 400, 1499, 1500, 2000])
def test_largest_agrees_with_sorting(k):
    scores = (EXACT @ EXACT[0]).astype(np.float32)
    expected = np.argsort(-scores)[:k]
    np.testing.assert_array_equal(neighbours.largest(scores, k), expected)


@given(
    st.lists(st.sampled_from([-1, 0, 0.5, 2, np.nan, -np.inf]), max_size=200),
    st.integers(1, 250),
)
def test_equal_scores_are_in_the_order_of_rows(scores, k):
    scores = np.array(scores, np.float32)
    finite = [n for n, score in enumerate(scores) if np.isfinite(score)]
    expected = sorted(finite, key=lambda n: -scores[n])[:k]
    assert neighbours.largest(scores, k).tolist() == expected


@given(st.integers(1, 400), st.integers(1, 90), st.integers(0, 1000))
def test_at_least_k_scores_reach_the_lower_bound(n_rows, k, seed):
    scores = np.random.default_rng(seed).normal(size=(2, n_rows)).astype(np.float32)
    reached = (scores >= neighbours._floors(scores, k)[:, None]).sum(axis=1)
    assert (reached >= min(k, n_rows)).all()


@pytest.mark.parametrize("k", [1, 7, 24, 26, 99, 100, 101, 1500, 3000])
@pytest.mark.usefixtures("small_blocks")
def test_nearest_agrees_with_sorting(k):
    rows, cosines = neighbours.nearest(VECTORS, EXACT[:7], k)
    scores = (EXACT[:7] @ EXACT.T).astype(np.float32)
    expected = by_sorting(scores, k)
    assert rows.shape == cosines.shape == (7, min(k, 1500))
    assert cosines == pytest.approx(np.take_along_axis(scores, expected, 1), abs=1e-6)
    # Neighbours whose cosines are equal up to rounding may be swapped.
    differ = rows != expected
    assert np.take_along_axis(scores, rows, 1)[differ] == pytest.approx(
        np.take_along_axis(scores, expected, 1)[differ], abs=1e-6
    )
    assert differ.mean() < 0.01


@pytest.mark.parametrize("k", [1, 30, 500])
@pytest.mark.usefixtures("small_blocks")
def test_nearest_returns_equal_rows_in_order(k):
    kinds = RNG.integers(-4, 5, 777)
    vectors = axis_rows(kinds)
    directions = np.sign(axis_rows(RNG.integers(-4, 5, 11)))
    expected = by_sorting(directions @ np.sign(vectors).T, k)
    np.testing.assert_array_equal(
        neighbours.nearest(vectors, directions, k)[0], expected
    )


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("order", [1, -1])
def test_nearest_of_rows_sorted_by_cosine(order):
    angles = np.linspace(3, 0.1, 900)[::order]
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    rows, _ = neighbours.nearest(vectors, np.float32([[1, 0]] * 4), 6)
    best = np.arange(899, 893, -1) if order == 1 else np.arange(6)
    np.testing.assert_array_equal(rows, [best] * 4)


def test_nearest_without_rows_or_queries():
    rows, cosines = neighbours.nearest(VECTORS[:0], EXACT[:2], 3)
    assert rows.shape == cosines.shape == (2, 0)
    rows, cosines = neighbours.nearest(VECTORS, EXACT[:0], 3)
    assert rows.shape == cosines.shape == (0, 3)


def test_only_few_scores_are_sorted(monkeypatch):
    sorted_entries = []
    lexsort = np.lexsort

    def counting(keys):
        sorted_entries.append(len(keys[0]))
        return lexsort(keys)

    monkeypatch.setattr(np, "lexsort", counting)
    monkeypatch.setattr(neighbours, "_SEARCHED_ROWS", 500)
    neighbours.nearest(VECTORS, EXACT[:50], 10)
    # For 50 queries: the 10 best so far, and those of 500 scores above the bound.
    assert len(sorted_entries) == 3
    assert max(sorted_entries) < 50 * 10 * 3
