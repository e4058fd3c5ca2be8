"""The output layer that answers a question, and the noise distribution."""

import dataclasses

import numpy as np
import pytest

from w2vfast import Word2Vec
from w2vfast.prediction.layers import log_noise, output_layer, output_rows
from w2vfast.prediction.probabilities import Softmax, TreeSoftmax

TEXT = [["the", "cat", "sat"], ["the", "dog"]] * 30
SETTINGS = {"vector_size": 4, "min_count": 1, "epochs": 1, "workers": 1}
OBJECTIVES = {
    "ns": {},
    "hs": {"hs": 1, "negative": 0},
    "both": {"hs": 1},
    "softmax": {"objective": "softmax"},
}


@pytest.fixture(scope="module")
def models():
    return {
        name: Word2Vec(TEXT, **SETTINGS, **options, progress=False)
        for name, options in OBJECTIVES.items()
    }


@pytest.mark.parametrize(
    ("objective", "weights", "noise", "layer"),
    [
        ("ns", None, None, Softmax),
        ("ns", "syn1neg", False, Softmax),
        ("ns", None, True, Softmax),
        ("hs", None, None, TreeSoftmax),
        ("hs", "syn1", False, TreeSoftmax),
        ("both", None, None, TreeSoftmax),
        ("both", None, False, TreeSoftmax),
        ("both", None, True, Softmax),
        ("both", "syn1neg", None, Softmax),
        ("softmax", None, None, Softmax),
    ],
)
def test_layer_is_what_was_asked_for_or_what_the_model_has(
    models, objective, weights, noise, layer
):
    model = models[objective]
    found = output_layer(model._state, model.params, weights, noise)
    assert type(found) is layer


@pytest.mark.parametrize(
    ("objective", "weights", "noise", "error", "message"),
    [
        ("ns", "syn0", None, ValueError, "'syn1', 'syn1neg' or None, got 'syn0'"),
        ("ns", "syn1", None, RuntimeError, "needs a model with hierarchical softmax"),
        ("hs", "syn1neg", None, RuntimeError, "weights='syn1neg' needs output vectors"),
        ("hs", None, True, RuntimeError, "inner nodes of a tree"),
        ("both", "syn1", True, RuntimeError, "hierarchical softmax draws no noise"),
        ("softmax", None, True, RuntimeError, "trained with negative=0. Leave noise"),
    ],
)
def test_impossible_layers_raise(models, objective, weights, noise, error, message):
    model = models[objective]
    with pytest.raises(error, match=message):
        output_layer(model._state, model.params, weights, noise)


def test_of_two_objectives_predictions_and_scores_use_the_tree(models):
    model = models["both"]
    for ask in (
        model.score,
        lambda text, **how: model.predict_output_word(["the"], **how),
    ):
        default, tree, vectors = (
            np.array(ask(TEXT, **how), dtype=object).tolist()
            for how in ({}, {"weights": "syn1"}, {"weights": "syn1neg"})
        )
        assert default == tree != vectors


def test_softmax_has_no_noise_factor_unless_negative_sampling_was_trained(models):
    model = models["ns"]
    plain, weighted = (model.score(TEXT, noise=noise) for noise in (False, True))
    assert model.score(TEXT).tolist() == weighted.tolist() != plain.tolist()
    softmax = models["softmax"]
    assert softmax.score(TEXT).tolist() == softmax.score(TEXT, noise=False).tolist()


def test_output_rows_are_a_view_of_the_matrix(models):
    model = models["ns"]
    rows = output_rows(model._state, model.params, "the test")
    assert np.shares_memory(rows, model._state.weights.syn1neg.vectors)
    assert len(rows) == len(model.wv)


def test_output_rows_that_are_missing_raise_with_the_reason(models):
    model = models["hs"]
    with pytest.raises(RuntimeError, match=r"the test needs .* negative=5"):
        output_rows(model._state, model.params, "the test")
    params = dataclasses.replace(model.params, negative=5)
    with pytest.raises(RuntimeError, match="loaded without its output weights"):
        output_rows(model._state, params, "the test")


# --- noise distribution -------------------------------------------------------------


@pytest.mark.parametrize("exponent", [0.75, 0.0, -1.0])
def test_noise_distribution_follows_the_counts(models, exponent):
    model = models["ns"]
    params = dataclasses.replace(model.params, ns_exponent=exponent)
    expected = model.wv.counts**exponent / (model.wv.counts**exponent).sum()
    np.testing.assert_allclose(np.exp(log_noise(model._state, params)), expected)


def test_noise_distribution_follows_given_weights():
    model = Word2Vec(**SETTINGS, noise_weights=[0, 1, 3, 0])
    model.build_vocab(TEXT)
    found = np.exp(log_noise(model._state, model.params))
    np.testing.assert_allclose(found, [0, 0.25, 0.75, 0])


def test_a_word_that_was_never_seen_is_never_drawn():
    model = Word2Vec(**{**SETTINGS, "min_count": 0, "ns_exponent": -1.0})
    model.build_vocab_from_freq({"a": 4, "b": 2, "c": 0})
    found = np.exp(log_noise(model._state, model.params))
    np.testing.assert_allclose(found, [1 / 3, 2 / 3, 0])


def test_exact_mode_never_draws_the_sentence_end():
    model = Word2Vec(TEXT, mode="exact", **SETTINGS, progress=False)
    noise = np.exp(log_noise(model._state, model.params))
    assert noise[0] == 0
    assert noise.sum() == pytest.approx(1)
