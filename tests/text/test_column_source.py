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


def test_a_table_of_datasets_names_its_columns():
    class Dataset:
        column_names = ["text", "label"]  # noqa: RUF012

        def __iter__(self):
            return iter([{"text": "a b", "label": 1}])

        def __getitem__(self, name):
            return TOKENS if name == "text" else [1, 2, 3]

    with pytest.raises(ValueError, match=r"'text', 'label'\. Name .* column='text'"):
        sentence_source(Dataset())
    found = sentence_source(Dataset(), CorpusOptions(column="text"))
    assert encode_all(found) == encode_all(TOKENS)


def test_a_table_of_datasets_may_be_read_row_by_row():
    class IterableDataset:
        column_names = ["text", "label"]  # noqa: RUF012

        def __iter__(self):
            return iter([{"text": row, "label": 1} for row in TOKENS])

    found = sentence_source(IterableDataset(), CorpusOptions(column="text"))
    assert encode_all(found) == encode_all(TOKENS)


def test_a_column_of_a_list_is_an_error():
    with pytest.raises(TypeError, match=r"column='text'.*but a list\. Leave out"):
        sentence_source(TOKENS, CorpusOptions(column="text"))
