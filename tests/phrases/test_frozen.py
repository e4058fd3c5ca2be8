"""Frozen phrases join like the phrases that they were made from."""

import numpy as np
import pytest

from w2vfast import FrozenPhrases, Phrases, Word2Vec
from w2vfast.phrases import Phraser


def test_frozen_phrases_join_like_their_source(new_york):
    phrases = Phrases(new_york, min_count=1, threshold=0.1)
    frozen = phrases.freeze()
    assert frozen.phrasegrams == phrases.export_phrases()
    assert list(frozen[new_york]) == list(phrases[new_york])
    assert list(frozen.analyze_sentence(["new", "york"])) == [
        ("new_york", frozen.phrasegrams["new_york"])
    ]


def test_their_threshold_can_be_raised(new_york):
    frozen = Phrases(new_york, min_count=1, threshold=0.1).freeze()
    assert frozen[["new", "york"]] == ["new_york"]
    frozen.threshold = 10**9
    assert frozen[["new", "york"]] == ["new", "york"]


def test_they_do_not_change_when_their_source_learns_more(new_york):
    phrases = Phrases(new_york, min_count=1, threshold=0.1)
    frozen = phrases.freeze()
    before = dict(frozen.phrasegrams)
    phrases.add_vocab([["old", "town"]] * 50)
    assert frozen.phrasegrams == before
    assert "old_town" in phrases.export_phrases()


def test_numbers_of_numpy_are_saved(new_york, tmp_path):
    phrases = Phrases(new_york, min_count=1, threshold=0.1)
    frozen = phrases.freeze()
    frozen.threshold, frozen.min_count = np.float32(0.5), np.int64(1)
    frozen.phrasegrams = {"new_york": np.float32(2)}
    FrozenPhrases(frozen).save(tmp_path / "phrases.json")
    found = FrozenPhrases.load(tmp_path / "phrases.json")
    assert (found.threshold, found.min_count) == (0.5, 1)
    assert found.phrasegrams == {"new_york": 2}


def test_gensims_old_name_is_the_same_class():
    assert Phraser is FrozenPhrases


def test_the_representation_names_the_settings():
    frozen = Phrases([["a", "b"]], min_count=1, threshold=0.1).freeze()
    assert repr(frozen) == "FrozenPhrases<0 phrases, min_count=1, threshold=0.1>"


@pytest.mark.parametrize("is_frozen", [False, True])
def test_phrases_are_no_sentences_and_frozen_phrases_take_them(new_york, is_frozen):
    phrases = Phrases(new_york, min_count=1, threshold=0.1)
    given = phrases.freeze() if is_frozen else phrases
    for learn in (Phrases, phrases.add_vocab, Word2Vec):
        with pytest.raises(TypeError, match=r"phrases\[sentences\]\. .*FrozenPhras"):
            learn(given)
    assert FrozenPhrases(given).phrasegrams == phrases.export_phrases()
