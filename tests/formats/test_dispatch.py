"""The format that a name or a kind selects, for reading and for writing."""

import bz2
import gzip
import lzma

import numpy as np
import pytest

from w2vfast.formats import dispatch
from w2vfast.formats.contents import Contents, ReadOptions, WriteOptions
from w2vfast.formats.dispatch import kind_of, read_vectors, write_vectors

HELD = Contents(
    ["the", "of", "月", "non\u00a0breaking"],
    np.random.default_rng(1).normal(size=(4, 3)).astype(np.float32),
)
SUFFIXES = [".txt", ".vec", ".bin", ".glove", ".npz", ""]


def same(held, expected=HELD):
    return held.words == expected.words and np.array_equal(
        held.vectors, expected.vectors
    )


# --- what a name selects ----------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("v.txt", "text"),
        ("v.vec", "text"),
        ("v.bin", "binary"),
        ("v.glove", "headerless"),
        ("v.npz", "npz"),
        ("v.safetensors", "safetensors"),
        ("v.kv", "word2vec"),  # a folder only when written or if it is a directory
        ("v.tsv", "projector"),
        ("v.hf", "static-embedding"),
        ("v.txt.gz", "text"),
        ("v.bin.zst", "binary"),
        ("V.BIN.GZ", "binary"),
        ("vectors", "word2vec"),
        ("v.model", "word2vec"),
        ("v.npz.gz", "word2vec"),
        ("v.gz", "word2vec"),
    ],
)
def test_kind_of_a_name(name, kind):
    assert kind_of(name) == kind


def test_a_directory_is_a_folder_whatever_its_name(tmp_path):
    (tmp_path / "v.txt").mkdir()
    assert kind_of(tmp_path / "v.txt") == "folder"


@pytest.mark.parametrize("name", ["v", "v.foo", "model.tst", "word2vec.w2v"])
def test_a_name_that_selects_no_format_is_written_as_a_folder(tmp_path, name):
    write_vectors(tmp_path / name, HELD)
    assert kind_of(tmp_path / name) == "folder"
    assert same(read_vectors(tmp_path / name))


@pytest.mark.parametrize("name", ["v.txt.zst", "v.npz.gz", "v.gz", "v.tsv.gz"])
def test_a_format_that_cannot_be_compressed_is_an_error(tmp_path, name):
    with pytest.raises(ValueError, match=r"cannot tell .*suffixes are \.bin, \.glove"):
        write_vectors(tmp_path / name, HELD)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["vectors", "vectors.w2v", "v.model"])
@pytest.mark.parametrize("kind", ["text", "binary", "headerless"])
def test_word2vec_files_of_any_name_can_be_read(tmp_path, name, kind):
    write_vectors(tmp_path / name, HELD, kind)
    assert same(read_vectors(tmp_path / name))


@pytest.mark.parametrize("suffix", [".txt", ".vec", ".bin", ".glove"])
@pytest.mark.parametrize(
    ("compressed", "decompress"),
    [(".gz", gzip.decompress), (".bz2", bz2.decompress), (".xz", lzma.decompress)],
)
def test_text_and_binary_may_be_compressed(tmp_path, suffix, compressed, decompress):
    write_vectors(tmp_path / f"plain{suffix}", HELD)
    path = tmp_path / f"vectors{suffix}{compressed}"
    write_vectors(path, HELD)
    plain = (tmp_path / f"plain{suffix}").read_bytes()
    assert decompress(path.read_bytes()) == plain
    assert same(read_vectors(path))


# --- kinds ------------------------------------------------------------------------


def test_a_kind_overrides_the_suffix(tmp_path):
    write_vectors(tmp_path / "vectors.txt", HELD, "npz")
    assert same(read_vectors(tmp_path / "vectors.txt", "npz"))
    with pytest.raises(ValueError, match=r"vectors\.txt, line 1: .*a zip archive"):
        read_vectors(tmp_path / "vectors.txt")


def test_an_unknown_kind_is_an_error(tmp_path):
    message = r"kind must be one of text, .* got 'word2vec'"
    with pytest.raises(ValueError, match=message):
        read_vectors(tmp_path / "v.txt", "word2vec")
    with pytest.raises(ValueError, match=message):
        write_vectors(tmp_path / "v.txt", HELD, "word2vec")


@pytest.mark.parametrize("name", ["v.tsv", "v.hf"])
def test_formats_that_are_only_written_cannot_be_read(tmp_path, name):
    with pytest.raises(ValueError, match="written only"):
        read_vectors(tmp_path / name)


# --- options ----------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".txt", ".bin", ".glove"])
def test_words_with_spaces_are_an_error_or_escaped(tmp_path, suffix):
    held = Contents(["new york", "a\\b"], np.ones((2, 2), np.float32))
    path = tmp_path / f"vectors{suffix}"
    with pytest.raises(ValueError, match=r"'new york' \(row 0\) contains white space"):
        write_vectors(path, held)
    assert not path.exists()
    write_vectors(path, held, how=WriteOptions("escape"))
    assert same(read_vectors(path, how=ReadOptions(spaces="escape")), held)
    assert read_vectors(path).words == ["new\\x20york", "a\\x5cb"]


def test_an_unknown_value_of_spaces_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="spaces must be one of refuse, escape, keep"):
        read_vectors(tmp_path / "v.npz", how=ReadOptions(spaces="x"))
    with pytest.raises(ValueError, match="spaces must be one of refuse, escape, got"):
        write_vectors(tmp_path / "v.npz", HELD, how=WriteOptions("keep"))


@pytest.mark.parametrize("name", ["v.bin", "v.txt", "v.npz"])
def test_only_a_folder_can_be_mapped(tmp_path, name):
    write_vectors(tmp_path / name, HELD)
    with pytest.raises(ValueError, match=r"is not a folder.* load it once .*save it"):
        read_vectors(tmp_path / name, how=ReadOptions(mmap=True))
    write_vectors(tmp_path / "folder", HELD)
    mapped = read_vectors(tmp_path / "folder", how=ReadOptions(mmap=True))
    assert not mapped.vectors.flags.writeable


@pytest.mark.parametrize("mmap", [False, True])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_missing_file_is_the_systems_error(tmp_path, suffix, mmap):
    with pytest.raises(FileNotFoundError):
        read_vectors(tmp_path / f"missing{suffix}", how=ReadOptions(mmap=mmap))


def test_a_missing_package_is_an_error_that_names_the_extra(tmp_path, monkeypatch):
    def import_module(name):
        raise ImportError(name)

    monkeypatch.setattr(dispatch.importlib, "import_module", import_module)
    for use in (
        lambda: read_vectors(tmp_path / "v.safetensors"),
        lambda: write_vectors(tmp_path / "v.safetensors", HELD),
        lambda: write_vectors(tmp_path / "v.hf", HELD),
    ):
        with pytest.raises(ImportError, match=r'pip install "w2vfast\[hf\]"'):
            use()
    assert list(tmp_path.iterdir()) == []
