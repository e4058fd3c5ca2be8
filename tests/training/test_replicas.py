"""Which rows workers replicate, and how often replicas are merged."""

import numpy as np
import pytest

from w2vfast.params import TrainParams
from w2vfast.training import huffman, replicas
from w2vfast.training.replicas import plan_replicas

ROW_BYTES = 832


def zipf_shares(n_rows, largest):
    """Shares of words by Zipf's law, 1 / rank; row 0 is the sentence end."""
    shares = largest / np.arange(n_rows, dtype=np.float64).clip(1)
    shares[0] = 0
    return shares


def plan(shares, n_ids=10_000_000, row_bytes=ROW_BYTES, tree=None, **options):
    params = TrainParams(**{"sg": 1, "hs": 0, "workers": 2, **options})
    return plan_replicas(params, n_ids, row_bytes, shares, tree)


def tree_of(shares):
    return huffman.build_tree((shares * 1e9).astype(np.int64))


def n_replicas(plan):
    return [
        int(levels[-1]) if len(levels) else 0 for levels in (plan.words, plan.nodes)
    ]


@pytest.mark.parametrize(
    ("workers", "largest", "expected"),
    [
        (1, 0.01, [0, 0]),
        (2, 0.01, [2048, 4096]),
        (2, 0.031, [0, 4096]),
        (3, 0.03, [64, 64]),
        (16, 0.031, [0, 64]),
    ],
)
def test_the_most_frequent_rows_are_replicated(workers, largest, expected):
    shares = zipf_shares(9000, largest)
    got = plan(shares, tree=tree_of(shares), hs=1, workers=workers)
    assert n_replicas(got) == expected


def test_full_softmax_replicates_nothing():
    shares = zipf_shares(9000, 0.01)
    assert n_replicas(plan(shares, objective="softmax", negative=0)) == [0, 0]


def test_all_rows_of_a_small_vocabulary_are_replicated():
    shares = zipf_shares(40, 0.03)
    assert n_replicas(plan(shares, tree=tree_of(shares), hs=1)) == [40, 40]


@pytest.mark.parametrize(
    ("workers", "hs", "negative"), [(2, 0, 5), (2, 1, 5), (2, 1, 0), (64, 1, 5)]
)
def test_replicas_take_little_memory_whatever_the_size_of_a_row(workers, hs, negative):
    shares = zipf_shares(9000, 0.01)
    options = {"hs": hs, "negative": negative, "workers": workers}
    got = plan(
        shares, row_bytes=40_000, tree=tree_of(shares) if hs else None, **options
    )
    n_words, n_nodes = n_replicas(got)
    taken = workers * 2 * ((1 + (negative > 0)) * n_words + n_nodes) * 40_000
    assert 0.9 < taken / (1 << 25) <= 1


@pytest.mark.parametrize(
    ("workers", "hs", "window", "n_ids", "period"),
    [
        (2, 0, 5, 600_000, 2048),
        (2, 1, 5, 600_000, 1024),
        (2, 0, 10, 600_000, 1024),
        (16, 0, 5, 600_000, 256),
        (2, 0, 5, 12_800, 100),
        (4096, 1, 5, 600_000, 1),
        (4, 0, 5, 20, 1),
    ],
)
def test_more_workers_or_less_text_shorten_the_period(
    workers, hs, window, n_ids, period
):
    shares = zipf_shares(100, 0.01)
    got = plan(shares, n_ids, hs=hs, window=window, workers=workers)
    assert got.period == period
    assert got.ramp == (1 << 20) // workers


def check_levels(levels, uses):
    """No row is used too often between two merges, and none is merged too often."""
    level = np.searchsorted(levels, np.arange(levels[-1]), side="right")
    used = 2**level * uses[: levels[-1]]
    assert (used[level > 0] <= replicas.USES_BETWEEN_MERGES).all()
    assert (
        used[1:][level[1:] < len(levels) - 1] > replicas.USES_BETWEEN_MERGES / 2
    ).all()
    assert len(levels) > 5


def test_rows_that_are_used_more_are_merged_more_often():
    shares = zipf_shares(9000, 0.01)
    check_levels(plan(shares, window=5).words, 4096 * 5 * shares)
    tree = tree_of(shares)
    got = plan(shares, tree=tree, hs=1, window=5)
    check_levels(got.words, 2048 * 5 * shares)
    node_shares = replicas._node_shares(shares, tree, 4096)
    most_used_after = np.maximum.accumulate(node_shares[::-1])[::-1]
    check_levels(got.nodes, 2048 * most_used_after)


def test_equally_frequent_words_are_merged_together():
    got = plan(np.full(5000, 1 / 5000))
    assert got.words.tolist() == [0, 0, 0, 0, 2048]  # 16 * 4.1 uses


def test_more_than_two_workers_merge_all_replicas_every_time():
    got = plan(zipf_shares(9000, 0.01), workers=3)
    assert got.words.tolist() == [64]


def test_inner_nodes_are_used_as_often_as_the_words_below_them(monkeypatch):
    monkeypatch.setattr(replicas, "PATH_BLOCK", 7)
    shares = zipf_shares(300, 0.02)
    tree = tree_of(shares)
    expected = np.zeros(298)
    for word, share in enumerate(shares):
        path = slice(tree.offsets[word], tree.offsets[word + 1])
        expected[tree.points[path]] += share
    got = replicas._node_shares(shares, tree, 100)
    np.testing.assert_allclose(got, expected[:100])
    assert got[0] == pytest.approx(shares.sum())


def test_a_node_that_is_used_more_than_earlier_ones_is_merged_with_them():
    uses = np.array([0.0, 500, 10, 300, 20, 0])
    got = replicas._levels(uses)
    assert got.tolist() == [4, 4, 5, 5, 5, *[5] * 10, 6]
