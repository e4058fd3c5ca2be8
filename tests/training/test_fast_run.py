"""Runs of fast mode: learning rate, errors, and many workers at once."""

import threading

import numpy as np
import pytest
from training_helpers import run_of, sentences

from w2vfast.params import TrainParams
from w2vfast.training import fast_run, replicas, spans


@pytest.mark.parametrize("objective", [{"negative": 5}, {"negative": 0, "hs": 1}])
def test_non_finite_vectors_are_an_error_that_names_epoch_and_alpha(objective):
    params = TrainParams(vector_size=8, alpha=1e30, workers=2, epochs=3, **objective)
    run = run_of(params, np.tile(sentences(20), 50))
    with pytest.raises(
        FloatingPointError, match=r"epoch 1 of 3 \(alpha=1e\+30 at its start\)\. Lower"
    ):
        run.run_epoch(0)


def test_blocks_that_do_not_fit_into_memory_are_an_error_that_names_their_sizes(
    monkeypatch,
):
    def no_memory(*_, **__):
        raise MemoryError

    monkeypatch.setattr(fast_run._core, "Worker", no_memory)
    params = TrainParams(vector_size=8, workers=3, window=4)
    message = "3 workers with window=4, .* Lower one of them, or workers"
    with pytest.raises(MemoryError, match=message):
        run_of(params, sentences(20))


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
        assert run._run.reported_alpha(0) == 0.04


def test_word_shares_are_estimated_from_the_ids(monkeypatch):
    """The counts of the vocabulary may come from another text."""
    monkeypatch.setattr(fast_run, "SAMPLED_IDS", 100)
    ids = np.tile(np.array([1, 1, 1, 2, 0], dtype=np.int32), 60)
    run = run_of(TrainParams(vector_size=8, sample=0, workers=2), ids, 3)
    np.testing.assert_allclose(run._run.kept_shares(None), [0, 0.75, 0.25], atol=0.01)


def test_word_shares_do_not_depend_on_equal_lengths_of_sentences(monkeypatch):
    """As of random walks; every 41st id is a sentence end."""
    monkeypatch.setattr(fast_run, "SAMPLED_IDS", 1000)
    walk = np.append(np.arange(40) % 2 + 1, 0).astype(np.int32)
    run = run_of(TrainParams(vector_size=8, sample=0, workers=2), np.tile(walk, 1000))
    np.testing.assert_allclose(run._run.kept_shares(None), [0, 0.5, 0.5], atol=0.05)


# ---- many workers --------------------------------------------------------------------


def test_workers_at_distant_places_have_the_same_learning_rate(monkeypatch):
    """Of two workers, each trains one half of the text, in words of its own.

    With a tiny learning rate each output moves by half the sum of its rates: towards
    the mean input of its half, and away from those of both, equally in all outputs.
    """
    monkeypatch.setenv("W2VFAST_LOCKSTEP", "1")
    random = np.random.default_rng(3)
    halves = [random.integers(1, 11, (2000, 100)) + first for first in (0, 10)]
    ids = np.concatenate(halves).astype(np.int32)
    ids[:, -1] = 0
    monkeypatch.setattr(fast_run.FastRun, "_longest_span", ids.size // 2)
    monkeypatch.setattr(spans, "SHORTEST_SPAN", ids.size // 2)
    params = TrainParams(
        vector_size=8, sample=0, workers=2, epochs=1, window=1, alpha=1e-6
    )
    run = run_of(params, ids.ravel())
    tasks, both = run._run.tasks, threading.Barrier(2, timeout=60)

    def begin_together(*job):
        return [lambda task=task: both.wait() >= 0 and task() for task in tasks(*job)]

    monkeypatch.setattr(run._run, "tasks", begin_together)
    run.run_epoch(0)
    weights = run._run._weights
    inputs, outputs = (
        [rows.vectors[first : first + 10].mean(axis=0) for first in (1, 11)]
        for rows in (weights.syn0, weights.syn1neg)
    )
    moved = outputs[0] - outputs[1]
    rates = np.linalg.lstsq(np.transpose(inputs), moved, rcond=None)[0] * [1, -1]
    # By the place in the text it would be 3.
    assert rates[0] / rates[1] == pytest.approx(1, abs=0.5)


def topics(n_ids, n_words=40_000, n_topics=20):
    """One long line of frequent words and, for 20 words at a time, those of a topic."""
    random = np.random.default_rng(5)
    topic = np.repeat(random.integers(0, n_topics, n_ids // 20), 20)
    word = np.minimum(random.zipf(1.3, n_ids), n_words // n_topics - 2)
    ids = np.where(random.random(n_ids) < 0.5, word, 1 + word * n_topics + topic)
    return ids.astype(np.int32)


def loss_in_lockstep(ids, workers, **objective):
    """Loss of an epoch of workers that merge equally often, as on that many cores."""
    options = {"vector_size": 32, "window": 10, "sg": 1, "sample": 1e-3}
    params = TrainParams(
        **{**options, "workers": workers, "max_sentence_length": 10_000, **objective}
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("W2VFAST_LOCKSTEP", "1")
        return run_of(params, ids, 40_000).run_epoch(0).loss


SG_HS = {"hs": 1, "negative": 0}


@pytest.mark.parametrize("workers", [2, 16])
def test_workers_replicate_words_and_inner_nodes(monkeypatch, workers):
    monkeypatch.setenv("W2VFAST_LOCKSTEP", "1")
    params = TrainParams(
        vector_size=8, sg=1, hs=1, negative=5, sample=0, workers=workers
    )
    run = run_of(params, topics(400_000), 40_000)
    run.run_epoch(0)
    for worker in run._run._workers:
        assert min(worker.n_replicated) > 0


@pytest.mark.parametrize("workers", [2, 16])
@pytest.mark.parametrize(
    "objective",
    [
        SG_HS,
        {"negative": 5},
        {"sg": 0, "hs": 1, "negative": 0},
        {"sg": 0, "negative": 5},
        {"hs": 1, "negative": 5},
        {"sg": 0, "negative": 5, "cbow_mean": False, "alpha": 0.01},
        {"negative": 5, "negative_sharing": "pair"},
    ],
)
def test_workers_in_lockstep_learn_as_one(objective, workers):
    ids = topics(1_000_000)
    expected = loss_in_lockstep(ids, 1, **objective)
    loss = loss_in_lockstep(ids, workers, **objective)
    assert loss == pytest.approx(expected, rel=0.01)


def test_the_sum_of_what_workers_learned_apart_diverges(monkeypatch):
    """Workers that merge rarely overshoot where merges add, but not by the rule."""
    monkeypatch.setattr(replicas, "FIRST_WORDS_BETWEEN_MERGES", 1 << 16)
    ids = topics(2_000_000)
    expected = loss_in_lockstep(ids, 1, **SG_HS)
    by_the_rule = loss_in_lockstep(ids, 16, **SG_HS)
    monkeypatch.setattr(replicas, "PATH_TRANSPORT", 0)
    by_a_sum = loss_in_lockstep(ids, 16, **SG_HS)
    assert by_the_rule == pytest.approx(expected, rel=0.01)
    assert by_a_sum > 2 * expected


HALF_A_TEXT = [
    pytest.param({"negative": 5}, 2, 512, id="two"),
    *[pytest.param({"negative": 5}, 16, n, id=f"{n}") for n in (128, 256, 512, 2048)],
    pytest.param(SG_HS, 16, 512, id="SG-HS"),
    pytest.param({"sg": 0, "negative": 5}, 16, 512, id="CBOW-NEG"),
    pytest.param({"sg": 0, "hs": 1, "negative": 0}, 16, 512, id="CBOW-HS"),
]


@pytest.mark.parametrize(("objective", "workers", "first"), HALF_A_TEXT)
def test_a_word_that_is_half_of_the_text_does_no_harm(
    monkeypatch, objective, workers, first
):
    """With any schedule: what workers learn of it apart overshoots without limit.

    Where it does, the loss is a hundred times as large and more.
    """
    monkeypatch.setattr(replicas, "FIRST_WORDS_BETWEEN_MERGES", first)
    ids = topics(1_000_000)
    ids[::2] = 1
    one, many = [loss_in_lockstep(ids, n, sample=0, **objective) for n in (1, workers)]
    assert many == pytest.approx(one, rel=0.05)


@pytest.mark.parametrize("objective", [SG_HS, {"negative": 5}])
def test_eight_workers_learn_as_much_as_one(objective):
    """On any number of CPUs: no update overshoots, none is lost."""
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
    assert losses[1][1] < losses[1][0] - 0.02
    np.testing.assert_allclose(losses[8], losses[1], rtol=0.01)
