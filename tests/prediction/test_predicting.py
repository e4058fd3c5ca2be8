"""A model's output vectors, what is made of them, and what follows a context."""

import copy
import pickle

import numpy as np
import pytest
from helpers import run_cli

from w2vfast import KeyedVectors, Word2Vec

TEXT = "the cat sat on the mat and the dog ran after the cat\na cat a dog\n" * 30
SENTENCES = [line.split() for line in TEXT.splitlines()]
SETTINGS = {"vector_size": 8, "min_count": 1, "workers": 1, "progress": False}
HS_ONLY = {"hs": 1, "negative": 0}


def trained(**options):
    return Word2Vec(SENTENCES, **{**SETTINGS, "alpha": 0.1, **options})


@pytest.fixture(scope="module")
def model():
    return trained()


# --- output vectors -----------------------------------------------------------------


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


def test_product_of_the_two_vectors_is_what_training_raises():
    """Words that stand together have a product above 0, others below."""
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


def test_saved_and_copied_models_keep_them(model, tmp_path):
    model.save(tmp_path / "model")
    model.output_vectors  # noqa: B018 - what is made on demand is not copied
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


def test_output_vectors_take_no_further_keys(model):
    with pytest.raises(RuntimeError, match="a model trains these very rows"):
        model.output_vectors.add_vector("new", np.ones(8))


def test_exact_mode_writes_output_vectors_as_c_writes_vectors(tmp_path):
    model = trained(mode="exact")
    model.wv.save_word2vec_format(tmp_path / "input")
    c_lines = (tmp_path / "input").read_bytes().splitlines()
    assert c_lines[1].endswith(b" ")
    for vectors in (model.output_vectors, model.combined_vectors("sum")):
        vectors.save_word2vec_format(tmp_path / "output")
        lines = (tmp_path / "output").read_bytes().splitlines()
        assert lines[1].endswith(b" ")


def test_copies_do_not_carry_the_matrix_twice():
    model = trained()
    before = len(pickle.dumps(model))
    model.output_vectors  # noqa: B018
    assert len(pickle.dumps(model)) < before + 100


def test_tree_alone_has_no_output_vectors():
    model = trained(**HS_ONLY)
    with pytest.raises(RuntimeError, match=r"inner nodes of a tree.* negative=5"):
        model.output_vectors  # noqa: B018
    for combine in ("output", "sum", "concat"):
        with pytest.raises(RuntimeError, match=f"combine='{combine}' needs output"):
            model.combined_vectors(combine)
    assert len(model.combined_vectors("input")) == len(model.wv)


def test_model_loaded_without_output_weights_says_so(model):
    bare = copy.copy(model)
    bare._state.weights.syn1neg = None
    with pytest.raises(RuntimeError, match=r"loaded without its output weights"):
        bare.output_vectors  # noqa: B018


# --- combinations -------------------------------------------------------------------


def test_combinations_are_what_they_are_called(model):
    inputs, outputs = model.wv.vectors, model.syn1neg
    expected = {
        "input": inputs,
        "output": outputs,
        "sum": inputs + outputs,
        "concat": np.hstack([inputs, outputs]),
    }
    for name, matrix in expected.items():
        found = model.combined_vectors(name)
        assert isinstance(found, KeyedVectors)
        np.testing.assert_array_equal(found.vectors, matrix)
        assert found.index_to_key == model.wv.index_to_key
        np.testing.assert_array_equal(found.counts, model.wv.counts)
    np.testing.assert_array_equal(
        model.combined_vectors().vectors, model.combined_vectors("sum").vectors
    )


@pytest.mark.parametrize("combine", ["input", "output", "sum", "concat"])
def test_combined_vectors_are_free_of_the_model(combine):
    model = trained()
    before = model.wv.vectors.copy(), model.syn1neg.copy()
    found = model.combined_vectors(combine)
    found.vectors[:] = 0
    found.add_vector("new", np.ones(found.vector_size))
    np.testing.assert_array_equal(model.wv.vectors, before[0])
    np.testing.assert_array_equal(model.syn1neg, before[1])


@pytest.mark.parametrize("combine", ["average", None, "SUM"])
def test_unknown_combination_names_the_known_ones(model, combine):
    with pytest.raises(ValueError, match="one of 'input', 'output', 'sum', 'concat'"):
        model.combined_vectors(combine)


def train_by_command(tmp_path, *flags):
    (tmp_path / "text").write_text(TEXT)
    files = ["-train", tmp_path / "text", "-output", tmp_path / "out"]
    small = ["-size", 8, "-min-count", 1, "-threads", 1, "-alpha", 0.1]
    done = run_cli("train", *files, *small, "-binary", 1, *flags)
    return done, tmp_path / "out"


@pytest.mark.parametrize("combine", ["input", "output", "sum", "concat"])
def test_command_writes_the_combination(model, combine, tmp_path):
    done, path = train_by_command(tmp_path, "--combine", combine)
    assert done.returncode == 0, done.stderr
    found = KeyedVectors.load_word2vec_format(path, binary=True)
    expected = model.combined_vectors(combine)
    assert found.index_to_key == expected.index_to_key
    np.testing.assert_array_equal(found.vectors, expected.vectors)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--combine", "both"], "must be one of input, output, sum, concat, got"),
        (["--combine=sum", "-hs", "1", "-negative", "0"], "Leave out -negative 0"),
    ],
)
def test_command_refuses_what_cannot_be_combined_before_it_trains(
    flags, message, tmp_path
):
    done, path = train_by_command(tmp_path, *flags)
    assert done.returncode == 2
    assert message in done.stderr
    assert not path.exists()


def test_classes_are_made_of_the_combination(tmp_path):
    sizes = set()
    for combine in ("input", "concat"):
        done, path = train_by_command(tmp_path, "-classes", "2", "--combine", combine)
        assert done.returncode == 0, done.stderr
        sizes.add(path.read_bytes())
    assert len(sizes) == 2


# --- predictions --------------------------------------------------------------------


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


def test_noise_leaves_the_ranking_of_words_of_equal_count():
    model = trained(epochs=20)
    plain = dict(model.predict_output_word(["cat"], None))
    noise = dict(model.predict_output_word(["cat"], None, noise=True))
    assert sum(noise.values()) == pytest.approx(1, abs=1e-6)
    counts = dict(zip(model.wv.index_to_key, model.wv.counts, strict=True))
    factor = (counts["the"] / counts["mat"]) ** 0.75
    assert noise["the"] / noise["mat"] == pytest.approx(
        factor * plain["the"] / plain["mat"], rel=1e-4
    )


def test_words_may_be_rows_and_unknown_ones_are_passed_over(model):
    expected = model.predict_output_word(["cat", "dog"])
    rows = [model.wv.key_to_index["cat"], np.int64(model.wv.key_to_index["dog"])]
    assert model.predict_output_word(rows) == expected
    mixed = ["nobody", "cat", 999, -1, "dog"]
    assert model.predict_output_word(mixed) == expected
    assert model.predict_output_word(iter(["cat", "dog"])) == expected


def test_number_in_a_vocabulary_of_numbers_is_a_word():
    model = Word2Vec([[10, 20, 0], [20, 0, 10]] * 30, **SETTINGS)
    expected = model.predict_output_word([0])
    assert model.predict_output_word([0, 1, 2]) == expected
    assert [type(word) for word, _ in expected] == [int] * 3


def test_context_is_a_mean_or_a_sum_as_in_training():
    for cbow_mean in (0, 1):
        model = trained(cbow_mean=cbow_mean, epochs=20)
        once = model.predict_output_word(["cat"])
        twice = model.predict_output_word(["cat", "cat"])
        assert (twice == once) == bool(cbow_mean)


@pytest.mark.parametrize("context", [[], ["nobody"]])
def test_nothing_follows_an_unknown_context(model, context):
    with pytest.warns(UserWarning, match="no word of the context is in the vocabulary"):
        assert model.predict_output_word(context) is None


@pytest.mark.parametrize(("topn", "n"), [(0, 0), (-1, 0), (2, 2), (99, 10)])
def test_no_more_than_topn_words_come_back(model, topn, n):
    assert len(model.predict_output_word(["cat"], topn)) == n


def test_string_is_no_list_of_words(model):
    with pytest.raises(TypeError, match=r"must be a list of words, got 'cat'.*\['cat'"):
        model.predict_output_word("cat")


def test_both_objectives_ask_the_tree_unless_told_otherwise():
    model = trained(hs=1)
    tree = model.predict_output_word(["cat"], weights="syn1")
    assert model.predict_output_word(["cat"]) == tree
    assert model.predict_output_word(["cat"], weights="syn1neg") != tree


def test_vectors_of_any_length_predict(model):
    long = trained(hs=1)
    long.wv.vectors[:] *= np.float32(1e30)
    long.syn1neg[:] *= np.float32(1e30)
    long.syn1[:] *= np.float32(1e30)
    for weights in ("syn1", "syn1neg"):
        found = long.predict_output_word(["cat", "the"], None, weights=weights)
        assert sum(p for _, p in found) == pytest.approx(1)
        assert np.isfinite(long.score([["cat", "the", "a"]], weights=weights)).all()


def test_sums_that_are_no_float32_any_more_are_scored():
    model = trained(cbow_mean=0)
    model.wv.vectors[:] = 3e38
    scores = model.score([["cat", "the", "a"]])
    assert np.isfinite(scores).all()
    assert model.predict_output_word(["cat", "the", "a"], 1)[0][1] == pytest.approx(1)


def test_saved_tree_model_predicts_the_same(tmp_path):
    model = trained(**HS_ONLY)
    model.save(tmp_path / "model")
    loaded = Word2Vec.load(tmp_path / "model")
    assert loaded.predict_output_word(["cat"]) == model.predict_output_word(["cat"])
