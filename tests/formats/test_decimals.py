"""Values as decimal text: the C program's format and the shortest digits."""

import ctypes

import numpy as np
import pytest
from word2vec_files import same_bits

from w2vfast.formats.decimals import c_text_rows, full_text_rows, short_text_rows


def only_row(rows):
    (row,) = rows
    return row


def significant_digits(text):
    return len(text.split("e")[0].replace(".", "").lstrip("-0").rstrip("0"))


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


def test_c_text_equals_what_glibc_prints_for_any_float32():
    bits = np.random.default_rng(1).integers(0, 1 << 32, 5000, dtype=np.uint32)
    special = np.array([0, 1, 0x7F800000, 0x7FC00000, 0x7F7FFFFF], np.uint32)
    values = np.concatenate([special, special | 0x80000000, bits]).view(np.float32)
    values = np.append(values, np.float32([0.0000005, 0.5, 2.5, 1e-6, 5e-7]))
    row = only_row(c_text_rows(values[None, :]))
    assert row == printed_by_c(values.tolist())
    assert b" -nan " in row
    assert b" -inf " in row


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
    texts = only_row(short_text_rows(values[None, :])).decode().split(" ")
    assert same_bits(list(map(float, texts)), values)
    assert max(map(significant_digits, texts)) <= 9


@pytest.mark.parametrize(
    "draw",
    [
        lambda rng: rng.normal(0, 0.3, 5000),
        # Values that need seven digits, and some that need only six.
        lambda rng: rng.uniform(9.77e-4, 1e-3, 5000).round(9),
        lambda rng: rng.integers(0, 1000, 5000) * 0.1,
        # Subnormals.
        lambda rng: rng.integers(1, 1 << 20, 5000) * 2.0**-149,
    ],
)
def test_short_text_has_the_fewest_digits(draw):
    values = draw(np.random.default_rng(3)).astype(np.float32)
    texts = only_row(short_text_rows(values[None, :])).decode().split(" ")
    for text, value in zip(texts, values, strict=True):
        shortest = np.format_float_scientific(value, unique=True)
        assert significant_digits(text) == significant_digits(shortest)


def test_the_separator_of_short_text_can_be_chosen():
    rows = short_text_rows(np.float32([[1, 0.5], [-0.0, 1e-7]]), "\t")
    assert list(rows) == [b"1\t0.5", b"-0\t1e-07"]


def test_short_text_of_values_that_are_not_finite():
    values = np.float32([[np.nan, np.inf, -np.inf]])
    assert only_row(short_text_rows(values)) == b"nan inf -inf"


def test_full_text_of_any_float64_reads_back_exactly():
    bits = np.random.default_rng(2).integers(0, 1 << 63, 10_000, dtype=np.uint64)
    values = np.append(bits.view(np.float64), [5e-324, 1.7976931348623157e308, -0.0])
    values = values[np.isfinite(values)]
    texts = only_row(full_text_rows(values[None, :])).decode().split(" ")
    assert np.array([float(text) for text in texts]).tobytes() == values.tobytes()


def test_full_text_is_the_shortest():
    rows = full_text_rows(np.array([[1, -0.5, 0.1], [-0.0, 1e-7, 1 / 3]]))
    assert list(rows) == [b"1 -0.5 0.1", b"-0 1e-07 0.3333333333333333"]
    rows = full_text_rows(np.array([[np.nan, np.inf, -np.inf]]))
    assert only_row(rows) == b"nan inf -inf"
