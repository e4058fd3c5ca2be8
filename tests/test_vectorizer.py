"""W2VVectorizer: document vectors in pipelines of scikit-learn."""

import pickle
import sys

import numpy as np
import pytest

from w2vfast import KeyedVectors, Word2Vec

pytestmark = pytest.mark.peer
sklearn = pytest.importorskip("sklearn")

from sklearn.base import clone  # noqa: E402
from sklearn.exceptions import NotFittedError  # noqa: E402
from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.utils.estimator_checks import check_estimator  # noqa: E402

from w2vfast.vectorizer import W2VVectorizer  # noqa: E402

DRAW = np.random.default_rng(1)
WV = KeyedVectors(
    [f"w{k}" for k in range(50)], DRAW.normal(size=(50, 8)).astype(np.float32)
)
TEXTS = [
    " ".join(f"w{k}" for k in DRAW.integers(0, 60, size=DRAW.integers(1, 20)))
    for _ in range(40)
]
TOKENS = [text.split() for text in TEXTS]


def vectorizer(**options):
    return W2VVectorizer(**{"vectors": WV, "tokenize": "whitespace", **options})


def naive_rows(weight_of, divide_by_weights=True):
    rows = []
    for tokens in TOKENS:
        known = [word for word in tokens if word in WV]
        weights = np.array([weight_of(word) for word in known])
        total = weights.sum() if divide_by_weights else len(known)
        vectors = np.array([WV[word] for word in known]).reshape(-1, 8)
        rows.append(weights @ vectors / total if known else np.zeros(8))
    return np.array(rows)


def test_mean_is_the_mean_of_the_known_words():
    found = vectorizer().fit_transform(TEXTS)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, naive_rows(lambda _: 1), atol=1e-5)


def test_tfidf_weights_are_those_of_scikit_learn():
    split = {"tokenizer": str.split, "token_pattern": None, "lowercase": False}
    theirs = TfidfVectorizer(**split).fit(TEXTS)
    idf = dict(zip(theirs.get_feature_names_out(), theirs.idf_, strict=True))
    found = vectorizer(weighting="tfidf").fit_transform(TEXTS)
    np.testing.assert_allclose(found, naive_rows(idf.get), atol=1e-5)


def test_sif_weights_by_frequency_and_removes_the_first_component():
    words = [word for tokens in TOKENS for word in tokens if word in WV]
    rows = naive_rows(
        lambda word: 0.01 / (0.01 + words.count(word) / len(words)),
        divide_by_weights=False,
    )
    first = np.linalg.svd(rows)[2][0]
    expected = rows - np.outer(rows @ first, first)
    model = vectorizer(weighting="sif", sif_a=0.01)
    np.testing.assert_allclose(model.fit_transform(TEXTS), expected, atol=1e-5)
    np.testing.assert_allclose(model.transform(TEXTS), expected, atol=1e-5)


def test_frequencies_are_those_of_the_vectors_where_they_are_known():
    counted = KeyedVectors(WV.index_to_key, WV.vectors, counts=[1000] + [1] * 49)
    model = vectorizer(weighting="sif", vectors=counted).fit(TEXTS)
    expected = 1e-3 / (1e-3 + counted.counts / counted.counts.sum())
    np.testing.assert_allclose(model.weights_, expected, rtol=1e-5)


@pytest.mark.parametrize("weighting", ["mean", "tfidf", "sif"])
def test_documents_without_known_words_are_zeros(weighting):
    model = vectorizer(weighting=weighting).fit(TEXTS)
    assert model.transform(["", "unknown words"]).tolist() == [[0] * 8] * 2


@pytest.mark.parametrize(
    "documents",
    [TOKENS, iter(TEXTS), np.array(TEXTS, dtype=object), tuple(TOKENS)],
)
def test_texts_and_token_lists_give_the_same_rows(documents):
    expected = vectorizer().fit_transform(TEXTS)
    assert np.array_equal(vectorizer().fit_transform(documents), expected)


def test_a_column_of_pyarrow_is_read():
    pa = pytest.importorskip("pyarrow")
    expected = vectorizer().fit_transform(TEXTS)
    assert np.array_equal(vectorizer().fit_transform(pa.array(TEXTS)), expected)


def test_vectors_are_trained_on_the_documents(tmp_path):
    topics = [[f"{letter}{k}" for k in range(10)] for letter in "ab"]
    texts = [" ".join(DRAW.choice(topics[k % 2], 8)) for k in range(600)]
    model = W2VVectorizer(
        vector_size=8, tokenize=str.split, sg=1, workers=1, word2vec={"sample": 0}
    )
    classify = make_pipeline(model, LogisticRegression())
    labels = np.arange(600) % 2
    classify.fit(texts[:500], labels[:500])
    assert classify.score(texts[500:], labels[500:]) > 0.95
    model.wv_.save(tmp_path / "v.txt")
    again = W2VVectorizer(vectors=tmp_path / "v.txt", tokenize=str.split)
    assert np.allclose(again.fit_transform(texts), model.transform(texts), atol=1e-6)


def test_names_of_features_and_copies():
    model = vectorizer().fit(TEXTS)
    expected = [f"w2vvectorizer{k}" for k in range(8)]
    assert list(model.get_feature_names_out()) == expected
    assert clone(vectorizer(weighting="sif")).weighting == "sif"
    loaded = pickle.loads(pickle.dumps(model))
    assert np.array_equal(loaded.transform(TEXTS), model.transform(TEXTS))
    assert model.set_output(transform="default") is model


# Most of the checks give numbers, which are no documents.
@pytest.mark.filterwarnings("ignore:Can't test estimator")
def test_it_passes_the_checks_of_scikit_learn():
    check_estimator(W2VVectorizer(), on_skip=None)


def test_transform_before_fit_is_an_error():
    with pytest.raises(NotFittedError):
        W2VVectorizer().transform(TEXTS)


@pytest.mark.parametrize(
    ("documents", "error", "message"),
    [
        ("a text", TypeError, "iterable of str or token lists, got 'a text'"),
        (3, TypeError, "iterable of str or token lists, got 3"),
        ([], ValueError, "there are no documents"),
        (["a", None], TypeError, "sentence 1 is missing"),
        (["a", ["b"]], TypeError, "sentence 1 is"),
        ([["a"], "b"], TypeError, "sentence 1 is 'b'"),
    ],
)
def test_documents_that_cannot_be_used_are_an_error(documents, error, message):
    with pytest.raises(error, match=message):
        vectorizer().fit(documents)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weighting": "max"}, "weighting must be one of mean, sif, tfidf, got 'max'"),
        ({"sif_a": 0}, "sif_a must be above 0"),
        ({"tokenize": "words"}, "tokenize must be 'whitespace'"),
        ({"vectors": Word2Vec()}, "vectors must be .* such as model.wv, got Word2Vec"),
    ],
)
def test_parameters_are_checked_by_fit(options, message):
    with pytest.raises((ValueError, TypeError), match=message):
        vectorizer(**options).fit(TEXTS)


def test_without_scikit_learn_the_extra_is_named(monkeypatch):
    monkeypatch.delitem(sys.modules, "w2vfast.vectorizer")
    monkeypatch.setitem(sys.modules, "sklearn.base", None)
    with pytest.raises(ImportError, match=r"pip install \"w2vfast\[sklearn\]\""):
        __import__("w2vfast.vectorizer")
