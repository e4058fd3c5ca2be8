"""The vocabulary of all ranks."""

import json

import numpy as np
import pytest
from thread_ranks import on_ranks

from w2vfast.distributed import file_parts
from w2vfast.distributed.file_parts import share_of
from w2vfast.distributed.ranks import fails_together
from w2vfast.distributed.shared_words import SharedWords, WordList, packed, unpacked
from w2vfast.text.corpus import encode
from w2vfast.text.sources import (
    CorpusOptions,
    IdCorpus,
    file_source,
    sentence_source,
)


def encoded(ranks, source, **options):
    share = share_of(source, ranks)
    sharing = SharedWords(ranks, share.places) if ranks.size > 1 else None
    return encode(share.source, sharing=sharing, block_bytes=64, **options)


@pytest.fixture
def text(tmp_path, monkeypatch):
    """A text of some parts for each rank, with many words of equal counts."""
    monkeypatch.setattr(file_parts, "LEAST_BYTES", 100)
    rng = np.random.default_rng(3)
    words = [f"wörd{k}" for k in np.minimum(rng.zipf(1.3, 4000), 600)]
    lines = [" ".join(words[k : k + 9]) + "\n" for k in range(0, len(words), 9)]
    path = tmp_path / "text.txt"
    path.write_text("".join(lines))
    return path


@pytest.mark.parametrize("size", [2, 3, 5])
@pytest.mark.parametrize(
    "limits", [{"min_count": 1}, {"min_count": 3}, {"max_final_vocab": 50}]
)
def test_the_vocabulary_is_that_of_one_process(text, size, limits):
    expected, corpus = encode(file_source(text), **limits)
    found = on_ranks(size, lambda ranks: encoded(ranks, file_source(text), **limits))
    for vocab, part in found:
        assert vocab.words == expected.words
        np.testing.assert_array_equal(vocab.counts, expected.counts)
        assert part.n_sentences == corpus.n_sentences
        assert part.n_words == corpus.n_words
        assert part.n_unknown == corpus.n_unknown
    ids = np.concatenate([part.ids for _, part in found])
    np.testing.assert_array_equal(
        np.bincount(ids, minlength=len(expected)), expected.counts
    )


def test_a_rule_is_asked_about_counts_of_all_ranks(text):
    asked = {}

    def rule(word, count, min_count):
        asked[word] = count
        return 2 if count == 7 else 1

    expected, _ = encode(file_source(text), trim_rule=rule)
    counts = dict(asked)
    asked.clear()
    found = on_ranks(3, lambda ranks: encoded(ranks, file_source(text), trim_rule=rule))
    assert [vocab.words for vocab, _ in found] == [expected.words] * 3
    assert asked == counts


@pytest.mark.parametrize("is_list", [False, True])
def test_words_of_tables_have_the_order_of_one_process(tmp_path, is_list):
    pytest.importorskip("pyarrow", exc_type=ImportError)
    rng = np.random.default_rng(4)
    for k in range(5):
        rows = [[f"w{word}" for word in rng.integers(0, 200, 9)] for _ in range(20)]
        texts = [row if is_list else " ".join(row) for row in rows]
        lines = "".join(json.dumps({"text": text}) + "\n" for text in texts)
        (tmp_path / f"{k}.jsonl").write_text(lines)

    def source():
        return file_source(tmp_path, CorpusOptions(None, "text"))

    expected, _ = encode(source(), min_count=1)
    for vocab, _ in on_ranks(2, lambda ranks: encoded(ranks, source(), min_count=1)):
        assert vocab.words == expected.words


def test_a_rule_that_fails_on_one_rank_ends_all(text):
    def rule(word, count, min_count):
        if word == "wörd1":  # belongs to one rank
            raise OSError("no list of words")
        return 0

    def count(ranks):
        with fails_together(ranks, "the end"):
            return encoded(ranks, file_source(text), trim_rule=rule)

    found = on_ranks(3, count)
    kinds = sorted(type(error).__name__ for error in found)
    assert kinds == ["OSError", "RankError", "RankError"]
    assert all("no list of words" in str(error) for error in found)


def test_integers_and_sentences_of_each_rank():
    sentences = [[5, 6, 5], [7, 5], [6, 70000]]

    def own(ranks):
        ids = np.array(sentences[ranks.index])
        return encoded(ranks, IdCorpus(ids), min_count=1)

    for vocab, _ in on_ranks(3, own):
        assert vocab.words == ["</s>", 5, 6, 7, 70000]
        assert vocab.counts.tolist() == [3, 3, 2, 1, 1]


def test_words_and_integers_do_not_mix():
    own = [[["a", "b"]], [[1, 2]]]
    found = on_ranks(
        2, lambda ranks: encoded(ranks, sentence_source(own[ranks.index]), min_count=1)
    )
    assert all(isinstance(error, ValueError) for error in found)
    assert "same kind" in str(found[0])


def test_no_frequent_word_names_the_most_frequent_of_all():
    own = [[["a", "b"]], [["b", "c"]]]
    found = on_ranks(
        2, lambda ranks: encoded(ranks, sentence_source(own[ranks.index]), min_count=5)
    )
    assert all("most frequent: 'b', 2" in str(error) for error in found)


@pytest.mark.parametrize(
    "words", [[], ["a", "", "x\ny", "d\udc80", "水"], [0, 12, 2**40]]
)
def test_packed_words_are_unpacked(words):
    n = len(words)
    listed = WordList(words, np.arange(n), np.arange(2 * n).reshape(n, 2))
    found = unpacked(packed(listed))
    assert found.words == words
    np.testing.assert_array_equal(found.counts, listed.counts)
    np.testing.assert_array_equal(found.first_seen, listed.first_seen)
