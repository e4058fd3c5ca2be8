"""Given vectors that the words of a model begin with: `init_vectors`."""

import numpy as np
import pytest

from w2vfast import KeyedVectors, Word2Vec
from w2vfast.cli.main import main
from w2vfast.warmstart.init_vectors import Coverage

SMALL = {"vector_size": 16, "min_count": 1, "progress": False, "workers": 1}
CAT, DOG = ["cat", "purrs", "softly"], ["dog", "barks", "loudly"]
TEXT = [CAT, DOG] * 60


def given_vectors(words, dim=16, seed=5):
    """Return vectors that no model would begin with by itself."""
    rows = np.random.default_rng(seed).normal(0, 3, (len(words), dim))
    return KeyedVectors(words, rows.astype(np.float32))


def untrained(**options):
    model = Word2Vec(**{**SMALL, **options})
    model.build_vocab(TEXT)
    return model


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


def test_training_does_not_change_the_given_vectors():
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


def test_a_file_with_none_of_the_words_warns_and_names_words_of_both(tmp_path):
    given_vectors(["Cat", "Dog"]).save(tmp_path / "v.txt")
    model = untrained(init_vectors=tmp_path / "v.txt")
    with pytest.warns(UserWarning, match=r"v\.txt .*none of the 6.*'cat'.*'Cat'"):
        assert model.wv is not None
    np.testing.assert_array_equal(model.wv.vectors, untrained().wv.vectors)


@pytest.mark.parametrize("name", ["v.txt", "v.npz", None])
def test_another_dimension_raises_before_any_text_is_read(name, tmp_path):
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
def test_vectors_that_are_not_finite_raise(value):
    given = KeyedVectors(["unseen", "dog"], np.ones((2, 16)))
    given.vectors[0, 3] = value  # of a word that the model does not have
    assert untrained(init_vectors=given).wv is not None
    given.vectors[1, 3] = value
    model = untrained(init_vectors=given)
    with pytest.raises(ValueError, match=r"vector of 'dog' holds .*not a finite"):
        model.train()


def test_what_is_neither_a_path_nor_vectors_raises():
    with pytest.raises(
        TypeError, match=r"path .* or a KeyedVectors, such as model.wv, got list"
    ):
        Word2Vec(init_vectors=[1.0], **SMALL)
    with pytest.raises(FileNotFoundError, match="no-such"):
        Word2Vec(init_vectors="no-such.txt", **SMALL)


def test_integer_words_are_found_by_their_decimal_digits(tmp_path):
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


def test_the_first_of_equal_words_in_a_file_is_used(tmp_path):
    (tmp_path / "v.txt").write_text("2 2\ncat 1 2\ncat 3 4\n")
    model = untrained(vector_size=2, init_vectors=tmp_path / "v.txt")
    assert model.wv["cat"].tolist() == [1, 2]


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
def test_the_command_line_accepts_both_options_and_reports_the_coverage_once(
    debug, files, capfd
):
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


def test_the_command_line_reports_a_frozen_word_without_a_vector(files, capfd):
    (files / "words").write_text("cat\npurr\n")
    assert command_line(files, "--freeze", files / "words", "--quiet") == 1
    assert "did you mean 'purrs'?" in capfd.readouterr().err
