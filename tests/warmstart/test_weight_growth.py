"""Matrices after a growth of the vocabulary."""

import numpy as np
import pytest

from w2vfast.params import TrainParams
from w2vfast.text.vocab import SENTENCE_END, Vocab
from w2vfast.text.vocab_growth import grow_vocab
from w2vfast.training.weights import new_weights
from w2vfast.warmstart import weight_growth
from w2vfast.warmstart.weight_growth import grown_weights

COUNTS = np.array([9, 5, 3, 2])
VOCAB = Vocab([SENTENCE_END, "a", "b", "c"], COUNTS)
# c overtakes a and b; x is the most frequent word.
GROWN = grow_vocab(VOCAB, np.array([0, 0, 0, 9]), ["x", "y"], np.array([20, 1]))


def random_weights(params):
    weights = new_weights(len(VOCAB), params)
    weights.pack()
    rng = np.random.default_rng(1)
    for _, rows in weights:
        rows.vectors[:] = rng.normal(size=rows.vectors.shape)
    return weights


@pytest.mark.parametrize("mode", ["fast", "exact"])
@pytest.mark.parametrize("rows_at_once", [1, 4096])
def test_rows_move_with_their_words(mode, rows_at_once, monkeypatch):
    monkeypatch.setattr(weight_growth, "ROWS_AT_ONCE", rows_at_once)
    params = TrainParams(vector_size=5, mode=mode)
    before = random_weights(params)
    old = {name: rows.vectors.copy() for name, rows in before}
    after = grown_weights(before, COUNTS, GROWN, params)
    assert GROWN.words == [SENTENCE_END, "x", "c", "a", "b", "y"]
    for name in ("syn0", "syn1neg"):
        found = getattr(after, name).vectors
        np.testing.assert_array_equal(found[[0, 3, 4, 2]], old[name])
        np.testing.assert_array_equal(getattr(before, name).vectors, old[name])
        assert found.flags.c_contiguous


def test_new_words_begin_as_in_a_model_that_had_them_from_the_start():
    params = TrainParams(vector_size=5)
    after = grown_weights(random_weights(params), COUNTS, GROWN, params)
    fresh = new_weights(len(GROWN), params).syn0.vectors
    np.testing.assert_array_equal(after.syn0.vectors[[1, 5]], fresh[[4, 5]])
    assert not after.syn1neg.vectors[[1, 5]].any()


def test_inner_nodes_have_a_row_each_in_the_new_tree():
    params = TrainParams(vector_size=5, hs=True, negative=0)
    after = grown_weights(random_weights(params), COUNTS, GROWN, params)
    assert after.syn1neg is None
    assert np.isfinite(after.syn1.vectors).all()
    assert after.syn1.vectors[:4].any()
    assert not after.syn1.vectors[4:].any()  # 5 words have 4 inner nodes
