"""Keys, vectors and attributes: look-up with defaults, adding, sorting, old names."""

import copy
import pickle

import numpy as np
import pytest

from w2vfast import KeyedVectors, Word2Vec

WORDS = ["king", "queen", "man", "woman"]
SENTENCES = [["a", "b", "c", "a", "d"], ["b", "a", "c"]] * 20


@pytest.fixture
def wv():
    vectors = np.arange(12, dtype=np.float32).reshape(4, 3) + 1
    return KeyedVectors(WORDS, vectors, counts=[40, 30, 20, 10])


@pytest.fixture(scope="module")
def model():
    return Word2Vec(
        SENTENCES, vector_size=4, min_count=1, epochs=1, workers=1, progress=False
    )


# --- look-up ----------------------------------------------------------------------


def test_get_returns_a_default_for_missing_keys(wv):
    assert wv.get("king").tolist() == [1, 2, 3]
    assert wv.get("prince") is None
    nothing = np.zeros(3)
    assert wv.get("prince", nothing) is nothing


def test_rows_of_keys(wv):
    assert wv.get_index("man") == 2
    assert wv.get_index("boy", default=-1) == -1
    assert wv.get_index("king", default=-1) == 0
    with pytest.raises(KeyError, match="did you mean 'queen'"):
        wv.get_index("quen")


def test_a_number_is_a_key_and_never_a_row(wv):
    with pytest.raises(KeyError, match="0 is not among the 4 keys"):
        wv.get_index(0)


@pytest.mark.parametrize(
    ("old", "today"),
    [
        ("index2word", "index_to_key"),
        ("index2entity", "index_to_key"),
        ("vocab", "key_to_index"),
        ("vocab", "get_vecattr"),
        ("vectors_norm", "get_normed_vectors"),
        ("syn0", "vectors"),
        ("syn0norm", "get_normed_vectors"),
        ("init_sims", "get_normed_vectors"),
        ("word_vec", "get_vector"),
        ("words_closer_than", "closer_than"),
        ("accuracy", "evaluate_word_analogies"),
    ],
)
def test_names_of_gensim_3_give_those_of_today(wv, old, today):
    assert not hasattr(wv, old)
    with pytest.raises(AttributeError, match=rf"gensim 3's {old} is today .*{today}"):
        getattr(wv, old)
    assert hasattr(wv, today)


def test_other_unknown_names_are_ordinary_errors(wv):
    with pytest.raises(
        AttributeError, match="'KeyedVectors' object has no attribute 'x'"
    ):
        _ = wv.x


def test_what_is_computed_from_float16_is_float32():
    vectors = np.random.default_rng(4).normal(size=(4, 6)) * 300
    wv = KeyedVectors(WORDS, vectors.astype(np.float32))
    half = KeyedVectors(WORDS, vectors.astype(np.float16))
    for found in (
        half["king"],
        half[["king", "man"]],
        half.get("king"),
        half.get_vector("king", norm=True),
        half.get_mean_vector(["king", "man"], pre_normalize=False),
        half.get_normed_vectors(),
    ):
        assert found.dtype == np.float32
    assert np.isfinite(half["king"] @ half["king"])  # overflows in float16
    assert half["king"].tolist() == half.vectors[0].tolist()
    assert half.similarity("king", "queen") == pytest.approx(
        wv.similarity("king", "queen"), abs=1e-3
    )
    expected = [word for word, _ in wv.most_similar("king")]
    assert [word for word, _ in half.most_similar("king")] == expected
    assert [word for word, _ in half.most_similar_batch(["king"])[0]] == expected


# --- attributes -------------------------------------------------------------------


def test_counts_are_an_attribute(wv):
    assert wv.get_vecattr("queen", "count") == 30
    wv.set_vecattr("queen", "count", 33)
    assert wv.counts.tolist() == [40, 33, 20, 10]
    wv.counts = None
    with pytest.raises(KeyError, match="no key has an attribute 'count'"):
        wv.get_vecattr("queen", "count")
    wv.set_vecattr("man", "count", 5)
    assert wv.counts.tolist() == [0, 0, 5, 0]
    assert wv.counts.dtype == np.int64


def test_counts_that_are_given_are_not_changed(wv):
    given = np.array([4, 3, 2, 1])
    wv.counts = given
    wv.set_vecattr("king", "count", 7)
    assert given.tolist() == [4, 3, 2, 1]


@pytest.mark.parametrize(
    ("value", "dtype", "blank"),
    [
        (3, np.int64, 0),
        (np.int16(3), np.int64, 0),
        (0.5, np.float64, 0),
        (np.float32(0.5), np.float64, 0),
        (True, np.bool_, False),
        ("noun", object, None),
        (["noun", "title"], object, None),
    ],
)
def test_the_first_value_settles_the_type(wv, value, dtype, blank):
    wv.set_vecattr("man", "x", value)
    assert wv.expandos["x"].dtype == dtype
    assert wv.get_vecattr("man", "x") == value
    assert wv.get_vecattr("king", "x") == blank


@pytest.mark.parametrize(("first", "second"), [(1, 1.5), (1, "a"), (True, 2)])
def test_a_value_of_another_type_is_refused(wv, first, second):
    wv.set_vecattr("man", "x", first)
    with pytest.raises(TypeError, match="attribute 'x' has type"):
        wv.set_vecattr("king", "x", second)
    assert wv.get_vecattr("man", "x") == first


def test_counts_are_whole_numbers_from_the_start(wv):
    wv.counts = None
    with pytest.raises(TypeError, match="attribute 'count' has type int64"):
        wv.set_vecattr("man", "count", 1.5)
    assert wv.counts is None


def test_attributes_of_missing_keys(wv):
    with pytest.raises(KeyError, match="did you mean 'queen'"):
        wv.set_vecattr("quen", "x", 1)
    assert "x" not in wv.expandos
    with pytest.raises(KeyError, match="did you mean 'queen'"):
        wv.get_vecattr("quen", "count")
    with pytest.raises(KeyError, match="'x'; known attributes: 'count'"):
        wv.get_vecattr("king", "x")


# --- adding -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "empty", [lambda: KeyedVectors(3), lambda: KeyedVectors(vector_size=3)]
)
def test_a_table_grows_from_nothing(empty):
    wv = empty()
    assert (len(wv), wv.vector_size) == (0, 3)
    assert wv.add_vector("a", [1, 0, 0]) == 0
    wv.add_vectors(["b", "c"], np.eye(3)[1:])
    assert wv.index_to_key == ["a", "b", "c"]
    assert np.array_equal(wv.vectors, np.eye(3))
    assert wv.vectors.dtype == np.float32
    assert wv.most_similar(["b", "c"], topn=1)[0][0] == "a"


@pytest.mark.parametrize("size", [None, 0, -1])
def test_an_empty_table_needs_a_dimension(size):
    with pytest.raises(ValueError, match="vector_size must be at least 1"):
        KeyedVectors(vector_size=size)


def test_known_keys_keep_their_vectors_unless_replaced(wv):
    wv.add_vectors(["man", "boy"], np.zeros((2, 3)))
    assert wv["man"].tolist() == [7, 8, 9]
    assert wv.index_to_key == [*WORDS, "boy"]
    wv.add_vectors(["girl", "man"], [[1, 1, 1], [2, 2, 2]], replace=True)
    assert wv[["girl", "man"]].tolist() == [[1, 1, 1], [2, 2, 2]]
    assert wv.get_index("girl") == 5
    assert wv["woman"].tolist() == [10, 11, 12]


def test_items_are_set_known_or_new(wv):
    wv["man"] = np.zeros(3)
    wv[["boy", "king"]] = np.ones((2, 3))
    assert wv["man"].tolist() == [0, 0, 0]
    assert wv["king"].tolist() == wv["boy"].tolist() == [1, 1, 1]


def test_attributes_of_new_keys(wv):
    extras = {"count": [7, 8], "kind": ["noun", "verb"]}
    wv.add_vectors(["boy", "king"], np.zeros((2, 3)), extras)
    assert wv.counts.tolist() == [40, 30, 20, 10, 7]
    assert wv.expandos["kind"].tolist() == [None] * 4 + ["noun"]
    wv.add_vectors(["king"], np.zeros((1, 3)), {"count": [9]}, replace=True)
    assert wv.get_vecattr("king", "count") == 9
    wv.add_vector("girl", np.zeros(3))
    assert wv.get_vecattr("girl", "count") == 0
    wv.add_vectors(["king"], np.zeros((1, 3)), {"new": [0.5]}, replace=True)
    assert wv.expandos["new"].tolist() == [0.5, 0, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("keys", "weights", "extras", "error", "message"),
    [
        (["x"], np.zeros((1, 2)), None, ValueError, r"shape \(1, 2\); pass shape"),
        (["x", "y"], np.zeros((1, 3)), None, ValueError, r"pass shape \(2, 3\)"),
        (["x", "y", "x"], np.zeros((3, 3)), None, ValueError, "'x' more than once"),
        (["x"], np.zeros((1, 3)), {"a": [1, 2]}, ValueError, r"extras\['a'\] must"),
        (["x"], np.zeros((1, 3)), {"count": [0.5]}, TypeError, "'count' has type"),
    ],
)
def test_what_does_not_fit_is_refused_whole(wv, keys, weights, extras, error, message):
    with pytest.raises(error, match=message):
        wv.add_vectors(keys, weights, extras)
    assert (len(wv), wv.vectors.shape, list(wv.expandos)) == (4, (4, 3), ["count"])


def test_integer_keys_stay_plain_integers():
    wv = KeyedVectors(2)
    wv.add_vectors(np.array([17, 4]), np.eye(2))
    assert type(wv.index_to_key[0]) is int
    assert wv[17].tolist() == [1, 0]


def test_a_shallow_copy_does_not_grow_with_the_original(wv):
    other = copy.copy(wv)
    wv.add_vectors(["boy"], np.zeros((1, 3)), {"x": [1]})
    assert other.index_to_key == WORDS
    assert len(other.key_to_index) == len(other.vectors) == len(other.counts) == 4
    assert "x" not in other.expandos


def test_a_single_new_key_does_not_change_a_type(wv):
    half = KeyedVectors(WORDS, wv.vectors.astype(np.float16))
    half.add_vector("boy", [1, 2, 3])
    assert half.vectors.dtype == np.float16


# --- the rows of a model ----------------------------------------------------------


def test_the_rows_of_a_model_are_fixed_but_may_be_written_to(model):
    with pytest.raises(RuntimeError, match=r"cannot add keys: .*copy\.deepcopy"):
        model.wv.add_vector("new", np.zeros(4))
    with pytest.raises(RuntimeError, match="cannot change their order"):
        model.wv.sort_by_descending_frequency()
    model.wv.add_vectors(["a"], np.full((1, 4), 0.5), replace=True)
    assert model.wv["a"].tolist() == [0.5] * 4
    model.train(SENTENCES, epochs=1)
    assert len(model.wv) == len(model.wv.vectors) == 4


@pytest.mark.parametrize(
    "duplicate",
    [copy.copy, copy.deepcopy, lambda wv: pickle.loads(pickle.dumps(wv))],
)
def test_copies_of_a_models_vectors_may_grow(model, duplicate):
    wv = duplicate(model.wv)
    wv.add_vector("new", np.zeros(4))
    assert len(wv) == 5
    assert len(model.wv) == len(model.wv.vectors) == 4


# --- order and choice -------------------------------------------------------------


def test_rows_are_sorted_by_count(wv):
    wv.counts = [5, 9, 5, 12]
    wv.set_vecattr("man", "kind", "noun")
    before = {word: wv[word].tolist() for word in WORDS}
    wv.sort_by_descending_frequency()
    assert wv.index_to_key == ["woman", "queen", "king", "man"]
    assert wv.counts.tolist() == [12, 9, 5, 5]
    assert wv.key_to_index == {word: n for n, word in enumerate(wv.index_to_key)}
    assert {word: wv[word].tolist() for word in WORDS} == before
    assert wv.get_vecattr("man", "kind") == "noun"


def test_sorting_needs_counts():
    with pytest.raises(ValueError, match="no counts to sort by"):
        KeyedVectors(["a"], [[1.0]]).sort_by_descending_frequency()


def test_vectors_for_some_keys(wv):
    chosen = wv.vectors_for_all(iter(["man", "boy", "king", "man"]))
    assert chosen.index_to_key == ["man", "king"]
    assert np.array_equal(chosen.vectors, wv.vectors[[2, 0]])
    assert chosen.counts is None
    assert wv.vectors_for_all(["man"], copy_vecattrs=True).counts.tolist() == [20]
    chosen.vectors[:] = 0
    assert wv["man"].any()
    assert len(wv.vectors_for_all([])) == 0
