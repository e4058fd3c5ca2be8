"""Readers take memory by what a file holds, not by what it claims."""

import bz2
import gzip
import lzma

import numpy as np
import pytest
from helpers import posix_only, run_python

from w2vfast import KeyedVectors
from w2vfast.system import files
from w2vfast.system.files import InputFile

MB = 1 << 20
PEAK_SCRIPT = """
    import resource, sys
    from w2vfast import KeyedVectors
    def peak():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    before = peak()
    try:
        KeyedVectors.load(sys.argv[1])
    except ValueError as error:
        print(len(str(error)), end=" ")
    else:
        print(0, end=" ")
    print(peak() - before)
"""


def peak_of_loading(path):
    """Return the length of the error, 0 for none, and the memory taken [MB]."""
    done = run_python(PEAK_SCRIPT, arguments=[str(path)])
    assert done.returncode == 0, done.stderr
    return map(int, done.stdout.split())


LONG = {
    "one row of a million values": b"a" + b" 1" * 1_000_000,
    "one row of 8 million values": b"a" + b" 1" * 8_000_000,
    "a long line that is no row": b"x" * 16 * MB,
    "a long line of words": b" x" * (8 * MB),
    "a long line with one word at its end": b"a" + b" 1" * (8 * MB) + b" x",
    "a header and a long line": b"1 3\na" + b" 1" * (8 * MB),
    "a header of a long row": b"2 1000000\na" + b" 1" * 1_000_000 + b"\nb 1\n",
    "zeros": bytes(16 * MB),
}


@posix_only
@pytest.mark.parametrize("name", ["v.txt", "v"])
@pytest.mark.parametrize("content", LONG)
def test_a_long_line_takes_four_times_its_size_at_most(tmp_path, content, name):
    path = tmp_path / name
    path.write_bytes(LONG[content])
    error, peak = peak_of_loading(path)
    assert peak < 64 + 4 * len(LONG[content]) / MB
    assert error < 500


@posix_only
def test_a_compressed_row_takes_no_more_than_its_text(tmp_path):
    path = tmp_path / "v.txt.gz"
    path.write_bytes(gzip.compress(LONG["one row of a million values"]))
    error, peak = peak_of_loading(path)
    assert error == 0
    assert peak < 64


@pytest.mark.parametrize("header", [b"1 4611686018427387904", b"9999999999 2147483648"])
@pytest.mark.parametrize("suffix", [".txt", ".bin", ""])
def test_a_header_that_claims_too_much_is_an_error_that_names_the_file(
    tmp_path, header, suffix
):
    path = tmp_path / f"vectors{suffix}"
    path.write_bytes(header + b"\na 1 2\n")
    with pytest.raises(ValueError, match="vectors") as caught:
        KeyedVectors.load(path)
    is_dim = header.startswith(b"1 ")
    assert ("rows of 2^31 dimensions, got b'1 46116" in str(caught.value)) == is_dim


# --- compressed files that expand -----------------------------------------------------


def read_all(path):
    with InputFile(str(path), str(path)) as file:
        buffer, n_read = bytearray(1 << 16), 0
        while n := file.readinto(buffer):
            n_read += n
    return n_read


@pytest.fixture
def bomb(tmp_path, monkeypatch):
    """A file of 30 MB that is compressed to less than 6 KB."""
    monkeypatch.setattr(files, "FREE_BYTES", 1 << 20)
    path = tmp_path / "bomb"
    path.write_bytes(lzma.compress(bytes(30 * MB)))
    return path


def test_a_file_that_expands_too_far_is_an_error_that_names_it(bomb):
    with pytest.raises(ValueError, match="bomb expands to more than 1000 times"):
        read_all(bomb)


def test_a_file_may_expand_further_where_that_is_allowed(bomb, monkeypatch):
    monkeypatch.setenv("W2VFAST_ALLOW_EXPANSION", "1")
    assert read_all(bomb) == 30 * MB


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_small_files_may_expand_at_will(tmp_path, compress):
    path = tmp_path / "small"
    path.write_bytes(compress(bytes(30 * MB)))
    assert read_all(path) == 30 * MB


def test_an_npz_that_expands_too_far_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "FREE_BYTES", 1 << 16)
    path = tmp_path / "v.npz"
    vectors = np.zeros((1, 8 * MB), np.float32)
    np.savez_compressed(path, vectors=vectors, words=np.array(["a"]))
    with pytest.raises(ValueError, match=r"v\.npz: .*vectors\.npy announces 33554560"):
        KeyedVectors.load(path)
    monkeypatch.setenv("W2VFAST_ALLOW_EXPANSION", "1")
    assert KeyedVectors.load(path).vector_size == 8 * MB


def test_words_that_take_no_bytes_are_an_error(tmp_path):
    path = tmp_path / "v.npz"
    words = np.ndarray(1000, "U0")
    np.savez(path, vectors=np.zeros((1000, 0), np.float32), words=words)
    with pytest.raises(ValueError, match=r"v\.npz: 'words' must be .*, got <U0"):
        KeyedVectors.load(path)


@pytest.mark.peer
def test_a_parquet_file_that_expands_too_far_is_an_error(tmp_path, monkeypatch):
    pytest.importorskip("pyarrow")
    monkeypatch.setattr(files, "FREE_BYTES", 1 << 16)
    path = tmp_path / "v.parquet"
    KeyedVectors(["a"], np.zeros((1, 8 * MB), np.float32)).save(path)
    with pytest.raises(ValueError, match=r"v\.parquet has at least 3\d{7} bytes"):
        KeyedVectors.load(path)
    monkeypatch.setenv("W2VFAST_ALLOW_EXPANSION", "1")
    assert KeyedVectors.load(path).vector_size == 8 * MB
