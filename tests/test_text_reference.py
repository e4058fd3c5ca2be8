"""The reference implementation itself."""

from text_reference import without_empty_sentences


def test_a_sentence_end_without_a_word_before_it_is_dropped():
    assert without_empty_sentences([0, 0, 1, 0, 0, 2, 0]) == [1, 0, 2, 0]
