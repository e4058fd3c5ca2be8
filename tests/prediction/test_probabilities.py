"""Output layers: log-probabilities of words against their formulas in float64 loops."""

import itertools
import math

import numpy as np
import pytest

from w2vfast.prediction import probabilities
from w2vfast.prediction.probabilities import Softmax, TreeSoftmax, log_sigmoid, products
from w2vfast.training import huffman

V, D = 37, 6


@pytest.fixture
def matrix():
    return np.random.default_rng(0).normal(size=(V, D)).astype(np.float32)


@pytest.fixture
def hidden():
    return np.random.default_rng(1).normal(size=(5, D)).astype(np.float32)


def softmax(matrix, log_noise=None):
    return Softmax(matrix, log_noise)


def tree_softmax(matrix):
    counts = np.arange(V, 0, -1, dtype=np.int64) ** 2
    return TreeSoftmax(matrix[:-1], huffman.build_c_tree(counts))


LAYERS = {
    "softmax": softmax,
    "noise": lambda matrix: softmax(matrix, np.log(np.arange(1.0, V + 1))),
    "tree": tree_softmax,
}


@pytest.fixture(params=LAYERS)
def layer(request, matrix):
    return LAYERS[request.param](matrix)


def test_probabilities_of_all_words_add_up_to_one(layer, hidden):
    for vector in hidden:
        assert np.exp(layer.log_probabilities(vector)).sum() == pytest.approx(1, 1e-6)


def test_softmax_equals_its_formula(matrix, hidden):
    found = softmax(matrix).log_probabilities(hidden[0])
    weights = [math.exp(float(hidden[0].astype(float) @ row)) for row in matrix]
    expected = [math.log(weight / sum(weights)) for weight in weights]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_the_noise_distribution_is_a_factor_of_the_weight_of_a_word(matrix, hidden):
    noise = np.random.default_rng(2).random(V)
    found = np.exp(softmax(matrix, np.log(noise)).log_probabilities(hidden[0]))
    expected = noise * np.exp(softmax(matrix).log_probabilities(hidden[0]))
    np.testing.assert_allclose(found, expected / expected.sum(), rtol=1e-5)


def test_a_word_that_is_never_a_negative_sample_has_probability_zero(matrix, hidden):
    with np.errstate(divide="ignore"):
        log_noise = np.log(np.arange(float(V)))
    found = softmax(matrix, log_noise).log_probabilities(hidden[0])
    assert found[0] == -np.inf
    assert np.exp(found).sum() == pytest.approx(1)


def test_tree_softmax_is_a_product_of_sigmoids_along_the_path(matrix, hidden):
    counts = np.arange(V, 0, -1, dtype=np.int64) ** 2
    tree = huffman.build_c_tree(counts)
    found = tree_softmax(matrix).log_probabilities(hidden[0])
    for word in range(V):
        path = slice(tree.offsets[word], tree.offsets[word + 1])
        p = 1.0
        for node, code in zip(tree.points[path], tree.codes[path], strict=True):
            dot = float(hidden[0].astype(float) @ matrix[node])
            p /= 1 + math.exp(-dot if code == 0 else dot)
        assert found[word] == pytest.approx(math.log(p), rel=1e-5)


def test_probabilities_of_pairs_are_those_of_the_whole_distribution(layer, hidden):
    pairs = list(itertools.product(range(len(hidden)), range(V)))
    np.random.default_rng(3).shuffle(pairs)
    inputs, words = np.array(pairs).T
    found = layer.log_weights(hidden, inputs, words)
    found -= layer.log_normalisers(hidden)[inputs]
    expected = np.array([layer.log_probabilities(vector) for vector in hidden])
    np.testing.assert_allclose(found, expected[inputs, words], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("scale", [0.1, 1, 30])
def test_normalisers_of_many_words_and_vectors_are_those_of_float64(scale):
    rng = np.random.default_rng(4)
    outputs = rng.normal(scale=scale, size=(1300, 20)).astype(np.float32)
    hidden = rng.normal(size=(600, 20)).astype(np.float32)
    noise = rng.random(1300)
    noise[:550] = 0
    with np.errstate(divide="ignore"):
        log_noise = np.log(noise)
    logits = hidden.astype(np.float64) @ outputs.astype(np.float64).T + log_noise
    largest = logits.max(axis=1)
    expected = largest + np.log(np.exp(logits - largest[:, None]).sum(axis=1))
    found = softmax(outputs, log_noise).log_normalisers(hidden)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


def test_normalisers_beyond_float32_are_computed_in_float64():
    outputs = np.float32([[1e20, 0], [0, 1], [2, 3]])
    hidden = np.float32([[1e20, 1], [1, 1], [-1e20, 1]])
    found = softmax(outputs).log_normalisers(hidden)
    assert found == pytest.approx([1e40, 1e20, 1], rel=1e-6)
    assert np.isnan(softmax(outputs * np.nan).log_normalisers(hidden)).all()


def test_results_do_not_depend_on_the_block_sizes(layer, hidden, monkeypatch):
    inputs, words = np.arange(40) % 5, np.arange(40) % 3
    before = layer.log_weights(hidden, inputs, words), layer.log_normalisers(hidden)
    for name, size in {"_HIDDEN": 2, "_WORDS": 5, "_PAIRS": 3}.items():
        monkeypatch.setattr(probabilities, name, size)
    after = layer.log_weights(hidden, inputs, words), layer.log_normalisers(hidden)
    np.testing.assert_allclose(before[0], after[0], rtol=1e-5)
    np.testing.assert_allclose(before[1], after[1], rtol=1e-5)


@pytest.mark.parametrize("length", [1e3, 1e15, 1e30])
def test_long_vectors_do_not_overflow(matrix, hidden, length):
    """float32 ends at 3e38, exp at 709; warnings are errors in these tests."""
    long = np.float32(length)
    for name in LAYERS:
        layer = LAYERS[name](matrix * long)
        found = layer.log_probabilities(hidden[0] * long)
        assert np.exp(found).sum() == pytest.approx(1)
        assert not np.isnan(found).any()
        words = np.arange(V)
        pairs = layer.log_weights(hidden * long, np.zeros(V, int), words)
        pairs -= layer.log_normalisers(hidden * long)[0]
        rounding = 1e-6 * np.abs(found).max()
        np.testing.assert_allclose(pairs, found, rtol=1e-4, atol=rounding)


def test_no_floating_point_error_is_raised(layer, hidden):
    with np.errstate(all="raise"):
        for scale in (1e-30, 1, 1e10, 1e30):
            big = hidden * np.float32(scale)
            layer.log_probabilities(big[0])
            layer.log_weights(big, np.zeros(V, int), np.arange(V))
            layer.log_normalisers(big)


def test_log_sigmoid_is_accurate_for_large_arguments():
    x = np.array([-1000.0, -1, 0, 1, 1000])
    expected = [-1000, -1.3132617, -math.log(2), -0.3132617, 0]
    np.testing.assert_allclose(log_sigmoid(x), expected, atol=1e-7)


def test_products_are_float32_unless_they_overflow():
    rows = np.full((2, 3), 1e20, np.float32)
    assert products(rows, rows / np.float32(1e10)).dtype == np.float32
    np.testing.assert_allclose(products(rows, rows), 3e40, rtol=1e-6)
