"""The state of a model: what it holds, and that it is never half changed."""

import dataclasses
import pickle

import numpy as np
import pytest

from w2vfast import Word2Vec
from w2vfast.state import ModelState
from w2vfast.text.vocab import Vocab
from w2vfast.training.noise_weights import NoiseWeights

TEXT = [["a", "b", "c", "a"]] * 20
SMALL = {"vector_size": 4, "min_count": 1, "epochs": 1, "workers": 1}


def state_of(**options):
    return Word2Vec(TEXT, **SMALL, progress=False, **options)._state


def test_an_empty_state_names_what_is_missing():
    with pytest.raises(RuntimeError, match="no vocabulary yet"):
        ModelState().need_vocab()
    with pytest.raises(RuntimeError, match="no weights yet"):
        ModelState().syn0  # noqa: B018


def test_a_state_cannot_be_changed_but_replaced():
    state = ModelState()
    with pytest.raises(dataclasses.FrozenInstanceError):
        state.vocab = Vocab(["</s>"], np.array([1]))
    vocab = Vocab(["</s>", "a"], np.array([1, 2]))
    assert state.replace(vocab=vocab).vocab is vocab
    assert state.vocab is None


@pytest.mark.parametrize("mode", ["fast", "exact"])
def test_matrices_have_a_row_for_each_visible_word(mode):
    state = state_of(mode=mode, hs=1)
    n_words = 4 if mode == "exact" else 3
    assert len(state.vocab.visible_words) == n_words
    assert state.syn0.shape == state.syn1neg.shape == (n_words, 4)
    assert state.syn1.shape == (n_words, 4)
    assert np.shares_memory(state.syn0, state.weights.syn0.vectors)
    assert len(state.word_paths.offsets) == n_words + 1


def test_matrices_that_are_not_trained_are_none():
    assert state_of().syn1 is None
    assert state_of(hs=1, negative=0).syn1neg is None
    assert state_of().noise_weights is None


def test_the_tree_is_built_once_and_not_pickled():
    state = state_of(hs=1)
    before = len(pickle.dumps(state))
    paths = state.word_paths
    assert state.word_paths is paths
    assert len(pickle.dumps(state)) == before
    other = pickle.loads(pickle.dumps(state))
    for one, two in zip(other.word_paths, paths, strict=True):
        np.testing.assert_array_equal(one, two)


def test_a_pickle_keeps_the_numbers_that_a_function_returned():
    state = state_of(noise_weights=lambda counts: counts * 2)
    other = pickle.loads(pickle.dumps(state))
    np.testing.assert_array_equal(other.noise_weights, state.noise_weights)
    np.testing.assert_array_equal(other.syn0, state.syn0)
    assert other.vocab.words == state.vocab.words


def test_noise_weights_before_the_vocabulary_are_pickled_as_given():
    state = ModelState(noise=NoiseWeights([1, 2, 3]))
    weights = pickle.loads(pickle.dumps(state)).noise
    assert weights.of_words(np.array([1, 1, 1])).tolist() == [1, 2, 3]


@pytest.mark.parametrize("call", ["with_growth", "LiveVectors.show"])
def test_an_interrupt_during_a_growth_leaves_the_old_state_or_the_new_one(
    call, monkeypatch
):
    model = Word2Vec(TEXT, **SMALL, progress=False)
    held, before = model.wv, model._state

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(f"w2vfast.model.{call}", interrupted)
    with pytest.raises(KeyboardInterrupt):
        model.build_vocab([["a", "new"]] * 9, update=True)
    monkeypatch.undo()
    assert (model._state is before) == (call == "with_growth")
    assert model.wv is held
    n_words = len(model._state.vocab.visible_words)
    assert len(held) == len(held.vectors) == len(model.syn1neg) == n_words
    model.train(TEXT, progress=False)
