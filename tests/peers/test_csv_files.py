"""CSV, TSV and JSON Lines files: delimiters, compression, and faults."""

import bz2
import gzip
import json
import lzma
import sys
import tracemalloc

import pytest
from corpora import encode_all

from w2vfast.text import csv_files, json_files
from w2vfast.text.sources import CorpusOptions, file_source

pytestmark = pytest.mark.peer
pytest.importorskip("pyarrow")

LATE = 3000  # lines, more than the first ones that tell the type of a column


def read(path, column="text"):
    return encode_all(file_source(path, CorpusOptions(column=column)))


def error_of(path, column="text"):
    with pytest.raises((ValueError, OSError)) as raised:
        read(path, column)
    return str(raised.value)


# ---------------------------------------------------------------------------
# Delimiters
# ---------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_header_tells_the_delimiter(delimiter, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(f"text{delimiter}n\na b{delimiter}1\n")
    assert read(path) == encode_all([["a", "b"]])
    assert "with the columns 'text', 'n'" in error_of(path, None)


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ('"text; all",n\n"a, b",1\n', "'text; all', 'n'"),
        ("n;text, all\n1;a b\n2;c\n", "'n', 'text, all'"),
        ("n,text; all\n1,a b\n2,c;d\n", "'n', 'text; all'"),
        ("a,b;c\nx,y;z\n", "'a', 'b;c'"),
        ("a|b|c;d\nx|y|z;u\n", "'a', 'b', 'c;d'"),
        ('"n, m";"text, all"\n"1, 2";"a, b"\n', "'n, m', 'text, all'"),
    ],
)
def test_the_delimiter_splits_all_rows_alike(text, columns, tmp_path):
    (tmp_path / "t.csv").write_text(text)
    assert f"with the columns {columns}. Name" in error_of(tmp_path / "t.csv", None)


@pytest.mark.parametrize(
    "text",
    [
        "\n\r\ntext,n\na b,1\n",
        "sep=;\r\ntext;n\r\na b;1\r\n",
        '\ufeff"sep=,"\ntext,n\na b,1\n',
        "sep=\t\ntext\tn\na b\t1\n",
        "sep=:\ntext:n\na b:1\n",
        "# made today, by hand\n# again\n\ntext,n\na b,1\n",
        "#,text\n1,a b\n",
        "# a comment\n#n,text\n1,a b\n",
        "# as many, commas\ntext,n\na b,1\n",
        "# made today\ntext\na b\n",
        'text,"n\n# m"\na b,1\n',
    ],
)
def test_lines_before_the_header_are_skipped(text, tmp_path):
    (tmp_path / "t.csv").write_text(text, encoding="utf-8", newline="")
    assert read(tmp_path / "t.csv") == encode_all([["a", "b"]])


def test_rows_may_begin_as_comments_do(tmp_path):
    (tmp_path / "t.csv").write_text("text,n\n#a b,1\n")
    assert read(tmp_path / "t.csv") == encode_all([["#a", "b"]])


def test_a_title_above_the_header_is_shown(tmp_path):
    (tmp_path / "t.csv").write_text("My data,,\ntext,n,m\na b,1,2\n")
    expected = "by its first line, is a table with the columns 'My data', '', ''"
    assert expected in error_of(tmp_path / "t.csv")


def test_a_file_of_one_column_has_no_delimiter(tmp_path):
    (tmp_path / "t.csv").write_text("text\n\na;b c\nd|e f\n")
    assert read(tmp_path / "t.csv") == encode_all([["a;b", "c"], ["d|e", "f"]])


def test_the_name_of_an_only_column_is_logged(caplog, tmp_path):
    (tmp_path / "t.csv").write_text("the cat sat\na dog ran\n")
    with caplog.at_level("INFO"):
        read(tmp_path / "t.csv", None)
    assert "t.csv': reading its only column, named 'the cat sat'." in caplog.text


def test_a_comment_is_no_only_column(caplog, tmp_path):
    (tmp_path / "t.csv").write_text("# made today\ntext\na b\n")
    with caplog.at_level("INFO"):
        assert read(tmp_path / "t.csv", None) == encode_all([["a", "b"]])
    assert "named 'text'." in caplog.text
    (tmp_path / "t.csv").write_text("#text\na b\n")
    assert read(tmp_path / "t.csv", None) == encode_all([["a", "b"]])


def test_a_first_row_may_hold_the_name_of_the_column(tmp_path):
    (tmp_path / "t.csv").write_text("#n,text\n1,text\n")
    assert read(tmp_path / "t.csv") == encode_all([["text"]])


def test_tabs_alone_delimit_the_columns_of_a_tsv_file(tmp_path):
    (tmp_path / "t.tsv").write_text("a;b;c\ttext\nx\ta;b c\n")
    assert read(tmp_path / "t.tsv") == encode_all([["a;b", "c"]])


def test_rows_that_are_split_otherwise_are_an_error(tmp_path):
    (tmp_path / "t.csv").write_text("text\nthe cat, sat\n")
    message = error_of(tmp_path / "t.csv")
    assert "Expected 1 columns, got 2" in message
    assert "Put quotes around fields" in message


def test_two_columns_of_one_name_are_an_error(tmp_path):
    (tmp_path / "t.csv").write_text("text,text\na,b\n")
    assert "has 2 columns named 'text'. Rename one" in error_of(tmp_path / "t.csv")


# ---------------------------------------------------------------------------
# Compression, and files that are something else
# ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["t.csv", "t.jsonl"])
@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
def test_compression_is_told_by_the_first_bytes(name, pack, tmp_path):
    plain = b"text,n\na b,1\n" if name == "t.csv" else b'{"text": "a b"}\n'
    (tmp_path / name).write_bytes(pack(plain))
    assert read(tmp_path / name) == encode_all([["a", "b"]])


@pytest.mark.parametrize("name", ["t.csv.xz", "t.csv", "t.jsonl.xz", "t.parquet.xz"])
def test_xz_is_an_error_with_the_remedy(name, tmp_path):
    (tmp_path / name).write_bytes(lzma.compress(b"text,n\na b,1\n"))
    assert f"{name}' is compressed by xz" in error_of(tmp_path / name)
    assert "unxz -k FILE" in error_of(tmp_path / name)


@pytest.mark.parametrize("name", ["t.csv.gz", "t.jsonl.gz"])
def test_compressed_data_that_is_cut_off_is_an_error_that_names_the_file(
    name, tmp_path
):
    lines = [json.dumps({"text": str(n * n % 997)}) for n in range(10_000)]
    content = "text\n" * name.startswith("t.csv") + "\n".join(lines)
    (tmp_path / name).write_bytes(gzip.compress(content.encode())[:200])
    message = error_of(tmp_path / name)
    assert f"{name}' cannot be read: Truncated compressed stream" in message


@pytest.mark.parametrize("name", ["t.parquet.gz", "t.arrow.gz"])
def test_tables_are_not_compressed_as_a_whole(name, tmp_path):
    (tmp_path / name).write_bytes(gzip.compress(b"PAR1"))
    message = f"{name}' is compressed by gzip.*gunzip -k FILE"
    with pytest.raises(ValueError, match=message):
        read(tmp_path / name)


@pytest.mark.parametrize(
    "name", ["t.csv", "t.tsv", "t.jsonl", "t.json", "t.parquet", "t.arrow", "t.csv.gz"]
)
def test_an_empty_file_is_said_to_be_empty(name, tmp_path):
    (tmp_path / name).write_bytes(b"")
    assert f"{name}' is empty" in error_of(tmp_path / name)
    assert f"{name}' is empty" in error_of(tmp_path / name, None)


@pytest.mark.parametrize("name", ["t.csv", "t.jsonl"])
def test_white_space_alone_is_empty(name, tmp_path):
    (tmp_path / name).write_text(" \n\n")
    assert f"{name}' is empty" in error_of(tmp_path / name)


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.jsonl"])
def test_files_that_are_something_else_are_named(name, tmp_path):
    (tmp_path / name).write_bytes("text,n\na b,1\n".encode("utf-16"))
    assert f"{name}' is UTF-16 text" in error_of(tmp_path / name)
    (tmp_path / name).write_bytes(b"PAR1" + bytes(20))
    assert f"{name}' is a Parquet file" in error_of(tmp_path / name)


# ---------------------------------------------------------------------------
# JSON Lines
# ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{bad", "is no JSON, but '{bad': Expecting property name"),
        ("[1, 2]", "is no JSON object, but '[1, 2]'"),
        ("a b", "is no JSON, but 'a b'"),
        ('{"n": ' + "[" * 100_000, "has too many lists or objects within each other"),
    ],
)
@pytest.mark.parametrize("n_before", [1, LATE])
def test_a_bad_line_is_named_by_its_number(line, message, n_before, tmp_path):
    good = '{"text": "a b"}\n'
    (tmp_path / "t.jsonl").write_text("\n" + good * n_before + line + "\n" + good)
    found = error_of(tmp_path / "t.jsonl")
    assert f"t.jsonl' cannot be read: line {n_before + 2} {message}" in found


def test_a_bad_line_in_a_later_block_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(json_files, "BLOCK_BYTES", 1000)
    (tmp_path / "t.jsonl").write_text('{"text": "a b"}\n' * LATE + "{bad\n")
    found = error_of(tmp_path / "t.jsonl")
    assert f"t.jsonl' cannot be read: line {LATE + 1} is no JSON" in found


def test_a_number_of_too_many_digits_is_named_by_its_line(tmp_path):
    (tmp_path / "t.jsonl").write_text('{"text": "a b", "n": ' + "9" * 5000 + "}\n")
    if hasattr(sys, "get_int_max_str_digits"):
        found = error_of(tmp_path / "t.jsonl")
        assert "t.jsonl' cannot be read: line 1: Exceeds the limit" in found


@pytest.mark.parametrize("n_before", [0, LATE])
@pytest.mark.parametrize("character", ["a", "\u6708"])
def test_a_line_that_is_too_long_is_named(monkeypatch, character, n_before, tmp_path):
    monkeypatch.setattr(json_files, "BLOCK_BYTES", 1000)
    line = f'{{"text": "{character * (3000 // len(character.encode()))}"}}\n'
    text = '{"text": "a b"}\n' * n_before + line
    (tmp_path / "t.jsonl").write_text(text, encoding="utf-8")
    found = error_of(tmp_path / "t.jsonl")
    assert f"line {n_before + 1} is longer than 1,000 bytes. Split it" in found


def test_an_array_is_not_read_whole(monkeypatch, tmp_path):
    monkeypatch.setattr(json_files, "BLOCK_BYTES", 1000)
    (tmp_path / "t.json").write_text("[" + '{"text": "a b"},' * 200_000)
    tracemalloc.start()
    try:
        assert "it is a JSON array" in error_of(tmp_path / "t.json")
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_a_column_whose_name_is_no_utf8_is_an_error(tmp_path):
    (tmp_path / "t.csv").write_bytes("d\xe9,text\na,b\n".encode("latin-1"))
    assert read(tmp_path / "t.csv") == encode_all([["b"]])
    found = error_of(tmp_path / "t.csv", "d\udce9")
    assert "t.csv' is no UTF-8. Convert the file" in found


def test_a_bad_row_in_a_later_block_of_csv_is_an_error(monkeypatch, tmp_path):
    monkeypatch.setattr(csv_files, "BLOCK_BYTES", 1000)
    (tmp_path / "t.csv").write_text("text,n\n" + "a b,1\n" * LATE + "a,b,c\n")
    found = error_of(tmp_path / "t.csv")
    assert "t.csv' cannot be read:" in found
    assert "Put quotes around fields" in found


def test_long_rows_are_not_all_read_for_the_names_of_columns(monkeypatch, tmp_path):
    monkeypatch.setattr(csv_files, "BLOCK_BYTES", 1 << 16)
    (tmp_path / "t.csv").write_text("text,n\n" + ("a " * 25_000 + ",1\n") * 100)
    tracemalloc.start()
    try:
        csv_files._top(str(tmp_path / "t.csv"), "text", (",", ";"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1 << 21


def test_a_row_that_is_too_long_is_an_error(monkeypatch, tmp_path):
    monkeypatch.setattr(csv_files, "BLOCK_BYTES", 1000)
    (tmp_path / "t.csv").write_text("text,n\n" + "a b,1\n" * 500 + "a " * 5000 + ",1\n")
    assert "a row is longer than 1,000 bytes. Split it" in error_of(tmp_path / "t.csv")


@pytest.mark.parametrize(
    ("first", "late", "kind"),
    [
        ("a b", 3, "strings"),
        (["a"], "b", "lists of strings"),
        (["a"], [1], "lists of strings"),
        ([1], ["a"], "lists of integers"),
    ],
)
def test_a_value_of_another_kind_is_named(first, late, kind, tmp_path):
    rows = [first] * LATE + [None, late]
    lines = "".join(json.dumps({"n": 1, "text": row}) + "\n" for row in rows)
    (tmp_path / "t.jsonl").write_text(lines)
    found = error_of(tmp_path / "t.jsonl")
    assert f"'text' is {late!r} ({type(late).__name__}) in line {LATE + 2}" in found
    assert f"and {kind} before" in found


@pytest.mark.parametrize("value", [3, 1.5, True, {"a": "b"}])
def test_a_column_of_other_values_is_an_error(value, tmp_path):
    rows = [{"text": None}, {"text": value}]
    (tmp_path / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(TypeError, match=r"'text' of .* such as .*; a column of sent"):
        read(tmp_path / "t.jsonl")


@pytest.mark.parametrize("indent", [None, 2])
def test_an_array_is_an_error_that_shows_how_to_convert_it(indent, tmp_path):
    text = json.dumps([{"text": "a b"}, {"text": "c"}], indent=indent)
    (tmp_path / "t.json").write_text(text)
    message = error_of(tmp_path / "t.json")
    assert "t.json' cannot be read: it is a JSON array" in message
    assert "jq -c '.[]'" in message


def test_a_folder_of_tables_and_texts_is_an_error(tmp_path):
    (tmp_path / "a.txt").write_text("a b\n")
    (tmp_path / "b.csv").write_text("text\nc\n")
    with pytest.raises(ValueError, match=r"a\.txt' is read as text.*\. Read the files"):
        file_source(tmp_path)
