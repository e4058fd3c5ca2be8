"""Sources from iterables and arrays: what is accepted, what is an error."""

from pathlib import Path

import numpy as np
import pytest
from corpora import encode_all
from hypothesis import assume, given
from hypothesis import strategies as st
from text_reference import reference_encoding

from w2vfast.text.corpus import encode
from w2vfast.text.sources import IdCorpus, sentence_source

tokens = st.sampled_from(["a", "b", "c", "é", "</s>", "a long token that goes on"])


@given(st.lists(st.lists(tokens, max_size=12), max_size=12), st.integers(2, 9))
def test_lists_of_tokens_equal_lines_of_text(sentences, block_bytes):
    data = "".join("\t".join(s).replace(" ", "_") + "\n" for s in sentences).encode()
    given_sentences = [[t.replace(" ", "_") for t in s] for s in sentences]
    for exact in (False, True):
        expected = reference_encoding([data], exact=exact)
        assume(expected[4])
        options = {"exact": exact, "block_bytes": block_bytes, "workers": 3}
        assert encode_all(given_sentences, **options) == expected


def test_any_iterable_of_token_lists_is_a_corpus():
    class Corpus:
        def __iter__(self):
            return iter([("a", "b"), ["c"]])

    class OldStyle:
        def __getitem__(self, k):
            return [["a", "b"], ["c"]][k]

    expected = reference_encoding([b"a b\nc\n"])
    for sentences in (
        Corpus(),
        OldStyle(),
        (s for s in [["a", "b"], ["c"]]),
        map(str.split, ["a b", "c"]),
        [iter(["a", "b"]), {"c"}],
        [np.array(["a", "b"]), np.array(["c"], dtype=object)],
        [[b"a", b"b"], [b"c"]],
    ):
        assert encode_all(sentence_source(sentences)) == expected


@pytest.mark.parametrize("error", [TypeError, NotImplementedError])
def test_an_iterable_whose_length_is_an_error_is_read_to_its_end(error):
    class Wrapper:
        def __iter__(self):
            return iter([["a", "b"], ["c"]])

        def __len__(self):
            raise error

    source = sentence_source(Wrapper())
    assert source.total is None
    assert source.identity() == sentence_source(source.sentences).identity()
    assert encode_all(source) == reference_encoding([b"a b\nc\n"])


def test_a_consumed_generator_is_an_error():
    sentences = (s for s in [["a"]])
    assert encode_all(sentences)[0] == ["</s>", "a"]
    with pytest.raises(
        ValueError, match="an iterator that was already read to its end"
    ):
        encode(sentences)


@pytest.mark.parametrize("sentences", ["the cat", b"the cat", Path("text")])
def test_a_str_in_place_of_a_corpus_is_an_error(sentences):
    message = r"sentences must be .*\[\['the', 'cat'\], \['a', 'dog'\]\].*corpus_file="
    with pytest.raises(TypeError, match=message):
        sentence_source(sentences)


@pytest.mark.parametrize("sentence", ["the cat sat", b"the cat", 17])
def test_a_str_in_place_of_a_sentence_is_an_error(sentence):
    message = r"sentence 1 is .*\[\['the', 'cat', 'sat'\]\], not \['the cat sat'\]"
    with pytest.raises(TypeError, match=message):
        encode([["fine"], sentence])


@pytest.mark.parametrize("sentence", [None, float("nan"), np.float64("nan")])
def test_a_missing_sentence_is_an_error(sentence):
    with pytest.raises(TypeError, match=r"sentence 1 is missing.*series\.dropna\(\)"):
        encode([["fine"], sentence])


def test_a_row_of_a_table_is_no_sentence():
    message = r"columns 'text', 'label'.*\[row\['text'\]\.split\(\) for row in rows\]"
    with pytest.raises(TypeError, match=message):
        encode([{"text": "hello world", "label": 1}])


def test_an_object_that_is_not_iterable_is_an_error():
    with pytest.raises(TypeError, match=r"iterable of token lists.*got 17"):
        sentence_source(17)


def test_an_error_of_the_users_iterable_is_raised_unchanged():
    def sentences():
        yield ["a"]
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        encode(sentences())


def test_lists_of_integers_have_integer_words():
    vocab, stream = encode([[7, 0], [7, 2**40]], min_count=1)
    assert vocab.words == ["</s>", 7, 0, 2**40]
    assert stream.ids.tolist() == [1, 2, 0, 1, 3, 0]


@pytest.mark.parametrize("token", [None, float("nan"), ["a"]])
def test_an_error_names_the_type_of_a_token_that_is_no_word(token):
    with pytest.raises(TypeError, match=type(token).__name__):
        encode([["a", token, "b"]], min_count=1)


@pytest.mark.parametrize(
    "array", [np.array([1.0, 2.0]), np.array([True]), np.array([[1j]])]
)
def test_arrays_of_other_types_than_integers_are_a_type_error(array):
    with pytest.raises(TypeError, match=r"integers, got .*astype\(np.int64\)"):
        sentence_source(array)


def test_an_idcorpus_of_a_list_is_a_type_error():
    with pytest.raises(TypeError, match="integers, got list"):
        IdCorpus([1, 2])


@pytest.mark.parametrize("read", [sentence_source, IdCorpus])
def test_masked_values_are_refused_and_an_array_without_them_is_read(read):
    ids = np.ma.masked_array([[1, 2, 3], [4, 5, 6]], mask=[[0, 0, 1], [0, 0, 0]])
    with pytest.raises(TypeError, match=r"masked values.* Give array\.filled\(-1\)"):
        read(ids)
    assert encode(read(ids.filled(-1)), min_count=1)[1].n_words == 5
    assert encode(read(ids[1:]), min_count=1)[1].n_words == 3


def test_masked_texts_are_refused():
    with pytest.raises(TypeError, match="masked values"):
        sentence_source(np.ma.masked_array(["a b", "c d"], mask=[1, 0]))


@pytest.mark.parametrize("shape", [(), (1, 1, 1)])
def test_arrays_of_other_dimensions_than_1_and_2_are_an_error(shape):
    with pytest.raises(ValueError, match="1-D or 2-D array, got"):
        sentence_source(np.zeros(shape, dtype=np.int32))


@pytest.mark.parametrize("indptr", [[0, 2], [1, 3], [0, 2, 1, 3], [], [[0, 3]]])
def test_a_wrong_indptr_is_an_error(indptr):
    indptr = np.array(indptr, dtype=np.int64)
    with pytest.raises(ValueError, match="from 0 to the number of ids"):
        IdCorpus(np.array([1, 2, 3]), indptr=indptr)


def test_a_separator_must_be_an_integer_of_64_bits():
    with pytest.raises(ValueError, match="separator must be in"):
        IdCorpus(np.array([1]), separator=2**63)
    with pytest.raises(TypeError):
        IdCorpus(np.array([1]), separator=1.5)


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0)])
def test_empty_arrays_are_an_error(shape):
    with pytest.raises(ValueError, match="array of ids holds no words"):
        encode(np.zeros(shape, dtype=np.int32))


def test_an_array_is_not_copied():
    ids = np.arange(10)
    assert IdCorpus(ids).ids is ids
