"""One matrix of input and output vectors: `Word2Vec.combined_vectors`."""

import numpy as np
import pytest
from helpers import run_cli

from w2vfast import KeyedVectors, Word2Vec
from w2vfast.prediction.combining import check_combination, combine_matrices

TEXT = "the cat sat on the mat and the dog ran after the cat\na cat a dog\n" * 30
SENTENCES = [line.split() for line in TEXT.splitlines()]
SETTINGS = {"vector_size": 8, "min_count": 1, "workers": 1, "progress": False}


def trained(**options):
    return Word2Vec(SENTENCES, **{**SETTINGS, "alpha": 0.1, **options})


@pytest.fixture(scope="module")
def model():
    return trained()


INPUTS = np.float32([[1, 2], [3, 4]])
OUTPUTS = np.float32([[10, 20], [30, 40]])
COMBINED = {
    "input": [[1, 2], [3, 4]],
    "output": [[10, 20], [30, 40]],
    "sum": [[11, 22], [33, 44]],
    "concat": [[1, 2, 10, 20], [3, 4, 30, 40]],
}


@pytest.mark.parametrize("combine", COMBINED)
def test_matrices_are_combined_into_a_new_one(combine):
    check_combination(combine)
    found = combine_matrices(INPUTS, OUTPUTS, combine)
    assert found.tolist() == COMBINED[combine]
    assert found.dtype == np.float32
    assert not np.shares_memory(found, INPUTS)
    assert not np.shares_memory(found, OUTPUTS)


def test_combined_vectors_of_a_model_have_its_words_and_counts(model):
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
def test_combined_vectors_are_independent_of_the_model(combine):
    model = trained()
    before = model.wv.vectors.copy(), model.syn1neg.copy()
    found = model.combined_vectors(combine)
    found.vectors[:] = 0
    found.add_vector("new", np.ones(found.vector_size))
    np.testing.assert_array_equal(model.wv.vectors, before[0])
    np.testing.assert_array_equal(model.syn1neg, before[1])


@pytest.mark.parametrize("combine", ["average", None, "SUM"])
def test_an_unknown_combination_raises_and_names_the_accepted_ones(model, combine):
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
def test_command_refuses_an_impossible_combination_before_it_trains(
    flags, message, tmp_path
):
    done, path = train_by_command(tmp_path, *flags)
    assert done.returncode == 2
    assert message in done.stderr
    assert not path.exists()


def test_classes_are_those_of_the_combination(tmp_path):
    files = set()
    for combine in ("input", "concat"):
        done, path = train_by_command(tmp_path, "-classes", "2", "--combine", combine)
        assert done.returncode == 0, done.stderr
        files.add(path.read_bytes())
    assert len(files) == 2
