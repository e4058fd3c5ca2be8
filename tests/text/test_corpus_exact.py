"""Vocabularies of exact mode equal those that the C program wrote."""

import io
import json

import numpy as np
import pytest
from helpers import GOLDEN

from w2vfast.text.corpus import encode
from w2vfast.text.vocab_file import read_vocab, write_vocab


def golden_cases():
    return json.loads((GOLDEN / "cases.json").read_text())


@pytest.mark.parametrize("case", golden_cases(), ids=lambda case: case["name"])
@pytest.mark.parametrize("workers", [1, 3])
def test_exact_vocabularies_equal_the_c_programs_files(case, workers):
    options = case["options"]
    min_count = options["min-count"]
    path = GOLDEN / "corpora" / case["corpus"]
    vocab, stream = encode(
        path, exact=True, min_count=min_count, workers=workers, block_bytes=1000
    )
    if "read-vocab" in options:
        with open(GOLDEN / options["read-vocab"], "rb") as file:
            vocab = read_vocab(file, "v", min_count=min_count, exact=True)
        vocab, stream = encode(path, exact=True, vocab=vocab, workers=workers)
    else:
        assert np.bincount(stream.ids).tolist() == vocab.counts.tolist()
    written = io.BytesIO()
    write_vocab(written, vocab)
    assert written.getvalue() == (GOLDEN / f"{case['name']}.vocab").read_bytes()
