"""How a text is dealt to the ranks."""

import gzip
from itertools import pairwise

import pytest
from thread_ranks import ThreadRanks, on_ranks

from w2vfast.distributed import file_parts
from w2vfast.distributed.file_parts import FilePart, dealt, line_start, share_of
from w2vfast.distributed.ranks import RankError
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
    return on_ranks(size, lambda ranks: share_of(file_source(path), ranks))


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


def test_a_long_line_without_spaces_is_cut_between_words(tmp_path, monkeypatch):
    """As of Chinese or Japanese; a tokenizer finds the words."""
    monkeypatch.setattr(file_parts, "SEARCHED_BYTES", 20)
    path = tmp_path / "one_line.txt"
    path.write_text("слово、" * 20, encoding="utf-8")  # 13 bytes each
    with open(path, "rb", buffering=0) as file:
        assert [line_start(file, n) for n in (1, 10, 14)] == [13, 13, 26]
        assert {line_start(file, n) % 13 for n in range(260)} == {0}


def test_a_long_line_of_one_word_is_cut_between_characters(tmp_path, monkeypatch):
    monkeypatch.setattr(file_parts, "SEARCHED_BYTES", 20)
    path = tmp_path / "one_word.txt"
    path.write_text("語" * 40, encoding="utf-8")  # 3 bytes each
    with open(path, "rb", buffering=0) as file:
        assert [line_start(file, n) for n in (1, 3, 4)] == [3, 3, 6]


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


def test_a_long_line_is_cut_at_tabs_too(tmp_path, monkeypatch):
    monkeypatch.setattr(file_parts, "SEARCHED_BYTES", 20)
    path = tmp_path / "tabs.txt"
    path.write_bytes(b"word\t" * 100)
    with open(path, "rb", buffering=0) as file:
        assert line_start(file, 1) == 5


@pytest.mark.parametrize("separator", [b"\n", b" "])
def test_a_small_text_has_words_for_every_rank(tmp_path, separator):
    path = tmp_path / "text.txt"
    path.write_bytes((b"word " * 9 + b"end" + separator) * 900)  # 43 KB
    files = [share.source.files for share in shares(path, 3)]
    assert all(any(read(part).strip() for part in parts) for parts in files)


def test_a_text_of_fewer_parts_than_ranks_is_an_error_on_all(text):
    for error in shares(text, 3):
        assert isinstance(error, ValueError), error
        assert "fewer parts (1) than there are ranks (3)" in str(error)
        assert "Use fewer ranks" in str(error)


def test_ranks_get_about_the_same_number_of_bytes():
    sizes = [60, 1] * 50  # dealt in turn, one rank would have nearly all
    loads = [sum(sizes[place] for place in hand) for hand in dealt(sizes, 2)]
    assert max(loads) - min(loads) <= 60
    assert sorted(place for hand in dealt(sizes, 2) for place in hand) == [*range(100)]
    assert dealt([5] * 7, 3) == [[0, 3, 6], [1, 4], [2, 5]]
    assert dealt([0] * 4, 2) == [[0, 2], [1, 3]]


@pytest.mark.parametrize("content", [b"longer text", None])
def test_ranks_that_find_other_files_are_an_error(text, tmp_path, content):
    """Else some text would be trained twice, or never."""
    other = tmp_path / "copy" / "text.txt"
    other.parent.mkdir()
    other.write_bytes(content or text.read_bytes())
    own = [[str(text)] * 3, [str(other)] * (3 if content else 4)]
    found = on_ranks(2, lambda ranks: share_of(file_source(own[ranks.index]), ranks))
    for error in found:
        assert isinstance(error, RankError), error
        assert "same files" in str(error)


def test_copies_in_other_folders_are_the_same_files(text, tmp_path, monkeypatch):
    monkeypatch.setattr(file_parts, "LEAST_BYTES", 10)
    other = tmp_path / "copy" / "text.txt"
    other.parent.mkdir()
    other.write_bytes(text.read_bytes())
    own = [str(text), str(other)]
    found = on_ranks(2, lambda ranks: share_of(file_source(own[ranks.index]), ranks))
    assert all(share.source.files for share in found)


def test_one_rank_reads_the_text_as_it_is(text):
    source = file_source(text)
    assert share_of(source, ThreadRanks(0, 1, None)).source is source


def test_sentences_in_memory_are_the_ranks_own():
    source = sentence_source([["a", "b"]])
    assert share_of(source, ThreadRanks(1, 3, None)).source is source


def test_a_pipe_cannot_be_dealt():
    with pytest.raises(ValueError, match=r"no regular file.*Give the paths"):
        share_of(file_source("-"), ThreadRanks(0, 2, None))
