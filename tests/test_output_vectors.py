"""`Word2Vec.output_vectors`: the rows of `syn1neg` by word."""

import copy
import pickle

import numpy as np
import pytest

from w2vfast import Word2Vec

TEXT = "the cat sat on the mat and the dog ran after the cat\na cat a dog\n" * 30
SENTENCES = [line.split() for line in TEXT.splitlines()]
SETTINGS = {"vector_size": 8, "min_count": 1, "workers": 1, "progress": False}


def trained(**options):
    return Word2Vec(SENTENCES, **{**SETTINGS, "alpha": 0.1, **options})


@pytest.fixture(scope="module")
def model():
    return trained()


@pytest.mark.parametrize("mode", ["fast", "exact"])
def test_output_vectors_have_the_words_of_wv(mode):
    model = trained(mode=mode)
    outputs = model.output_vectors
    assert outputs.index_to_key == model.wv.index_to_key
    assert ("</s>" in outputs) == (mode == "exact")
    assert outputs.vectors.shape == model.wv.vectors.shape
    row = outputs.key_to_index["cat"]
    np.testing.assert_array_equal(outputs["cat"], model.syn1neg[row])
    assert not np.array_equal(outputs["cat"], model.wv["cat"])
    np.testing.assert_array_equal(outputs.counts, model.wv.counts)


def test_input_and_output_vectors_of_words_that_co_occur_have_a_positive_product():
    pairs = [["a", "b"], ["c", "d"]] * 200
    model = Word2Vec(pairs, **SETTINGS, sg=1, alpha=0.1, sample=0)
    inputs, outputs = model.wv, model.output_vectors
    assert inputs["a"] @ outputs["b"] > 0 > inputs["a"] @ outputs["c"]


def test_output_vectors_in_hand_follow_further_training():
    model = trained()
    outputs, held = model.output_vectors, model.output_vectors.vectors.copy()
    model.train(SENTENCES)
    assert not np.array_equal(outputs.vectors, held)
    np.testing.assert_array_equal(outputs.vectors, model.syn1neg)
    assert model.output_vectors is outputs
    outputs.vectors[0] = 7
    assert (model.syn1neg[0] == 7).all()


def test_saved_and_copied_models_have_output_vectors_of_their_own(model, tmp_path):
    model.save(tmp_path / "model")
    model.output_vectors  # noqa: B018 - made on demand, and not copied
    others = [
        Word2Vec.load(tmp_path / "model"),
        Word2Vec.load(tmp_path / "model", mmap=True),
        pickle.loads(pickle.dumps(model)),
        copy.copy(model),
    ]
    for other in others:
        held = other.output_vectors
        np.testing.assert_array_equal(held["cat"], model.syn1neg[1])
        other.train(SENTENCES, epochs=1)
        np.testing.assert_array_equal(held["cat"], other.syn1neg[1])
        assert not np.array_equal(held["cat"], model.syn1neg[1])
    assert model.wv.key_to_index["cat"] == 1


def test_no_key_can_be_added_to_output_vectors(model):
    with pytest.raises(RuntimeError, match="model"):
        model.output_vectors.add_vector("new", np.ones(8))


def test_exact_mode_writes_output_vectors_in_the_format_of_the_c_program(tmp_path):
    model = trained(mode="exact")
    model.wv.save_word2vec_format(tmp_path / "input")
    c_lines = (tmp_path / "input").read_bytes().splitlines()
    assert c_lines[1].endswith(b" ")
    for vectors in (model.output_vectors, model.combined_vectors("sum")):
        vectors.save_word2vec_format(tmp_path / "output")
        lines = (tmp_path / "output").read_bytes().splitlines()
        assert lines[1].endswith(b" ")


def test_a_pickle_holds_the_matrix_once():
    model = trained()
    before = len(pickle.dumps(model))
    model.output_vectors  # noqa: B018
    assert len(pickle.dumps(model)) < before + 100


def test_hierarchical_softmax_alone_has_no_output_vectors():
    model = trained(hs=1, negative=0)
    with pytest.raises(RuntimeError, match=r"inner nodes of a tree.* negative=5"):
        model.output_vectors  # noqa: B018
    for combine in ("output", "sum", "concat"):
        with pytest.raises(RuntimeError, match=f"combine='{combine}' needs output"):
            model.combined_vectors(combine)
    assert len(model.combined_vectors("input")) == len(model.wv)


def test_a_model_loaded_without_output_weights_raises(model):
    bare = copy.copy(model)
    bare._state.weights.syn1neg = None
    with pytest.raises(RuntimeError, match=r"loaded without its output weights"):
        bare.output_vectors  # noqa: B018
