"""Replicas are merged on schedule, and no update is lost or added twice."""

import functools

import numpy as np
import pytest
from training_helpers import alias_noise, kernel_model, options

from w2vfast import _core
from w2vfast.params import TrainParams
from w2vfast.system.threads import run_threads
from w2vfast.training import huffman
from w2vfast.training.weights import new_weights


def replicas(n_rows, uses=1.0, **plan):
    """A plan for the first rows of each matrix, each used `uses` times a word."""
    rows = np.full(n_rows, uses, dtype=np.float32)
    plan = {"first_period": 1, "period": 1, "transport": 1.5, **plan}
    return _core.Replicas(rows, rows, rows, **plan)


def test_a_plan_for_more_rows_than_the_model_has_is_refused():
    message = r"number of replicated rows must be at most 4, got 5"
    with pytest.raises(ValueError, match=message):
        _core.Worker(kernel_model(4), options(), 1, replicas=replicas(5))


def test_periods_grow_with_the_words_so_far_up_to_the_longest():
    words = np.array(_core._test_merges(first_period=4, period=100, n_words=20_000))
    assert words[0] == 4
    expected = np.clip(words[:-1] // 128, 4, 100)
    assert np.diff(words).tolist() == expected.tolist()
    assert set(expected) >= {4, 5, 50, 99, 100}


def test_a_lockstep_refuses_more_workers_than_it_is_for():
    lockstep = _core.Lockstep(1)
    model = kernel_model(4)
    _core.Worker(model, options(), 1, lockstep=lockstep)
    with pytest.raises(ValueError, match="for 1 workers, got one more"):
        _core.Worker(model, options(), 1, lockstep=lockstep)


def random_ids(n_words, n_ids=10_000):
    """Ids of words of unequal frequency, in short sentences."""
    ids = np.minimum(np.random.default_rng(3).geometric(0.02, n_ids), n_words)
    ids[::11] = 0
    return ids.astype(np.int32)


MODES = {
    "skip-gram": {},
    "cbow": {"sg": False},
}


def vectors_after(n_workers, n_replicated, ids, mode, alpha=1e-6):
    """Change of the vectors; with a tiny alpha, the order of updates hardly matters."""
    # So many uses that all rows are replicated once the curvature is known, which it is
    # after an epoch.
    plan = replicas(n_replicated, 16, transport=1.5 / 16) if n_replicated else None
    weights, start, _ = trained(n_workers, plan, ids, mode, alpha, n_epochs=2)
    return weights.syn0.vectors - start


def trained(n_workers, plan, ids, mode, alpha=1e-6, n_words=0, n_epochs=1):
    """Weights, the vectors before the last epoch, and workers that have trained."""
    counts = 1 + np.bincount(ids, minlength=n_words).astype(np.int64)
    params = TrainParams(vector_size=20, sg=1, hs=1, sample=0, alpha=alpha)
    weights = new_weights(len(counts), params)
    outputs = np.random.default_rng(7).normal(0, 0.5, weights.syn0.vectors.shape)
    for rows in (weights.syn1, weights.syn1neg):  # zeros would not move the vectors
        rows.vectors[1:] = outputs[1:]
    syn0, syn1, syn1neg = (rows.pad() for _, rows in weights)
    tree = huffman.build_tree(counts)
    paths = _core.Paths(tree.offsets, tree.points, tree.codes)
    model = _core.Model(syn0, syn1, syn1neg, 20, noise=alias_noise(counts), paths=paths)
    both = options(hs=True, negative=5, **MODES[mode])
    workers = [_core.Worker(model, both, 1, replicas=plan) for _ in range(n_workers)]
    constant = _core.AlphaSchedule(alpha, alpha, alpha, epoch=0, n_epochs=1)
    for _ in range(n_epochs):
        start = weights.syn0.vectors.copy()
        queue = _core.SpanQueue(_core.span_starts(ids, 2000, 1000))
        job = (ids, queue, 0, constant)
        tasks = [functools.partial(worker.train_epoch, *job) for worker in workers]
        run_threads(tasks, queue.stop, lambda: None)
    return weights, start, workers


@pytest.mark.statistical
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("n_words", [3, 16, 17, 80])
def test_merges_lose_no_update_and_double_none(n_words, mode):
    """Random draws depend on the span alone, so all workers together do one's work.

    Only rows that all workers replicate are sure to lose no update.
    """
    ids = random_ids(n_words)
    expected = vectors_after(1, 0, ids, mode)
    got = vectors_after(3, n_words + 1, ids, mode)
    scale = np.abs(expected[1:]).max(axis=1, keepdims=True)
    # One worker's merge that is lost or done twice is a third of the whole change; by
    # chance, replies to what others changed cost a percent or two.
    assert (np.abs(got[1:] - expected[1:]) < 0.1 * scale).all()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("n_replicated", [1, 5, 16, 17, 40, 81])
def test_one_worker_learns_the_same_with_replicas_as_without(n_replicated, mode):
    ids = random_ids(80, 5_000)
    expected = vectors_after(1, 0, ids, mode, alpha=0.025)
    got = vectors_after(1, n_replicated, ids, mode, alpha=0.025)
    np.testing.assert_allclose(got, expected, atol=1e-4)
    assert np.abs(expected).max() > 0.1


@pytest.mark.parametrize("mode", MODES)
def test_rows_that_get_replicas_inside_a_sentence_learn_the_same(mode):
    ids = random_ids(80)
    ids = ids[ids > 0]
    weights, start, _ = trained(1, None, ids, mode, alpha=0.025)
    expected = weights.syn0.vectors - start
    # Periods grow; from some merge on, all rows are used 16 times in one.
    plan = replicas(81, 0.5, period=100)
    weights, start, workers = trained(1, plan, ids, mode, alpha=0.025)
    assert workers[0].n_replicated[0] == 81
    got = weights.syn0.vectors - start
    # The word after such a merge has its outputs listed already, as shared rows.
    np.testing.assert_allclose(got, expected, atol=2e-3)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("n_frequent", "expected"), [(0, 0), (1, 4), (9, 12), (80, 40)]
)
def test_rows_that_a_worker_uses_often_are_replicated(n_frequent, expected, mode):
    """Four rows together; that nothing uses the first row, </s>, ends nothing."""
    uses = np.full(40, 1e-6, dtype=np.float32)
    uses[0] = 0
    uses[1 : n_frequent + 1] = 1
    plan = _core.Replicas(uses, uses, uses, first_period=16, period=16, transport=1.5)
    _, _, [worker] = trained(1, plan, random_ids(80), mode)
    assert worker.n_replicated == (expected, expected, expected)


@pytest.mark.parametrize("mode", MODES)
def test_rows_are_replicated_once_the_curvature_is_known(mode):
    """Merges before that would be sums, which overshoot in a model that has learned."""
    ids = random_ids(80)
    for n_ids, expected in [(20, 0), (10_000, 40)]:
        _, _, [worker] = trained(1, replicas(40, 16), ids[:n_ids], mode, n_words=81)
        assert worker.n_replicated == (expected,) * 3


@pytest.mark.parametrize("which", [(0, 1, 1), (1, 0, 0), (0, 0, 1), (0, 1, 0)])
def test_some_matrices_may_have_no_replicas(which):
    rows = [np.full(5 * n, 16, dtype=np.float32) for n in which]
    plan = _core.Replicas(*rows, first_period=64, period=64, transport=1.5)
    _, _, workers = trained(2, plan, random_ids(16, 30_000), "skip-gram")
    expected = tuple(5 * n for n in (which[0], which[2], which[1]))
    assert [worker.n_replicated for worker in workers] == [expected] * 2
