"""A training that goes on from what is there: given vectors, or an earlier training."""

import numpy as np
import pytest

from w2vfast import KeyedVectors, Word2Vec
from w2vfast.cli.main import main
from w2vfast.warmstart.init_vectors import Coverage

SMALL = {"vector_size": 16, "min_count": 1, "progress": False, "workers": 1}
CAT, DOG = ["cat", "purrs", "softly"], ["dog", "barks", "loudly"]
TEXT = [CAT, DOG] * 60


def given_vectors(words, dim=16, seed=5):
    """Vectors that no model begins with."""
    rows = np.random.default_rng(seed).normal(0, 3, (len(words), dim))
    return KeyedVectors(words, rows.astype(np.float32))


def untrained(**options):
    model = Word2Vec(**{**SMALL, **options})
    model.build_vocab(TEXT)
    return model


# --- init_vectors ---------------------------------------------------------------


@pytest.mark.parametrize("mode", ["fast", "exact"])
@pytest.mark.parametrize(
    "name", ["v.txt", "v.bin", "v.txt.gz", "v.glove", "v.npz", "folder", None]
)
def test_words_of_the_file_begin_with_its_vectors(name, mode, tmp_path):
    given = given_vectors(["dog", "unseen", "cat"])
    if name:
        given.save(tmp_path / name)
    model = untrained(mode=mode, init_vectors=tmp_path / name if name else given)
    usual = untrained(mode=mode)
    for word in model.wv.index_to_key:
        begins = given if word in given else usual.wv
        np.testing.assert_array_equal(model.wv[word], begins[word])
    assert not model.syn1neg.any()


def test_given_vectors_are_trained_on_and_stay_unharmed():
    given = given_vectors(["cat"])
    before = given.vectors.copy()
    model = Word2Vec(TEXT, init_vectors=given, **SMALL)
    assert not np.array_equal(model.wv["cat"], before[0])
    np.testing.assert_array_equal(given.vectors, before)


def test_coverage_is_logged_in_words_and_as_a_share_of_the_text(caplog):
    caplog.set_level("INFO", "w2vfast")
    model = untrained(init_vectors=given_vectors(["cat", "elsewhere"]))
    assert model.init_coverage is None  # nothing is made before it is needed
    assert model.wv is not None
    assert model.init_coverage == Coverage(1, 6, 60, 360)
    expected = "init_vectors: 1 of 6 words begin with given vectors, 16.7% of the"
    assert expected in caplog.text


def test_a_file_with_none_of_the_words_earns_a_warning_with_words_of_both(tmp_path):
    given_vectors(["Cat", "Dog"]).save(tmp_path / "v.txt")
    model = untrained(init_vectors=tmp_path / "v.txt")
    with pytest.warns(UserWarning, match=r"v\.txt .*none of the 6.*'cat'.*'Cat'"):
        assert model.wv is not None
    np.testing.assert_array_equal(model.wv.vectors, untrained().wv.vectors)


@pytest.mark.parametrize("name", ["v.txt", "v.npz", None])
def test_another_dimension_is_an_error_before_any_text_is_read(name, tmp_path):
    given = given_vectors(["cat"], dim=7)
    if name:
        given.save(tmp_path / name)
    message = f"{name or 'init_vectors'} .*7 values, but vector_size is 16"
    with pytest.raises(ValueError, match=message):
        Word2Vec(
            corpus_file=tmp_path / "missing.txt",
            init_vectors=tmp_path / name if name else given,
            **SMALL,
        )


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300])
def test_vectors_that_are_not_finite_are_refused(value):
    given = KeyedVectors(["unseen", "dog"], np.ones((2, 16)))
    given.vectors[0, 3] = value  # never used
    assert untrained(init_vectors=given).wv is not None
    given.vectors[1, 3] = value
    model = untrained(init_vectors=given)
    with pytest.raises(ValueError, match=r"vector of 'dog' holds .*not a finite"):
        model.train()


def test_a_wrong_source_is_named():
    with pytest.raises(TypeError, match=r"path .* or a KeyedVectors, got list"):
        Word2Vec(init_vectors=[1.0], **SMALL)
    with pytest.raises(FileNotFoundError, match="no-such"):
        Word2Vec(init_vectors="no-such.txt", **SMALL)


def test_integer_words_are_found_by_their_digits(tmp_path):
    given = given_vectors(["17", "4"])
    given.save(tmp_path / "v.txt")
    walks = np.array([[17, 4, 3], [3, 17, 4]])
    model = Word2Vec(init_vectors=tmp_path / "v.txt", **SMALL)
    model.build_vocab(walks)
    np.testing.assert_array_equal(model.wv[17], given["17"])
    assert model.init_coverage.found == 2


def test_words_of_any_bytes_are_found(tmp_path):
    text, vectors = tmp_path / "text", tmp_path / "v.txt"
    text.write_bytes(b"caf\xe9 noir\n" * 9)
    vectors.write_bytes(b"1 2\ncaf\xe9 3 4\n")
    model = Word2Vec(
        min_count=1, vector_size=2, progress=False, init_vectors=vectors, negative=1
    )
    model.build_vocab(corpus_file=text)
    assert model.wv.vectors[0].tolist() == [3, 4]


def test_of_equal_words_in_a_file_the_first_counts(tmp_path):
    (tmp_path / "v.txt").write_text("2 2\ncat 1 2\ncat 3 4\n")
    model = untrained(vector_size=2, init_vectors=tmp_path / "v.txt")
    assert model.wv["cat"].tolist() == [1, 2]


# --- train on more --------------------------------------------------------------


def trained(**options):
    return Word2Vec(
        TEXT, **{**SMALL, "epochs": 20, "sample": 0, "alpha": 0.05, **options}
    )


def saved_and_loaded(model, tmp_path, mmap):
    model.save(tmp_path / "model")
    return Word2Vec.load(tmp_path / "model", mmap=mmap)


MODES = {
    "sg_ns": {"sg": 1},
    "sg_hs": {"sg": 1, "hs": 1, "negative": 0},
    "cbow_ns": {"sg": 0},
    "cbow_hs": {"sg": 0, "hs": 1, "negative": 0},
}
MORE = [["cat", "barks", "loudly"]] * 100


@pytest.mark.parametrize("kind", ["fast", "exact"])
@pytest.mark.parametrize("mode", MODES)
def test_new_text_moves_its_words_and_leaves_the_others_where_they_are(mode, kind):
    model = trained(mode=kind, **MODES[mode])
    before = model.wv["cat"], model.wv.similarity("cat", "dog")
    others = {word: model.wv[word] for word in ("dog", "purrs", "softly")}
    model.train(MORE, epochs=10, compute_loss=True, progress=False)
    assert not np.array_equal(model.wv["cat"], before[0])
    assert model.wv.similarity("cat", "dog") > before[1]
    for word, vector in others.items():
        np.testing.assert_array_equal(model.wv[word], vector)
    if kind == "fast":
        losses = [stats.loss for stats in model.history[-10:]]
        assert losses[-1] < losses[0]


def test_output_vectors_of_absent_words_move_as_noise_only():
    model = trained()
    before = model.syn1neg.copy()
    model.train(MORE, epochs=1, progress=False)
    assert (model.syn1neg != before).any(axis=1).all()


@pytest.mark.parametrize("mmap", [False, True, None])
def test_the_learning_rate_starts_anew_with_each_call(mmap, tmp_path):
    model = trained(alpha=0.05, epochs=2)
    if mmap is not None:
        model = saved_and_loaded(model, tmp_path, mmap)
    model.train(
        MORE, epochs=2, start_alpha=0.01, end_alpha=0.004, compute_loss=True,
        progress=False,
    )  # fmt: skip
    assert [stats.alpha for stats in model.history[-2:]] == pytest.approx(
        [0.007, 0.004]
    )
    assert model.history[-1].samples[0].alpha < 0.01
    assert model.params.start_alpha == 0.05


def test_words_outside_the_vocabulary_are_counted_and_logged(caplog):
    caplog.set_level("INFO", "w2vfast")
    model = trained(epochs=1)
    assert model.history[-1].unknown == 0
    text = [["cat", "new", "purrs"], ["newer", "newest"], ["dog", "cat"]]
    model.train(text, epochs=1)
    assert model.history[-1].unknown == 3
    expected = "3 of 7 words (42.9%) are not in the vocabulary and are ignored."
    assert caplog.messages == [expected]


@pytest.mark.parametrize("mode", ["fast", "exact"])
def test_words_below_min_count_are_counted_as_unknown(mode, tmp_path):
    (tmp_path / "text").write_text("a a b\nb a c\n" * 2 + "d\n")
    model = Word2Vec(
        corpus_file=tmp_path / "text", mode=mode, **{**SMALL, "min_count": 3}
    )
    assert {stats.unknown for stats in model.history} == {3}


def test_the_count_of_unknown_words_is_saved(tmp_path):
    model = trained(epochs=1)
    model.train([["cat", "new", "purrs"]], epochs=1, progress=False)
    assert saved_and_loaded(model, tmp_path, False).history == model.history


def test_exact_mode_goes_on_with_all_of_a_longer_text():
    model = trained(mode="exact", epochs=1)
    longer = TEXT * 3
    model.train(longer, epochs=1, progress=False)
    assert model.history[-1].words == sum(len(s) + 1 for s in longer)
    again = trained(mode="exact", epochs=1)
    again.train(longer, epochs=1, progress=False)
    np.testing.assert_array_equal(model.wv.vectors, again.wv.vectors)


def test_exact_mode_says_when_it_ends_an_epoch_early_as_c_does(tmp_path):
    """C's -read-vocab: the file's counts say how long an epoch is."""
    (tmp_path / "vocab").write_text("</s> 2\ncat 3\npurrs 2\n")
    model = Word2Vec(mode="exact", **SMALL)
    model.read_vocab(tmp_path / "vocab")
    with pytest.warns(UserWarning, match=r"add up to 7, .*has 300 .*ends after"):
        model.train([CAT, ["cat"]] * 60, epochs=1)
    assert model.history[-1].words < 300


@pytest.mark.parametrize("take", ["read_vocab", "build_vocab_from_freq", "build_vocab"])
def test_a_second_vocabulary_is_refused(take, tmp_path):
    (tmp_path / "vocab").write_text("cat 3\ndog 2\n")
    model = trained(epochs=1)
    given = {"read_vocab": tmp_path / "vocab", "build_vocab": TEXT}
    with pytest.raises(RuntimeError, match="has a vocabulary already; grow it"):
        getattr(model, take)(given.get(take, {"cat": 3, "dog": 2}))
    model.train(TEXT, epochs=1, progress=False)


# --- the command line -----------------------------------------------------------


@pytest.fixture
def files(tmp_path):
    (tmp_path / "text").write_text("".join(" ".join(s) + "\n" for s in TEXT))
    given_vectors(["cat", "dog", "unseen"]).save(tmp_path / "given.bin")
    (tmp_path / "words").write_text("cat\n")
    return tmp_path


def command_line(files, *flags):
    arguments = ["-train", files / "text", "-output", files / "out.txt", "-size", 16]
    return main(["train", *map(str, arguments), *map(str, flags)])


@pytest.mark.parametrize("debug", [0, 1, 2])
def test_the_command_line_takes_both_and_tells_the_coverage_once(debug, files, capfd):
    flags = ["--init-vectors", files / "given.bin", "--freeze", files / "words"]
    assert command_line(files, *flags, "-debug", debug) == 0
    written = KeyedVectors.load(files / "out.txt")
    given = KeyedVectors.load(files / "given.bin")
    np.testing.assert_array_equal(written["cat"], given["cat"])
    assert not np.array_equal(written["dog"], given["dog"])
    said = capfd.readouterr().err
    assert said.count("2 of 6 words begin with given vectors") == (debug > 0)


def test_files_of_the_command_line_are_not_overwritten(files, capfd):
    for flag, name in [("--init-vectors", "given.bin"), ("--freeze", "words")]:
        again = ["-save-vocab", files / name]
        assert command_line(files, flag, files / name, *again) == 2
        assert "would be overwritten" in capfd.readouterr().err


def test_the_command_line_names_a_frozen_word_that_has_no_vector(files, capfd):
    (files / "words").write_text("cat\npurr\n")
    assert command_line(files, "--freeze", files / "words", "--quiet") == 1
    assert "did you mean 'purrs'?" in capfd.readouterr().err


def test_output_vectors_in_hand_grow_with_the_vocabulary():
    model = Word2Vec([["a", "b", "c"] * 5], min_count=1, vector_size=4, epochs=1)
    outputs = model.output_vectors
    before = outputs["b"].copy()
    model.build_vocab([["d", "b", "e"] * 9], update=True)
    assert set(outputs.index_to_key) == {"a", "b", "c", "d", "e"}
    assert model.output_vectors is outputs
    np.testing.assert_array_equal(outputs["b"], before)
    np.testing.assert_array_equal(outputs.vectors, model.syn1neg)
