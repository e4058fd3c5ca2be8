"""Vectors in folders, mapped from them, stored as float16, merged from files."""

import numpy as np
import pytest

from w2vfast import KeyedVectors, Word2Vec
from w2vfast.formats import rows

WORDS = ["king", "queen", "月", "under_score", "a b"]
SENTENCES = [["a", "b", "c", "a", "d"], ["b", "a", "c"]] * 20
RNG = np.random.default_rng(4)


@pytest.fixture
def wv():
    vectors = RNG.normal(size=(5, 6)).astype(np.float32)
    return KeyedVectors(WORDS, vectors, counts=[50, 40, 30, 20, 10])


def read_only(array):
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 0
    return True


# --- folders ----------------------------------------------------------------------


@pytest.mark.parametrize("mmap", [False, None, True, "r"])
def test_a_folder_keeps_everything(tmp_path, wv, mmap):
    wv.set_vecattr("月", "kind", ["noun"])
    wv.set_vecattr("king", "weight", 0.25)
    wv.save(tmp_path / "folder")
    again = KeyedVectors.load(tmp_path / "folder", mmap=mmap)
    assert again.index_to_key == WORDS
    assert np.array_equal(again.vectors, wv.vectors)
    assert again.vectors.dtype == np.float32
    assert again.counts.tolist() == wv.counts.tolist()
    assert list(again.expandos) == ["count", "kind", "weight"]
    assert again.get_vecattr("月", "kind") == ["noun"]
    assert again.get_vecattr("king", "weight") == 0.25
    assert again.most_similar("king") == wv.most_similar("king")
    again.set_vecattr("king", "count", 1)  # attributes are never mapped


def test_integer_keys_stay_integers_in_a_folder(tmp_path):
    KeyedVectors([17, 4], np.eye(2)).save(tmp_path / "folder")
    assert KeyedVectors.load(tmp_path / "folder")[17].tolist() == [1, 0]


def test_mapped_vectors_cannot_be_written_to(tmp_path, wv):
    wv.save(tmp_path / "folder")
    mapped = KeyedVectors.load(tmp_path / "folder", mmap=True)
    assert read_only(mapped.vectors)
    with pytest.raises(ValueError, match="load them without mmap"):
        mapped["king"] = np.zeros(6)
    mapped.add_vector("new", np.ones(6))  # a copy in memory
    mapped["king"] = np.zeros(6)
    assert not mapped["king"].any()
    loaded = KeyedVectors.load(tmp_path / "folder")
    loaded["king"] = np.zeros(6)
    assert KeyedVectors.load(tmp_path / "folder")["king"].any()


def test_mapped_vectors_are_not_read(tmp_path, wv):
    wv.vectors[2, 3] = np.nan
    wv.save(tmp_path / "folder")
    mapped = KeyedVectors.load(tmp_path / "folder", mmap=True)
    base = mapped.vectors
    while base.base is not None and not isinstance(base, np.memmap):
        base = base.base
    assert isinstance(base, np.memmap)
    with pytest.raises(ValueError, match=r"row 3\) holds a value that is not a finite"):
        KeyedVectors.load(tmp_path / "folder")


@pytest.mark.parametrize("mode", ["fast", "exact"])
@pytest.mark.parametrize("mmap", [False, True])
def test_the_vectors_of_a_saved_model(tmp_path, mode, mmap):
    model = Word2Vec(
        SENTENCES, vector_size=4, min_count=1, epochs=1, mode=mode, progress=False
    )
    model.save(tmp_path / "model")
    wv = KeyedVectors.load(tmp_path / "model", mmap=mmap)
    assert wv.index_to_key == model.wv.index_to_key
    assert np.array_equal(wv.vectors, model.wv.vectors)
    assert wv.counts.tolist() == model.wv.counts.tolist()
    for vectors in (wv, model.wv):
        vectors.save_word2vec_format(tmp_path / f"{id(vectors)}")
    first, second = (tmp_path / f"{id(vectors)}" for vectors in (wv, model.wv))
    assert first.read_bytes() == second.read_bytes()
    assert mmap is not wv.vectors.flags.writeable


def test_what_is_no_folder_of_vectors_is_refused(tmp_path, wv):
    wv.save(tmp_path / "folder")
    with pytest.raises(ValueError, match=r"holds 'w2vfast\.KeyedVectors'"):
        Word2Vec.load(tmp_path / "folder")
    with pytest.raises(FileNotFoundError):
        KeyedVectors.load(tmp_path / "nowhere", mmap=True)
    with pytest.raises(ValueError, match="mmap must be True, False or 'r'"):
        KeyedVectors.load(tmp_path / "folder", mmap="r+")


def test_lists_of_equal_length_stay_lists(tmp_path, wv):
    for word in WORDS:
        wv.set_vecattr(word, "forms", [word, word.upper()])
    wv.save(tmp_path / "folder")
    again = KeyedVectors.load(tmp_path / "folder")
    assert again.get_vecattr("king", "forms") == ["king", "KING"]
    assert again.expandos["forms"].shape == (5,)


@pytest.mark.parametrize("name", ["v.bin", "v.txt", "v.npz", "binary"])
def test_only_folders_can_be_mapped(tmp_path, wv, name):
    words = KeyedVectors(WORDS[:4], wv.vectors[:4])
    words.save(tmp_path / name, "binary" if name == "binary" else None)
    with pytest.raises(ValueError, match=r"is no folder.* load it once .*save it"):
        KeyedVectors.load(tmp_path / name, mmap=True)


@pytest.mark.parametrize("mmap", [False, True])
def test_the_first_words_of_a_folder(tmp_path, wv, mmap):
    wv.set_vecattr("月", "kind", "noun")
    wv.save(tmp_path / "folder")
    few = KeyedVectors.load(tmp_path / "folder", limit=3, mmap=mmap)
    assert few.index_to_key == WORDS[:3]
    assert np.array_equal(few.vectors, wv.vectors[:3])
    assert few.counts.tolist() == [50, 40, 30]
    assert few.expandos["kind"].tolist() == [None, None, "noun"]


def test_other_formats_leave_attributes_out(tmp_path, wv):
    wv.set_vecattr("月", "kind", "noun")
    wv.save(tmp_path / "v.npz")
    assert list(KeyedVectors.load(tmp_path / "v.npz").expandos) == ["count"]


def test_attributes_that_json_cannot_hold(tmp_path, wv):
    wv.set_vecattr("king", "x", {1, 2})
    with pytest.raises(TypeError, match=r"attribute 'x' cannot be saved: .*set"):
        wv.save(tmp_path / "folder")
    assert not (tmp_path / "folder").exists()


# --- float16 ----------------------------------------------------------------------


def test_a_folder_may_store_half_precision(tmp_path, wv):
    wv.save(tmp_path / "folder", dtype=np.float16)
    half = KeyedVectors.load(tmp_path / "folder", mmap=True)
    assert half.vectors.dtype == np.float16
    assert half.vectors == pytest.approx(wv.vectors, rel=1e-3)
    assert wv.vectors.dtype == np.float32
    assert (tmp_path / "folder" / "vectors.npy").stat().st_size == 128 + 5 * 6 * 2


def test_npz_may_store_half_precision(tmp_path, wv):
    wv.save(tmp_path / "v.npz", dtype=np.float16)
    half = KeyedVectors.load(tmp_path / "v.npz")
    assert half.vectors.dtype == np.float16
    assert half.vectors == pytest.approx(wv.vectors, rel=1e-3)


def test_look_ups_of_half_precision_are_float32(wv):
    half = KeyedVectors(WORDS, (wv.vectors * 300).astype(np.float16))
    for found in (
        half["king"],
        half[["king", "月"]],
        half.get("king"),
        half.get_vector("king", norm=True),
        half.get_mean_vector(["king", "月"], pre_normalize=False),
        half.get_normed_vectors(),
    ):
        assert found.dtype == np.float32
    assert np.isfinite(half["king"] @ half["king"])
    assert half["king"].tolist() == half.vectors[0].tolist()
    assert half.similarity("king", "queen") == pytest.approx(
        wv.similarity("king", "queen"), abs=1e-3
    )
    assert [word for word, _ in half.most_similar("king")] == [
        word for word, _ in wv.most_similar("king")
    ]
    assert half.most_similar_batch(["king"])[0][0][0] == half.most_similar("king")[0][0]


def test_values_beyond_half_precision_are_not_stored(tmp_path, wv):
    wv.vectors[2, 3] = 70_000
    with pytest.raises(ValueError, match=r"70000\.0 is too large for float16"):
        wv.save(tmp_path / "folder", dtype="float16")
    with pytest.raises(ValueError, match="dtype must be a floating-point type"):
        wv.save(tmp_path / "folder", dtype=np.int8)
    assert not (tmp_path / "folder").exists()


# --- merging from a file ----------------------------------------------------------


@pytest.fixture
def other(tmp_path):
    vectors = np.arange(18, dtype=np.float32).reshape(3, 6)
    return KeyedVectors(["月", "boy", "king"], vectors)


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("said", [True, False])
def test_common_keys_take_the_vectors_of_a_file(tmp_path, wv, other, binary, said):
    other.save_word2vec_format(tmp_path / "file", binary=binary)
    before = wv.vectors.copy()
    taken = wv.intersect_word2vec_format(
        tmp_path / "file", binary=binary if said else None
    )
    assert taken == 2
    assert wv["king"].tolist() == other["king"].tolist()
    assert wv["月"].tolist() == other["月"].tolist()
    assert np.array_equal(wv.vectors[[1, 3, 4]], before[[1, 3, 4]])
    assert wv.index_to_key == WORDS


def test_integer_keys_meet_their_digits(tmp_path):
    KeyedVectors(["17"], [[1.0, 2]]).save_word2vec_format(tmp_path / "file")
    wv = KeyedVectors([4, 17], np.zeros((2, 2)))
    assert wv.intersect_word2vec_format(tmp_path / "file") == 1
    assert wv[17].tolist() == [1, 2]


@pytest.mark.parametrize("name", ["v.txt", "v.bin"])
def test_a_file_is_read_block_by_block(tmp_path, monkeypatch, name):
    monkeypatch.setattr(rows, "_BLOCK_BYTES", 100)
    other = KeyedVectors([f"w{n}" for n in range(500)], RNG.normal(size=(500, 6)))
    other.save(tmp_path / name, dtype=np.float32)
    wv = KeyedVectors(["w499", "w3", "w250"], np.zeros((3, 6), np.float32))
    assert wv.intersect_word2vec_format(tmp_path / name, binary=None) == 3
    expected = other[["w499", "w3", "w250"]].astype(np.float32)
    assert np.array_equal(wv.vectors, expected)


def test_nothing_in_common(tmp_path, wv):
    KeyedVectors(["x"], np.zeros((1, 6))).save_word2vec_format(tmp_path / "file")
    before = wv.vectors.copy()
    assert wv.intersect_word2vec_format(tmp_path / "file") == 0
    assert np.array_equal(wv.vectors, before)


def test_what_cannot_be_merged_changes_nothing(tmp_path, wv, other):
    before = wv.vectors.copy()
    KeyedVectors(["king"], [[1.0, 2]]).save_word2vec_format(tmp_path / "narrow")
    with pytest.raises(ValueError, match="vectors of 2 values, these have 6"):
        wv.intersect_word2vec_format(tmp_path / "narrow")
    other.save_word2vec_format(tmp_path / "file", binary=True)
    content = (tmp_path / "file").read_bytes()
    (tmp_path / "file").write_bytes(content[:-3])
    with pytest.raises(ValueError, match="truncated"):
        wv.intersect_word2vec_format(tmp_path / "file", binary=True)
    with pytest.raises(ValueError, match=r"lockf=0\.0 .*train\(freeze="):
        wv.intersect_word2vec_format(tmp_path / "file", 0.0)
    assert np.array_equal(wv.vectors, before)


def test_a_model_trains_on_from_merged_vectors(tmp_path):
    model = Word2Vec(vector_size=4, min_count=1, epochs=1, workers=1, progress=False)
    model.build_vocab(SENTENCES)
    KeyedVectors(["a"], np.full((1, 4), 5.0)).save_word2vec_format(tmp_path / "file")
    assert model.wv.intersect_word2vec_format(tmp_path / "file") == 1
    model.train(SENTENCES)
    assert (model.wv["a"] > 4).all()
    assert (np.abs(model.wv["b"]) < 2).all()
