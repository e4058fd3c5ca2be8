"""Tables and columns that need no other library: dictionaries and NumPy."""

import numpy as np
import pytest
from corpora import encode_all

from w2vfast.text.sources import CorpusOptions, sentence_source

TEXTS = ["a b", "", "c"]
TOKENS = [["a", "b"], [], ["c"]]


@pytest.mark.parametrize("dtype", [object, "U", "S"])
def test_an_array_of_strings_has_a_sentence_in_each_row(dtype):
    assert encode_all(np.array(TEXTS, dtype=dtype)) == encode_all(TOKENS)


def test_an_array_of_token_lists_is_a_corpus():
    assert encode_all(np.array(TOKENS, dtype=object)) == encode_all(TOKENS)


def test_an_array_of_strings_with_missing_ones_is_an_error():
    array = np.array(["a", None], dtype=object)
    with pytest.raises(TypeError, match="sentence 1 is missing"):
        encode_all(array)


def test_a_list_of_strings_stays_an_error():
    with pytest.raises(TypeError, match=r"sentence 0 is 'a b'.*tokenize='whitespace'"):
        encode_all(TEXTS)


def test_a_dictionary_is_a_table():
    table = {"text": TOKENS, "label": [1, 2, 3]}
    with pytest.raises(ValueError, match=r"'text', 'label'\. Name .* column='text'"):
        sentence_source(table)
    found = sentence_source(table, CorpusOptions(column="text"))
    assert encode_all(found) == encode_all(TOKENS)
    assert encode_all({"text": TOKENS}) == encode_all(TOKENS)
    with pytest.raises(ValueError, match="none is named 'words'"):
        sentence_source(table, CorpusOptions(column="words"))


class Rows:
    """A table of datasets: rows that are dictionaries, and names of columns."""

    column_names = ("text", "label")

    def __init__(self, rows):
        self.column_names = list(self.column_names)
        self._rows = [{"text": row, "label": 1} for row in rows]

    def __iter__(self):
        return iter(self._rows)


class Dataset(Rows):
    """A table whose columns can be taken."""

    def __getitem__(self, name):
        return [row[name] for row in self._rows]


def test_a_table_of_datasets_names_its_columns():
    with pytest.raises(ValueError, match=r"'text', 'label'\. Name .* column='text'"):
        sentence_source(Dataset(TOKENS))
    found = sentence_source(Dataset(TOKENS), CorpusOptions(column="text"))
    assert encode_all(found) == encode_all(TOKENS)


@pytest.mark.parametrize("rows", [TOKENS, TEXTS, [None, *TEXTS, None], [None]])
def test_a_table_may_be_read_row_by_row_again_and_again(rows):
    table = Rows(rows)
    for _ in range(2):
        found = sentence_source(table, CorpusOptions(column="text"))
        if rows == [None]:
            with pytest.raises(ValueError, match="holds no words"):
                encode_all(found)
        else:
            assert encode_all(found) == encode_all(TOKENS)


def test_a_list_of_rows_has_columns():
    rows = [{"text": "a b", "n": 1}, {"text": None}, {"n": 2}, {"text": "c"}]
    found = sentence_source(rows, CorpusOptions(column="text"))
    assert encode_all(found) == encode_all(TOKENS)
    with pytest.raises(ValueError, match=r"'text', 'n', of which none is named 'x'"):
        sentence_source(rows, CorpusOptions(column="x"))


def test_a_row_that_is_no_dictionary_is_an_error():
    found = sentence_source([{"text": "a b"}, "c d"], CorpusOptions(column="text"))
    with pytest.raises(TypeError, match=r"row 1 is 'c d' \(str\), .* dictionaries"):
        encode_all(found)


@pytest.mark.parametrize(
    ("given", "meant"),
    [("Review", "review"), ("sentence", "Sentences"), ("body", "text"), (3, "text")],
)
def test_the_column_that_is_most_likely_meant_is_named(given, meant):
    table = {"id": [1], "Sentences": TOKENS, "review": TOKENS, "text": TOKENS}
    with pytest.raises(ValueError, match=f"such as column='{meant}'"):
        sentence_source(table, CorpusOptions(column=given))


def test_a_row_of_a_table_among_sentences_shows_how_to_name_a_column():
    rows = [{"text": "a b", "n": 1}]
    with pytest.raises(TypeError, match=r"columns 'text', 'n'\. .*by column='text'"):
        encode_all(rows)


def test_a_dictionary_of_tables_is_an_error():
    for column in (None, "text", "train"):
        with pytest.raises(TypeError, match=r"tables 'train', 'test'.*data\['train'\]"):
            sentence_source(
                {"train": Rows(TEXTS), "test": Rows(TEXTS)},
                CorpusOptions(column=column),
            )


def test_a_table_without_columns_is_an_error():
    with pytest.raises(ValueError, match="is a table without columns"):
        sentence_source({})


def test_a_column_of_a_list_is_an_error():
    with pytest.raises(TypeError, match=r"column='text'.*but a list\. Leave out"):
        sentence_source(TOKENS, CorpusOptions(column="text"))


@pytest.mark.parametrize(
    "array",
    [
        np.array([["a b", 1], ["c", 2]], dtype=object),
        np.array([["a b"], ["c"]], dtype=object),
        np.array([["a b"], ["c"]]),
        np.array("a b"),
        np.array([[["a", "b"]]]),
    ],
)
@pytest.mark.parametrize("tokenizer", [None, str.split])
def test_an_array_of_the_rows_of_a_table_is_an_error(array, tokenizer):
    with pytest.raises(TypeError, match=r"has the shape.*array\[:, 0\]"):
        sentence_source(array, CorpusOptions(tokenizer))


@pytest.mark.parametrize("dtype", [object, "U", "S"])
def test_a_row_of_a_2d_array_of_words_is_a_sentence(dtype):
    array = np.array([["a", "b"], ["c", "d"]], dtype=dtype)
    assert encode_all(array) == encode_all([["a", "b"], ["c", "d"]])
