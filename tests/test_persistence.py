"""Model folders: what is written, what comes back, and what is refused."""

import json
import os
import pickle

import numpy as np
import pytest

from w2vfast import KeyedVectors, Word2Vec
from w2vfast.persistence import load_model, save_model

TEXT = [["a", "b", "c", "a"]] * 20
SMALL = {"vector_size": 4, "min_count": 1, "epochs": 2, "workers": 1}


def trained(**options):
    return Word2Vec(TEXT, **SMALL, progress=False, **options)


@pytest.mark.parametrize("mmap", [False, True])
@pytest.mark.parametrize("mode", ["fast", "exact"])
def test_saved_model_comes_back_whole(mode, mmap, tmp_path):
    model = trained(hs=1, mode=mode, freeze=["b"])
    model.save(tmp_path / "model")
    saved = load_model(tmp_path / "model", mmap)
    assert saved.params == model.params
    assert saved.history == model.history
    assert saved.freeze == ["b"]
    assert (saved.corpus_count, saved.corpus_total_words) == (20, 80)
    assert saved.state.vocab.words == model.vocab.words
    assert saved.state.vocab.visible_words == model.wv.index_to_key
    np.testing.assert_array_equal(saved.state.vocab.counts, model.vocab.counts)
    for name in ("syn0", "syn1", "syn1neg"):
        np.testing.assert_array_equal(
            getattr(saved.state, name), getattr(model._state, name)
        )


def test_a_loaded_model_saves_the_same_files(tmp_path):
    trained(noise_weights=[1, 2, 3]).save(tmp_path / "first")
    save_model(tmp_path / "second", load_model(tmp_path / "first", mmap=True))
    names = sorted(os.listdir(tmp_path / "first"))
    assert names == sorted(os.listdir(tmp_path / "second"))
    for name in names:
        first, second = (tmp_path / folder / name for folder in ("first", "second"))
        assert first.read_bytes() == second.read_bytes()


def test_saved_folder_holds_json_and_arrays_only(tmp_path):
    trained(noise_weights=lambda counts: counts).save(tmp_path / "model")
    arrays = ["counts.npy", "noise_weights.npy", "syn0.npy", "syn1neg.npy"]
    assert sorted(os.listdir(tmp_path / "model")) == sorted([*arrays, "model.json"])
    json.loads((tmp_path / "model" / "model.json").read_text())
    for name in arrays:
        np.load(tmp_path / "model" / name, allow_pickle=False)


def test_a_model_that_is_not_trained_can_be_saved(tmp_path):
    model = Word2Vec(**SMALL)
    model.build_vocab(TEXT)
    model.save(tmp_path / "model")
    loaded = Word2Vec.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.wv.vectors, model.wv.vectors)


def test_a_model_without_vocabulary_cannot_be_saved(tmp_path):
    with pytest.raises(RuntimeError, match="no vocabulary yet"):
        Word2Vec(**SMALL).save(tmp_path / "model")
    assert os.listdir(tmp_path) == []


def test_a_folder_of_vectors_is_not_a_model(tmp_path):
    KeyedVectors(["a"], np.ones((1, 2))).save(tmp_path / "vectors")
    with pytest.raises(ValueError, match=r"holds .*KeyedVectors.*, not a"):
        Word2Vec.load(tmp_path / "vectors")


def test_a_pickle_is_not_a_model_and_the_message_tells_what_to_do(tmp_path):
    (tmp_path / "old.model").write_bytes(pickle.dumps({"vectors": [1.0]}))
    with pytest.raises(ValueError, match=r"is a file.*save_word2vec_format"):
        Word2Vec.load(tmp_path / "old.model")


def test_a_missing_folder_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="is not a model"):
        Word2Vec.load(tmp_path / "missing")
