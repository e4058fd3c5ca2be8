"""Files: written whole or not at all, read exactly or refused with the place."""

import bz2
import ctypes
import gzip
import hashlib
import io
import json
import lzma
import os
import subprocess
import sys
import textwrap
import threading
import tracemalloc

import numpy as np
import pytest
from helpers import GOLDEN
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from w2vfast.formats import folder, rows, word2vec
from w2vfast.system.files import open_output

posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX files")


def write(path, words, vectors, **options):
    with open_output(path) as file:
        word2vec.write_word2vec(file, words, np.asarray(vectors, np.float32), **options)


def written(words, vectors, **options):
    file = io.BytesIO()
    word2vec.write_word2vec(file, words, np.asarray(vectors, np.float32), **options)
    return file.getvalue()


def reads(tmp_path, content, **options):
    path = tmp_path / "vectors"
    path.write_bytes(content)
    return word2vec.read_word2vec(path, **options)


def refusal(tmp_path, content, **options):
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        reads(tmp_path, content, **options)
    message = str(caught.value)
    assert str(tmp_path / "vectors") in message
    return message


def only_file_in(folder):
    (path,) = folder.iterdir()
    return path


def run_python(script, *args, **options):
    command = [sys.executable, "-c", textwrap.dedent(script), *map(str, args)]
    env = {k: v for k, v in os.environ.items() if k != "PYTHONUNBUFFERED"}
    return subprocess.run(command, check=False, timeout=60, env=env, **options)


FULL_DISK_FOLDER_SCRIPT = """
    import resource, sys
    import numpy as np
    from w2vfast.formats.folder import save_folder
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
    try:
        save_folder(sys.argv[1], {}, {"x": np.zeros(10_000)})
    except OSError as error:
        print(error.filename)
"""


@posix
def test_a_full_disk_leaves_the_old_model_and_nothing_else(tmp_path):
    path = tmp_path / "model"
    folder.save_folder(path, {"old": 1}, {})
    done = run_python(FULL_DISK_FOLDER_SCRIPT, path, stdout=subprocess.PIPE)
    assert done.stdout.decode().strip() == str(path)
    assert folder.load_folder(path)[0] == {"old": 1}
    assert only_file_in(tmp_path) == path


# --- writing ----------------------------------------------------------------------


def test_binary_layout():
    content = written(["a", "bc"], [[1, 2], [3, 4]], binary=True)
    first, second = np.float32([[1, 2], [3, 4]]).astype("<f4")
    assert content == b"2 2\na %b\nbc %b\n" % (first.tobytes(), second.tobytes())


def test_short_text_layout():
    values = [[0.1, -1, 0], [1e-7, 123456.79, -0.0]]
    assert written(["a", "bc"], values) == b"2 3\na 0.1 -1 0\nbc 1e-07 123456.79 -0\n"


def test_c_text_layout():
    values = [[0.1, -1, 0], [1e-7, 123456.79, -0.0]]
    expected = (
        b"2 3\na 0.100000 -1.000000 0.000000 \nbc 0.000000 123456.789062 -0.000000 \n"
    )
    assert written(["a", "bc"], values, c_text=True) == expected


def test_strided_rows_are_written_without_their_padding():
    padded = np.arange(12, dtype=np.float32).reshape(3, 4)
    for options in ({"binary": True}, {}):
        assert written("abc", padded[:, :2], **options) == written(
            "abc", padded[:, :2].copy(), **options
        )


def test_many_blocks_are_written_in_order(monkeypatch):
    vectors = np.arange(70, dtype=np.float32).reshape(10, 7)
    words = [str(i) for i in range(10)]
    for options in ({"binary": True}, {"c_text": True}, {}):
        whole = written(words, vectors, **options)
        with monkeypatch.context() as patch:
            patch.setattr(word2vec, "_BLOCK_VALUES", 20)
            assert written(words, vectors, **options) == whole


def printed_by_c(values):
    try:
        libc = ctypes.CDLL("libc.so.6")
    except OSError:
        pytest.skip("needs glibc")
    buffer = ctypes.create_string_buffer(100)
    texts = []
    for value in values:
        libc.snprintf(buffer, len(buffer), b"%lf ", ctypes.c_double(value))
        texts.append(buffer.value)
    return b"".join(texts)


def test_c_text_is_what_glibc_prints_for_any_float32():
    bits = np.random.default_rng(1).integers(0, 1 << 32, 5000, dtype=np.uint32)
    special = np.array([0, 1, 0x7F800000, 0x7FC00000, 0x7F7FFFFF], np.uint32)
    values = np.concatenate([special, special | 0x80000000, bits]).view(np.float32)
    values = np.append(values, np.float32([0.0000005, 0.5, 2.5, 1e-6, 5e-7]))
    content = written(["x"], values[None, :], c_text=True)
    _, row = content.split(b"\n", 1)
    assert row == b"x " + printed_by_c(values.tolist()) + b"\n"
    assert b" -nan " in row
    assert b" -inf " in row


def test_c_text_of_the_golden_vectors_is_reproduced():
    path = GOLDEN / "tools" / "lines.vectors.txt"
    words, vectors = word2vec.read_word2vec(path, unicode_errors="surrogateescape")
    assert written(words, vectors, c_text=True) == path.read_bytes()


def golden_binaries():
    cases = json.loads((GOLDEN / "cases.json").read_text())
    return [case for case in cases if (GOLDEN / f"{case['name']}.bin").exists()]


@pytest.mark.parametrize("case", golden_binaries(), ids=lambda case: case["name"])
def test_golden_binaries_are_reproduced(case):
    words, vectors = word2vec.read_word2vec(
        GOLDEN / f"{case['name']}.bin", binary=True, unicode_errors="surrogateescape"
    )
    assert vectors.shape[1] == case["options"]["size"]
    content = written(words, vectors, binary=True, c_text=True)
    assert hashlib.sha256(content).hexdigest() == case["sha256"]


def significant_digits(text):
    return len(text.split("e")[0].replace(".", "").lstrip("-0").rstrip("0"))


def same_bits(a, b):
    return np.array_equal(
        np.asarray(a, np.float32).view(np.uint32),
        np.asarray(b, np.float32).view(np.uint32),
    )


def test_short_text_of_any_finite_float32_reads_back_exactly():
    rng = np.random.default_rng(2)
    bits = rng.integers(0, 1 << 32, 100_000, dtype=np.uint32)
    powers = np.ldexp(np.float32(1), np.arange(-149, 128))
    values = np.concatenate(
        [
            bits.view(np.float32),
            powers,
            np.nextafter(powers, np.float32(0)),
            np.nextafter(powers, np.float32(np.inf)),
            rng.uniform(9.7e-4, 1e-3, 10_000).astype(np.float32),
        ]
    )
    values = values[np.isfinite(values)]
    texts = written(["x"], values[None, :]).split()[3:]
    assert same_bits(list(map(float, texts)), values)
    assert max(significant_digits(text.decode()) for text in texts) <= 9


@pytest.mark.parametrize(
    "draw",
    [
        lambda rng: rng.normal(0, 0.3, 5000),
        # Seven digits tell these apart, six only some of them.
        lambda rng: rng.uniform(9.77e-4, 1e-3, 5000).round(9),
        lambda rng: rng.integers(0, 1000, 5000) * 0.1,
        lambda rng: rng.integers(1, 1 << 20, 5000) * 2.0**-149,
    ],
)
def test_short_text_is_the_shortest(draw):
    values = draw(np.random.default_rng(3)).astype(np.float32)
    texts = written(["x"], values[None, :]).decode().split()[3:]
    for text, value in zip(texts, values, strict=True):
        shortest = np.format_float_scientific(value, unique=True)
        assert significant_digits(text) == significant_digits(shortest)


@pytest.mark.parametrize("word", ["a b", "a\tb", "a\n", "\r", ""])
def test_a_word_that_no_reader_could_read_is_refused(word):
    file = io.BytesIO()
    with pytest.raises(ValueError, match=r"row 1\) (holds white space|is empty)"):
        word2vec.write_word2vec(file, ["ok", word], np.zeros((2, 3), np.float32))
    assert file.getvalue() == b""


def test_half_a_surrogate_pair_is_refused():
    with pytest.raises(ValueError, match="surrogate"):
        written(["\ud800"], [[1]])


@pytest.mark.parametrize("binary", [False, True])
def test_c_files_may_hold_the_empty_word(tmp_path, binary):
    content = written(["", "b"], [[1, 2], [3, 4]], binary=binary, c_text=True)
    words, vectors = reads(tmp_path, content, binary=binary)
    assert words == ["", "b"]
    assert vectors.tolist() == [[1, 2], [3, 4]]


def test_words_and_rows_must_agree_in_number():
    with pytest.raises(ValueError, match=r"got 1 words and vectors of shape \(2, 3\)"):
        written(["a"], np.zeros((2, 3)))


def test_integer_words_are_written_as_digits(tmp_path):
    content = written([0, np.int64(17)], [[1], [2]])
    assert content == b"2 1\n0 1\n17 2\n"
    assert reads(tmp_path, content)[0] == ["0", "17"]


# --- reading what was written -----------------------------------------------------

ODD_WORDS = [
    "plain",
    "月",
    "non\u00a0breaking",
    "line\u2028separator",
    "next\u0085line",
    "form\x0cfeed",
    "\x00z",
    b"\xff\xfe".decode("utf-8", "surrogateescape"),
    "under_score",
    "1.5",
    "x" * 5000,
]


@pytest.mark.parametrize("options", [{}, {"c_text": True}, {"binary": True}])
def test_odd_words_come_back(tmp_path, options):
    vectors = np.arange(2 * len(ODD_WORDS), dtype=np.float32).reshape(-1, 2)
    path = tmp_path / "out"
    write(path, ODD_WORDS, vectors, **options)
    words, values = word2vec.read_word2vec(
        path, binary=options.get("binary", False), unicode_errors="surrogateescape"
    )
    assert words == ODD_WORDS
    assert np.array_equal(values, vectors)
    assert values.dtype == np.float32


byte_words = st.binary(min_size=1, max_size=8).filter(
    lambda word: not set(word) & set(b" \t\r\n")
)
matrices = arrays(
    np.float32,
    st.tuples(st.integers(1, 6), st.integers(1, 5)),
    elements=st.floats(width=32, allow_nan=False, allow_infinity=False),
)


@given(matrices, st.data())
def test_any_vectors_and_words_come_back(tmp_path_factory, vectors, data):
    n = len(vectors)
    raw = data.draw(st.lists(byte_words, min_size=n, max_size=n))
    words = [word.decode("utf-8", "surrogateescape") for word in raw]
    binary = data.draw(st.booleans())
    path = tmp_path_factory.mktemp("round") / "out"
    write(path, words, vectors, binary=binary)
    again, values = word2vec.read_word2vec(
        path, binary=binary, unicode_errors="surrogateescape"
    )
    assert again == words
    assert same_bits(values, vectors)


def test_a_large_file_comes_back(tmp_path, monkeypatch):
    monkeypatch.setattr(rows, "_CHUNK_BYTES", 1000)
    monkeypatch.setattr(rows, "_BLOCK_BYTES", 333)
    vectors = np.random.default_rng(4).normal(size=(5000, 9)).astype(np.float32)
    words = [f"w{i}" for i in range(len(vectors))]
    for binary in (False, True):
        write(tmp_path / "out", words, vectors, binary=binary)
        again, values = word2vec.read_word2vec(tmp_path / "out", binary=binary)
        assert again == words
        assert same_bits(values, vectors)


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("binary", [False, True])
def test_compressed_files_are_recognised(tmp_path, compress, binary):
    content = written(["a", "b"], [[1, 2], [3, 4]], binary=binary)
    words, vectors = reads(tmp_path, compress(content), binary=binary)
    assert words == ["a", "b"]
    assert vectors.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("damage", ["cut", "overwrite"])
def test_damaged_compressed_files_are_refused(tmp_path, compress, damage):
    words = [str(i) for i in range(1000)]
    content = bytearray(compress(written(words, np.random.rand(1000, 9))))  # noqa: NPY002
    if damage == "cut":
        del content[len(content) // 2 :]
    else:
        content[len(content) // 2 :][:50] = b"\0" * 50
        content[50:100] = b"\0" * 50
    assert "cut off or damaged" in refusal(tmp_path, bytes(content))


def test_a_word_may_begin_like_compressed_data(tmp_path):
    words, vectors = reads(tmp_path, b"BZh9 1 2\n", header=False)
    assert (words, vectors.tolist()) == (["BZh9"], [[1, 2]])


def test_a_path_may_be_bytes(tmp_path):
    (tmp_path / "vectors").write_bytes(b"1 2\na 1 2\n")
    words, _ = word2vec.read_word2vec(os.fsencode(tmp_path / "vectors"))
    assert words == ["a"]


@posix
def test_a_fifo_can_be_read(tmp_path):
    path = tmp_path / "fifo"
    os.mkfifo(path)
    content = gzip.compress(b"1 2\na 1 2\n")
    writer = threading.Thread(target=lambda: path.write_bytes(content))
    writer.start()
    words, _ = word2vec.read_word2vec(path)
    writer.join(10)
    assert words == ["a"]


# --- reading what others write ----------------------------------------------------


def test_binary_rows_without_newlines(tmp_path):
    content = written(["a", "bc", "d"], [[1, 2], [3, 4], [5, 6]], binary=True)
    without = content[:4] + content[4:].replace(b"\n", b"")
    words, vectors = reads(tmp_path, without, binary=True)
    assert words == ["a", "bc", "d"]
    assert vectors.tolist() == [[1, 2], [3, 4], [5, 6]]


def test_a_newline_byte_within_binary_values_is_no_line_end(tmp_path):
    value = np.frombuffer(b"\n\n\n\n", "<f4")[0]
    space = np.frombuffer(b"    ", "<f4")[0]
    for content in (
        written(["a", "b"], [[value, space], [space, value]], binary=True),
        b"2 2\na \n\n\n\n    b     \n\n\n\n",
    ):
        words, vectors = reads(tmp_path, content, binary=True)
        assert words == ["a", "b"]
        assert vectors.tolist() == [[value, space], [space, value]]


@pytest.mark.parametrize("header", [True, False])
def test_windows_line_ends(tmp_path, header):
    content = written(["a", "b"], [[1, 2], [3, 4]], header=header)
    words, vectors = reads(tmp_path, content.replace(b"\n", b"\r\n"), header=header)
    assert words == ["a", "b"]
    assert vectors.tolist() == [[1, 2], [3, 4]]


def test_trailing_spaces_and_carriage_returns_are_dropped(tmp_path):
    content = b"2 2\r\na 1 2 \r\nb 3 4  \r\n"
    words, vectors = reads(tmp_path, content)
    assert words == ["a", "b"]
    assert vectors.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("end", [b"", b"\n", b"\n\n \n"])
def test_the_end_of_the_last_line_may_be_missing_or_blank(tmp_path, end):
    assert reads(tmp_path, b"1 2\na 1 2" + end)[1].tolist() == [[1, 2]]


def test_text_without_a_header(tmp_path):
    words, vectors = reads(tmp_path, b"a 1 2\nb 3 4\n", header=False)
    assert words == ["a", "b"]
    assert vectors.tolist() == [[1, 2], [3, 4]]
    words, vectors = reads(tmp_path, b"a 1 2\nb 3 4\n", header=False, limit=1)
    assert words == ["a"]


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize(("limit", "expected"), [(1, 1), (2, 2), (3, 3), (9, 3)])
def test_limit(tmp_path, binary, limit, expected):
    content = written(["a", "b", "c"], [[1], [2], [3]], binary=binary)
    words, vectors = reads(tmp_path, content, binary=binary, limit=limit)
    assert words == ["a", "b", "c"][:expected]
    assert vectors.tolist() == [[1], [2], [3]][:expected]


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_below_one_is_refused(tmp_path, limit):
    with pytest.raises(ValueError, match="limit must be at least 1"):
        reads(tmp_path, b"1 1\na 1\n", limit=limit)


def test_words_with_spaces_are_kept_if_asked_for(tmp_path):
    content = b"the 1 2\n. . . 3 4\nat name@domain.com 5 6\nb 7 8\n"
    message = refusal(tmp_path, content, header=False)
    assert "line 2: expected a word and 2 values, got 4 values" in message
    assert "spaces='keep'" in message
    words, vectors = reads(tmp_path, content, header=False, spaces="keep")
    assert words == ["the", ". . .", "at name@domain.com", "b"]
    assert vectors.tolist() == [[1, 2], [3, 4], [5, 6], [7, 8]]


@pytest.mark.parametrize("options", [{}, {"binary": True}, {"header": False}])
def test_escaped_words_come_back(tmp_path, options):
    words = ["new york", "a\\b", "\t\r\n", "plain"]
    vectors = np.arange(8, dtype=np.float32).reshape(4, 2)
    content = written(words, vectors, spaces="escape", **options)
    again, values = reads(tmp_path, content, spaces="escape", **options)
    assert again == words
    assert np.array_equal(values, vectors)


@pytest.mark.parametrize("binary", [False, True])
def test_an_escape_that_is_none_is_named(tmp_path, binary):
    content = written(["a", "b\\c"], [[1], [2]], binary=binary)
    message = refusal(tmp_path, content, binary=binary, spaces="escape")
    assert ("byte 11" if binary else "line 3") in message
    assert "begins no escape" in message


def test_text_without_a_header_is_written(tmp_path):
    content = written(["a", "b"], [[1, 2], [3, 4]], header=False)
    assert content == b"a 1 2\nb 3 4\n"
    assert reads(tmp_path, content, header=False)[0] == ["a", "b"]


def test_binary_is_not_written_without_a_header():
    with pytest.raises(ValueError, match="a binary file needs its header"):
        written(["a"], [[1]], header=False, binary=True)


def test_equal_words_are_kept(tmp_path):
    assert reads(tmp_path, b"2 1\na 1\na 2\n")[0] == ["a", "a"]


def test_no_rows(tmp_path):
    words, vectors = reads(tmp_path, b"0 7\n")
    assert words == []
    assert vectors.shape == (0, 7)


@pytest.mark.parametrize("dtype", [np.float16, np.float64])
def test_dtype(tmp_path, dtype):
    _, vectors = reads(tmp_path, b"1 2\na 0.1 2\n", dtype=dtype)
    assert vectors.dtype == dtype
    assert vectors[0, 0] == dtype(0.1)


def test_dtype_must_be_floating(tmp_path):
    with pytest.raises(ValueError, match="floating-point type, got int32"):
        reads(tmp_path, b"1 1\na 1\n", dtype=np.int32)


@pytest.mark.parametrize("binary", [False, True])
def test_the_first_row_tells_text_from_binary(tmp_path, binary):
    content = written(["a", "b"], [[0.5, 2], [3, 4]], binary=binary)
    assert reads(tmp_path, content, binary=None)[1].tolist() == [[0.5, 2], [3, 4]]


# --- odd text, read as plain Python would read it ---------------------------------


def read_plainly(content):
    """Read text with a header, written for reading; None if it is malformed."""
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


ODD_PIECES = [b" ", b"\n", b"\r", b"\t", b"0", b"1", b"9" * 20, b"e5", b"e-50", b"."]
ODD_PIECES += [b"-", b"+", b"nan", b"inf", b"x", b"\xff", b"\0", b"16777217", b"  "]


@st.composite
def odd_texts(draw):
    """Rows under their header, with a few bytes put in or written over."""
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
        piece = draw(st.sampled_from(ODD_PIECES))
        over = draw(st.sampled_from([0, len(piece)]))
        text = text[:at] + piece + text[at + over :]
    return text


@given(odd_texts())
def test_odd_text_is_read_as_it_says_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "odd"
    path.write_bytes(content)
    expected = read_plainly(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "_CHUNK_BYTES", 128)
        patch.setattr(rows, "_BLOCK_BYTES", 16)
        if expected is None:
            with pytest.raises(ValueError, match=r"odd(, line| ends after line) \d"):
                word2vec.read_word2vec(path, unicode_errors="surrogateescape")
            return
        words, vectors = word2vec.read_word2vec(path, unicode_errors="surrogateescape")
    assert words == expected[0]
    assert same_bits(vectors.ravel(), [x for row in expected[1] for x in row])


# --- odd binary, likewise ---------------------------------------------------------


def read_binary_plainly(content):
    """Read binary rows, written for reading; None if they are malformed."""
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
def odd_binaries(draw):
    """Rows under their header, either dialect, with a few bytes changed."""
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


@given(odd_binaries())
def test_odd_binary_is_read_as_it_says_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "odd"
    path.write_bytes(content)
    # The bytes of a value may happen to spell a row of text, which is refused.
    assume(rows.parse_numbers(content.split(b"\n")[1].split(b" ")[1:]) is None)
    expected = read_binary_plainly(content)
    options = {"binary": True, "unicode_errors": "surrogateescape"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "_CHUNK_BYTES", 32)
        patch.setattr(rows, "_BLOCK_BYTES", 16)
        if expected is None:
            with pytest.raises(ValueError, match=r"odd, (row \d+ of \d+, )?byte \d"):
                word2vec.read_word2vec(path, **options)
            return
        words, vectors = word2vec.read_word2vec(path, **options)
    assert words == expected[0]
    assert same_bits(vectors.ravel(), expected[1])


# --- files that are refused -------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"a 1 2\n", b"3\n", b"3 0\n", b"2 2 2\n", b"-1 2\n", b"1.0 2\n"],
)
@pytest.mark.parametrize("binary", [False, True, None])
def test_a_wrong_header(tmp_path, content, binary):
    message = refusal(tmp_path, content, binary=binary)
    assert "line 1: expected a header" in message


def test_a_file_without_newlines_has_no_header(tmp_path):
    assert "line 1: expected a header" in refusal(tmp_path, b"1" * 100_000)


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
def test_a_wrong_line_is_named(tmp_path, line, reason):
    content = b"3 2\na 1 2\n" + line + b"\nc 5 6\n"
    message = refusal(tmp_path, content)
    assert "line 3" in message
    assert reason in message


def test_an_empty_line_between_rows(tmp_path):
    assert "line 3: empty line" in refusal(tmp_path, b"2 1\na 1\n\nb 2\n")


def test_too_few_rows_of_text(tmp_path):
    message = refusal(tmp_path, b"3 2\na 1 2\nb 3 4\n")
    assert "ends after line 3: the header promises 3 rows, and there are 2" in message


def test_too_many_rows_of_text(tmp_path):
    message = refusal(tmp_path, b"1 2\na 1 2\nb 3 4\n")
    assert "line 3: the header promises 1 rows" in message


@pytest.mark.parametrize("limit", [None, 2, 3])
@pytest.mark.parametrize("binary", [False, True])
def test_a_limit_that_is_not_reached_forgives_nothing(tmp_path, limit, binary):
    content = written("abc", [[1], [2], [3]], binary=binary)
    message = refusal(tmp_path, b"2" + content[1:], binary=binary, limit=limit)
    assert "the header promises 2 rows" in message


def test_more_bytes_behind_the_last_chunk_are_noticed(tmp_path, monkeypatch):
    content = written(["a"], [[1, 2]], binary=True)
    monkeypatch.setattr(rows, "_CHUNK_BYTES", len(content))
    assert reads(tmp_path, content, binary=True)[0] == ["a"]
    message = refusal(tmp_path, content + b"x", binary=True)
    assert f"byte {len(content)}: the header promises 1 rows" in message


@pytest.mark.parametrize("row", [1, 40, 99])
def test_the_byte_of_a_bad_row_is_counted_through_the_whole_file(
    tmp_path, monkeypatch, row
):
    monkeypatch.setattr(rows, "_CHUNK_BYTES", 100)
    vectors = np.ones((100, 2), np.float32)
    vectors[row] = np.nan
    content = written([f"w{i}" for i in range(100)], vectors, binary=True)
    message = refusal(tmp_path, content, binary=True)
    assert f"byte {content.index(b'w%d ' % row)}: the vector of 'w{row}'" in message


def test_rows_beyond_a_limit_are_not_looked_at(tmp_path):
    assert reads(tmp_path, b"3 2\na 1 2\nbroken\n", limit=1)[0] == ["a"]


def test_a_header_of_a_headerless_file_is_noticed(tmp_path):
    content = b"2 2\na 1 2\nb 3 4\n"
    assert "line 2: expected a word and 1 values" in refusal(
        tmp_path, content, header=False
    )


def test_an_empty_file_without_a_header(tmp_path):
    assert "is empty" in refusal(tmp_path, b"", header=False)


def test_binary_without_a_header_is_refused(tmp_path):
    with pytest.raises(ValueError, match="header=False is for text"):
        reads(tmp_path, b"a 1234", binary=True, header=False)


@pytest.mark.parametrize("newline", [b"\n", b""])
def test_binary_cut_anywhere_is_refused(tmp_path, newline):
    rows = [
        b"%b " % w + np.float32([i, 1]).tobytes() for i, w in enumerate([b"a", b"b"])
    ]
    content = b"2 2\n" + newline.join(rows)
    assert reads(tmp_path, content, binary=True)[0] == ["a", "b"]
    for length in range(4, len(content)):
        message = refusal(tmp_path, content[:length], binary=True)
        row = 1 if length < 4 + len(rows[0]) else 2
        start = 4 if row == 1 else 4 + len(rows[0]) + len(newline)
        if length >= start:
            assert f"row {row} of 2, byte {start}" in message
            assert f"ends at {length};" in message


@pytest.mark.parametrize("newline", [b"\n", b""])
def test_bytes_after_the_last_binary_row(tmp_path, newline):
    row = b"a " + np.float32([1, 2]).tobytes() + newline
    message = refusal(tmp_path, b"1 2\n" + row + b"b", binary=True)
    assert f"byte {4 + len(row)}: the header promises 1 rows" in message


@pytest.mark.parametrize(
    "ends", [(b"\n", b"", b"\n"), (b"", b"\n", b""), (b"\n", b"\n\n", b"\n")]
)
def test_binary_rows_of_different_lengths(tmp_path, ends):
    rows = [b"w%d 1234" % i + end for i, end in enumerate(ends)]
    message = refusal(tmp_path, b"3 1\n" + b"".join(rows), binary=True)
    assert "its length differs from the first row's" in message


def test_a_line_end_within_a_binary_word(tmp_path):
    message = refusal(tmp_path, b"3 1\na 1234b\nc 1234d 1234", binary=True)
    assert "row 2 of 3, byte 10" in message


@pytest.mark.parametrize("dim", [1, 2, 4, 5])
@pytest.mark.parametrize("newline", [b"\n", b""])
def test_binary_with_a_wrong_dimension_in_the_header(tmp_path, dim, newline):
    rng = np.random.default_rng(5)
    rows = [b"w%d " % i + rng.random(3, np.float32).tobytes() for i in range(50)]
    content = b"50 %d\n" % dim + newline.join(rows) + newline
    refusal(tmp_path, content, binary=True, unicode_errors="surrogateescape")


def test_a_binary_value_that_is_not_finite(tmp_path):
    content = written(["a", "b"], [[1, 2], [3, np.nan]], binary=True)
    message = refusal(tmp_path, content, binary=True)
    assert "byte 15: the vector of 'b' (row 2)" in message


def test_not_finite_is_found_in_any_row(tmp_path):
    words = [str(i) for i in range(3000)]
    for row in (0, 1023, 1024, 2999):
        vectors = np.zeros((3000, 1), np.float32)
        vectors[row] = np.inf
        message = refusal(tmp_path, written(words, vectors))
        assert f"line {row + 2}: the vector of '{row}' (row {row + 1})" in message


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
@pytest.mark.parametrize("header", [b"999999999999 3\n", b"9 999999999999\n"])
@pytest.mark.parametrize("binary", [False, True])
def test_a_header_that_promises_the_moon_costs_no_memory(
    tmp_path, compress, header, binary
):
    row = b"a \0\0 2 3\n" if binary else b"a 1 2 3\n"
    tracemalloc.start()
    try:
        refusal(tmp_path, compress(header + row), binary=binary)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 40 * 2**20  # [bytes]; room for a few chunks of 4 MB


@pytest.mark.parametrize("header", [b"%d 3\n" % 10**40, b"3 %d\n" % 10**40])
@pytest.mark.parametrize("binary", [False, True])
def test_a_header_beyond_64_bits_is_refused(tmp_path, header, binary):
    assert "expected a header" in refusal(tmp_path, header + b"a 1", binary=binary)


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\n\n"])
@pytest.mark.parametrize("binary", [False, True])
def test_a_header_without_rows(tmp_path, end, binary):
    message = refusal(tmp_path, b"2 3" + end, binary=binary)
    if not binary:
        assert "ends after line" in message
        assert "promises 2 rows, and there are 0" in message


@pytest.mark.parametrize(
    ("start", "meaning"),
    [
        (b"\xef\xbb\xbf3 2\n", "a byte order mark"),
        (b"\x80\x04\x95\xff\n", "a pickle, as gensim's save writes"),
        (b"\xba\x16\x4f\x2f\x0c\0\0\0", "a model of fastText"),
    ],
)
@pytest.mark.parametrize("binary", [False, True])
def test_a_file_of_another_program_is_recognised(tmp_path, start, meaning, binary):
    assert meaning in refusal(tmp_path, start, binary=binary)


def test_a_byte_order_mark_is_no_part_of_the_first_word(tmp_path):
    content = b"\xef\xbb\xbfa 1 2\n"
    for header in (False, None):
        assert "byte order mark" in refusal(tmp_path, content, header=header)


def test_text_read_as_binary_and_the_reverse_say_so(tmp_path):
    vectors = np.random.default_rng(6).normal(size=(5, 8))
    text = written("abcde", vectors)
    binary = written("abcde", vectors, binary=True)
    assert "read it with binary=False" in refusal(tmp_path, text, binary=True, limit=1)
    message = refusal(tmp_path, binary, unicode_errors="surrogateescape")
    assert "read it with binary=True" in message


@pytest.mark.parametrize("binary", [False, True])
def test_a_word_that_is_not_utf8_says_how_to_read_it(tmp_path, binary):
    word = b"\xe6\x9c".decode("utf-8", "surrogateescape")
    content = written([word], [[1, 2]], binary=binary)
    message = refusal(tmp_path, content, binary=binary)
    assert "unicode_errors='surrogateescape'" in message
    words, _ = reads(tmp_path, content, binary=binary, unicode_errors="replace")
    assert words == ["\ufffd"]


def test_a_missing_file_is_the_systems_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        word2vec.read_word2vec(tmp_path / "missing")


# --- counts -----------------------------------------------------------------------


def test_counts_come_back(tmp_path):
    path = tmp_path / "vocab"
    words = ["", *ODD_WORDS]
    with open_output(path) as file:
        word2vec.write_counts(file, words, range(len(words)))
    counts = word2vec.read_counts(path, "surrogateescape")
    assert counts == {word: i for i, word in enumerate(words)}


def test_the_first_count_of_a_word_is_taken(tmp_path):
    (tmp_path / "vocab").write_bytes(b"a 5\nb 3\na 1\n")
    assert word2vec.read_counts(tmp_path / "vocab") == {"a": 5, "b": 3}


@pytest.mark.parametrize(
    "line", [b"word\n", b"word x\n", b"word -1\n", b"\n", b"w 1.5"]
)
def test_a_wrong_count_is_named(tmp_path, line):
    path = tmp_path / "vocab"
    path.write_bytes(b"</s> 0\r\n" + line)
    with pytest.raises(ValueError, match="line 2: expected 'word count'"):
        word2vec.read_counts(path)


# --- the model folder -------------------------------------------------------------

META = {
    "words": ["</s>", "月", "\udcff\udc80", "a b", ""],
    "keys": [0, 17],
    "alpha": 0.1,
}
ARRAYS = {
    "syn0": np.arange(6, dtype=np.float32).reshape(2, 3),
    "counts": np.array([5, 1 << 40]),
    "empty": np.empty((0, 3), np.float32),
}


@pytest.mark.parametrize("mmap", [False, True])
def test_a_model_folder_comes_back(tmp_path, mmap):
    folder.save_folder(tmp_path / "model", META, ARRAYS)
    meta, loaded = folder.load_folder(tmp_path / "model", mmap=mmap)
    assert meta == META
    assert loaded.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert np.array_equal(loaded[name], array)
        assert loaded[name].dtype == array.dtype
    assert isinstance(loaded["syn0"], np.memmap) == mmap
    assert only_file_in(tmp_path).name == "model"


def test_a_model_folder_is_replaced_whole(tmp_path):
    path = tmp_path / "model"
    folder.save_folder(path, {}, ARRAYS)
    folder.save_folder(path, {"new": 1}, {"other": np.zeros(1)})
    assert sorted(os.listdir(path)) == ["model.json", "other.npy"]
    assert folder.load_folder(path)[0] == {"new": 1}
    assert only_file_in(tmp_path) == path


@posix
def test_a_mapped_model_can_be_saved_over_itself(tmp_path):
    path = tmp_path / "model"
    folder.save_folder(path, META, ARRAYS)
    meta, mapped = folder.load_folder(path, mmap=True)
    folder.save_folder(path, meta, mapped)
    assert np.array_equal(mapped["syn0"], ARRAYS["syn0"])
    assert np.array_equal(folder.load_folder(path)[1]["syn0"], ARRAYS["syn0"])


@posix
def test_a_link_to_a_model_folder_stays(tmp_path):
    folder.save_folder(tmp_path / "model", {"old": 1}, {})
    (tmp_path / "link").symlink_to("model")
    folder.save_folder(tmp_path / "link", {"new": 1}, {})
    assert (tmp_path / "link").is_symlink()
    assert folder.load_folder(tmp_path / "model")[0] == {"new": 1}


@pytest.mark.parametrize("failing", ["_write_folder", "_swap_folder"])
def test_a_failed_save_leaves_the_old_model_and_nothing_else(
    tmp_path, monkeypatch, failing
):
    path = tmp_path / "model"
    folder.save_folder(path, {"old": 1}, ARRAYS)

    def fail(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folder, failing, fail)
    with pytest.raises(OSError, match="No space left"):
        folder.save_folder(path, {"new": 1}, ARRAYS)
    assert folder.load_folder(path)[0] == {"old": 1}
    assert only_file_in(tmp_path) == path


def test_the_old_model_returns_if_the_new_one_cannot_be_renamed(tmp_path, monkeypatch):
    path = tmp_path / "model"
    folder.save_folder(path, {"old": 1}, ARRAYS)
    rename = os.rename

    def fail_for_the_new_one(source, target):
        if target == str(path) and source.endswith(".tmp"):
            raise OSError(5, "Input/output error")
        rename(source, target)

    monkeypatch.setattr(os, "rename", fail_for_the_new_one)
    with pytest.raises(OSError, match="Input/output"):
        folder.save_folder(path, {"new": 1}, ARRAYS)
    assert folder.load_folder(path)[0] == {"old": 1}
    assert only_file_in(tmp_path) == path


@pytest.mark.parametrize(
    "names", [["notes.txt"], ["model.json", "notes.txt"], ["a.npy"]]
)
def test_a_folder_with_other_files_is_not_replaced(tmp_path, names):
    path = tmp_path / "model"
    path.mkdir()
    for name in names:
        (path / name).write_text("mine")
    with pytest.raises(FileExistsError, match=r"(notes.txt|a.npy)'.*not replaced"):
        folder.save_folder(path, {}, {})
    assert sorted(os.listdir(path)) == sorted(names)


def test_an_empty_folder_is_used_and_a_file_is_not(tmp_path):
    (tmp_path / "empty").mkdir()
    folder.save_folder(tmp_path / "empty", {}, ARRAYS)
    assert folder.load_folder(tmp_path / "empty")[0] == {}
    (tmp_path / "file").write_text("mine")
    with pytest.raises(FileExistsError, match="is a file"):
        folder.save_folder(tmp_path / "file", {}, ARRAYS)


def test_a_model_folder_in_a_missing_directory(tmp_path):
    with pytest.raises(FileNotFoundError, match="cannot create files in"):
        folder.save_folder(tmp_path / "missing" / "model", {}, {})


@pytest.mark.parametrize(
    "arrays_", [{"../x": np.zeros(1)}, {"x": np.array([None], object)}]
)
def test_unsafe_arrays_are_not_saved(tmp_path, arrays_):
    with pytest.raises(ValueError, match="cannot save"):
        folder.save_folder(tmp_path / "model", {}, arrays_)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_model_folder(tmp_path):
    with pytest.raises(FileNotFoundError):
        folder.load_folder(tmp_path / "missing")


def damage_json(path, change):
    described = json.loads((path / "model.json").read_text())
    change(described)
    (path / "model.json").write_text(json.dumps(described))


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda p: damage_json(p, lambda d: d.update(version=2)), "format version 2"),
        (lambda p: damage_json(p, lambda d: d.update(format="x")), "not describe"),
        (lambda p: (p / "model.json").write_text("{"), "model.json is damaged"),
        (lambda p: (p / "model.json").write_text("[]"), "not describe"),
        (lambda p: (p / "syn0.npy").unlink(), "syn0.npy is missing"),
        (lambda p: os.truncate(p / "syn0.npy", 140), "syn0.npy is missing or damaged"),
        (lambda p: os.truncate(p / "syn0.npy", 0), "syn0.npy is missing or damaged"),
        (lambda p: np.save(p / "syn0.npy", np.zeros(3)), "syn0.npy holds"),
    ],
)
@pytest.mark.parametrize("mmap", [False, True])
def test_a_damaged_model_folder_is_refused(tmp_path, damage, reason, mmap):
    path = tmp_path / "model"
    folder.save_folder(path, META, ARRAYS)
    damage(path)
    with pytest.raises(ValueError, match=reason):
        folder.load_folder(path, mmap=mmap)


def test_pickles_are_never_loaded(tmp_path):
    path = tmp_path / "model"
    folder.save_folder(path, META, ARRAYS)
    np.save(path / "syn0.npy", np.array([None], object), allow_pickle=True)
    with pytest.raises(ValueError, match=r"syn0\.npy is missing or damaged"):
        folder.load_folder(path)


# --- speed ------------------------------------------------------------------------


@pytest.mark.slow
def test_seventy_thousand_words_take_seconds(tmp_path):
    import time

    vectors = np.random.default_rng(7).normal(0, 0.3, (70_000, 100)).astype(np.float32)
    words = [f"word{i}" for i in range(len(vectors))]
    for options in ({}, {"c_text": True}, {"binary": True}):
        start = time.perf_counter()
        write(tmp_path / "out", words, vectors, **options)
        _, values = word2vec.read_word2vec(
            tmp_path / "out", binary=options.get("binary", False)
        )
        # About 4 s for text and 0.3 s for binary on two slow cores.
        assert time.perf_counter() - start < 30
        assert values.shape == vectors.shape


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz"])
@pytest.mark.parametrize("binary", [False, True])
def test_name_says_whether_a_file_is_compressed(tmp_path, suffix, binary):
    path = tmp_path / f"vectors{suffix}"
    vectors = np.arange(6, dtype=np.float32).reshape(2, 3)
    for _ in range(2):  # the same bytes each time
        with open_output(path) as file:
            word2vec.write_word2vec(file, ["a", "b"], vectors, binary=binary)
        written = path.read_bytes()
    opener = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}[suffix]
    with opener(path) as file:
        assert file.read().startswith(b"2 3\na ")
    assert path.read_bytes() == written
    words, again = word2vec.read_word2vec(path, binary=binary)
    assert words == ["a", "b"]
    np.testing.assert_array_equal(again, vectors)
