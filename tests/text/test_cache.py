"""The cache of a model's encoded corpus: which source it holds, and what it keeps."""

import contextlib
import copy
import os
import pickle

import numpy as np
import pytest

from w2vfast.params import TrainParams
from w2vfast.text.cache import CorpusCache
from w2vfast.text.sources import IdCorpus, file_source, sentence_source
from w2vfast.text.vocab import Vocab

SENTENCES = [["a", "b", "a"], ["b", "c"]]
PARAMS = TrainParams(min_count=1, workers=1)


def filled(source, cache=None, **options):
    """Return a cache that holds the ids of a source."""
    cache = CorpusCache() if cache is None else cache
    with cache.encoding(source, PARAMS, **options):
        pass
    return cache


def test_ids_and_vocabulary_are_those_of_the_source():
    cache = CorpusCache()
    with cache.encoding(sentence_source(SENTENCES), PARAMS) as found:
        assert found.vocab.words == ["</s>", "a", "b", "c"]
        assert cache.corpus is None  # nothing is kept before the block ends
    assert cache.corpus is found.corpus
    assert cache.corpus.ids.tolist() == [1, 2, 1, 0, 2, 3, 0]


def test_an_empty_cache_holds_no_source():
    assert not CorpusCache().holds(sentence_source(SENTENCES))


def test_the_same_object_is_the_same_source_and_an_equal_one_is_not():
    cache = filled(sentence_source(SENTENCES))
    assert cache.holds(sentence_source(SENTENCES))
    assert not cache.holds(sentence_source(copy.deepcopy(SENTENCES)))


def test_an_object_that_changed_its_length_is_another_source():
    sentences = copy.deepcopy(SENTENCES)
    cache = filled(sentence_source(sentences))
    sentences.append(["c"])
    assert not cache.holds(sentence_source(sentences))


@pytest.mark.parametrize("n_changed", [0, 1])
def test_processes_read_their_parts_again_if_the_part_of_one_has_changed(n_changed):
    class Sharing:
        def totals(self, *numbers):
            return [number + n_changed for number in numbers]

    vocab = Vocab(["</s>", "a", "b", "c"], np.ones(4, np.int64))
    source, cache = sentence_source(SENTENCES), filled(sentence_source(SENTENCES))
    before = cache.corpus
    cache.encoding = lambda *_, **__: contextlib.nullcontext(asked.append(1))
    asked = []
    assert cache.corpus_of(source, PARAMS, vocab, sharing=Sharing()) is before
    assert len(asked) == n_changed


def test_an_array_is_the_same_source_only_if_it_is_read_in_the_same_way():
    ids = np.array([1, 2, -1, 2, 1])
    cache = filled(IdCorpus(ids))
    assert cache.holds(IdCorpus(ids))
    assert not cache.holds(IdCorpus(ids, separator=2))


def test_a_path_is_the_same_source_until_size_or_time_changes(tmp_path):
    path = tmp_path / "text"
    path.write_text("a b a\n")
    os.utime(path, (1000, 1000))
    cache = filled(file_source(path))
    assert cache.holds(file_source(os.fspath(path)))
    os.utime(path, (1000, 2000))
    assert not cache.holds(file_source(path))
    path.write_text("a b a a\n")
    os.utime(path, (1000, 1000))
    assert not cache.holds(file_source(path))


def test_a_file_that_changes_while_it_is_read_is_another_source(tmp_path):
    path = tmp_path / "text"
    path.write_text("a b a\n")
    cache = CorpusCache()
    with cache.encoding(file_source(path), PARAMS):
        path.write_text("a b a b\n")
    assert not cache.holds(file_source(path))


def test_an_error_in_the_block_keeps_nothing_and_frees_the_file(tmp_path):
    cache = filled(sentence_source(SENTENCES), CorpusCache(0, tmp_path))
    with (
        pytest.raises(ZeroDivisionError),
        cache.encoding(sentence_source(SENTENCES), PARAMS) as found,
    ):
        raise ZeroDivisionError
    assert cache.corpus is None
    assert not cache.holds(sentence_source(SENTENCES))
    assert found.corpus.ids.size == 0
    assert os.listdir(tmp_path) == []


def test_an_error_of_the_reader_drops_the_ids_before():
    cache = filled(sentence_source(SENTENCES))
    with (
        pytest.raises(ValueError, match="holds no words"),
        cache.encoding(sentence_source([]), PARAMS),
    ):
        pass
    assert cache.corpus is None
    assert not cache.holds(sentence_source(SENTENCES))


def test_cleared_ids_are_gone():
    cache = filled(sentence_source(SENTENCES))
    corpus = cache.corpus
    cache.clear()
    assert cache.corpus is None
    assert corpus.ids.size == 0
    assert not cache.holds(sentence_source(SENTENCES))
    cache.clear()


def test_a_given_vocabulary_is_kept_or_grown():
    cache = CorpusCache()
    with cache.encoding(sentence_source(SENTENCES), PARAMS) as found:
        vocab = found.vocab
    more = sentence_source([["a", "new"]])
    with cache.encoding(more, PARAMS, vocab=vocab) as found:
        assert found.vocab is vocab
        assert found.corpus.n_unknown == 1
    with cache.encoding(more, PARAMS, vocab=vocab, grow=True) as found:
        assert set(found.vocab.words) == {"</s>", "a", "b", "c", "new"}


@pytest.mark.parametrize(
    "duplicate",
    [copy.copy, copy.deepcopy, lambda cache: pickle.loads(pickle.dumps(cache))],
)
def test_copies_have_the_settings_and_no_ids(duplicate, tmp_path):
    cache = filled(sentence_source(SENTENCES), CorpusCache(10, tmp_path))
    other = duplicate(cache)
    assert other.corpus is None
    assert not other.holds(sentence_source(SENTENCES))
    with pytest.raises(ValueError, match="memory_limit must be at least 0"):
        filled(sentence_source(SENTENCES), duplicate(CorpusCache(-1)))


def test_settings_that_cannot_be_used_are_found_before_the_text_is_read(tmp_path):
    source = sentence_source(SENTENCES)
    with pytest.raises(ValueError, match="memory_limit must be at least 0"):
        filled(source, CorpusCache(float("nan")))
    with pytest.raises(TypeError, match=r"memory_limit must be .* got '1 GB' \(str\)"):
        filled(source, CorpusCache("1 GB"))
    with pytest.raises(OSError, match="cache_dir is no folder"):
        filled(source, CorpusCache(None, tmp_path / "missing"))
