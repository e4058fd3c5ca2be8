"""The two tables of TensorBoard's embedding projector."""

import errno

import numpy as np
import pytest

from w2vfast.formats import projector
from w2vfast.formats.contents import Contents, WriteOptions
from w2vfast.formats.projector import metadata_path

WORDS = ["the", "月", "non\u00a0breaking", 'quo"te', "back\\slash"]
VECTORS = np.random.default_rng(1).normal(size=(5, 3)).astype(np.float32)


def write(path, words=WORDS, counts=None, spaces="refuse"):
    held = Contents(words, VECTORS[: len(words)], counts)
    projector.write(str(path), held, WriteOptions(spaces))


def table(path):
    content = path.read_text("utf-8")
    assert content.endswith("\n")
    return [line.split("\t") for line in content[:-1].split("\n")]


@pytest.mark.parametrize("block_rows", [2, 256])
def test_the_vectors_are_a_table_without_a_header(tmp_path, monkeypatch, block_rows):
    monkeypatch.setattr(projector, "_BLOCK_ROWS", block_rows)
    write(tmp_path / "v.tsv")
    values = np.array(table(tmp_path / "v.tsv"), dtype=np.float32)
    assert np.array_equal(values, VECTORS)


def test_words_without_counts_have_no_header(tmp_path):
    # The projector reads the first line of a single column as data.
    write(tmp_path / "v.tsv")
    assert table(tmp_path / "v_metadata.tsv") == [[word] for word in WORDS]


def test_words_with_counts_have_a_header(tmp_path):
    write(tmp_path / "v.tsv", counts=np.array([9, 5, 3, 2, 1]))
    header, *rows = table(tmp_path / "v_metadata.tsv")
    assert header == ["word", "count"]
    assert rows == [[w, str(n)] for w, n in zip(WORDS, (9, 5, 3, 2, 1), strict=True)]


def test_a_tab_in_a_word_is_an_error_or_escaped_and_a_space_is_kept(tmp_path):
    words = ["new york", "tab\there"]
    path = tmp_path / "v.tsv"
    with pytest.raises(ValueError, match=r"'tab\\there' \(row 1\) contains white"):
        write(path, words)
    assert list(tmp_path.iterdir()) == []
    write(path, words, spaces="escape")
    assert table(tmp_path / "v_metadata.tsv") == [["new york"], ["tab\\x09here"]]


def test_the_table_of_words_is_named_after_that_of_vectors(tmp_path):
    assert metadata_path(tmp_path / "a.b.tsv") == str(tmp_path / "a.b_metadata.tsv")


def test_a_full_disk_leaves_neither_table(tmp_path, monkeypatch):
    def full(block, end):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(projector, "short_text_rows", full)
    with pytest.raises(OSError, match="No space"):
        write(tmp_path / "v.tsv")
    assert list(tmp_path.iterdir()) == []
