"""What pandas, Polars, datasets and DuckDB have beside columns: read, or an error."""

import pytest
from corpora import encode_all

from w2vfast.text.sources import CorpusOptions, sentence_source

pytestmark = pytest.mark.peer
pa = pytest.importorskip("pyarrow")
pl = pytest.importorskip("polars")
pd = pytest.importorskip("pandas")

TEXTS = ["a b", "", "c"]
TOKENS = [["a", "b"], [], ["c"]]
PANDAS = pd.DataFrame({"text": TEXTS, "n": [1, 2, 3]})
POLARS = pl.DataFrame({"text": TEXTS, "n": [1, 2, 3]})


def read(sentences, column=None):
    return encode_all(sentence_source(sentences, CorpusOptions(column=column)))


@pytest.mark.parametrize("dtype", ["str", "object", "category", "string[pyarrow]"])
@pytest.mark.parametrize("kind", ["values", "array", "index"])
def test_the_values_of_a_series_are_read_as_the_series(kind, dtype):
    series = PANDAS["text"].astype(dtype)
    found = pd.Index(series) if kind == "index" else getattr(series, kind)
    assert read(found) == encode_all(TOKENS)


@pytest.mark.parametrize("n", [1, 2])
def test_missing_values_are_counted(n):
    series = pd.Series(["a"] + [None] * n)
    expected = "1 missing value among 2" if n == 1 else "2 missing values among 3"
    with pytest.raises(ValueError, match=expected):
        read(series)
    with pytest.raises(ValueError, match=expected):
        read(series.values)


@pytest.mark.parametrize("column", [None, "text"])
@pytest.mark.parametrize(
    ("make", "remedy"),
    [
        (lambda: POLARS.lazy(), r"LazyFrame of polars.*frame\.collect\(\)"),
        (lambda: pl.col("text"), r"Expr of polars.*frame\.select"),
        (lambda: POLARS.group_by("n"), r"GroupBy of polars.*\.agg\('item'\)"),
        (lambda: PANDAS.groupby("n"), r"GroupBy of pandas.*\.agg\(list\)"),
        (lambda: PANDAS.groupby("n")["text"], r"SeriesGroupBy.*\.agg\(list\)"),
        (lambda: PANDAS.values, r"shape \(3, 2\).*array\[:, 0\]"),
    ],
)
def test_what_holds_no_rows_is_an_error_with_the_remedy(make, remedy, column):
    with pytest.raises(TypeError, match=remedy):
        read(make(), column)


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table])
def test_tables_as_sentences_are_an_error(make):
    # Iteration would give the names of the columns of a table of pandas.
    table = make({"text": TEXTS, "n": [1, 2, 3]})
    with pytest.raises(TypeError, match=r"sentence 0 is a table .* 'text', 'n', such"):
        read(iter([table, table]))


def test_groups_gathered_as_the_error_says_are_sentences():
    frame = pd.DataFrame({"user": [1, 1, 2], "item": ["a", "b", "c"]})
    expected = encode_all([["a", "b"], ["c"]])
    assert read(frame.groupby("user")["item"].agg(list)) == expected
    groups = pl.from_pandas(frame).group_by("user", maintain_order=True)
    assert read(groups.agg("item")["item"]) == expected


def test_two_columns_of_one_name_are_an_error():
    frame = pd.DataFrame([["a", "b"]], columns=["text", "text"])
    with pytest.raises(ValueError, match="has 2 columns named 'text'"):
        read(frame, "text")


@pytest.mark.parametrize("column", [None, "n"])
def test_a_series_of_numbers_is_an_error(column):
    given = PANDAS["n"] if column is None else PANDAS
    with pytest.raises(TypeError, match=r"holds int64 numbers.*series\.to_numpy\(\)"):
        read(given, column)


STRUCTS = [{"text": text, "key": "x"} for text in TEXTS]


@pytest.mark.parametrize("make", [pa.table, pl.DataFrame])
def test_a_column_of_structs_is_an_error_with_the_remedy(make):
    message = r"'s' holds structs with the fields 'text', 'key'\. .*field\('text'\)"
    with pytest.raises(TypeError, match=message):
        read(make({"s": STRUCTS}), "s")


def test_a_field_of_structs_is_read_as_the_error_says():
    field = pl.DataFrame({"s": STRUCTS})["s"].struct.field("text")
    assert read(field) == encode_all(TOKENS)
    table = pa.table({"s": STRUCTS})
    compute = pytest.importorskip("pyarrow.compute")
    assert read(compute.struct_field(table["s"], "text")) == encode_all(TOKENS)
    assert read(pa.array(STRUCTS), "text") == encode_all(TOKENS)


def test_the_vectorizer_refuses_a_table():
    pytest.importorskip("sklearn")
    from w2vfast.vectorizer import W2VVectorizer

    for table in (PANDAS, POLARS):
        with pytest.raises(TypeError, match=r"columns 'text', 'n'.*table\['text'\]"):
            W2VVectorizer().fit(table)


def test_tables_of_datasets():
    datasets = pytest.importorskip("datasets")
    table = datasets.Dataset.from_dict({"text": TEXTS, "tokens": TOKENS})
    for column in ("text", "tokens"):
        expected = encode_all(TOKENS)
        assert read(table, column) == expected
        assert read(table[column]) == expected
        assert read(table.select([2, 0]), column) == encode_all([["c"], ["a", "b"]])
        assert read(table.to_iterable_dataset(), column) == expected
    with pytest.raises(TypeError, match=r"tables 'train'.*data\['train'\]"):
        read(datasets.DatasetDict({"train": table}), "text")


def test_relations_of_duckdb():
    duckdb = pytest.importorskip("duckdb")
    rows = pa.table({"text": TEXTS, "n": [1, 2, 3]})  # noqa: F841
    assert read(duckdb.sql("from rows"), "text") == encode_all(TOKENS)
    assert read(duckdb.sql("select text from rows")) == encode_all(TOKENS)
    with pytest.raises(TypeError, match=r"Connection of duckdb.*connection\.sql"):
        read(duckdb.connect().execute("select 'a b' as text"))
