"""Compressed streams that follow each other: read to the last byte, or an error."""

import bz2
import io
import lzma

import pytest
from helpers import Pipe

from w2vfast.system.files import InputFile
from w2vfast.system.streams import READ_BYTES

COMPRESS = {"bz2": bz2.compress, "xz": lzma.compress}


@pytest.fixture(params=COMPRESS)
def compress(request):
    return COMPRESS[request.param]


def read(data):
    whole = InputFile(io.BytesIO(data), "corpus").readall()
    assert InputFile(Pipe(data, n_bytes=100), "corpus").readall() == whole
    return whole


def read_error(data):
    with pytest.raises(ValueError, match=r"^corpus: the compressed data is ") as caught:
        read(data)
    return str(caught.value)


def test_all_streams_are_read(compress):
    parts = [b"a b\n", b"", b"c" * 3 * READ_BYTES, b"d\n"]
    assert read(b"".join(map(compress, parts))) == b"".join(parts)


def test_a_later_stream_with_a_damaged_mark_is_an_error(compress):
    first, second, third = (compress(line) for line in (b"a\n", b"b\n", b"c\n"))
    read_error(first + b"?" + second[1:] + third)


def test_every_reader_gets_the_first_error(compress):
    first, second = compress(b"a\n"), compress(b"b\n")
    file = InputFile(io.BytesIO(first + b"?" + second[1:]), "corpus")
    assert file.read(2) == b"a\n"
    messages = []
    for _ in range(2):
        with pytest.raises(ValueError, match="cut off or damaged") as caught:
            file.read(2)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


@pytest.mark.parametrize("rest", [b"garbage", b"B", b"\0\0\0\0text"])
def test_bytes_that_are_no_stream_are_an_error(compress, rest):
    read_error(compress(b"a\n") + rest)


def test_a_later_stream_that_is_cut_off_is_an_error(compress):
    data = compress(b"a\n") + compress(b"b\n")
    assert "no end" in read_error(data[:-1])


def test_padding_may_follow_each_xz_stream():
    first, second = lzma.compress(b"a\n"), lzma.compress(b"b\n")
    padding = bytes(READ_BYTES + 4)
    assert read(first + padding + second + bytes(4)) == b"a\nb\n"
    assert "multiple of 4" in read_error(first + bytes(6))
    assert "multiple of 4" in read_error(first + bytes(6) + second)


def test_bz2_has_no_padding():
    read_error(bz2.compress(b"a\n") + bytes(4))
