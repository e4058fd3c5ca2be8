"""A file's name says its format: KeyedVectors.save and load, for every kind."""

import bz2
import gzip
import lzma

import numpy as np
import pytest

from w2vfast import KeyedVectors, Word2Vec
from w2vfast.formats import registry
from w2vfast.formats.registry import KINDS, Reading, read_vectors

WORDS = ["the", "of", "月", "non\u00a0breaking"]
READABLE = [".txt", ".vec", ".bin", ".glove", ".npz", ""]
WITH_PACKAGE = pytest.param(".safetensors", marks=pytest.mark.peer)
KEEP_ANY_WORD = [".npz", "", WITH_PACKAGE]


@pytest.fixture
def wv():
    vectors = np.random.default_rng(1).normal(size=(4, 3)).astype(np.float32)
    return KeyedVectors(WORDS, vectors, [40, 30, 20, 10])


def need_package(suffix):
    if suffix == ".safetensors":
        pytest.importorskip("safetensors", reason="safetensors is missing")


def same(loaded, expected):
    return loaded.index_to_key == expected.index_to_key and np.array_equal(
        loaded.vectors, expected.vectors
    )


# --- there and back ---------------------------------------------------------------


@pytest.mark.parametrize("suffix", [*READABLE, WITH_PACKAGE])
def test_every_kind_comes_back(tmp_path, wv, suffix):
    need_package(suffix)
    path = tmp_path / f"vectors{suffix}"
    wv.save(path)
    loaded = KeyedVectors.load(path)
    assert same(loaded, wv)
    assert loaded.vectors.dtype == np.float32
    assert loaded.vectors.flags.writeable
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", KEEP_ANY_WORD)
def test_counts_and_any_word_come_back(tmp_path, suffix):
    need_package(suffix)
    words = ["new york", "", "tab\t", "\udcff", "back\\x20slash"]
    wv = KeyedVectors(words, np.ones((5, 2), np.float32), [5, 4, 3, 2, 1])
    wv.save(tmp_path / f"vectors{suffix}")
    loaded = KeyedVectors.load(tmp_path / f"vectors{suffix}")
    assert loaded.index_to_key == words
    assert loaded.counts.tolist() == [5, 4, 3, 2, 1]


@pytest.mark.parametrize("suffix", KEEP_ANY_WORD)
def test_integer_keys_come_back_as_integers(tmp_path, suffix):
    need_package(suffix)
    wv = KeyedVectors(np.array([17, 0]), np.ones((2, 2), np.float32))
    wv.save(tmp_path / f"vectors{suffix}")
    assert KeyedVectors.load(tmp_path / f"vectors{suffix}").index_to_key == [17, 0]


@pytest.mark.parametrize("suffix", [".txt", ".bin", ".glove"])
def test_words_with_spaces_are_refused_or_escaped(tmp_path, suffix):
    wv = KeyedVectors(["new york", "a\\b"], np.ones((2, 2), np.float32))
    path = tmp_path / f"vectors{suffix}"
    with pytest.raises(ValueError, match=r"'new york' \(row 0\) holds white space"):
        wv.save(path)
    assert not path.exists()
    wv.save(path, spaces="escape")
    assert same(KeyedVectors.load(path, spaces="escape"), wv)
    assert KeyedVectors.load(path).index_to_key == ["new\\x20york", "a\\x5cb"]


@pytest.mark.parametrize("suffix", [".txt", ".vec", ".bin", ".glove"])
@pytest.mark.parametrize(
    ("compressed", "decompress"),
    [(".gz", gzip.decompress), (".bz2", bz2.decompress), (".xz", lzma.decompress)],
)
def test_text_and_binary_may_be_compressed(
    tmp_path, wv, suffix, compressed, decompress
):
    wv.save(tmp_path / f"plain{suffix}")
    path = tmp_path / f"vectors{suffix}{compressed}"
    wv.save(path)
    plain = (tmp_path / f"plain{suffix}").read_bytes()
    assert decompress(path.read_bytes()) == plain
    assert same(KeyedVectors.load(path), wv)


def test_the_suffix_may_be_upper_case(tmp_path, wv):
    wv.save(tmp_path / "VECTORS.BIN.GZ")
    assert same(KeyedVectors.load(tmp_path / "VECTORS.BIN.GZ"), wv)


def test_a_kind_counts_more_than_the_suffix(tmp_path, wv):
    wv.save(tmp_path / "vectors.txt", "npz")
    assert same(KeyedVectors.load(tmp_path / "vectors.txt", "npz"), wv)
    with pytest.raises(ValueError, match=r"vectors\.txt, line 1: .*a zip archive"):
        KeyedVectors.load(tmp_path / "vectors.txt")


def test_exact_mode_saves_text_as_the_c_program(tmp_path):
    wv = KeyedVectors(["a"], np.ones((1, 2), np.float32), c_text=True)
    wv.save(tmp_path / "v.txt")
    assert (tmp_path / "v.txt").read_bytes() == b"1 2\na 1.000000 1.000000 \n"
    wv.save(tmp_path / "folder")
    KeyedVectors.load(tmp_path / "folder").save(tmp_path / "again.txt")
    assert (tmp_path / "again.txt").read_bytes() == (tmp_path / "v.txt").read_bytes()


# --- what a name means ------------------------------------------------------------


@pytest.mark.parametrize("name", ["v.foo", "v.txt.zst", "v.npz.gz", "v.gz", "v.tsv.gz"])
def test_a_name_that_means_nothing_is_refused_on_writing(tmp_path, wv, name):
    with pytest.raises(ValueError, match=r"cannot tell .*Known are \.bin, \.glove"):
        wv.save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["vectors", "vectors.w2v", "v.model"])
@pytest.mark.parametrize("kind", ["text", "binary", "headerless"])
def test_word2vec_files_of_any_name_are_read(tmp_path, wv, name, kind):
    wv.save(tmp_path / name, kind)
    assert same(KeyedVectors.load(tmp_path / name), wv)


@pytest.mark.parametrize("use", ["load", "save"])
def test_an_unknown_kind_is_refused(tmp_path, wv, use):
    with pytest.raises(
        ValueError, match=r"kind must be one of text, .* got 'word2vec'"
    ):
        getattr(wv, use)(tmp_path / "v.txt", "word2vec")


@pytest.mark.parametrize("name", ["v.tsv", "v.hf"])
def test_what_is_only_written_is_not_read(tmp_path, name):
    with pytest.raises(ValueError, match="written only"):
        KeyedVectors.load(tmp_path / name)


def test_a_missing_file_is_the_systems_error(tmp_path):
    for suffix in READABLE:
        with pytest.raises(FileNotFoundError):
            KeyedVectors.load(tmp_path / f"missing{suffix}")


def test_kinds_share_no_suffix():
    every = [suffix for kind in KINDS.values() for suffix in kind.suffixes]
    assert len(every) == len(set(every))


# --- headers ----------------------------------------------------------------------


def load_text(tmp_path, content, **options):
    (tmp_path / "v.txt").write_bytes(content)
    return KeyedVectors.load(tmp_path / "v.txt", **options)


@pytest.mark.parametrize("content", [b"a 1 2\nb 3 4\n", b"2 2\na 1 2\nb 3 4\n"])
def test_a_text_shows_whether_it_has_a_header(tmp_path, content):
    loaded = load_text(tmp_path, content)
    assert loaded.index_to_key == ["a", "b"]
    assert loaded.vectors.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    "content", [b"2.0 2\n", b"-1 2\na 1 2\n", b"", b"\n", b"a 1\n"]
)
def test_a_malformed_header_is_not_taken_for_a_row(tmp_path, content):
    with pytest.raises(ValueError, match=r"v\.txt, line 1: expected a header"):
        load_text(tmp_path, content)


def test_one_value_a_row_without_a_header_must_be_said(tmp_path):
    assert load_text(tmp_path, b"a 1\nb 2\n", kind="headerless").index_to_key == [
        "a",
        "b",
    ]


# --- limit, finite ----------------------------------------------------------------


@pytest.mark.parametrize("suffix", [*READABLE, WITH_PACKAGE])
def test_limit(tmp_path, wv, suffix):
    need_package(suffix)
    path = tmp_path / f"vectors{suffix}"
    wv.save(path)
    for limit in (1, 3, 4, 9):
        loaded = KeyedVectors.load(path, limit=limit)
        assert loaded.index_to_key == WORDS[:limit]
        assert np.array_equal(loaded.vectors, wv.vectors[:limit])
    with pytest.raises(ValueError, match="limit must be at least 1"):
        KeyedVectors.load(path, limit=0)


@pytest.mark.parametrize("suffix", [*READABLE, WITH_PACKAGE])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite_are_refused_unless_looked_for(
    tmp_path, wv, suffix, value, monkeypatch
):
    need_package(suffix)
    monkeypatch.setattr(registry, "_CHECK_ROWS", 2)
    wv.vectors[2, 1] = value
    path = tmp_path / f"vectors{suffix}"
    wv.save(path)
    with pytest.raises(ValueError, match=r"vectors.* '月' \(row 3\) .*not a finite"):
        KeyedVectors.load(path)
    held = read_vectors(path, None, Reading(finite=False))
    assert np.array_equal(held.vectors, wv.vectors, equal_nan=True)
    assert registry.finite_rows(held.vectors).tolist() == [True, True, False, True]


# --- folders ----------------------------------------------------------------------


@pytest.fixture(params=["fast", "exact"])
def model(request):
    sentences = [["the", "king", "and", "the", "queen"]] * 20
    return Word2Vec(
        sentences, vector_size=5, min_count=1, epochs=1, mode=request.param, workers=1
    )


def test_the_vectors_of_a_model_folder_are_those_of_the_model(tmp_path, model):
    model.save(tmp_path / "model")
    loaded = KeyedVectors.load(tmp_path / "model")
    assert same(loaded, model.wv)
    assert loaded.counts.tolist() == model.wv.counts.tolist()
    for wv in (loaded, model.wv):
        wv.save(tmp_path / f"{wv is loaded}.txt")
    texts = [(tmp_path / f"{by}.txt").read_bytes() for by in (True, False)]
    assert texts[0] == texts[1]


def test_a_model_is_not_replaced_by_its_vectors_alone(tmp_path, model):
    model.save(tmp_path / "model")
    with pytest.raises(FileExistsError, match="a whole model"):
        model.wv.save(tmp_path / "model")
    assert same(Word2Vec.load(tmp_path / "model").wv, model.wv)


def test_a_folder_of_vectors_is_replaced_and_is_no_model(tmp_path, wv, model):
    model.wv.save(tmp_path / "folder")
    wv.save(tmp_path / "folder")
    assert same(KeyedVectors.load(tmp_path / "folder"), wv)
    with pytest.raises(ValueError, match=r"holds 'w2vfast\.KeyedVectors'"):
        Word2Vec.load(tmp_path / "folder")


def test_another_folder_is_not_a_model(tmp_path):
    with pytest.raises(FileNotFoundError, match="is not a model that w2vfast saved"):
        KeyedVectors.load(tmp_path)


def test_repeated_words_are_told_of(tmp_path):
    wv = KeyedVectors(["a", "a"], np.ones((2, 2), np.float32))
    for suffix in READABLE:
        wv.save(tmp_path / f"vectors{suffix}")
        with pytest.warns(UserWarning, match="1 rows repeat a word, such as 'a'"):
            KeyedVectors.load(tmp_path / f"vectors{suffix}")
