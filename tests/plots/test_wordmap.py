"""Which words are on a map, and where."""

import sys
import warnings

import numpy as np
import pytest

from w2vfast import KeyedVectors
from w2vfast.plots.wordmap import METHODS, readable, word_map


def random_vectors(n=50, dim=8, keys=None):
    rng = np.random.default_rng(3)
    keys = [f"w{i}" for i in range(n)] if keys is None else keys
    return KeyedVectors(keys, rng.standard_normal((len(keys), dim), dtype=np.float32))


def distances(points):
    return np.linalg.norm(points[:, None] - points, axis=-1)


# ---- which words ---------------------------------------------------------------------


def test_the_most_frequent_words_are_taken_without_the_sentence_end():
    vectors = random_vectors(keys=["</s>", "the", "of", "and", "to"])
    assert word_map(vectors, top=3).words == ["the", "of", "and"]
    assert word_map(vectors, top=99).words == ["the", "of", "and", "to"]
    assert word_map(vectors, top=1).rows.tolist() == [1]


def test_chosen_words_are_taken_once_the_most_frequent_first():
    chosen = word_map(random_vectors(), ["w7", "w3", "w7", "w30"])
    assert chosen.words == ["w3", "w7", "w30"]
    assert chosen.rows.tolist() == [3, 7, 30]
    assert chosen.points.shape == (3, 2)


def test_integer_keys_are_words_too():
    vectors = KeyedVectors(np.arange(5), np.eye(5, dtype=np.float32))
    assert word_map(vectors, [4, 2]).words == ["2", "4"]


def test_unknown_words_are_left_out_with_a_warning_that_names_them():
    with pytest.warns(UserWarning, match=r"2 of 3 words .* left out: 'no', 'nor'"):
        chosen = word_map(random_vectors(), ["no", "w1", "nor"])
    assert chosen.words == ["w1"]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"words": ["no"]}, ValueError, r"none of the words \('no'\)"),
        ({"words": []}, ValueError, "no word to draw"),
        ({"words": "w1"}, TypeError, r"Use \['w1'\]"),
        ({"top": 0}, ValueError, "top must be at least 1, got 0"),
        ({"method": "lda"}, ValueError, "one of pca, tsne, umap; got 'lda'"),
    ],
)
def test_what_cannot_be_drawn_is_an_error_that_says_why(options, error, message):
    with pytest.raises(error, match=message):
        word_map(random_vectors(), **options)


def test_no_vectors_are_an_error():
    with pytest.raises(ValueError, match="the vectors are empty"):
        word_map(KeyedVectors([], np.zeros((0, 3))))


def test_a_vector_that_is_not_finite_is_named():
    vectors = random_vectors()
    vectors.vectors[2, 1] = np.nan
    with pytest.raises(ValueError, match="vector of 'w2' is not finite"):
        word_map(vectors)
    word_map(vectors, ["w1", "w3"])


def test_words_are_made_readable():
    odd = b"caf\xe9".decode("utf-8", "surrogateescape")
    assert readable(odd) == "caf\ufffd"
    assert readable("two\nlines\x07\u2028") == "two lines  "
    assert readable("月 <b>") == "月 <b>"
    assert readable(17) == "17"


# ---- where ---------------------------------------------------------------------------


def test_pca_is_the_projection_on_the_two_largest_directions():
    vectors = random_vectors(40, 6)
    unit = vectors.vectors / np.linalg.norm(vectors.vectors, axis=1, keepdims=True)
    variances, axes = np.linalg.eigh(np.cov(unit.T, bias=True))
    expected = (unit - unit.mean(axis=0)) @ axes[:, [-1, -2]]
    chosen = word_map(vectors)
    signs = np.sign((expected * chosen.points).sum(axis=0))
    np.testing.assert_allclose(chosen.points, expected * signs, atol=1e-5)
    share = variances[-2:].sum() / variances.sum()
    assert chosen.note == f"40 words, PCA: {share:.0%} of the variance"


def test_pca_of_the_plane_keeps_all_distances():
    angles = np.linspace(0, 5, 20)
    plane = np.column_stack([np.cos(angles), np.sin(angles)])
    turned = plane @ np.linalg.qr(np.random.default_rng(0).normal(size=(9, 2)))[0].T
    chosen = word_map(KeyedVectors([f"w{i}" for i in range(20)], turned))
    np.testing.assert_allclose(distances(chosen.points), distances(plane), atol=1e-6)
    assert "100% of the variance" in chosen.note


def test_the_length_of_a_vector_does_not_matter():
    vectors = random_vectors()
    before = word_map(vectors).points
    vectors.vectors *= np.linspace(0.1, 30, len(vectors))[:, None].astype(np.float32)
    np.testing.assert_allclose(word_map(vectors).points, before, atol=1e-5)


def test_pca_does_not_flip():
    # The largest part of each direction is positive.
    vectors = random_vectors()
    points = word_map(vectors).points
    unit = vectors.vectors / np.linalg.norm(vectors.vectors, axis=1, keepdims=True)
    for axis in ((unit - unit.mean(axis=0)).T @ points).T:
        assert axis[np.argmax(np.abs(axis))] > 0
    opposite = KeyedVectors(vectors.index_to_key, -vectors.vectors)
    np.testing.assert_allclose(word_map(opposite).points, -points, atol=1e-6)
    np.testing.assert_array_equal(word_map(vectors, seed=9).points, points)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (2, 1), (2, 5), (5, 1), (3, 2)])
def test_pca_of_little_has_two_columns_of_numbers(shape):
    vectors = np.random.default_rng(0).normal(size=shape)
    chosen = word_map(KeyedVectors([f"w{i}" for i in range(shape[0])], vectors))
    assert chosen.points.shape == (shape[0], 2)
    assert np.isfinite(chosen.points).all()
    assert chosen.note.startswith("1 word," if shape[0] == 1 else f"{shape[0]} words,")


def test_equal_and_zero_vectors_lie_in_one_place():
    points = word_map(KeyedVectors("abc", np.ones((3, 4)))).points
    np.testing.assert_allclose(points, 0, atol=1e-6)
    points = word_map(KeyedVectors("abc", np.zeros((3, 4)))).points
    np.testing.assert_array_equal(points, 0)


PACKAGES = {
    "tsne": ("sklearn.manifold", "scikit-learn"),
    "umap": ("umap", "umap-learn"),
}


@pytest.mark.parametrize("method", PACKAGES)
def test_a_method_without_its_package_says_what_to_install(method, monkeypatch):
    module, package = PACKAGES[method]
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=f"pip install {package}, or take .*'pca'"):
        word_map(random_vectors(), method=method)


@pytest.mark.parametrize("method", PACKAGES)
def test_too_few_words_for_neighbourhoods_are_an_error(method):
    with pytest.raises(ValueError, match=f"{method}.* at least 4 words, got 3"):
        word_map(random_vectors(3), method=method)


@pytest.fixture(params=PACKAGES)
def method(request):
    module, package = PACKAGES[request.param]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what they say while they are imported
        pytest.importorskip(module, reason=f"{package} is not installed")
    return request.param


def test_neighbourhood_methods_keep_groups_together(method):
    rng = np.random.default_rng(1)
    groups = np.repeat(np.eye(2, 20), 30, axis=0)
    vectors = groups + rng.normal(0, 0.05, groups.shape)
    vectors = KeyedVectors([f"w{i}" for i in range(60)], vectors)
    chosen = word_map(vectors, method=method)
    apart = distances(chosen.points)
    np.fill_diagonal(apart, np.inf)
    assert ((apart.argmin(axis=1) < 30) == (np.arange(60) < 30)).all()
    np.testing.assert_array_equal(
        chosen.points, word_map(vectors, method=method).points
    )
    other = word_map(vectors, method=method, seed=2).points
    assert method == "tsne" or not np.array_equal(chosen.points, other)


@pytest.mark.parametrize("n", [4, 5, 16, 17])
def test_neighbourhood_methods_take_few_words(method, n):
    points = word_map(random_vectors(n), method=method).points
    assert points.shape == (n, 2)
    assert np.isfinite(points).all()


def test_all_methods_are_tested():
    assert set(METHODS) == {"pca", *PACKAGES}
