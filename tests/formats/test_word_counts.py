"""Files of word counts, lines of a word and its count."""

import gzip

import pytest
from helpers import GOLDEN
from word2vec_files import ODD_WORDS

from w2vfast.formats.word_counts import read_counts, write_counts


def test_counts_survive_a_round_trip(tmp_path):
    path = str(tmp_path / "vocab")
    words = ["", *ODD_WORDS]
    write_counts(path, words, range(len(words)))
    counts = read_counts(path, "surrogateescape")
    assert counts == {word: i for i, word in enumerate(words)}


def test_the_layout_is_that_of_the_c_program(tmp_path):
    golden = GOLDEN / "00_lines_sg_ns.vocab"
    counts = read_counts(str(golden), "surrogateescape")
    write_counts(str(tmp_path / "again"), list(counts), list(counts.values()))
    assert (tmp_path / "again").read_bytes() == golden.read_bytes()


def test_the_first_count_of_a_word_is_used(tmp_path):
    (tmp_path / "vocab").write_bytes(b"a 5\nb 3\na 1\n")
    assert read_counts(str(tmp_path / "vocab")) == {"a": 5, "b": 3}


def test_a_byte_order_mark_is_no_part_of_the_first_word(tmp_path):
    (tmp_path / "vocab").write_bytes(b"\xef\xbb\xbfa 5\n")
    assert read_counts(str(tmp_path / "vocab")) == {"a": 5}


def test_a_compressed_file_is_read(tmp_path):
    (tmp_path / "vocab").write_bytes(gzip.compress(b"a 5\n"))
    assert read_counts(str(tmp_path / "vocab")) == {"a": 5}


def test_a_word_with_white_space_is_an_error(tmp_path):
    with pytest.raises(ValueError, match=r"'a b' \(row 0\) contains white space"):
        write_counts(str(tmp_path / "vocab"), ["a b"], [1])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "line", [b"word\n", b"word x\n", b"word -1\n", b"\n", b"w 1.5", b"w %d" % 2**63]
)
def test_a_malformed_line_is_named(tmp_path, line):
    path = tmp_path / "vocab"
    path.write_bytes(b"</s> 0\r\n" + line)
    with pytest.raises(ValueError, match="line 2: expected 'word count'"):
        read_counts(str(path))


def test_a_word_that_is_not_utf8_is_named(tmp_path):
    (tmp_path / "vocab").write_bytes(b"a 1\n\xff 2\n")
    message = r"line 2: the word b'\\xff' is not UTF-8"
    with pytest.raises(UnicodeDecodeError, match=message):
        read_counts(str(tmp_path / "vocab"))
