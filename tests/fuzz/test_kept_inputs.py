"""Inputs that once failed, and near-valid ones, against the reference parsers."""

import contextlib
import os
import sys

import pytest
from helpers import TESTS
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.append(str(TESTS / "fuzz"))
from file_readers import FILE_READERS, saved

pytestmark = [pytest.mark.fuzz, pytest.mark.filterwarnings("ignore")]
PHRASES = b"""{"format": "w2vfast phrases", "version": 1, "kind": "Phrases",
"min_count": 1, "threshold": 0.1, "delimiter": "_", "scoring": "default",
"connector_words": [], "max_vocab_size": 40000000, "corpus_word_count": 160,
"entries": {"a": 40, "a_b": 0}}"""
REFUSED = [
    ("questions", b"a b 1.51_0\nc d 16\n"),
    ("questions", "a b \u0663\nc d 16\n".encode()),
    ("phrases", PHRASES),
    ("npz", b"before" + saved("v.npz")),
    ("recording", b"before" + FILE_READERS["recording"]().seeds[0]),
]
TOKENS = {
    "text": [b"2 3\n", b"1 2\n", b"a", b"\xff", b" ", b" 1", b" -2.5e-3", b" 1e999"],
    "headerless": [b"a", b"b", b" 1", b" .5", b" 1_0", b" nan", b"\n", b"\r\n", b"\t"],
    "binary": [b"1 1\n", b"2 1\n", b"a", b" ", b"abcd", b"\0\0\0\0", b"\0\0\x80?"],
    "vocabulary": [b"a", b"</s>", b" 3", b"\t4 ", b" 0", b" -1", b"9" * 19, b"\0"],
    "corpus": [b"a", b"</s>", b" ", b"\t", b"\n", b"\r", b"\0", b"x" * 120, b"\xff"],
    "questions": [
        b": s\n",
        b"a b c d\n",
        b"a b",
        b" 1.5\n",
        b" x",
        b"#",
        b"\xff",
        b":",
    ],
}
N_EXAMPLES = int(os.environ.get("W2VFAST_FUZZ", "2000")) // 20


@pytest.mark.parametrize(("reader", "content"), REFUSED)
def test_what_was_once_accepted_wrongly_is_refused(reader, content, tmp_path):
    made = FILE_READERS[reader]()
    path = tmp_path / made.name
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"."):
        made.check(path)


@pytest.mark.parametrize("reader", TOKENS)
def test_what_is_accepted_is_read_as_the_reference_reads_it(reader, tmp_path):
    made = FILE_READERS[reader]()
    path = tmp_path / made.name
    tokens = st.lists(st.sampled_from([*TOKENS[reader], b"\n", b"\xef\xbb\xbf"]))

    @settings(max_examples=N_EXAMPLES)
    @given(tokens.map(b"".join))
    def check(content):
        path.write_bytes(content)
        with contextlib.suppress(ValueError):
            made.check(path)

    check()
