"""Words and candidates are counted like in the reference implementation."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from phrases_reference import (
    WORDS,
    connectors,
    counted,
    delimiters,
    sentences_of_words,
)

from w2vfast import LineSentence, Phrases
from w2vfast.phrases import chunks, counting


@given(sentences_of_words, connectors, delimiters, st.integers(1, 3))
def test_counts_match_the_reference(sentences, connector_words, delimiter, workers):
    phrases = Phrases(
        sentences,
        connector_words=connector_words,
        delimiter=delimiter,
        workers=workers,
    )
    counts, n_words = counted(sentences, connector_words, delimiter)
    assert dict(phrases.vocab.items()) == counts
    assert len(phrases.vocab) == len(counts)
    assert phrases.corpus_word_count == n_words


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_counts_do_not_depend_on_the_bounds_of_chunks(workers, monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK_IDS", 7)
    monkeypatch.setattr(counting, "PRUNE_INTERVAL", 50)
    rng = random.Random(workers)
    sentences = [rng.choices(WORDS, k=rng.choice([1, 3, 40])) for _ in range(200)]
    connector_words = {"of", "the"}
    expected, n_words = counted(sentences, connector_words)
    found = counting.count_corpus(
        sentences,
        connector_words=connector_words,
        max_vocab_size=len(expected),  # nothing is pruned
        workers=workers,
    )
    assert n_words > 2 * len(expected)  # counted in several intervals
    assert len(found.counts) == len(expected)
    assert all(found.counts.get(word) == n for word, n in expected.items())


def test_long_words_and_candidates_are_counted_whole():
    long = "y" * 30_000
    sentences = [[long, *["of"] * 9000, long, "a"] * 3]
    phrases = Phrases(sentences, connector_words={"of"}, workers=1)
    assert dict(phrases.vocab) == counted(sentences, {"of"})[0]


def test_a_joined_candidate_may_look_like_a_sentence_end():
    phrases = Phrases([["<", "s>"]] * 3, delimiter="/", workers=1)
    assert phrases.vocab["</s>"] == 3


def test_a_sentence_end_token_separates_sentences():
    phrases = Phrases([["a", "b", "</s>", "c"]], workers=1)
    assert dict(phrases.vocab) == {"a": 1, "b": 1, "c": 1, "a_b": 1}


def test_a_reader_of_a_file_gives_the_same_counts_as_lists(tmp_path, new_york):
    path = tmp_path / "text"
    path.write_text("\n".join(map(" ".join, new_york)))
    assert dict(Phrases(LineSentence(path)).vocab) == dict(Phrases(new_york).vocab)


# ---- pruning -----------------------------------------------------------------------


@pytest.mark.parametrize("workers", [1, 3])
def test_pruning_keeps_the_most_frequent_entries(workers, monkeypatch):
    monkeypatch.setattr(counting, "PRUNE_INTERVAL", 1000)
    monkeypatch.setattr(chunks, "CHUNK_IDS", 64)
    rng = random.Random(1)
    sentences = [[f"w{rng.randrange(2000)}", "new", "york"] for _ in range(3000)]
    phrases = Phrases(sentences, max_vocab_size=500, workers=workers)
    assert len(phrases.vocab) <= 500
    assert phrases.vocab["new_york"] == 3000
    one_worker = Phrases(sentences, max_vocab_size=500, workers=1)
    assert dict(phrases.vocab) == dict(one_worker.vocab)


def test_pruning_after_each_call_applies_to_all_counts():
    phrases = Phrases(max_vocab_size=10, workers=1)
    for k in range(5):
        phrases.add_vocab([["a", "b", f"w{k}"], ["a", "b"]])
        assert len(phrases.vocab) <= 10
    assert phrases.vocab["a_b"] == 10


def test_a_pruned_entry_can_be_counted_again():
    phrases = Phrases([["a", "a"], ["b", "b", "b"]], max_vocab_size=1, workers=1)
    assert "a_a" not in phrases.vocab
    phrases.max_vocab_size = 100
    phrases.add_vocab([["a", "a"]])
    assert phrases.vocab["a_a"] == 1


# ---- rejected input ----------------------------------------------------------------


def test_integers_are_rejected():
    with pytest.raises(TypeError, match="phrases are made of words, got integers such"):
        Phrases([[1, 2]])


def test_a_corpus_without_words_is_rejected():
    with pytest.raises(ValueError, match="holds no words"):
        Phrases([])
