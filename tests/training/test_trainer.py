"""Threads, spans, memory and the end of a run."""

import copy
import functools
import pickle
import threading
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from w2vfast import _core
from w2vfast.params import TrainParams
from w2vfast.training import huffman, replicas, sampling, trainer
from w2vfast.training.replicas import Copies

SETTINGS = {
    "sg": True,
    "hs": False,
    "softmax": False,
    "negative": 2,
    "window": 2,
    "shrink_windows": True,
    "cbow_mean": True,
    "pair": False,
    "divide_gradient": False,
    "all_losses": False,
    "max_sentence_length": 1000,
}


def sentences(*lengths):
    """Ids 1, 2, 3 ... in sentences of these lengths."""
    words = iter(range(1, sum(lengths) + 1))
    return np.array(
        [w for n in lengths for w in [*(next(words) for _ in range(n)), 0]],
        dtype=np.int32,
    )


SHAPES = {
    "one_sentence": sentences(1),
    "many_short": sentences(*[1, 3, 7] * 700),
    "empty_between": sentences(*[0, 5, 0, 0, 2] * 300),
    "one_long_line": sentences(7777),
    "line_of_a_piece": sentences(1000, 2000, 999, 1001),
    "no_end": sentences(900, 2500)[:-1],
    "single_word": np.array([1], dtype=np.int32),
    "only_ends": np.zeros(5000, dtype=np.int32),
}


def model_of(n_rows, dim=4):
    syn0, syn1neg = (trainer.Rows.zeros(n_rows, dim) for _ in range(2))
    counts = np.ones(n_rows, dtype=np.int64)
    noise = sampling.noise_sampler(counts)
    return _core.Model(syn0.pad(), None, syn1neg.pad(), dim, None, noise)


@pytest.mark.parametrize("n_workers", range(1, 6))
@pytest.mark.parametrize("shape", SHAPES)
def test_every_id_is_trained_exactly_once_an_epoch(shape, n_workers):
    ids = SHAPES[shape]
    n_rows = max(4, ids.max() + 1)
    model = model_of(n_rows)
    workers = [
        _core.Worker(model, SETTINGS, 1, count_visits=True) for _ in range(n_workers)
    ]
    starts = _core.span_starts(ids, 100, 1000)
    for epoch in range(2):
        queue = _core.SpanQueue(starts)
        job = (ids, queue, epoch, (epoch, 2), (0.025, 0.0, 1e-6))
        tasks = [functools.partial(worker.train_epoch, *job) for worker in workers]
        trainer.run_threads(tasks, queue.stop, lambda: None)
        visits = np.sum([worker.visits for worker in workers], axis=0)
        expected = (epoch + 1) * np.bincount(ids, minlength=n_rows)
        np.testing.assert_array_equal(visits, expected)
    assert sum(worker.counters.ids for worker in workers) == 2 * len(ids)


def test_text_as_lines_and_as_one_line_trains_the_same_words():
    as_lines, as_one = sentences(*[9] * 500), sentences(4500)
    for ids in (as_lines, as_one):
        worker = _core.Worker(model_of(4501), SETTINGS, 1, count_visits=True)
        queue = _core.SpanQueue(_core.span_starts(ids, 100, 1000))
        worker.train_epoch(ids, queue, 0, (0, 1), (0.025, 0.0, 1e-6))
        np.testing.assert_array_equal(worker.visits[1:], 1)


@given(
    st.lists(st.integers(0, 30), min_size=1, max_size=40),
    st.integers(1, 50),
    st.integers(2, 20),
)
def test_spans_hold_whole_sentences(lengths, span_length, max_sentence_length):
    ids = sentences(*lengths)
    starts = _core.span_starts(ids, span_length, max_sentence_length)
    ends = set()  # after each sentence or piece of one
    place = 0
    for length in lengths:
        for piece in range(max_sentence_length, length + 1, max_sentence_length):
            ends.add(place + piece)
        place += length + 1
        ends.add(place)
    assert starts[0] == 0
    assert starts[-1] == len(ids)
    assert set(starts[1:].tolist()) <= ends
    spans = np.diff(starts)
    assert (spans[:-1] >= span_length).all()
    assert (spans < span_length + max_sentence_length + 1).all()


def test_stopped_queue_ends_training_within_a_span():
    ids = np.random.default_rng(0).integers(1, 1000, 5_000_000).astype(np.int32)
    settings = {**SETTINGS, "window": 50, "negative": 50, "max_sentence_length": 10**6}
    worker = _core.Worker(model_of(1000, dim=300), settings, 1)
    queue = _core.SpanQueue(_core.span_starts(ids, len(ids), 10**6))
    job = (ids, queue, 0, (0, 1), (0.025, 0.0, 1e-6))
    thread = threading.Thread(target=worker.train_epoch, args=job)
    thread.start()
    time.sleep(0.2)
    queue.stop()
    thread.join(5)
    assert not thread.is_alive()
    assert queue.is_stopped
    assert worker.counters.ids < len(ids)


@pytest.mark.parametrize(("n_rows", "dim"), [(1, 1), (5, 16), (9000, 5), (4097, 33)])
def test_rows_survive_padding_and_packing(n_rows, dim):
    vectors = np.random.default_rng(0).normal(size=(n_rows, dim)).astype(np.float32)
    rows = trainer.Rows(vectors)
    for _ in range(2):
        padded = rows.pad()
        assert padded.shape[1] % _core.LANES == 0
        assert padded.ctypes.data % 64 == 0
        np.testing.assert_array_equal(padded[:, :dim], vectors)
        assert not padded[:, dim:].any()
        np.testing.assert_array_equal(rows.vectors, vectors)
        rows.pack()
        assert rows.vectors.flags.c_contiguous
        np.testing.assert_array_equal(rows.vectors, vectors)


@pytest.mark.parametrize(
    "send", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
)
def test_copies_of_rows_are_independent(send):
    rows = trainer.Rows.zeros(3, 5)
    other = send(rows)
    other.pad()[:] = 1
    assert not rows.vectors.any()
    assert other.vectors.shape == (3, 5)


def run_of(params, ids, n_rows=None):
    counts = np.maximum(np.bincount(ids, minlength=n_rows or 1), 1).astype(np.int64)
    weights = trainer.new_weights(len(counts), params)
    tables = trainer.Tables(
        sampling.keep_thresholds(counts, params.sample),
        sampling.noise_sampler(counts) if params.negative else None,
        huffman.build_tree(counts) if params.hs else None,
    )
    return trainer.Trainer(weights, ids, tables, int(counts.sum()), params)


@pytest.mark.parametrize("objective", [{"negative": 5}, {"negative": 0, "hs": 1}])
def test_non_finite_vectors_are_an_error_that_names_epoch_and_alpha(objective):
    params = TrainParams(vector_size=8, alpha=1e30, workers=2, epochs=3, **objective)
    run = run_of(params, np.tile(sentences(20), 50))
    with pytest.raises(
        FloatingPointError, match=r"epoch 1 of 3 \(alpha=1e\+30 at its start\)\. Lower"
    ):
        run.run_epoch(0)


def test_ids_outside_the_vocabulary_are_refused():
    params = TrainParams(vector_size=8)
    for ids in ([1, 2, 99], [1, -1, 2]):
        weights = trainer.new_weights(5, params)
        with pytest.raises(ValueError, match=r"ids must be in \[0, 5\)"):
            trainer.Trainer(
                weights,
                np.array(ids, dtype=np.int32),
                trainer.Tables(None, None, None),
                5,
                params,
            )


def test_too_little_memory_is_an_error_before_anything_is_allocated(monkeypatch):
    monkeypatch.setattr(trainer, "available_memory", lambda: 10**9)
    params = TrainParams(vector_size=300)
    with pytest.raises(MemoryError, match=r"1000000 words .* 2\.\d+ GB .* 1\.00 GB"):
        trainer.new_weights(1_000_000, params)


def test_memory_estimate_covers_the_matrices():
    params = TrainParams(vector_size=100, hs=1)
    sizes = trainer.estimate_memory(1000, params)
    matrix = 1000 * 112 * 4
    assert sizes["syn0"] == sizes["syn1"] == sizes["syn1neg"] == matrix
    assert sizes["total"] == sum(v for k, v in sizes.items() if k != "total")
    assert "syn1" not in trainer.estimate_memory(1000, TrainParams())


def test_alpha_falls_to_its_floor_or_to_min_alpha():
    ids = sentences(*[10] * 50)
    for min_alpha, end in ((None, 0.04 * 1e-4), (0.01, 0.01)):
        params = TrainParams(
            vector_size=8, alpha=0.04, min_alpha=min_alpha, epochs=4, workers=1
        )
        run = run_of(params, ids)
        alphas = [run.run_epoch(epoch).alpha for epoch in range(4)]
        assert alphas[-1] == pytest.approx(end)
        assert alphas == sorted(alphas, reverse=True)
        assert run.alpha_at(0) == 0.04


def test_loss_falls_and_means_the_same_for_any_number_of_workers():
    ids = np.random.default_rng(1).integers(0, 30, 60_000).astype(np.int32)
    ids[1::2] = ids[::2]  # every word is followed by itself
    losses = []
    for workers in (1, 3):
        params = TrainParams(
            vector_size=16, window=1, sg=1, sample=0, epochs=3, workers=workers
        )
        run = run_of(params, ids, 30)
        stats = [run.run_epoch(epoch) for epoch in range(3)]
        assert stats[0].loss > stats[-1].loss + 0.1
        losses.append(stats[-1].ns_loss)
    assert losses[0] == pytest.approx(losses[1], rel=0.05)


def topics(n_ids, n_words=40_000, n_topics=20):
    """One long line of frequent words and, for 20 words at a time, those of a topic."""
    random = np.random.default_rng(5)
    topic = np.repeat(random.integers(0, n_topics, n_ids // 20), 20)
    word = np.minimum(random.zipf(1.3, n_ids), n_words // n_topics - 2)
    ids = np.where(random.random(n_ids) < 0.5, word, 1 + word * n_topics + topic)
    return ids.astype(np.int32)


def loss_in_step(ids, workers, **objective):
    """Loss of an epoch of workers that merge equally often, as on so many cores."""
    params = TrainParams(
        vector_size=32,
        window=10,
        sg=1,
        sample=1e-3,
        workers=workers,
        max_sentence_length=10_000,
        **objective,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("W2VFAST_LOCKSTEP", "1")
        patch.setattr(replicas, "HOTTEST_SHARE", 1)
        return run_of(params, ids, 40_000).run_epoch(0).loss


@pytest.mark.parametrize("objective", [{"hs": 1, "negative": 0}, {"negative": 5}])
def test_many_workers_at_the_same_moment_learn_as_one(objective):
    """What workers learn apart is added up, which must not overshoot."""
    ids = topics(2_000_000)
    expected = loss_in_step(ids, 1, **objective)
    for workers in (2, 16):
        loss = loss_in_step(ids, workers, **objective)
        assert loss == pytest.approx(expected, rel=0.1)


def test_workers_that_meet_too_seldom_overshoot_in_step(monkeypatch):
    """So the test above can fail."""
    monkeypatch.setattr(replicas, "MERGE_SPREAD", 10 << 18)
    monkeypatch.setattr(replicas, "LEAST_MERGES", 1)
    monkeypatch.setattr(replicas, "RAMP", 1)
    ids = topics(2_000_000)
    losses = [loss_in_step(ids, workers, hs=1, negative=0) for workers in (1, 16)]
    assert losses[1] > 1.5 * losses[0]


def test_how_hot_words_are_is_seen_in_the_text_itself(monkeypatch):
    """The vocabulary may have been read, or be that of another text."""
    monkeypatch.setattr(trainer, "SAMPLED_IDS", 100)
    ids = np.tile(np.array([1, 1, 1, 2, 0], dtype=np.int32), 60)
    run = run_of(TrainParams(vector_size=8, sample=0, workers=2), ids, 3)
    np.testing.assert_allclose(run._kept_shares(None), [0, 0.75, 0.25], atol=0.01)


def test_copies_of_more_rows_than_there_are_are_refused():
    levels = np.array([5], dtype=np.int64)
    with pytest.raises(
        ValueError, match="there are 4 rows to copy, got levels up to 5"
    ):
        _core.Worker(model_of(4), SETTINGS, 1, copies=Copies(levels, levels, 1, 1))


def test_each_level_of_copies_meets_half_as_often_as_the_one_before():
    levels = np.array([1, 3, 3, 8], dtype=np.int64)
    merges = _core._test_merges(levels, period=10, ramp=1, n_words=160)
    assert [words for words, _ in merges] == list(range(1, 160, 10))
    assert [rows for _, rows in merges] == 2 * [1, 3, 1, 3, 1, 3, 1, 8]


def test_merges_come_sooner_in_the_beginning():
    merges = _core._test_merges(np.ones(1, dtype=np.int64), 64, 3200, 6000)
    words = np.array([words for words, _ in merges])
    assert words[0] == 2
    expected = 64 * np.minimum(words[:-1] + 100, 3200) // 3200
    assert np.diff(words).tolist() == expected.tolist()
    assert expected[-1] == 64


def test_a_lockstep_takes_as_many_workers_as_it_is_for():
    lockstep = _core.Lockstep(1)
    model = model_of(4)
    _core.Worker(model, SETTINGS, 1, lockstep=lockstep)
    with pytest.raises(ValueError, match="for 1 workers, got one more"):
        _core.Worker(model, SETTINGS, 1, lockstep=lockstep)


def vectors_after(n_workers, n_private, ids, alpha=1e-6):
    """Train with so small an alpha that the order of updates hardly matters."""
    counts = np.bincount(ids).astype(np.int64)
    params = TrainParams(vector_size=20, sg=1, hs=1, sample=0, alpha=alpha)
    weights = trainer.new_weights(len(counts), params)
    start = weights.syn0.vectors.copy()
    for _, rows in weights:  # at zero, output rows would have nothing to hand on
        if not rows.vectors.any():
            rows.vectors[1:] = np.random.default_rng(7).normal(0, 0.5, (start.shape))[
                1:
            ]
    noise, tree = sampling.noise_sampler(counts), huffman.build_tree(counts)
    syn0, syn1, syn1neg = (rows.pad() for _, rows in weights)
    model = _core.Model(syn0, syn1, syn1neg, 20, None, noise, tree)
    settings = {**SETTINGS, "hs": True, "negative": 5}
    its_copies = None
    if n_private:
        levels = np.array([n_private // 2, n_private], dtype=np.int64)
        its_copies = Copies(levels, levels, period=1, ramp=1)
    workers = [
        _core.Worker(model, settings, 1, copies=its_copies) for _ in range(n_workers)
    ]
    queue = _core.SpanQueue(_core.span_starts(ids, 2000, 1000))
    job = (ids, queue, 0, (0, 1), (alpha, alpha, alpha))
    tasks = [functools.partial(worker.train_epoch, *job) for worker in workers]
    trainer.run_threads(tasks, queue.stop, lambda: None)
    return weights.syn0.vectors - start


@pytest.mark.parametrize("n_words", [3, 16, 17, 80])
def test_private_rows_lose_no_update_and_double_none(n_words):
    """What is drawn depends on the span alone, so all workers together do one's work.

    Only rows of which all workers have copies are sure to lose nothing.
    """
    ids = np.minimum(np.random.default_rng(3).geometric(0.05, 60_000), n_words)
    ids[::11] = 0
    ids = ids.astype(np.int32)
    expected = vectors_after(1, 0, ids)
    got = vectors_after(3, n_words + 1, ids)
    scale = np.abs(expected[1:]).max(axis=1, keepdims=True)
    # A merge that is lost or done twice for one worker of three is a third of it all;
    # a worker that the system leaves waiting is late by a few percent.
    assert (np.abs(got[1:] - expected[1:]) < 0.05 * scale).all()


@pytest.mark.parametrize("n_private", [1, 5, 16, 17, 40, 81])
def test_one_worker_with_private_rows_does_what_it_does_without(n_private):
    ids = np.minimum(np.random.default_rng(3).geometric(0.05, 60_000), 80)
    ids[::11] = 0
    ids = ids.astype(np.int32)
    expected = vectors_after(1, 0, ids, alpha=0.025)
    got = vectors_after(1, n_private, ids, alpha=0.025)
    np.testing.assert_allclose(got, expected, atol=1e-4)
    assert np.abs(expected).max() > 0.1


@pytest.mark.slow
@pytest.mark.parametrize("objective", [{"hs": 1, "negative": 0}, {"negative": 5}])
def test_many_workers_learn_as_much_as_one(objective):
    """Eight workers on any number of CPUs: no step overshoots, none is lost."""
    rng = np.random.default_rng(4)
    topics = rng.integers(0, 20, 40_000)
    ids = 1 + 20 * rng.geometric(0.2, (40_000, 12)) + topics[:, None]
    ids = np.minimum(np.hstack([ids, np.zeros((40_000, 1))]), 800).astype(np.int32)
    losses = {}
    for workers in (1, 8):
        params = TrainParams(
            vector_size=40, sg=1, sample=0, workers=workers, epochs=2, **objective
        )
        run = run_of(params, ids.ravel(), 801)
        losses[workers] = [run.run_epoch(epoch).loss for epoch in range(2)]
    assert losses[1][1] < losses[1][0] - 0.05
    np.testing.assert_allclose(losses[8], losses[1], rtol=0.02)
