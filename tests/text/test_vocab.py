"""The vocabulary: its rows, the choice and order of words, known counts."""

import dataclasses
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from w2vfast.text.vocab import (
    SENTENCE_END,
    Vocab,
    first_rows,
    no_word_error,
    select_words,
    vocab_from_counts,
)


def make(words, counts):
    return Vocab(words, np.array(counts, dtype=np.int64))


def test_a_vocabulary_has_a_size_a_sum_of_counts_and_rows():
    vocab = make(["</s>", "a", 7, "a"], [3, 2, 2, 1])
    assert len(vocab) == 4
    assert vocab.train_words == 8
    assert vocab.ids == {"</s>": 0, "a": 1, 7: 2}
    assert vocab.ids is vocab.ids


def test_counts_are_summed_in_64_bits():
    assert make(["</s>", "a"], [2**62, 2**61]).train_words == 2**62 + 2**61


def test_a_vocabulary_is_immutable():
    with pytest.raises(dataclasses.FrozenInstanceError):
        make(["</s>"], [1]).words = []


def test_a_vocabulary_can_be_pickled():
    vocab = pickle.loads(pickle.dumps(make(["</s>", "\udcff"], [1, 2])))
    assert vocab.words == ["</s>", "\udcff"]
    assert vocab.counts.tolist() == [1, 2]


@given(
    st.lists(st.integers(0, 6), min_size=1),
    st.integers(0, 5),
    st.sampled_from([None, 1, 3, 1000]),
    st.randoms(use_true_random=False),
)
def test_words_are_sorted_by_count_then_first_occurrence(counts, least, most, numbers):
    positions = list(range(len(counts)))
    numbers.shuffle(positions)
    kept = [row for row in range(1, len(counts)) if counts[row] >= least]
    by_row = sorted(kept, key=lambda row: (-counts[row], row))
    by_position = sorted(kept, key=lambda row: (-counts[row], positions[row]))
    array, options = np.array(counts), {"min_count": least, "max_final_vocab": most}
    assert select_words(array, **options).tolist() == by_row[:most]
    chosen = select_words(array, np.array(positions), **options)
    assert chosen.tolist() == by_position[:most]


def test_the_error_for_rare_words_gives_advice():
    message = (
        "No word occurs at least min_count=5 times (most frequent: 'the', 3). "
        "Lower min_count, or give more text."
    )
    assert str(no_word_error("the", 3, 5)) == message


def test_a_vocabulary_is_made_from_known_counts():
    word_freq = {"b": 2, "a": np.int32(5), b"c": 2, "</s>": 4, "d": 1}
    vocab = vocab_from_counts(word_freq, min_count=2)
    assert vocab.words == ["</s>", "a", "b", "c"]
    assert vocab.counts.tolist() == [4, 5, 2, 2]
    assert vocab_from_counts(word_freq, max_final_vocab=1).words == ["</s>", "a"]


def test_known_counts_of_equal_words_are_added():
    vocab = vocab_from_counts({"a": 1, b"a": 2, "b": 2})
    assert vocab.words == ["</s>", "a", "b"]
    assert vocab.counts.tolist() == [0, 3, 2]


def test_known_counts_of_integers_have_integer_words():
    vocab = vocab_from_counts({0: 1, np.int64(5): 2})
    assert vocab.words == ["</s>", 5, 0]
    assert all(type(word) is int for word in vocab.words[1:])


@pytest.mark.parametrize(
    ("word_freq", "error", "message"),
    [
        ({"a": 1.0}, TypeError, "count of 'a' must be an integer, got 1.0"),
        ({"a": None}, TypeError, "count of 'a' must be an integer, got None"),
        ({"a": -1}, ValueError, "count of 'a' must be in 0 to .* got -1"),
        ({"a": 2**63}, ValueError, "count of 'a' must be in 0 to"),
        ({1.5: 1}, TypeError, "a word must be a str, bytes or int, .*got 1.5"),
        ({True: 1}, TypeError, "a word must be a str, bytes or int, .*got True"),
        ({"a": 1, 1: 1}, TypeError, "mixes integer words with str"),
        ({"a": 4}, ValueError, r"min_count=5 times \(most frequent: 'a', 4\)"),
        ({}, ValueError, "No words"),
        ({"</s>": 7}, ValueError, "No words"),
    ],
)
def test_wrong_counts_are_an_error(word_freq, error, message):
    with pytest.raises(error, match=message):
        vocab_from_counts(word_freq, min_count=5)


@pytest.mark.parametrize("given", ["cat", [("cat", 3)]])
def test_counts_that_are_not_a_mapping_are_an_error(given):
    with pytest.raises(TypeError, match="word_freq must map words to counts"):
        vocab_from_counts(given, min_count=1)


def test_row_of_a_repeated_word_is_the_first_one():
    assert first_rows(["b", "a", "b", 1, "1", 1]) == {"b": 0, "a": 1, 1: 3, "1": 4}
    assert first_rows([]) == {}


def test_sentence_end_is_hidden_in_fast_mode_and_a_word_in_exact_mode():
    counts = {SENTENCE_END: 9, "a": 3, "b": 2}
    fast = vocab_from_counts(counts)
    exact = vocab_from_counts(counts, exact=True)
    assert (fast.first_word, exact.first_word) == (1, 0)
    assert fast.visible_words == ["a", "b"]
    assert fast.visible_counts.tolist() == [3, 2]
    assert exact.visible_words == [SENTENCE_END, "a", "b"]
    assert exact.visible_counts.tolist() == [9, 3, 2]
