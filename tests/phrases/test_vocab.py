"""`Phrases.vocab` is a read-only mapping."""

import pytest

from w2vfast import Phrases
from w2vfast.phrases import vocab as vocab_module


def test_it_behaves_like_a_dictionary():
    vocab = Phrases([["a", "b"]], workers=1).vocab
    assert vocab["a_b"] == 1
    assert vocab.get("b_a", 0) == 0
    assert "a" in vocab
    assert 7 not in vocab
    assert sorted(vocab) == ["a", "a_b", "b"]
    with pytest.raises(KeyError, match="nothing"):
        vocab["nothing"]


def test_it_cannot_be_changed():
    vocab = Phrases([["a", "b"]], workers=1).vocab
    message = r"read-only, so 'a' .* add_vocab.* dict\(phrases\.vocab\)"
    with pytest.raises(TypeError, match=message):
        vocab["a"] = 2
    with pytest.raises(TypeError, match=message):
        del vocab["a"]
    assert vocab["a"] == 1


def test_it_shows_counts_that_are_added_later():
    phrases = Phrases([["a", "b"]], workers=1)
    vocab = phrases.vocab
    phrases.add_vocab([["a", "b"]])
    assert vocab["a_b"] == 2


def test_batches_contain_each_entry_once(monkeypatch):
    monkeypatch.setattr(vocab_module, "BATCH_SLOTS", 3)
    vocab = Phrases([[str(i) for i in range(100)]], workers=1).vocab
    batches = list(vocab.batches())
    assert max(map(len, batches)) <= 3
    entries = [entry for batch in batches for entry in batch]
    assert len(entries) == len(dict(entries)) == len(vocab) == 199
