"""Runs that pause between two spans: nothing changes by it, and another run goes on."""

import dataclasses
import threading

import numpy as np
import pytest
from training_helpers import run_of

from w2vfast.params import TrainParams
from w2vfast.system import threads
from w2vfast.training import spans

RNG = np.random.default_rng(3)
IDS = RNG.integers(0, 60, 30_000).astype(np.int32)  # every sixtieth ends a sentence
EPOCHS = 2
N_ROWS = 60

SETTINGS = {
    "skip-gram": {"sg": 1},
    "CBOW": {},
    "CBOW, frequent words in every window": {"window": 20},
    "hierarchical softmax": {"sg": 1, "hs": 1, "negative": 0},
    "both objectives": {"hs": 1, "cbow_mean": 0},
    "pairs": {"sg": 1, "negative_sharing": "pair"},
    "full softmax": {"objective": "softmax", "vector_size": 4},
    "deterministic skip-gram": {"deterministic": True, "sg": 1, "hs": 1},
    "deterministic CBOW": {"deterministic": True},
    "exact skip-gram": {"mode": "exact", "sg": 1},
    "exact CBOW": {"mode": "exact", "hs": 1},
    "exact hierarchical softmax": {"mode": "exact", "sg": 1, "hs": 1, "negative": 0},
}


def params_of(name, workers=1):
    settings = {"vector_size": 12, "epochs": EPOCHS, "sample": 0.01, **SETTINGS[name]}
    return TrainParams(workers=workers, **settings)


@pytest.fixture(autouse=True)
def short_rounds(monkeypatch):
    """Rounds of deterministic runs that are short even at the start."""
    monkeypatch.setattr(spans, "SEEN_PER_ROUND", 8)
    monkeypatch.setattr(spans, "SHORTEST_SHARD", 32)


class EveryFew:
    """Pauses after some ids, again and again; keeps what a run needs to go on."""

    def __init__(self, every):
        self.every, self.due = every, every
        self.kept = []
        self.run = None

    def next_at(self, ids):
        return self.due

    def take(self, position):
        self.due = position.ids + self.every
        run = self.run
        self.kept.append((position, weights_of(run), run.starts, run.arrays))


def weights_of(run):
    return {name: rows.vectors.copy() for name, rows in run.weights}


def train(run, pauses=None):
    if pauses is not None:
        pauses.run = run
    return [run.run_epoch(n, pauses=pauses) for n in range(run.first_epoch, EPOCHS)]


def go_on(params, position, weights, starts, arrays):
    run = run_of(params, IDS, N_ROWS)
    for name, rows in run.weights:
        rows.vectors[...] = weights[name]
    run.restore(position, starts, arrays)
    return run


def facts(stats):
    """What an epoch reports, without the wall time."""
    return dataclasses.replace(stats, seconds=0, samples=())


@pytest.mark.parametrize("name", SETTINGS)
def test_one_worker_goes_on_to_the_bytes_of_a_run_without_a_break(name):
    params = params_of(name)
    whole = run_of(params, IDS, N_ROWS)
    expected = train(whole)
    pauses = EveryFew(7001)
    paused = run_of(params, IDS, N_ROWS)
    assert list(map(facts, train(paused, pauses))) == list(map(facts, expected))
    assert len(pauses.kept) >= 6
    for position, *others in pauses.kept[::3]:
        run = go_on(params, position, *others)
        stats = train(run)
        expected_stats = map(facts, expected[position.epoch :])
        assert list(map(facts, stats)) == list(expected_stats)
        for key, rows in run.weights:
            np.testing.assert_array_equal(rows.vectors, weights_of(whole)[key])


@pytest.mark.parametrize("name", ["CBOW", "deterministic skip-gram", "exact CBOW"])
def test_threads_live_over_the_pauses_of_an_epoch(name, monkeypatch):
    started, start = [], threads.start_thread
    monkeypatch.setattr(threads, "start_thread", lambda t: started.append(start(t)))
    pauses = EveryFew(7001)
    before = threading.active_count()
    train(run_of(params_of(name, 1 if "exact" in name else 2), IDS, N_ROWS), pauses)
    assert len(pauses.kept) >= 6
    assert len(started) == EPOCHS * (1 if "exact" in name else 2)
    assert threading.active_count() == before


@pytest.mark.parametrize("name", [name for name in SETTINGS if "determ" in name])
def test_deterministic_runs_go_on_to_the_same_bytes_with_any_workers(name):
    whole = run_of(params_of(name, 3), IDS, N_ROWS)
    expected = list(map(facts, train(whole)))
    pauses = EveryFew(4001)
    assert list(map(facts, train(run_of(params_of(name, 2), IDS, N_ROWS), pauses)))
    for position, *others in pauses.kept[1::4]:
        run = go_on(params_of(name, 4), position, *others)
        assert list(map(facts, train(run))) == expected[position.epoch :]
        for key, rows in run.weights:
            np.testing.assert_array_equal(rows.vectors, weights_of(whole)[key])


@pytest.mark.parametrize("workers", [2, 3])
@pytest.mark.parametrize("name", ["skip-gram", "CBOW"])
def test_several_workers_train_each_id_once_whatever_their_number_before(name, workers):
    pauses = EveryFew(9000)
    paused = run_of(params_of(name, workers), IDS, N_ROWS)
    assert sum(stats.words for stats in train(paused, pauses)) == EPOCHS * len(IDS)
    position, weights, *others = pauses.kept[1]
    run = go_on(params_of(name, workers + 1), position, weights, *others)
    train(run)
    assert run.ids_done == EPOCHS * len(IDS)
    vectors = dict(weights_of(run))["syn0"]
    assert np.isfinite(vectors).all()
    assert not np.array_equal(vectors, weights["syn0"])


def test_merges_are_timed_from_the_start_of_the_run_and_not_of_the_break():
    pauses = EveryFew(9000)
    train(run_of(params_of("skip-gram", 2), IDS, N_ROWS), pauses)
    position, *others = pauses.kept[-1]
    kept_words = position.worker["kept_words"]
    assert 0 < kept_words <= position.ids
    again = go_on(params_of("skip-gram", 2), position, *others)
    assert again.position_after(0).worker["kept_words"] == kept_words - kept_words % 2


def test_the_record_of_an_epoch_covers_the_part_before_the_break():
    params = params_of("skip-gram")
    pauses = EveryFew(7001)
    paused = run_of(params, IDS, N_ROWS)
    train(paused, pauses)
    position, *others = pauses.kept[1]
    assert position.epoch == 0
    position = dataclasses.replace(position, seconds=50.0)
    stats = train(go_on(params, position, *others))[0]
    assert stats.seconds > 50
    assert stats.samples[: len(position.samples)] == position.samples
    assert [sample.words for sample in stats.samples][-1] == len(IDS)


def test_a_run_without_a_break_that_is_done_has_nothing_left():
    params = params_of("CBOW")
    run = run_of(params, IDS, N_ROWS)
    train(run)
    end = run.position_after(EPOCHS)
    assert (end.epoch, end.next_span, end.ids) == (EPOCHS, 0, EPOCHS * len(IDS))
    again = go_on(params, end, weights_of(run), run.starts, run.arrays)
    assert train(again) == []
    assert again.ids_done == EPOCHS * len(IDS)
