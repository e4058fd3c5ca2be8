"""Files for other programs: the projector's tables, the static-embedding folder."""

import json

import numpy as np
import pytest

from w2vfast.formats import projector
from w2vfast.formats.projector import (
    metadata_path,
    write_projector,
    write_static_embedding,
)

WORDS = ["the", "月", "non\u00a0breaking", 'quo"te', "back\\slash"]
VECTORS = np.random.default_rng(1).normal(size=(5, 3)).astype(np.float32)


def table(path):
    content = path.read_text("utf-8")
    assert content.endswith("\n")
    return [line.split("\t") for line in content[:-1].split("\n")]


# --- the projector ----------------------------------------------------------------


def test_vectors_of_the_projector_are_a_table_without_a_header(tmp_path):
    write_projector(tmp_path / "v.tsv", WORDS, VECTORS)
    values = np.array(table(tmp_path / "v.tsv"), dtype=np.float32)
    assert np.array_equal(values, VECTORS)


def test_words_alone_have_no_header(tmp_path):
    # The projector takes the first line of a single column for data.
    write_projector(tmp_path / "v.tsv", WORDS, VECTORS)
    assert table(tmp_path / "v_metadata.tsv") == [[word] for word in WORDS]


def test_words_with_counts_have_a_header(tmp_path):
    write_projector(tmp_path / "v.tsv", WORDS, VECTORS, np.array([9, 5, 3, 2, 1]))
    header, *rows = table(tmp_path / "v_metadata.tsv")
    assert header == ["word", "count"]
    assert rows == [[w, str(n)] for w, n in zip(WORDS, (9, 5, 3, 2, 1), strict=True)]


def test_many_rows_of_the_projector_come_in_order(tmp_path, monkeypatch):
    monkeypatch.setattr(projector, "_BLOCK_ROWS", 2)
    write_projector(tmp_path / "v.tsv", WORDS, VECTORS)
    assert np.array_equal(np.array(table(tmp_path / "v.tsv"), np.float32), VECTORS)


def test_a_tab_in_a_word_is_refused_or_escaped_and_a_space_is_neither(tmp_path):
    words = ["new york", "tab\there"]
    path = tmp_path / "v.tsv"
    with pytest.raises(ValueError, match=r"'tab\\there' \(row 1\) holds white space"):
        write_projector(path, words, VECTORS[:2])
    assert list(tmp_path.iterdir()) == []
    write_projector(path, words, VECTORS[:2], spaces="escape")
    assert table(tmp_path / "v_metadata.tsv") == [["new york"], ["tab\\x09here"]]


def test_the_words_table_is_named_after_the_vectors_table(tmp_path):
    assert metadata_path(tmp_path / "a.b.tsv") == str(tmp_path / "a.b_metadata.tsv")


# --- the static-embedding folder --------------------------------------------------


@pytest.fixture
def safetensors():
    return pytest.importorskip("safetensors.numpy", reason="safetensors is missing")


def read_json(path):
    return json.loads(path.read_text("utf-8"))


@pytest.mark.peer
def test_the_folder_holds_a_row_for_each_word_and_one_for_unknown_words(
    tmp_path, safetensors
):
    write_static_embedding(tmp_path / "v.hf", WORDS, VECTORS)
    rows = safetensors.load_file(tmp_path / "v.hf" / "model.safetensors")["embeddings"]
    assert np.array_equal(rows[:5], VECTORS)
    assert rows[5:].tolist() == [[0, 0, 0]]
    model = read_json(tmp_path / "v.hf" / "tokenizer.json")["model"]
    assert model["vocab"] == {**{w: i for i, w in enumerate(WORDS)}, "[UNK]": 5}
    assert model["unk_token"] == "[UNK]"


@pytest.mark.peer
def test_a_word_may_be_called_like_the_unknown_word(tmp_path, safetensors):
    write_static_embedding(tmp_path / "v.hf", ["a", "[UNK]"], VECTORS[:2])
    model = read_json(tmp_path / "v.hf" / "tokenizer.json")["model"]
    assert model["vocab"] == {"a": 0, "[UNK]": 1, "[[UNK]]": 2}
    assert model["unk_token"] == "[[UNK]]"


@pytest.mark.peer
def test_an_older_folder_is_replaced_and_another_is_not(tmp_path, safetensors):
    path = tmp_path / "v.hf"
    for n in (2, 1):
        write_static_embedding(path, WORDS[:n], VECTORS[:n])
    assert read_json(path / "tokenizer.json")["model"]["vocab"] == {
        "the": 0,
        "[UNK]": 1,
    }
    (path / "README.md").write_text("mine")
    with pytest.raises(FileExistsError, match=r"'README\.md', which is not part"):
        write_static_embedding(path, WORDS, VECTORS)
    assert [p.name for p in tmp_path.iterdir()] == ["v.hf"]


@pytest.mark.peer
@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["a", "b", "a"], r"'a' occurs twice \(rows 0 and 2\)"),
        (["a", "\udcff", "b"], r"\(row 1\) is not UTF-8"),
        (["a", "b", "new york"], r"'new york' \(row 2\) holds white space"),
    ],
)
def test_words_that_a_tokenizer_cannot_hold_are_refused(
    tmp_path, safetensors, words, reason
):
    with pytest.raises(ValueError, match=reason):
        write_static_embedding(tmp_path / "v.hf", words, VECTORS[:3])
    assert list(tmp_path.iterdir()) == []
