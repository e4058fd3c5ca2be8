"""Rows of text: unusual but valid lines, malformed lines, too few and too many rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from word2vec_files import byte_words, error_of, read, read_bytes, same_bits, written

from w2vfast.formats import row_buffer, text_rows
from w2vfast.formats.text_rows import parse_numbers

# --- valid lines ------------------------------------------------------------------


@pytest.mark.parametrize("header", [True, False])
def test_windows_line_ends(tmp_path, header):
    content = written(["a", "b"], [[1, 2], [3, 4]], header=header)
    content = content.replace(b"\n", b"\r\n")
    words, vectors = read_bytes(tmp_path, content, header=header)
    assert words == ["a", "b"]
    assert vectors.tolist() == [[1, 2], [3, 4]]


def test_trailing_spaces_and_carriage_returns_are_dropped(tmp_path):
    content = b"2 2\r\na 1 2 \r\nb 3 4  \r\n"
    words, vectors = read_bytes(tmp_path, content)
    assert words == ["a", "b"]
    assert vectors.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("end", [b"", b"\n", b"\n\n \n"])
def test_the_end_of_the_last_line_may_be_missing_or_blank(tmp_path, end):
    assert read_bytes(tmp_path, b"1 2\na 1 2" + end)[1].tolist() == [[1, 2]]


def test_words_with_spaces_are_kept_if_asked_for(tmp_path):
    content = b"the 1 2\n. . . 3 4\nat name@domain.com 5 6\nb 7 8\n"
    message = error_of(tmp_path, content, header=False)
    assert "line 2: expected a word and 2 values, got 4 values" in message
    assert "spaces='keep'" in message
    words, vectors = read_bytes(tmp_path, content, header=False, spaces="keep")
    assert words == ["the", ". . .", "at name@domain.com", "b"]
    assert vectors.tolist() == [[1, 2], [3, 4], [5, 6], [7, 8]]


def test_rows_after_the_limit_are_not_checked(tmp_path):
    assert read_bytes(tmp_path, b"3 2\na 1 2\nbroken\n", limit=1)[0] == ["a"]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        (b"a 1 -2.5e3 inf", [1, -2500, np.inf]),
        (b"a 1 x", None),
        (b"a 1_0", None),
        (b"a_b 1", [1]),
        (b"a 1  2", None),
        (b"a ", None),
    ],
)
@pytest.mark.parametrize("piece", [1, 4, 1000])
def test_numbers_between_single_spaces_are_read_and_nothing_else(
    text, numbers, piece, monkeypatch
):
    monkeypatch.setattr(text_rows, "PIECE_BYTES", piece)
    found = parse_numbers(text, text.find(b" ") + 1)
    assert (found is None) if numbers is None else found.tolist() == numbers


@pytest.mark.parametrize("piece", [1, 4, 1000])
def test_the_first_value_that_is_no_number_is_named(tmp_path, piece, monkeypatch):
    monkeypatch.setattr(text_rows, "PIECE_BYTES", piece)
    with pytest.raises(ValueError, match=r"line 2: value 3 is b'x', not a number"):
        read_bytes(tmp_path, b"1 4\na 1 2 x y\n")


# --- any text, compared with a plain Python reader --------------------------------


def read_with_plain_python(content):
    """Reference reader of text with a header; None if the text is malformed."""
    header, *lines = content.split(b"\n")
    while lines and not lines[-1].strip():
        lines.pop()
    n_rows, dim = map(int, header.split())
    if len(lines) != n_rows:
        return None
    words, vectors = [], []
    for line in lines:
        word, *texts = line.rstrip(b" \r").split(b" ")
        try:
            values = [float(text) for text in texts]
        except ValueError:
            return None
        with np.errstate(over="ignore"):
            vectors.append(np.array(values, np.float64).astype(np.float32))
        is_finite = np.isfinite(vectors[-1]).all()
        if len(values) != dim or b"_" in b"".join(texts) or not is_finite:
            return None
        words.append(word.decode("utf-8", "surrogateescape"))
    return words, vectors


PIECES = [b" ", b"\n", b"\r", b"\t", b"0", b"1", b"9" * 20, b"e5", b"e-50", b"."]
PIECES += [b"-", b"+", b"nan", b"inf", b"x", b"\xff", b"\0", b"16777217", b"  "]


@st.composite
def mutated_texts(draw):
    """Rows with a header; up to two pieces are inserted or overwrite bytes."""
    dim = draw(st.integers(1, 3))
    numbers = st.lists(st.floats(width=32, allow_nan=False), min_size=dim, max_size=dim)
    lines = draw(st.lists(st.tuples(byte_words, numbers), max_size=12))
    text = b"%d %d\n" % (len(lines), dim)
    text += b"".join(
        b"%b %b\n" % (word, b" ".join(b"%.9g" % x for x in values))
        for word, values in lines
    )
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(text.index(b"\n") + 1, len(text)))
        piece = draw(st.sampled_from(PIECES))
        over = draw(st.sampled_from([0, len(piece)]))
        text = text[:at] + piece + text[at + over :]
    return text


@given(mutated_texts())
def test_mutated_text_is_read_as_plain_python_reads_it(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "mutated"
    path.write_bytes(content)
    expected = read_with_plain_python(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(row_buffer, "CHUNK_BYTES", 128)
        patch.setattr(row_buffer, "BLOCK_BYTES", 16)
        if expected is None:
            with pytest.raises(
                ValueError, match=r"mutated(, line| ends after line) \d"
            ):
                read(str(path), unicode_errors="surrogateescape")
            return
        words, vectors = read(str(path), unicode_errors="surrogateescape")
    assert words == expected[0]
    assert same_bits(vectors.ravel(), [x for row in expected[1] for x in row])


# --- malformed text ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"b 1", "expected a word and 2 values, got 1 values"),
        (b"b 1 2 3", "got 3 values"),
        (b"new york 1 2", "got 3 values"),
        (b"b", "got 0 values"),
        (b"b 1 x", "value 2 is b'x', not a number"),
        (b"b 1  2", "got 3 values"),
        (b"b 1_0 2", "value 1 is b'1_0', not a number"),
        (b"b 0x1 2", "value 1 is b'0x1', not a number"),
        (b"b\t1\t2", "got 0 values"),
        (b"b 1 nan", "not a finite float32"),
        (b"b -inf 1", "not a finite float32"),
        (b"b 1e39 1", "not a finite float32"),
        (b"\xff 1 2", "not UTF-8"),
    ],
)
def test_a_malformed_line_is_named(tmp_path, line, reason):
    content = b"3 2\na 1 2\n" + line + b"\nc 5 6\n"
    message = error_of(tmp_path, content)
    assert "line 3" in message
    assert reason in message


def test_an_empty_line_between_rows_is_an_error(tmp_path):
    assert "line 3: empty line" in error_of(tmp_path, b"2 1\na 1\n\nb 2\n")


def test_fewer_rows_than_announced_are_an_error(tmp_path):
    message = error_of(tmp_path, b"3 2\na 1 2\nb 3 4\n")
    assert "ends after line 3: the header announces 3 rows, the file has 2" in message


def test_more_rows_than_announced_are_an_error(tmp_path):
    message = error_of(tmp_path, b"1 2\na 1 2\nb 3 4\n")
    assert "line 3: one row more than the 1 rows that the header announces" in message


@pytest.mark.parametrize("row", [0, 1023, 1024, 2999])
def test_a_value_that_is_not_finite_is_found_in_any_row(tmp_path, row):
    words = [str(i) for i in range(3000)]
    vectors = np.zeros((3000, 1), np.float32)
    vectors[row] = np.inf
    message = error_of(tmp_path, written(words, vectors))
    assert f"line {row + 2}: the vector of '{row}' (row {row + 1})" in message


@pytest.mark.parametrize("binary", [False, True])
def test_a_word_that_is_not_utf8_names_the_options(tmp_path, binary):
    word = b"\xe6\x9c".decode("utf-8", "surrogateescape")
    content = written([word], [[1, 2]], binary=binary)
    message = error_of(tmp_path, content, binary=binary)
    assert "unicode_errors='surrogateescape'" in message
    words, _ = read_bytes(tmp_path, content, binary=binary, unicode_errors="replace")
    assert words == ["\ufffd"]


@pytest.mark.parametrize("binary", [False, True])
def test_a_backslash_without_an_escape_is_named(tmp_path, binary):
    content = written(["a", "b\\c"], [[1], [2]], binary=binary)
    message = error_of(tmp_path, content, binary=binary, spaces="escape")
    assert ("byte 11" if binary else "line 3") in message
    assert "does not begin an escape" in message


@pytest.mark.parametrize("limit", [None, 3])
@pytest.mark.parametrize("binary", [False, True])
def test_a_limit_does_not_hide_rows_beyond_the_header(tmp_path, limit, binary):
    content = written("abc", [[1], [2], [3]], binary=binary)
    message = error_of(tmp_path, b"2" + content[1:], binary=binary, limit=limit)
    assert "the 2 rows" in message
    assert "that the header announces" in message
    assert "or set a limit of 2" in message


@pytest.mark.parametrize("binary", [False, True])
def test_the_number_of_the_header_as_limit_leaves_out_the_rest(tmp_path, binary):
    content = written("abc", [[1], [2], [3]], binary=binary)
    found = read_bytes(tmp_path, b"2" + content[1:], binary=binary, limit=2)
    assert found[0] == ["a", "b"]
