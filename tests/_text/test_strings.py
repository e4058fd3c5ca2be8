"""Strings anywhere in memory: joined to lines, and encoded as tokens."""

import ctypes

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


def cut(words, dtype):
    """Return words that follow each other, as in Arrow's arrays of strings."""
    memory, _, sizes = in_memory(words)
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(dtype)
    return memory, _text.StringArray.cut(offsets, memory.ctypes.data)


def viewed(words):
    """Return words as views, of which the long ones are in two buffers."""
    long = [word for word in words if len(word) > 12]
    buffers = [in_memory(long[::2])[0], in_memory(long[1::2])[0]]
    views = np.zeros((len(words), 4), dtype=np.int32)
    places, n_long = [0, 0], 0
    for view, word in zip(views, words, strict=True):
        view[0] = len(word)
        if len(word) <= 12:
            view[1:] = np.frombuffer(word.ljust(12, b"\0"), dtype=np.int32)
        else:
            view[2:] = n_long % 2, places[n_long % 2]
            places[n_long % 2] += len(word)
            n_long += 1
    bases = np.array([buffer.ctypes.data for buffer in buffers], dtype=np.uint64)
    flat = views.reshape(-1)
    return (buffers, flat), _text.StringArray.viewed(flat, flat.ctypes.data, bases)


def anywhere(words, limit=None):
    memory, addresses, sizes = in_memory(words)
    limit = memory.ctypes.data + memory.size if limit is None else limit
    return memory, _text.StringArray.anywhere(addresses, sizes, limit)


FORMS = {
    "anywhere": anywhere,
    "without a limit": lambda words: anywhere(words, 0),
    "cut, int32": lambda words: cut(words, np.int32),
    "cut, int64": lambda words: cut(words, np.int64),
    "viewed": viewed,
}


@pytest.mark.parametrize("form", FORMS)
@given(words=strings, repeats=st.integers(1, 60))
def test_strings_have_the_ids_of_the_same_tokens(form, words, repeats):
    words = words * repeats  # more than are scanned at once
    memory, array = FORMS[form](words)
    ends = np.array([0, len(words) // 2, len(words)])
    ids = np.empty(len(words) + 3, dtype=np.int32)
    counter, expected = _text.WordCounter(), _text.WordCounter()
    n_ids = counter.encode_strings(array, ends, ids)
    tokens = [*words[: ends[1]], b"</s>", *words[ends[1] :], b"</s>"]
    raw = np.empty(len(tokens), dtype=np.int32)
    expected.encode_tokens([b"</s>", *tokens][1:], raw)
    kept = [id for k, id in enumerate([0, *raw]) if id or not k or [0, *raw][k - 1]]
    assert ids[:n_ids].tolist() == kept
    assert counter.counts().tolist() == expected.counts().tolist()
    assert memory is not None


@pytest.mark.parametrize("form", FORMS)
def test_strings_are_located(form):
    words = [b"a", b"", b"x" * 40, b"bc", b"y" * 13]
    memory, array = FORMS[form](words)
    addresses, sizes = array.located()
    found = [
        ctypes.string_at(int(a), int(n)) for a, n in zip(addresses, sizes, strict=True)
    ]
    assert found == words
    assert len(array) == len(words)
    assert memory is not None


def test_ends_after_the_last_string_end_sentences_too():
    _memory, array = anywhere([b"a"])
    ids = np.empty(4, dtype=np.int32)
    n_ids = _text.WordCounter().encode_strings(array, np.array([1, 5, 9]), ids)
    assert ids[:n_ids].tolist() == [1, 0]


@pytest.mark.parametrize("ends", [[], [0], [0, 0]])
def test_no_strings_have_no_ids_but_sentence_ends(ends):
    ids = np.empty(4, dtype=np.int32)
    none = np.empty(0, dtype=np.int32)
    for array in (
        anywhere([])[1],
        _text.StringArray.cut(np.zeros(1, np.int32), 0),
        _text.StringArray.viewed(none, 0, np.empty(0, np.uint64)),
    ):
        counter = _text.WordCounter()
        assert counter.encode_strings(array, np.array(ends, np.int64), ids) <= 1
        assert [part.size for part in array.located()] == [0, 0]


DAMAGED = {
    "a negative size": lambda: _text.StringArray.anywhere(ONE, -5 * ONE.astype("i8")),
    "no address": lambda: _text.StringArray.anywhere(0 * ONE, 3 * ONE.astype("i8")),
    "offsets that fall": lambda: _text.StringArray.cut(np.array([5, 3]), 1000),
    "offsets that fall, int32": lambda: _text.StringArray.cut(
        np.array([0, 0, 5, 3], np.int32), 1000
    ),
    "no data": lambda: _text.StringArray.cut(np.array([0, 3]), 0),
    "a view of a negative size": lambda: views_of([-1, 0, 0, 0]),
    "a view of no buffer": lambda: views_of([40, 0, 1, 0]),
    "a view of a negative buffer": lambda: views_of([40, 0, -1, 0]),
    "a view of a negative place": lambda: views_of([40, 0, 0, -1]),
}
ONE = np.array([1], dtype=np.uint64)


def views_of(view):
    views = np.array(view, dtype=np.int32)
    return _text.StringArray.viewed(views, views.ctypes.data, np.array([1000], "u8"))


@pytest.mark.parametrize("damage", DAMAGED)
def test_damaged_columns_are_an_error(damage):
    ids, none = np.empty(9, dtype=np.int32), np.empty(0, dtype=np.int64)
    with pytest.raises(ValueError, match="the column is damaged"):
        _text.WordCounter().encode_strings(DAMAGED[damage](), none, ids)
    with pytest.raises(ValueError, match="the column is damaged"):
        DAMAGED[damage]().located()


def test_arrays_that_do_not_fit_are_an_error():
    none = np.empty(0, dtype=np.int64)
    with pytest.raises(ValueError, match="ids is too short"):
        _text.WordCounter().encode_strings(
            _text.StringArray.cut(np.array([0, 0]), 0), none, np.empty(0, np.int32)
        )
    with pytest.raises(ValueError, match="differ in length"):
        _text.StringArray.anywhere(ONE, none)
    with pytest.raises(ValueError, match="one more than strings"):
        _text.StringArray.cut(none, 0)


def test_lines_of_damaged_strings_are_an_error():
    one = np.array([0], dtype=np.uint64)
    for size in (-5, 3):
        with pytest.raises(ValueError, match="the column is damaged"):
            _text.join_strings(one, np.array([size]), np.empty(9, dtype=np.uint8))
    with pytest.raises(ValueError, match="within text"):
        _text.join_strings(one, np.array([0]), np.empty(0, dtype=np.uint8))
