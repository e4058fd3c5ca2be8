"""Joining: the same sentences as by the reference implementation."""

import pytest
from hypothesis import example, given
from phrases_reference import (
    analyzed,
    connectors,
    counted,
    delimiters,
    score,
    scorings,
    sentences_of_words,
)

from w2vfast import Phrases, Word2Vec
from w2vfast.phrases import ENGLISH_CONNECTOR_WORDS


@given(sentences_of_words, connectors, scorings, delimiters)
@example([["a", "b"], ["a_b", "c"], ["a", "b_c"]], frozenset(), ("default", 0.1), "_")
def test_sentences_are_joined_like_by_the_reference(
    sentences, connector_words, rule, delimiter
):
    scoring, threshold = rule
    options = {
        "min_count": 1,
        "threshold": threshold,
        "scoring": scoring,
        "delimiter": delimiter,
        "connector_words": connector_words,
    }
    phrases = Phrases(sentences, workers=1, **options)
    counts, n_words = counted(sentences, connector_words, delimiter)

    def score_of(words):
        return score(counts, n_words, words, delimiter, scoring, 1)

    for sentence in sentences:
        expected = analyzed(sentence, connector_words, delimiter, score_of, threshold)
        assert phrases[sentence] == [word for word, _ in expected]
        found = list(phrases.analyze_sentence(sentence))
        assert [word for word, _ in found] == [word for word, _ in expected]
        for (_, found_score), (_, expected_score) in zip(found, expected, strict=True):
            assert found_score == pytest.approx(expected_score)


def test_words_that_co_occur_are_joined(new_york):
    phrases = Phrases(new_york, threshold=0.5)
    assert phrases[["in", "new", "york", "new"]] == ["in", "new_york", "new"]
    assert phrases[["york", "new"]] == ["york", "new"]
    assert list(phrases.find_phrases([["new", "york"]])) == ["new_york"]


def test_score_candidate_returns_the_phrase_and_its_score_or_nothing(new_york):
    phrases = Phrases(new_york, threshold=0.5)
    assert phrases.score_candidate("york", "new", []) == (None, None)
    phrase, score_found = phrases.score_candidate("new", "york", [])
    assert phrase == "new_york"
    assert score_found == phrases.export_phrases()["new_york"] > 0.5


def test_connector_words_occur_only_inside_phrases():
    words = ["the", "bank", "of", "the", "america", "of"]
    sentences = [[*words, str(i)] for i in range(40)]
    phrases = Phrases(sentences, threshold=1, connector_words=ENGLISH_CONNECTOR_WORDS)
    for model in (phrases, phrases.freeze()):
        assert model[words] == ["the", "bank_of_the_america", "of"]
        others = ["bank", "america", "of", "bank"]
        assert model[others] == others


def test_a_corpus_is_joined_lazily_and_can_be_iterated_again(new_york):
    phrases = Phrases(new_york, threshold=0.5)
    corpus = [["new", "york"], [], ["york"]]
    stream = phrases[corpus]
    assert list(stream) == [["new_york"], [], ["york"]]
    corpus.append(["new", "york"])
    assert list(stream)[-1] == ["new_york"]


@pytest.mark.parametrize("wrap", [list, iter])
@pytest.mark.parametrize(
    ("odd", "message"),
    [
        (None, r"sentence {} is missing: it is None"),
        ("a b", r"sentence {} is 'a b' .*but a sentence is a list of tokens"),
        (3, r"sentence {} is 3 .*but a sentence is a list of tokens"),
    ],
)
def test_a_sentence_of_a_corpus_that_is_no_list_is_named(new_york, wrap, odd, message):
    phrases = Phrases(new_york, threshold=0.5)
    for k in (0, 1):
        corpus = [["new", "york"], ["x"]]
        corpus.insert(k, odd)
        with pytest.raises(TypeError, match=message.format(k)):
            phrases.find_phrases(wrap(corpus))
        if k or not isinstance(odd, str):  # else it is a sentence
            with pytest.raises(TypeError, match=message.format(k)):
                list(phrases[wrap(corpus)])


def test_an_iterator_is_joined_completely_but_once(new_york):
    phrases = Phrases(new_york, threshold=0.5)
    stream = phrases[iter([["new", "york"], [], ["york"]])]
    assert list(stream) == [["new_york"], [], ["york"]]
    assert list(stream) == []
    assert phrases[(word for word in ("new", "york"))] == ["new_york"]
    assert phrases[[]] == []


def test_a_second_pass_finds_longer_phrases():
    sentences = [[str(i), "new", "york", "times", str(i + 1)] for i in range(60)]
    options = {"min_count": 1, "threshold": 2}
    bigram = Phrases(sentences, **options)
    trigram = Phrases(bigram[sentences], **options)
    found = trigram[bigram[["the", "new", "york", "times"]]]
    assert found == ["the", "new_york_times"]


def test_a_model_can_be_trained_on_joined_sentences(new_york):
    phrases = Phrases(new_york, threshold=0.5)
    model = Word2Vec(
        phrases[new_york], vector_size=4, epochs=1, workers=1, progress=False
    )
    assert "new_york" in model.wv


@pytest.mark.parametrize(
    ("sentence", "message"),
    [
        ("a b", r"got 'a b'. Split it first"),
        (["a", 1], "each a str; got 1 of type int"),
    ],
)
def test_something_other_than_a_sentence_is_rejected(sentence, message):
    with pytest.raises(TypeError, match=message):
        Phrases([["a", "b"]])[sentence]
