"""Blocks of bytes: carriage returns, white space, and where to cut."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from odd_texts import odd_bytes
from word_counters import (
    padded,
)

from w2vfast import _text


@given(odd_bytes)
def test_carriage_returns_are_removed_and_nothing_else(data):
    text = padded(data)
    n = _text.drop_carriage_returns(text, len(data))
    assert text[:n].tobytes() == data.replace(b"\r", b"")


@given(odd_bytes)
def test_after_white_space_is_the_end_of_the_last_white_space(data):
    white = [k + 1 for k in range(len(data)) if data[k] in b" \t\n"]
    assert _text.after_white_space(padded(data), len(data)) == max(white, default=0)


@pytest.mark.parametrize("n", [-1, 9])
def test_a_length_outside_the_text_is_an_error(n):
    text = np.zeros(8, dtype=np.uint8)
    for function, more in (
        (_text.after_white_space, ()),
        (_text.drop_carriage_returns, ()),
        (_text.has_byte, (10,)),
    ):
        with pytest.raises(ValueError, match="must be within text"):
            function(text, n, *more)


@given(odd_bytes, st.sampled_from(b"\r\na"))
def test_has_byte_searches_the_block_only(data, byte):
    assert _text.has_byte(padded(data), len(data), byte) == (byte in data)


WHITE_SPACE = [
    chr(c) for c in range(0x3100) if chr(c).isspace() and chr(c) not in "\t\n"
]


@pytest.mark.parametrize("char", WHITE_SPACE)
def test_unicode_white_space_becomes_spaces_of_the_same_length(char):
    encoded = char.encode()
    text = padded(b"a" + encoded + b"\tb\n")
    _text.blank_white_space(text, 4 + len(encoded))
    blanked = text[: 4 + len(encoded)].tobytes()
    assert blanked == b"a" + b" " * len(encoded) + b"\tb\n"


@given(odd_bytes)
def test_blanking_white_space_changes_how_no_text_is_split(data):
    text = padded(data)
    _text.blank_white_space(text, len(data))
    words = text[: len(data)].tobytes().replace(b"\t", b" ").replace(b"\n", b" ")
    expected = data.decode("utf-8", "surrogateescape").split()
    assert [
        word.decode("utf-8", "surrogateescape") for word in words.split(b" ") if word
    ] == expected


def test_white_space_that_is_cut_off_is_not_changed():
    text = padded("a\u3000".encode())
    _text.blank_white_space(text, 3)
    assert text[:4].tobytes() == "a\u3000".encode()
