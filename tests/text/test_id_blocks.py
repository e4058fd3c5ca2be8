"""Arrays of ids: every layout gives the stream of the lists that it holds."""

import numpy as np
import pytest
from corpora import any_workers, encode_all
from hypothesis import assume, given
from hypothesis import strategies as st
from text_reference import reference_encoding

from w2vfast.text.corpus import encode
from w2vfast.text.sources import IdCorpus

DTYPES = [np.int8, np.int32, np.int64, np.uint8, np.uint32, np.uint64, ">i4", ">i8"]


node_lists = st.lists(st.lists(st.integers(0, 9), max_size=8), min_size=1, max_size=20)


def reference_of(sentences, exact=False):
    """Return the encoding of lists of integers, through text."""
    data = "".join(" ".join(map(str, s)) + "\n" for s in sentences).encode()
    words, *rest = reference_encoding([data], exact=exact)
    return (["</s>", *map(int, words[1:])], *rest)


@given(node_lists, any_workers, st.integers(1, 30), st.booleans())
def test_arrays_of_every_layout_equal_the_lists_they_hold(
    sentences, workers, block_bytes, exact
):
    expected = reference_of(sentences, exact)
    assume(expected[4])
    options = {"workers": workers, "block_bytes": block_bytes, "exact": exact}
    assert encode_all(sentences, **options) == expected
    flat = [id for sentence in sentences for id in [*sentence, -1]]
    assert encode_all(np.array(flat), **options) == expected
    if sentences[-1]:  # the last separator may be missing
        assert encode_all(np.array(flat[:-1]), **options) == expected
    padded = np.full((len(sentences), 9), -1, dtype=np.int32)
    for row, sentence in zip(padded, sentences, strict=True):
        row[: len(sentence)] = sentence
    assert encode_all(padded, **options) == expected
    indptr = np.cumsum([0, *map(len, sentences)])
    ids = np.array([id for sentence in sentences for id in sentence], dtype=np.int32)
    assert encode_all((indptr, ids), **options) == expected
    assert encode_all(IdCorpus(ids, indptr=indptr), **options) == expected


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_integer_type_is_accepted(dtype):
    ids = np.array([[3, 0, 99], [3, 99, 99]], dtype=dtype)
    expected = (["</s>", 3, 0], [2, 2, 1], [1, 2, 0, 1, 0], 2, 3)
    assert encode_all(IdCorpus(ids, padding=99)) == expected
    strided = np.repeat(ids, 2, axis=1)[:, ::2]
    strided.flags.writeable = False
    assert encode_all(IdCorpus(strided, padding=99)) == expected
    flat = np.array([3, 0, 99, 3], dtype=dtype)
    assert encode_all(IdCorpus(flat, separator=99)) == expected


def test_ids_above_32_bits_are_words():
    ids = np.array([2**31, 2**63 - 1, 2**31])
    assert encode_all(ids)[0] == ["</s>", 2**31, 2**63 - 1]
    assert encode_all(ids.astype(np.uint64))[0] == ["</s>", 2**31, 2**63 - 1]
    with pytest.raises(ValueError, match=f"got {2**63}"):
        encode(np.array([2**63], dtype=np.uint64))


@pytest.mark.parametrize("workers", [1, 2])
def test_a_negative_id_is_an_error_with_its_position(workers):
    ids = np.arange(1000)
    ids[777] = -2
    with pytest.raises(ValueError, match=r"got -2 at position 777\..*separator="):
        encode(ids, workers=workers, block_bytes=100)
    with pytest.raises(ValueError, match=r"got -2 at position 777\..*padding="):
        encode(ids.reshape(100, 10), workers=workers, block_bytes=100)
    with pytest.raises(ValueError, match=r"got -2 at position 777\."):
        encode((np.array([0, 1000]), ids), workers=workers, block_bytes=100)


def test_without_a_separator_an_array_is_one_sentence():
    assert encode_all(IdCorpus(np.array([1, 2, 1]), separator=None))[2] == [1, 2, 1, 0]
