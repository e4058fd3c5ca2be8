"""Binary rows: with and without newlines, truncated, and of a wrong length."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from word2vec_files import byte_words, error_of, read, read_bytes, same_bits, written

from w2vfast.formats import row_buffer
from w2vfast.formats.text_rows import parse_numbers

# --- valid rows -------------------------------------------------------------------


def test_rows_without_newlines(tmp_path):
    content = written(["a", "bc", "d"], [[1, 2], [3, 4], [5, 6]], binary=True)
    without = content[:4] + content[4:].replace(b"\n", b"")
    words, vectors = read_bytes(tmp_path, without, binary=True)
    assert words == ["a", "bc", "d"]
    assert vectors.tolist() == [[1, 2], [3, 4], [5, 6]]


def test_newlines_and_spaces_within_values_are_values(tmp_path):
    value = np.frombuffer(b"\n\n\n\n", "<f4")[0]
    space = np.frombuffer(b"    ", "<f4")[0]
    for content in (
        written(["a", "b"], [[value, space], [space, value]], binary=True),
        b"2 2\na \n\n\n\n    b     \n\n\n\n",
    ):
        words, vectors = read_bytes(tmp_path, content, binary=True)
        assert words == ["a", "b"]
        assert vectors.tolist() == [[value, space], [space, value]]


# --- any bytes, compared with a plain Python reader -------------------------------


def read_with_plain_python(content):
    """Reference reader of binary rows; None if they are malformed."""
    start = content.index(b"\n") + 1
    n_rows, dim = map(int, content[:start].split())
    words, values, newline = [], b"", None
    for row in range(n_rows):
        space = content.find(b" ", start)
        end = space + 1 + 4 * dim
        if space < 0 or end > len(content):
            return None
        after = content[end : end + 1] == b"\n"
        newline = after if row == 0 else newline
        word = content[start:space]
        if b"\n" in word or (after != newline and row + 1 < n_rows):
            return None
        words.append(word.decode("utf-8", "surrogateescape"))
        values += content[space + 1 : end]
        start = end + after
    vectors = np.frombuffer(values, "<f4")
    is_whole = start == len(content) and np.isfinite(vectors).all()
    return (words, vectors) if is_whole else None


@st.composite
def mutated_binaries(draw):
    """Rows with a header, with or without newlines; a few bytes are changed."""
    dim = draw(st.integers(1, 3))
    floats = st.floats(width=32, allow_nan=False, allow_infinity=False)
    numbers = st.lists(floats, min_size=dim, max_size=dim)
    lines = draw(st.lists(st.tuples(byte_words, numbers), max_size=12))
    newline = draw(st.sampled_from([b"\n", b""]))
    text = b"%d %d\n" % (len(lines), dim)
    for word, row in lines:
        text += b"%b %b%b" % (word, np.array(row, "<f4").tobytes(), newline)
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(text.index(b"\n") + 1, len(text)))
        piece = draw(st.sampled_from([b"\n", b" ", b"\n\n", b"xyz "]))
        text = text[:at] + piece + text[at + draw(st.integers(0, 4)) :]
    return text


@given(mutated_binaries())
def test_mutated_binary_is_read_as_plain_python_reads_it(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "mutated"
    path.write_bytes(content)
    # The bytes of a value may spell a row of text by accident, which is an error.
    second = content.split(b"\n")[1]
    assume(b" " not in second or parse_numbers(second, second.find(b" ") + 1) is None)
    expected = read_with_plain_python(content)
    options = {"binary": True, "unicode_errors": "surrogateescape"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(row_buffer, "CHUNK_BYTES", 32)
        patch.setattr(row_buffer, "BLOCK_BYTES", 16)
        if expected is None:
            with pytest.raises(
                ValueError, match=r"mutated, (row \d+ of \d+, )?byte \d"
            ):
                read(str(path), **options)
            return
        words, vectors = read(str(path), **options)
    assert words == expected[0]
    assert same_bits(vectors.ravel(), expected[1])


# --- malformed rows ---------------------------------------------------------------


@pytest.mark.parametrize("newline", [b"\n", b""])
def test_a_file_truncated_at_any_byte_is_an_error(tmp_path, newline):
    rows = [
        b"%b " % w + np.float32([i, 1]).tobytes() for i, w in enumerate([b"a", b"b"])
    ]
    content = b"2 2\n" + newline.join(rows)
    assert read_bytes(tmp_path, content, binary=True)[0] == ["a", "b"]
    for length in range(4, len(content)):
        message = error_of(tmp_path, content[:length], binary=True)
        first_end = 4 + len(rows[0])
        row = 1 if length < first_end else 2
        # The newline after the first row may be missing as well.
        after = min(len(newline), length - first_end)
        start = 4 if row == 1 else first_end + after
        assert f"row {row} of 2, byte {start}" in message
        assert f"ends at {length};" in message


@pytest.mark.parametrize("newline", [b"\n", b""])
def test_bytes_after_the_last_row_are_an_error(tmp_path, newline):
    row = b"a " + np.float32([1, 2]).tobytes() + newline
    message = error_of(tmp_path, b"1 2\n" + row + b"b", binary=True)
    assert f"byte {4 + len(row)}: more bytes after the 1 rows" in message


@pytest.mark.parametrize(
    "ends", [(b"\n", b"", b"\n"), (b"", b"\n", b""), (b"\n", b"\n\n", b"\n")]
)
def test_rows_with_and_without_newlines_are_not_mixed(tmp_path, ends):
    rows = [b"w%d 1234" % i + end for i, end in enumerate(ends)]
    message = error_of(tmp_path, b"3 1\n" + b"".join(rows), binary=True)
    assert "its length differs from that of the first row" in message


def test_a_newline_within_a_word_is_an_error(tmp_path):
    message = error_of(tmp_path, b"3 1\na 1234b\nc 1234d 1234", binary=True)
    assert "row 2 of 3, byte 10" in message


@pytest.mark.parametrize("dim", [1, 2, 4, 5])
@pytest.mark.parametrize("newline", [b"\n", b""])
def test_a_wrong_dimension_in_the_header_is_an_error(tmp_path, dim, newline):
    rng = np.random.default_rng(5)
    rows = [b"w%d " % i + rng.random(3, np.float32).tobytes() for i in range(50)]
    content = b"50 %d\n" % dim + newline.join(rows) + newline
    message = error_of(tmp_path, content, binary=True, unicode_errors="surrogateescape")
    assert "byte" in message


def test_a_value_that_is_not_finite_is_an_error(tmp_path):
    content = written(["a", "b"], [[1, 2], [3, np.nan]], binary=True)
    message = error_of(tmp_path, content, binary=True)
    assert "byte 15: the vector of 'b' (row 2)" in message


@pytest.mark.parametrize("row", [1, 40, 99])
def test_the_byte_of_a_row_is_counted_from_the_start_of_the_file(
    tmp_path, monkeypatch, row
):
    monkeypatch.setattr(row_buffer, "CHUNK_BYTES", 100)
    vectors = np.ones((100, 2), np.float32)
    vectors[row] = np.nan
    content = written([f"w{i}" for i in range(100)], vectors, binary=True)
    message = error_of(tmp_path, content, binary=True)
    assert f"byte {content.index(b'w%d ' % row)}: the vector of 'w{row}'" in message


def test_bytes_beyond_the_last_chunk_are_noticed(tmp_path, monkeypatch):
    content = written(["a"], [[1, 2]], binary=True)
    monkeypatch.setattr(row_buffer, "CHUNK_BYTES", len(content))
    assert read_bytes(tmp_path, content, binary=True)[0] == ["a"]
    message = error_of(tmp_path, content + b"x", binary=True)
    assert f"byte {len(content)}: more bytes after the 1 rows" in message
