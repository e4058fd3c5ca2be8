"""Columns of Polars, pyarrow, pandas and NumPy beside the same rows as Python lists."""

import random

import numpy as np
import pytest
from corpora import encode_all

from w2vfast import Phrases, Word2Vec
from w2vfast.text.corpus import encode
from w2vfast.text.sources import CorpusOptions, sentence_source
from w2vfast.text.tokenizers import tokenizer_of

pytestmark = pytest.mark.peer
pa = pytest.importorskip("pyarrow")
pl = pytest.importorskip("polars")
pd = pytest.importorskip("pandas")

DRAW = random.Random(1)
# Sizes at which the representation of a string changes, white space, sentence ends.
WORDS = [
    *(f"w{k}" for k in range(200)),
    *("abcdefghijklmnopqrst"[:n] for n in range(20)),
    *("é", "月酒", "</s>", "two words", "line\nend", "x" * 1000),
]
TOKENS = [DRAW.choices(WORDS, k=DRAW.randrange(12)) for _ in range(2000)]
TEXTS = [" ".join(word.replace("\n", "") for word in row) for row in TOKENS]
IDS = [[DRAW.randrange(100) for _ in range(DRAW.randrange(9))] for _ in range(2000)]


def read(column, tokenize=None, name=None, **options):
    tokenizer = tokenizer_of(tokenize, exact=options.get("exact", False))
    return encode_all(
        sentence_source(column, CorpusOptions(tokenizer, name)), **options
    )


def with_nulls(rows):
    """Return rows in which every empty one is missing."""
    return [row or None for row in rows]


def categories(rows):
    plain = pa.array(rows)
    return pa.ListArray.from_arrays(plain.offsets, plain.flatten().dictionary_encode())


TOKEN_COLUMNS = {
    "list": lambda: pa.array(TOKENS),
    "large_list": lambda: pa.array(TOKENS, pa.large_list(pa.large_string())),
    "list of binary": lambda: pa.array(
        [[word.encode() for word in row] for row in TOKENS]
    ),
    "list of views": lambda: pa.array(TOKENS, pa.list_(pa.string_view())),
    "list view": lambda: pa.array(TOKENS, pa.list_view(pa.string())),
    "list view of two arrays": lambda: pa.ListViewArray.from_arrays(
        np.cumsum([0, *map(len, TOKENS[:-1])]).astype(np.int32),
        [len(row) for row in TOKENS],
        pa.array([word for row in TOKENS for word in row]),
    ),
    "dictionary": lambda: categories(TOKENS),
    "chunks": lambda: pa.chunked_array([TOKENS[:7], TOKENS[7:700], [], TOKENS[700:]]),
    "slice": lambda: pa.array([["no"]] * 7 + TOKENS + [["no"]] * 5).slice(7, 2000),
    "slice of nulls": lambda: pa.array([None, *with_nulls(TOKENS), None])[1:-1],
    "null items": lambda: pa.array([[None, *row, None] for row in TOKENS]),
    "Polars": lambda: pl.Series(TOKENS),
    "Polars slice": lambda: pl.Series([["no"]] * 9 + TOKENS)[9:],
    "Polars categories": lambda: pl.Series(TOKENS, dtype=pl.List(pl.Categorical)),
    "Polars nulls": lambda: pl.Series(with_nulls(TOKENS)),
    "slice of structs": lambda: pa.array([{"t": row} for row in [["no"], *TOKENS]])[1:],
    "table of one column": lambda: pa.table({"tokens": TOKENS}),
    "record batch": lambda: pa.RecordBatch.from_pydict({"tokens": TOKENS}),
    "reader": lambda: pa.table({"tokens": TOKENS}).to_reader(100),
    "pandas objects": lambda: pd.Series(TOKENS),
    "pandas Arrow": lambda: pd.Series(
        pa.array(TOKENS), dtype=pd.ArrowDtype(pa.list_(pa.string()))
    ),
    "NumPy objects": lambda: np.array(TOKENS, dtype=object),
}
TEXT_COLUMNS = {
    "string": lambda: pa.array(TEXTS),
    "large_string": lambda: pa.array(TEXTS, pa.large_string()),
    "view": lambda: pa.array(TEXTS, pa.string_view()),
    "dictionary": lambda: pa.array(TEXTS).dictionary_encode(),
    "dictionary of nulls": lambda: pa.array(with_nulls(TEXTS)).dictionary_encode(),
    "binary": lambda: pa.array([text.encode() for text in TEXTS]),
    "nulls": lambda: pa.array(with_nulls(TEXTS)),
    "slice of a table": lambda: pa.table({"texts": ["no", *TEXTS]}).slice(1),
    "Polars": lambda: pl.Series(TEXTS),
    "Polars nulls": lambda: pl.Series(with_nulls(TEXTS)),
    "Polars categories": lambda: pl.Series(TEXTS, dtype=pl.Categorical),
    "Polars frame": lambda: pl.DataFrame({"texts": TEXTS}),
    "pandas": lambda: pd.Series(TEXTS),
    "pandas objects": lambda: pd.Series(TEXTS, dtype=object),
    "pandas Arrow": lambda: pd.Series(TEXTS, dtype="string[pyarrow]"),
    "pandas categories": lambda: pd.Series(TEXTS, dtype="category"),
    "pandas frame": lambda: pd.DataFrame({"texts": TEXTS}),
}
ID_COLUMNS = {
    "int64": lambda: pa.array(IDS),
    "int8": lambda: pa.array(IDS, pa.list_(pa.int8())),
    "uint64": lambda: pa.array(IDS, pa.large_list(pa.uint64())),
    "null items": lambda: pa.array([[*row, None] for row in IDS]),
    "nulls": lambda: pa.array(with_nulls(IDS)),
    "Polars": lambda: pl.Series(IDS),
    "pandas": lambda: pd.Series(IDS),
}
BLOCKS = [100, 1 << 20]


@pytest.mark.parametrize("block_bytes", BLOCKS)
@pytest.mark.parametrize("column", TOKEN_COLUMNS)
def test_rows_that_are_lists_of_strings_are_token_lists(column, block_bytes):
    found = read(TOKEN_COLUMNS[column](), block_bytes=block_bytes, workers=3)
    assert found == encode_all(TOKENS)


@pytest.mark.parametrize("block_bytes", BLOCKS)
@pytest.mark.parametrize("column", TEXT_COLUMNS)
def test_rows_that_are_strings_are_lines_of_text(column, block_bytes):
    found = read(TEXT_COLUMNS[column](), block_bytes=block_bytes, workers=3)
    assert found == encode_all([text.split() for text in TEXTS])


@pytest.mark.parametrize("block_bytes", BLOCKS)
@pytest.mark.parametrize("column", ID_COLUMNS)
def test_rows_that_are_lists_of_integers_are_ids(column, block_bytes):
    found = read(ID_COLUMNS[column](), block_bytes=block_bytes, workers=3)
    assert found == encode_all(IDS)


def test_lists_of_fixed_length_and_slices_of_them():
    rows = [row[:4] for row in IDS if len(row) >= 4]
    fixed = pa.array(rows, pa.list_(pa.int32(), 4))
    assert read(fixed) == encode_all(rows)
    assert read(fixed.slice(5, 20)) == encode_all(rows[5:25])
    assert read(pl.Series(rows, dtype=pl.Array(pl.Int64, 4))) == encode_all(rows)


def test_lists_in_any_order_of_their_items_and_twice():
    items = pa.array(["no", "a", "b", "c", None, "d"])
    views = pa.ListViewArray.from_arrays([4, 1, 2, 6], [2, 2, 2, 0], items)
    assert read(views, workers=2) == encode_all([["d"], ["a", "b"], ["b", "c"], []])


def test_a_null_row_may_have_items_that_do_not_count():
    mask = pa.array([False, True, False])
    lists = pa.ListArray.from_arrays([0, 2, 3, 4], ["a", "b", "no", "c"], mask=mask)
    assert read(lists) == encode_all([["a", "b"], [], ["c"]])


@pytest.mark.parametrize("tokenize", ["simple", "characters", str.split])
def test_strings_are_split_by_a_tokenizer(tokenize):
    rows = ["The CAT\r\nsat.", "", "A dog!"]
    split = tokenizer_of(tokenize, exact=False)
    expected = encode_all([split(row) for row in rows])
    for column in (pa.array(rows), pl.Series(rows), pd.Series(rows, dtype=object)):
        assert read(column, tokenize) == expected


def test_a_function_gets_each_string_as_it_is():
    seen = []
    read(pl.Series(["a\nb ", None, "c"]), lambda text: seen.append(text) or ["x"])
    assert seen == ["a\nb ", "c"]


@pytest.mark.parametrize("tokenize", ["simple", str.split])
def test_lists_are_not_split(tokenize):
    with pytest.raises(TypeError, match="lists of strings, and tokenize splits"):
        read(pl.Series(TOKENS), tokenize)


def test_exact_mode_reads_a_column_as_a_text():
    assert read(pa.array(["a\tb ", "", "c"]), exact=True) == read(
        [["a", "b"], [], ["c"]], exact=True
    )
    column = pa.array([["a"], ["b c"]])
    with pytest.raises(ValueError, match="C program cannot read the token"):
        read(column, exact=True)


@pytest.mark.parametrize("make", [pa.table, pl.DataFrame, pd.DataFrame, dict])
def test_a_table_needs_the_name_of_a_column(make):
    table = make({"text": [["a", "b"], ["c"]], "label": [1, 2]})
    message = r"table with the columns 'text', 'label'.*such as column='text'"
    with pytest.raises(ValueError, match=message):
        sentence_source(table)
    assert read(table, name="text") == encode_all([["a", "b"], ["c"]])
    with pytest.raises(ValueError, match="of which none is named 'texts'"):
        sentence_source(table, CorpusOptions(column="texts"))


def test_the_column_of_a_reader_is_named():
    table = pa.table({"label": [1], "text": ["a b"]})
    assert read(table.to_reader(), name="text") == encode_all([["a", "b"]])
    with pytest.raises(ValueError, match="columns 'label', 'text'"):
        read(table.to_reader())


def test_a_column_of_what_is_no_table_is_an_error():
    with pytest.raises(TypeError, match=r"column='text'.*but a list. Leave out"):
        read([["a"]], name="text")


@pytest.mark.parametrize(
    ("column", "what"),
    [
        (lambda: pa.array([1, 2]), "integers"),
        (lambda: pl.Series([1.5]), "float64 numbers"),
        (lambda: pa.array([[1.5]]), "lists of float64 numbers"),
        (lambda: pa.array([[["a"]]]), "lists of lists"),
        (lambda: pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64())), "maps"),
        (lambda: pa.array([True]), "booleans"),
        (lambda: pa.array([0], pa.date32()), "values of the Arrow type 'tdD'"),
    ],
)
def test_another_type_is_an_error_that_names_it(column, what):
    with pytest.raises(TypeError, match=f"holds {what}; .*strings, lists of strings"):
        read(column())


@pytest.mark.parametrize("make", [dict, pa.table, pl.DataFrame])
def test_the_column_of_another_type_is_named(make):
    with pytest.raises(TypeError, match="the column 'x' holds lists of float64"):
        read(make({"x": pa.array([[1.5]]), "y": ["a"]}), name="x")


def test_a_negative_id_is_an_error():
    with pytest.raises(ValueError, match=r"0 or more, got -3 in the rows 0 to 2"):
        read(pa.array([[1], [-3]]))


@pytest.mark.parametrize("dtype", [object, "str", "string[pyarrow]"])
def test_a_series_with_missing_values_says_how_to_drop_them(dtype):
    series = pd.Series(["a", None, "b", None], dtype=dtype)
    message = r"2 missing values among 4, the first at row 1. .*series\.dropna\(\)"
    with pytest.raises(ValueError, match=message):
        sentence_source(series)
    assert read(series.dropna()) == encode_all([["a"], ["b"]])


def test_a_column_without_rows_has_no_words():
    for column in (pa.array([], pa.string()), pl.Series([], dtype=pl.List(pl.String))):
        with pytest.raises(ValueError, match="the column holds no words"):
            read(column)
    with pytest.raises(ValueError, match="the column holds no words: it has no rows, "):
        read(pa.nulls(3))


def test_an_error_of_the_exporter_is_raised():
    def batches():
        yield pa.record_batch({"text": ["a"]})
        raise RuntimeError("disk on fire")

    schema = pa.schema([("text", pa.string())])
    reader = pa.RecordBatchReader.from_batches(schema, batches())
    with pytest.raises(OSError, match=r"could not be read: .*disk on fire"):
        read(reader, workers=2)


def test_progress_is_in_rows():
    reports = []
    source = sentence_source(pa.chunked_array([TOKENS[:9], TOKENS[9:]]))
    encode(source, report=lambda *report: reports.append(report))
    assert reports[-1] == (2000, 2000)


def test_memory_is_released_with_the_last_block():
    before = pa.total_allocated_bytes()
    table = pa.table({"text": pa.array(TEXTS)})
    read(table)
    read(table.to_reader(10))
    del table
    assert pa.total_allocated_bytes() <= before


def test_scores_and_phrases_read_columns():
    rows = [["new", "york"], ["a", "b"], [], ["b", "a"]] * 30
    options = {"vector_size": 8, "min_count": 1, "progress": False, "workers": 1}
    model = Word2Vec(pl.Series(rows), sg=1, **options)
    expected = model.score(rows).tolist()
    assert model.score(pl.Series(rows)).tolist() == expected
    assert model.score(pa.array([" ".join(row) for row in rows])).tolist() == expected
    options = {"min_count": 1, "threshold": 0.1}
    found = Phrases(pl.Series(rows), **options).export_phrases()
    assert found == Phrases(rows, **options).export_phrases() != {}
