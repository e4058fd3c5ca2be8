"""Rows of words: a given vocabulary, words that are not in it, pruned words."""

import numpy as np
import pytest
from corpora import any_line_ends, any_workers, encode_all, in_memory, odd_text
from hypothesis import given
from hypothesis import strategies as st
from text_reference import reference_encoding, without_empty_sentences

from w2vfast.text.corpus import encode
from w2vfast.text.vocab import Vocab

pytestmark = any_line_ends


@given(odd_text, any_workers, st.integers(1, 40), st.booleans(), st.data())
def test_words_outside_a_given_vocabulary_are_dropped(
    data, workers, block, exact, more
):
    words, _, ids, n_sentences, n_words = reference_encoding([data], exact=exact)
    names = ["</s>", *more.draw(st.permutations(words[1:])), "other"]
    names = names[: more.draw(st.integers(2, len(names)))]
    known = Vocab(names, np.arange(len(names), dtype=np.int64))
    kept = [words[id] for id in ids if words[id] in names]
    options = {"vocab": known, "exact": exact, "workers": workers, "block_bytes": block}
    if not set(kept) - {"</s>"}:
        with pytest.raises(ValueError, match="no word of"):
            encode(in_memory(data), **options)
        return
    vocab, stream = encode(in_memory(data), **options)
    assert vocab is known
    rows = [names.index(word) for word in kept]
    assert stream.ids.tolist() == (rows if exact else without_empty_sentences(rows))
    assert (stream.n_sentences, stream.n_words) == (n_sentences, n_words)


def test_exact_mode_looks_up_sentence_ends_like_words():
    no_end = Vocab(["b", "a"], np.array([1, 2]))
    _, stream = encode(in_memory(b"a b\nc a\n"), vocab=no_end, exact=True)
    assert stream.ids.tolist() == [1, 0, 1]
    late_end = Vocab(["b", "</s>", "a"], np.array([1, 1, 2]))
    _, stream = encode(in_memory(b"a b\nc a\n"), vocab=late_end, exact=True)
    assert stream.ids.tolist() == [2, 0, 1, 2, 1]


def test_of_equal_words_in_a_vocabulary_the_first_row_is_used():
    twice = Vocab(["</s>", "a", "b", "a"], np.array([0, 3, 2, 1]))
    _, stream = encode(in_memory(b"b a\n"), vocab=twice, exact=True)
    assert stream.ids.tolist() == [2, 1, 0]


def test_a_vocabulary_of_text_knows_no_integers():
    words = Vocab(["</s>", "1", "2"], np.array([1, 1, 1]))
    with pytest.raises(ValueError, match=r"\(integers\).*'1', '2'"):
        encode(np.array([1, 2]), vocab=words)
    numbers = Vocab(["</s>", 1, 2], np.array([1, 1, 1]))
    assert encode(np.array([2, 1]), vocab=numbers)[1].ids.tolist() == [2, 1, 0]


def test_pruning_warns_with_its_numbers_and_does_not_depend_on_workers():
    data = b"a a a b c d a b e f a b g b\n" * 3
    expected = None
    for workers in (1, 3):
        with pytest.warns(UserWarning, match=r"pruned \d+ words, which occur \d+ ti"):
            found = encode_all(
                in_memory(data), max_vocab_size=3, workers=workers, block_bytes=8
            )
        expected = expected or found
        assert found == expected
    words, counts, ids, _, n_words = found
    assert words[:2] == ["</s>", "a"]
    assert len(words) <= 4
    assert n_words == 42
    assert np.bincount(ids)[1:].tolist() == counts[1:]


@pytest.mark.filterwarnings("ignore:max_vocab_size=2 pruned 1 words")
def test_a_pruned_word_has_no_row_even_with_min_count_0():
    words = encode_all(in_memory(b"a a b b c"), max_vocab_size=2, min_count=0)[0]
    assert words == ["</s>", "a", "b"]


def test_nothing_is_pruned_up_to_max_vocab_size():
    assert encode_all(in_memory(b"a b c"), max_vocab_size=3) == reference_encoding(
        [b"a b c"]
    )
