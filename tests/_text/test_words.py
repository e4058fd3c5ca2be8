"""The compiled tokeniser and dictionary, against plain Python."""

import itertools
import os
import random

import numpy as np
import pytest
from helpers import run_python
from hypothesis import example, given
from hypothesis import strategies as st
from odd_texts import odd_bytes
from text_reference import END, chosen, collapsed, exact_words, fast_words

from w2vfast import _text

# Bytes that matter, and lengths about 8, 16 and 98 where the code changes its way.


def padded(data):
    return np.frombuffer(data + bytes(_text.PADDING), dtype=np.uint8).copy()


def encode_text(counter, data, exact=False):
    """Provisional ids of text that ends with white space."""
    text = padded(data)
    n = _text.drop_carriage_returns(text, len(data))
    ids = np.full(n + 1, 77, dtype=np.int32)
    n_ids = counter.encode_text(text, n, ids, exact)
    assert (ids[max(n_ids, n) :] == 77).all()
    return ids[:n_ids].tolist()


def all_words(counter):
    return counter.words(np.arange(1, counter.next_id))


def as_words(counter, ids):
    """Turn provisional ids into words as the twin gives them."""
    words = [END]
    words += [w.encode("utf-8", "surrogateescape") for w in all_words(counter)]
    return [words[id] for id in ids]


def without_empty_sentences(words):
    """As one block leaves them: only a first END may close no word."""
    kept = []
    for word in words:
        if word is not END or not kept or kept[-1] is not END:
            kept.append(word)
    return kept


@given(odd_bytes)
@example(b"a" * 16 + b" " + b"a" * 17 + b"\n")
@example(b"a\0 a a\0\0 \0 \0\0 ")
@example(b" " * 64 + b"\n" * 200 + b"a")
@example(b"</s>\0 </s> </s>\0\0\0\0\0\0")
def test_fast_words_are_those_of_the_twin(data):
    counter = _text.WordCounter()
    ids = encode_text(counter, data + b"\n")
    expected = without_empty_sentences(fast_words(data))
    assert as_words(counter, ids) == expected


@given(odd_bytes)
@example(b"</s>\0x </s>y </s \n")
@example(b"x" * 98 + b" " + b"x" * 99 + b" " + b"x" * 97 + b"\0x ")
def test_exact_words_are_those_of_the_twin(data):
    counter = _text.WordCounter()
    ids = encode_text(counter, data, exact=True)
    assert as_words(counter, ids) == exact_words(data)


@given(odd_bytes)
def test_counts_are_the_occurrences_of_each_word(data):
    counter = _text.WordCounter()
    encode_text(counter, data + b"\n")
    expected = chosen(fast_words(data))
    names = [w.encode("utf-8", "surrogateescape") for w in all_words(counter)]
    counts = counter.counts()
    assert dict(zip(names, counts[1:].tolist(), strict=True)) == dict(expected)
    assert counts[0] == 0
    assert len(counter) == len(expected) == counter.next_id - 1


def test_a_million_words_of_all_lengths_keep_their_ids():
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
def test_words_that_are_alike_are_told_apart(words):
    ids = np.empty(len(words), dtype=np.int32)
    counter = _text.WordCounter()
    for _ in range(2):
        counter.encode_tokens(words, ids)
        assert (ids == np.arange(1, len(words) + 1)).all()


def after_eight_bytes(state, number):
    """The state of the hash of a long word after eight more bytes."""
    state = (state ^ number) * 0x9E3779B97F4A7C15 % 2**64
    return state ^ state >> 32


def test_long_words_of_one_hash_are_told_apart():
    rest = b"and the same end"
    counter = _text.WordCounter()
    words = []
    for start in (b"one word", b"the next", b"a third."):
        state = after_eight_bytes(32, int.from_bytes(start, "little"))
        words.append(start + (state ^ 12345).to_bytes(8, "little") + rest)
    assert encode_tokens(counter, [*words, *words]) == [1, 2, 3, 1, 2, 3]


def test_a_word_may_be_megabytes_long():
    counter = _text.WordCounter()
    first, second = b"x" * 3_000_000, b"x" * 2_999_999 + b"y"
    text = b" ".join([first, second, first]) + b"\n"
    assert encode_text(counter, text) == [1, 2, 1, 0]
    assert all_words(counter) == [first.decode(), second.decode()]


def test_every_byte_sequence_comes_back_from_its_word():
    data = bytes(byte for byte in range(256) if byte not in b" \t\r\n")
    counter = _text.WordCounter()
    encode_text(counter, data + b" " + data[::-1] + b" ")
    words = [word.encode("utf-8", "surrogateescape") for word in all_words(counter)]
    assert words == [data, data[::-1]]


def test_bytes_behind_the_last_white_space_are_no_word():
    counter = _text.WordCounter()
    assert encode_text(counter, b"a b") == [1]
    assert encode_text(counter, b"") == []


@pytest.mark.parametrize("n", [-1, 3])
def test_a_block_without_padding_is_refused(n):
    ids = np.zeros(10, dtype=np.int32)
    text = np.zeros(_text.PADDING + 2, dtype=np.uint8)
    with pytest.raises(ValueError, match="too short"):
        _text.WordCounter().encode_text(text, n, ids)
    with pytest.raises(ValueError, match="too short"):
        _text.WordCounter().encode_text(text, 2, ids[:1])


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
def test_too_little_memory_is_an_error_that_leaves_what_there_was():
    dictionary, buffer, after = run_python(SCARCE).stdout.splitlines()
    assert dictionary == "not enough memory for the dictionary of the corpus's words"
    assert buffer.startswith("not enough memory for ")
    assert "Set memory_limit" in buffer
    assert after == "True True True"


# ---- pruning -----------------------------------------------------------------------


def pruned_twin(words, max_live):
    """Ids (-1: lost), counts of the survivors, lost words and tokens."""
    counts, ids, lost, out = {}, {}, {}, []
    threshold = 0
    for word in words:
        if word in lost:
            lost[word] += 1
            out.append(-1)
            continue
        counts[word] = counts.get(word, 0) + 1
        out.append(ids.setdefault(word, len(ids) + 1))
        while len(counts) > max_live:
            threshold += 1
            for rare in [w for w, count in counts.items() if count <= threshold]:
                lost[rare] = counts.pop(rare)
    return out, counts, len(lost), sum(lost.values())


@given(st.lists(st.integers(0, 40), max_size=400), st.integers(1, 20))
def test_pruned_words_stay_out(numbers, max_live):
    words = [b"w%d" % n + b"x" * (n % 3 * 12) for n in numbers]
    counter = _text.WordCounter(max_live)
    ids = encode_text(counter, b"".join(word + b" " for word in words))
    out, counts, lost_words, lost_tokens = pruned_twin(words, max_live)
    assert ids == out
    assert (counter.pruned_words, counter.pruned_tokens) == (lost_words, lost_tokens)
    assert len(counter) == len(counts) <= max_live
    survivors = np.flatnonzero(counter.counts())
    names = [word.encode() for word in counter.words(survivors)]
    assert dict(zip(names, counter.counts()[survivors], strict=True)) == counts


def test_an_id_that_was_pruned_has_no_word():
    counter = _text.WordCounter(1)
    encode_text(counter, b"a b b ")
    for id in (0, -1, 1, 99):
        with pytest.raises(IndexError, match=f"id {id}"):
            counter.words(np.array([id]))


def test_more_words_than_ids_is_an_error():
    counter = _text.WordCounter(max_id=3)
    assert encode_text(counter, b"a b c a ") == [1, 2, 3, 1]
    with pytest.raises(ValueError, match="max_vocab_size"):
        encode_text(counter, b"d ")


# ---- tokens ------------------------------------------------------------------------


def encode_tokens(counter, tokens, exact=False):
    ids = np.zeros(len(tokens), dtype=np.int32)
    assert counter.encode_tokens(tokens, ids, 0, exact) == len(tokens)
    return ids.tolist()


@given(st.lists(st.text(max_size=20).map(lambda s: s.encode("utf-8", "replace"))))
def test_str_and_bytes_tokens_are_the_same_words_as_in_text(words):
    tokens = [word.decode() if k % 2 else word for k, word in enumerate(words)]
    counter = _text.WordCounter()
    ids = encode_tokens(counter, tokens)
    names = [b"</s>", *(word.encode() for word in all_words(counter))]
    assert [names[id] for id in ids] == words


def test_tokens_are_taken_as_they_are_but_for_sentence_ends():
    counter = _text.WordCounter()
    tokens = ["New York", "", "a\nb", "\0", "</s>", b"</s>", "</s> ", "x" * 500, ""]
    assert encode_tokens(counter, tokens) == [1, 2, 3, 4, 0, 0, 5, 6, 2]
    assert all_words(counter) == ["New York", "", "a\nb", "\0", "</s> ", "x" * 500]


def test_subclasses_of_str_and_int_are_tokens():
    counter = _text.WordCounter()
    assert encode_tokens(counter, [np.str_("a"), "a", np.bytes_(b"a")]) == [1, 1, 1]
    counter = _text.WordCounter()
    assert encode_tokens(counter, [np.int16(7), 7, np.uint64(2**63 - 1)]) == [1, 1, 2]
    assert all_words(counter) == [7, 2**63 - 1]


@pytest.mark.parametrize("token", [None, 1.5, True, ["a"], ("a",), np.bool_(True)])
def test_other_tokens_are_a_type_error_with_an_example(token):
    with pytest.raises(TypeError, match=r"\[\['the', 'cat'\], \['a', 'dog'\]\]"):
        encode_tokens(_text.WordCounter(), [token])


@pytest.mark.parametrize("token", [-1, 2**63, -(2**70)])
def test_integer_tokens_out_of_range_are_an_error(token):
    with pytest.raises(ValueError, match=r"0 to 2\*\*63 - 1"):
        encode_tokens(_text.WordCounter(), [token])


@pytest.mark.parametrize("tokens", [["a", 1], [1, "a"], [1, b"a"]])
def test_integers_among_words_are_an_error(tokens):
    with pytest.raises(TypeError, match="mixes"):
        encode_tokens(_text.WordCounter(), tokens)


def test_a_surrogate_that_stands_for_no_byte_is_an_error():
    assert encode_tokens(_text.WordCounter(), ["\udcff"]) == [1]
    with pytest.raises(ValueError, match="surrogate"):
        encode_tokens(_text.WordCounter(), ["\ud800"])


@pytest.mark.parametrize("token", ["", "a b", "a\tb", "a\n", "\r", "a\0", "é" * 50])
def test_exact_mode_refuses_tokens_that_no_text_has(token):
    with pytest.raises(ValueError, match="C program cannot read"):
        encode_tokens(_text.WordCounter(), ["fine", token], exact=True)


def test_exact_mode_takes_tokens_that_a_text_may_have():
    tokens = ["é" * 49, b"\xff", "</s>", "é" * 49]
    assert encode_tokens(_text.WordCounter(), tokens, exact=True) == [1, 2, 0, 1]


def test_tokens_need_room():
    with pytest.raises(ValueError, match="too short"):
        _text.WordCounter().encode_tokens(["a", "b"], np.zeros(2, dtype=np.int32), 1)


def test_a_list_that_gives_more_than_its_length_overruns_nothing():
    class Liar(list):
        def __iter__(self):
            return iter(["a"] * 5)

    with pytest.raises(ValueError, match="too short"):
        _text.WordCounter().encode_tokens(Liar(["a"]), np.zeros(3, dtype=np.int32))


# ---- arrays of integers ------------------------------------------------------------


def encode_values(counter, values, ends=(), **options):
    values = np.asarray(values)
    ids = np.zeros(values.size + len(ends), dtype=np.int32)
    n = counter.encode_values(values, np.array(ends, dtype=np.int64), ids, **options)
    return ids[:n].tolist()


@pytest.mark.parametrize("dtype", [np.int32, np.int64])
def test_values_and_int_tokens_are_the_same_words(dtype):
    counter = _text.WordCounter()
    values = np.array([5, 0, 2**31 - 1, 5], dtype=dtype)
    assert encode_values(counter, values) == [1, 2, 3, 1]
    assert encode_tokens(counter, [0, 2**31 - 1, 9]) == [2, 3, 4]
    assert all_words(counter) == [5, 0, 2**31 - 1, 9]


def test_values_beyond_32_bits_are_words():
    counter = _text.WordCounter()
    values = np.array([2**31, 2**62, 2**63 - 1, 2**31])
    assert encode_values(counter, values) == [1, 2, 3, 1]
    assert all_words(counter) == [2**31, 2**62, 2**63 - 1]


@given(
    st.lists(st.integers(-1, 5), max_size=700),
    st.lists(st.integers(0, 700), max_size=10),
    st.booleans(),
)
def test_ends_and_separators_are_where_the_twin_has_them(values, ends, exact):
    ends = sorted(end for end in ends if end <= len(values))
    expected = []
    for place in range(len(values) + 1):
        expected += [-1] * ends.count(place)
        expected += values[place : place + 1]
    kept = expected if exact else without_empty_sentences_of(expected)
    counter = _text.WordCounter()
    given_values = np.array(values, dtype=np.int64)
    ids = encode_values(counter, given_values, ends, separator=-1, exact=exact)
    names = [-1, *all_words(counter)]
    assert [names[id] for id in ids] == kept


def without_empty_sentences_of(values):
    words = [END if value == -1 else value for value in values]
    return [-1 if word is END else word for word in without_empty_sentences(words)]


def test_padding_is_passed_over():
    counter = _text.WordCounter()
    assert encode_values(counter, [3, 9, 9, 4], [2, 4], padding=9) == [1, 0, 2, 0]


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        ({}, "Only a separator"),
        ({"padding": -1}, r"IdCorpus\(ids, padding="),
        ({"separator": -1}, r"IdCorpus\(ids, separator="),
    ],
)
def test_another_negative_value_is_an_error_with_its_place(options, hint):
    with pytest.raises(ValueError, match=f"got -7 at position 102. .*{hint}"):
        encode_values(_text.WordCounter(), [1, 2, -7], offset=100, **options)


def test_values_need_room():
    ids = np.zeros(2, dtype=np.int32)
    ends = np.array([2], dtype=np.int64)
    with pytest.raises(ValueError, match="too short"):
        _text.WordCounter().encode_values(np.array([1, 2]), ends, ids)


# ---- merging -----------------------------------------------------------------------


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


def counts_by_word(counter):
    return dict(zip(all_words(counter), counter.counts()[1:].tolist(), strict=True))


def test_absorbing_a_much_larger_dictionary_is_quick_and_right():
    small, large = _text.WordCounter(), _text.WordCounter()
    encode_values(small, np.arange(10))
    encode_values(large, np.arange(300_000))
    id_map = small.absorb(large)
    assert len(small) == 300_000
    assert sorted(id_map[1:]) == list(range(1, 300_001))
    assert small.counts()[1:11].tolist() == [2] * 10


def test_matching_takes_no_word_in():
    known, other = _text.WordCounter(), _text.WordCounter()
    assert [known.add(word) for word in ("a", b"b", "a", "</s>")] == [1, 2, 1, 0]
    encode_text(other, b"b c " + b"x" * 50 + b" a ")
    assert known.match(other).tolist() == [0, 2, -1, -1, 1]
    assert len(known) == 2
    assert known.counts().tolist() == [0, 0, 0]


def test_words_that_were_never_counted_stay():
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


# ---- blocks and streams ------------------------------------------------------------


@given(odd_bytes)
def test_carriage_returns_go_and_nothing_else(data):
    text = padded(data)
    n = _text.drop_carriage_returns(text, len(data))
    assert text[:n].tobytes() == data.replace(b"\r", b"")


@given(odd_bytes)
def test_after_white_space_is_the_place_to_cut(data):
    white = [k + 1 for k in range(len(data)) if data[k] in b" \t\n"]
    assert _text.after_white_space(padded(data), len(data)) == max(white, default=0)


@pytest.mark.parametrize("n", [-1, 9])
def test_blocks_are_not_read_beyond_their_end(n):
    text = np.zeros(8, dtype=np.uint8)
    for function, more in (
        (_text.after_white_space, ()),
        (_text.drop_carriage_returns, ()),
        (_text.has_byte, (10,)),
    ):
        with pytest.raises(ValueError, match="must be within text"):
            function(text, n, *more)


@given(odd_bytes, st.sampled_from(b"\r\na"))
def test_has_byte_sees_the_block_only(data, byte):
    assert _text.has_byte(padded(data), len(data), byte) == (byte in data)


@given(
    st.lists(st.integers(-1, 6), max_size=200),
    st.lists(st.integers(0, 50), max_size=8),
    st.booleans(),
)
def test_renumbering_drops_words_and_sentences_that_are_empty(raw, sizes, exact):
    final = np.array([0, 5, -1, 2, -1, 1, 3], dtype=np.int32)
    ids = np.array([0, 0, *raw], dtype=np.int32)
    run = _text.Renumbering(ids, 2, exact)
    bounds = sorted(min(size, len(raw)) for size in [0, *sizes, len(raw)])
    for start, stop in itertools.pairwise(bounds):
        run.block(stop - start, final)
    run.block(len(raw) - bounds[-1], final)
    rows = [int(final[id]) for id in raw if id >= 0 and final[id] >= 0]
    expected = rows if exact else without_empty_rows(rows)
    assert ids[2 : run.stop].tolist() == expected
    assert run.read == ids.size
    ends = raw if exact else without_empty_rows(raw)
    assert run.sentences == ends.count(0)
    if raw:
        assert (run.first, run.last) == (raw[0], raw[-1])


def without_empty_rows(ids):
    words = [END if id == 0 else id for id in ids]
    return [0 if word is END else word for word in without_empty_sentences(words)]


def test_renumbering_stays_within_its_ids():
    run = _text.Renumbering(np.zeros(3, dtype=np.int32), 1, False)
    with pytest.raises(ValueError, match="within"):
        run.block(3, np.zeros(1, dtype=np.int32))


@given(st.lists(st.lists(st.integers(0, 9), max_size=9), max_size=9))
def test_an_id_buffer_holds_what_was_appended(parts):
    buffer = _text.IdBuffer()
    for part in parts:
        buffer.append(np.array(part, dtype=np.int32))
    expected = [id for part in parts for id in part]
    assert len(buffer) == len(expected)
    assert buffer.array().tolist() == expected
    half = len(expected) // 2
    buffer.truncate(half)
    assert buffer.array().tolist() == expected[:half]


def test_an_id_buffer_does_not_move_under_an_array():
    buffer = _text.IdBuffer()
    buffer.append(np.arange(3, dtype=np.int32))
    ids = buffer.array()
    ids[0] = 9
    with pytest.raises(BufferError, match="array"):
        buffer.append(np.zeros(100_000, dtype=np.int32))
    with pytest.raises(ValueError, match="truncate"):
        buffer.truncate(4)
    del ids
    assert buffer.array().tolist() == [9, 1, 2]


def test_the_earliest_place_of_each_word_is_kept():
    first_seen = np.array([5, 5, 5])
    id_map = np.array([2, -1, 0, 1], dtype=np.int32)
    _text.keep_earliest(first_seen, id_map, np.array([4, 1, 6, 0]))
    assert first_seen.tolist() == [5, 0, 4]
    with pytest.raises(ValueError, match="5 keys for 4"):
        _text.keep_earliest(first_seen, id_map, np.zeros(5, dtype=np.int64))


def test_moving_ids_may_overlap():
    ids = np.arange(10, dtype=np.int32)
    _text.move_ids(ids, 2, 10, 1)
    assert ids.tolist() == [0, 2, 3, 4, 5, 6, 7, 8, 9, 9]
    with pytest.raises(ValueError, match="within"):
        _text.move_ids(ids, 5, 11, 0)


def test_collapsing_in_the_twin_needs_a_word_first():
    assert collapsed([0, 0, 1, 0, 0, 2, 0]) == [1, 0, 2, 0]
