"""Encoding a corpus gives the stream and vocabulary of the reference implementation."""

import warnings

import numpy as np
import pytest
from corpora import (
    any_line_ends,
    any_workers,
    block_sizes,
    encode_all,
    in_memory,
    long_text,
    odd_text,
)
from hypothesis import assume, example, given
from hypothesis import strategies as st
from text_reference import chosen_words, reference_encoding

from w2vfast import LineSentence, Word2Vec
from w2vfast.text import corpus
from w2vfast.text.corpus import encode
from w2vfast.text.sources import CorpusOptions, file_source, sentence_source
from w2vfast.text.tokenizers import WHITESPACE, tokenizer_of

pytestmark = any_line_ends


@given(st.lists(odd_text, min_size=1, max_size=3), any_workers, block_sizes)
@example([b"a\r\nb\r\n", b"c"], 3, 2)
@example([b"", b"\n\n", b"x" * 300 + b" y"], 2, 7)
def test_fast_text_equals_the_reference_for_any_workers_and_blocks(
    files, workers, block_bytes
):
    found = encode_all(in_memory(*files), workers=workers, block_bytes=block_bytes)
    assert found == reference_encoding(files)


@given(odd_text, any_workers, block_sizes)
@example(b"\n\n a \n\n</s> </s>\n b", 2, 3)
def test_exact_text_equals_the_reference_for_any_workers_and_blocks(
    data, workers, block_bytes
):
    found = encode_all(
        in_memory(data), exact=True, workers=workers, block_bytes=block_bytes
    )
    assert found == reference_encoding([data], exact=True)


@given(
    st.lists(st.sampled_from([b"a", b"b", b"c", b"d", b"ee", b"\n", b"</s>"])),
    any_workers,
    st.integers(1, 20),
    st.integers(1, 4),
    st.sampled_from([None, 1, 2, 3]),
)
def test_min_count_and_max_final_vocab_choose_the_words_of_the_reference(
    words, workers, block_bytes, min_count, max_final_vocab
):
    data = b" ".join(words)
    options = {"min_count": min_count, "max_final_vocab": max_final_vocab}
    expected = reference_encoding([data], **options)
    assume(len(expected[0]) > 1)
    found = encode_all(
        in_memory(data), workers=workers, block_bytes=block_bytes, **options
    )
    assert found == expected


@given(odd_text, any_workers, st.integers(0, 400))
def test_ids_are_the_same_in_a_file(data, workers, memory_limit):
    found = encode_all(
        in_memory(data), workers=workers, block_bytes=16, memory_limit=memory_limit
    )
    assert found == reference_encoding([data])


def test_words_of_equal_count_are_in_order_of_first_occurrence():
    numbers = np.random.default_rng(3).permutation(5000)
    data = b" ".join(b"w%d" % n for n in [*numbers, *numbers[::-1]])
    expected = ["</s>", *(f"w{n}" for n in numbers)]
    for workers in range(1, 6):
        vocab, _ = encode(
            in_memory(data), min_count=1, workers=workers, block_bytes=256
        )
        assert vocab.words == expected


def test_a_last_word_without_white_space_is_dropped_in_exact_mode_only():
    data = b"a b\nc"
    assert encode(in_memory(data), min_count=1)[0].words == ["</s>", "a", "b", "c"]
    assert encode(in_memory(data), min_count=1, exact=True)[0].words == [
        "</s>",
        "a",
        "b",
    ]


def test_the_end_of_a_file_ends_a_word_and_a_sentence():
    vocab, stream = encode(in_memory(b"a", b"b", b"", b"c d"), min_count=1)
    assert vocab.words == ["</s>", "a", "b", "c", "d"]
    assert stream.ids.tolist() == [1, 0, 2, 0, 3, 4, 0]


def test_one_long_line_has_the_counts_of_its_words():
    data = long_text()
    words = data.split()
    one_line = b" ".join(words)
    vocab, stream = encode(in_memory(one_line), min_count=3, workers=3, block_bytes=512)
    kept = chosen_words(words, 3)
    assert vocab.counts[1:].tolist() == [count for _, count in kept]
    assert stream.ids.size == sum(count for _, count in kept) + 1


@pytest.mark.parametrize("data", [b"", b" \t\n\r\n  ", b"</s>\n"])
@pytest.mark.parametrize("exact", [False, True])
def test_text_without_words_is_an_error(tmp_path, data, exact):
    path = tmp_path / "blank.txt"
    path.write_bytes(data)
    message = r"blank\.txt' holds no words: it is empty or only white space, or text"
    with pytest.raises(ValueError, match=message):
        encode(path, exact=exact)


@pytest.mark.parametrize("exact", [False, True])
def test_an_error_names_the_most_frequent_word_if_all_are_rare(exact):
    message = r"min_count=5 .*most frequent: 'b', 3.*Lower min_count"
    with pytest.raises(ValueError, match=message):
        encode(in_memory(b"a b c b\nb c "), exact=exact)


def test_exact_mode_refuses_more_words_than_the_c_program_keeps(monkeypatch):
    monkeypatch.setattr(corpus, "EXACT_MAX_WORDS", 3)
    encode(in_memory(b"a b "), exact=True, min_count=1)
    with pytest.raises(ValueError, match="3 distinct words"):
        encode(in_memory(b"a b c "), exact=True, min_count=1)


def test_a_negative_memory_limit_is_an_error():
    with pytest.raises(ValueError, match="memory_limit must be at least 0"):
        encode([["a", "b"]], min_count=1, memory_limit=-1)


def test_a_max_vocab_size_that_prunes_every_word_is_an_error():
    with (
        pytest.warns(UserWarning, match="pruned"),
        pytest.raises(ValueError, match="max_vocab_size=1 pruned every word"),
    ):
        Word2Vec([["a", "b"]] * 9, min_count=1, max_vocab_size=1)


def test_closing_leaves_no_ids():
    _, stream = encode(in_memory(b"a"), min_count=1)
    ids = stream.ids
    stream.close()
    assert stream.ids.size == 0
    assert ids.tolist() == [1, 0]


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("many", [False, True])
def test_words_that_are_not_utf8_are_counted_in_one_warning(exact, many):
    text = b"caf\xe9 caf\xc3\xa9 a a b c d\n" + b"\xff x\n" * many
    n = "2 words" if many else "1 word"
    message = rf" is not UTF-8 in {n} of the vocabulary, such as 'caf\\udce9'"
    with pytest.warns(UserWarning, match=message) as warned:
        vocab, _ = encode(in_memory(text), min_count=1, exact=exact)
    assert len(warned) == 1
    assert "caf\udce9" in vocab.words
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        encode(in_memory(text), vocab=vocab, exact=exact)  # no new words
        encode(in_memory(b"new a\n"), vocab=vocab, grow=True, min_count=1, exact=exact)
        encode(in_memory(b"caf\xc3\xa9 a\n"), min_count=1, exact=exact)
        encode(np.arange(3), min_count=1)


LONE_RETURNS = b"a b\rc d\r\nx\r\ry \r\n\rz\n"
SPLIT = [["a", "b", "c", "d"], ["x", "y"], ["z"]]


def test_a_carriage_return_separates_words_for_every_reader(tmp_path):
    path = tmp_path / "text"
    path.write_bytes(LONE_RETURNS)
    expected = encode_all(SPLIT)
    lines = LONE_RETURNS.decode().split("\n")
    for tokenize in (None, "whitespace", str.split):
        tokenizer = tokenizer_of(tokenize, exact=False)
        options = CorpusOptions(tokenizer or WHITESPACE)
        assert encode_all(file_source(path, CorpusOptions(tokenizer))) == expected
        if tokenize in (None, "whitespace"):
            assert encode_all(sentence_source(lines, options)) == expected
    assert encode_all(LineSentence(path)) == expected
    assert list(LineSentence(path)) == SPLIT
    assert encode_all(path, exact=True)[0] == ["</s>", "a", "bc", "d", "xy", "z"]


@pytest.mark.parametrize("exact", [False, True])
def test_windows_line_ends_are_line_ends(exact):
    text = b"a b \r\n\r\nc\td\r\na c\r\n"
    expected = encode_all(in_memory(text.replace(b"\r", b"")), exact=exact)
    for block_bytes in (1, 2, 5, 100):
        found = encode_all(in_memory(text), exact=exact, block_bytes=block_bytes)
        assert found == expected
