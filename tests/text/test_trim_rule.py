"""A function of the user decides which words stay, for every kind of text."""

import numpy as np
import pytest

from w2vfast import Word2Vec
from w2vfast.text.trim_rule import RULE_DEFAULT, RULE_DISCARD, RULE_KEEP

SMALL = {"vector_size": 4, "workers": 1, "epochs": 1}
TEXT = [["rare", "often", "often", "other", "other", "no", "no", "no"]]
COUNTS = {"rare": 1, "often": 2, "other": 2, "no": 3}


def rule(word, count, min_count):
    """Keep a rare word, discard a frequent one, leave the others to min_count."""
    assert (count, min_count) == (COUNTS[word], 2)
    if word == "rare":
        return RULE_KEEP
    return {"no": RULE_DISCARD, "often": RULE_DEFAULT}.get(word)


def file_of(folder):
    path = folder / "text"
    path.write_text(" ".join(TEXT[0]))
    return path


SOURCES = {
    "lists": lambda folder: {"corpus_iterable": TEXT},
    "a file": lambda folder: {"corpus_file": file_of(folder)},
}


@pytest.mark.parametrize("source", SOURCES)
def test_the_three_answers_keep_discard_and_leave_words(source, tmp_path):
    model = Word2Vec(min_count=2, **SMALL)
    model.build_vocab(**SOURCES[source](tmp_path), trim_rule=rule)
    assert model.wv.index_to_key == ["often", "other", "rare"]
    model.train()


def test_the_rule_of_the_class_is_asked_about_its_text():
    model = Word2Vec(TEXT, min_count=2, trim_rule=rule, **SMALL)
    assert model.wv.index_to_key == ["often", "other", "rare"]


def test_counts_and_ids_are_asked_about_too():
    model = Word2Vec(min_count=2, **SMALL)
    model.build_vocab_from_freq(COUNTS, trim_rule=rule)
    assert model.wv.index_to_key == ["often", "other", "rare"]
    ids = Word2Vec(min_count=3, **SMALL)
    ids.build_vocab(
        np.array([5, 5, 7, 8, 8, 8, 9]), trim_rule=lambda w, c, m: 2 * (w > 6)
    )
    assert ids.wv.index_to_key == [8, 7, 9]


@pytest.mark.parametrize("grow", ["build_vocab", "build_vocab_from_freq"])
def test_a_growing_vocabulary_asks_about_new_words_only(grow):
    model = Word2Vec([["often", "first"] * 3], min_count=2, **SMALL)
    text = TEXT if grow == "build_vocab" else COUNTS
    asked = []

    def noted(word, count, min_count):
        asked.append(word)
        return rule(word, count, min_count)

    getattr(model, grow)(text, update=True, trim_rule=noted)
    assert model.wv.index_to_key == ["often", "first", "other", "rare"]
    assert sorted(asked) == ["no", "other", "rare"]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Word2Vec(TEXT, trim_rule=3), TypeError, "a function of a word"),
        (lambda: Word2Vec(TEXT, trim_rule=rule, mode="exact"), ValueError, "C program"),
        (lambda: Word2Vec(trim_rule=rule), ValueError, "give it to build_vocab"),
        (
            lambda: Word2Vec(TEXT, trim_rule=lambda *_: 1),
            ValueError,
            "keeps no word, not even 'no', which occurs 3 times",
        ),
        (
            lambda: Word2Vec().build_vocab_from_freq(COUNTS, trim_rule=lambda *_: 1),
            ValueError,
            "keeps no word, not even 'no'",
        ),
        (
            lambda: Word2Vec(TEXT, trim_rule=lambda *_: 3),
            ValueError,
            r"must return 0 .*, 1 \(discard\) or 2 .*got 3 \(int\) for 'rare'",
        ),
    ],
)
def test_what_cannot_be_used_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_an_error_of_the_rule_is_its_own():
    with pytest.raises(ZeroDivisionError):
        Word2Vec(TEXT, trim_rule=lambda *_: 1 // 0, **SMALL)
