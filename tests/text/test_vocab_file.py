"""The C program's vocabulary file: written, read, checked."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from w2vfast.text.vocab import Vocab, vocab_from_counts
from w2vfast.text.vocab_file import read_vocab, write_vocab


def make(words, counts):
    return Vocab(words, np.array(counts, dtype=np.int64))


def written(vocab):
    file = io.BytesIO()
    write_vocab(file, vocab)
    return file.getvalue()


def read(data, **options):
    vocab = read_vocab(io.BytesIO(data), "v.txt", **options)
    assert vocab.counts.dtype == np.int64
    return dict(zip(vocab.words, vocab.counts.tolist(), strict=True))


def test_each_line_of_the_file_is_a_word_and_its_count():
    vocab = make(["</s>", "月", "\udcff", 7], [0, 2**40, 3, 1])
    assert written(vocab) == "</s> 0\n月 1099511627776\n".encode() + b"\xff 3\n7 1\n"


@pytest.mark.parametrize("word", ["a b", "a\n", "\t", "a\r"])
def test_a_word_with_white_space_is_not_written(word):
    with pytest.raises(ValueError, match="contains white space"):
        written(make(["</s>", word], [1, 1]))


words = st.binary(max_size=12).filter(lambda word: not set(word) & set(b" \t\r\n"))


@given(st.dictionaries(words, st.integers(1, 2**40)), st.integers(0, 9))
def test_a_written_vocabulary_is_read_back(word_freq, n_ends):
    word_freq = {b"w": 1, **word_freq, b"</s>": n_ends}
    vocab = vocab_from_counts(word_freq)
    again = read_vocab(io.BytesIO(written(vocab)), "v.txt")
    assert again.words == vocab.words
    assert again.counts.tolist() == vocab.counts.tolist()


FILE = b"</s> 5\nc 2\na 3\nb 2\nrare 1\n"


@pytest.mark.parametrize("exact", [False, True])
def test_a_file_is_sorted_again_and_reduced(exact):
    expected = {"</s>": 5, "a": 3, "c": 2, "b": 2}
    assert read(FILE, min_count=2, exact=exact) == expected
    assert list(read(FILE, min_count=2, exact=exact)) == list(expected)
    assert len(read(FILE, exact=exact)) == 5
    assert read(FILE, max_final_vocab=1, exact=exact) == {"</s>": 5, "a": 3}
    assert read(FILE[:-1], exact=exact) == read(FILE, exact=exact)


def test_fast_mode_accepts_a_sentence_end_anywhere_or_missing():
    assert read(b"a 3\nb 2\n") == {"</s>": 0, "a": 3, "b": 2}
    assert list(read(b"a 3\n</s> 9\n")) == ["</s>", "a"]
    assert read(b"a 3\n</s> 9\n")["</s>"] == 9


def test_fast_mode_ignores_additional_white_space():
    data = b"a\t3\r\nb  2 \r\n\r\n  \n 4\n"
    assert read(data) == {"</s>": 0, "": 4, "a": 3, "b": 2}


def test_in_exact_mode_the_first_line_is_row_0():
    assert list(read(b"a 1\n</s> 9\nb 10\n", exact=True)) == ["a", "b", "</s>"]
    assert list(read(b"a 1\n</s> 9\n", exact=True, min_count=5)) == ["a", "</s>"]


def test_exact_mode_keeps_equal_words_and_uses_the_first_row():
    vocab = read_vocab(io.BytesIO(b"</s> 1\na 2\na 3\n"), "v", exact=True)
    assert vocab.words == ["</s>", "a", "a"]
    assert vocab.counts.tolist() == [1, 3, 2]
    assert vocab.ids["a"] == 1


def test_exact_mode_cuts_words_as_the_c_program_does():
    data = b"</s> 1\n" + b"x" * 99 + b" 9\na\0b 8\nc\rd 7\n"
    expected = {"</s>": 1, "x" * 98: 9, "a": 8, "cd": 7}
    assert read(data, exact=True) == expected


BAD_LINES = [b"word", b"word x", b"word 1.5", b"word -1", b"5", b"a b 5", b"word 1 x"]


@pytest.mark.parametrize("line", BAD_LINES)
@pytest.mark.parametrize("exact", [False, True])
def test_a_malformed_line_is_an_error_with_its_number(line, exact):
    message = r"v\.txt, line 2: found '.*'; each line .* a word, a space and its count"
    with pytest.raises(ValueError, match=message):
        read(b"</s> 5\n" + line + b"\nb 1\n", exact=exact)


def test_a_long_malformed_line_is_shown_shortened():
    with pytest.raises(ValueError, match=r"found 'x{60}\.\.\.'"):
        read(b"x" * 1000)


@pytest.mark.parametrize("exact", [False, True])
def test_a_line_without_end_is_an_error(exact):
    message = r"v\.txt, line 1: longer than 16,777,216 bytes; each line is a word, "
    with pytest.raises(ValueError, match=message):
        read(b"\0" * 20_000_000, exact=exact)


@pytest.mark.parametrize("line", [b"", b" 5", b"a 5 "])
def test_exact_mode_refuses_lines_that_the_c_program_misreads(line):
    with pytest.raises(ValueError, match="line 2: found"):
        read(b"</s> 5\n" + line + b"\nb 1\n", exact=True)


def test_exact_mode_refuses_windows_line_ends():
    with pytest.raises(ValueError, match="line 1: the line ends with a carriage"):
        read(b"</s> 5\r\na 1\r\n", exact=True)


@pytest.mark.parametrize("digits", [b"9223372036854775808", b"9" * 5000])
def test_a_count_above_64_bits_is_an_error(digits):
    with pytest.raises(ValueError, match=r"line 1: the count 9.* above 2\*\*63 - 1"):
        read(b"a " + digits)
    assert read(b"a 9223372036854775807")["a"] == 2**63 - 1


def test_equal_words_are_an_error_in_fast_mode():
    with pytest.raises(ValueError, match=r"v\.txt: the word 'a' occurs more than"):
        read(b"a 1\nb 1\na 2\n")


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the vocabulary file is empty"),
        (b"</s> 3\n", "No words: only the sentence end"),
        (
            b"</s> 3\na 4\nb 2\n",
            r"No word .*min_count=5 times \(most frequent: 'a', 4\)",
        ),
    ],
)
def test_a_file_without_words_is_an_error_with_its_name(data, message, exact):
    with pytest.raises(ValueError, match=r"^v\.txt: " + message):
        read(data, exact=exact, min_count=5)


@pytest.mark.parametrize("exact", [True, False])
def test_in_exact_mode_the_first_row_has_a_vector(exact):
    file = io.BytesIO(b"the 9\na 7\n" if exact else b"</s> 9\na 7\n")
    vocab = read_vocab(file, "name", exact=exact)
    assert vocab.visible_words == (["the", "a"] if exact else ["a"])
