"""KeyedVectors: neighbours and similarities, for one query and for many."""

import numpy as np
import pytest

from w2vfast import Word2Vec
from w2vfast.vectors.keyedvectors import KeyedVectors

WORDS = ["king", "queen", "man", "woman", "King", "apple"]


@pytest.fixture
def wv():
    vectors = np.random.default_rng(1).normal(size=(len(WORDS), 8)).astype(np.float32)
    return KeyedVectors(WORDS, vectors, counts=[60, 50, 40, 30, 20, 10])


def assert_same_neighbours(found, expected):
    assert [word for word, _ in found] == [word for word, _ in expected]
    assert [s for _, s in found] == pytest.approx([s for _, s in expected], abs=1e-6)


def cosine(a, b):
    a, b = np.float64(a), np.float64(b)
    return a @ b / np.sqrt((a @ a) * (b @ b))


# --- neighbours -------------------------------------------------------------------


def test_similarity_is_the_cosine(wv):
    expected = cosine(wv["king"], wv["man"])
    assert wv.similarity("king", "man") == pytest.approx(expected)
    assert isinstance(wv.similarity("king", "man"), float)
    assert wv.similarity("king", "king") == pytest.approx(1)


def write_to_rows(wv):
    wv.vectors[wv.get_index("apple")] = 2 * wv["king"]


def write_by_key(wv):
    wv["apple"] = 2 * wv["king"]


def scale_rows(wv):
    view = wv.vectors[:, 2:]
    view *= 1e3


def assign_vectors(wv):
    wv.vectors = wv.vectors[::-1] ** 3


@pytest.mark.parametrize(
    "change", [write_to_rows, write_by_key, scale_rows, assign_vectors]
)
def test_the_next_query_sees_a_change_of_the_vectors(wv, change):
    before = wv.most_similar("king", topn=None)
    change(wv)
    found = wv.most_similar("king", topn=None)
    expected = [cosine(wv["king"], wv[word]) for word in WORDS]
    assert found == pytest.approx(expected, abs=1e-6)
    assert found != pytest.approx(before, abs=1e-3)


def test_the_next_query_sees_a_model_that_was_trained_further():
    """The rows of this model are padded: D = 21."""
    ids = np.random.default_rng(2).integers(1, 20, size=(200, 10))
    model = Word2Vec(ids, vector_size=21, min_count=1, epochs=1, workers=1)
    before = model.wv.most_similar(model.wv.index_to_key[0], topn=None)
    model.train(ids, epochs=3)
    found = model.wv.most_similar(model.wv.index_to_key[0], topn=None)
    rows = model.wv.vectors
    assert found == pytest.approx([cosine(rows[0], row) for row in rows], abs=1e-6)
    assert found != pytest.approx(before, abs=1e-3)


def test_most_similar_sorts_all_others_by_cosine(wv):
    expected = sorted(
        ((word, cosine(wv["king"], wv[word])) for word in WORDS if word != "king"),
        key=lambda pair: -pair[1],
    )
    found = wv.most_similar("king", topn=100)
    assert [word for word, _ in found] == [word for word, _ in expected]
    assert [s for _, s in found] == pytest.approx([s for _, s in expected], abs=1e-6)
    assert wv.most_similar("king", topn=2) == found[:2]
    assert isinstance(found[0][1], float)


def test_most_similar_takes_the_mean_of_unit_vectors(wv):
    def unit(word):
        return wv.get_vector(word, norm=True)

    target = unit("king") - unit("man") + 2 * unit("woman")
    for positive in (["king", ("woman", 2.0)], ["king", "woman", "woman"]):
        found = dict(wv.most_similar(positive, ["man"], topn=10))
        assert found.keys() == {"queen", "King", "apple"}
        for word, similarity in found.items():
            assert similarity == pytest.approx(cosine(target, wv[word]), abs=1e-6)


def test_most_similar_to_a_vector(wv):
    found = wv.most_similar(wv["king"], topn=1)
    assert found == wv.most_similar([wv["king"]], topn=1)
    assert found[0][0] == "king"
    assert found[0][1] == pytest.approx(1)
    opposite = wv.most_similar(negative=wv["king"], topn=6)
    assert opposite[-1][0] == "king"


def test_topn_none_returns_all_cosines(wv):
    cosines = wv.most_similar("king", topn=None)
    assert cosines.shape == (6,)
    assert cosines[0] == pytest.approx(1)


def test_equal_neighbours_are_in_the_order_of_rows():
    kinds = np.random.default_rng(3).integers(0, 3, 500)
    kinds[3] = 0
    wv = KeyedVectors(range(500), np.eye(3, dtype=np.float32)[kinds])
    expected = [row for row in np.flatnonzero(kinds == 0) if row != 3]
    expected += np.flatnonzero(kinds).tolist()
    for topn in (4, 499):
        found = [word for word, _ in wv.most_similar(3, topn=topn)]
        assert found == expected[:topn]


def test_changes_of_vectors_take_effect_at_once(wv):
    last = wv.most_similar("king")[-1][0]
    wv.vectors[wv.key_to_index[last]] = 2 * wv["king"]
    assert wv.most_similar("king", topn=1)[0][0] == last
    wv.vectors *= 100
    assert wv.most_similar("king", topn=1)[0][1] <= 1 + 1e-6


def test_rows_of_zeros_or_not_finite():
    vectors = np.float32([[1, 0], [0, 0], [np.nan, 1], [np.inf, 1], [2, 1]])
    wv = KeyedVectors(list("abcde"), vectors)
    assert [word for word, _ in wv.most_similar("a", topn=5)] == ["e", "b"]
    assert wv.similarity("a", "b") == 0
    assert wv.get_vector("b", norm=True).tolist() == [0, 0]
    assert [s for _, s in wv.most_similar("b")] == [0, 0]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize(
    "ask",
    [
        lambda wv: wv.most_similar("a"),
        lambda wv: wv.most_similar(["b", ("a", -1)], topn=None),
        lambda wv: wv.most_similar_batch(["b", "a"]),
        lambda wv: wv.most_similar_batch([["b", "a"]]),
        lambda wv: wv.most_similar_cosmul(["b", "a"]),
        lambda wv: wv.similarity("b", "a"),
        lambda wv: wv.distance("a", "b"),
        lambda wv: wv.distances("a"),
        lambda wv: wv.rank("a", "b"),
        lambda wv: wv.rank("b", "a"),
        lambda wv: wv.doesnt_match(["a", "b", "c"]),
        lambda wv: wv.rank_by_centrality(["a", "b"], use_norm=False),
        lambda wv: wv.n_similarity(["a"], ["b"]),
        lambda wv: wv.get_mean_vector(["a", "b"]),
    ],
)
def test_a_vector_that_is_not_finite_is_named_by_what_needs_its_direction(ask, bad):
    wv = KeyedVectors(["b", "a", "c"], [[1, 0], [bad, 1], [0, 1]])
    with pytest.raises(ValueError, match=r"vector of 'a' has a value that is not fin"):
        ask(wv)


def test_a_query_that_is_not_finite_is_an_error_and_its_cosines_are_nan():
    wv, query = KeyedVectors(["a"], [[1, 2]]), np.array([np.nan, 1])
    for ask in (wv.most_similar, wv.similar_by_vector, wv.distances):
        with pytest.raises(ValueError, match=r"must have finite values, got \[nan, 1"):
            ask(query)
    assert np.isnan(wv.cosine_similarities(query, wv.vectors)).all()


@pytest.mark.parametrize(
    "ask",
    [
        lambda wv: wv.most_similar("king", topn=-1),
        lambda wv: wv.most_similar_cosmul("king", topn=-1),
        lambda wv: wv.similar_by_vector(wv["king"], topn=-2),
        lambda wv: wv.most_similar_batch(["king"], topn=-1),
        lambda wv: wv.most_similar("king", restrict_vocab=-1),
        lambda wv: wv.most_similar_batch(["king"], restrict_vocab=-1),
    ],
)
def test_numbers_below_zero_are_an_error(wv, ask):
    with pytest.raises(ValueError, match=r"(topn|restrict_vocab) must be at least 0"):
        ask(wv)


@pytest.mark.parametrize("topn", [0, np.uint8(0)])
def test_topn_zero_returns_nothing(wv, topn):
    assert wv.most_similar("king", topn=topn) == []


def test_a_single_key_has_no_neighbours():
    wv = KeyedVectors(["a"], np.ones((1, 2)))
    assert wv.most_similar("a") == []


def test_an_empty_query_or_another_dimension_is_an_error(wv):
    with pytest.raises(ValueError, match="at least one key or vector"):
        wv.most_similar()
    with pytest.raises(ValueError, match=r"shape \(8,\), got \(3,\)"):
        wv.most_similar(np.zeros(3))


@pytest.mark.parametrize(
    ("limits", "searched"),
    [
        ({"restrict_vocab": 3}, WORDS[:3]),
        ({"clip_start": 2}, WORDS[2:]),
        ({"clip_start": 1, "clip_end": 4}, WORDS[1:4]),
        ({"clip_end": 100}, WORDS),
        ({"clip_end": 0, "restrict_vocab": 0}, WORDS),
        ({"clip_start": 4, "clip_end": 5, "restrict_vocab": 2}, WORDS[:2]),
        ({"clip_start": 100}, []),
    ],
)
def test_the_search_can_be_restricted_to_some_rows(wv, limits, searched):
    expected = [pair for pair in wv.most_similar("man", topn=9) if pair[0] in searched]
    assert_same_neighbours(wv.most_similar("man", topn=9, **limits), expected)
    cosines = wv.most_similar("man", topn=None, **limits)
    assert len(cosines) == len(searched)


def test_a_pair_sets_the_weight(wv):
    expected = wv.most_similar([("king", 0.5)], ["man"])
    assert wv.most_similar([["king", 0.5]], ["man"]) == expected
    with pytest.raises(ValueError, match=r"a pair \(key, weight\), got \[1, 2, 3\]"):
        wv.most_similar([[1, 2, 3]])


def test_a_batch_agrees_with_single_queries(wv):
    queries = ["king", wv["man"], ["king", "woman", ("man", -1.0)], ["apple"]]
    singles = [
        ("king", None),
        (wv["man"], None),
        (["king", "woman"], ["man"]),
        ("apple", None),
    ]
    for topn in (1, 3, 100):
        for limits in ({}, {"restrict_vocab": 4}):
            found = wv.most_similar_batch(queries, topn, **limits)
            assert len(found) == 4
            for neighbours, single in zip(found, singles, strict=True):
                expected = wv.most_similar(*single, topn=topn, **limits)
                assert_same_neighbours(neighbours, expected)
                assert all(isinstance(cosine, float) for _, cosine in neighbours)


def test_a_batch_may_be_a_matrix_or_an_iterator(wv):
    found = wv.most_similar_batch(wv.vectors, topn=1)
    assert [neighbours[0][0] for neighbours in found] == WORDS
    (neighbours,) = wv.most_similar_batch(iter(["king"]))
    assert_same_neighbours(neighbours, wv.most_similar("king"))


def test_batches_with_nothing_to_return(wv):
    assert wv.most_similar_batch([]) == []
    assert wv.most_similar_batch(["king", "man"], topn=0) == [[], []]
    alone = KeyedVectors(["a"], np.ones((1, 2)))
    assert alone.most_similar_batch(["a"]) == [[]]


def test_errors_of_a_batch_are_those_of_single_queries(wv):
    with pytest.raises(KeyError, match="did you mean 'queen'"):
        wv.most_similar_batch(["king", "quen"])
    with pytest.raises(ValueError, match="at least one key or vector"):
        wv.most_similar_batch(["king", []])
    with pytest.raises(ValueError, match=r"shape \(8,\), got \(3,\)"):
        wv.most_similar_batch(np.zeros((2, 3)))


def test_cosmul_of_one_key_ranks_like_most_similar(wv):
    found = wv.most_similar_cosmul("king", topn=9)
    expected = wv.most_similar("king", topn=9)
    assert [word for word, _ in found] == [word for word, _ in expected]
    assert [score for _, score in found] == pytest.approx(
        [(1 + cosine) / 2 for _, cosine in expected], abs=1e-5
    )


def test_cosmul_excludes_the_keys_of_the_query(wv):
    found = wv.most_similar_cosmul(["king", "woman"], ["man"], topn=9)
    assert {word for word, _ in found} == {"queen", "King", "apple"}
    assert len(wv.most_similar_cosmul("king", topn=9, restrict_vocab=3)) == 2
    assert wv.most_similar_cosmul("king", topn=None).shape == (6,)
    assert wv.most_similar_cosmul("king", topn=0) == []
    with pytest.raises(ValueError, match="as positive"):
        wv.most_similar_cosmul(negative="king")


# --- similarities -----------------------------------------------------------------


def test_distances_are_one_minus_the_cosine(wv):
    expected = [1 - cosine(wv["king"], wv[word]) for word in WORDS]
    assert wv.distances("king") == pytest.approx(expected, abs=1e-6)
    assert wv.distances("king", ["man", "king"]) == pytest.approx(
        [expected[2], expected[0]], abs=1e-6
    )
    assert wv.distances(wv["king"] * 5) == pytest.approx(expected, abs=1e-6)
    assert wv.distance("king", "man") == pytest.approx(expected[2])
    with pytest.raises(KeyError):
        wv.distances("king", ["quen"])


def test_ranks_start_at_one(wv):
    for rank, (word, _) in enumerate(wv.most_similar("king", topn=9), 1):
        assert wv.rank("king", word) == rank
        assert len(wv.closer_than("king", word)) == rank - 1
    nearest = wv.most_similar("king", topn=3)
    assert set(wv.closer_than("king", nearest[2][0])) == {w for w, _ in nearest[:2]}


def test_cosines_with_a_zero_vector_are_zero():
    found = KeyedVectors.cosine_similarities([1, 0], [[2, 0], [0, 0], [0, 3]])
    assert found.tolist() == [1, 0, 0]
    assert KeyedVectors.cosine_similarities([0, 0], [[2, 0]]).tolist() == [0]


def test_most_similar_to_given_selects_from_a_list(wv):
    assert wv.most_similar_to_given("king", ["man", "king", "apple"]) == "king"
    with pytest.raises(ValueError, match="keys_list is empty"):
        wv.most_similar_to_given("king", [])


def test_relative_similarity_divides_by_the_nearest_keys(wv):
    nearest = wv.most_similar("king", topn=2)
    expected = wv.similarity("king", "man") / sum(cosine for _, cosine in nearest)
    assert wv.relative_cosine_similarity("king", "man", topn=2) == pytest.approx(
        expected, abs=1e-6
    )
    with pytest.raises(ValueError, match="'king' has no neighbours"):
        wv.relative_cosine_similarity("king", "man", topn=0)


def test_the_least_central_key_does_not_match():
    vectors = np.float32([[1, 0], [1, 0.1], [0.9, 0], [-1, 5]])
    wv = KeyedVectors(["cat", "dog", "mouse", "train"], vectors)
    assert wv.doesnt_match(["train", "dog", "cat", "mouse"]) == "train"
    ranked = wv.rank_by_centrality(wv.index_to_key)
    assert [word for _, word in ranked][-1] == "train"
    assert ranked[0][0] > ranked[-1][0]
    with pytest.warns(UserWarning, match="missing keys ignored: 'bus'"):
        assert wv.doesnt_match(["cat", "bus", "train", "dog"]) == "train"
    with (
        pytest.warns(UserWarning, match="missing keys ignored"),
        pytest.raises(ValueError, match="none of the 1 words"),
    ):
        wv.doesnt_match(["bus"])


def test_means_and_similarities_of_sets(wv):
    mean = (wv["king"] - 3 * wv["man"]) / 4
    found = wv.get_mean_vector(["king", "man"], [1, -3], pre_normalize=False)
    assert found == pytest.approx(mean, abs=1e-6)
    assert wv.get_mean_vector(["x", "y"]).tolist() == [0] * 8
    with pytest.raises(KeyError, match="did you mean 'queen'"):
        wv.get_mean_vector(["king", "quen"], ignore_missing=False)
    with pytest.raises(KeyError, match=r"1 is not .* a number is a key here"):
        wv.get_mean_vector([1, 2])
    with pytest.raises(ValueError, match="no keys to take the mean of"):
        wv.get_mean_vector([])
    with pytest.raises(ValueError, match=r"2 keys and weights of shape \(1,\)"):
        wv.get_mean_vector(["king", "man"], [1])
    assert wv.n_similarity(["king"], ["man"]) == pytest.approx(
        wv.similarity("king", "man"), abs=1e-6
    )
    assert wv.n_similarity(["king"], ["x"]) == 0
    for error in (ValueError, ZeroDivisionError):  # the latter is gensim's
        with pytest.raises(error, match="no keys to take the mean of"):
            wv.n_similarity([], ["man"])


def test_a_single_string_is_not_a_list_of_letters():
    wv = KeyedVectors(["a", "b"], np.eye(2, dtype=np.float32))
    for ask in (wv.most_similar_batch, wv.doesnt_match, wv.rank_by_centrality):
        with pytest.raises(TypeError, match=r"must be a list, got 'ab'. .* \['ab'\]"):
            ask("ab")


@pytest.mark.parametrize("options", [{}, {"topn": 2}, {"restrict_vocab": 3}])
def test_similar_by_key_word_and_vector_agree_with_most_similar(wv, options):
    expected = wv.most_similar("king", **options)
    assert wv.similar_by_key("king", **options) == expected
    assert wv.similar_by_word("king", **options) == expected
    by_vector = wv.similar_by_vector(wv["king"].tolist(), **options)
    assert_same_neighbours(by_vector, wv.most_similar(wv["king"], **options))
    assert by_vector[0][0] == "king"  # a vector excludes no key
