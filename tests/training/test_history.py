"""Samples of an epoch over time: even, few, and complete."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from w2vfast import Word2Vec
from w2vfast.training import trainer
from w2vfast.training.history import Sample, Timeline


def sample(number):
    return Sample(float(number), 10 * number, 0.1, number, 0.0, 2.0 * number)


@given(st.integers(2, 20), st.integers(1, 300))
def test_samples_are_even_few_and_reach_from_start_to_end(most, n_samples):
    timeline = Timeline(most)
    for number in range(n_samples):
        timeline.add(sample(number))
    kept = [int(s.seconds) for s in timeline.close(sample(n_samples))]
    assert kept[0] == 0
    assert kept[-1] == n_samples
    assert len(kept) <= most + 1
    *steps, last_step = np.diff(kept).tolist()
    assert len(set(steps)) <= 1
    if steps:
        assert steps[0] / 2 <= last_step < 1.5 * steps[0] + 1
    # Thinning never throws away more than it must.
    assert len(kept) >= min(most // 2, n_samples)


def test_a_last_stretch_that_is_too_short_joins_the_one_before():
    timeline = Timeline(10)
    for number in range(4):
        timeline.add(sample(number))
    last = sample(3)._replace(seconds=3.1)
    assert timeline.close(last) == (sample(0), sample(1), sample(2), last)


@pytest.fixture
def reports_often(monkeypatch):
    """Let the main thread look 1000 times before, and as often after the work."""

    def run(tasks, stop, report):
        for _ in range(1000):
            report()
        for task in tasks:
            task()
        for _ in range(1000):
            report()

    monkeypatch.setattr(trainer, "run_threads", run)


OBJECTIVES = [{"hs": 1}, {"hs": 1, "negative": 0}, {}, {"objective": "softmax"}]


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_an_epoch_is_sampled_from_its_start_to_its_end(reports_often, objective):
    settings = {"min_count": 1, "epochs": 3, "vector_size": 8, "sample": 0}
    sentences = [["a", "b", "c", "d"]] * 500
    model = Word2Vec(sentences, progress=False, **settings, **objective)
    for stats in model.history:
        first, *_, last = stats.samples
        assert first[1:] == (0, first.alpha, 0, 0.0, 0.0, 0.0)
        assert last.words == stats.words
        assert last.alpha == pytest.approx(stats.alpha)
        for loss, total in (
            (stats.hs_loss, last.hs_loss),
            (stats.ns_loss, last.ns_loss),
            (stats.softmax_loss, last.softmax_loss),
        ):
            assert (loss or 0) == pytest.approx(total / last.predictions)
        seconds = [s.seconds for s in stats.samples]
        assert seconds == sorted(seconds)
        assert seconds[-1] <= stats.seconds
    alphas = [s.alpha for stats in model.history for s in stats.samples]
    assert alphas[0] == model.params.start_alpha
    assert alphas == sorted(alphas, reverse=True)


def test_an_epoch_that_ends_before_anybody_looks_has_a_start_and_an_end(monkeypatch):
    def run(tasks, stop, report):
        for task in tasks:
            task()

    monkeypatch.setattr(trainer, "run_threads", run)
    model = Word2Vec(
        [["a", "b"]] * 10, min_count=1, epochs=1, vector_size=4, progress=False
    )
    (stats,) = model.history
    assert [s.words for s in stats.samples] == [0, stats.words]


@pytest.mark.parametrize("epochs", [1, 40])
def test_a_long_run_does_not_keep_more_samples(reports_often, epochs):
    model = Word2Vec(
        [["a", "b"]] * 10, min_count=1, epochs=epochs, vector_size=4, progress=False
    )
    n_samples = sum(len(stats.samples) for stats in model.history)
    assert n_samples > trainer.SAMPLES_WANTED / 2.5
    assert n_samples <= trainer.SAMPLES_WANTED + epochs


def test_a_history_without_samples_is_read():
    stats = trainer.EpochStats(0, 0.1, 5, 1.0, None, 2.0)
    old = {"epoch": 0, "alpha": 0.1, "words": 5, "seconds": 1.0}
    old |= {"hs_loss": None, "ns_loss": 2.0}
    assert trainer.EpochStats.from_dict(old) == stats


def test_samples_from_before_full_softmax_are_read():
    old = {"epoch": 0, "alpha": 0.1, "words": 5, "seconds": 1.0}
    old |= {"hs_loss": None, "ns_loss": 2.0, "samples": [[0.5, 5, 0.1, 3, 0.0, 6.0]]}
    (sample,) = trainer.EpochStats.from_dict(old).samples
    assert sample == Sample(0.5, 5, 0.1, 3, 0.0, 6.0, softmax_loss=0.0)
