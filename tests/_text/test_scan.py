"""Text and arrays of integers are split as by the reference implementation."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from odd_texts import odd_bytes
from text_reference import (
    END,
    chosen_words,
    exact_words,
    fast_words,
)
from word_counters import (
    all_words,
    as_one_block,
    as_words,
    encode_text,
    encode_tokens,
    encode_values,
)

from w2vfast import _text


@given(odd_bytes)
@example(b"a" * 16 + b" " + b"a" * 17 + b"\n")
@example(b"a\0 a a\0\0 \0 \0\0 ")
@example(b" " * 64 + b"\n" * 200 + b"a")
@example(b"</s>\0 </s> </s>\0\0\0\0\0\0")
def test_fast_words_equal_the_reference(data):
    counter = _text.WordCounter()
    ids = encode_text(counter, data + b"\n")
    expected = as_one_block(fast_words(data))
    assert as_words(counter, ids) == expected


@given(odd_bytes)
@example(b"</s>\0x </s>y </s \n")
@example(b"x" * 98 + b" " + b"x" * 99 + b" " + b"x" * 97 + b"\0x ")
def test_exact_words_equal_the_reference(data):
    counter = _text.WordCounter()
    ids = encode_text(counter, data, exact=True)
    assert as_words(counter, ids) == exact_words(data)


@given(odd_bytes)
def test_counts_are_the_occurrences_of_each_word(data):
    counter = _text.WordCounter()
    encode_text(counter, data + b"\n")
    expected = chosen_words(fast_words(data))
    names = [w.encode("utf-8", "surrogateescape") for w in all_words(counter)]
    counts = counter.counts()
    assert dict(zip(names, counts[1:].tolist(), strict=True)) == dict(expected)
    assert counts[0] == 0
    assert len(counter) == len(expected) == counter.next_id - 1


def test_every_byte_sequence_is_restored_from_its_word():
    data = bytes(byte for byte in range(256) if byte not in b" \t\r\n")
    counter = _text.WordCounter()
    encode_text(counter, data + b" " + data[::-1] + b" ")
    words = [word.encode("utf-8", "surrogateescape") for word in all_words(counter)]
    assert words == [data, data[::-1]]


def test_bytes_after_the_last_white_space_are_ignored():
    counter = _text.WordCounter()
    assert encode_text(counter, b"a b") == [1]
    assert encode_text(counter, b"") == []


@pytest.mark.parametrize("n", [-1, 3])
def test_buffers_that_are_too_short_are_an_error(n):
    ids = np.zeros(10, dtype=np.int32)
    text = np.zeros(_text.PADDING + 2, dtype=np.uint8)
    with pytest.raises(ValueError, match="too short"):
        _text.WordCounter().encode_text(text, n, ids)
    with pytest.raises(ValueError, match="too short"):
        _text.WordCounter().encode_text(text, 2, ids[:1])


@pytest.mark.parametrize("dtype", [np.int32, np.int64])
def test_values_and_int_tokens_are_the_same_words(dtype):
    counter = _text.WordCounter()
    values = np.array([5, 0, 2**31 - 1, 5], dtype=dtype)
    assert encode_values(counter, values) == [1, 2, 3, 1]
    assert encode_tokens(counter, [0, 2**31 - 1, 9]) == [2, 3, 4]
    assert all_words(counter) == [5, 0, 2**31 - 1, 9]


def test_values_beyond_32_bits_are_words():
    counter = _text.WordCounter()
    values = np.array([2**31, 2**62, 2**63 - 1, 2**31])
    assert encode_values(counter, values) == [1, 2, 3, 1]
    assert all_words(counter) == [2**31, 2**62, 2**63 - 1]


@given(
    st.lists(st.integers(-1, 5), max_size=700),
    st.lists(st.integers(0, 700), max_size=10),
    st.booleans(),
)
def test_ends_and_separators_end_sentences(values, ends, exact):
    ends = sorted(end for end in ends if end <= len(values))
    expected = []
    for pos in range(len(values) + 1):
        expected += [-1] * ends.count(pos)
        expected += values[pos : pos + 1]
    kept = expected if exact else values_as_one_block(expected)
    counter = _text.WordCounter()
    given_values = np.array(values, dtype=np.int64)
    ids = encode_values(counter, given_values, ends, separator=-1, exact=exact)
    names = [-1, *all_words(counter)]
    assert [names[id] for id in ids] == kept


def values_as_one_block(values):
    words = [END if value == -1 else value for value in values]
    return [-1 if word is END else word for word in as_one_block(words)]


def test_padding_is_skipped():
    counter = _text.WordCounter()
    assert encode_values(counter, [3, 9, 9, 4], [2, 4], padding=9) == [1, 0, 2, 0]


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        ({}, "Only a separator"),
        ({"padding": -1}, r"IdCorpus\(ids, padding="),
        ({"separator": -1}, r"IdCorpus\(ids, separator="),
    ],
)
def test_a_negative_value_is_an_error_with_its_position(options, hint):
    with pytest.raises(ValueError, match=f"got -7 at position 102. .*{hint}"):
        encode_values(_text.WordCounter(), [1, 2, -7], offset=100, **options)


def test_an_array_of_ids_that_is_too_short_is_an_error():
    ids = np.zeros(2, dtype=np.int32)
    ends = np.array([2], dtype=np.int64)
    with pytest.raises(ValueError, match="too short"):
        _text.WordCounter().encode_values(np.array([1, 2]), ends, ids)
