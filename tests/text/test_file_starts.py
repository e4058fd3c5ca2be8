"""The first bytes of a file: byte order marks, and files that are no text."""

import io
import os
import zipfile

import numpy as np
import pytest
from corpora import encode_all, in_memory
from helpers import Pipe

from w2vfast import KeyedVectors, LineSentence, Word2Vec
from w2vfast.text import text_blocks
from w2vfast.text.file_starts import no_text_message
from w2vfast.text.vocab_file import read_vocab

MARK = "\ufeff".encode()
TEXT = b"the cat\nthe dog\n"
SMALL = {"min_count": 1, "vector_size": 4, "workers": 1, "epochs": 1}


@pytest.mark.parametrize("block_bytes", [1, 2, 5, 100])
def test_a_byte_order_mark_is_dropped_from_each_file(block_bytes):
    expected = encode_all(in_memory(TEXT, TEXT), block_bytes=block_bytes)
    marked = in_memory(MARK + TEXT, MARK + TEXT)
    assert encode_all(marked, block_bytes=block_bytes) == expected


def test_a_mark_may_come_in_pieces_or_alone():
    expected = encode_all(in_memory(TEXT))
    assert encode_all(in_memory(MARK, TEXT)) == expected
    model = Word2Vec(corpus_file=[Pipe(MARK + TEXT, n_bytes=1)], **SMALL)
    assert model.wv.index_to_key == expected[0][1:]


def test_exact_mode_and_readers_keep_the_mark(tmp_path):
    words = encode_all(in_memory(MARK + TEXT), exact=True)[0]
    assert "\ufeffthe" in words
    (tmp_path / "text").write_bytes(MARK + TEXT)
    reader = LineSentence(tmp_path / "text")
    assert next(iter(reader)) == ["\ufeffthe", "cat"]
    assert "\ufeffthe" in Word2Vec(reader, **SMALL).wv


def npy():
    file = io.BytesIO()
    np.save(file, np.arange(100))
    return file.getvalue()


def zipped():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("text.txt", TEXT)
    return file.getvalue()


NO_TEXTS = {
    "zip archive": zipped(),
    "7z archive": b"7z\xbc\xaf\x27\x1c\x00\x04 more",
    "NumPy array": npy(),
    "UTF-16 text": "the cat\n".encode("utf-16"),
    "PDF": b"%PDF-1.7\n more",
}


@pytest.mark.parametrize("kind", NO_TEXTS)
def test_a_file_that_is_no_text_is_named_with_what_it_is(kind, tmp_path):
    (tmp_path / "corpus").write_bytes(NO_TEXTS[kind])
    with pytest.raises(ValueError, match=rf"corpus' is .*{kind}, not UTF-8 text\. \w"):
        Word2Vec(corpus_file=tmp_path / "corpus", **SMALL)


def test_exact_mode_warns_and_reads_it_as_the_c_program_does(tmp_path):
    (tmp_path / "corpus").write_bytes(b"PK\x03\x04 a b\n a b\n")
    with pytest.warns(UserWarning, match="is a zip archive"):
        words = encode_all(tmp_path / "corpus", exact=True)[0]
    assert "PK\x03\x04" in words


@pytest.mark.parametrize(
    "start",
    [
        *(b"", b"P", b"the cat", "月".encode(), b"\xff\x00"),
        b"12 5\n7 3 4 5 6 9\n",  # walks on a graph
        b"3 4\nthe price was 0.5\n",
        b"20 1 7 4 5 6 7 8 9 10 11 12\n",
        b"pi is 3.14 and e is 2.72, so that the sum of both is 5.86\n",
    ],
)
def test_text_is_text(start):
    assert no_text_message("name", start) is None


@pytest.mark.parametrize("name", ["v.bin", "v.txt", "v.vec.gz", "v.glove"])
def test_a_file_of_vectors_is_no_text(name, tmp_path):
    rows = np.random.default_rng(1).normal(size=(30, 12)).astype(np.float32)
    path = tmp_path / name
    KeyedVectors([f"w{n}" for n in range(30)], rows).save(path)
    with pytest.raises(ValueError, match=r"is a file of vectors, .* init_vectors"):
        Word2Vec(corpus_file=path, **SMALL)
    start = path.read_bytes()
    if name in ("v.bin", "v.txt"):  # also where little of it is there
        for length in (60, 100, 1000):
            assert no_text_message(name, start[:length])


@pytest.mark.parametrize("exact", [False, True])
def test_nul_bytes_give_a_warning(exact, tmp_path):
    (tmp_path / "corpus").write_bytes(b"a b\0c d\n")
    with pytest.warns(UserWarning, match="corpus' has NUL bytes, as files have that"):
        words = encode_all(tmp_path / "corpus", exact=exact)[0]
    assert words[1] == "a"


def test_a_text_that_becomes_shorter_while_it_is_read_gives_a_warning(
    tmp_path, monkeypatch
):
    path = tmp_path / "corpus"
    path.write_bytes(b"a b c d\n" * 1000)
    encode_all(path, block_bytes=100)
    monkeypatch.setattr(
        text_blocks, "no_text_message", lambda *_: os.truncate(path, 4000)
    )
    with pytest.warns(UserWarning, match="shorter while it was read: [0-9]+ of 8000"):
        encode_all(path, block_bytes=100)


@pytest.mark.parametrize("exact", [False, True])
def test_a_vocabulary_file_may_begin_with_a_mark(exact):
    file = io.BytesIO(MARK + b"the 9\na 7\n</s> 3\n")
    words = read_vocab(file, "v", exact=exact).words
    assert words[:2] == (["\ufeffthe", "a"] if exact else ["</s>", "the"])
