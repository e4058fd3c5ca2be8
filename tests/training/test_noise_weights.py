"""Negative samples drawn by weights that the user chooses."""

import pickle

import numpy as np
import pytest

from w2vfast import Word2Vec, _core
from w2vfast.training import sampling
from w2vfast.training.noise_weights import NoiseWeights

COUNTS = np.array([500, 4000, 1000, 300, 300, 50, 8], dtype=np.int64)  # </s> first
OPTIONS = {"vector_size": 8, "min_count": 1, "sample": 0, "workers": 1, "epochs": 1}
OPTIONS |= {"progress": False, "sg": 1}
TEXT = [["a", "a", "a", "a", "b", "b", "b", "c", "c", "d"]] * 50


def log_uniform(counts):
    """TensorFlow's log_uniform_candidate_sampler: P(k) over ranks k from 0 on."""
    k = np.arange(len(counts))
    return (np.log(k + 2) - np.log(k + 1)) / np.log(len(counts) + 1)


def drawn(weights, n_draws=200_000):
    """Return how often each word is drawn, without the sentence end."""
    noise = sampling.noise_sampler(COUNTS, weights=weights)
    kernel_noise = _core.AliasNoise(noise.entries)
    words = _core._test_alias_noise(kernel_noise, 5, n_draws)
    found = np.bincount(words, minlength=len(COUNTS))
    assert found[0] == 0  # the sentence end
    return found[1:]


@pytest.mark.parametrize(
    "given",
    [log_uniform, np.ones(6), [5, 0.1, 3, 20, 1, 1], lambda counts: counts**0.5],
    ids=["log_uniform", "uniform", "a list", "root of the counts"],
)
def test_noise_follows_the_weights(given):
    weights = NoiseWeights(given).of_words(COUNTS[1:])
    expected = 200_000 * weights / weights.sum()
    chi_square = ((drawn(weights) - expected) ** 2 / expected).sum()
    assert chi_square < 20.5  # the 0.1 % point at 5 degrees of freedom


def test_log_uniform_adds_up_to_one_and_is_any_multiple_of_its_short_form():
    exact, short = log_uniform(COUNTS), np.log1p(1 / np.arange(1, len(COUNTS) + 1))
    assert exact.sum() == pytest.approx(1)
    np.testing.assert_allclose(short / short.sum(), exact)


@pytest.mark.parametrize("nonzero", [[0], [5], [1, 4], [0, 2, 3, 5]])
def test_a_word_of_weight_zero_is_never_drawn(nonzero):
    weights = np.zeros(6)
    weights[nonzero] = np.arange(1, len(nonzero) + 1)
    assert np.flatnonzero(drawn(weights)).tolist() == nonzero


@pytest.mark.parametrize("size", [2.0**-1020, 2.0**1020])
def test_only_the_ratio_of_weights_counts(size):
    weights = np.array([1.0, 2, 3, 4, 5, 6])
    np.testing.assert_array_equal(drawn(weights * size), drawn(weights))


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (np.ones(7), ValueError, r"each of the 6 words.* got shape \(7,\)\. Pass"),
        (np.ones((6, 1)), ValueError, r"got shape \(6, 1\)"),
        (1.0, ValueError, r"got shape \(\)"),
        ([1, 1, -1, 1, 1, 1], ValueError, r"at least 0, got noise_weights\[2\] = -1"),
        ([1, 1, 1, np.inf, 1, 1], ValueError, r"noise_weights\[3\] = inf"),
        ([1, np.nan, 1, 1, 1, 1], ValueError, r"noise_weights\[1\] = nan"),
        (np.zeros(6), ValueError, "all 0"),
        ({"a": 1}, TypeError, "array of numbers, or a function .* dtype object"),
        (np.ones(6, complex), TypeError, "dtype complex128"),
        (["1"] * 6, TypeError, "dtype <U1"),
        (lambda counts: counts[1:], ValueError, r"got shape \(5,\)"),
    ],
)
def test_what_cannot_be_weights_is_refused(given, error, message):
    with pytest.raises(error, match=message):
        NoiseWeights(given).of_words(COUNTS[1:])


def test_a_function_cannot_change_the_counts():
    def spoil(counts):
        counts[:] = 1
        return counts

    counts = COUNTS[1:].copy()
    assert NoiseWeights(spoil).of_words(counts).tolist() == [1] * 6
    np.testing.assert_array_equal(counts, COUNTS[1:])


@pytest.mark.parametrize("given", [np.arange(6), lambda counts: np.arange(6)])
def test_what_is_saved_is_an_array(given):
    saved = NoiseWeights(given).to_save(COUNTS[1:])
    np.testing.assert_array_equal(saved, np.arange(6))


def test_an_array_that_does_not_fit_a_grown_vocabulary_can_still_be_saved():
    assert NoiseWeights(np.ones(3)).to_save(COUNTS[1:]).shape == (3,)


def test_an_array_follows_words_that_only_changed_their_order():
    weights = NoiseWeights([10, 20, 30])
    moved = weights.after_growth(np.array([0, 3, 1, 2]), n_before=4)
    assert moved.of_words(np.ones(3, int)).tolist() == [30, 10, 20]
    assert weights.after_growth(np.array([0, 4, 1, 2, 3]), n_before=4) is weights
    function = NoiseWeights(lambda counts: counts)
    assert function.after_growth(np.array([0, 2, 1]), n_before=3) is function


# ---- in a model ----------------------------------------------------------------------


def trained(**given):
    return Word2Vec(TEXT, **OPTIONS, **given)


def test_weights_like_the_counts_train_like_the_counts():
    expected = trained(negative=3).wv.vectors
    by_function = trained(negative=3, noise_weights=lambda counts: counts**0.75)
    np.testing.assert_array_equal(by_function.wv.vectors, expected)
    by_array = trained(negative=3, noise_weights=np.array([200, 150, 100, 50]) ** 0.75)
    np.testing.assert_array_equal(by_array.wv.vectors, expected)


def test_only_negative_samples_are_pushed_away_from_the_inputs():
    """d is every negative sample; a, b and c are only ever centre words."""
    model = Word2Vec(**OPTIONS, noise_weights=[0, 0, 0, 1], alpha=1e-4)
    model.build_vocab(TEXT)
    model.train()
    sums = model.wv.vectors.sum(axis=0)
    toward = model.syn1neg @ sums
    assert (toward[:3] > 0).all()
    assert toward[3] < 0
    assert model.wv.index_to_key == ["a", "b", "c", "d"]


def test_predictions_use_the_noise_distribution_of_the_training():
    """Equal weights give equal predictions, whether as counts or as an array."""
    by_counts = trained(negative=3, ns_exponent=0.5)
    by_weights = trained(negative=3, noise_weights=lambda counts: 7 * counts**0.5)
    expected = by_counts.predict_output_word(["a"], noise=True)
    answer = by_weights.predict_output_word(["a"], noise=True)
    assert dict(answer) == pytest.approx(dict(expected))
    assert dict(answer) != pytest.approx(dict(by_weights.predict_output_word(["a"])))


def test_train_takes_weights_and_the_model_keeps_and_saves_them(tmp_path):
    model = Word2Vec(**OPTIONS)
    model.build_vocab(TEXT)
    assert model.noise_weights is None
    model.train(noise_weights=lambda counts: np.arange(len(counts)))
    assert model.noise_weights.tolist() == [0, 1, 2, 3]
    model.save(tmp_path / "model")
    copies = [Word2Vec.load(tmp_path / "model"), pickle.loads(pickle.dumps(model))]
    for copy in copies:
        assert copy.noise_weights.tolist() == [0, 1, 2, 3]
        copy.train(TEXT, progress=False)
    model.train(TEXT)
    for copy in copies:
        np.testing.assert_array_equal(copy.wv.vectors, model.wv.vectors)
    plain = trained()
    plain.save(tmp_path / "plain")
    assert Word2Vec.load(tmp_path / "plain").noise_weights is None


def test_weights_that_are_refused_leave_those_before():
    model = Word2Vec(**OPTIONS, noise_weights=np.ones(4))
    model.build_vocab(TEXT)
    with pytest.raises(ValueError, match="each of the 4 words"):
        model.train(noise_weights=np.ones(3))
    assert model.noise_weights.tolist() == [1, 1, 1, 1]


def test_a_vocabulary_that_grew_needs_new_weights_or_a_function(tmp_path):
    more = [["a", "e", "e"]] * 50
    model = trained(noise_weights=np.arange(4))
    model.build_vocab(more, update=True)
    model.save(tmp_path / "model")  # what was learnt is not lost
    model = Word2Vec.load(tmp_path / "model")
    with pytest.raises(ValueError, match="each of the 5 words"):
        model.train(more)
    model.train(more, noise_weights=np.ones(5), progress=False)
    by_function = trained(noise_weights=lambda counts: counts**0.5)
    by_function.build_vocab(more, update=True)
    assert by_function.noise_weights.shape == (5,)


def test_an_array_that_is_changed_later_changes_nothing():
    weights = np.ones(4)
    model = Word2Vec(**OPTIONS, noise_weights=weights)
    weights[:] = -1
    model.build_vocab(TEXT)
    assert model.noise_weights.tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"mode": "exact"}, r"with mode='exact': .*count \*\* 0\.75\. Leave one"),
        ({"negative": 0, "hs": 1}, "without negative samples, that is with negative=0"),
        ({"objective": "softmax"}, "or objective='softmax'"),
        ({"ns_exponent": 0.5}, "ns_exponent=0.5, which is another noise distribution"),
    ],
)
def test_weights_without_effect_are_refused(given, message):
    options = {**OPTIONS, "workers": 1}
    with pytest.raises(ValueError, match=message):
        Word2Vec(**options, **given, noise_weights=np.ones(4))
    model = Word2Vec(**options, **given)
    model.build_vocab(TEXT)
    with pytest.raises(ValueError, match=message):
        model.train(noise_weights=np.ones(4))


def test_an_array_follows_its_words_when_their_order_changes():
    model = trained(noise_weights=[4, 3, 2, 1])
    before = dict(zip(model.wv.index_to_key, model.noise_weights, strict=True))
    model.build_vocab([["d"] * 1000], update=True)
    assert model.wv.index_to_key[0] == "d"
    after = dict(zip(model.wv.index_to_key, model.noise_weights, strict=True))
    assert after == before


def test_weights_of_a_call_that_fails_are_not_kept():
    model = trained(noise_weights=[4, 3, 2, 1])
    with pytest.raises(ValueError, match="no word"):
        model.train([["unknown"]], noise_weights=[1, 1, 1, 0])
    assert model.noise_weights.tolist() == [4, 3, 2, 1]


def test_an_error_in_a_function_of_the_counts_is_shown():
    with pytest.raises(AttributeError, match="'missing'"):
        trained(noise_weights=lambda counts: counts.missing)


def test_words_of_weight_zero_may_come_first(monkeypatch):
    monkeypatch.setattr("w2vfast.prediction.probabilities._WORDS", 2)
    model = trained(noise_weights=[0, 0, 1, 1])
    assert np.isfinite(model.score([["c", "d", "c"]])).all()
    assert model.score([["a", "b"]]).tolist() == [-np.inf]
