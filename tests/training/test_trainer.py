"""The trainer: which ids it takes, what it reports, and how the loss falls."""

import re

import numpy as np
import pytest
from training_helpers import run_of, sentences

from w2vfast.params import TrainParams
from w2vfast.training.run_input import RunInput
from w2vfast.training.tables import Tables
from w2vfast.training.trainer import Trainer
from w2vfast.training.weights import new_weights


@pytest.mark.parametrize("ids", [[1, 2, 99], [1, -1, 2]])
def test_ids_outside_the_vocabulary_are_refused(ids):
    params = TrainParams(vector_size=8)
    weights = new_weights(5, params)
    tables = Tables(None, None, None)
    with pytest.raises(ValueError, match=r"ids must be in \[0, 5\)"):
        Trainer(RunInput(weights, np.array(ids, np.int32), tables, params, 5))


def test_no_ids_are_refused():
    params = TrainParams(vector_size=8)
    tables = Tables(None, None, None)
    weights = new_weights(5, params)
    with pytest.raises(ValueError, match="nothing to train on"):
        Trainer(RunInput(weights, np.empty(0, np.int32), tables, params, 5))


def test_a_thousand_workers_for_a_few_spans_are_not_started():
    params = TrainParams(vector_size=8, workers=1000)
    assert len(run_of(params, sentences(20))._run.counters) == 16
    many = np.tile(sentences(99), 1000)
    assert len(run_of(params, many)._run.counters) == 50


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


def test_progress_is_reported_from_the_start_to_the_end_of_each_epoch():
    ids = np.tile(sentences(20), 20_000)
    params = TrainParams(vector_size=8, sg=1, epochs=2, workers=1, sample=0)
    run, seen = run_of(params, ids), []
    for epoch in range(2):
        run.run_epoch(epoch, seen.append, report_seconds=0.001)
    epochs = [progress.epoch for progress in seen]
    assert (epochs[0], epochs[-1]) == (0, 2)
    assert epochs == sorted(epochs)
    assert {0, 1, 2} < set(epochs), "some reports within the epochs"
    assert {progress.n_epochs for progress in seen} == {2}
    assert seen[-1].ids == 2 * len(ids)
    assert seen[0].alpha > seen[-1].alpha
    assert seen[-1].losses == run.losses


def test_status_names_epoch_alpha_and_the_loss_of_each_objective():
    ids = np.tile(sentences(20), 50)
    last_lines = []
    for objective in ({}, {"hs": 1}):
        lines = []
        params = TrainParams(vector_size=8, epochs=2, workers=1, sample=0, **objective)
        run_of(params, ids).run_epoch(0, lambda now, to=lines: to.append(now.text))
        last_lines.append(lines[-1])  # a slow machine reports during the epoch, too
    assert last_lines[0].startswith("epoch 2/2 alpha 0.02500")
    assert re.search(r" loss \d+\.\d{3}$", last_lines[0])
    assert re.search(r" hs \d+\.\d{3} ns \d+\.\d{3}$", last_lines[1])
