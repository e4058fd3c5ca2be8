"""HTML that notebooks show of vectors and models."""

from html.parser import HTMLParser

import numpy as np
import pytest

from w2vfast import KeyedVectors, Word2Vec
from w2vfast.vectors.notebook import html_summary


class Table(HTMLParser):
    """Collects the text of the caption and of each row."""

    def __init__(self, page):
        super().__init__()
        self.cells = []
        self.open = []
        self.feed(page)
        self.close()
        assert not self.open
        self.caption = self.cells[0]
        self.facts = dict(zip(self.cells[1::2], self.cells[2::2], strict=True))

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        if tag in ("caption", "th", "td"):
            self.cells.append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.cells[-1] += data


def test_keyed_vectors_show_their_size_and_first_words():
    words = [f"w{i}" for i in range(7)]
    vectors = KeyedVectors(words, np.ones((7, 3), np.float32), range(7000, 0, -1000))
    table = Table(vectors._repr_html_())
    assert table.caption == "KeyedVectors"
    assert table.facts == {
        "keys": "7",
        "vector size": "3",
        "type": "float32",
        "first words": "w0 (7,000), w1 (6,000), w2 (5,000), w3 (4,000), "
        "w4 (3,000), ...",
    }


def test_vectors_without_counts_or_words_are_shown_too():
    table = Table(KeyedVectors([3, 1], np.ones((2, 2)))._repr_html_())
    assert table.facts["first words"] == "3, 1"
    assert "first words" not in Table(KeyedVectors(4)._repr_html_()).facts


@pytest.mark.parametrize(
    ("word", "shown"),
    [("<b>&amp;", "<b>&amp;"), ('"x"', '"x"'), ("caf\udce9", "caf\ufffd")],
)
def test_words_are_escaped_and_valid_unicode(word, shown):
    page = html_summary(word, {word: word}, [word], None)
    page.encode("utf-8")
    table = Table(page)
    assert table.caption == shown
    assert table.facts == {shown: shown, "first words": shown}


def test_a_model_shows_its_settings_and_its_training():
    model = Word2Vec(vector_size=4, min_count=1, hs=1, sg=1, epochs=2, sample=0)
    assert Table(model._repr_html_()).facts == {
        "words": "0",
        "vector size": "4",
        "architecture": "skip-gram",
        "objective": "negative sampling (5) and hierarchical softmax",
        "mode": "fast",
        "epochs trained": "0",
        "last loss": "none",
    }
    model.build_vocab([["a", "b", "a"]] * 9)
    assert model._state.weights is None
    assert Table(model._repr_html_()).facts["first words"] == "a (18), b (9)"
    assert model._state.weights is None  # showing a model allocates nothing
    model.train()
    facts = Table(model._repr_html_()).facts
    assert facts["epochs trained"] == "2"
    loss, unit = facts["last loss"].split()
    assert float(loss) == pytest.approx(model.get_latest_training_loss(), rel=1e-3)
    assert unit == "nats"


def test_a_model_of_exact_mode_shows_the_sentence_end_as_a_word():
    model = Word2Vec([["a", "b"]] * 9, vector_size=4, min_count=1, mode="exact")
    facts = Table(model._repr_html_()).facts
    assert (facts["mode"], facts["words"]) == ("exact", "3")
    assert facts["first words"].startswith("</s> (9), ")
