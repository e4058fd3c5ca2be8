"""Strings anywhere in memory: joined to lines, and encoded as tokens."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from odd_texts import odd_bytes

from w2vfast import _text

strings = st.lists(odd_bytes | st.binary(max_size=20), min_size=1, max_size=30)


def in_memory(words):
    """Return the memory of some words, and their addresses and sizes in it."""
    memory = np.frombuffer(b"".join(words) or b"\0", dtype=np.uint8)
    sizes = np.array([len(word) for word in words], dtype=np.int64)
    starts = np.cumsum(sizes) - sizes
    return memory, (memory.ctypes.data + starts).astype(np.uint64), sizes


@given(strings)
def test_strings_become_lines_without_newlines_inside(words):
    memory, addresses, sizes = in_memory(words)
    out = np.zeros(sizes.sum() + len(words), dtype=np.uint8)
    assert _text.join_strings(addresses, sizes, out) == out.size
    expected = b"".join(word.replace(b"\n", b" ") + b"\n" for word in words)
    assert out.tobytes() == expected
    assert memory.size


@given(strings, st.booleans())
def test_strings_have_the_ids_of_the_same_tokens(words, known_end):
    memory, addresses, sizes = in_memory(words)
    ends = np.array([0, len(words) // 2, len(words)])
    ids = np.empty(len(words) + 3, dtype=np.int32)
    limit = memory.ctypes.data + memory.size if known_end else 0
    counter, expected = _text.WordCounter(), _text.WordCounter()
    n_ids = counter.encode_strings(addresses, sizes, ends, ids, limit)
    tokens = [*words[: ends[1]], b"</s>", *words[ends[1] :], b"</s>"]
    raw = np.empty(len(tokens), dtype=np.int32)
    expected.encode_tokens([b"</s>", *tokens][1:], raw)
    kept = [id for k, id in enumerate([0, *raw]) if id or not k or [0, *raw][k - 1]]
    assert ids[:n_ids].tolist() == kept
    assert counter.counts().tolist() == expected.counts().tolist()


def test_ends_after_the_last_string_end_sentences_too():
    _, addresses, sizes = in_memory([b"a"])
    ids = np.empty(4, dtype=np.int32)
    counter = _text.WordCounter()
    n_ids = counter.encode_strings(addresses, sizes, np.array([1, 5, 9]), ids)
    assert ids[:n_ids].tolist() == [1, 0]


def test_views_hold_short_strings_and_point_to_long_ones():
    views = np.array([3, 0, 0, 0, 40, 0, 1, 7], dtype=np.int32)
    addresses, sizes = np.empty(2, dtype=np.uint64), np.empty(2, dtype=np.int64)
    bases = np.array([1000, 5000], dtype=np.uint64)
    _text.locate_views(views, 64, bases, addresses, sizes)
    assert (addresses.tolist(), sizes.tolist()) == ([68, 5007], [3, 40])
    with pytest.raises(ValueError, match="buffer that the array does not have"):
        _text.locate_views(views, 64, bases[:1], addresses, sizes)


def test_damaged_columns_are_an_error():
    one, ids = np.array([0], dtype=np.uint64), np.empty(9, dtype=np.int32)
    none = np.empty(0, dtype=np.int64)
    for size in (-5, 3):
        with pytest.raises(ValueError, match="the column is damaged"):
            _text.WordCounter().encode_strings(one, np.array([size]), none, ids)
        with pytest.raises(ValueError, match="the column is damaged"):
            _text.join_strings(one, np.array([size]), np.empty(9, dtype=np.uint8))
    with pytest.raises(ValueError, match="ids is too short"):
        _text.WordCounter().encode_strings(one, np.array([0]), none, ids[:0])
    with pytest.raises(ValueError, match="within text"):
        _text.join_strings(one, np.array([0]), np.empty(0, dtype=np.uint8))
