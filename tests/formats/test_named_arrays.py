"""Words and vectors as named arrays: packing, unpacking and what does not match."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from w2vfast.formats.contents import Contents
from w2vfast.formats.named_arrays import from_arrays, to_arrays, unpack_words

ODD_WORDS = ["plain", "new york", "月", "", "a\nb", "nul\0", "\udcff", "back\\slash"]
any_word = st.one_of(st.text(st.characters(codec="utf-8")), st.sampled_from(ODD_WORDS))


def vectors(n_rows):
    return np.arange(3 * n_rows, dtype=np.float32).reshape(n_rows, 3)


def packed(**changes):
    """Arrays of two words; `changes` replace some, or remove them if None."""
    held = to_arrays(Contents(["a", "bc"], vectors(2), np.array([5, 3])))
    return {name: x for name, x in {**held, **changes}.items() if x is not None}


@given(st.lists(any_word))
def test_any_words_survive_a_round_trip(words):
    held = from_arrays("file", to_arrays(Contents(words, vectors(len(words)))))
    assert held.words == words
    assert held.counts is None


def test_words_are_utf8_with_their_ends():
    arrays = to_arrays(Contents(["a", "月", ""], vectors(3), np.array([3, 2, 1])))
    assert bytes(arrays["words"]) == "a月".encode()
    assert arrays["word_ends"].tolist() == [1, 4, 4]
    assert arrays["counts"].tolist() == [3, 2, 1]


def test_integers_stay_integers():
    words = [0, np.int64(17), 2**62]
    held = from_arrays("file", to_arrays(Contents(words, vectors(3))))
    assert held.words == [0, 17, 2**62]
    assert all(type(word) is int for word in held.words)


@pytest.mark.parametrize("key", [2**63, -(2**64), np.uint64(2**63 + 5)])
def test_integers_beyond_64_bits_are_an_error(key):
    with pytest.raises(ValueError, match=f"key {key} does not fit into 64 bits; make"):
        to_arrays(Contents([5, key], vectors(2)))


def test_a_mixture_of_strings_and_integers_is_an_error():
    with pytest.raises(ValueError, match="1 of 2 words are integers"):
        to_arrays(Contents(["a", 1], vectors(2)))


def test_the_words_may_be_an_array_of_strings():
    arrays = {"vectors": vectors(2), "words": np.array(["a", "new york"])}
    assert from_arrays("file", arrays).words == ["a", "new york"]


def test_vectors_become_contiguous_in_native_byte_order():
    strange = np.asfortranarray(vectors(2).astype(">f4"))
    held = from_arrays("file", packed(vectors=strange))
    assert held.vectors.dtype == np.dtype(np.float32)
    assert held.vectors.flags.c_contiguous
    assert np.array_equal(held.vectors, vectors(2))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"vectors": None}, "expected arrays 'vectors' and 'words', found words"),
        ({"words": None}, "expected arrays 'vectors' and 'words', found vectors"),
        ({"vectors": np.zeros(3, np.float32)}, r"2-D .* got float32 of shape \(3,\)"),
        ({"vectors": np.zeros((2, 3), int)}, "floating-point numbers, got int64"),
        ({"vectors": vectors(3)}, r"do not match: 2 words.*\(3, 3\)"),
        ({"counts": np.array([1])}, r"do not match.*counts int64 \(1,\)"),
        ({"counts": np.array([0.5, 1])}, "do not match.*counts float64"),
        ({"counts": np.array([5, -3])}, "'counts' must be at least 0 .* got -3"),
        ({"counts": np.array([1, 2**63 + 1], np.uint64)}, "'counts' must be .* got 92"),
        ({"word_ends": None}, "'words' must be uint8 with its 'word_ends'"),
        ({"word_ends": np.array([1, 2])}, "'words' must be uint8"),
        ({"word_ends": np.array([4, 3])}, "'words' must be uint8"),
        ({"word_ends": np.array([-1, 3])}, "'words' must be uint8"),
        ({"word_ends": np.array([1.0, 3.0])}, "'words' must be uint8"),
        ({"words": np.zeros((3, 1), np.uint8)}, "'words' must be uint8"),
        ({"words": np.zeros(2), "word_ends": None}, "'words' must be .* got float64"),
    ],
)
def test_arrays_that_do_not_match_are_an_error(changes, reason):
    with pytest.raises(ValueError, match=f"file: .*{reason}"):
        from_arrays("file", packed(**changes))


def test_ends_of_words_whose_differences_overflow_are_refused():
    ends = np.array([7 << 60, -(7 << 60), 4])
    with pytest.raises(ValueError, match="must be uint8 with its 'word_ends'"):
        unpack_words("f", np.zeros(4, np.uint8), ends)
