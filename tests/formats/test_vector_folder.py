"""Vectors in a folder: counts and attributes, mapped vectors, folders of models."""

import numpy as np
import pytest

from w2vfast.formats import vector_folder
from w2vfast.formats.contents import Contents, ReadOptions, WriteOptions
from w2vfast.formats.folder import MODEL_KIND, VECTORS_KIND, load_folder, save_folder

HELD = Contents(
    ["king", "月", "a b"],
    np.arange(6, dtype=np.float32).reshape(3, 2),
    np.array([5, 4, 3]),
    c_text=True,
    attributes={
        "weight": np.array([0.5, 0, 1]),
        "kind": np.array([None, "noun", ["noun", "title"]], object),
    },
)


@pytest.fixture
def path(tmp_path):
    path = str(tmp_path / "folder")
    vector_folder.write(path, HELD, WriteOptions())
    return path


@pytest.mark.parametrize("mmap", [False, True])
def test_everything_survives_a_round_trip(path, mmap):
    held = vector_folder.read(path, ReadOptions(mmap=mmap))
    assert held.words == HELD.words
    assert np.array_equal(held.vectors, HELD.vectors)
    assert held.counts.tolist() == [5, 4, 3]
    assert held.c_text
    assert list(held.attributes) == ["weight", "kind"]
    assert held.attributes["weight"].tolist() == [0.5, 0, 1]
    assert held.attributes["kind"].tolist() == [None, "noun", ["noun", "title"]]
    assert held.vectors.flags.writeable != mmap
    assert held.attributes["weight"].flags.writeable  # attributes are never mapped


def test_lists_of_equal_length_do_not_become_a_matrix(tmp_path):
    pairs = np.empty(2, object)
    pairs[:] = [["a", "b"], ["c", "d"]]
    held = Contents(["x", "y"], np.eye(2), attributes={"pair": pairs})
    vector_folder.write(str(tmp_path / "folder"), held, WriteOptions())
    again = vector_folder.read(str(tmp_path / "folder"), ReadOptions())
    assert again.attributes["pair"].shape == (2,)
    assert again.attributes["pair"].tolist() == [["a", "b"], ["c", "d"]]


def test_integer_words_stay_integers(tmp_path):
    held = Contents([np.int64(17), 4], np.eye(2))
    vector_folder.write(str(tmp_path / "folder"), held, WriteOptions())
    again = vector_folder.read(str(tmp_path / "folder"), ReadOptions())
    assert again.words == [17, 4]
    assert again.counts is None


def test_limit_applies_to_attributes_as_well(path):
    held = vector_folder.read(path, ReadOptions(limit=2))
    assert held.words == ["king", "月"]
    assert held.counts.tolist() == [5, 4]
    assert held.attributes["kind"].tolist() == [None, "noun"]


def test_an_attribute_that_json_cannot_represent_is_an_error(tmp_path):
    values = np.array([{1}, None, None], object)
    held = HELD._replace(attributes={"x": values})
    with pytest.raises(TypeError, match=r"attribute 'x' cannot be saved: .*set"):
        vector_folder.write(str(tmp_path / "folder"), held, WriteOptions())
    assert list(tmp_path.iterdir()) == []


# --- folders of models ------------------------------------------------------------


def save_model(path, mode):
    meta = {
        "kind": MODEL_KIND,
        "words": ["</s>", "a", "b"],
        "params": {"mode": mode},
    }
    arrays = {"syn0": np.eye(3, dtype=np.float32), "counts": np.array([9, 5, 3])}
    save_folder(path, meta, arrays)


@pytest.mark.parametrize(
    ("mode", "words"), [("exact", ["</s>", "a", "b"]), ("fast", ["a", "b"])]
)
def test_a_model_shows_the_sentence_end_in_exact_mode_only(tmp_path, mode, words):
    save_model(tmp_path / "model", mode)
    held = vector_folder.read(str(tmp_path / "model"), ReadOptions())
    assert held.words == words
    assert np.array_equal(held.vectors, np.eye(3)[-len(words) :])
    assert held.counts.tolist() == [9, 5, 3][-len(words) :]
    assert held.c_text == (mode == "exact")


def test_a_model_is_not_replaced_by_vectors(tmp_path):
    path = str(tmp_path / "model")
    save_model(path, "fast")
    with pytest.raises(FileExistsError, match="a whole model"):
        vector_folder.write(path, HELD, WriteOptions())
    assert load_folder(path)[0]["kind"] == MODEL_KIND


def test_a_folder_of_another_kind_is_an_error(tmp_path):
    save_folder(tmp_path / "folder", {"kind": "other"}, {})
    with pytest.raises(ValueError, match=r"contains 'other'; expected 'w2vfast\."):
        vector_folder.read(str(tmp_path / "folder"), ReadOptions())


# --- folders whose parts do not fit each other --------------------------------------

VECTORS_META = {"kind": VECTORS_KIND, "words": ["a", "b"], "c_text": False}


@pytest.mark.parametrize(
    ("meta", "arrays", "reason"),
    [
        ({}, {"vectors": np.eye(3)}, "2 words, vectors float64"),
        ({}, {"vectors": np.ones(2)}, r"vectors float64 \(2,\)"),
        ({}, {"vectors": np.eye(2, dtype=int)}, "vectors int64"),
        ({}, {"vectors": np.eye(2), "counts": np.ones(3, int)}, r"counts int64 \(3,\)"),
        ({}, {"vectors": np.eye(2), "counts": np.ones(2)}, "counts float64"),
        ({}, {"vectors": np.array(1.0)}, "no array 'vectors'"),
        ({}, {}, "no array 'vectors'"),
        ({"words": "ab"}, {"vectors": np.eye(2)}, "'words' must be a list"),
        ({"words": [[], []]}, {"vectors": np.eye(2)}, "'words', item 0 must be of"),
        ({"c_text": 3}, {"vectors": np.eye(2)}, "'c_text' must be of type bool"),
        ({"attributes": [["x", [1]]]}, {"vectors": np.eye(2)}, r"\{'x': 1\}"),
        ({"attributes": [["x", None]]}, {"vectors": np.eye(2)}, "array 'attribute_0'"),
        ({"attributes": [7]}, {"vectors": np.eye(2)}, "attribute 0 has no name"),
        ({"kind": MODEL_KIND}, {"syn0": np.eye(2)}, "lacks 'params'"),
        ({"kind": MODEL_KIND, "params": {"mode": []}}, {}, "'mode' must be 'fast' or"),
        ({"kind": MODEL_KIND, "params": {"mode": "fast"}}, {}, "no array 'syn0'"),
    ],
)
def test_parts_that_do_not_fit_each_other_are_an_error(tmp_path, meta, arrays, reason):
    path = str(tmp_path / "folder")
    save_folder(path, VECTORS_META | meta, arrays)
    with pytest.raises(ValueError, match=reason) as caught:
        vector_folder.read(path, ReadOptions())
    assert path in str(caught.value)
