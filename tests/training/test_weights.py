"""Matrices: padded and compact forms, memory estimates, initial vectors."""

import copy
import pickle

import numpy as np
import pytest

from w2vfast import _core
from w2vfast.params import TrainParams
from w2vfast.training import weights
from w2vfast.training.weights import Rows, Weights, estimate_memory, new_weights


@pytest.mark.parametrize(("n_rows", "dim"), [(1, 1), (5, 16), (9000, 5), (4097, 33)])
def test_rows_survive_padding_and_packing(n_rows, dim):
    vectors = np.random.default_rng(0).normal(size=(n_rows, dim)).astype(np.float32)
    rows = Rows(vectors)
    for _ in range(2):
        padded = rows.pad()
        assert padded.shape[1] % _core.LANES == 0
        assert padded.ctypes.data % 64 == 0
        np.testing.assert_array_equal(padded[:, :dim], vectors)
        assert not padded[:, dim:].any()
        np.testing.assert_array_equal(rows.vectors, vectors)
        rows.pack()
        assert rows.vectors.flags.c_contiguous
        np.testing.assert_array_equal(rows.vectors, vectors)


def test_padding_leaves_the_given_array_as_it_was():
    given = np.ones((3, 5), dtype=np.float32)
    given.setflags(write=False)  # as a memory map is
    rows = Rows(given)
    rows.pad()[:] = 2
    assert (given == 1).all()
    assert (rows.vectors == 2).all()


@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
)
def test_copies_of_rows_are_independent(duplicate):
    rows = Rows.zeros(3, 5)
    other = duplicate(rows)
    other.pad()[:] = 1
    assert not rows.vectors.any()
    assert other.vectors.shape == (3, 5)


def test_weights_list_the_matrices_they_have_and_pack_them_all():
    both = Weights(Rows.zeros(3, 5), None, Rows.zeros(3, 5))
    assert [name for name, _ in both] == ["syn0", "syn1neg"]
    both.pack()
    assert all(rows.vectors.flags.c_contiguous for _, rows in both)


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({}, {"syn0", "syn1neg"}),
        ({"hs": 1, "negative": 0}, {"syn0", "syn1"}),
        ({"hs": 1}, {"syn0", "syn1", "syn1neg"}),
        ({"objective": "softmax"}, {"syn0", "syn1neg"}),
    ],
)
def test_each_objective_has_its_matrices(options, names):
    made = dict(new_weights(7, TrainParams(vector_size=8, **options)))
    assert set(made) == names
    assert made.pop("syn0").vectors.any()
    assert not any(rows.vectors.any() for rows in made.values())


def test_initial_vectors_are_uniform_and_do_not_repeat():
    vectors = new_weights(20_000, TrainParams(vector_size=100)).syn0.vectors
    assert len(np.unique(vectors[:, 0])) > 19_900  # C repeats a row after 16384
    assert np.abs(vectors).max() <= 0.5 / 100
    assert vectors.mean() == pytest.approx(0, abs=1e-5)
    assert vectors.std() == pytest.approx(1 / 100 / 12**0.5, rel=0.01)


@pytest.mark.parametrize("init_range", [0.1, 1.0, 30.0])
def test_the_initial_range_scales_the_same_random_numbers(init_range):
    params = TrainParams(vector_size=100, init_range=init_range)
    scaled = new_weights(50, params).syn0.vectors
    vectors = new_weights(50, TrainParams(vector_size=100)).syn0.vectors
    np.testing.assert_allclose(scaled, vectors * (init_range / 0.5), rtol=1e-6)


def test_too_little_memory_is_an_error_before_anything_is_allocated(monkeypatch):
    monkeypatch.setattr(weights, "available_memory", lambda: 10**9)
    params = TrainParams(vector_size=300)
    with pytest.raises(MemoryError, match=r"1000000 words .* 2\.\d+ GB .* 1\.00 GB"):
        new_weights(1_000_000, params)


def test_unknown_memory_is_not_checked(monkeypatch):
    monkeypatch.setattr(weights, "available_memory", lambda: None)
    assert new_weights(5, TrainParams(vector_size=8)).syn0.vectors.shape == (5, 8)


def test_memory_estimate_covers_the_matrices():
    sizes = estimate_memory(1000, TrainParams(vector_size=100, hs=1))
    matrix = 1000 * 112 * 4
    assert sizes["syn0"] == sizes["syn1"] == sizes["syn1neg"] == matrix
    assert sizes["total"] == sum(v for k, v in sizes.items() if k != "total")
    assert "syn1" not in estimate_memory(1000, TrainParams())


def test_memory_estimate_covers_the_rows_that_shards_copy():
    small, large = (
        estimate_memory(n_rows, TrainParams(deterministic=True, workers=2))
        for n_rows in (1000, 10**6)
    )
    assert "shards" not in estimate_memory(1000, TrainParams(workers=2))
    assert small["shards"] > 16 * 2 * small["syn0"]
    assert large["shards"] < 2 * large["syn0"]
    assert large["total"] == sum(v for k, v in large.items() if k != "total")


def test_memory_estimate_covers_the_windows_of_cbow():
    settings = {"workers": 2, "max_sentence_length": 10**6, "vector_size": 100}
    small, large = (
        estimate_memory(1000, TrainParams(window=window, **settings))
        for window in (100, 2**20)
    )
    assert "windows" not in estimate_memory(1000, TrainParams(sg=1))
    assert "windows" not in estimate_memory(1000, TrainParams(mode="exact"))
    # Each worker: 201 totals of 112 floats, and kept words with their places.
    assert small["windows"] > 2 * (201 * 4 * 112 + 10**6 * 64)
    # At most 259 totals, but lists for all words of a sentence.
    assert large["windows"] - small["windows"] > 2 * 10**6 * (2 * 4 + 1) * 8
    assert large["total"] - small["total"] == large["windows"] - small["windows"]


def test_memory_estimate_covers_the_replicas():
    params = TrainParams(vector_size=100, hs=1, workers=3)
    sizes = estimate_memory(9000, params)
    # Three workers, each with its own copy and that of the last merge.
    assert sizes["replicas"] == 3 * 3 * (2 * 2048 + 4096) * 4 * 112
    assert sizes["total"] == sum(v for k, v in sizes.items() if k != "total")
    assert "replicas" not in estimate_memory(9000, TrainParams(workers=1))


def test_memory_estimate_covers_the_logits_of_full_softmax():
    cbow = estimate_memory(1000, TrainParams(objective="softmax", workers=2))
    assert cbow["syn1neg"] == cbow["syn0"]
    params = TrainParams(objective="softmax", workers=2, sg=1, window=5)
    # Two workers; eight inputs of a block with two logits each, not one with one.
    logits = 2 * 1000 * 4 * (16 - 1)
    assert estimate_memory(1000, params)["tables"] - cbow["tables"] == logits


@pytest.mark.parametrize("values", [[np.inf, -np.inf], [np.nan, 1], [1, np.inf]])
def test_a_matrix_that_is_not_finite_is_named_without_a_warning(values):
    found = Weights(Rows(np.ones((9, 2), np.float32)), None, Rows(np.float32([values])))
    assert found.first_non_finite() == "syn1neg"
