"""The first line of a word2vec file: headers, files without one, foreign files."""

import gzip
import tracemalloc

import numpy as np
import pytest
from word2vec_files import error_of, read_bytes, written

from w2vfast.formats.row_buffer import ByteWindow
from w2vfast.formats.word2vec_header import read_header


def test_text_without_a_header(tmp_path):
    words, vectors = read_bytes(tmp_path, b"a 1 2\nb 3 4\n", header=False)
    assert words == ["a", "b"]
    assert vectors.tolist() == [[1, 2], [3, 4]]
    words, vectors = read_bytes(tmp_path, b"a 1 2\nb 3 4\n", header=False, limit=1)
    assert words == ["a"]
    assert vectors.tolist() == [[1, 2]]


@pytest.mark.parametrize("content", [b"a 1 2\nb 3 4\n", b"2 2\na 1 2\nb 3 4\n"])
def test_the_first_line_decides_whether_there_is_a_header(tmp_path, content):
    words, vectors = read_bytes(tmp_path, content, header=None)
    assert words == ["a", "b"]
    assert vectors.tolist() == [[1, 2], [3, 4]]


def test_a_header_in_a_file_said_to_have_none_is_an_error(tmp_path):
    message = error_of(tmp_path, b"2 2\na 1 2\nb 3 4\n", header=False)
    assert "line 2: expected a word and 1 values" in message


def test_an_empty_file_without_a_header_is_an_error(tmp_path):
    assert "is empty" in error_of(tmp_path, b"", header=False)


def test_a_device_without_words_is_an_error_before_it_is_read_on():
    sizes = []

    def zeros(buffer):
        sizes.append(len(buffer))
        assert sum(sizes) < 100_000_000
        return len(buffer)

    with pytest.raises(ValueError, match="expected a header"):
        read_header(ByteWindow(zeros), "zero", None)


@pytest.mark.parametrize("binary", [False, True])
def test_the_first_row_decides_between_text_and_binary(tmp_path, binary):
    content = written(["a", "b"], [[0.5, 2], [3, 4]], binary=binary)
    assert read_bytes(tmp_path, content, binary=None)[1].tolist() == [[0.5, 2], [3, 4]]


@pytest.mark.parametrize(
    ("binary", "values"), [(True, b"1234"), (False, [1234.0]), (None, [1234.0])]
)
def test_a_row_that_fits_text_and_binary_is_read_as_the_caller_expects(
    tmp_path, binary, values
):
    _, vectors = read_bytes(tmp_path, b"1 1\na 1234\n", binary=binary)
    expected = np.frombuffer(values, "<f4") if binary else values
    assert vectors[0].tolist() == list(expected)


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"a 1 2\n", b"3\n", b"3 0\n", b"2 2 2\n", b"-1 2\n", b"1.0 2\n"],
)
@pytest.mark.parametrize("binary", [False, True, None])
def test_a_malformed_header_is_an_error(tmp_path, content, binary):
    message = error_of(tmp_path, content, binary=binary)
    assert "line 1: expected a header" in message
    hint = "or --from headerless." if content else "The file is empty."
    assert message.endswith(hint)


def test_a_first_line_longer_than_any_header_is_an_error(tmp_path):
    assert "line 1: expected a header" in error_of(tmp_path, b"1" * 100_000)


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
@pytest.mark.parametrize("header", [b"999999999999 3\n", b"9 999999999999\n"])
@pytest.mark.parametrize("binary", [False, True])
def test_a_header_that_announces_a_huge_file_costs_no_memory(
    tmp_path, compress, header, binary
):
    row = b"a \0\0 2 3\n" if binary else b"a 1 2 3\n"
    tracemalloc.start()
    try:
        error_of(tmp_path, compress(header + row), binary=binary)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 40 * 2**20  # [bytes]; enough for a few chunks of 4 MB


@pytest.mark.parametrize("header", [b"%d 3\n" % 10**40, b"3 %d\n" % 10**40])
@pytest.mark.parametrize("binary", [False, True])
def test_a_header_beyond_64_bits_is_an_error(tmp_path, header, binary):
    assert "expected a header" in error_of(tmp_path, header + b"a 1", binary=binary)


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\n\n"])
def test_a_text_with_nothing_but_a_header_is_an_error(tmp_path, end):
    message = error_of(tmp_path, b"2 3" + end)
    assert "ends after line" in message
    assert "announces 2 rows, the file has 0" in message


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (b"", "row 1 of 2, byte 3: expected a word"),
        (b"\n", "row 1 of 2, byte 4: expected a word"),
        (b"\r\n", "row 1 of 2, byte 5: expected a word"),
        (b"\n\n", "row 1 of 2, byte 4: expected a word"),
    ],
)
def test_a_binary_file_with_nothing_but_a_header_is_an_error(tmp_path, end, reason):
    assert reason in error_of(tmp_path, b"2 3" + end, binary=True)


@pytest.mark.parametrize(
    ("start", "meaning"),
    [
        (b"\xef\xbb\xbf3 2\n", "a byte order mark"),
        (b"\x80\x04\x95\xff\n", "a pickle, as gensim's save writes"),
        (b"\xba\x16\x4f\x2f\x0c\0\0\0", "a fastText model"),
        (b"PK\x03\x04\n", "a zip archive"),
    ],
)
@pytest.mark.parametrize("binary", [False, True])
def test_a_file_of_another_program_is_recognised(tmp_path, start, meaning, binary):
    assert meaning in error_of(tmp_path, start, binary=binary)


def test_a_byte_order_mark_is_not_part_of_the_first_word(tmp_path):
    content = b"\xef\xbb\xbfa 1 2\n"
    for header in (False, None):
        assert "byte order mark" in error_of(tmp_path, content, header=header)


def test_text_read_as_binary_names_the_option(tmp_path):
    text = written("abcde", np.random.default_rng(6).normal(size=(5, 8)))
    assert "read it so: binary=False, kind='text' or --from text" in error_of(
        tmp_path, text, binary=True, limit=1
    )


def test_binary_read_as_text_names_the_option(tmp_path):
    values = np.random.default_rng(6).normal(size=(5, 8))
    binary = written("abcde", values, binary=True)
    message = error_of(tmp_path, binary, unicode_errors="surrogateescape")
    assert "read it with binary=True" in message
