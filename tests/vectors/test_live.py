"""Live views: the same KeyedVectors follows a model's rows."""

import copy
import pickle

import numpy as np
import pytest

from w2vfast import KeyedVectors, Word2Vec
from w2vfast.text.vocab import Vocab
from w2vfast.vectors.live import LiveVectors

WORDS = ["</s>", "a", "b"]
COUNTS = np.array([5, 3, 2])


def rows(n, first=0.0):
    return np.arange(first, first + 2 * n, dtype=np.float32).reshape(n, 2)


def test_vectors_show_the_visible_words_and_the_rows_themselves():
    matrix = rows(2)
    shown = LiveVectors().show(Vocab(WORDS, COUNTS), matrix)
    assert shown.index_to_key == ["a", "b"]
    assert shown.counts.tolist() == [3, 2]
    matrix[0] = 7
    assert shown["a"].tolist() == [7, 7]
    shown.vectors[1] = 9
    assert matrix[1].tolist() == [9, 9]


def test_row_0_of_exact_mode_is_a_word():
    shown = LiveVectors().show(Vocab(WORDS, COUNTS, exact=True), rows(3))
    assert shown.index_to_key == WORDS
    assert shown.counts.tolist() == COUNTS.tolist()


def test_rows_that_moved_are_shown_by_the_same_object():
    live, vocab = LiveVectors(), Vocab(WORDS, COUNTS)
    shown = live.show(vocab, rows(2))
    moved = rows(2, first=10.0)
    assert live.show(vocab, moved) is shown
    assert shown.vectors is moved
    assert shown["a"].tolist() == [10, 11]


def test_grown_words_are_shown_by_the_same_object_and_keep_their_attributes():
    live = LiveVectors()
    shown = live.show(Vocab(WORDS, COUNTS), rows(2))
    shown.set_vecattr("b", "colour", "red")
    grown = Vocab(["</s>", "b", "new", "a"], np.array([5, 9, 4, 3]))
    assert live.show(grown, rows(3)) is shown
    assert shown.index_to_key == ["b", "new", "a"]
    assert shown.key_to_index == {"b": 0, "new": 1, "a": 2}
    assert shown.counts.tolist() == [9, 4, 3]
    assert shown.get_vecattr("b", "colour") == "red"
    assert shown.get_vecattr("new", "colour") is None


def test_keys_of_live_vectors_are_fixed_and_those_of_copies_are_not():
    shown = LiveVectors().show(Vocab(WORDS, COUNTS), rows(2))
    with pytest.raises(RuntimeError, match="model"):
        shown.add_vector("new", np.ones(2))
    for other in (copy.deepcopy(shown), pickle.loads(pickle.dumps(shown))):
        assert type(other) is KeyedVectors
        other.add_vector("new", np.ones(2))


def test_a_copy_of_the_view_shows_nothing_yet():
    live = LiveVectors()
    assert not live.in_use
    live.show(Vocab(WORDS, COUNTS), rows(2))
    assert live.in_use
    for other in (copy.deepcopy(live), pickle.loads(pickle.dumps(live))):
        assert not other.in_use


# --- in a model -------------------------------------------------------------------

TEXT = [["a", "b", "c"] * 5]


def trained():
    options = {"min_count": 1, "vector_size": 4, "epochs": 1, "sample": 0}
    return Word2Vec(TEXT, progress=False, **options)


@pytest.mark.parametrize("name", ["wv", "output_vectors"])
def test_vectors_in_hand_follow_training_and_growth(name):
    model = trained()
    held = getattr(model, name)
    before = held["b"]
    model.build_vocab([["d", "b", "e"] * 9], update=True)
    assert getattr(model, name) is held
    assert set(held.index_to_key) == {"a", "b", "c", "d", "e"}
    np.testing.assert_array_equal(held["b"], before)
    model.train()
    assert not np.array_equal(held["b"], before)
    matrix = model.wv.vectors if name == "wv" else model.syn1neg
    np.testing.assert_array_equal(held.vectors, matrix)


def test_vectors_that_nobody_asked_for_are_not_made():
    model = trained()
    assert not model._inputs.in_use
    assert not model._outputs.in_use
    assert len(model.output_vectors) == 3
    assert not model._inputs.in_use
