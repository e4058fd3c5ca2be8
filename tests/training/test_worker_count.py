"""How many workers are started, and when they are too many for the CPUs."""

import logging
import re

import pytest

from w2vfast import Word2Vec
from w2vfast.errors import SettingsWarning
from w2vfast.params import TrainParams
from w2vfast.training import worker_count

TEXT = [["a", "b", "c", "d"]] * 50
SMALL = {"vector_size": 4, "min_count": 1, "epochs": 1, "progress": False}


@pytest.fixture(autouse=True)
def eight_cpus(monkeypatch):
    monkeypatch.setattr(worker_count, "usable_cpus", lambda: 8)
    monkeypatch.setattr("w2vfast.params.usable_cpus", lambda: 8)


@pytest.mark.parametrize(
    ("n_ids", "expected"), [(5, 1), (31_999, 1), (32_000, 2), (10**6, 8)]
)
def test_a_short_text_gets_few_workers_if_their_number_is_not_given(n_ids, expected):
    assert worker_count.useful_workers(TrainParams(), n_ids, 500) == expected


def test_a_given_number_of_workers_is_started_while_there_are_spans():
    params = TrainParams(workers=100)
    assert worker_count.useful_workers(params, 10**6, 500) == 100
    assert worker_count.useful_workers(params, 10**6, 40) == 40
    assert worker_count.useful_workers(params, 5, 1) == 16


@pytest.mark.filterwarnings("error:.*CPUs that")
def test_more_workers_than_cpus_give_a_warning():
    with pytest.warns(
        SettingsWarning, match=r"more than the 8 CPUs.*workers=8 at most"
    ):
        Word2Vec(TEXT, workers=9, **SMALL)


@pytest.mark.parametrize("workers", [None, 1, 8])
@pytest.mark.filterwarnings("error:.*CPUs that")
def test_as_many_workers_as_cpus_give_no_warning(workers):
    Word2Vec(TEXT, workers=workers, **SMALL)


@pytest.mark.filterwarnings("error:.*CPUs that")
def test_lockstep_gives_no_warning(monkeypatch):
    monkeypatch.setenv("W2VFAST_LOCKSTEP", "1")
    Word2Vec(TEXT, workers=9, **SMALL)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"workers": 1}, r"1 thread\."),
        ({}, r"1 thread\."),
        ({"mode": "exact"}, r"1 thread\."),
        ({"workers": 2, "deterministic": True}, r"2 threads, merged after each of \d+"),
    ],
)
def test_the_log_names_threads_and_merges(caplog, settings, expected):
    with caplog.at_level(logging.INFO, "w2vfast"):
        Word2Vec(TEXT, **SMALL, **settings)
    assert re.search(f"Trained by {expected}", caplog.text)


def test_the_log_names_replicas(caplog):
    with caplog.at_level(logging.INFO, "w2vfast"):
        Word2Vec([["a", "b", "c", "d"] * 250] * 20, workers=2, sample=0, **SMALL)
    assert "2 threads, each with replicas of" in caplog.text
    assert "words, merged by transport." in caplog.text
