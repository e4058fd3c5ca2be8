"""Fast mode's kernels follow the reference implementation, draw for draw."""

import itertools
import sys

import numpy as np
import pytest
from reference import Word2VecReference

from w2vfast import _core
from w2vfast.params import TrainParams
from w2vfast.training import huffman, sampling
from w2vfast.training.run_input import RunInput
from w2vfast.training.tables import Tables
from w2vfast.training.trainer import Trainer
from w2vfast.training.weights import new_weights

VOCAB_SIZE = 40


def random_text(seed, n_words=2200):
    """Ids with sentences of odd lengths, some empty, and words of unequal frequency."""
    rng = np.random.default_rng(seed)
    ids = 1 + np.minimum(rng.geometric(0.12, n_words), VOCAB_SIZE - 1) - 1
    ids = np.sort(ids)[rng.permutation(n_words)].astype(np.int32)
    ids[ids >= VOCAB_SIZE] = 1
    ids[rng.random(n_words) < 0.06] = 0
    ids[-1] = 0
    return ids


def counts_of(ids):
    """Counts that descend from row 1 on, as a vocabulary's do."""
    counts = np.maximum(np.bincount(ids, minlength=VOCAB_SIZE), 1)
    return np.concatenate([counts[:1], np.sort(counts[1:])[::-1]]).astype(np.int64)


def marked(frozen):
    rows = np.zeros(VOCAB_SIZE, dtype=np.uint8)
    rows[list(frozen)] = 1
    return rows if len(frozen) else None


def train_both(params, ids, frozen=()):
    counts = counts_of(ids)
    weights = new_weights(VOCAB_SIZE, params)
    tree = huffman.build_tree(counts)
    noise = sampling.noise_sampler(counts, params.ns_exponent)
    tables = Tables(
        sampling.keep_thresholds(counts, params.sample),
        noise if params.negative else None,
        tree if params.hs else None,
        marked(frozen),
    )
    reference = Word2VecReference(
        weights.syn0.vectors, counts, params, tree, noise.entries, frozen
    )
    run = Trainer(RunInput(weights, ids, tables, params, int(counts.sum())))
    stats = [run.run_epoch(epoch) for epoch in range(params.epochs)]
    span = min(max(len(ids) // 512, 2000), 64_000)
    starts = _core.span_starts(ids, span, params.max_sentence_length)
    reference.train(ids, starts, params.epochs)
    return weights, reference, run, stats


OBJECTIVES = {"ns": {"hs": 0, "negative": 5}, "hs": {"hs": 1, "negative": 0}}
OBJECTIVES["both"] = {"hs": 1, "negative": 3}
OBJECTIVES["softmax"] = {"objective": "softmax"}
VARIANTS = {
    "default": {},
    "no_sampling": {"sample": 0},
    "whole_windows": {"shrink_windows": False, "window": 3},
    "wide_windows": {"window": 11},
    "smallest_windows": {"window": 1},
    "short_pieces": {"max_sentence_length": 7},
    "uniform_noise": {"ns_exponent": 0.0},
    "min_alpha": {"min_alpha": 0.01},
    "all_losses": {"compute_loss": True},
}
SKIPGRAM_VARIANTS = {
    **VARIANTS,
    "several_sets_of_samples": {"window": 20},
    "pair": {"negative_sharing": "pair"},
}
CBOW_VARIANTS = {
    **VARIANTS,
    "very_wide_windows": {"window": 30},
    "wide_without_sampling": {"window": 12, "sample": 0},
    "very_wide_without_sampling": {"window": 22, "sample": 0},
    "sum": {"cbow_mean": 0},
    "mean_gradient": {"cbow_gradient": "mean"},
}
ALL_VARIANTS = {**SKIPGRAM_VARIANTS, **CBOW_VARIANTS}
CASES = [
    *itertools.product([1], OBJECTIVES, SKIPGRAM_VARIANTS),
    *itertools.product([0], OBJECTIVES, CBOW_VARIANTS),
]


@pytest.mark.parametrize(("sg", "objective", "variant"), CASES)
def test_training_follows_the_reference(sg, objective, variant):
    options = {"vector_size": 20, "window": 4, "sample": 1e-2, "epochs": 2}
    options.update({"alpha": 0.05, "seed": 7, "workers": 1, "sg": sg})
    options.update(OBJECTIVES[objective])
    options.update(ALL_VARIANTS[variant])
    params = TrainParams(**options)
    ids = random_text(11)
    weights, reference, run, stats = train_both(params, ids)
    # A softmax changes with its logits four times as fast as a sigmoid.
    atol = 8e-5 if params.objective else 4e-5
    for name, rows in weights:
        np.testing.assert_allclose(rows.vectors, getattr(reference, name), atol=atol)
    assert (params.hs, params.has_output_vectors) == (
        weights.syn1 is not None,
        weights.syn1neg is not None,
    )
    losses = run.losses
    assert losses.predictions == reference.predictions
    total = losses.hs + losses.ns + losses.softmax
    assert total == pytest.approx(reference.loss, rel=1e-4)
    assert stats[-1].words == len(ids)
    assert stats[-1].alpha == pytest.approx(params.alpha_floor)
    # The check means something only if training moved the vectors.
    start = new_weights(VOCAB_SIZE, params).syn0.vectors
    assert np.abs(weights.syn0.vectors - start)[1:].max() > 0.01
    assert not weights.syn1neg or not weights.syn1neg.vectors[0].any()


FROZEN_CASES = [
    *itertools.product(
        [1], OBJECTIVES, ["default", "pair", "whole_windows", "wide_windows"]
    ),
    *itertools.product([0], OBJECTIVES, ["default", "sum", "mean_gradient"]),
]


@pytest.mark.parametrize(("sg", "objective", "variant"), FROZEN_CASES)
def test_frozen_rows_stay_and_others_learn_from_them_as_in_the_reference(
    sg, objective, variant
):
    options = {"vector_size": 20, "window": 4, "sample": 1e-2, "epochs": 1}
    options.update({"alpha": 0.05, "workers": 1, "sg": sg, **OBJECTIVES[objective]})
    options.update(ALL_VARIANTS[variant])
    params = TrainParams(**options)
    ids, frozen = random_text(11), [1, 2, 5, 17, VOCAB_SIZE - 1]
    weights, reference, *_ = train_both(params, ids, frozen)
    start = new_weights(VOCAB_SIZE, params).syn0.vectors
    np.testing.assert_array_equal(weights.syn0.vectors[frozen], start[frozen])
    atol = 8e-5 if params.objective else 4e-5
    np.testing.assert_allclose(weights.syn0.vectors, reference.syn0, atol=atol)
    outputs = weights.syn1neg or weights.syn1
    expected = reference.syn1neg if params.has_output_vectors else reference.syn1
    np.testing.assert_allclose(outputs.vectors, expected, atol=atol)
    free, *_ = train_both(params, ids)
    moved = np.abs(free.syn0.vectors - weights.syn0.vectors)
    assert moved[frozen].max() > 0.01  # without freezing they move
    assert np.delete(moved, frozen, axis=0).max() > 0.001  # and others move differently


@pytest.mark.parametrize("sg", [0, 1])
def test_softmax_over_many_words_follows_the_reference(sg, monkeypatch):
    """Outputs are updated in groups, all from the inputs before the first group."""
    monkeypatch.setattr(sys.modules[__name__], "VOCAB_SIZE", 200)
    params = TrainParams(
        **{"objective": "softmax", "vector_size": 20, "window": 4, "epochs": 1},
        **{"alpha": 0.1, "sample": 0, "workers": 1, "sg": sg},
    )
    ids = random_text(14, 3000)
    spread = np.random.default_rng(3).integers(1, 200, 3000).astype(np.int32)
    ids = np.where((ids > 0) & (np.arange(3000) % 2 == 0), spread, ids)
    weights, reference, *_ = train_both(params, ids)
    for name, rows in weights:
        np.testing.assert_allclose(rows.vectors, getattr(reference, name), atol=5e-5)
    assert np.abs(weights.syn1neg.vectors).max() > 0.5


def test_same_seed_gives_same_bytes_and_another_seed_others():
    ids = random_text(12)
    options = {"vector_size": 10, "sg": 1, "workers": 1, "epochs": 1, "sample": 0}
    runs = [
        train_both(TrainParams(seed=seed, **options), ids)[0].syn0.vectors.tobytes()
        for seed in (1, 1, 2)
    ]
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


def test_hidden_row_of_the_sentence_end_is_never_trained():
    params = TrainParams(vector_size=10, sg=1, hs=1, workers=1, epochs=1)
    start = new_weights(VOCAB_SIZE, params).syn0.vectors[0].copy()
    weights, *_ = train_both(params, random_text(13))
    np.testing.assert_array_equal(weights.syn0.vectors[0], start)
    assert not weights.syn1neg.vectors[0].any()
