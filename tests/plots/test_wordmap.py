"""The words of a map: chosen by frequency or by name, and in displayable form."""

import numpy as np
import pytest
from plot_helpers import numbered_vectors, random_vectors

from w2vfast import KeyedVectors, Word2Vec, plot_words, save_map_page
from w2vfast.plots.wordmap import readable, word_map

# ---- choice ------------------------------------------------------------------------


def test_the_most_frequent_words_are_chosen_without_the_sentence_end():
    vectors = random_vectors(["</s>", "the", "of", "and", "to"])
    assert word_map(vectors, top=3).words == ["the", "of", "and"]
    assert word_map(vectors, top=99).words == ["the", "of", "and", "to"]
    assert word_map(vectors, top=1).rows.tolist() == [1]


ENGLISH = ["the", "of", "in", "king", "s", "queen", "is", "country", "x", "palace"]


def english(counts=None):
    """Frequent short words and letters among others; 990 rare words follow."""
    words = [*ENGLISH, *(f"rare{n:03}" for n in range(990))]
    return KeyedVectors(words, random_vectors(words).vectors, counts)


def test_frequent_short_words_and_letters_are_skipped():
    counts = np.ones(1000, np.int64)
    counts[[0, 1, 2, 6]] = 1000  # the, of, in, is
    chosen = word_map(english(counts), top=6).words
    assert chosen == ["king", "queen", "country", "palace", "rare000", "rare001"]
    assert word_map(english(counts), top=6, all_words=True).words == ENGLISH[:6]


def test_without_counts_the_first_words_are_frequent():
    assert "the" not in word_map(english(), top=6).words
    assert "country" in word_map(english(), top=6).words
    few = numbered_vectors(40)  # of which none is much more frequent than others
    assert word_map(few, top=3).words == ["w0", "w1", "w2"]


def test_common_words_are_used_if_there_are_too_few_others():
    chosen = word_map(english(), top=998).words
    assert chosen[:6] == ["the", "of", "in", "king", "s", "queen"]
    assert len(chosen) == 998


@pytest.mark.parametrize(
    "words",
    [
        [chr(0x4E00 + n) for n in range(900)],  # one character each
        list(range(900)),  # nodes of a graph
    ],
)
def test_where_no_word_is_shorter_than_others_none_is_skipped(words):
    vectors = KeyedVectors(words, np.random.default_rng(1).normal(size=(900, 3)))
    assert word_map(vectors, top=3).words == [str(word) for word in words[:3]]


def test_given_words_are_used_once_in_order_of_frequency():
    chosen = word_map(numbered_vectors(50), ["w7", "w3", "w7", "w30"])
    assert chosen.words == ["w3", "w7", "w30"]
    assert chosen.rows.tolist() == [3, 7, 30]
    assert chosen.points.shape == (3, 2)


def test_keys_may_be_integers():
    vectors = KeyedVectors(np.arange(5), np.eye(5, dtype=np.float32))
    assert word_map(vectors, [4, 2]).words == ["2", "4"]


def test_unknown_words_are_left_out_with_a_warning_that_names_them():
    with pytest.warns(UserWarning, match=r"2 of 3 words .* left out: 'no', 'nor'"):
        chosen = word_map(numbered_vectors(50), ["no", "w1", "nor"])
    assert chosen.words == ["w1"]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"words": ["no"]}, ValueError, r"none of the words \('no'\) has a vector"),
        ({"words": []}, ValueError, "nothing to plot: no words"),
        ({"words": "w1"}, TypeError, r"Use \['w1'\]"),
        ({"top": 0}, ValueError, "top must be at least 1, got 0"),
        ({"method": "lda"}, ValueError, "one of pca, tsne, umap; got 'lda'"),
    ],
)
def test_rejected_values_are_named_with_what_is_accepted(options, error, message):
    with pytest.raises(error, match=message):
        word_map(numbered_vectors(50), **options)


@pytest.mark.parametrize("plot", [word_map, plot_words, save_map_page])
def test_a_model_is_told_to_give_its_vectors(plot, tmp_path):
    if plot is not word_map:
        pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    path = [tmp_path / "map.html"] if plot is save_map_page else []
    with pytest.raises(TypeError, match=r"a KeyedVectors, got .*Give model\.wv\."):
        plot(*path, Word2Vec([["a", "b"]] * 9, min_count=1, vector_size=4))


def test_empty_vectors_are_rejected():
    with pytest.raises(ValueError, match="the vectors are empty"):
        word_map(KeyedVectors([], np.zeros((0, 3))))


def test_a_vector_that_is_not_finite_is_named():
    vectors = numbered_vectors(50)
    vectors.vectors[2, 1] = np.nan
    with pytest.raises(ValueError, match="vector of 'w2' is not finite"):
        word_map(vectors)
    assert word_map(vectors, ["w1", "w3"]).words == ["w1", "w3"]


# ---- form --------------------------------------------------------------------------


def test_words_are_made_displayable():
    not_utf8 = b"caf\xe9".decode("utf-8", "surrogateescape")
    assert readable(not_utf8) == "caf\ufffd"
    assert readable("two\nlines\x07\u2028") == "two lines  "
    assert readable("月 <b>") == "月 <b>"
    assert readable(17) == "17"


def test_the_note_gives_the_number_of_words_and_the_method():
    assert word_map(numbered_vectors(40)).note.startswith("40 words, PCA: ")
    assert word_map(numbered_vectors(1)).note.startswith("1 word, PCA: ")
