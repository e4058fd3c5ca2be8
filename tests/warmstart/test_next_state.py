"""The next state of a model: first weights, and growth."""

import numpy as np
import pytest

from w2vfast import KeyedVectors
from w2vfast.params import TrainParams
from w2vfast.state import ModelState
from w2vfast.text.vocab import SENTENCE_END, Vocab
from w2vfast.text.vocab_growth import grow_from_counts
from w2vfast.training.noise_weights import NoiseWeights
from w2vfast.warmstart.init_vectors import Coverage
from w2vfast.warmstart.next_state import with_growth, with_weights

VOCAB = Vocab([SENTENCE_END, "a", "b", "c"], np.array([9, 5, 3, 2]))
PARAMS = TrainParams(vector_size=2)
GIVEN = KeyedVectors(["b", "new"], np.float32([[1, 2], [3, 4]]))


def grown_vocab(more, vocab=VOCAB):
    return grow_from_counts(vocab, more, min_count=1)


def test_first_weights_have_a_row_for_each_row_of_the_vocabulary():
    state = with_weights(ModelState(VOCAB), PARAMS, None)
    assert state.vocab is VOCAB
    assert state.weights.syn0.vectors.shape == (4, 2)
    assert state.weights.syn0.vectors.flags.c_contiguous
    assert state.init_coverage is None


def test_first_weights_need_a_vocabulary():
    with pytest.raises(RuntimeError, match="no vocabulary yet"):
        with_weights(ModelState(), PARAMS, None)


@pytest.mark.parametrize("exact", [False, True])
def test_first_weights_begin_with_given_vectors(exact):
    vocab = Vocab(VOCAB.words, VOCAB.counts, exact=exact)
    state = with_weights(ModelState(vocab), PARAMS, GIVEN)
    assert state.syn0[vocab.visible_words.index("b")].tolist() == [1, 2]
    n_words, n_tokens = (4, 19) if exact else (3, 10)
    assert state.init_coverage == Coverage(1, n_words, 3, n_tokens)


def test_a_growth_makes_a_new_state_and_leaves_the_old_one():
    before = with_weights(ModelState(VOCAB), PARAMS, None)
    rows = before.syn0.copy()
    after = with_growth(before, grown_vocab({"new": 7}), PARAMS, GIVEN)
    assert before.vocab is VOCAB
    np.testing.assert_array_equal(before.syn0, rows)
    assert after.vocab.visible_words == ["new", "a", "b", "c"]
    assert type(after.vocab) is Vocab
    np.testing.assert_array_equal(after.syn0[1:], rows)  # b keeps its vector
    assert after.syn0[0].tolist() == [3, 4]
    assert after.init_coverage == Coverage(2, 4, 10, 17)


def test_a_growth_before_the_first_weights_makes_none():
    after = with_growth(ModelState(VOCAB), grown_vocab({"new": 7}), PARAMS, GIVEN)
    assert after.weights is None
    assert after.init_coverage is None


def test_noise_weights_follow_words_that_only_changed_their_order():
    state = ModelState(VOCAB, noise=NoiseWeights([10, 20, 30]))
    after = with_growth(state, grown_vocab({"c": 90}), PARAMS, None)
    assert after.vocab.visible_words == ["c", "a", "b"]
    assert after.noise_weights.tolist() == [30, 10, 20]
    with pytest.raises(ValueError, match="each of the 4 words"):
        with_growth(state, grown_vocab({"new": 1}), PARAMS, None).noise_weights  # noqa: B018


def test_a_growth_beyond_what_full_softmax_takes_raises(monkeypatch):
    monkeypatch.setattr("w2vfast.training.cost.MOST_WORDS", 3)
    params = TrainParams(vector_size=2, objective="softmax")
    with pytest.raises(ValueError, match="at most 3 words, got 4"):
        with_growth(ModelState(VOCAB), grown_vocab({"new": 1}), params, None)
