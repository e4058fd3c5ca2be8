"""KeyedVectors compared with gensim's, loaded from the same files.

Values agree to 1e-5, and the order agrees where neighbouring scores differ by more
than 1e-6.  The vectors are trained on poems, so words are not ASCII.
"""

import inspect
import itertools
import re

import numpy as np
import pytest
from helpers import POEMS

from w2vfast import KeyedVectors, Word2Vec

pytestmark = pytest.mark.peer
VALUES = 1e-5
TIE = 1e-6
WORDS = ["月", "山", "酒", "愁", "馬", "花", "舟", "雪", "僧", "君"]


@pytest.fixture(scope="module")
def theirs_class():
    return pytest.importorskip(
        "gensim.models.keyedvectors", reason="gensim is not installed"
    ).KeyedVectors


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("vectors")
    # One worker: the same vectors in every run, so that ties do not come and go.
    options = {"vector_size": 50, "min_count": 20, "epochs": 2, "sg": 1, "workers": 1}
    model = Word2Vec(corpus_file=POEMS, progress=False, **options)
    model.wv.save_word2vec_format(folder / "v.bin", folder / "v.vocab", binary=True)
    return folder


@pytest.fixture
def ours(files):
    return KeyedVectors.load_word2vec_format(
        files / "v.bin", files / "v.vocab", binary=True
    )


@pytest.fixture
def theirs(files, theirs_class):
    return theirs_class.load_word2vec_format(
        str(files / "v.bin"), str(files / "v.vocab"), binary=True
    )


def runs_of_ties(found):
    """Split a list of neighbours where the score drops by more than TIE."""
    runs = [[found[0]]]
    for (_, before), pair in itertools.pairwise(found):
        if before - pair[1] > TIE:
            runs.append([])
        runs[-1].append(pair)
    return runs


def assert_same_neighbours(found, expected):
    assert [s for _, s in found] == pytest.approx([s for _, s in expected], abs=VALUES)
    words = iter(word for word, _ in found)
    for run in runs_of_ties(expected)[:-1]:
        assert {next(words) for _ in run} == {word for word, _ in run}
    # The last group of ties may continue beyond the end of the list.


def test_the_comparison_fails_on_wrong_neighbours():
    expected = [("a", 0.9), ("b", 0.5), ("c", 0.4999999), ("d", 0.1), ("e", 0.0)]
    assert_same_neighbours(expected, expected)
    assert_same_neighbours([expected[n] for n in (0, 2, 1, 3, 4)], expected)
    for wrong in (
        [expected[n] for n in (1, 0, 2, 3, 4)],
        [("x", 0.9), *expected[1:]],
        [("a", 0.90002), *expected[1:]],
        expected[:4],
    ):
        with pytest.raises(AssertionError):
            assert_same_neighbours(wrong, expected)


# --- neighbours -------------------------------------------------------------------

QUERIES = [
    ("月", None),
    (["月", "山"], ["酒"]),
    ([("月", 0.5), ("山", 2.0)], []),
    (["月", "月"], [("酒", -0.3)]),
    (None, ["月"]),
    ([], ["月", "山"]),
]
LIMITS = [
    {},
    {"topn": 1},
    {"topn": 2000},
    {"restrict_vocab": 100},
    {"clip_start": 50, "clip_end": 400},
    {"clip_start": 50, "topn": 100},
    {"clip_end": 30, "topn": 100},
    {"clip_start": 50, "clip_end": 400, "restrict_vocab": 70, "topn": 100},
]


@pytest.mark.parametrize(("positive", "negative"), QUERIES)
@pytest.mark.parametrize("limits", LIMITS)
def test_neighbours_are_those_of_gensim(ours, theirs, positive, negative, limits):
    found = ours.most_similar(positive, negative, **limits)
    expected = theirs.most_similar(positive, negative, **limits)
    assert len(found) == len(expected) > 0
    assert_same_neighbours(found, expected)


@pytest.mark.parametrize("limits", [{}, {"restrict_vocab": 100}, {"clip_start": 9}])
def test_cosines_of_all_rows_are_those_of_gensim(ours, theirs, limits):
    found = ours.most_similar("月", topn=None, **limits)
    expected = theirs.most_similar("月", topn=None, **limits)
    assert found == pytest.approx(expected, abs=VALUES)
    assert found.dtype == expected.dtype


def test_neighbours_of_vectors_are_those_of_gensim(ours, theirs):
    rows = ours[WORDS]
    for positive, negative in [
        (rows[0], None),
        ([rows[0], "山"], [rows[1]]),
        ([(rows[0], 0.3), ("山", 0.7)], None),
        (rows[:3], None),
    ]:
        assert_same_neighbours(
            ours.most_similar(positive, negative),
            theirs.most_similar(positive, negative),
        )
    assert_same_neighbours(
        ours.similar_by_vector(rows[2], 5, 500),
        theirs.similar_by_vector(rows[2], 5, 500),
    )


@pytest.mark.parametrize("name", ["similar_by_key", "similar_by_word"])
def test_neighbours_of_one_key_are_those_of_gensim(ours, theirs, name):
    for word in WORDS:
        assert_same_neighbours(
            getattr(ours, name)(word, 7, 900), getattr(theirs, name)(word, 7, 900)
        )


@pytest.mark.parametrize("topn", [1, 10, 2000])
def test_a_batch_finds_what_gensim_finds_one_by_one(ours, theirs, topn):
    queries = [*ours.index_to_key[:300], ours["月"], ["月", "山", ("酒", -1)]]
    found = ours.most_similar_batch(queries, topn)
    for query, neighbours in zip(queries[:300], found, strict=False):
        assert_same_neighbours(neighbours, theirs.most_similar(query, topn=topn))
    assert_same_neighbours(found[300], theirs.most_similar([ours["月"]], topn=topn))
    assert_same_neighbours(
        found[301], theirs.most_similar(["月", "山"], ["酒"], topn=topn)
    )


@pytest.mark.filterwarnings("ignore:Call to deprecated `init_sims`")
def test_3cosmul_has_the_scores_of_gensim(ours, theirs):
    for positive, negative in [
        (["月", "山"], ["酒"]),
        (["月"], None),
        ("月", "酒"),
        (["月", "山", "花"], ["酒", "愁"]),
        ([ours.get_vector("月", norm=True), "山"], ["酒"]),
    ]:
        for topn in (10, 2000):
            assert_same_neighbours(
                ours.most_similar_cosmul(positive, negative, topn=topn),
                theirs.most_similar_cosmul(positive, negative, topn=topn),
            )
    assert ours.most_similar_cosmul("月", "酒", topn=None) == pytest.approx(
        theirs.most_similar_cosmul("月", "酒", topn=None), rel=VALUES
    )


# --- similarities -----------------------------------------------------------------


def test_similarities_of_pairs_are_those_of_gensim(ours, theirs):
    for first in WORDS:
        for second in WORDS:
            for name in ("similarity", "distance"):
                found = getattr(ours, name)(first, second)
                expected = getattr(theirs, name)(first, second)
                assert found == pytest.approx(expected, abs=VALUES)
            if first != second:
                found = ours.relative_cosine_similarity(first, second, topn=5)
                expected = theirs.relative_cosine_similarity(first, second, topn=5)
                assert found == pytest.approx(expected, abs=VALUES)


def test_ranks_are_those_of_gensim(ours, theirs):
    for second in WORDS[1:]:
        assert ours.rank("月", second) == theirs.rank("月", second)
        assert ours.closer_than("月", second) == theirs.closer_than("月", second)


def test_distances_are_those_of_gensim(ours, theirs):
    for arguments in [("月",), ("月", WORDS), (ours["月"],), (ours["月"] * 3, WORDS)]:
        found, expected = ours.distances(*arguments), theirs.distances(*arguments)
        assert found == pytest.approx(expected, abs=VALUES)
    found = ours.cosine_similarities(ours["月"], ours[WORDS])
    expected = theirs.cosine_similarities(theirs["月"], theirs[WORDS])
    assert found == pytest.approx(expected, abs=VALUES)


def test_questions_about_sets_of_keys_have_the_answers_of_gensim(ours, theirs):
    for start in range(0, 300, 7):
        words = ours.index_to_key[start : start + 5]
        assert ours.doesnt_match(words) == theirs.doesnt_match(words)
        assert ours.most_similar_to_given(
            words[0], words[1:]
        ) == theirs.most_similar_to_given(words[0], words[1:])
        found = ours.n_similarity(words, WORDS)
        assert found == pytest.approx(theirs.n_similarity(words, WORDS), abs=VALUES)
        for use_norm in (True, False):
            found = ours.rank_by_centrality(words, use_norm)
            expected = theirs.rank_by_centrality(words, use_norm)
            assert [word for _, word in found] == [word for _, word in expected]
            assert [s for s, _ in found] == pytest.approx(
                [s for s, _ in expected], abs=VALUES
            )
    unknown = ["月", "nothing"]
    assert ours.n_similarity(unknown, WORDS) == pytest.approx(
        theirs.n_similarity(unknown, WORDS), abs=VALUES
    )


@pytest.mark.parametrize("pre_normalize", [True, False])
@pytest.mark.parametrize("post_normalize", [True, False])
@pytest.mark.parametrize("weights", [None, [1, -2, 0.5, 3]])
def test_means_are_those_of_gensim(
    ours, theirs, pre_normalize, post_normalize, weights
):
    for keys in (WORDS[:4], ["月", ours["山"], "nothing", "酒"], ours[WORDS[:4]]):
        options = {"pre_normalize": pre_normalize, "post_normalize": post_normalize}
        found = ours.get_mean_vector(keys, weights, **options)
        expected = theirs.get_mean_vector(keys, weights, **options)
        assert found == pytest.approx(expected, abs=VALUES)
        assert found.dtype == expected.dtype


# --- look-up and change -----------------------------------------------------------


def test_vectors_rows_and_counts_of_a_key_are_those_of_gensim(ours, theirs):
    assert np.array_equal(ours[WORDS], theirs[WORDS])
    for norm in (False, True):
        found = ours.get_vector("月", norm=norm)
        assert found == pytest.approx(theirs.get_vector("月", norm=norm), abs=VALUES)
    assert ours.get_normed_vectors() == pytest.approx(
        theirs.get_normed_vectors(), abs=VALUES
    )
    assert [ours.get_index(word) for word in WORDS] == [
        theirs.get_index(word) for word in WORDS
    ]
    for word in WORDS:
        assert ours.get_vecattr(word, "count") == theirs.get_vecattr(word, "count")


def test_added_and_replaced_vectors_are_as_in_gensim(ours, theirs):
    rng = np.random.default_rng(1)
    new = rng.normal(size=(3, 50)).astype(np.float32)
    for wv in (ours, theirs):
        wv.add_vectors(["月", "α", "β"], new)
        wv.add_vectors(["山", "γ"], new[:2], replace=True)
        wv["δ"] = new[2]
        wv["酒"] = new[0]
        wv.set_vecattr("α", "count", 10**6)
        wv.set_vecattr("月", "part", "noun")
        wv.norms = None  # gensim caches norms
    assert ours.index_to_key == theirs.index_to_key
    assert ours.key_to_index == theirs.key_to_index
    assert np.array_equal(ours.vectors, theirs.vectors)
    assert ours.get_vecattr("月", "part") == theirs.get_vecattr("月", "part")
    for word in ("α", "γ", "月"):
        count = ours.get_vecattr(word, "count")
        assert count == theirs.get_vecattr(word, "count")
        assert_same_neighbours(ours.most_similar(word), theirs.most_similar(word))


def test_sorting_by_frequency_gives_the_order_of_gensim(ours, theirs):
    counts = np.random.default_rng(2).permutation(len(ours))
    for wv in (ours, theirs):
        for word, count in zip(list(wv.index_to_key), counts.tolist(), strict=True):
            wv.set_vecattr(word, "count", count)
        wv.sort_by_descending_frequency()
    assert ours.index_to_key == theirs.index_to_key
    assert ours.key_to_index == theirs.key_to_index
    assert np.array_equal(ours.vectors, theirs.vectors)


def test_selected_vectors_are_those_of_gensim(ours, theirs):
    keys = ["馬", "nothing", "月", "馬"]
    found = ours.vectors_for_all(keys, copy_vecattrs=True)
    expected = theirs.vectors_for_all(keys, copy_vecattrs=True)
    assert found.index_to_key == expected.index_to_key
    assert np.array_equal(found.vectors, expected.vectors)
    assert found.counts.tolist() == expected.expandos["count"].tolist()


@pytest.mark.parametrize("binary", [False, True])
def test_a_file_replaces_the_vectors_that_gensim_replaces(
    tmp_path, ours, theirs, binary
):
    other = KeyedVectors(
        ["月", "nothing", "馬"], np.random.default_rng(3).normal(size=(3, 50))
    )
    other.save_word2vec_format(tmp_path / "file", binary=binary)
    theirs.vectors_lockf = np.ones(len(theirs))
    # gensim reads the text file here, because its reader of binary files needs a
    # NumPy before 2.3.
    other.save_word2vec_format(tmp_path / "text")
    theirs.add_lifecycle_event = lambda *_, **__: None
    theirs.intersect_word2vec_format(str(tmp_path / "text"), lockf=1.0)
    assert ours.intersect_word2vec_format(tmp_path / "file", 1.0, binary) == 2
    assert np.array_equal(ours.vectors, theirs.vectors)


# --- evaluation -------------------------------------------------------------------


def test_analogies_have_the_results_of_gensim(tmp_path, ours, theirs):
    rng = np.random.default_rng(4)
    lines = []
    for section in range(3):
        lines.append(f": section {section}")
        for _ in range(60):
            a, b, c = rng.choice(ours.index_to_key[:400], 3, replace=False)
            found = theirs.most_similar([b, c], [a], topn=2, restrict_vocab=1000)
            if found[0][1] - found[1][1] > VALUES:  # else rounding would decide
                lines.append(" ".join([a, b, c, rng.choice([found[0][0], "月", "x"])]))
    (tmp_path / "questions").write_text("\n".join(lines), encoding="utf-8")
    for options in ({}, {"dummy4unknown": True}, {"case_insensitive": False}):
        arguments = (str(tmp_path / "questions"), 1000)
        found = ours.evaluate_word_analogies(*arguments, **options)
        expected = theirs.evaluate_word_analogies(*arguments, **options)
        assert found == expected
        assert 0 < found[0] < 1


@pytest.mark.parametrize("dummy4unknown", [False, True])
def test_word_pairs_have_the_correlations_of_gensim(
    tmp_path, ours, theirs, dummy4unknown
):
    rng = np.random.default_rng(5)
    words = [*ours.index_to_key[:200], "x"]
    # The two words differ, because rounding would decide the rank of a cosine of 1.
    lines = [
        "\t".join([*rng.choice(words, 2, replace=False), str(rng.integers(0, 20) / 2)])
        for _ in range(300)
    ]
    (tmp_path / "pairs").write_text("\n".join(lines) + "\nx\ty\t1\n", encoding="utf-8")
    options = {"dummy4unknown": dummy4unknown}
    found = ours.evaluate_word_pairs(str(tmp_path / "pairs"), **options)
    expected = theirs.evaluate_word_pairs(str(tmp_path / "pairs"), **options)
    for coefficient, peer in zip(found[:2], expected[:2], strict=True):
        assert coefficient == pytest.approx(tuple(peer), abs=VALUES)
        assert coefficient.correlation == pytest.approx(peer.correlation, abs=VALUES)
    assert found[2] == pytest.approx(expected[2])


# --- names ------------------------------------------------------------------------

# Arguments of gensim's methods that ours do not have, and why.
LEFT_OUT = {
    "similarity_function": "gensim itself ignores it",
}
NAMES = re.findall(
    r"\w+",
    """
    add_vector add_vectors closer_than cosine_similarities distance distances
    doesnt_match evaluate_word_analogies evaluate_word_pairs get_index get_mean_vector
    get_normed_vectors get_vecattr get_vector intersect_word2vec_format
    load_word2vec_format most_similar save_word2vec_format
    most_similar_cosmul most_similar_to_given n_similarity rank rank_by_centrality
    relative_cosine_similarity set_vecattr similar_by_key similar_by_vector
    similar_by_word similarity sort_by_descending_frequency vectors_for_all
    """,
)


@pytest.mark.parametrize("name", NAMES)
def test_methods_take_the_arguments_of_gensim_under_their_names(theirs_class, name):
    expected = inspect.signature(getattr(theirs_class, name)).parameters
    found = inspect.signature(getattr(KeyedVectors, name)).parameters
    wanted = [parameter for parameter in expected if parameter not in LEFT_OUT]
    assert list(found)[: len(wanted)] == wanted
    for parameter in wanted:
        if parameter != "lockf":  # gensim's would freeze rows
            assert found[parameter].default == expected[parameter].default
