"""Look-up: keys, rows, vectors and unit vectors, missing keys, old names."""

import copy
import json
import pickle

import numpy as np
import pytest

from w2vfast import KeyedVectors
from w2vfast.vectors.table import locked_keys

WORDS = ["king", "queen", "man", "woman", "King", "apple"]


@pytest.fixture
def wv():
    vectors = np.random.default_rng(1).normal(size=(len(WORDS), 8)).astype(np.float32)
    return KeyedVectors(WORDS, vectors, counts=[60, 50, 40, 30, 20, 10])


@pytest.fixture
def numbered():
    vectors = np.arange(1, 9, dtype=np.float32).reshape(4, 2)
    return KeyedVectors([5, 0, 17, 3], vectors)


def test_words_have_rows_vectors_and_counts(wv):
    assert len(wv) == 6
    assert wv.vector_size == 8
    assert wv.index_to_key == WORDS
    assert wv.key_to_index == {word: row for row, word in enumerate(WORDS)}
    assert np.array_equal(wv["man"], wv.vectors[2])
    assert "man" in wv
    assert "Man" not in wv
    assert wv.counts.dtype == np.int64
    assert repr(wv) == "KeyedVectors(6 keys, vector_size=8)"


def test_several_keys_return_a_matrix(wv):
    assert np.array_equal(wv[["man", "king", "man"]], wv.vectors[[2, 0, 2]])
    assert wv[[]].shape == (0, 8)


def test_the_constructor_does_not_copy_an_array(wv):
    again = KeyedVectors(WORDS, wv.vectors)
    assert np.shares_memory(again.vectors, wv.vectors)


def test_look_ups_return_copies(wv):
    before = wv.vectors.copy()
    for vectors in (
        wv["king"],
        wv[["king"]],
        wv.get_vector("king"),
        wv.get("king"),
        wv.get_vector("king", norm=True),
        wv.get_normed_vectors(),
    ):
        vectors[:] = 7
    assert np.array_equal(wv.vectors, before)


def test_padded_rows_are_used_without_a_copy(wv):
    padded = np.zeros((6, 16), np.float32)
    padded[:, :8] = wv.vectors
    strided = KeyedVectors(WORDS, padded[:, :8])
    assert np.shares_memory(strided.vectors, padded)
    found, expected = strided.most_similar("king"), wv.most_similar("king")
    assert dict(found) == pytest.approx(dict(expected), abs=1e-6)
    assert strided.similarity("king", "man") == wv.similarity("king", "man")


def test_unit_vectors_have_length_one(wv):
    unit = wv.get_vector("king", norm=True)
    assert np.linalg.norm(unit) == pytest.approx(1, abs=1e-6)
    assert unit == pytest.approx(wv["king"] / np.linalg.norm(wv["king"]))
    assert unit.dtype == np.float32
    assert wv.get_normed_vectors()[0] == pytest.approx(unit)


@pytest.mark.parametrize("key", [17, np.int64(17), np.int32(17)])
def test_integers_of_any_type_are_keys(numbered, key):
    assert numbered[key].tolist() == [5, 6]
    assert key in numbered
    assert numbered[[key, 0]].tolist() == [[5, 6], [3, 4]]
    assert numbered.most_similar(key, topn=1)[0][0] in (5, 0, 3)
    assert 2 not in numbered


def test_an_array_of_keys_becomes_python_integers():
    wv = KeyedVectors(np.array([4, 2]), np.eye(2, dtype=np.float32))
    assert json.dumps(wv.index_to_key) == "[4, 2]"
    assert wv[np.array([2, 4])].tolist() == [[0, 1], [1, 0]]


def test_look_up_finds_the_first_of_duplicate_words():
    wv = KeyedVectors(["a", "b", "a"], np.eye(3, dtype=np.float32))
    assert wv["a"].tolist() == [1, 0, 0]
    assert len(wv) == 3


@pytest.mark.parametrize(
    "use",
    [
        lambda wv, key: wv[key],
        lambda wv, key: wv[["king", key]],
        lambda wv, key: wv.get_vector(key),
        lambda wv, key: wv.get_index(key),
        lambda wv, key: wv.get_vecattr(key, "count"),
        lambda wv, key: wv.set_vecattr(key, "count", 1),
        lambda wv, key: wv.similarity("king", key),
        lambda wv, key: wv.most_similar(key),
        lambda wv, key: wv.most_similar(positive=["king"], negative=[key]),
        lambda wv, key: wv.most_similar_batch(["king", key]),
        lambda wv, key: wv.most_similar_cosmul(key),
        lambda wv, key: wv.distances("king", [key]),
        lambda wv, key: wv.get_mean_vector([key], ignore_missing=False),
    ],
)
def test_every_use_of_a_missing_key_suggests_similar_keys(wv, use):
    with pytest.raises(KeyError, match=r"'quen' is not in .* did you mean 'queen'"):
        use(wv, "quen")


@pytest.mark.parametrize(
    ("keys", "vectors", "counts"),
    [
        (["a"], np.zeros((2, 3)), None),
        (["a"], np.zeros(3), None),
        (["a"], np.zeros((1, 3)), [1, 2]),
    ],
)
def test_different_lengths_are_an_error(keys, vectors, counts):
    with pytest.raises(ValueError, match="got 1 keys and"):
        KeyedVectors(keys, vectors, counts)


def test_lists_and_integers_become_float32():
    assert KeyedVectors(["a"], [[1, 2]]).vectors.dtype == np.float32


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda x: x])
def test_copies_and_pickles_are_equivalent(wv, duplicate):
    again = pickle.loads(pickle.dumps(duplicate(wv)))
    assert again.most_similar("king") == wv.most_similar("king")
    assert np.array_equal(again.counts, wv.counts)
    assert again.key_to_index == wv.key_to_index


def test_get_returns_a_default_for_missing_keys(wv):
    assert np.array_equal(wv.get("king"), wv.vectors[0])
    assert wv.get("prince") is None
    nothing = np.zeros(8)
    assert wv.get("prince", nothing) is nothing


def test_get_index_returns_the_row_or_a_default(wv):
    assert wv.get_index("man") == 2
    assert wv.get_index("boy", default=-1) == -1
    assert wv.get_index("king", default=-1) == 0
    assert wv.has_index_for("man")
    assert not wv.has_index_for("boy")


def test_an_integer_is_a_key_and_never_a_row(wv):
    with pytest.raises(KeyError, match="0 is not in the vocabulary of 6 words"):
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
def test_names_of_gensim_3_raise_an_error_with_the_current_name(wv, old, today):
    assert not hasattr(wv, old)
    with pytest.raises(
        AttributeError, match=rf"{old} of gensim's vectors is here .*{today}"
    ):
        getattr(wv, old)
    assert hasattr(wv, today)


def test_other_unknown_names_raise_the_usual_error(wv):
    with pytest.raises(
        AttributeError, match="'KeyedVectors' object has no attribute 'x'"
    ):
        _ = wv.x


def test_results_computed_from_float16_are_float32():
    vectors = np.random.default_rng(4).normal(size=(6, 6)) * 300
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


def test_factors_of_the_learning_rate_belong_to_rows(wv):
    assert wv.vectors_lockf.tolist() == [1] * len(wv)
    wv.vectors_lockf[1] = 0
    assert locked_keys(wv) == [wv.index_to_key[1]]
    wv.vectors_lockf = 1  # gensim's default is an array of one factor
    assert locked_keys(wv) == []
    with pytest.raises(ValueError, match=rf"one factor for each of {len(wv)} rows"):
        wv.vectors_lockf = np.ones(2)
    wv.vectors_lockf[0] = 0.5
    with pytest.raises(ValueError, match=r"vectors_lockf must be 0 or 1 .* got 0\.5"):
        locked_keys(wv)
