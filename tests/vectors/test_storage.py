"""KeyedVectors.save and load: every format, mapped folders, attributes, float16."""

import numpy as np
import pytest

from w2vfast import KeyedVectors, Word2Vec
from w2vfast.formats.registry import KINDS

WORDS = ["the", "of", "月", "non\u00a0breaking"]
SENTENCES = [["a", "b", "c", "a", "d"], ["b", "a", "c"]] * 20
SUFFIXES = [".txt", ".vec", ".bin", ".glove", ".npz", "", ".kv"]
NEEDS_PACKAGE = pytest.param(".safetensors", marks=pytest.mark.peer)
READABLE = [*SUFFIXES, NEEDS_PACKAGE]
STORE_ANY_WORD = [".npz", "", NEEDS_PACKAGE]


@pytest.fixture
def wv():
    vectors = np.random.default_rng(1).normal(size=(4, 3)).astype(np.float32)
    return KeyedVectors(WORDS, vectors, [40, 30, 20, 10])


@pytest.fixture(params=["fast", "exact"])
def model(request):
    return Word2Vec(
        SENTENCES,
        vector_size=5,
        min_count=1,
        epochs=1,
        mode=request.param,
        workers=1,
        progress=False,
    )


def need_package(suffix):
    if suffix == ".safetensors":
        pytest.importorskip("safetensors", reason="needs safetensors")


def same(loaded, expected):
    return loaded.index_to_key == expected.index_to_key and np.array_equal(
        loaded.vectors, expected.vectors
    )


# --- every format -----------------------------------------------------------------


@pytest.mark.parametrize("suffix", READABLE)
def test_words_and_vectors_survive_a_round_trip(tmp_path, wv, suffix):
    need_package(suffix)
    path = tmp_path / f"vectors{suffix}"
    wv.save(path)
    loaded = KeyedVectors.load(path)
    assert same(loaded, wv)
    assert loaded.vectors.dtype == np.float32
    assert loaded.vectors.flags.writeable
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", STORE_ANY_WORD)
def test_counts_and_any_word_survive_a_round_trip(tmp_path, suffix):
    need_package(suffix)
    words = ["new york", "", "tab\t", "\udcff", "back\\x20slash"]
    wv = KeyedVectors(words, np.ones((5, 2), np.float32), [5, 4, 3, 2, 1])
    wv.save(tmp_path / f"vectors{suffix}")
    loaded = KeyedVectors.load(tmp_path / f"vectors{suffix}")
    assert loaded.index_to_key == words
    assert loaded.counts.tolist() == [5, 4, 3, 2, 1]


@pytest.mark.parametrize("suffix", STORE_ANY_WORD)
def test_integer_keys_stay_integers(tmp_path, suffix):
    need_package(suffix)
    wv = KeyedVectors(np.array([17, 0]), np.ones((2, 2), np.float32))
    wv.save(tmp_path / f"vectors{suffix}")
    assert KeyedVectors.load(tmp_path / f"vectors{suffix}").index_to_key == [17, 0]


def test_spaces_are_escaped_and_read_as_the_caller_asks(tmp_path):
    wv = KeyedVectors(["new york", "a\\b"], np.ones((2, 2), np.float32))
    path = tmp_path / "vectors.txt"
    with pytest.raises(ValueError, match=r"'new york' \(row 0\) contains white space"):
        wv.save(path)
    assert not path.exists()
    wv.save(path, spaces="escape")
    assert same(KeyedVectors.load(path, spaces="escape"), wv)
    assert KeyedVectors.load(path).index_to_key == ["new\\x20york", "a\\x5cb"]


def test_a_kind_overrides_the_suffix(tmp_path, wv):
    wv.save(tmp_path / "vectors.txt", "npz")
    assert same(KeyedVectors.load(tmp_path / "vectors.txt", "npz"), wv)


def test_the_keys_of_the_registry_are_the_accepted_kinds(tmp_path, wv):
    with pytest.raises(ValueError, match=f"kind must be one of {', '.join(KINDS)}, "):
        wv.save(tmp_path / "v.txt", "word2vec")


def test_exact_mode_saves_text_as_the_c_program_does(tmp_path):
    wv = KeyedVectors(["a"], np.ones((1, 2), np.float32), c_text=True)
    wv.save(tmp_path / "v.txt")
    assert (tmp_path / "v.txt").read_bytes() == b"1 2\na 1.000000 1.000000 \n"
    wv.save(tmp_path / "folder")
    KeyedVectors.load(tmp_path / "folder").save(tmp_path / "again.txt")
    assert (tmp_path / "again.txt").read_bytes() == (tmp_path / "v.txt").read_bytes()


@pytest.mark.parametrize("suffix", READABLE)
def test_limit_loads_the_first_words(tmp_path, wv, suffix):
    need_package(suffix)
    path = tmp_path / f"vectors{suffix}"
    wv.save(path)
    for limit in (1, 3, 4, 9):
        loaded = KeyedVectors.load(path, limit=limit)
        assert loaded.index_to_key == WORDS[:limit]
        assert np.array_equal(loaded.vectors, wv.vectors[:limit])
    assert KeyedVectors.load(path, limit=0).index_to_key == WORDS  # as gensim
    with pytest.raises(ValueError, match="limit must be at least 0"):
        KeyedVectors.load(path, limit=-1)


@pytest.mark.parametrize("suffix", READABLE)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite_are_an_error(tmp_path, wv, suffix, value):
    need_package(suffix)
    wv.vectors[2, 1] = value
    path = tmp_path / f"vectors{suffix}"
    wv.save(path)
    with pytest.raises(ValueError, match=r"vectors.* '月' \(row 3\) .*not a finite"):
        KeyedVectors.load(path)


@pytest.mark.parametrize("suffix", READABLE)
def test_duplicate_words_are_kept_with_a_warning(tmp_path, suffix):
    need_package(suffix)
    wv = KeyedVectors(["a", "a"], np.float32([[1, 2], [3, 4]]))
    wv.save(tmp_path / f"vectors{suffix}")
    with pytest.warns(UserWarning, match="1 rows repeat a word, such as 'a'") as caught:
        loaded = KeyedVectors.load(tmp_path / f"vectors{suffix}")
    assert caught[0].filename == __file__  # the warning points at the caller
    assert same(loaded, wv)
    assert loaded["a"].tolist() == [1, 2]


# --- mapped folders ---------------------------------------------------------------


@pytest.mark.parametrize("mmap", [False, None, True, "r", "c"])
def test_a_folder_stores_everything(tmp_path, wv, mmap):
    wv.set_vecattr("月", "kind", ["noun"])
    wv.set_vecattr("the", "weight", 0.25)
    wv.save(tmp_path / "folder")
    again = KeyedVectors.load(tmp_path / "folder", mmap=mmap)
    assert same(again, wv)
    assert again.vectors.dtype == np.float32
    assert again.counts.tolist() == wv.counts.tolist()
    assert list(again.expandos) == ["count", "kind", "weight"]
    assert again.get_vecattr("月", "kind") == ["noun"]
    assert again.get_vecattr("the", "weight") == 0.25
    assert again.most_similar("the") == wv.most_similar("the")
    again.set_vecattr("the", "count", 1)  # attributes are never mapped
    assert again.get_vecattr("the", "count") == 1


def test_mapped_vectors_are_read_only_until_they_are_copied(tmp_path, wv):
    wv.save(tmp_path / "folder")
    mapped = KeyedVectors.load(tmp_path / "folder", mmap=True)
    with pytest.raises(ValueError, match="read-only"):
        mapped.vectors[0] = 0
    with pytest.raises(ValueError, match="load them without mmap"):
        mapped["the"] = np.zeros(3)
    mapped.add_vector("new", np.ones(3))  # a copy in memory
    mapped["the"] = np.zeros(3)
    assert not mapped["the"].any()
    assert KeyedVectors.load(tmp_path / "folder")["the"].any()


def test_loaded_vectors_are_independent_of_the_folder(tmp_path, wv):
    wv.save(tmp_path / "folder")
    loaded = KeyedVectors.load(tmp_path / "folder")
    loaded["the"] = np.zeros(3)
    assert KeyedVectors.load(tmp_path / "folder")["the"].any()


def test_mapped_vectors_are_neither_read_nor_checked(tmp_path, wv):
    wv.vectors[2, 1] = np.nan
    wv.save(tmp_path / "folder")
    base = KeyedVectors.load(tmp_path / "folder", mmap=True).vectors
    while base.base is not None and not isinstance(base, np.memmap):
        base = base.base
    assert isinstance(base, np.memmap)


def test_changes_of_a_mapped_copy_stay_in_memory(tmp_path, wv):
    wv.save(tmp_path / "folder")
    mapped = KeyedVectors.load(tmp_path / "folder", mmap="c")
    before = mapped["the"]
    mapped.vectors[:] = 0
    mapped["the"] = np.ones(3)
    assert mapped.vectors.sum() == 3
    del mapped
    assert KeyedVectors.load(tmp_path / "folder")["the"].tolist() == before.tolist()


def test_mmap_never_writes_to_the_file(tmp_path, wv):
    wv.save(tmp_path / "folder")
    with pytest.raises(ValueError, match=r"'c' \(changes .*, got 'r\+'.* use save"):
        KeyedVectors.load(tmp_path / "folder", mmap="r+")
    with pytest.raises(FileNotFoundError):
        KeyedVectors.load(tmp_path / "missing", mmap=True)


# --- attributes -------------------------------------------------------------------


def test_other_formats_do_not_store_attributes(tmp_path, wv):
    wv.set_vecattr("月", "kind", "noun")
    wv.save(tmp_path / "v.npz")
    assert list(KeyedVectors.load(tmp_path / "v.npz").expandos) == ["count"]


def test_an_attribute_that_json_cannot_represent_is_an_error(tmp_path, wv):
    wv.set_vecattr("the", "x", {1, 2})
    with pytest.raises(TypeError, match=r"attribute 'x' cannot be saved: .*set"):
        wv.save(tmp_path / "folder")
    assert not (tmp_path / "folder").exists()


# --- folders of models ------------------------------------------------------------


@pytest.mark.parametrize("mmap", [False, True])
def test_a_folder_of_a_model_loads_as_its_vectors(tmp_path, model, mmap):
    model.save(tmp_path / "model")
    loaded = KeyedVectors.load(tmp_path / "model", mmap=mmap)
    assert same(loaded, model.wv)
    assert loaded.counts.tolist() == model.wv.counts.tolist()
    assert loaded.vectors.flags.writeable is not mmap
    loaded.save(tmp_path / "loaded.txt")
    model.wv.save(tmp_path / "trained.txt")
    texts = [(tmp_path / name).read_bytes() for name in ("loaded.txt", "trained.txt")]
    assert texts[0] == texts[1]


def test_a_model_is_not_replaced_by_its_vectors(tmp_path, model):
    model.save(tmp_path / "model")
    with pytest.raises(FileExistsError, match="a whole model"):
        model.wv.save(tmp_path / "model")
    assert same(Word2Vec.load(tmp_path / "model").wv, model.wv)


def test_a_folder_of_vectors_is_replaced_and_is_not_a_model(tmp_path, wv, model):
    model.wv.save(tmp_path / "folder")
    wv.save(tmp_path / "folder")
    assert same(KeyedVectors.load(tmp_path / "folder"), wv)
    with pytest.raises(ValueError, match=r"'w2vfast\.KeyedVectors'"):
        Word2Vec.load(tmp_path / "folder")


def test_another_folder_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="is not a model that w2vfast saved"):
        KeyedVectors.load(tmp_path)


# --- float16 ----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["folder", "v.npz"])
def test_vectors_may_be_stored_as_float16(tmp_path, wv, name):
    wv.save(tmp_path / name, dtype=np.float16)
    half = KeyedVectors.load(tmp_path / name)
    assert half.vectors.dtype == np.float16
    assert half.vectors == pytest.approx(wv.vectors, rel=1e-3)
    assert wv.vectors.dtype == np.float32


def test_float16_takes_half_the_space(tmp_path, wv):
    wv.save(tmp_path / "folder", dtype=np.float16)
    assert (tmp_path / "folder" / "vectors.npy").stat().st_size == 128 + 4 * 3 * 2
    mapped = KeyedVectors.load(tmp_path / "folder", mmap=True)
    assert mapped.vectors.dtype == np.float16


def test_values_beyond_the_range_of_float16_are_an_error(tmp_path, wv):
    wv.vectors[2, 1] = 70_000
    with pytest.raises(ValueError, match=r"70000\.0 is too large for float16"):
        wv.save(tmp_path / "folder", dtype="float16")
    assert not (tmp_path / "folder").exists()


def test_a_dtype_that_is_not_floating_point_is_an_error(tmp_path, wv):
    with pytest.raises(ValueError, match="dtype must be a floating-point type"):
        wv.save(tmp_path / "folder", dtype=np.int8)
    assert not (tmp_path / "folder").exists()
