"""Which rows workers replicate, and how often replicas are merged."""

import numpy as np
import pytest

from w2vfast.params import TrainParams
from w2vfast.training import huffman, replicas, sampling
from w2vfast.training.replicas import plan_replicas
from w2vfast.training.tables import Tables


def zipf_shares(n_rows, largest=0.05):
    """Shares of words by Zipf's law, 1 / rank; row 0 is the sentence end."""
    shares = largest / np.arange(n_rows, dtype=np.float64).clip(1)
    shares[0] = 0
    return shares


def tree_of(shares):
    return huffman.build_tree((shares * 1e9).astype(np.int64))


def plan(shares, ns_exponent=0.75, **options):
    params = TrainParams(**{"sg": 1, "hs": 0, "workers": 2, **options})
    counts = (shares * 1e9).astype(np.int64)
    noise = sampling.noise_sampler(counts, ns_exponent) if params.negative else None
    tables = Tables(None, noise, tree_of(shares) if params.hs else None)
    return plan_replicas(params, shares, tables)


def n_replicas(plan):
    return [len(uses) for uses in (plan.inputs, plan.outputs, plan.nodes)]


@pytest.mark.parametrize(
    ("workers", "expected"),
    [(1, [0, 0, 0]), (2, [2048, 2048, 4096]), (64, [2048, 2048, 4096])],
)
def test_the_most_frequent_rows_are_replicated(workers, expected):
    assert n_replicas(plan(zipf_shares(9000), hs=1, workers=workers)) == expected


def test_full_softmax_replicates_nothing():
    shares = zipf_shares(9000)
    assert n_replicas(plan(shares, objective="softmax", negative=0)) == [0, 0, 0]


def test_all_rows_of_a_small_vocabulary_are_replicated():
    assert n_replicas(plan(zipf_shares(40), hs=1)) == [40, 40, 40]


@pytest.mark.parametrize(
    ("workers", "first", "longest"),
    [(2, 256, 1 << 17), (16, 32, 1 << 14), (4096, 1, 64)],
)
def test_more_workers_shorten_the_periods_of_each(workers, first, longest):
    got = plan(zipf_shares(100), workers=workers)
    assert (got.first_period, got.period) == (first, longest)


def test_words_are_used_as_centre_words_contexts_and_negative_samples():
    shares = zipf_shares(300, 0.02)
    got = plan(shares, ns_exponent=0.5, negative=7)
    np.testing.assert_allclose(got.inputs, shares, rtol=1e-6)
    noise = np.sqrt(shares) / np.sqrt(shares).sum()
    np.testing.assert_allclose(got.outputs, shares + 7 * noise, rtol=1e-4, atol=1e-9)


def test_inner_nodes_are_used_as_often_as_the_words_below_them(monkeypatch):
    monkeypatch.setattr(replicas, "PATH_BLOCK", 7)
    shares = zipf_shares(300, 0.02)
    tree = tree_of(shares)
    expected = np.zeros(298)
    for word, share in enumerate(shares):
        path = slice(tree.offsets[word], tree.offsets[word + 1])
        expected[tree.points[path]] += share
    got = plan(shares, hs=1, negative=0)
    np.testing.assert_allclose(got.nodes[:298], expected, rtol=1e-5)
    assert got.nodes[0] == pytest.approx(shares.sum())


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"sg": 1}, 0.5),
        ({"sg": 0, "window": 5}, 0.5 * (1 + 5 * 0.5)),
        ({"sg": 0, "window": 5, "shrink_windows": False}, 0.5 * (1 + 9 * 0.5)),
        ({"sg": 0, "window": 50, "max_sentence_length": 10}, 0.5 * (1 + 10 * 0.5)),
    ],
)
def test_a_word_that_fills_windows_of_cbow_counts_for_each_of_its_copies(
    options, expected
):
    shares = np.array([0, 0.5, 0.3, 0.2])
    assert plan(shares, **options).inputs[1] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"sg": 1}, replicas.SKIPGRAM_TRANSPORT),
        ({"sg": 1, "hs": 1}, replicas.SKIPGRAM_TRANSPORT),
        ({"sg": 0}, replicas.CBOW_TRANSPORT),
        ({"sg": 1, "hs": 1, "negative": 0}, replicas.PATH_TRANSPORT),
        ({"sg": 0, "hs": 1, "negative": 0}, replicas.PATH_TRANSPORT),
    ],
)
def test_workers_merge_by_the_factor_of_the_mode_with_a_margin(options, expected):
    got = plan(zipf_shares(40), **options).transport
    assert got == pytest.approx(replicas.OVERLAP_MARGIN * expected)
