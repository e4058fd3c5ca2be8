"""Predictions from a context: `Word2Vec.predict_output_word`."""

import numpy as np
import pytest

from w2vfast import KeyedVectors, Word2Vec
from w2vfast.prediction.predicting import context_rows

TEXT = "the cat sat on the mat and the dog ran after the cat\na cat a dog\n" * 30
SENTENCES = [line.split() for line in TEXT.splitlines()]
SETTINGS = {"vector_size": 8, "min_count": 1, "workers": 1, "progress": False}
HS_ONLY = {"hs": 1, "negative": 0}


def trained(**options):
    return Word2Vec(SENTENCES, **{**SETTINGS, "alpha": 0.1, **options})


@pytest.fixture(scope="module")
def model():
    return trained()


@pytest.fixture(
    scope="module",
    params=[
        {},
        {"sg": 1},
        HS_ONLY,
        {"hs": 1, "sg": 1, "negative": 0},
        {"mode": "exact"},
        {"mode": "exact", **HS_ONLY},
        {"cbow_mean": 0},
    ],
    ids=str,
)
def any_model(request):
    return trained(epochs=20, **request.param)


def test_predictions_are_a_distribution_over_all_words(any_model):
    found = any_model.predict_output_word(["cat", "the"], topn=None)
    assert {word for word, _ in found} == set(any_model.wv.index_to_key)
    probabilities = [p for _, p in found]
    assert probabilities == sorted(probabilities, reverse=True)
    assert sum(probabilities) == pytest.approx(1, abs=1e-6)
    assert all(type(p) is float for p in probabilities)


@pytest.mark.parametrize("hs", [0, 1])
def test_what_followed_in_training_is_predicted(hs):
    text = [["a", "x", "b"], ["c", "y", "d"]] * 300
    model = Word2Vec(
        text, **SETTINGS, hs=hs, negative=0 if hs else 5, alpha=0.1, sample=0, window=1
    )
    assert model.predict_output_word(["a", "b"], 1)[0][0] == "x"
    assert model.predict_output_word(["c", "d"], 1)[0][0] == "y"


def test_noise_distribution_is_a_factor_of_the_probability():
    model = trained(epochs=20)
    plain = dict(model.predict_output_word(["cat"], None))
    noise = dict(model.predict_output_word(["cat"], None, noise=True))
    assert sum(noise.values()) == pytest.approx(1, abs=1e-6)
    counts = dict(zip(model.wv.index_to_key, model.wv.counts, strict=True))
    factor = (counts["the"] / counts["mat"]) ** 0.75
    assert noise["the"] / noise["mat"] == pytest.approx(
        factor * plain["the"] / plain["mat"], rel=1e-4
    )


def test_context_may_hold_words_rows_and_unknown_words(model):
    expected = model.predict_output_word(["cat", "dog"])
    rows = [model.wv.key_to_index["cat"], np.int64(model.wv.key_to_index["dog"])]
    assert model.predict_output_word(rows) == expected
    mixed = ["nobody", "cat", 999, -1, "dog"]
    assert model.predict_output_word(mixed) == expected
    assert model.predict_output_word(iter(["cat", b"dog"])) == expected


def test_an_integer_in_a_vocabulary_of_integers_is_a_word():
    model = Word2Vec([[10, 20, 0], [20, 0, 10]] * 30, **SETTINGS)
    expected = model.predict_output_word([0])
    assert model.predict_output_word([0, 1, 2]) == expected
    assert [type(word) for word, _ in expected] == [int] * 3


@pytest.mark.parametrize(
    ("keys", "context", "rows"),
    [
        ("abc", ["c", "a", "a", "x"], [2, 0, 0]),
        ("abc", [b"b", 2, np.int32(0), 3, -1, True], [1, 2, 0]),
        ([7, 0, 5], [0, 1, 2, 7, np.int64(5)], [1, 0, 2]),
        ("abc", [], []),
    ],
)
def test_context_rows_are_those_of_known_words(keys, context, rows):
    assert context_rows(context, KeyedVectors(list(keys), np.ones((3, 2)))) == rows


def test_context_is_a_mean_or_a_sum_as_in_training():
    for cbow_mean in (0, 1):
        model = trained(cbow_mean=cbow_mean, epochs=20)
        once = model.predict_output_word(["cat"])
        twice = model.predict_output_word(["cat", "cat"])
        assert (twice == once) == bool(cbow_mean)


@pytest.mark.parametrize("context", [[], ["nobody"]])
def test_an_unknown_context_warns_and_predicts_nothing(model, context):
    message = "no word of the context is in the vocabulary"
    with pytest.warns(UserWarning, match=message) as warned:
        assert model.predict_output_word(context) is None
    assert warned[0].filename == __file__


@pytest.mark.parametrize(("topn", "n"), [(0, 0), (2, 2), (99, 10)])
def test_no_more_than_topn_words_come_back(model, topn, n):
    assert len(model.predict_output_word(["cat"], topn)) == n


def test_a_single_string_raises(model):
    with pytest.raises(TypeError, match=r"must be a list of words, got 'cat'.*\['cat'"):
        model.predict_output_word("cat")


@pytest.mark.parametrize("context", [None, 5])
def test_what_is_no_list_raises(model, context):
    message = rf"must be a list of words, got {context} .*write \["
    with pytest.raises(TypeError, match=message):
        model.predict_output_word(context)


def test_a_topn_that_is_no_whole_number_raises(model):
    with pytest.raises(
        TypeError, match=r"topn must be a whole number or None, got 1\.5"
    ):
        model.predict_output_word(["cat"], 1.5)


def test_vectors_of_any_length_predict():
    long = trained(hs=1)
    long.wv.vectors[:] *= np.float32(1e30)
    long.syn1neg[:] *= np.float32(1e30)
    long.syn1[:] *= np.float32(1e30)
    for weights in ("syn1", "syn1neg"):
        found = long.predict_output_word(["cat", "the"], None, weights=weights)
        assert sum(p for _, p in found) == pytest.approx(1)
        assert np.isfinite(long.score([["cat", "the", "a"]], weights=weights)).all()


def test_sums_that_overflow_float32_are_scored():
    model = trained(cbow_mean=0)
    model.wv.vectors[:] = 3e38
    scores = model.score([["cat", "the", "a"]])
    assert np.isfinite(scores).all()
    assert model.predict_output_word(["cat", "the", "a"], 1)[0][1] == pytest.approx(1)


def test_a_saved_model_with_a_tree_predicts_the_same(tmp_path):
    model = trained(**HS_ONLY)
    model.save(tmp_path / "model")
    loaded = Word2Vec.load(tmp_path / "model")
    assert loaded.predict_output_word(["cat"]) == model.predict_output_word(["cat"])
