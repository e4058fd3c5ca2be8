"""Saved phrases are equal after loading; other files are rejected."""

import gzip
import json
import pickle

import pytest
from hypothesis import given
from phrases_reference import connectors, sentences_of_words

from w2vfast import FrozenPhrases, Phrases

SAVED = (
    b'{"format": "w2vfast phrases", "version": 1, "kind": "FrozenPhrases", '
    b'"min_count": 5, "threshold": 10, "delimiter": "_", "scoring": "default", '
    b'"connector_words": [], "entries": {"a_b": 11.5}}'
)
COUNTED = SAVED.replace(b"FrozenPhrases", b"Phrases").replace(
    b'"entries": {"a_b": 11.5}',
    b'"max_vocab_size": 99, "corpus_word_count": 5, "entries": {"a_b": 7}',
)


@pytest.mark.parametrize("name", ["phrases.json", "phrases.json.gz"])
@given(sentences_of_words, connectors)
def test_loaded_phrases_equal_saved_ones(
    name, tmp_path_factory, sentences, connector_words
):
    path = tmp_path_factory.mktemp("saved") / name
    phrases = Phrases(sentences, 2, 0.125, connector_words=connector_words, workers=1)
    for model in (phrases, phrases.freeze()):
        model.save(path)
        loaded = Phrases.load(path)
        assert type(loaded) is type(model)
        for field in ("min_count", "threshold", "delimiter", "scoring"):
            assert getattr(loaded, field) == getattr(model, field)
        assert loaded.connector_words == connector_words
        assert list(loaded[sentences]) == list(model[sentences])
        assert model.find_phrases(sentences) == loaded.find_phrases(sentences)


def test_loaded_phrases_continue_to_learn(tmp_path):
    path = tmp_path / "phrases.json"
    phrases = Phrases([["a", "b"]] * 3, max_vocab_size=1000)
    phrases.save(path)
    loaded = FrozenPhrases.load(path)  # either class loads both, as in gensim
    assert dict(loaded.vocab) == dict(phrases.vocab)
    assert loaded.max_vocab_size == 1000
    assert loaded.corpus_word_count == 6
    loaded.add_vocab([["a", "b"]])
    assert loaded.vocab["a_b"] == 4


def test_many_entries_are_saved(tmp_path):
    phrases = Phrases([[str(i) for i in range(50_000)]])
    phrases.save(tmp_path / "phrases.json")
    assert dict(Phrases.load(tmp_path / "phrases.json").vocab) == dict(phrases.vocab)


def test_the_file_is_json(tmp_path):
    path = tmp_path / "phrases.json.gz"
    Phrases([["a", "\udcff"]]).save(path)
    found = json.loads(gzip.decompress(path.read_bytes()))
    assert found["kind"] == "Phrases"
    assert found["entries"] == {"a": 1, "\udcff": 1, "a_\udcff": 1}


def test_files_of_version_1_stay_readable(tmp_path):
    path = tmp_path / "phrases.json"
    path.write_bytes(SAVED)
    assert FrozenPhrases.load(path).find_phrases([["a", "b"]]) == {"a_b": 11.5}


def test_a_subclass_is_saved_as_its_base_class(tmp_path):
    class CityPhrases(Phrases):
        pass

    path = tmp_path / "phrases.json"
    CityPhrases([["new", "york"]]).save(path)
    loaded = Phrases.load(path)
    assert type(loaded) is Phrases
    assert loaded.vocab["new_york"] == 1


def test_a_custom_scorer_must_be_passed_again(tmp_path):
    path = tmp_path / "phrases.json"
    Phrases([["a", "b"]], scoring=lambda **counts: 11.0).save(path)
    with pytest.raises(ValueError, match="load\\(path, scoring=function\\)"):
        Phrases.load(path)
    loaded = Phrases.load(path, scoring=lambda **counts: 11.0)
    assert loaded[["a", "b"]] == ["a_b"]


def test_frozen_phrases_of_a_custom_scorer_are_loaded_without_it(tmp_path):
    path = tmp_path / "phrases.json"
    phrases = Phrases([["a", "b"]], scoring=lambda **counts: 11.0)
    for _ in range(2):  # what was loaded can be saved again
        FrozenPhrases(phrases).save(path)
        phrases = FrozenPhrases.load(path)
        assert phrases.scoring is None
        assert phrases[["a", "b"]] == ["a_b"]
        assert phrases.phrasegrams == {"a_b": 11.0}
    with pytest.raises(ValueError, match="keyword arguments"):
        FrozenPhrases.load(path, scoring=lambda: 11.0)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x80\x04pickle", "is a pickle, as gensim"),
        (b"[]", "Phrases.save writes one"),
        (b'{"format": "w2vfast phrases"}', "format version None"),
        (b"[" * 100_000, "not JSON"),
        (SAVED.replace(b', "delimiter": "_"', b""), "lacks 'delimiter'"),
        (SAVED.replace(b'"_"', b'""'), "damaged: delimiter must be a string and not e"),
        (SAVED.replace(b'"_"', b"3"), "'delimiter' must be of type str, got 3"),
        (SAVED.replace(b"[]", b"[[]]"), "'connector_words', item 0 must be of type s"),
        (SAVED.replace(b"11.5", b'"x"'), "'entries', item 0 must be of type"),
        (SAVED.replace(b'{"a_b": 11.5}', b"[]"), "'entries' must be an object"),
        (SAVED.replace(b'"default"', b'"best"'), "scoring must be 'default', 'npmi'"),
        (SAVED.replace(b": 10,", b": NaN,"), "threshold must be above 0"),
        (COUNTED.replace(b": 7}", b": 7.5}"), "not a whole number"),
        (COUNTED.replace(b": 7}", b": -7}"), "not a whole number"),
        (COUNTED.replace(b": 7}", b": 9223372036854775807}"), "add up to more"),
        (
            COUNTED.replace(b"a_b", b"\\ud800"),
            "is damaged: .*surrogate that represents",
        ),
        (
            COUNTED.replace(b": 99,", b": 9223372036854775808,"),
            "and at most 922337203",
        ),
        (COUNTED.replace(b": 99,", b": 0,"), "max_vocab_size must be at least 1"),
        (SAVED.replace(b'"version": 1', b'"version": 2'), "later version of w2vfast"),
        (
            SAVED.replace(b'"FrozenPhrases"', b'"Idioms"'),
            "kind is 'Idioms', not one of FrozenPhrases, Phrases",
        ),
    ],
)
def test_other_files_are_rejected(content, message, tmp_path):
    path = tmp_path / "other"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as caught:
        Phrases.load(path)
    assert str(path) in str(caught.value)


def test_a_pickle_of_gensim_is_an_error_with_what_to_do(tmp_path):
    path = tmp_path / "phrases.pkl"
    path.write_bytes(pickle.dumps({"vocab": {}}))
    for read in (Phrases.load, FrozenPhrases.load):
        with pytest.raises(ValueError, match=r"is a pickle, .*Phrases\(LineSentence"):
            read(path)
