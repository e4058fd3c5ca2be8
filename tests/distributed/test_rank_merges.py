"""Merges of what ranks have learned apart."""

from itertools import pairwise

import numpy as np
import pytest
from thread_ranks import on_ranks

from w2vfast import _core
from w2vfast.distributed import merge_times, rank_merges
from w2vfast.distributed.merge_times import (
    OFTEN,
    SELDOM,
    MergeLimit,
    n_levels,
    schedule_of,
)
from w2vfast.distributed.rank_merges import (
    Curvature,
    Merge,
    SampledCurvature,
    SharedRows,
    mean_curvatures,
    merge_matrices,
)
from w2vfast.params import TrainParams

DIM = 6


def curvature_matrix(seed=1, n_large=2):
    """A symmetric matrix, of a few large and otherwise equal eigenvalues."""
    axes = np.linalg.qr(np.random.default_rng(seed).normal(size=(DIM, DIM)))[0]
    values = np.array([5.0, 2.0, *[0.1] * (DIM - 2)])
    return (axes * values) @ axes.T


def sampled(h, scales=None):
    """What a rank has found, with bands of equal curvature if no scales are given."""
    return SampledCurvature(h, np.ones(_core.BANDS) if scales is None else scales)


def exponential(h, strength):
    """exp(-strength h) by the eigenvalues of h, in float64."""
    values, axes = np.linalg.eigh(h)
    return (axes * np.exp(-strength * values)) @ axes.T


def transported(curvature, changes, strengths):
    """Changes from rows of zeros, in a matrix whose rows are padded."""
    live = np.full((len(changes), DIM + 10), np.nan, dtype=np.float32)[:, :DIM]
    live[...] = changes
    found = np.empty(changes.size, dtype=np.float32)
    axes, values, rest, _ = curvature
    base = np.zeros_like(changes)
    merge = _core.RankMerge([(live, base, strengths, axes, values, rest)])
    merge.take(0, len(changes), found)
    return found.reshape(changes.shape)


def test_transport_is_the_exponential_of_the_curvature():
    h = curvature_matrix()
    changes = np.random.default_rng(2).normal(size=(9, DIM)).astype(np.float32)
    strengths = np.linspace(0, 3, 9, dtype=np.float32)
    moved = transported(Curvature.of(sampled(h)), changes, strengths)
    expected = [exponential(h, s) @ d for s, d in zip(strengths, changes, strict=True)]
    np.testing.assert_allclose(moved, expected, atol=2e-6)


def rows_of(n_rows, n_matrices=1, dim=DIM):
    """Matrices of zeros, as `RankMerge` takes them, that are not transported."""
    numbers = np.zeros(n_rows, dtype=np.float32)
    axes, values = np.eye(2, dim, dtype=np.float32), np.zeros(2, dtype=np.float32)
    return [
        (*np.zeros((2, n_rows, dim), dtype=np.float32), numbers, axes, values, 0.0)
        for _ in range(n_matrices)
    ]


def test_changes_of_all_ranks_become_the_live_and_the_common_rows():
    rng = np.random.default_rng(4)
    changes, base = rng.normal(size=(2, 3, 5, DIM)).astype(np.float32)
    live = np.zeros((3, 8, DIM + 3), dtype=np.float32)
    bases = np.zeros((3, 8, DIM), dtype=np.float32)
    bases[:, 2:7] = base
    others = rows_of(8)[0][2:]
    merge = _core.RankMerge(
        [(live[m, :, :DIM], bases[m], *others) for m in range(3)],
    )
    merge.add(2, 7, changes.reshape(-1))
    np.testing.assert_array_equal(bases[:, 2:7], base + changes)
    np.testing.assert_array_equal(live[:, 2:7, :DIM], base + changes)
    assert not live[:, :2].any()
    assert not live[:, 7:].any()
    assert not live[:, :, DIM:].any()


@pytest.mark.parametrize("place", range(5))
def test_rows_that_do_not_fit_are_an_error(place):
    """Of the second matrix; `live` of the first has as many rows as the others."""
    (right,) = rows_of(3)
    wrong = list(right)
    wrong[place] = np.ascontiguousarray(right[place][..., :1])
    _core.RankMerge([right, right])
    with pytest.raises(ValueError, match="must be of"):
        _core.RankMerge([right, tuple(wrong)])


def test_changes_that_do_not_fit_are_an_error():
    merge = _core.RankMerge(rows_of(3, 2))
    changes = np.zeros(2 * 3 * DIM, dtype=np.float32)
    merge.take(0, 3, changes)
    for start, stop, given in ((0, 3, changes[:-1]), (0, 4, changes), (-1, 2, changes)):
        for use in (merge.take, merge.add):
            with pytest.raises(ValueError, match="must be"):
                use(start, stop, given)


def test_rows_that_are_no_rows_are_an_error():
    live, _, *others = rows_of(3)[0]
    columns = np.zeros((DIM, 3), dtype=np.float32).T
    with pytest.raises(ValueError, match="next to each other"):
        _core.RankMerge([(live, columns, *others)])


def test_few_axes_stand_for_equal_eigenvalues(monkeypatch):
    monkeypatch.setattr(rank_merges, "AXES", 2)
    found = Curvature.of(sampled(curvature_matrix()))
    assert found.axes.shape == (2, DIM)
    assert found.rest == pytest.approx(0.1)
    test_transport_is_the_exponential_of_the_curvature()


def test_the_first_axes_are_found_without_all_eigenvectors(monkeypatch):
    """NumPy would start threads for these, one for each processor, on each rank."""
    dim, eigh = 60, np.linalg.eigh
    axes = np.linalg.qr(np.random.default_rng(5).normal(size=(dim, dim)))[0]
    values = 1 / np.arange(1, dim + 1)
    seen = []
    monkeypatch.setattr(np.linalg, "eigh", lambda h: seen.append(len(h)) or eigh(h))
    found = Curvature.of(sampled((axes * values) @ axes.T))
    assert seen == [_core.AXES]
    np.testing.assert_allclose(found.values, values[: _core.AXES], rtol=0.1)
    np.testing.assert_allclose(found.values[:8], values[:8], rtol=1e-3)
    assert found.rest == pytest.approx(values[_core.AXES :].mean(), rel=0.05)
    # Axes that are directions of the values, and not the first ones.
    found = Curvature.of(sampled(np.diag(values[::-1])))
    np.testing.assert_allclose(found.values[:8], values[:8], rtol=1e-3)


def test_axes_of_the_merge_before_are_refined(monkeypatch):
    monkeypatch.setattr(rank_merges, "AXES", 2)
    h = curvature_matrix()
    noise = np.random.default_rng(3).normal(size=h.shape)
    before = Curvature.of(sampled(h + 0.1 * (noise + noise.T)))
    found, expected = Curvature.of(sampled(h), before), Curvature.of(sampled(h))
    np.testing.assert_allclose(found.values, expected.values, rtol=1e-3)
    np.testing.assert_allclose(
        np.abs(found.axes @ expected.axes.T), np.eye(2), atol=0.01
    )
    assert found.rest == pytest.approx(expected.rest, rel=0.01)


def test_axes_after_a_curvature_of_zeros_are_found_as_the_first():
    values = np.arange(60, 0, -1) * (np.arange(60) >= 58)  # in the last directions only
    zeros = Curvature.of(sampled(np.zeros((60, 60))))
    found = Curvature.of(sampled(np.diag(values)), zeros)
    np.testing.assert_allclose(found.values[:2], [2, 1], rtol=1e-3)


def test_the_curvature_is_the_mean_of_the_ranks_that_have_one():
    first, second = curvature_matrix(1), curvature_matrix(2)
    of_ranks = [
        sampled(first, np.full(_core.BANDS, 0.5)),
        None,
        sampled(second, np.full(_core.BANDS, 1.0)),
    ]

    def mean(ranks):
        found = {"syn0": of_ranks[ranks.index], "syn1": None}
        return mean_curvatures(ranks, found, {}, DIM)

    expected = Curvature.of(sampled((first + second) / 2))
    for curvatures in on_ranks(3, mean):
        np.testing.assert_allclose(
            curvatures["syn0"].values, expected.values, rtol=1e-5
        )
        np.testing.assert_array_equal(curvatures["syn0"].scales, 0.75)
        assert not curvatures["syn1"].values.any()


# Memory for all 20 rows, for three (so that the last piece is shorter), one, none.
MEMORIES = [None, 20 * DIM, 3 * DIM + 1, DIM, DIM - 1]


@pytest.mark.parametrize("memory_floats", MEMORIES)
@pytest.mark.parametrize("size", [2, 3, 5])
@pytest.mark.parametrize("last", [0, 1])
def test_merged_rows_are_those_of_ranks_in_sequence(size, last, memory_floats):
    """Each rank's change is transported through what later ranks have learned."""
    rng = np.random.default_rng(7)
    base = rng.normal(size=(20, DIM)).astype(np.float32)
    changes = rng.normal(size=(size, 20, DIM)).astype(np.float32)
    updates = rng.uniform(0.5, 1.5, 20)  # enough for each axis to count
    words = np.arange(1, size + 1) * 10
    h, strength = curvature_matrix(), 0.03
    of_bands = rng.uniform(0.5, 2, _core.BANDS)

    def merged(ranks):
        live = base.copy()
        rows = SharedRows.of(live, updates, size, OFTEN)
        live += changes[ranks.index]
        merge = Merge(words, last, 64, strength)
        curvature = Curvature.of(sampled(h, of_bands))
        merge_matrices(ranks, {"syn0": rows}, {"syn0": curvature}, merge)
        np.testing.assert_array_equal(rows.base, live)
        return live

    found = on_ranks(size, merged, memory_floats=memory_floats)
    for live in found[1:]:
        np.testing.assert_array_equal(live, found[0])
    for row in range(20):
        value = np.zeros(DIM)
        for k in range(1, size + 1):  # the order of row 0 ends with `last`
            rank = (last + row + k) % size
            n_uses = words[rank] * updates[row] * of_bands[row.bit_length()]
            through = exponential(h, strength * n_uses)
            value = through @ value + changes[rank, row]
        np.testing.assert_allclose(found[0][row], base[row] + value, atol=1e-5)


@pytest.mark.parametrize("size", [2, 3, 7])
def test_ranks_of_one_machine_merge_several_matrices_in_their_memory(size):
    dim, n_rows, n_matrices = 20, 50, 3
    rng = np.random.default_rng(5)
    changes = rng.normal(size=(size, n_matrices, n_rows, dim)).astype(np.float32)

    def merged(ranks):
        found = []
        for step in range(3):  # the slots of a rank take turns
            merging = rows_of(n_rows, n_matrices, dim)
            for rows, own in zip(merging, changes[ranks.index], strict=True):
                rows[0][...] = own + step
            merge = _core.RankMerge(merging)
            assert merge.fits(ranks.memory)
            merge.merge_in(ranks.memory)
            for live, base, *_ in merging:
                np.testing.assert_array_equal(live, base)
            found.append([live for live, *_ in merging])
            ranks.memory.meet()  # once: the next merge begins with the other slot
        return np.array(found)

    found = on_ranks(size, merged, memory_floats=7 * n_matrices * dim)
    for rank in found[1:]:
        np.testing.assert_array_equal(rank, found[0])
    for step in range(3):
        expected = (changes + np.float32(step)).sum(axis=0)
        np.testing.assert_allclose(found[0][step], expected, rtol=1e-5, atol=1e-5)


def test_rows_of_higher_levels_wait_for_their_merge():
    schedule = OFTEN._replace(frequent_rows=4)

    def merged(ranks):
        live = np.zeros((10, DIM), dtype=np.float32)
        rows = SharedRows.of(live, np.zeros(10), 2, schedule)
        sums = []
        for merge in (1, 2, 3, 4):
            live += 1
            words = np.array([merge, merge])
            flat = Curvature.of(sampled(np.zeros((DIM, DIM))))
            settings = Merge(words, 0, n_levels(merge), 1.0)
            merge_matrices(ranks, {"syn0": rows}, {"syn0": flat}, settings)
            sums.append(live[:, 0].copy())
        return sums

    first, second, third, fourth = on_ranks(2, merged)[0]
    assert first.tolist() == [2] * 4 + [1] * 6
    assert second.tolist() == [4] * 8 + [2] * 2
    assert third.tolist() == [6] * 4 + [5] * 4 + [3] * 2
    assert fourth.tolist() == [8] * 10


def test_the_last_rank_of_one_row_is_not_that_of_the_next():
    def merged(ranks):
        live = np.zeros((4, DIM), dtype=np.float32)
        matrices = {"syn0": SharedRows.of(live, np.ones(4), 2, OFTEN)}
        live += ranks.index
        curvatures = {"syn0": Curvature.of(sampled(np.eye(DIM)))}
        merge = Merge(np.array([1, 1]), 1, 1, 1.0)
        merge_matrices(ranks, matrices, curvatures, merge)
        return live

    live = on_ranks(2, merged)[0]
    np.testing.assert_allclose(live[::2], 1, rtol=1e-6)
    np.testing.assert_allclose(live[1::2], np.exp(-1), rtol=1e-6)


@pytest.mark.parametrize("n_rows", [1, 4095, 4096, 4097, 8192, 8193, 100_000])
def test_levels_have_each_row_once_and_double(n_rows):
    bounds = OFTEN.level_bounds(n_rows)
    assert bounds[0] == 0
    assert bounds[-1] == n_rows
    assert (np.diff(bounds) > 0).all()
    assert all(end == 2 * start for start, end in pairwise(bounds[1:-1]))


def test_merges_become_rarer_within_limits():
    positions = OFTEN.positions(100_000_000, 0)
    gaps = np.diff([0, *positions])
    assert (np.diff(gaps) >= 0).all()
    assert gaps[0] == 1 << 16
    assert gaps[-1] > 10 * gaps[0]
    assert positions[-1] < 100_000_000
    assert len(OFTEN.positions(100_000_000, 10**9)) < len(positions)


@pytest.mark.parametrize("mode", [{"negative": 5}, {"negative": 0, "hs": 1}])
def test_two_ranks_of_cbow_merge_less_often(mode):
    assert schedule_of(TrainParams(**mode), 2) == SELDOM


def test_a_schedule_that_merges_less_often_has_fewer_rows():
    assert len(SELDOM.positions(8_000_000, 0)) == 61
    assert len(OFTEN.positions(8_000_000, 0)) == 105
    assert SELDOM.level_bounds(10_000) == [0, 2048, 4096, 8192, 10_000]


@pytest.mark.parametrize(
    ("n_ranks", "mode"),
    [
        (3, {"negative": 5}),
        (2, {"negative": 5, "hs": 1}),
        (2, {"negative": 5, "sg": 1}),
        (2, {"negative": 0, "hs": 1, "sg": 1}),
        (3, {"negative": 0, "hs": 1}),
        (2, {"objective": "softmax"}),
    ],
)
def test_more_ranks_and_other_modes_merge_often(n_ranks, mode):
    assert schedule_of(TrainParams(**mode), n_ranks) == OFTEN


def test_a_short_epoch_has_no_merge_before_its_end():
    assert OFTEN.positions(1000, 0) == []


def test_the_limit_of_a_merge_follows_the_times_between_merges(monkeypatch):
    now = iter([0.0, 1.0, 61.0, 62.0])
    monkeypatch.setattr(merge_times.time, "perf_counter", lambda: next(now))
    limit, found = MergeLimit(), []
    for _ in range(4):
        found.append(limit.seconds)
        limit.merged()
    assert [*found, limit.seconds] == [np.inf, np.inf, 300, 1200, 1200]
