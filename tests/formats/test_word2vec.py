"""word2vec files: their bytes, and what is read back from them."""

import bz2
import gzip
import hashlib
import json
import lzma
import os
import threading
import time

import numpy as np
import pytest
from helpers import GOLDEN, posix_only
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from word2vec_files import (
    ODD_WORDS,
    byte_words,
    error_of,
    read,
    read_bytes,
    same_bits,
    write,
    written,
)

from w2vfast.formats import row_buffer, word2vec
from w2vfast.formats.contents import Contents, WriteOptions

# --- the bytes that are written ---------------------------------------------------


def test_binary_rows_are_a_word_a_space_and_little_endian_floats():
    content = written(["a", "bc"], [[1, 2], [3, 4]], binary=True)
    first, second = np.float32([[1, 2], [3, 4]]).astype("<f4")
    assert content == b"2 2\na %b\nbc %b\n" % (first.tobytes(), second.tobytes())


def test_text_has_the_fewest_digits_that_keep_each_float():
    values = [[0.1, -1, 0], [1e-7, 123456.79, -0.0]]
    assert written(["a", "bc"], values) == b"2 3\na 0.1 -1 0\nbc 1e-07 123456.79 -0\n"


def test_text_of_float64_has_the_fewest_digits_that_keep_it(tmp_path):
    vectors = np.array([[1 / 3, 1], [0.1, -2e-9]])
    held = Contents(["a", "b"], vectors)
    word2vec.write(str(tmp_path / "v"), held, WriteOptions())
    content = (tmp_path / "v").read_bytes()
    assert content == b"2 2\na 0.3333333333333333 1\nb 0.1 -2e-09\n"
    assert np.array_equal(read(str(tmp_path / "v"), dtype=np.float64)[1], vectors)
    word2vec.write(str(tmp_path / "c"), held._replace(c_text=True), WriteOptions())
    assert (tmp_path / "c").read_bytes().startswith(b"2 2\na 0.333333 1.000000 \n")


def test_a_float64_that_float32_cannot_hold_is_not_written(tmp_path):
    held = Contents(["a"], np.array([[1e300]]))
    with pytest.raises(ValueError, match=r"1e\+300 is too large for float32"):
        word2vec.write(str(tmp_path / "v"), held, WriteOptions())


def test_c_text_has_six_decimals_and_a_space_at_the_end():
    values = [[0.1, -1, 0], [1e-7, 123456.79, -0.0]]
    expected = (
        b"2 3\na 0.100000 -1.000000 0.000000 \nbc 0.000000 123456.789062 -0.000000 \n"
    )
    assert written(["a", "bc"], values, c_text=True) == expected


def test_headerless_text_layout(tmp_path):
    content = written(["a", "b"], [[1, 2], [3, 4]], header=False)
    assert content == b"a 1 2\nb 3 4\n"
    assert read_bytes(tmp_path, content, header=False)[0] == ["a", "b"]


def test_integer_words_are_written_as_digits(tmp_path):
    content = written([0, np.int64(17)], [[1], [2]])
    assert content == b"2 1\n0 1\n17 2\n"
    assert read_bytes(tmp_path, content)[0] == ["0", "17"]


def test_strided_rows_are_written_without_their_padding():
    padded = np.arange(12, dtype=np.float32).reshape(3, 4)
    for options in ({"binary": True}, {}):
        assert written("abc", padded[:, :2], **options) == written(
            "abc", padded[:, :2].copy(), **options
        )


def test_the_size_of_a_block_does_not_change_the_bytes(monkeypatch):
    vectors = np.arange(70, dtype=np.float32).reshape(10, 7)
    words = [str(i) for i in range(10)]
    for options in ({"binary": True}, {"c_text": True}, {}):
        whole = written(words, vectors, **options)
        with monkeypatch.context() as patch:
            patch.setattr(word2vec, "_BLOCK_VALUES", 20)
            assert written(words, vectors, **options) == whole


def test_c_text_of_the_golden_vectors_is_reproduced():
    path = GOLDEN / "tools" / "lines.vectors.txt"
    words, vectors = read(str(path), unicode_errors="surrogateescape")
    assert written(words, vectors, c_text=True) == path.read_bytes()


def golden_binaries():
    cases = json.loads((GOLDEN / "cases.json").read_text())
    return [case for case in cases if (GOLDEN / f"{case['name']}.bin").exists()]


@pytest.mark.parametrize("case", golden_binaries(), ids=lambda case: case["name"])
def test_golden_binaries_are_reproduced(case):
    words, vectors = read(
        str(GOLDEN / f"{case['name']}.bin"),
        binary=True,
        unicode_errors="surrogateescape",
    )
    assert vectors.shape[1] == case["options"]["size"]
    content = written(words, vectors, binary=True, c_text=True)
    assert hashlib.sha256(content).hexdigest() == case["sha256"]


# --- what cannot be written -------------------------------------------------------


@pytest.mark.parametrize("word", ["a b", "a\tb", "a\n", "\r", ""])
@pytest.mark.parametrize("binary", [False, True])
def test_a_word_that_no_reader_could_delimit_is_an_error(tmp_path, word, binary):
    path = tmp_path / "out"
    path.write_bytes(b"old")
    with pytest.raises(ValueError, match=r"row 1\) (contains white space|is empty)"):
        write(path, ["ok", word], np.zeros((2, 3)), binary=binary)
    assert path.read_bytes() == b"old"


def test_half_a_surrogate_pair_is_an_error():
    with pytest.raises(ValueError, match="surrogate"):
        written(["\ud800"], [[1]])


def test_different_numbers_of_words_and_rows_are_an_error():
    with pytest.raises(ValueError, match=r"got 1 words and vectors of shape \(2, 3\)"):
        written(["a"], np.zeros((2, 3)))


def test_binary_without_a_header_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="a binary file needs its header"):
        written(["a"], [[1]], header=False, binary=True)
    with pytest.raises(ValueError, match="header=False is for text"):
        read_bytes(tmp_path, b"a 1234", binary=True, header=False)


# --- round trips ------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"c_text": True}, {"binary": True}])
def test_unusual_words_survive_a_round_trip(tmp_path, options):
    vectors = np.arange(2 * len(ODD_WORDS), dtype=np.float32).reshape(-1, 2)
    path = tmp_path / "out"
    write(path, ODD_WORDS, vectors, **options)
    words, values = read(
        str(path),
        binary=options.get("binary", False),
        unicode_errors="surrogateescape",
    )
    assert words == ODD_WORDS
    assert np.array_equal(values, vectors)
    assert values.dtype == np.float32


matrices = arrays(
    np.float32,
    st.tuples(st.integers(1, 6), st.integers(1, 5)),
    elements=st.floats(width=32, allow_nan=False, allow_infinity=False),
)


@given(matrices, st.data())
def test_any_vectors_and_words_survive_a_round_trip(tmp_path_factory, vectors, data):
    n = len(vectors)
    raw = data.draw(st.lists(byte_words, min_size=n, max_size=n))
    words = [word.decode("utf-8", "surrogateescape") for word in raw]
    binary = data.draw(st.booleans())
    path = tmp_path_factory.getbasetemp() / "round"
    write(path, words, vectors, binary=binary)
    again, values = read(str(path), binary=binary, unicode_errors="surrogateescape")
    assert again == words
    assert same_bits(values, vectors)


@pytest.mark.parametrize("binary", [False, True])
def test_many_chunks_survive_a_round_trip(tmp_path, monkeypatch, binary):
    monkeypatch.setattr(row_buffer, "CHUNK_BYTES", 1000)
    monkeypatch.setattr(row_buffer, "BLOCK_BYTES", 333)
    vectors = np.random.default_rng(4).normal(size=(5000, 9)).astype(np.float32)
    words = [f"w{i}" for i in range(len(vectors))]
    write(tmp_path / "out", words, vectors, binary=binary)
    again, values = read(str(tmp_path / "out"), binary=binary)
    assert again == words
    assert same_bits(values, vectors)


@pytest.mark.parametrize("options", [{}, {"binary": True}, {"header": False}])
def test_escaped_words_survive_a_round_trip(tmp_path, options):
    words = ["new york", "a\\b", "\t\r\n", "plain"]
    vectors = np.arange(8, dtype=np.float32).reshape(4, 2)
    content = written(words, vectors, spaces="escape", **options)
    again, values = read_bytes(tmp_path, content, spaces="escape", **options)
    assert again == words
    assert np.array_equal(values, vectors)


@pytest.mark.parametrize("binary", [False, True])
def test_c_files_may_contain_the_empty_word(tmp_path, binary):
    content = written(["", "b"], [[1, 2], [3, 4]], binary=binary, c_text=True)
    words, vectors = read_bytes(tmp_path, content, binary=binary)
    assert words == ["", "b"]
    assert vectors.tolist() == [[1, 2], [3, 4]]


def test_duplicate_words_are_kept(tmp_path):
    assert read_bytes(tmp_path, b"2 1\na 1\na 2\n")[0] == ["a", "a"]


def test_a_file_without_rows(tmp_path):
    words, vectors = read_bytes(tmp_path, b"0 7\n")
    assert words == []
    assert vectors.shape == (0, 7)


# --- options of reading -----------------------------------------------------------


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize(("limit", "expected"), [(1, 1), (2, 2), (3, 3), (9, 3)])
def test_limit_keeps_the_first_rows(tmp_path, binary, limit, expected):
    content = written(["a", "b", "c"], [[1], [2], [3]], binary=binary)
    words, vectors = read_bytes(tmp_path, content, binary=binary, limit=limit)
    assert words == ["a", "b", "c"][:expected]
    assert vectors.tolist() == [[1], [2], [3]][:expected]


@pytest.mark.parametrize(
    ("shape", "options"),
    [((2, 0), {}), ((2, 0), {"binary": True}), ((0, 3), {"header": False})],
)
def test_vectors_that_could_not_be_read_back_are_an_error(tmp_path, shape, options):
    held = Contents(["a", "b"][: shape[0]], np.zeros(shape, np.float32))
    with pytest.raises(ValueError, match="cannot be read back"):
        word2vec.write(str(tmp_path / "v"), held, WriteOptions(), **options)
    assert not (tmp_path / "v").exists()


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_below_one_is_an_error(tmp_path, limit):
    with pytest.raises(ValueError, match="limit must be at least 1"):
        read_bytes(tmp_path, b"1 1\na 1\n", limit=limit)


@pytest.mark.parametrize("binary", [False, True])
def test_only_keeps_the_rows_of_some_words_in_file_order(tmp_path, binary):
    content = written("abcd", [[1], [2], [3], [4]], binary=binary)
    words, vectors = read_bytes(tmp_path, content, binary=binary, only={"d", "b", "x"})
    assert words == ["b", "d"]
    assert vectors.tolist() == [[2], [4]]


def test_rows_that_are_not_kept_are_checked_all_the_same(tmp_path):
    message = error_of(tmp_path, b"2 1\na 1\nb nan\n", only={"a"})
    assert "line 3: the vector of 'b' (row 2)" in message


@pytest.mark.parametrize("dtype", [np.float16, np.float64])
def test_dtype_is_that_of_the_vectors(tmp_path, dtype):
    _, vectors = read_bytes(tmp_path, b"1 2\na 0.1 2\n", dtype=dtype)
    assert vectors.dtype == dtype
    assert vectors[0, 0] == dtype(0.1)


def test_a_dtype_that_is_not_floating_point_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="floating-point type, got int32"):
        read_bytes(tmp_path, b"1 1\na 1\n", dtype=np.int32)


@pytest.mark.parametrize("binary", [False, True])
def test_values_that_are_not_finite_are_read_if_asked_for(tmp_path, binary):
    content = written(["a", "b"], [[1, np.nan], [np.inf, -np.inf]], binary=binary)
    _, vectors = read_bytes(tmp_path, content, binary=binary, finite=False)
    expected = [[1, np.nan], [np.inf, -np.inf]]
    assert np.array_equal(vectors, expected, equal_nan=True)


# --- compressed files, pipes, paths -----------------------------------------------

COMPRESSED = [(".gz", gzip.open), (".bz2", bz2.open), (".xz", lzma.open)]


@pytest.mark.parametrize(("suffix", "opener"), COMPRESSED)
@pytest.mark.parametrize("binary", [False, True])
def test_the_suffix_selects_the_compression(tmp_path, suffix, opener, binary):
    path = tmp_path / f"vectors{suffix}"
    contents = []
    for _ in range(2):
        write(path, ["a", "b"], [[1, 2], [3, 4]], binary=binary)
        contents.append(path.read_bytes())
    assert contents[0] == contents[1]  # no time of writing inside
    with opener(path) as file:
        plain = file.read()
    assert plain == written(["a", "b"], [[1, 2], [3, 4]], binary=binary)
    words, vectors = read(str(path), binary=binary)
    assert words == ["a", "b"]
    assert vectors.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("binary", [False, True])
def test_compressed_files_are_recognised_whatever_their_name(
    tmp_path, compress, binary
):
    content = written(["a", "b"], [[1, 2], [3, 4]], binary=binary)
    words, vectors = read_bytes(tmp_path, compress(content), binary=binary)
    assert words == ["a", "b"]
    assert vectors.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("damage", ["truncate", "overwrite"])
def test_damaged_compressed_files_are_an_error(tmp_path, compress, damage):
    values = np.random.default_rng(7).random((1000, 9))
    content = bytearray(compress(written([str(i) for i in range(1000)], values)))
    middle = len(content) // 2
    if damage == "truncate":
        del content[middle:]
    else:
        content[middle : middle + 50] = b"\0" * 50
    message = error_of(tmp_path, bytes(content))
    assert "compressed data" in message
    assert "damaged" in message


def test_a_word_may_begin_like_compressed_data(tmp_path):
    words, vectors = read_bytes(tmp_path, b"BZh9 1 2\n", header=False)
    assert (words, vectors.tolist()) == (["BZh9"], [[1, 2]])


def test_a_path_may_be_bytes(tmp_path):
    (tmp_path / "vectors").write_bytes(b"1 2\na 1 2\n")
    words, _ = read(os.fsencode(tmp_path / "vectors"))
    assert words == ["a"]


def test_a_missing_file_is_the_systems_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read(str(tmp_path / "missing"))


@posix_only
def test_a_fifo_can_be_read(tmp_path):
    path = tmp_path / "fifo"
    os.mkfifo(path)
    content = gzip.compress(b"1 2\na 1 2\n")
    writer = threading.Thread(target=lambda: path.write_bytes(content))
    writer.start()
    words, _ = read(str(path))
    writer.join(10)
    assert words == ["a"]


# --- speed ------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("options", [{}, {"c_text": True}, {"binary": True}])
def test_seventy_thousand_words_take_seconds(tmp_path, options):
    vectors = np.random.default_rng(7).normal(0, 0.3, (70_000, 100)).astype(np.float32)
    words = [f"word{i}" for i in range(len(vectors))]
    start = time.perf_counter()
    write(tmp_path / "out", words, vectors, **options)
    _, values = read(str(tmp_path / "out"), binary=options.get("binary", False))
    # About 4 s for text and 0.3 s for binary on two slow cores.
    assert time.perf_counter() - start < 30
    assert values.shape == vectors.shape


def test_text_without_header_cannot_begin_with_a_byte_order_mark():
    with pytest.raises(ValueError, match="begins with a byte order mark"):
        written(["\ufeffa", "b"], [[1, 2], [3, 4]], header=False)
    content = written(["b", "\ufeffa"], [[1, 2], [3, 4]], header=False)
    assert content.startswith(b"b 1 2")
