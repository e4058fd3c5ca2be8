"""A Word2Vec that gensim saved is trained on here; its pickle is not executed.

The golden file was written by gensim 4.4.0.  tests/peers/test_gensim_formats.py reads
what the installed gensim writes, and its files of older versions.
"""

import pickle
import sys
import types

import numpy as np
import pytest
from helpers import GOLDEN

from w2vfast import KeyedVectors, Word2Vec

SAVED = GOLDEN / "gensim"
TEXT = [["user", "eps", "computer", "human"]] * 20


def test_settings_words_and_both_matrices_are_gensims():
    model = Word2Vec.load(SAVED / "model-4.4.0", kind="gensim")
    vectors = KeyedVectors.load(SAVED / "model-4.4.0", kind="gensim")
    assert model.wv.index_to_key == vectors.index_to_key
    assert np.array_equal(model.wv.vectors, vectors.vectors)
    assert model.wv.counts.tolist() == vectors.counts.tolist()
    assert model.syn1neg.shape == vectors.vectors.shape
    settings = (model.sg, model.negative, model.epochs, model.alpha, model.min_alpha)
    assert settings == (0, 5, 1, 0.025, 0.0001)
    assert (model.corpus_count, model.corpus_total_words) == (80, 240)


def test_it_is_trained_saved_and_given_new_words(tmp_path):
    model = Word2Vec.load(SAVED / "model-4.4.0", kind="gensim")
    before = model.wv.vectors.copy()
    assert model.train(TEXT, epochs=2) == (160, 160)
    assert not np.array_equal(model.wv.vectors, before)
    model.build_vocab([["new", "human"]] * 5, update=True)
    model.save(tmp_path / "m")
    assert "new" in Word2Vec.load(tmp_path / "m").wv


@pytest.fixture
def pickled(monkeypatch, tmp_path):
    """Return a function that pickles a Word2Vec of gensim with these attributes."""
    classes = {}
    for name in ("Word2Vec", "KeyedVectors", "Word2VecTrainables"):
        where = "keyedvectors" if name == "KeyedVectors" else "word2vec"
        module = types.ModuleType(f"gensim.models.{where}")
        module = sys.modules.get(module.__name__, module)
        monkeypatch.setitem(sys.modules, module.__name__, module)
        classes[name] = type(name, (), {"__module__": module.__name__})
        monkeypatch.setattr(module, name, classes[name], raising=False)
    for name in ("gensim", "gensim.models"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))

    def made(name, **attributes):
        saved = classes[name]()
        saved.__dict__.update(attributes)
        return saved

    def write(
        words=("a", "b"),
        counts=(3, 9),
        syn1neg=None,
        parts=(),
        rows=None,
        of_wv=(),
        **attributes,
    ):
        if rows is None:
            rows = np.arange(3 * len(words), dtype=np.float32).reshape(-1, 3)
        if not isinstance(rows, np.ndarray):
            rows = np.array(rows, np.float32)
        wv = {"index_to_key": list(words), "vectors": rows, **dict(of_wv)}
        if counts is not None:
            wv["expandos"] = {"count": np.array(counts)}
        for name, of_part in dict(parts).items():
            attributes[name] = made("Word2VecTrainables", **of_part)
        if syn1neg is not None:
            attributes["syn1neg"] = syn1neg
        saved = made("Word2Vec", wv=made("KeyedVectors", **wv), **attributes)
        (tmp_path / "file").write_bytes(pickle.dumps(saved))
        return tmp_path / "file"

    return write


def outputs(n=2):
    return -np.arange(3 * n, dtype=np.float32).reshape(n, 3)


def test_words_are_sorted_by_count_with_their_rows(pickled):
    path = pickled(("a", "</s>", "b"), (3, 50, 9), outputs(3), iter=7, negative=2)
    model = Word2Vec.load(path, kind="gensim")
    assert model.wv.index_to_key == ["b", "a"]
    assert model.wv.vectors.tolist() == [[6, 7, 8], [0, 1, 2]]
    assert model.syn1neg.tolist() == [[-6, -7, -8], [0, -1, -2]]
    assert (model.epochs, model.negative) == (7, 2)


def test_settings_may_be_numbers_of_numpy(pickled):
    numbers = {"sample": np.float32(0.5), "window": np.int8(3), "sg": np.True_}
    path = pickled(syn1neg=outputs(), ns_exponent=np.float64(0.25), **numbers)
    model = Word2Vec.load(path, kind="gensim")
    settings = (model.sample, model.window, model.sg, model.ns_exponent)
    assert settings == (0.5, 3, 1, 0.25)


def test_parts_of_gensim_3_are_read(pickled, tmp_path):
    parts = {"trainables": {"__numpys": ["syn1neg"], "seed": 4}, "vocabulary": {}}
    parts["vocabulary"] = {"sample": 0.01, "min_count": 2}
    path = pickled(parts=parts)
    np.save(tmp_path / "file.trainables.syn1neg.npy", outputs())
    model = Word2Vec.load(path, kind="gensim")
    assert model.syn1neg.tolist() == outputs()[::-1].tolist()
    assert (model.seed, model.sample, model.min_count) == (4, 0.01, 2)


@pytest.mark.parametrize("owner", ["wv", "trainables", "model"])
@pytest.mark.parametrize("is_separate", [False, True])
def test_rows_that_gensim_has_frozen_stay_frozen(pickled, owner, is_separate, tmp_path):
    name = "syn0_lockf" if owner == "model" else "vectors_lockf"
    factors = np.array([0, 1], np.float32)
    held = {name: None, "__numpys": [name]} if is_separate else {name: factors}
    prefix = "file" if owner == "model" else f"file.{owner}"
    if is_separate:
        np.save(tmp_path / f"{prefix}.{name}.npy", factors)
    parts = {"trainables": held} if owner == "trainables" else {}
    of_wv = held if owner == "wv" else {}
    of_model = held if owner == "model" else {}
    path = pickled(syn1neg=outputs(), parts=parts, of_wv=of_wv, **of_model)
    model = Word2Vec.load(path, kind="gensim")
    assert model.wv.vectors_lockf.tolist() == [1, 0]  # sorted by count
    before = model.wv["a"]
    model.train([["a", "b"]] * 20)
    assert (model.wv["a"] == before).all()


def test_one_factor_of_gensim_is_that_of_all_rows(pickled):
    for factor in (0, 1):
        of_wv = {"vectors_lockf": np.array([factor], np.float32)}
        path = pickled(syn1neg=outputs(), of_wv=of_wv)
        model = Word2Vec.load(path, kind="gensim")
        assert model.wv.vectors_lockf.tolist() == [factor] * 2


def test_other_factors_of_gensim_are_warned_of_and_wrong_shapes_refused(pickled):
    path = pickled(syn1neg=outputs(), of_wv={"vectors_lockf": np.array([0.5, 0.0])})
    with pytest.warns(UserWarning, match="other than 0 and 1 are not taken"):
        model = Word2Vec.load(path, kind="gensim")
    assert model.wv.vectors_lockf.tolist() == [0, 1]
    path = pickled(syn1neg=outputs(), of_wv={"vectors_lockf": np.ones(3)})
    with pytest.raises(ValueError, match=r"2 words and vectors_lockf of \(3,\)"):
        Word2Vec.load(path, kind="gensim")


def test_the_inner_nodes_of_another_tree_are_not_taken(pickled):
    path = pickled(hs=1, negative=0, syn1=outputs())
    with pytest.warns(UserWarning, match="inner nodes .* are not taken, and begin at"):
        model = Word2Vec.load(path, kind="gensim")
    assert not model.syn1.any()


@pytest.mark.parametrize(
    ("saved", "problem"),
    [
        ({"counts": None}, "no counts of words.*init_vectors=KeyedVectors.load"),
        ({}, "has 2 words, and no output vectors"),
        ({"syn1neg": outputs(1)}, "has 2 words, and 1 output vectors"),
        ({"syn1neg": outputs()[:, :2]}, r"need syn1neg .* shape \(3, 3\), got"),
        ({"syn1neg": outputs(), "window": "wide"}, "window must be .* got 'wide'"),
        ({"syn1neg": outputs(), "window": {}}, "window must be .* got {}"),
        ({"syn1neg": [1.0]}, ": a part of the pickle is not an array"),
        ({"syn1neg": outputs() - np.inf}, "row 1 of syn1neg contains .* not a finite"),
        ({"syn1neg": outputs(), "rows": [[1], [np.nan]]}, r"of 'b' \(row 2\) contains"),
        (
            {"syn1neg": outputs() - np.float64([1e300])},
            r"-1e\+300 is too large for float32",
        ),
        (
            {"syn1neg": outputs(), "rows": np.float64([[1], [1e300]])},
            r"1e\+300 is too large for float32",
        ),
        ({"syn1neg": outputs(), "corpus_count": "x"}, "not an integer"),
        ({"syn1neg": outputs(), "counts": (-3, 9)}, "count"),
        ({"syn1neg": outputs(), "words": ("a", "a")}, "'a' is in its vocabulary twice"),
    ],
)
def test_what_cannot_be_trained_is_an_error(saved, problem, pickled):
    with pytest.raises(ValueError, match=f"/file.*{problem}"):
        Word2Vec.load(pickled(**saved), kind="gensim")


@pytest.mark.parametrize("words", [(), ("</s>",)])
def test_a_model_without_words_has_none(words, pickled):
    path = pickled(words, np.arange(len(words)), outputs(len(words)))
    assert len(Word2Vec.load(path, kind="gensim").wv) == 0


def test_vectors_alone_are_no_model():
    with pytest.raises(ValueError, match=r"a .*KeyedVectors, not a .*Word2Vec\. "):
        Word2Vec.load(SAVED / "vectors-4.4.0", kind="gensim")
    with pytest.raises(ValueError, match="kind must be 'gensim', or left out, got 'x'"):
        Word2Vec.load(SAVED / "model-4.4.0", kind="x")


def test_only_folders_can_be_mapped():
    with pytest.raises(ValueError, match="mmap must be False with kind='gensim'"):
        Word2Vec.load(SAVED / "model-4.4.0", kind="gensim", mmap=True)
