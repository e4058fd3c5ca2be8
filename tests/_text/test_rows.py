"""Rows of vector files: numbers equal those of Python, or are left to Python."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from w2vfast import _text

# ---- numbers -------------------------------------------------------------------------


def by_python(text):
    """Return the float32 of bytes as Python parses them; None for an error."""
    try:
        value = float(text)
    except ValueError:
        return None
    if b"_" in text or text != text.strip():
        return None
    with np.errstate(over="ignore", under="ignore"):
        return np.float32(value)


def is_same_or_uncertain(text):
    ours = _text.parse_float(text)
    return ours is None or ours.tobytes() == by_python(text).tobytes()


floats = st.floats(width=32, allow_nan=False, allow_infinity=False)
layouts = st.sampled_from(["%.9g", "%f", "%.3f", "%.17g", "%.18e", "%.6E", "%+g", "%r"])


@given(floats, layouts)
def test_a_printed_number_equals_pythons(value, layout):
    assert is_same_or_uncertain((layout % value).encode())


@given(st.text(alphabet="0123456789", max_size=25), st.text("0123456789", max_size=25))
@example("", "")
@example("16777217", "0000000001")  # rounded twice, as Python and NumPy do
@example("0" * 30, "0" * 30 + "123456789012345678")
@example("18446744073709551615", "")
@example("9999999999999999999", "")
def test_any_digits_equal_pythons(whole, fraction):
    for text in (f"{whole}.{fraction}", f"-{whole}.{fraction}e-7", whole):
        if by_python(text.encode()) is None:
            assert _text.parse_float(text.encode()) is None
        else:
            assert is_same_or_uncertain(text.encode())


@given(st.integers(0, 10**19), st.integers(-70, 60))
def test_any_exponent_equals_pythons(digits, exponent):
    assert is_same_or_uncertain(f"{digits}e{exponent}".encode())


@given(st.text(alphabet="0159.eE+-_ naifx\0", max_size=12))
@example("1_0")
@example("1e")
@example("1e+")
@example("1e00001")
@example(".")
@example("-")
@example("--1")
@example("1..2")
@example("1 ")
@example(" 1")
@example("nan")
@example("inf")
@example("0x1")
@example("1\0")
def test_anything_but_a_plain_number_is_left_to_python(text):
    if by_python(text.encode()) is None:
        assert _text.parse_float(text.encode()) is None
    else:
        assert is_same_or_uncertain(text.encode())


@pytest.mark.parametrize(
    "text", [b"0", b"7", b"-0.125", b"+2.5E-3", b"1e5", b"123456.75", b"1.5e-20", b".5"]
)
def test_plain_numbers_are_not_left_to_python(text):
    assert _text.parse_float(text) == by_python(text)


def test_numbers_halfway_between_two_float32_equal_pythons():
    rng = np.random.default_rng(1)
    lower = rng.normal(0, 0.3, 20_000).astype(np.float32)
    upper = np.nextafter(lower, np.float32(np.inf))
    middle = (lower.astype(np.float64) + upper) / 2
    for side in (-np.inf, middle, np.inf):
        for value in np.nextafter(middle, side).tolist():
            for text in (repr(value), f"{value:.18e}", f"{value:.12g}"):
                assert is_same_or_uncertain(text.encode()), text


@pytest.mark.parametrize("layout", ["%.9g", "%f", "%.5f", "%.17g", "%.18e"])
def test_the_numbers_of_word_vectors_are_never_left_to_python(layout):
    values = np.random.default_rng(2).normal(0, 0.3, 20_000).astype(np.float32)
    texts = [(layout % value).encode() for value in values.tolist()]
    assert all(_text.parse_float(text) is not None for text in texts)


def test_the_smallest_and_largest_numbers_equal_pythons():
    tiny, huge = np.finfo(np.float32).smallest_subnormal, np.finfo(np.float32).max
    for value in (tiny, huge, np.finfo(np.float32).tiny, 1.5 * float(tiny), 0.0, -0.0):
        for text in (repr(float(value)), f"{float(value):.9g}", f"{float(value):f}"):
            assert is_same_or_uncertain(text.encode()), text
    assert math.copysign(1, _text.parse_float(b"-0")) == -1


@pytest.mark.parametrize(
    "text", [b"1e39", b"9" * 19 + b"e30", b"1e18446744073709551617"]
)
def test_numbers_that_are_too_large_are_left_to_python(text):
    assert _text.parse_float(text) is None


# ---- lines of text -------------------------------------------------------------------


def read_text(data, n_rows=100, dim=2, start=0, stop=None):
    values = np.full((n_rows, dim), 77, np.float32)
    offsets = np.full((n_rows, 3), -1, np.int64)
    stop = len(data) if stop is None else stop
    n = _text.read_text_rows(bytearray(data), start, stop, values, offsets)
    assert (offsets[n:] == -1).all()
    words = [data[a:b] for a, b, _ in offsets[:n].tolist()]
    return words, values[:n].tolist(), (offsets[n - 1, 2] if n else start)


def test_plain_lines_are_read():
    data = b"a 1 2\nbb -0.5 1e-3 \n 3 4\r\nc 5 6"
    words, values, end = read_text(data)
    assert words == [b"a", b"bb", b""]
    assert values == [[1, 2], [-0.5, float(np.float32(1e-3))], [3, 4]]
    assert data[end:] == b"c 5 6"


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b" ",
        b"b",
        b"b 1",
        b"b 1 ",
        b"b 1 2 3",
        b"b 1  2",
        b"b\t1\t2",
        b"new york 1 2",
        b"b 1 x",
        b"b 1 2x",
        b"b 1 nan",
        b"b 1 1_0",
        b"b 1 2\t",
        b"b 1 16777217",  # halfway between two float32
    ],
)
def test_reading_stops_before_a_line_that_is_not_plain(line):
    data = b"a 1 2\n" + line + b"\nc 5 6\n"
    words, values, end = read_text(data)
    assert (words, values, end) == ([b"a"], [[1, 2]], 6)


def test_no_more_rows_are_read_than_fit():
    words, _, end = read_text(b"a 1 2\n" * 5, n_rows=3)
    assert (len(words), end) == (3, 18)


@pytest.mark.parametrize("stop", range(13))
def test_a_line_is_read_only_if_it_ends_before_stop(stop):
    words, _, _ = read_text(b"a 1 2\nb 3 4\n", stop=stop)
    assert len(words) == stop // 6


@pytest.mark.parametrize("bounds", [(-1, 3), (4, 3), (0, 100)])
def test_bounds_outside_the_buffer_are_an_error(bounds):
    values, offsets = np.zeros((1, 1), np.float32), np.zeros((1, 3), np.int64)
    with pytest.raises(ValueError, match="start and stop must be"):
        _text.read_text_rows(bytearray(b"a 1\n"), *bounds, values, offsets)
    with pytest.raises(ValueError, match="start and stop must be"):
        _text.read_binary_rows(
            bytearray(b"a 1\n"), *bounds, values.view(np.uint8), offsets, True
        )


line_words = st.binary(max_size=6).filter(lambda word: not set(word) & set(b" \n"))


@given(st.lists(st.tuples(line_words, st.lists(floats, min_size=3, max_size=3))))
def test_rows_of_text_are_read_back(rows):
    data = b"".join(b"%b %.9g %.9g %.9g\n" % (word, *values) for word, values in rows)
    words, values, _ = read_text(data, n_rows=len(rows) + 1, dim=3)
    n = len(words)
    assert words == [word for word, _ in rows[:n]]
    assert values == [values for _, values in rows[:n]]
    if n < len(rows):  # only before a number that is not certain
        texts = (b"%.9g" % value for value in rows[n][1])
        assert any(_text.parse_float(text) is None for text in texts)


# ---- binary rows ---------------------------------------------------------------------


def read_binary(data, newline, n_rows=100, dim=1):
    values = np.zeros((n_rows, 4 * dim), np.uint8)
    offsets = np.full((n_rows, 3), -1, np.int64)
    n = _text.read_binary_rows(bytearray(data), 0, len(data), values, offsets, newline)
    words = [data[a:b] for a, b, _ in offsets[:n].tolist()]
    return words, [row.tobytes() for row in values[:n]]


@pytest.mark.parametrize("newline", [False, True])
def test_binary_rows_are_read_while_a_byte_follows(newline):
    end = b"\n" * newline
    data = b"a 1234" + end + b"bb \n \n " + end
    assert read_binary(data + b"c", newline) == ([b"a", b"bb"], [b"1234", b"\n \n "])
    whole = read_binary(data, newline)[0]
    assert whole == [b"a", b"bb"][: 1 + newline]


@pytest.mark.parametrize("row", [b"b 1234x", b"b\nb 1234\n", b"b 12", b"bbbb", b"b "])
def test_reading_stops_before_an_incomplete_binary_row(row):
    assert read_binary(b"a 1234\n" + row, True)[0] == [b"a"]


def test_reading_stops_where_the_newline_after_rows_changes():
    assert read_binary(b"a 1234b 1234\nc 1234d", False)[0] == [b"a"]
