"""Blocks of text: cut at white space only, whatever their size; line ends."""

import numpy as np
import pytest
from corpora import encode_all, in_memory

from w2vfast.system.threads import Crew
from w2vfast.text.corpus import encode
from w2vfast.text.text_blocks import TextBlocks
from w2vfast.text.tokenizers import tokenizer_of


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
        assert encode_all(path, block_bytes=2)[0] == ["</s>", "a", "b", "c", "d"]


@pytest.mark.parametrize("block_bytes", [2, 100])
def test_carriage_returns_with_newlines_are_not_warned_of(block_bytes):
    # pytest turns every warning into an error.
    files = [b"a\r\nb\r\n", b"a\n", b"c\rd\n", b""]
    encode_all(in_memory(*files), block_bytes=block_bytes)


@pytest.mark.parametrize("tokenize", ["characters", str.split])
def test_a_long_line_is_cut_where_its_tokenizer_allows(tokenize):
    source = in_memory("月酒 ".encode() * 129 + b"\n")
    source.tokenizer = tokenizer_of(tokenize, exact=False)
    blocks = TextBlocks(source, Crew(1, None, None), 64, exact=False)
    buffer, sizes = np.empty(0, dtype=np.uint8), []
    while (block := blocks.read(buffer)) is not None:
        buffer, n, _ = block
        sizes.append(n)
    assert sum(sizes) == 7 * 129 + 2  # one newline more, at the end of the file
    assert (max(sizes) <= 64) == (tokenize == "characters")
