"""Runs of exact mode: how long an epoch is, the learning rate, and no check."""

import numpy as np
import pytest
from training_helpers import sentences

from w2vfast.params import TrainParams
from w2vfast.training.run_input import RunInput
from w2vfast.training.tables import build_tables
from w2vfast.training.trainer import Trainer
from w2vfast.training.weights import new_weights


def test_exact_mode_warns_that_an_epoch_ends_after_the_counted_words():
    params = TrainParams(vector_size=8, mode="exact")
    tables = build_tables(np.ones(21, np.int64), params)
    weights = new_weights(21, params)
    with pytest.warns(UserWarning, match=r"add up to 9, .*has 21 .* ends after 9"):
        Trainer(RunInput(weights, sentences(20), tables, params, 9))


def exact_run(ids, epochs_before=0, **options):
    params = TrainParams(vector_size=8, mode="exact", **options)
    counts = np.bincount(ids)
    weights = new_weights(len(counts), params)
    tables = build_tables(counts, params)
    given = RunInput(weights, ids, tables, params, len(ids), epochs_before)
    return weights, Trainer(given)


def test_the_learning_rate_falls_from_epoch_to_epoch():
    _, run = exact_run(np.tile(sentences(20), 1000), sample=0, alpha=0.04, epochs=2)
    alphas = [run.run_epoch(epoch).alpha for epoch in range(2)]
    assert 0.03 > alphas[0] > 0.015 > alphas[1] > 0


def test_a_second_training_draws_other_random_numbers():
    ids = np.tile(sentences(20), 50)

    def trained(epochs_before):
        weights, run = exact_run(ids, epochs_before, sample=0)
        run.run_epoch(0)
        return weights.syn0.vectors

    assert (trained(1) == trained(1)).all()
    assert (trained(0) != trained(1)).mean() > 0.9


def test_vectors_that_are_not_finite_are_left_as_in_c_with_one_warning():
    weights, run = exact_run(np.tile(sentences(20), 50), alpha=1e30, epochs=2)
    with pytest.warns(UserWarning, match=r"non-finite in epoch 1\. .*Lower alpha"):
        run.run_epoch(0)
    run.run_epoch(1)
    assert not np.isfinite(weights.syn0.vectors).all()
