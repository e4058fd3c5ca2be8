"""The identity of a source: equal for the same unchanged corpus and no other."""

import copy
import gc
import io
import os
import pickle
import weakref

import numpy as np
import pytest
from helpers import posix_only

from w2vfast.text import identity
from w2vfast.text.sources import (
    CorpusOptions,
    IdCorpus,
    file_source,
    sentence_source,
)
from w2vfast.text.tokenizers import WHITESPACE


def test_unchanged_files_have_equal_identities(tmp_path, monkeypatch):
    path = tmp_path / "text"
    path.write_text("a b")
    monkeypatch.chdir(tmp_path)
    known = file_source(path).identity()
    assert known == file_source("text").identity()
    assert hash(known) == hash(file_source("text").identity())
    assert known != file_source([path, path]).identity()
    os.utime(path, ns=(1, 1))
    assert known != file_source(path).identity()
    known = file_source(path).identity()
    path.write_text("a b c")
    os.utime(path, ns=(1, 1))
    assert known != file_source(path).identity()


def test_the_same_object_of_the_same_length_has_an_equal_identity():
    sentences = [["a"]]
    known = sentence_source(sentences).identity()
    assert known == sentence_source(sentences).identity()
    assert known != sentence_source([["a"]]).identity()
    assert known != file_source(io.BytesIO()).identity()
    sentences.append(["b"])
    assert known != sentence_source(sentences).identity()


def replace_all(sentences):
    sentences[:] = [["b"], ["a"]] * 10


def replace_the_last(sentences):
    sentences[-1] = list(sentences[-1])


def refill(sentences):
    # The new lists may have the addresses of the old ones.
    sentences.clear()
    sentences.extend(["c"] for _ in range(20))


@pytest.mark.parametrize(
    "change", [replace_all, replace_the_last, refill, list.reverse]
)
def test_a_list_whose_sentences_were_replaced_is_another_corpus(change, monkeypatch):
    monkeypatch.setattr(identity, "_BLOCK", 8)
    sentences = [["a"] for _ in range(20)]
    known = sentence_source(sentences).identity()
    assert known == sentence_source(sentences).identity()
    change(sentences)
    assert known != sentence_source(sentences).identity()


def test_a_list_of_texts_whose_texts_were_replaced_is_another_corpus():
    texts = ["a b", "c"]
    known = sentence_source(texts, CorpusOptions(WHITESPACE)).identity()
    assert known == sentence_source(texts, CorpusOptions(WHITESPACE)).identity()
    texts[1] = "a"
    assert known != sentence_source(texts, CorpusOptions(WHITESPACE)).identity()


@pytest.mark.parametrize("dtype", [np.int8, np.int32, np.uint64])
@pytest.mark.parametrize("shape", [(5000,), (1000, 7), (3, 0), (0,)])
@pytest.mark.parametrize("order", ["C", "F", "strided"])
def test_a_change_of_any_value_makes_another_corpus_of_an_array(
    dtype, shape, order, monkeypatch
):
    monkeypatch.setattr(identity, "_BLOCK", 4096)
    ids = np.ones(shape, dtype, order[0] if order != "strided" else "C")
    ids = np.repeat(ids, 2, 0)[::2] if order == "strided" else ids
    known = IdCorpus(ids).identity()
    assert known == IdCorpus(ids).identity()
    for place in {0, 1, ids.size // 2, ids.size - 1} if ids.size else ():
        ids.flat[place] = 2
        changed = IdCorpus(ids).identity()
        assert known != changed
        ids.flat[place] = 1
    assert known == IdCorpus(ids).identity()


def test_shuffled_rows_and_changed_ends_make_another_corpus():
    ids, indptr = np.arange(8192).reshape(-1, 2), np.array([0, 2, 8192])
    known = IdCorpus(ids).identity()
    ids[:] = ids[::-1].copy()
    assert known != IdCorpus(ids).identity()
    flat = ids.reshape(-1)
    known = IdCorpus(flat, indptr=indptr).identity()
    indptr[1] = 3
    assert known != IdCorpus(flat, indptr=indptr).identity()


def test_columns_of_arrays_that_were_changed_are_another_corpus():
    for column in (np.array(["a b", "c"]), np.array([["a"], ["b", "c"]], object)):
        known = sentence_source(column).identity()
        assert known == sentence_source(column).identity()
        column[1] = column[0]
        assert known != sentence_source(column).identity()


def test_a_table_of_objects_is_another_corpus_only_if_one_has_changed():
    """NumPy makes its rows anew each time, at addresses that others had."""
    table = np.array([["a", "b"]] * 10_000, object)
    known = sentence_source(table).identity()
    for _ in range(20):
        assert known == sentence_source(table).identity()
    table[7777, 1] = "zz"
    assert known != sentence_source(table).identity()


@pytest.mark.skipif(not hasattr(np.dtypes, "StringDType"), reason="needs NumPy 2")
def test_strings_of_numpy_2_are_another_corpus_only_if_one_has_changed():
    column = np.array(
        ["a b", "c d e f g h i j k l m n o p"] * 5000, np.dtypes.StringDType()
    )
    known = sentence_source(column).identity()
    assert known == sentence_source(column).identity()
    column[7777] = "z"
    assert known != sentence_source(column).identity()


def test_tokens_that_cannot_be_compared_have_no_identity():
    assert sentence_source([[{}]]).identity() is None


def test_arrays_read_in_another_way_have_another_identity():
    ids, indptr = np.array([1, 2]), np.array([0, 2])
    known = sentence_source(ids).identity()
    assert known == IdCorpus(ids).identity()
    assert known != IdCorpus(ids, separator=2).identity()
    assert known != IdCorpus(ids.copy()).identity()
    assert (
        IdCorpus(ids, indptr=indptr).identity()
        == sentence_source((indptr, ids)).identity()
    )


def test_an_identity_does_not_keep_a_generator_alive():
    sentences = (s for s in [["a"]])
    alive = weakref.ref(sentences)
    known = sentence_source(sentences).identity()
    same = sentence_source(sentences).identity()
    assert known == same
    del sentences
    gc.collect()
    assert alive() is None
    assert known != same


def test_a_new_object_at_the_address_of_a_deleted_one_is_another_corpus():
    class Sentences(list):
        """A list with weak references."""

    for _ in range(100):
        sentences = Sentences([["a"]])
        known, address = sentence_source(sentences).identity(), id(sentences)
        del sentences
        other = Sentences([["a"]])
        if id(other) == address:
            break
    else:
        pytest.skip("no address was used again")
    assert known != sentence_source(other).identity()


def test_a_copied_or_pickled_identity_is_unknown():
    known = sentence_source([["a"]]).identity()
    assert pickle.loads(pickle.dumps(known)) is None
    assert copy.deepcopy([known]) == [None]


@posix_only
def test_a_named_pipe_has_no_identity_and_standard_input_equals_itself(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert file_source(tmp_path / "pipe").identity() is None
    assert file_source("-").identity() == file_source("-").identity()
