"""Tokens as Python objects: str, bytes and int; everything else is an error."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from word_counters import (
    all_words,
    encode_tokens,
)

from w2vfast import _text


@given(st.lists(st.text(max_size=20).map(lambda s: s.encode("utf-8", "replace"))))
def test_str_and_bytes_tokens_are_the_same_words_as_in_text(words):
    tokens = [word.decode() if k % 2 else word for k, word in enumerate(words)]
    counter = _text.WordCounter()
    ids = encode_tokens(counter, tokens)
    names = [b"</s>", *(word.encode() for word in all_words(counter))]
    assert [names[id] for id in ids] == words


def test_tokens_are_unchanged_words_except_for_sentence_ends():
    counter = _text.WordCounter()
    tokens = ["New York", "", "a\nb", "\0", "</s>", b"</s>", "</s> ", "x" * 500, ""]
    assert encode_tokens(counter, tokens) == [1, 2, 3, 4, 0, 0, 5, 6, 2]
    assert all_words(counter) == ["New York", "", "a\nb", "\0", "</s> ", "x" * 500]


def test_subclasses_of_str_and_int_are_tokens():
    counter = _text.WordCounter()
    assert encode_tokens(counter, [np.str_("a"), "a", np.bytes_(b"a")]) == [1, 1, 1]
    counter = _text.WordCounter()
    assert encode_tokens(counter, [np.int16(7), 7, np.uint64(2**63 - 1)]) == [1, 1, 2]
    assert all_words(counter) == [7, 2**63 - 1]


@pytest.mark.parametrize("token", [None, 1.5, True, ["a"], ("a",), np.bool_(True)])
def test_other_tokens_are_a_type_error_with_an_example(token):
    with pytest.raises(TypeError, match=r"\[\['the', 'cat'\], \['a', 'dog'\]\]"):
        encode_tokens(_text.WordCounter(), [token])


@pytest.mark.parametrize("token", [-1, 2**63, -(2**70)])
def test_integer_tokens_out_of_range_are_an_error(token):
    with pytest.raises(ValueError, match=r"0 to 2\*\*63 - 1"):
        encode_tokens(_text.WordCounter(), [token])


@pytest.mark.parametrize("tokens", [["a", 1], [1, "a"], [1, b"a"]])
def test_integers_among_words_are_an_error(tokens):
    with pytest.raises(TypeError, match="mixes"):
        encode_tokens(_text.WordCounter(), tokens)


def test_a_surrogate_that_represents_no_byte_is_an_error():
    assert encode_tokens(_text.WordCounter(), ["\udcff"]) == [1]
    with pytest.raises(ValueError, match="surrogate"):
        encode_tokens(_text.WordCounter(), ["\ud800"])


@pytest.mark.parametrize("token", ["", "a b", "a\tb", "a\n", "\r", "a\0", "é" * 50])
def test_exact_mode_refuses_tokens_that_no_text_contains(token):
    with pytest.raises(ValueError, match="C program cannot read"):
        encode_tokens(_text.WordCounter(), ["fine", token], exact=True)


def test_exact_mode_accepts_tokens_that_a_text_may_contain():
    tokens = ["é" * 49, b"\xff", "</s>", "é" * 49]
    assert encode_tokens(_text.WordCounter(), tokens, exact=True) == [1, 2, 0, 1]


def test_an_array_of_ids_that_is_too_short_is_an_error():
    with pytest.raises(ValueError, match="too short"):
        _text.WordCounter().encode_tokens(["a", "b"], np.zeros(2, dtype=np.int32), 1)


def test_a_list_that_yields_more_than_its_length_is_an_error():
    class Liar(list):
        def __iter__(self):
            return iter(["a"] * 5)

    with pytest.raises(ValueError, match="too short"):
        _text.WordCounter().encode_tokens(Liar(["a"]), np.zeros(3, dtype=np.int32))


def test_padding_in_lists_gets_a_hint():
    with pytest.raises(ValueError, match=r"got -1\. Only arrays .* dtype=numpy.int64"):
        encode_tokens(_text.WordCounter(), [1, 2, -1])
    with pytest.raises(ValueError, match=r"got -2$"):
        encode_tokens(_text.WordCounter(), [1, 2, -2])
