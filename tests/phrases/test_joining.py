"""A counted corpus is written with its phrases joined."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from phrases_reference import connectors, delimiters, scorings, sentences_of_words

from w2vfast import Phrases, _text
from w2vfast.phrases import chunks, joining
from w2vfast.phrases.counting import count_corpus


def written_text(sentences, rule, *, workers=1, **options):
    """Return what `write_joined` writes, and how many phrases it reports."""
    scoring, threshold = rule
    counted = count_corpus(sentences, max_vocab_size=10**6, workers=workers, **options)
    n_entries, n_words = len(counted.counts), counted.corpus.n_words
    phrase_rule = _text.PhraseRule(scoring == "npmi", 1, threshold, n_entries, n_words)
    file = io.BytesIO()
    n_phrases = joining.write_joined(counted, phrase_rule, file, workers=workers)
    return file.getvalue().decode(), n_phrases


@given(sentences_of_words, connectors, delimiters, scorings, st.integers(1, 3))
def test_the_text_is_what_phrases_joins(
    sentences, connector_words, delimiter, rule, workers
):
    options = {"connector_words": connector_words, "delimiter": delimiter}
    text, n_phrases = written_text(sentences, rule, workers=workers, **options)
    scoring, threshold = rule
    phrases = Phrases(
        sentences, min_count=1, threshold=threshold, scoring=scoring, **options
    )
    joined = [" ".join(words) for words in phrases[sentences] if words]
    assert text.split("\n") == [*joined, ""]
    scores = [
        score
        for sentence in sentences
        for _, score in phrases.analyze_sentence(sentence)
        if score is not None
    ]
    assert n_phrases == len(scores)


@pytest.mark.parametrize("workers", [1, 3])
def test_the_text_does_not_depend_on_the_bounds_of_rounds(
    workers, monkeypatch, new_york
):
    options = {"connector_words": {"w1", "w2", "w3"}}
    rule = ("default", 0.5)
    whole, n_phrases = written_text(new_york, rule, **options)
    assert n_phrases >= 300
    assert whole.count("new_york") == 300
    monkeypatch.setattr(joining, "ROUND_IDS", 13)
    monkeypatch.setattr(chunks, "CHUNK_IDS", 5)
    in_rounds = written_text(new_york, rule, workers=workers, **options)
    assert in_rounds == (whole, n_phrases)
