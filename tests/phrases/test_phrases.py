"""`Phrases`: learning, exporting, copying, and rejected parameters."""

import copy
import pickle

import pytest
from helpers import run_python
from hypothesis import given
from phrases_reference import connectors, counted, sentences_of_words

from w2vfast import Phrases
from w2vfast.phrases import counting

# ---- learning ----------------------------------------------------------------------


@given(sentences_of_words, sentences_of_words, connectors)
def test_two_calls_learn_the_same_as_one(first, second, connector_words):
    phrases = Phrases(first, connector_words=connector_words, workers=1)
    phrases.add_vocab(second)
    both = Phrases(first + second, connector_words=connector_words, workers=1)
    assert dict(phrases.vocab) == dict(both.vocab)
    assert phrases.corpus_word_count == both.corpus_word_count


def test_an_interrupt_leaves_all_counts_unchanged(monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    phrases = Phrases([["a", "b"]])
    monkeypatch.setattr(counting, "_count_candidates", interrupted)
    with pytest.raises(KeyboardInterrupt):
        phrases.add_vocab([["a", "b"]])
    assert dict(phrases.vocab) == {"a": 1, "b": 1, "a_b": 1}
    assert phrases.corpus_word_count == 2


def test_copies_and_pickles_count_independently():
    phrases = Phrases([["a", "b"]])
    for other in (copy.deepcopy(phrases), pickle.loads(pickle.dumps(phrases))):
        other.add_vocab([["a", "b"]])
        assert other.vocab["a_b"] == 2
    assert phrases.vocab["a_b"] == 1


def test_the_representation_names_the_settings():
    phrases = Phrases([["a", "b"]], max_vocab_size=7)
    expected = "Phrases<3 vocab, min_count=5, threshold=10.0, max_vocab_size=7>"
    assert repr(phrases) == expected


# ---- exporting ---------------------------------------------------------------------


def test_export_scores_the_text_before_the_first_and_after_the_last_delimiter():
    sentences = [["a_b", "c"]] * 3 + [["a", "x"], ["x", "c"]]
    phrases = Phrases(sentences, min_count=1, threshold=0.1, workers=1)
    counts, _ = counted(sentences)
    assert phrases.vocab["a_b_c"] == 3
    expected = (3 - 1) / (counts["a"] * counts["c"]) * len(counts)
    assert phrases.export_phrases()["a_b_c"] == expected


def test_phrases_are_exported_best_first(new_york):
    phrases = Phrases(new_york, min_count=1, threshold=0.01).export_phrases()
    assert len(phrases) > 1
    assert list(phrases.values()) == sorted(phrases.values(), reverse=True)
    assert next(iter(phrases)) == "new_york"


# ---- rejected parameters -----------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"min_count": 0}, "min_count must be above 0, got 0"),
        ({"delimiter": ""}, "delimiter must be a string and not empty"),
        ({"max_vocab_size": 0}, "max_vocab_size must be at least 1 and"),
        ({"workers": 0}, "workers must be 1 or more, or None, got 0"),
    ],
)
def test_a_rejected_value_is_named_with_what_is_accepted(options, message):
    with pytest.raises(ValueError, match=message):
        Phrases(**options)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Phrases(connector_words="of the"), "must be a set of words"),
        (lambda: Phrases(scoring=3), "or a function, got 3"),
        (lambda: Phrases("text.txt"), r"a file use LineSentence\(path\)"),
        (lambda: Phrases(corpus_file="text.txt"), r"sentences=LineSentence\(path\)"),
        (lambda: Phrases(common_terms={"of"}), "use connector_words"),
        (lambda: Phrases(["a b"]), "a sentence is a list of tokens"),
    ],
)
def test_a_rejected_type_is_named_with_what_is_accepted(call, message):
    with pytest.raises(TypeError, match=message):
        call()


def test_gensims_argument_without_effect_causes_a_warning():
    with pytest.warns(UserWarning, match="progress_per=5 has no effect"):
        Phrases(progress_per=5)


# ---- names -------------------------------------------------------------------------


def test_the_names_of_gensim_can_be_imported():
    done = run_python(
        """
        from w2vfast import ENGLISH_CONNECTOR_WORDS, FrozenPhrases, Phrases
        from w2vfast.phrases import ENGLISH_CONNECTOR_WORDS
        from w2vfast.phrases import FrozenPhrases, Phraser, Phrases
        from w2vfast.phrases import npmi_scorer, original_scorer
        """
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_other_names_are_imported_without_loading_phrases():
    done = run_python(
        """
        import sys
        from w2vfast import LineSentence
        assert "w2vfast.phrases" not in sys.modules
        """
    )
    assert (done.returncode, done.stderr) == (0, "")
