"""Positions of the words: PCA, t-SNE and UMAP."""

import sys
import warnings

import numpy as np
import pytest
from plot_helpers import numbered_vectors

from w2vfast import KeyedVectors
from w2vfast.plots.layout import METHODS
from w2vfast.plots.wordmap import word_map

PACKAGES = {
    "tsne": ("sklearn.manifold", "scikit-learn"),
    "umap": ("umap", "umap-learn"),
}


def unit(vectors):
    return vectors.vectors / np.linalg.norm(vectors.vectors, axis=1, keepdims=True)


def distances(points):
    return np.linalg.norm(points[:, None] - points, axis=-1)


def test_all_methods_are_tested():
    assert set(METHODS) == {"pca", *PACKAGES}


# ---- PCA -----------------------------------------------------------------------------


def test_pca_projects_onto_the_two_directions_of_the_largest_variance():
    vectors = numbered_vectors(40)
    variances, axes = np.linalg.eigh(np.cov(unit(vectors).T, bias=True))
    expected = (unit(vectors) - unit(vectors).mean(axis=0)) @ axes[:, [-1, -2]]
    chosen = word_map(vectors)
    signs = np.sign((expected * chosen.points).sum(axis=0))
    np.testing.assert_allclose(chosen.points, expected * signs, atol=1e-5)
    share = variances[-2:].sum() / variances.sum()
    assert chosen.note == f"40 words, PCA: {share:.0%} of the variance"


def test_pca_of_vectors_in_a_plane_keeps_all_distances():
    angles = np.linspace(0, 5, 20)
    plane = np.column_stack([np.cos(angles), np.sin(angles)])
    rotated = plane @ np.linalg.qr(np.random.default_rng(0).normal(size=(9, 2)))[0].T
    chosen = word_map(KeyedVectors([f"w{i}" for i in range(20)], rotated))
    np.testing.assert_allclose(distances(chosen.points), distances(plane), atol=1e-6)
    assert "100% of the variance" in chosen.note


def test_pca_does_not_depend_on_the_lengths_of_vectors():
    vectors = numbered_vectors(50)
    before = word_map(vectors).points
    vectors.vectors *= np.linspace(0.1, 30, len(vectors))[:, None].astype(np.float32)
    np.testing.assert_allclose(word_map(vectors).points, before, atol=1e-5)


def test_pca_axes_have_a_fixed_sign():
    # The component with the largest magnitude is positive.
    vectors = numbered_vectors(50)
    points = word_map(vectors).points
    for axis in ((unit(vectors) - unit(vectors).mean(axis=0)).T @ points).T:
        assert axis[np.argmax(np.abs(axis))] > 0
    opposite = KeyedVectors(vectors.index_to_key, -vectors.vectors)
    np.testing.assert_allclose(word_map(opposite).points, -points, atol=1e-6)


def test_pca_does_not_depend_on_the_seed():
    vectors = numbered_vectors(50)
    np.testing.assert_array_equal(
        word_map(vectors, seed=9).points, word_map(vectors).points
    )


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (2, 1), (2, 5), (5, 1), (3, 2)])
def test_pca_of_few_words_or_dimensions_has_two_finite_columns(shape):
    vectors = np.random.default_rng(0).normal(size=shape)
    chosen = word_map(KeyedVectors([f"w{i}" for i in range(shape[0])], vectors))
    assert chosen.points.shape == (shape[0], 2)
    assert np.isfinite(chosen.points).all()


def test_pca_gives_equal_and_zero_vectors_the_same_position():
    points = word_map(KeyedVectors("abc", np.ones((3, 4)))).points
    np.testing.assert_allclose(points, 0, atol=1e-6)
    points = word_map(KeyedVectors("abc", np.zeros((3, 4)))).points
    np.testing.assert_array_equal(points, 0)


# ---- t-SNE and UMAP ------------------------------------------------------------------


@pytest.mark.parametrize("method", PACKAGES)
def test_without_its_package_the_error_gives_the_install_command(method, monkeypatch):
    module, package = PACKAGES[method]
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=f"pip install {package}. Or use .*'pca'"):
        word_map(numbered_vectors(50), method=method)


@pytest.mark.parametrize("method", PACKAGES)
def test_too_few_words_are_rejected(method):
    with pytest.raises(ValueError, match=f"{method}.* at least 4 words, got 3"):
        word_map(numbered_vectors(3), method=method)


def skip_without(method):
    module, package = PACKAGES[method]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # raised while these packages are imported
        pytest.importorskip(module, reason=f"{package} is not installed")


@pytest.fixture(params=PACKAGES)
def method(request):
    skip_without(request.param)
    return request.param


def two_groups():
    rng = np.random.default_rng(1)
    groups = np.repeat(np.eye(2, 20), 30, axis=0)
    vectors = groups + rng.normal(0, 0.05, groups.shape)
    return KeyedVectors([f"w{i}" for i in range(60)], vectors)


def test_groups_stay_together(method):
    apart = distances(word_map(two_groups(), method=method).points)
    np.fill_diagonal(apart, np.inf)
    assert ((apart.argmin(axis=1) < 30) == (np.arange(60) < 30)).all()


def test_the_same_seed_gives_the_same_positions(method):
    first, second = (word_map(two_groups(), method=method).points for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_another_seed_gives_another_umap_layout():
    skip_without("umap")
    first, second = (
        word_map(two_groups(), method="umap", seed=seed).points for seed in (1, 2)
    )
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("n", [4, 5, 16, 17])
def test_few_words_have_finite_positions(method, n):
    points = word_map(numbered_vectors(n), method=method).points
    assert points.shape == (n, 2)
    assert np.isfinite(points).all()
