"""Vocabularies of exact mode against the C program itself, on random odd bytes."""

import io
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from corpora import any_line_ends, any_workers, in_memory
from hypothesis import given, settings
from hypothesis import strategies as st
from odd_texts import odd_bytes
from text_reference import reference_encoding

from w2vfast.text.corpus import encode
from w2vfast.text.vocab_file import read_vocab, write_vocab

pytestmark = [
    any_line_ends,
    pytest.mark.peer,
    pytest.mark.skipif(
        shutil.which("word2vec") is None,
        reason="the C program word2vec is not on PATH; CONTRIBUTING.md installs it",
    ),
]


@settings(max_examples=60)
@given(odd_bytes, st.integers(0, 3), any_workers, st.integers(1, 64))
def test_exact_vocabularies_of_random_text_equal_the_programs(
    data, min_count, workers, block
):
    try:
        vocab, _ = encode(
            in_memory(data),
            exact=True,
            min_count=min_count,
            workers=workers,
            block_bytes=block,
        )
    except ValueError:  # nothing but sentence ends, which C leaves undefined
        assert not reference_encoding([data], exact=True, min_count=min_count)[0][1:]
        return
    written = io.BytesIO()
    write_vocab(written, vocab)
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        (directory / "text").write_bytes(data)
        command = ["word2vec", "-train", "text", "-save-vocab", "vocab", "-debug", "0"]
        command += ["-threads", "1", "-min-count", str(min_count)]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=60)
        assert (directory / "vocab").read_bytes() == written.getvalue()


c_word = st.binary(min_size=1, max_size=110).filter(
    lambda w: not set(w) & set(b" \t\n\r")
)
c_lines = st.lists(st.tuples(c_word, st.integers(0, 9)), min_size=2, max_size=12)


@settings(max_examples=40)
@given(c_lines, st.integers(0, 3))
def test_exact_mode_reads_vocabulary_files_like_the_program(lines, min_count):
    data = b"".join(b"%b %d\n" % line for line in lines)
    try:
        vocab = read_vocab(io.BytesIO(data), "v", min_count=min_count, exact=True)
    except ValueError:  # only row 0 is left, which C leaves undefined
        assert all(count < min_count for _, count in lines[1:])
        return
    written = io.BytesIO()
    write_vocab(written, vocab)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "in").write_bytes(data)
        (Path(folder) / "text").write_bytes(b"x\n")
        command = ["word2vec", "-train", "text", "-read-vocab", "in", "-debug", "0"]
        command += ["-save-vocab", "out", "-min-count", str(min_count)]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=60)
        assert (Path(folder) / "out").read_bytes() == written.getvalue()
