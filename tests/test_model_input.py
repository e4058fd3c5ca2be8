"""The public class: tokenizers and tables as its input."""

import copy

import pytest

from w2vfast import SimpleTokenizer, Word2Vec

SMALL = {"vector_size": 16, "min_count": 1, "progress": False, "workers": 1}

# --- tokenizers ---------------------------------------------------------------------

LINES = ["A cat, a CAT!", "The dog."] * 10


def test_the_tokenizer_splits_every_text_that_the_model_reads(tmp_path):
    path = tmp_path / "text"
    path.write_text("".join(f"{line}\n" for line in LINES))
    model = Word2Vec(LINES, tokenize="simple", sg=1, **SMALL)
    assert sorted(model.wv.index_to_key) == ["cat", "dog", "the"]
    model.train(corpus_file=path)
    assert model.history[-1].unknown == 0
    tokens = [["cat", "cat"], ["the", "dog"]] * 10
    expected = [*map(float, Word2Vec.score(_with_lists(model), tokens))]
    assert model.score(LINES).tolist() == expected
    assert model.score(corpus_file=path).tolist() == expected


def _with_lists(model):
    other = copy.deepcopy(model)
    other.tokenize = None
    return other


def test_a_saved_model_keeps_the_name_of_its_tokenizer(tmp_path, caplog):
    Word2Vec(LINES, tokenize="simple", **SMALL).save(tmp_path / "a")
    assert Word2Vec.load(tmp_path / "a").tokenize == "simple"
    assert "tokenizer" not in caplog.text
    Word2Vec(LINES, tokenize=str.split, **SMALL).save(tmp_path / "b")
    assert "tokenizer is a function, which is not saved" in caplog.text
    assert Word2Vec.load(tmp_path / "b").tokenize is None


def test_a_saved_model_keeps_the_settings_of_its_tokenizer(tmp_path, caplog):
    tokenizer = SimpleTokenizer(remove_accents=True, min_length=1, max_length=20)
    Word2Vec(LINES, tokenize=tokenizer, **SMALL).save(tmp_path / "m")
    assert Word2Vec.load(tmp_path / "m").tokenize == tokenizer
    assert "tokenizer" not in caplog.text


def test_a_wrong_tokenizer_is_an_error_at_once():
    with pytest.raises(ValueError, match="tokenize must be 'whitespace'"):
        Word2Vec(tokenize="words")
    with pytest.raises(ValueError, match="takes no other tokenizer"):
        Word2Vec(tokenize="simple", mode="exact")


def test_a_list_of_texts_needs_a_tokenizer():
    with pytest.raises(TypeError, match=r"sentence 0 is 'A cat.*tokenize='whitespace'"):
        Word2Vec(LINES, **SMALL)


# --- tables -------------------------------------------------------------------------


def test_the_column_names_the_sentences_of_every_table(tmp_path):
    table = {"text": [["a", "b"], ["b"]] * 10, "label": [0, 1] * 10}
    model = Word2Vec(table, column="text", sg=1, **SMALL)
    assert sorted(model.wv.index_to_key) == ["a", "b"]
    model.train(table)
    assert model.corpus_total_words == 30
    assert model.score(table).shape == (20,)
    model.save(tmp_path / "model")
    assert Word2Vec.load(tmp_path / "model").column == "text"
