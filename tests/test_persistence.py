"""Model folders: what is written, what comes back, and what is refused."""

import copy
import json
import os
import pickle

import numpy as np
import pytest

from w2vfast import KeyedVectors, Word2Vec
from w2vfast.params import TrainParams
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


def saved(model, folder):
    model.save(folder / "model")
    return Word2Vec.load(folder / "model")


COPIES = {
    "saved": saved,
    "copied": lambda model, _: copy.deepcopy(model),
    "pickled": lambda model, _: pickle.loads(pickle.dumps(model)),
    "copied twice": lambda model, _: copy.deepcopy(copy.deepcopy(model)),
}


@pytest.mark.parametrize("mode", ["fast", "exact"])
@pytest.mark.parametrize("copied", COPIES)
def test_attributes_of_words_come_back(mode, copied, tmp_path):
    model = trained(mode=mode)
    model.wv.set_vecattr("b", "kind", "letter")
    model.wv.set_vecattr("c", "weight", 0.5)
    model.wv.set_vecattr("a", "count", 7)
    other = COPIES[copied](model, tmp_path)
    for name in ["kind", "weight", "count"]:
        expected = [model.wv.get_vecattr(word, name) for word in "abc"]
        assert [other.wv.get_vecattr(word, name) for word in "abc"] == expected
    assert other.vocab.counts.tolist() == model.vocab.counts.tolist()
    if copied == "saved":
        vectors = KeyedVectors.load(tmp_path / "model")
        assert vectors.get_vecattr("b", "kind") == "letter"
        assert vectors.get_vecattr("a", "count") == 7


@pytest.mark.parametrize("copied", COPIES)
def test_attributes_follow_their_words_when_a_copy_grows(copied, tmp_path):
    model = trained()
    model.wv.set_vecattr("b", "kind", "letter")
    other = COPIES[copied](model, tmp_path)
    other.build_vocab([["new", "d"]], update=True)
    assert other.wv.get_vecattr("b", "kind") == "letter"
    assert other.wv.get_vecattr("new", "kind") is None
    assert saved(other, tmp_path).wv.get_vecattr("b", "kind") == "letter"


@pytest.mark.parametrize(
    "use",
    [
        lambda model, folder: model.save(folder / "model"),
        lambda model, folder: model.build_vocab([["new"]], update=True),
    ],
)
def test_attributes_of_another_length_are_an_error_that_changes_nothing(use, tmp_path):
    model = trained()
    model.wv.expandos["kind"] = np.zeros(2)
    with pytest.raises(ValueError, match="the attribute 'kind' has 2"):
        use(model, tmp_path)
    assert not (tmp_path / "model").exists()
    del model.wv.expandos["kind"]
    assert saved(model, tmp_path).wv.index_to_key == model.wv.index_to_key == [*"abc"]


def test_attributes_may_have_several_columns(tmp_path):
    model = trained()
    model.wv.expandos["kind"] = np.arange(6).reshape(3, 2)
    assert saved(model, tmp_path).wv.get_vecattr("b", "kind").tolist() == [2, 3]


def test_attributes_that_json_cannot_hold_are_an_error(tmp_path):
    model = trained()
    model.wv.set_vecattr("b", "kind", object())
    with pytest.raises(TypeError, match="attribute 'kind' cannot be saved"):
        model.save(tmp_path / "model")
    assert not (tmp_path / "model").exists()


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
    with pytest.raises(ValueError, match=r"is a file.*kind='gensim'\).*or w2vfast"):
        Word2Vec.load(tmp_path / "old.model")


def test_a_missing_folder_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="is not a model"):
        Word2Vec.load(tmp_path / "missing")


# --- folders whose parts do not fit each other --------------------------------------


def change_meta(path, change):
    described = json.loads((path / "model.json").read_text())
    change(described["meta"])
    (path / "model.json").write_text(json.dumps(described))


def change_array(path, name, change):
    """Replace an array, and what model.json promises of it."""
    array = change(np.load(path / f"{name}.npy"))
    np.save(path / f"{name}.npy", array)
    described = json.loads((path / "model.json").read_text())
    described["arrays"][name] = {"dtype": array.dtype.str, "shape": [*array.shape]}
    del described["fingerprints"]
    (path / "model.json").write_text(json.dumps(described))


def drop_array(path, name):
    described = json.loads((path / "model.json").read_text())
    del described["arrays"][name]
    (path / "model.json").write_text(json.dumps(described))


def less(array):
    return array[:-1]


DAMAGES = {
    "short syn1neg": (lambda p: change_array(p, "syn1neg", less), "need syn1neg as"),
    "short syn0": (lambda p: change_array(p, "syn0", less), "need syn0 as float32"),
    "short syn1": (lambda p: change_array(p, "syn1", less), "need syn1 as float32"),
    "short counts": (lambda p: change_array(p, "counts", less), "need counts as int64"),
    "short attribute": (
        lambda p: change_array(p, "attribute_0", less),
        "the attribute 'kind' has",
    ),
    "float64": (lambda p: change_array(p, "syn0", np.float64), "got float64"),
    "3-D": (lambda p: change_array(p, "syn0", lambda a: a[None]), "need syn0 as"),
    "counts below 0": (lambda p: change_array(p, "counts", np.negative), "below 0"),
    "large counts": (
        lambda p: change_array(p, "counts", lambda a: a + 2**62),
        "sum above",
    ),
    "no syn0": (lambda p: drop_array(p, "syn0"), "need syn0 as .* got none"),
    "no syn1": (lambda p: drop_array(p, "syn1"), "need syn1 as .* got none"),
    "no syn1neg": (lambda p: drop_array(p, "syn1neg"), "need syn1neg as .* got none"),
    "larger vector_size": (
        lambda p: change_meta(p, lambda m: m["params"].update(vector_size=400)),
        r"need syn0 as float32 of shape \(4, 400\)",
    ),
    "one word less": (
        lambda p: change_meta(p, lambda m: m["words"].pop()),
        r"need counts as int64 of shape \(3,\)",
    ),
    "a word twice": (
        lambda p: change_meta(p, lambda m: m.update(words=["</s>", "a", "b", "a"])),
        "the word 'a' is in its vocabulary twice",
    ),
    "a word that is none": (
        lambda p: change_meta(p, lambda m: m.update(words=["</s>", "a", "b", None])),
        "'words', item 3 must be of type int or str",
    ),
    "words of two kinds": (
        lambda p: change_meta(p, lambda m: m.update(words=["</s>", "a", "b", 3])),
        "not all strings, or all integers",
    ),
    "words that are too large": (
        lambda p: change_meta(p, lambda m: m.update(words=["</s>", 1, 2, 2**63])),
        "integers of 64 bits",
    ),
    "no sentence end": (
        lambda p: change_meta(p, lambda m: m.update(words=["x", "a", "b", "c"])),
        "first of its words is not '</s>'",
    ),
    "words missing": (lambda p: change_meta(p, lambda m: m.pop("words")), "lacks 'wo"),
    "odd settings": (
        lambda p: change_meta(p, lambda m: m["params"].update(window="wide")),
        "model, 'params': window must be a whole number",
    ),
    "settings of later versions": (
        lambda p: change_meta(p, lambda m: m["params"].update(colour=1)),
        "model, 'params': unknown parameters colour",
    ),
    "odd history": (
        lambda p: change_meta(p, lambda m: m["history"][0].update(samples=[["x"]])),
        "'history', item 0, 'samples', item 0 must be a list",
    ),
}


@pytest.mark.parametrize("mmap", [False, True])
@pytest.mark.parametrize("damage", DAMAGES)
def test_parts_that_do_not_fit_each_other_are_an_error(damage, mmap, tmp_path):
    path = tmp_path / "model"
    model = trained(hs=1)
    model.wv.set_vecattr("a", "kind", 1)
    model.save(path)
    apply, reason = DAMAGES[damage]
    apply(path)
    with pytest.raises(ValueError, match=reason) as caught:
        Word2Vec.load(path, mmap)
    assert str(path) in str(caught.value)


def test_the_settings_of_a_model_cannot_be_assigned():
    model = trained()
    with pytest.raises(AttributeError, match="params cannot be set on a model"):
        model.params = TrainParams(vector_size=400)


def test_counts_that_were_resized_cannot_be_trained():
    model = Word2Vec(**SMALL, sample=0)
    model.build_vocab(TEXT)
    object.__setattr__(model.vocab, "counts", model.vocab.counts[:-1])
    with pytest.raises(ValueError, match="must be of length 4"):
        model.train()
