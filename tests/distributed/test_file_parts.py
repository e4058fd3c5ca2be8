"""How a text is dealt to the ranks."""

import gzip
from itertools import pairwise

import pytest
from thread_ranks import ThreadRanks

from w2vfast.distributed import file_parts
from w2vfast.distributed.file_parts import FilePart, line_start, share_of
from w2vfast.text.sources import file_source, sentence_source

LINES = [b"the cat sat\n", b"on\n", b"\n", b"a mat with a long line of words\n", b"end"]


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_bytes(b"".join(LINES * 7))
    return path


def read(file):
    if isinstance(file, str):
        with open(file, "rb") as opened:
            return opened.read()
    return b"".join(iter(lambda: file.read(5), b""))


def shares(path, size):
    return [
        share_of(file_source(path), ThreadRanks(k, size, None)) for k in range(size)
    ]


@pytest.mark.parametrize("length", [1, 2, 7, 12, 50, 1000])
def test_parts_that_meet_anywhere_have_each_line_once(text, length):
    content = text.read_bytes()
    bounds = [*range(0, len(content), length), len(content)]
    parts = [FilePart(str(text), *pair) for pair in pairwise(bounds)]
    pieces = [piece for part in parts if (piece := read(part))]
    assert b"".join(pieces) == content
    assert all(piece.endswith(b"\n") for piece in pieces[:-1])


def test_a_long_line_is_cut_at_white_space(tmp_path, monkeypatch):
    monkeypatch.setattr(file_parts, "SEARCHED_BYTES", 20)
    path = tmp_path / "one_line.txt"
    path.write_bytes(b"word " * 100)
    with open(path, "rb", buffering=0) as file:
        assert line_start(file, 0) == 0
        assert line_start(file, 1) == 5
        assert line_start(file, 5) == 5
        assert line_start(file, 499) == 500


@pytest.mark.parametrize("size", range(2, 8))
def test_ranks_read_each_part_of_a_text_once_in_turn(text, size, monkeypatch):
    monkeypatch.setattr(file_parts, "LEAST_BYTES", 10)
    dealt = shares(text, size)
    places = [place for share in dealt for place in share.places]
    assert sorted(places) == list(range(len(places)))
    by_place = {
        place: file
        for share in dealt
        for place, file in zip(share.places, share.source.files, strict=True)
    }
    content = b"".join(read(by_place[place]) for place in sorted(by_place))
    assert content == text.read_bytes()
    lengths = [len(share.places) for share in dealt]
    assert max(lengths) - min(lengths) <= 1
    assert min(lengths) > 3


def test_a_compressed_file_is_read_by_one_rank(text, tmp_path):
    path = tmp_path / "text.gz"
    path.write_bytes(gzip.compress(text.read_bytes()))
    dealt = shares([str(path), str(text)], 2)
    assert [share.source.files for share in dealt] == [[str(path)], [str(text)]]


def test_one_rank_reads_the_text_as_it_is(text):
    source = file_source(text)
    assert share_of(source, ThreadRanks(0, 1, None)).source is source


def test_sentences_in_memory_are_the_ranks_own():
    source = sentence_source([["a", "b"]])
    assert share_of(source, ThreadRanks(1, 3, None)).source is source


def test_a_pipe_cannot_be_dealt():
    with pytest.raises(ValueError, match=r"no regular file.*Give the paths"):
        share_of(file_source("-"), ThreadRanks(0, 2, None))
