"""Counting, marking and joining phrases in a stream of ids."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from w2vfast import _text

WORDS = ["</s>", "new", "york", "of", "city"]
V = len(WORDS)


def joiner():
    return _text.Joiner(WORDS, frozenset(["of"]), "_")


def ids_of(text):
    return np.array([WORDS.index(word) for word in text.split()], dtype=np.int32)


def rule(threshold=0.0):
    return _text.PhraseRule(False, 0.0, threshold, 100, 10)


def expected_candidates(ids):
    """Count the candidates of a stream, one position at a time."""
    counts, first = {}, None
    for pos, word in enumerate(ids):
        if word == 0:
            first = None
        elif WORDS[word] != "of":
            if first is not None:
                text = "_".join(WORDS[id] for id in ids[first : pos + 1])
                counts[text] = counts.get(text, 0) + 1
            first = pos
    return counts


@given(st.lists(st.integers(0, V - 1), max_size=60), st.integers(0, 60))
def test_candidates_are_two_words_with_connectors_between(ids, cut):
    counts = _text.PhraseCounts()
    stream = np.array(ids, dtype=np.int32)
    cut = min(cut, len(ids))
    for start, stop in ((0, cut), (cut, len(ids))):
        counts.count_pairs(joiner(), stream, start, stop)
    assert dict(counts.items(0, counts.n_slots)) == expected_candidates(ids)


def test_marked_phrases_are_joined_in_the_text():
    ids = ids_of("new york </s> city of york new </s>")
    counts = _text.PhraseCounts()
    counts.fill({"new": 1, "york": 1, "city": 1, "new_york": 3, "city_of_york": 2})
    marks = np.zeros(ids.size, dtype=np.uint8)
    word_counts = counts.word_counts(joiner())
    counts.mark_phrases(joiner(), ids, 0, ids.size, word_counts, marks, rule())
    assert np.flatnonzero(marks).tolist() == [1, 5]
    text, stop, in_line, n_phrases = _text.joined_text(
        joiner(), ids, 0, ids.size, marks, 0, False
    )
    assert text == b"new_york\ncity_of_york new\n"
    assert (stop, in_line, n_phrases) == (ids.size, False, 2)


def test_a_word_that_may_begin_a_phrase_is_left_to_the_next_call():
    ids = ids_of("city new of")
    marks = np.zeros(3, dtype=np.uint8)
    found = _text.joined_text(joiner(), ids, 0, 3, marks, 0, False)
    assert found == (b"city", 1, True, 0)


def test_connector_words_and_sentence_ends_are_not_counted_as_words():
    counts = _text.PhraseCounts()
    counts.count_words(joiner(), np.array([9, 1, 2, 3, 4]))
    assert counts.word_counts(joiner()).tolist() == [0, 1, 2, 0, 4]


def test_pruned_entries_may_be_counted_again():
    counts = _text.PhraseCounts()
    counts.fill({"a": 1, "b": 5, "c": 2})
    counts.prune(1)
    assert [counts.get(word) for word in "abc"] == [0, 5, 0]
    counts.fill({"a": 3})
    assert [counts.get(word) for word in "abc"] == [3, 5, 0]


@pytest.mark.parametrize(("start", "stop"), [(-1, 2), (2, 1), (0, 4)])
def test_a_range_outside_the_ids_is_an_error(start, stop):
    ids, counts = ids_of("new york </s>"), _text.PhraseCounts()
    message = f"in 0 to 3, got {start} and {stop}"
    with pytest.raises(ValueError, match=message):
        counts.count_pairs(joiner(), ids, start, stop)
    marks = np.zeros(9, dtype=np.uint8)
    with pytest.raises(ValueError, match=message):
        _text.joined_text(joiner(), ids, start, stop, marks, start, False)


def test_arrays_that_are_too_short_are_an_error():
    ids, counts = ids_of("new york </s>"), _text.PhraseCounts()
    marks, word_counts = np.zeros(3, dtype=np.uint8), np.zeros(V, dtype=np.int64)
    with pytest.raises(ValueError, match="marks or counts is too short"):
        counts.mark_phrases(joiner(), ids, 0, 3, word_counts, marks[:2], rule())
    with pytest.raises(ValueError, match="marks or counts is too short"):
        counts.mark_phrases(joiner(), ids, 0, 3, word_counts[:1], marks, rule())
    with pytest.raises(ValueError, match="marks is too short"):
        _text.joined_text(joiner(), ids, 0, 3, marks[:2], 0, False)
    with pytest.raises(ValueError, match="got 1 counts for 5 rows"):
        counts.count_words(joiner(), word_counts[:1])
