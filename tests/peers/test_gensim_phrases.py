"""Phrases and readers of text compared with gensim's, on the same sentences."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from phrases_reference import WORDS, connectors, delimiters, sentences_of_words

from w2vfast import Word2Vec
from w2vfast import phrases as ours
from w2vfast.text import readers

pytestmark = pytest.mark.peer
theirs = pytest.importorskip(
    "gensim.models.phrases", reason="gensim is not installed; pip install gensim"
)
their_word2vec = pytest.importorskip("gensim.models.word2vec")
ClippedCorpus = pytest.importorskip("gensim.utils").ClippedCorpus

rules = st.sampled_from(
    [
        {"min_count": 1, "threshold": 0.5},
        {"min_count": 2, "threshold": 1},
        {"min_count": 1.5, "threshold": 0.01},
        {"min_count": 1, "threshold": -1, "scoring": "npmi"},
        {"min_count": 2, "threshold": 0.25, "scoring": "npmi"},
    ]
)


def check_same(mine, other, sentences):
    """Compare everything that a user can see."""
    assert dict(mine.vocab) == other.vocab
    assert mine.corpus_word_count == other.corpus_word_count
    assert mine.export_phrases() == other.export_phrases()
    assert mine.find_phrases(sentences) == other.find_phrases(sentences)
    for joining, their_joining in ((mine, other), (mine.freeze(), other.freeze())):
        assert list(joining[sentences]) == list(their_joining[sentences])
        for sentence in sentences:
            found = list(joining.analyze_sentence(sentence))
            assert found == list(their_joining.analyze_sentence(sentence))


@pytest.mark.parametrize("scoring", ["default", "npmi"])
@pytest.mark.parametrize("is_frozen", [False, True])
def test_phrases_of_gensim_can_be_frozen_and_saved_here(tmp_path, scoring, is_frozen):
    text = [["new", "york", "of", "hope"]] * 9 + [["a", "new", "hope"]]
    other = theirs.Phrases(
        text, min_count=1, threshold=0.1, scoring=scoring, connector_words={"of"}
    )
    other.save(str(tmp_path / "of_gensim"))
    with pytest.raises(ValueError, match="Load it in gensim and give it to Frozen"):
        ours.FrozenPhrases.load(tmp_path / "of_gensim")
    mine = ours.FrozenPhrases(other.freeze() if is_frozen else other)
    mine.save(tmp_path / "phrases.json")
    mine = ours.FrozenPhrases.load(tmp_path / "phrases.json")
    assert mine.scoring == scoring
    assert list(mine[text]) == list(other[text])
    assert len(mine.phrasegrams) > 0


@pytest.mark.parametrize("is_frozen", [False, True])
def test_a_model_is_trained_on_files_whose_phrases_gensim_joins(tmp_path, is_frozen):
    path = tmp_path / "text"
    path.write_text("new york\nan old town\n" * 9)
    phrases = theirs.Phrases(their_word2vec.LineSentence(str(path)), threshold=0.1)
    joining = phrases.freeze() if is_frozen else phrases
    for lines in (their_word2vec.LineSentence(str(path)), readers.LineSentence(path)):
        for text in (joining[lines], ClippedCorpus(joining[lines], 99)):
            model = Word2Vec(text, min_count=1, vector_size=4, workers=1)
            assert "new_york" in model.wv
            model.build_vocab(text, update=True)
            model.train(text)
            assert ours.Phrases(text, workers=1).vocab["new_york"] == 9


@given(sentences_of_words, sentences_of_words, connectors, delimiters, rules)
def test_phrases_equal_gensims(sentences, more, connector_words, delimiter, rule):
    options = {"connector_words": connector_words, "delimiter": delimiter, **rule}
    mine = ours.Phrases(sentences, workers=1, **options)
    other = theirs.Phrases(sentences, **options)
    check_same(mine, other, sentences + more)
    mine.add_vocab(more)
    other.add_vocab(more)
    check_same(mine, other, sentences)


@given(sentences_of_words, rules)
def test_phrases_of_phrases_equal_gensims(sentences, rule):
    mine = ours.Phrases(sentences, workers=1, **rule)
    other = theirs.Phrases(sentences, **rule)
    joined = list(mine[sentences])
    check_same(
        ours.Phrases(mine[sentences], workers=1, **rule),
        theirs.Phrases(other[sentences], **rule),
        joined,
    )


@given(
    st.integers(0, 10),
    st.integers(0, 10),
    st.integers(0, 10),
    st.integers(1, 50),
    st.integers(1, 5),
    st.integers(20, 10**6),
)
def test_scorers_equal_gensims(a, b, ab, len_vocab, min_count, n_words):
    counts = (a, b, ab, len_vocab, min_count, n_words)
    assert ours.original_scorer(*counts) == theirs.original_scorer(*counts)
    if ab >= min_count and 0 in (a, b):
        return  # gensim divides by zero
    assert ours.npmi_scorer(*counts) == theirs.npmi_scorer(*counts)


def test_a_scoring_function_gets_the_same_arguments():
    def scorer(
        worda_count, wordb_count, bigram_count, len_vocab, min_count, corpus_word_count
    ):
        calls.append((worda_count, wordb_count, bigram_count, len_vocab))
        return bigram_count / worda_count + min_count / corpus_word_count

    rng = random.Random(2)
    sentences = [rng.choices(WORDS, k=6) for _ in range(40)]
    calls = []
    options = {"scoring": scorer, "threshold": 0.2, "min_count": 1}
    mine = ours.Phrases(sentences, workers=1, **options)
    joined = list(mine[sentences])
    my_calls, calls = calls, []
    globals()["scorer"] = scorer  # gensim pickles it
    scorer.__qualname__ = "scorer"
    other = theirs.Phrases(sentences, **options)
    assert list(other[sentences]) == joined
    assert calls == my_calls


def test_english_connector_words_are_gensims():
    assert ours.ENGLISH_CONNECTOR_WORDS == theirs.ENGLISH_CONNECTOR_WORDS


# ---- readers -----------------------------------------------------------------------

# Valid UTF-8 without `</s>`; both differ from gensim on purpose.
lines = st.text(
    st.sampled_from("ab \n\r\t\x0b\x0c\x1c\x85\xa0\u2003\u2028\u3000月\u200b"),
    max_size=60,
)
lengths = st.sampled_from([1, 2, 5, 10_000])


@given(lines, lengths, st.sampled_from([None, 0, 1, 3]))
def test_lines_are_read_as_by_gensim(tmp_path_factory, text, length, limit):
    path = tmp_path_factory.mktemp("text") / "text"
    path.write_bytes(text.encode())
    options = {"max_sentence_length": length, "limit": limit}
    mine = readers.LineSentence(path, **options)
    assert list(mine) == list(their_word2vec.LineSentence(str(path), **options))


def test_a_folder_is_read_as_by_gensim(tmp_path):
    for name, text in (("b", "x y\nz"), ("a", "u v w\n"), ("c", "")):
        (tmp_path / name).write_text(text)
    mine = readers.PathLineSentences(tmp_path, 2)
    other = their_word2vec.PathLineSentences(str(tmp_path), 2)
    assert list(mine) == list(other)
    assert mine.input_files == other.input_files


@given(lines, lengths)
def test_text8_has_the_words_and_pieces_of_gensims(tmp_path_factory, text, length):
    path = tmp_path_factory.mktemp("text") / "text"
    path.write_bytes(text.encode())
    mine = list(readers.Text8Corpus(path, length))
    other = list(their_word2vec.Text8Corpus(str(path), length))
    # gensim's last piece may be longer.
    assert [w for piece in mine for w in piece] == [w for piece in other for w in piece]
    assert mine[: len(other) - 1] == other[:-1]
