"""spaCy, sentence-transformers and model2vec read our files.

These programs are too large for every change.  Run by hand, in an environment that
has them:

    python -m pytest -m readers tests/peers/test_other_readers.py

Last run 2026-11-21, all passed: Python 3.11.7, spaCy 3.8.18, sentence-transformers
6.2.0 (torch 2.13.0+cpu, transformers 5.23.0, tokenizers 0.23.3), model2vec 0.10.0,
safetensors 0.8.0, NumPy 2.4.6.
"""

import subprocess
import sys

import numpy as np
import pytest

from w2vfast import KeyedVectors

# Warnings of these programs are not errors of ours.
pytestmark = [pytest.mark.readers, pytest.mark.filterwarnings("default")]
WORDS = ["the", "king", "月", "under_score", "King", "</s>", "don't"]
DIM = 16


@pytest.fixture
def wv():
    vectors = np.random.default_rng(1).normal(size=(len(WORDS), DIM))
    return KeyedVectors(WORDS, vectors.astype(np.float32))


# --- spaCy ------------------------------------------------------------------------


@pytest.fixture
def spacy():
    return pytest.importorskip("spacy", reason="spacy is not installed")


@pytest.mark.parametrize("name", ["v.txt", "v.vec.gz", "v.glove"])
def test_spacy_reads_text(tmp_path, spacy, wv, name):
    wv.save(tmp_path / name)
    command = [sys.executable, "-m", "spacy", "init", "vectors", "en"]
    subprocess.run([*command, tmp_path / name, tmp_path / "out"], check=True)
    vocab = spacy.load(tmp_path / "out").vocab
    assert vocab.vectors.shape == (len(WORDS), DIM)
    for word in WORDS:
        assert np.array_equal(vocab.get_vector(word), wv[word]), word


def test_spacy_reads_text_in_the_format_of_the_c_program(tmp_path, spacy):
    wv = KeyedVectors(WORDS, np.eye(len(WORDS), DIM, dtype=np.float32), c_text=True)
    test_spacy_reads_text(tmp_path, spacy, wv, "v.txt")


# --- Hugging Face -----------------------------------------------------------------


@pytest.fixture
def folder(tmp_path, wv):
    pytest.importorskip("safetensors", reason="safetensors is not installed")
    wv.save(tmp_path / "vectors.hf")
    return str(tmp_path / "vectors.hf")


TEXTS = ["the king", "月\tthe\n  King", "don't", "</s>", "the the king"]


def mean_of_words(wv, text):
    return np.mean([wv[word] for word in text.split()], axis=0)


def test_model2vec_gives_the_mean_of_the_words(folder, wv):
    model2vec = pytest.importorskip("model2vec", reason="model2vec is not installed")
    model = model2vec.StaticModel.from_pretrained(folder)
    for text in TEXTS:
        expected = mean_of_words(wv, text)
        np.testing.assert_allclose(model.encode(text), expected, rtol=1e-5, atol=1e-6)


def test_model2vec_ignores_unknown_words(folder, wv):
    model2vec = pytest.importorskip("model2vec", reason="model2vec is not installed")
    model = model2vec.StaticModel.from_pretrained(folder)
    np.testing.assert_allclose(model.encode("unheard king"), wv["king"], rtol=1e-6)


@pytest.fixture
def sentence_transformer(folder, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    package = pytest.importorskip(
        "sentence_transformers", reason="sentence-transformers is not installed"
    )
    return package.SentenceTransformer(folder, device="cpu")


def test_sentence_transformers_gives_the_mean_of_the_words(sentence_transformer, wv):
    for text, row in zip(TEXTS, sentence_transformer.encode(TEXTS), strict=True):
        expected = mean_of_words(wv, text)
        np.testing.assert_allclose(row, expected, rtol=1e-5, atol=1e-6)


def test_sentence_transformers_counts_unknown_words_as_zeros(sentence_transformer, wv):
    row = sentence_transformer.encode("unheard king")
    np.testing.assert_allclose(row, wv["king"] / 2, rtol=1e-6)


def test_sentence_transformers_reads_word_embeddings(tmp_path, wv):
    package = pytest.importorskip(
        "sentence_transformers", reason="sentence-transformers is not installed"
    )
    wv.save(tmp_path / "v.txt.gz")
    layer = package.models.WordEmbeddings.from_text_file(str(tmp_path / "v.txt.gz"))
    rows = dict(zip(layer.tokenizer.get_vocab(), layer.emb_layer.weight, strict=True))
    for word in WORDS:
        np.testing.assert_allclose(rows[word].numpy(force=True), wv[word], rtol=1e-6)
