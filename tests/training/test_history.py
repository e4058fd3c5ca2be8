"""Losses, samples of an epoch over time, and summaries of epochs."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from w2vfast import Word2Vec
from w2vfast.training import trainer
from w2vfast.training.history import EpochStats, Losses, Sample, Timeline


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
    # No more samples are dropped than necessary.
    assert len(kept) >= min(most // 2, n_samples)


def test_a_short_last_interval_joins_the_one_before():
    timeline = Timeline(10)
    for number in range(4):
        timeline.add(sample(number))
    last = sample(3)._replace(seconds=3.1)
    assert timeline.close(last) == (sample(0), sample(1), sample(2), last)


@pytest.fixture
def reports_often(monkeypatch):
    """Let the main thread take 1000 samples before the work and 1000 after it."""

    def run(tasks, stop, report, seconds, threads):
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


def test_an_epoch_without_a_report_has_a_first_and_a_last_sample(monkeypatch):
    def run(tasks, stop, report, seconds, threads):
        for task in tasks:
            task()

    monkeypatch.setattr(trainer, "run_threads", run)
    model = Word2Vec(
        [["a", "b"]] * 10, min_count=1, epochs=1, vector_size=4, progress=False
    )
    (stats,) = model.history
    assert [s.words for s in stats.samples] == [0, stats.words]


@pytest.mark.parametrize("epochs", [1, 40])
def test_a_long_run_keeps_no_more_samples_than_a_short_one(reports_often, epochs):
    model = Word2Vec(
        [["a", "b"]] * 10, min_count=1, epochs=epochs, vector_size=4, progress=False
    )
    n_samples = sum(len(stats.samples) for stats in model.history)
    assert n_samples > trainer.SAMPLES_WANTED / 2.5
    assert n_samples <= trainer.SAMPLES_WANTED + epochs


def test_stats_without_samples_are_read():
    stats = EpochStats(0, 0.1, 5, 1.0, None, 2.0)
    old = {"epoch": 0, "alpha": 0.1, "words": 5, "seconds": 1.0}
    old |= {"hs_loss": None, "ns_loss": 2.0}
    assert EpochStats.from_dict(old) == stats


def test_samples_from_before_full_softmax_are_read():
    old = {"epoch": 0, "alpha": 0.1, "words": 5, "seconds": 1.0}
    old |= {"hs_loss": None, "ns_loss": 2.0, "samples": [[0.5, 5, 0.1, 3, 0.0, 6.0]]}
    (sample,) = EpochStats.from_dict(old).samples
    assert sample == Sample(0.5, 5, 0.1, 3, 0.0, 6.0, softmax_loss=0.0)


# ---- losses --------------------------------------------------------------------------


def test_losses_add_up_and_are_subtracted_field_by_field():
    one, two = Losses(4, 1.0, 2.0, 3.0), Losses(1, 0.5, 0.25, 0.125)
    assert one + two == Losses(5, 1.5, 2.25, 3.125)
    assert one - two == Losses(3, 0.5, 1.75, 2.875)
    assert sum([one, two], start=Losses()) - one == two


def test_mean_losses_are_those_of_the_trained_objectives():
    losses = Losses(4, 1.0, 2.0, 0.0)
    assert losses.mean(("hs", "ns")) == {"hs": 0.25, "ns": 0.5}
    assert losses.mean(("softmax",)) == {"softmax": 0.0}


def test_without_predictions_there_is_no_mean_loss():
    assert Losses().mean(("hs", "ns")) == {}


def test_the_loss_of_an_epoch_is_the_sum_over_its_objectives():
    assert EpochStats(0, 0.1, 5, 1.0, 1.5, 2.0).loss == 3.5
    assert EpochStats(0, 0.1, 5, 1.0, None, 2.0).loss == 2.0
    assert EpochStats(0, 0.1, 5, 1.0, None, None).loss is None


def test_stats_survive_json():
    samples = (sample(0), sample(1))
    stats = EpochStats(3, 0.1, 5, 1.0, None, 2.0, samples, unknown=4, softmax_loss=None)
    assert EpochStats.from_dict(json.loads(json.dumps(asdict(stats)))) == stats
