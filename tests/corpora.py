"""Corpora for tests of the text package, and everything that encoding them returns."""

import io

import numpy as np
import pytest
from hypothesis import strategies as st
from odd_texts import odd_bytes

from w2vfast.text import corpus
from w2vfast.text.corpus import encode
from w2vfast.text.sources import file_source

# Random text may have carriage returns and no newline; that warning has its own test.
any_line_ends = pytest.mark.filterwarnings(
    "ignore:.*has carriage returns but no newline"
)

# Random text with at least one word.
odd_text = odd_bytes.map(lambda data: b"w " + data)
block_sizes = st.one_of(st.integers(1, 40), st.just(corpus.BLOCK_BYTES))
any_workers = st.integers(1, 5)


def in_memory(*files):
    """Return a source of files that are not on disk."""
    return file_source([io.BytesIO(file) for file in files])


def long_text():
    """Return 20,000 lines of text."""
    return b"".join(b"word%d of %d\n" % (n * n % 997, n) for n in range(20_000))


def encode_all(source, **options):
    """Return (words, counts, ids, n_sentences, n_words) as lists and numbers."""
    options = {"min_count": 1, **options}
    vocab, encoded = encode(source, **options)
    assert encoded.ids.dtype == np.int32
    assert vocab.counts.dtype == np.int64
    ids = encoded.ids.tolist()
    return (
        vocab.words,
        vocab.counts.tolist(),
        ids,
        encoded.n_sentences,
        encoded.n_words,
    )
