"""Blocks of text: cut at white space only, whatever their size; line ends."""

import pytest
from corpora import encode_all, in_memory

from w2vfast.text.corpus import encode


@pytest.mark.parametrize("size", range(1, 12))
def test_a_block_may_end_inside_a_character_a_crlf_or_a_word(size):
    data = "月 é\r\nwörter\r\n\r\n酒酒酒酒酒酒 x".encode()
    vocab, stream = encode(in_memory(data), min_count=1, block_bytes=size, workers=2)
    names = [vocab.words[id] for id in stream.ids]
    expected = ["月", "é", "</s>", "wörter", "</s>", "酒酒酒酒酒酒", "x", "</s>"]
    assert names == expected


def test_a_word_longer_than_many_blocks_is_one_word():
    word = "y" * 1_000_003
    vocab, stream = encode(
        in_memory(f"a {word} b\n".encode()), min_count=1, block_bytes=100, workers=3
    )
    assert vocab.words == ["</s>", "a", word, "b"]
    assert stream.ids.tolist() == [1, 2, 3, 0]


def test_carriage_returns_without_newlines_are_warned_of(tmp_path):
    path = tmp_path / "mac.txt"
    path.write_bytes(b"a b\rc\rd")
    with pytest.warns(UserWarning, match=r"mac\.txt.*carriage returns but no newline"):
        assert encode_all(path, block_bytes=2)[0] == ["</s>", "a", "bcd"]


@pytest.mark.parametrize("block_bytes", [2, 100])
def test_carriage_returns_with_newlines_are_not_warned_of(block_bytes):
    # pytest turns every warning into an error.
    files = [b"a\r\nb\r\n", b"a\n", b"c\rd\n", b""]
    encode_all(in_memory(*files), block_bytes=block_bytes)
