"""The dictionary: equal words have one id, different words never share one."""

import os
import random

import numpy as np
import pytest
from helpers import run_python
from hypothesis import given
from odd_texts import odd_bytes
from word_counters import (
    all_words,
    as_words,
    counts_by_word,
    encode_text,
    encode_tokens,
    encode_values,
)

from w2vfast import _text


def test_many_words_of_all_lengths_keep_their_ids():
    numbers = random.Random(5)
    words = [
        b"%x" % numbers.getrandbits(numbers.randrange(1, 120)) for _ in range(200_000)
    ]
    counter = _text.WordCounter()
    known = {}
    expected = [known.setdefault(word, len(known) + 1) for word in words]
    for start in range(0, len(words), 1000):
        text = b" ".join(words[start : start + 1000]) + b" "
        assert encode_text(counter, text) == expected[start : start + 1000]
    assert all_words(counter) == [word.decode() for word in known]


@pytest.mark.parametrize(
    "words",
    [
        [b"the head%08d" % n for n in range(60_000)],
        [b"%04d" % n + bytes(zeros) for n in range(4000) for zeros in range(13)],
        [b"a long word that ends in %08d" % n for n in range(60_000)],
    ],
    ids=["same head", "same but for zeros", "long"],
)
def test_similar_words_have_different_ids(words):
    ids = np.empty(len(words), dtype=np.int32)
    counter = _text.WordCounter()
    for _ in range(2):
        counter.encode_tokens(words, ids)
        assert (ids == np.arange(1, len(words) + 1)).all()


def hash_after_eight_bytes(state, number):
    """Return the hash state of a long word after eight more bytes."""
    state = (state ^ number) * 0x9E3779B97F4A7C15 % 2**64
    return state ^ state >> 32


def test_long_words_with_equal_hashes_have_different_ids():
    rest = b"and the same end"
    counter = _text.WordCounter()
    words = []
    for start in (b"one word", b"the next", b"a third."):
        state = hash_after_eight_bytes(32, int.from_bytes(start, "little"))
        words.append(start + (state ^ 12345).to_bytes(8, "little") + rest)
    assert encode_tokens(counter, [*words, *words]) == [1, 2, 3, 1, 2, 3]


def test_a_word_may_be_megabytes_long():
    counter = _text.WordCounter()
    first, second = b"x" * 3_000_000, b"x" * 2_999_999 + b"y"
    text = b" ".join([first, second, first]) + b"\n"
    assert encode_text(counter, text) == [1, 2, 1, 0]
    assert all_words(counter) == [first.decode(), second.decode()]


def test_more_words_than_ids_are_an_error():
    counter = _text.WordCounter(max_id=3)
    assert encode_text(counter, b"a b c a ") == [1, 2, 3, 1]
    with pytest.raises(ValueError, match="max_vocab_size"):
        encode_text(counter, b"d ")


SCARCE = """
    import resource
    import numpy as np
    from w2vfast import _text
    values = np.arange(4_000_000)
    ids = np.empty(values.size, dtype=np.int32)
    none = np.empty(0, dtype=np.int64)
    with open("/proc/self/statm") as sizes:
        used = int(sizes.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + (100 << 20),) * 2)
    counter = _text.WordCounter()
    buffer = _text.IdBuffer()
    for work in (
        lambda: counter.encode_values(values, none, ids),
        lambda: [buffer.append(ids) for _ in range(20)],
    ):
        try:
            work()
        except MemoryError as error:
            print(error)
    n = len(counter)
    print(n > 1_000_000, ids[n - 1] == n, len(buffer.array()) % len(ids) == 0)
"""


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="needs Linux")
def test_too_little_memory_is_an_error_that_changes_nothing():
    dictionary, buffer, after = run_python(SCARCE).stdout.splitlines()
    assert dictionary == "not enough memory for the dictionary of the corpus's words"
    assert buffer.startswith("not enough memory for ")
    assert "Set memory_limit" in buffer
    assert after == "True True True"


@given(odd_bytes, odd_bytes)
def test_absorbing_adds_counts_and_maps_ids(first, second):
    one, two, both = (_text.WordCounter() for _ in range(3))
    encode_text(one, first + b"\n")
    ids = encode_text(two, second + b"\n")
    words = as_words(two, ids)
    id_map = one.absorb(two)
    assert as_words(one, id_map[ids]) == words
    encode_text(both, first + b"\n")
    encode_text(both, second + b"\n")
    assert sorted(all_words(one)) == sorted(all_words(both))
    assert counts_by_word(one) == counts_by_word(both)


def test_a_small_dictionary_absorbs_a_much_larger_one():
    small, large = _text.WordCounter(), _text.WordCounter()
    encode_values(small, np.arange(10))
    encode_values(large, np.arange(300_000))
    id_map = small.absorb(large)
    assert len(small) == 300_000
    assert sorted(id_map[1:]) == list(range(1, 300_001))
    assert small.counts()[1:11].tolist() == [2] * 10


def test_matching_adds_no_word():
    known, other = _text.WordCounter(), _text.WordCounter()
    assert [known.add(word) for word in ("a", b"b", "a", "</s>")] == [1, 2, 1, 0]
    encode_text(other, b"b c " + b"x" * 50 + b" a ")
    assert known.match(other).tolist() == [0, 2, -1, -1, 1]
    assert len(known) == 2
    assert known.counts().tolist() == [0, 0, 0]


def test_added_words_are_kept_though_their_count_is_0():
    known, other = _text.WordCounter(), _text.WordCounter()
    for n in range(20_000):
        known.add(n)
    encode_values(other, np.arange(20_000))
    assert known.match(other).tolist() == list(range(20_001))


def test_words_and_integers_never_match_and_never_merge():
    words, numbers = _text.WordCounter(), _text.WordCounter()
    words.add(b"\x05\0\0\0\0\0\0\0")
    numbers.add(5)
    assert words.match(numbers).tolist() == [0, -1]
    assert (words.holds_integers, numbers.holds_integers) == (False, True)
    with pytest.raises(TypeError, match="mixes"):
        words.absorb(numbers)
    with pytest.raises(ValueError, match="itself"):
        words.absorb(words)
