"""Streams of ids: stored, renumbered and moved."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from text_reference import (
    END,
)
from word_counters import (
    as_one_block,
)

from w2vfast import _text


@given(
    st.lists(st.integers(-1, 6), max_size=200),
    st.lists(st.integers(0, 50), max_size=8),
    st.booleans(),
)
def test_renumbering_drops_words_and_empty_sentences(raw, sizes, exact):
    final = np.array([0, 5, -1, 2, -1, 1, 3], dtype=np.int32)
    ids = np.array([0, 0, *raw], dtype=np.int32)
    run = _text.Renumbering(ids, 2, exact)
    bounds = sorted(min(size, len(raw)) for size in [0, *sizes, len(raw)])
    for start, stop in itertools.pairwise(bounds):
        run.block(stop - start, final)
    run.block(len(raw) - bounds[-1], final)
    rows = [int(final[id]) for id in raw if id >= 0 and final[id] >= 0]
    expected = rows if exact else rows_as_one_block(rows)
    assert ids[2 : run.stop].tolist() == expected
    assert run.read == ids.size
    ends = raw if exact else rows_as_one_block(raw)
    assert run.sentences == ends.count(0)
    if raw:
        assert (run.first, run.last) == (raw[0], raw[-1])


def rows_as_one_block(ids):
    words = [END if id == 0 else id for id in ids]
    return [0 if word is END else word for word in as_one_block(words)]


def test_a_block_outside_the_ids_is_an_error():
    run = _text.Renumbering(np.zeros(3, dtype=np.int32), 1, False)
    with pytest.raises(ValueError, match="within"):
        run.block(3, np.zeros(1, dtype=np.int32))


@given(st.lists(st.lists(st.integers(0, 9), max_size=9), max_size=9))
def test_an_id_buffer_contains_what_was_appended(parts):
    buffer = _text.IdBuffer()
    for part in parts:
        buffer.append(np.array(part, dtype=np.int32))
    expected = [id for part in parts for id in part]
    assert len(buffer) == len(expected)
    assert buffer.array().tolist() == expected
    half = len(expected) // 2
    buffer.truncate(half)
    assert buffer.array().tolist() == expected[:half]


def test_an_id_buffer_does_not_move_while_an_array_uses_it():
    buffer = _text.IdBuffer()
    buffer.append(np.arange(3, dtype=np.int32))
    ids = buffer.array()
    ids[0] = 9
    with pytest.raises(BufferError, match="array"):
        buffer.append(np.zeros(100_000, dtype=np.int32))
    with pytest.raises(ValueError, match="truncate"):
        buffer.truncate(4)
    del ids
    assert buffer.array().tolist() == [9, 1, 2]


def test_the_earliest_occurrence_of_each_word_is_kept():
    first_seen = np.array([5, 5, 5])
    id_map = np.array([2, -1, 0, 1], dtype=np.int32)
    _text.keep_earliest(first_seen, id_map, np.array([4, 1, 6, 0]))
    assert first_seen.tolist() == [5, 0, 4]
    with pytest.raises(ValueError, match="5 keys for 4"):
        _text.keep_earliest(first_seen, id_map, np.zeros(5, dtype=np.int64))


def test_ids_may_be_moved_to_an_overlapping_range():
    ids = np.arange(10, dtype=np.int32)
    _text.move_ids(ids, 2, 10, 1)
    assert ids.tolist() == [0, 2, 3, 4, 5, 6, 7, 8, 9, 9]
    with pytest.raises(ValueError, match="within"):
        _text.move_ids(ids, 5, 11, 0)


def cut_in_blocks(blocks, length):
    cutter = _text.SentenceCutter(length)
    return [
        id for block in blocks for id in cutter.cut(np.array(block, np.int32)).tolist()
    ]


@given(
    st.lists(st.lists(st.integers(0, 3), max_size=12), max_size=6), st.integers(1, 5)
)
def test_sentences_are_split_after_a_number_of_ids(blocks, length):
    expected, used = [], 0
    for id in itertools.chain.from_iterable(blocks):
        if id == 0:
            used = 0
        elif used == length:
            expected.append(0)
            used = 1
        else:
            used += 1
        expected.append(id)
    assert cut_in_blocks(blocks, length) == expected


def test_a_sentence_of_the_maximum_length_is_not_split():
    assert cut_in_blocks([[1, 2], [3, 0, 4]], 3) == [1, 2, 3, 0, 4]
    assert cut_in_blocks([[1, 2], [3, 4]], 3) == [1, 2, 3, 0, 4]
