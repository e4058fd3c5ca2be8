"""Hugging Face's static-embedding folder; needs the package safetensors."""

import json

import numpy as np
import pytest

from w2vfast.formats import static_embedding
from w2vfast.formats.contents import Contents, WriteOptions

safetensors = pytest.importorskip("safetensors.numpy", reason="needs safetensors")
pytestmark = pytest.mark.peer

WORDS = ["the", "月", "non\u00a0breaking", 'quo"te', "back\\slash"]
VECTORS = np.random.default_rng(1).normal(size=(5, 3)).astype(np.float32)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "v.hf"


def write(path, words=WORDS, spaces="refuse"):
    held = Contents(words, VECTORS[: len(words)])
    static_embedding.write(str(path), held, WriteOptions(spaces))


def read_json(path):
    return json.loads(path.read_text("utf-8"))


def test_each_word_has_a_row_and_unknown_words_have_one_of_zeros(path):
    write(path)
    rows = safetensors.load_file(path / "model.safetensors")["embeddings"]
    assert np.array_equal(rows[:5], VECTORS)
    assert rows[5:].tolist() == [[0, 0, 0]]
    model = read_json(path / "tokenizer.json")["model"]
    assert model["vocab"] == {**{w: i for i, w in enumerate(WORDS)}, "[UNK]": 5}
    assert model["unk_token"] == "[UNK]"


def test_the_folder_describes_itself_to_both_packages(path):
    write(path)
    assert read_json(path / "config.json")["hidden_dim"] == 3
    (module,) = read_json(path / "modules.json")
    assert module["type"] == "sentence_transformers.models.StaticEmbedding"


def test_a_word_may_have_the_name_of_the_unknown_word(path):
    write(path, ["a", "[UNK]"])
    model = read_json(path / "tokenizer.json")["model"]
    assert model["vocab"] == {"a": 0, "[UNK]": 1, "[[UNK]]": 2}
    assert model["unk_token"] == "[[UNK]]"


def test_an_older_folder_is_replaced_and_a_foreign_one_is_not(tmp_path, path):
    for n in (2, 1):
        write(path, WORDS[:n])
    vocab = read_json(path / "tokenizer.json")["model"]["vocab"]
    assert vocab == {"the": 0, "[UNK]": 1}
    (path / "README.md").write_text("mine")
    with pytest.raises(FileExistsError, match=r"'README\.md', .* is not replaced"):
        write(path)
    assert [p.name for p in tmp_path.iterdir()] == ["v.hf"]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["a", "b", "a"], r"'a' occurs twice \(rows 0 and 2\)"),
        (["a", "\udcff", "b"], r"\(row 1\) is not UTF-8"),
        (["a", "b", "new york"], r"'new york' \(row 2\) contains white space"),
    ],
)
def test_a_word_that_the_tokenizer_cannot_contain_is_an_error(
    tmp_path, path, words, reason
):
    with pytest.raises(ValueError, match=reason):
        write(path, words)
    assert list(tmp_path.iterdir()) == []


def test_spaces_may_be_escaped(path):
    write(path, ["new york"], spaces="escape")
    vocab = read_json(path / "tokenizer.json")["model"]["vocab"]
    assert vocab == {"new\\x20york": 0, "[UNK]": 1}
