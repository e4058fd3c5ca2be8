"""The C program's k-means over word vectors."""

import numpy as np
import pytest

from w2vfast.vectors import classes
from w2vfast.vectors.classes import check_n_classes, kmeans_classes, write_classes

VECTORS = np.random.default_rng(1).normal(size=(60, 5)).astype(np.float32)


def kmeans_reference(vectors, n_classes):
    """word2vec.c TrainModel in float64; equal up to rounding."""
    vectors = vectors.astype(np.float64)
    numbers = np.arange(len(vectors)) % n_classes
    for _ in range(10):
        centroids = np.zeros((n_classes, vectors.shape[1]))
        for k in range(n_classes):
            rows = vectors[numbers == k]
            centroid = rows.sum(axis=0) / (len(rows) + 1)  # the size counts from 1
            # A class that stays empty: 0 / 0, which no comparison prefers.
            with np.errstate(invalid="ignore"):
                centroids[k] = centroid / np.linalg.norm(centroid)
        cosines = np.nan_to_num(vectors @ centroids.T, nan=-np.inf)
        numbers = cosines.argmax(axis=1)
    return numbers


@pytest.mark.parametrize("n_classes", [1, 2, 7, 60, 61, 200])
def test_classes_agree_with_the_reference_implementation(n_classes):
    found = kmeans_classes(VECTORS, n_classes)
    assert found.dtype == np.int32
    assert found.tolist() == kmeans_reference(VECTORS, n_classes).tolist()


def test_the_size_of_a_block_does_not_change_the_classes(monkeypatch):
    whole = kmeans_classes(VECTORS, 7)
    monkeypatch.setattr(classes, "BLOCK_PRODUCTS", 100)
    assert kmeans_classes(VECTORS, 7).tolist() == whole.tolist()


def test_padded_rows_and_other_types_are_accepted():
    padded = np.zeros((60, 8), np.float32)
    padded[:, :5] = VECTORS
    expected = kmeans_classes(VECTORS, 3).tolist()
    assert kmeans_classes(padded[:, :5], 3).tolist() == expected
    assert kmeans_classes(VECTORS.astype(np.float64), 3).tolist() == expected


def test_the_vectors_are_not_changed():
    before = VECTORS.copy()
    kmeans_classes(VECTORS, 3)
    assert np.array_equal(VECTORS, before)


def test_there_must_be_a_class_and_a_vector():
    for n_classes in (0, 10**12):
        with pytest.raises(ValueError, match=rf"in \[1, 2147483647\], got {n_classes}"):
            kmeans_classes(VECTORS, n_classes)
    with pytest.raises(ValueError, match=r"not empty; got \(0, 5\)"):
        kmeans_classes(VECTORS[:0], 2)
    with pytest.raises(ValueError, match=r"shape \(V, D\).* got \(5,\)"):
        kmeans_classes(VECTORS[0], 2)


def test_more_classes_than_words_are_refused_where_no_c_bytes_are_asked_for():
    check_n_classes("N", 60, 60)
    with pytest.raises(ValueError, match="N must be at most the number of words, 60"):
        check_n_classes("N", 61, 60)


def test_a_line_for_each_word_is_written(tmp_path):
    path = tmp_path / "classes"
    write_classes(path, ["</s>", "月", "\udcff", 17], np.array([0, 2, 1, 0], np.int32))
    assert path.read_bytes() == "</s> 0\n月 2\n".encode() + b"\xff 1\n17 0\n"


def test_a_word_that_no_reader_could_delimit_is_an_error(tmp_path):
    path = tmp_path / "classes"
    for word in ("new york", "a\nb 9"):
        with pytest.raises(ValueError, match=r"\(row 1\) contains white.*convert FILE"):
            write_classes(path, ["a", word], np.array([0, 1], np.int32))
    assert not path.exists()
