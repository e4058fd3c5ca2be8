"""Columns of Parquet, Arrow, CSV and JSON Lines files."""

import gzip
import json
import os
import sys

import numpy as np
import pytest
from corpora import encode_all
from helpers import run_cli

from w2vfast import KeyedVectors, Word2Vec
from w2vfast.text import arrow_files, csv_files, json_files
from w2vfast.text.corpus import encode
from w2vfast.text.sources import CorpusOptions, file_source
from w2vfast.text.tokenizers import tokenizer_of

pytestmark = pytest.mark.peer
pa = pytest.importorskip("pyarrow")
csv = pytest.importorskip("pyarrow.csv")
feather = pytest.importorskip("pyarrow.feather")
parquet = pytest.importorskip("pyarrow.parquet")

TEXTS = ['the "cat" sat, on', "", "a\ndog\tran", "NA", "月 é 1", *["w x y z"] * 500]
LINES = [text.replace("\n", " ").split() for text in TEXTS]
TOKENS = [["two words", "a"], [], ["b", "</s>", "c"], *[["d", "e"]] * 500]
IDS = [[3, 17, 4], [], [0], *[[3, 5]] * 500]


def write_parquet(path, table):
    parquet.write_table(table, path, row_group_size=100)


def write_stream(path, table):
    with pa.ipc.new_stream(path, table.schema) as file:
        file.write_table(table, 100)


def write_arrow(path, table):
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_file(path, table.schema, options=options) as file:
        file.write_table(table, 100)


def write_json(path, table):
    rows = "".join(json.dumps(row) + "\n" for row in table.to_pylist())
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(rows.encode()))
    else:
        path.write_text(rows)


def write_csv(path, table):
    csv.write_csv(table, path)


def write_tsv(path, table):
    csv.write_csv(table, path, csv.WriteOptions(delimiter="\t"))


def write_semicolons(path, table):
    csv.write_csv(table, path, csv.WriteOptions(delimiter=";"))


def write_csv_gz(path, table):
    plain = path.with_suffix("")
    csv.write_csv(table, plain)
    path.write_bytes(gzip.compress(b"\xef\xbb\xbf" + plain.read_bytes()))
    plain.unlink()


FILES = {
    "data.parquet": write_parquet,
    "stream.arrow": write_stream,
    "data.arrow": write_arrow,
    "data.feather": lambda path, table: feather.write_feather(table, path),
    "DATA.JSONL": write_json,
    "data.jsonl.gz": write_json,
    "data.ndjson": write_json,
    "data.json": write_json,
}
TEXT_FILES = {
    "data.csv": write_csv,
    "data.csv.gz": write_csv_gz,
    "data.tsv": write_tsv,
    "semicolons.csv": write_semicolons,
}


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(arrow_files, "BATCH_ROWS", 50)
    monkeypatch.setattr(csv_files, "BLOCK_BYTES", 1000)
    monkeypatch.setattr(json_files, "BLOCK_BYTES", 1000)


def table_of(rows):
    return pa.table({"label": range(len(rows)), "text": rows})


def read(files, column="text", tokenize=None, **options):
    tokenizer = tokenizer_of(tokenize, exact=False)
    source = file_source(files, CorpusOptions(tokenizer, column))
    return encode_all(source, **options)


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("rows", [TEXTS, TOKENS, IDS], ids=["texts", "tokens", "ids"])
@pytest.mark.parametrize("name", FILES)
def test_a_column_is_read_in_batches(name, rows, tmp_path):
    FILES[name](tmp_path / name, table_of(rows))
    expected = encode_all(LINES if rows is TEXTS else rows)
    assert read(tmp_path / name, workers=2, block_bytes=500) == expected


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("name", TEXT_FILES)
def test_a_column_of_csv_is_read_in_batches(name, tmp_path):
    TEXT_FILES[name](tmp_path / name, table_of(TEXTS))
    assert read(tmp_path / name, workers=2) == encode_all(LINES)


@pytest.mark.parametrize("name", [*FILES, *TEXT_FILES])
def test_strings_are_split_by_a_tokenizer(name, tmp_path):
    write = {**FILES, **TEXT_FILES}[name]
    write(tmp_path / name, table_of(["The CAT.", "the dog"]))
    expected = encode_all([["the", "cat"], ["the", "dog"]])
    assert read(tmp_path / name, tokenize="simple") == expected


@pytest.mark.usefixtures("small_batches")
def test_a_field_of_csv_may_have_several_lines(tmp_path):
    rows = ["a\nb\n\nc d"] * 300
    write_csv(tmp_path / "t.csv", table_of(rows))
    assert read(tmp_path / "t.csv") == encode_all([["a", "b", "c", "d"]] * 300)


def test_several_files_and_patterns(tmp_path):
    write_parquet(tmp_path / "b.parquet", table_of(["c d"]))
    write_json(tmp_path / "a.jsonl", table_of(["a b"]))
    (tmp_path / "c.csv").write_text("text,label\ne f,1\n")
    expected = encode_all([["a", "b"], ["c", "d"], ["e", "f"]])
    assert read(tmp_path) == expected
    assert read(str(tmp_path / "*.*")) == expected
    write_parquet(tmp_path / "d.parquet", table_of(TOKENS))
    with pytest.raises(TypeError, match="lists of strings in another"):
        read(tmp_path)


@pytest.mark.parametrize("name", [*FILES, *TEXT_FILES])
def test_a_file_of_several_columns_needs_a_name(name, tmp_path):
    write = {**FILES, **TEXT_FILES}[name]
    write(tmp_path / name, table_of(["a b"]))
    message = f"{name}' is a table with the columns 'label', 'text'.*column='text'"
    with pytest.raises(ValueError, match=message):
        read(tmp_path / name, None)
    with pytest.raises(ValueError, match="none is named 'words'"):
        read(tmp_path / name, "words")
    write(tmp_path / name, pa.table({"any": ["a b"]}))
    assert read(tmp_path / name, None) == encode_all([["a", "b"]])


def test_lines_of_json_need_not_have_equal_fields(tmp_path):
    lines = ['{"other": [1]}', "", '{"text": null}', '{"text": "a b", "x": {"y": 1}}']
    (tmp_path / "t.jsonl").write_text("\n".join(lines) + "\n")
    assert read(tmp_path / "t.jsonl") == encode_all([["a", "b"]])


def test_bytes_that_are_no_utf8_are_kept_in_csv(tmp_path):
    (tmp_path / "t.csv").write_bytes(b"text\na\xff b\n")
    assert read(tmp_path / "t.csv")[0] == ["</s>", "a\udcff", "b"]


@pytest.mark.parametrize("name", ["t.parquet", "t.arrow", "t.csv", "t.jsonl"])
def test_a_damaged_file_is_an_error_that_names_it(name, tmp_path):
    (tmp_path / name).write_bytes(b"no table at all")
    with pytest.raises((ValueError, OSError), match=name):
        read(tmp_path / name)


@pytest.mark.parametrize("offsets", [[0, 3, 16_777_261], [0, 9, 6], [0, -3, 6]])
@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.list_(pa.int32())])
def test_offsets_that_leave_the_data_of_an_arrow_file_are_an_error(
    tmp_path, offsets, kind
):
    is_list = kind == pa.list_(pa.int32())
    column = pa.array([[0, 1, 2], [3, 4, 5]] if is_list else ["a b", " c "], kind)
    path = tmp_path / "t.arrow"
    with pa.ipc.new_file(path, pa.schema({"text": kind})) as file:
        file.write_batch(pa.record_batch([column], ["text"]))
    width = "<i8" if kind == pa.large_string() else "<i4"
    right, wrong = (np.array(each, width).tobytes() for each in ([0, 3, 6], offsets))
    content = path.read_bytes()
    assert content.count(right) == 1
    path.write_bytes(content.replace(right, wrong))
    with pytest.raises(ValueError, match=r"t\.arrow' cannot be read: .*\d\.?$"):
        read([path])


@pytest.mark.skipif(sys.platform != "linux", reason="names are UTF-8 elsewhere")
@pytest.mark.parametrize("name", [*FILES, *TEXT_FILES])
def test_the_name_of_a_file_may_be_no_utf8(name, tmp_path):
    path = tmp_path / f"\udcff{name}"
    {**FILES, **TEXT_FILES}[name](tmp_path / name, pa.table({"text": ["a b", "c"]}))
    os.rename(tmp_path / name, path)
    assert read([str(path)]) == encode_all([["a", "b"], ["c"]])


def test_text_has_no_columns(tmp_path):
    (tmp_path / "t.txt").write_text("a b\n")
    message = r"t\.txt' is read as text.*\.parquet.*Leave out column='text'"
    with pytest.raises(ValueError, match=message):
        read(tmp_path / "t.txt")


def test_exact_mode_reads_csv_as_text_unless_a_column_is_named(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("text,label\na b,1\n")
    found = encode_all(file_source(path, CorpusOptions(exact=True)), exact=True)
    assert found[0] == ["</s>", "text,label", "a", "b,1"]
    options = CorpusOptions(column="text", exact=True)
    assert encode_all(file_source(path, options), exact=True)[0] == ["</s>", "a", "b"]


def test_without_pyarrow_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "t.parquet").write_bytes(b"PAR1")
    with pytest.raises(ImportError, match=r"pip install \"w2vfast\[arrow\]\""):
        read(tmp_path / "t.parquet")


def test_an_unchanged_file_is_encoded_once(tmp_path):
    path = tmp_path / "t.parquet"
    write_parquet(path, table_of(["a b", "b a"] * 10))
    options = {"vector_size": 8, "min_count": 1, "progress": False, "workers": 1}
    model = Word2Vec(corpus_file=path, column="text", **options)
    model.train(corpus_file=path)
    assert model.corpus_total_words == 40
    known = file_source(path, CorpusOptions(column="text")).identity()
    assert known == file_source(path, CorpusOptions(column="text")).identity()
    write_parquet(path, table_of(["a b"]))
    assert known != file_source(path, CorpusOptions(column="text")).identity()


def test_progress_is_in_rows(tmp_path):
    write_parquet(tmp_path / "t.parquet", table_of(TEXTS))
    source = file_source(tmp_path / "t.parquet", CorpusOptions(column="text"))
    reports = []
    encode(source, min_count=1, report=lambda *report: reports.append(report))
    assert reports[-1] == (len(TEXTS), None)


def test_the_command_line_names_the_column(tmp_path):
    path, output = tmp_path / "t.parquet", tmp_path / "v.txt"
    write_parquet(path, table_of(["A cat.", "a CAT, a dog"] * 20))
    flags = ["--column", "text", "--tokenize", "simple", "--quiet"]
    done = run_cli("train", "-train", path, "-output", output, *flags)
    assert done.returncode == 0
    assert sorted(KeyedVectors.load(output).index_to_key) == ["cat", "dog"]
    done = run_cli("train", "-train", path, "-output", output)
    assert done.returncode == 1
    assert "columns 'label', 'text'. Name" in done.stderr
    assert "such as --column text" in done.stderr
