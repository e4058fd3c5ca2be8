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

from w2vfast.text.sources import IdCorpus, file_source, sentence_source


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
