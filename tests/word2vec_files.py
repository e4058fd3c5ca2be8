"""Write and read word2vec files from and to Python values, for tests of the formats."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import strategies as st

from w2vfast.formats import word2vec
from w2vfast.formats.contents import Contents, ReadOptions, WriteOptions

# Words that Unicode-aware readers might split or that look like values.
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

# Words as bytes, UTF-8 or not, that contain none of the separators.
byte_words = st.binary(min_size=1, max_size=8).filter(
    lambda word: not set(word) & set(b" \t\r\n")
)


def write(path, words, vectors, *, c_text=False, spaces="refuse", **options):
    """Write a file; `options` are keywords of `word2vec.write`."""
    held = Contents(list(words), np.asarray(vectors, np.float32), c_text=c_text)
    word2vec.write(str(path), held, WriteOptions(spaces), **options)


def written(words, vectors, **options):
    """Return the bytes that `write` writes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vectors"
        write(path, words, vectors, **options)
        return path.read_bytes()


def read(path, *, binary=False, header=True, **how):
    """Return (words, vectors) of a file; `how` are fields of `ReadOptions`."""
    held = word2vec.read(path, ReadOptions(**how), binary=binary, header=header)
    return held.words, held.vectors


def read_bytes(tmp_path, content, **options):
    """Return (words, vectors) of a file with this content."""
    path = tmp_path / "vectors"
    path.write_bytes(content)
    return read(str(path), **options)


def error_of(tmp_path, content, **options):
    """Return the message of the ValueError that a file with this content raises."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        read_bytes(tmp_path, content, **options)
    message = str(caught.value)
    assert str(tmp_path / "vectors") in message
    return message


def same_bits(a, b):
    """Return whether arrays of float32 agree in every bit, also in the sign of zero."""
    return np.array_equal(
        np.asarray(a, np.float32).view(np.uint32),
        np.asarray(b, np.float32).view(np.uint32),
    )
