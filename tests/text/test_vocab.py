"""The vocabulary: its order, its cut, and C's file."""

import dataclasses
import io
import pickle
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from w2vfast.text.vocab import (
    SENTENCE_END,
    Vocab,
    first_rows,
    no_word_error,
    select_words,
    vocab_from_counts,
)
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


# ---- Vocab -------------------------------------------------------------------------


def test_a_vocabulary_knows_its_size_its_sum_and_its_rows():
    vocab = make(["</s>", "a", 7, "a"], [3, 2, 2, 1])
    assert len(vocab) == 4
    assert vocab.train_words == 8
    assert vocab.ids == {"</s>": 0, "a": 1, 7: 2}
    assert vocab.ids is vocab.ids


def test_counts_are_summed_in_64_bits():
    assert make(["</s>", "a"], [2**62, 2**61]).train_words == 2**62 + 2**61


def test_a_vocabulary_is_not_assigned_to():
    with pytest.raises(dataclasses.FrozenInstanceError):
        make(["</s>"], [1]).words = []


def test_a_vocabulary_can_be_sent_between_processes():
    vocab = pickle.loads(pickle.dumps(make(["</s>", "\udcff"], [1, 2])))
    assert written(vocab) == b"</s> 1\n\xff 2\n"


# ---- order and cut -----------------------------------------------------------------


@given(
    st.lists(st.integers(0, 6), min_size=1),
    st.integers(0, 5),
    st.sampled_from([None, 1, 3, 1000]),
    st.randoms(use_true_random=False),
)
def test_words_are_chosen_by_count_then_by_first_place(counts, least, most, numbers):
    places = list(range(len(counts)))
    numbers.shuffle(places)
    kept = [row for row in range(1, len(counts)) if counts[row] >= least]
    by_row = sorted(kept, key=lambda row: (-counts[row], row))
    by_place = sorted(kept, key=lambda row: (-counts[row], places[row]))
    array, options = np.array(counts), {"min_count": least, "max_final_vocab": most}
    assert select_words(array, **options).tolist() == by_row[:most]
    chosen = select_words(array, np.array(places), **options)
    assert chosen.tolist() == by_place[:most]


def test_the_error_for_a_rare_vocabulary_says_what_to_do():
    message = (
        "No word occurs at least min_count=5 times (most frequent: 'the', 3). "
        "Lower min_count, or give more text."
    )
    assert str(no_word_error("the", 3, 5)) == message


# ---- from counts -------------------------------------------------------------------


def test_counts_that_are_known_make_a_vocabulary():
    word_freq = {"b": 2, "a": np.int32(5), b"c": 2, "</s>": 4, "d": 1}
    vocab = vocab_from_counts(word_freq, min_count=2)
    assert vocab.words == ["</s>", "a", "b", "c"]
    assert vocab.counts.tolist() == [4, 5, 2, 2]
    assert vocab_from_counts(word_freq, max_final_vocab=1).words == ["</s>", "a"]


def test_equal_words_of_known_counts_are_added_up():
    vocab = vocab_from_counts({"a": 1, b"a": 2, "b": 2})
    assert vocab.words == ["</s>", "a", "b"]
    assert vocab.counts.tolist() == [0, 3, 2]


def test_known_counts_of_integers_have_integer_words():
    vocab = vocab_from_counts({0: 1, np.int64(5): 2})
    assert vocab.words == ["</s>", 5, 0]
    assert all(type(word) is int for word in vocab.words[1:])


@pytest.mark.parametrize(
    ("word_freq", "error", "message"),
    [
        ({"a": 1.0}, TypeError, "count of 'a' must be an integer, got 1.0"),
        ({"a": None}, TypeError, "count of 'a' must be an integer, got None"),
        ({"a": -1}, ValueError, "count of 'a' must be in 0 to .* got -1"),
        ({"a": 2**63}, ValueError, "count of 'a' must be in 0 to"),
        ({1.5: 1}, TypeError, "a word must be a str, bytes or int, .*got 1.5"),
        ({True: 1}, TypeError, "a word must be a str, bytes or int, .*got True"),
        ({"a": 1, 1: 1}, TypeError, "mixes integer words with str"),
        ({"a": 4}, ValueError, r"min_count=5 times \(most frequent: 'a', 4\)"),
        ({}, ValueError, "No words"),
        ({"</s>": 7}, ValueError, "No words"),
    ],
)
def test_wrong_counts_are_an_error(word_freq, error, message):
    with pytest.raises(error, match=message):
        vocab_from_counts(word_freq, min_count=5)


# ---- the file ----------------------------------------------------------------------


def test_the_file_has_a_word_and_a_count_a_line():
    vocab = make(["</s>", "月", "\udcff", 7], [0, 2**40, 3, 1])
    assert written(vocab) == "</s> 0\n月 1099511627776\n".encode() + b"\xff 3\n7 1\n"


@pytest.mark.parametrize("word", ["a b", "a\n", "\t", "a\r"])
def test_a_word_that_no_reader_could_read_is_not_written(word):
    with pytest.raises(ValueError, match="contains white space"):
        written(make(["</s>", word], [1, 1]))


words = st.binary(max_size=12).filter(lambda word: not set(word) & set(b" \t\r\n"))


@given(st.dictionaries(words, st.integers(1, 2**40)), st.integers(0, 9))
def test_what_is_written_is_read_again(word_freq, n_ends):
    word_freq = {b"w": 1, **word_freq, b"</s>": n_ends}
    vocab = vocab_from_counts(word_freq)
    again = read_vocab(io.BytesIO(written(vocab)), "v.txt")
    assert again.words == vocab.words
    assert again.counts.tolist() == vocab.counts.tolist()


FILE = b"</s> 5\nc 2\na 3\nb 2\nrare 1\n"


@pytest.mark.parametrize("exact", [False, True])
def test_a_file_is_sorted_again_and_cut(exact):
    expected = {"</s>": 5, "a": 3, "c": 2, "b": 2}
    assert read(FILE, min_count=2, exact=exact) == expected
    assert list(read(FILE, min_count=2, exact=exact)) == list(expected)
    assert len(read(FILE, exact=exact)) == 5
    assert read(FILE, max_final_vocab=1, exact=exact) == {"</s>": 5, "a": 3}
    assert read(FILE[:-1], exact=exact) == read(FILE, exact=exact)


def test_fast_mode_reads_files_without_sentence_ends_or_with_them_anywhere():
    assert read(b"a 3\nb 2\n") == {"</s>": 0, "a": 3, "b": 2}
    assert list(read(b"a 3\n</s> 9\n")) == ["</s>", "a"]
    assert read(b"a 3\n</s> 9\n")["</s>"] == 9


def test_fast_mode_is_patient_with_white_space():
    data = b"a\t3\r\nb  2 \r\n\r\n  \n 4\n"
    assert read(data) == {"</s>": 0, "": 4, "a": 3, "b": 2}


def test_exact_mode_takes_the_first_line_for_row_0():
    assert list(read(b"a 1\n</s> 9\nb 10\n", exact=True)) == ["a", "b", "</s>"]
    assert list(read(b"a 1\n</s> 9\n", exact=True, min_count=5)) == ["a", "</s>"]


def test_exact_mode_keeps_equal_words_of_which_the_first_has_the_id():
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
def test_a_bad_line_is_an_error_with_its_number(line, exact):
    message = r"v\.txt, line 2: found '.*'; each line .* a word, a space and its count"
    with pytest.raises(ValueError, match=message):
        read(b"</s> 5\n" + line + b"\nb 1\n", exact=exact)


def test_a_long_bad_line_is_shown_in_part():
    with pytest.raises(ValueError, match=r"found 'x{60}\.\.\.'"):
        read(b"x" * 1000)


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


def test_a_word_twice_is_an_error_in_fast_mode():
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


# ---- the C program -----------------------------------------------------------------

c_word = st.binary(min_size=1, max_size=110).filter(
    lambda w: not set(w) & set(b" \t\n\r")
)
c_lines = st.lists(st.tuples(c_word, st.integers(0, 9)), min_size=2, max_size=12)


@pytest.mark.peer
@pytest.mark.skipif(not shutil.which("word2vec"), reason="no word2vec on the PATH")
@settings(max_examples=40)
@given(c_lines, st.integers(0, 3))
def test_exact_mode_reads_a_file_as_the_program_does(lines, min_count):
    data = b"".join(b"%b %d\n" % line for line in lines)
    try:
        vocab = read_vocab(io.BytesIO(data), "v", min_count=min_count, exact=True)
    except ValueError:  # only row 0 is left, which C leaves undefined
        assert all(count < min_count for _, count in lines[1:])
        return
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "in").write_bytes(data)
        (Path(folder) / "text").write_bytes(b"x\n")
        command = ["word2vec", "-train", "text", "-read-vocab", "in", "-debug", "0"]
        command += ["-save-vocab", "out", "-min-count", str(min_count)]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=60)
        assert (Path(folder) / "out").read_bytes() == written(vocab)


@pytest.mark.parametrize("given", ["cat", [("cat", 3)]])
def test_counts_that_are_no_mapping_are_refused(given):
    with pytest.raises(TypeError, match="word_freq must map words to counts"):
        vocab_from_counts(given, min_count=1)


# --- rows -------------------------------------------------------------------------


def test_row_of_a_repeated_word_is_the_first_one():
    assert first_rows(["b", "a", "b", 1, "1", 1]) == {"b": 0, "a": 1, 1: 3, "1": 4}
    assert first_rows([]) == {}


def test_sentence_end_is_hidden_in_fast_mode_and_a_word_in_exact_mode():
    counts = {SENTENCE_END: 9, "a": 3, "b": 2}
    fast = vocab_from_counts(counts)
    exact = vocab_from_counts(counts, first_word=0)
    assert (fast.first_word, exact.first_word) == (1, 0)
    assert fast.visible_words == ["a", "b"]
    assert fast.visible_counts.tolist() == [3, 2]
    assert exact.visible_words == [SENTENCE_END, "a", "b"]
    assert exact.visible_counts.tolist() == [9, 3, 2]


@pytest.mark.parametrize("exact", [True, False])
def test_file_of_exact_mode_has_its_first_row_as_a_word(exact):
    file = io.BytesIO(b"the 9\na 7\n" if exact else b"</s> 9\na 7\n")
    vocab = read_vocab(file, "name", exact=exact)
    assert vocab.visible_words == (["the", "a"] if exact else ["a"])
