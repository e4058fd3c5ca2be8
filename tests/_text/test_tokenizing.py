"""Built-in tokenizers on blocks of bytes."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from odd_texts import odd_bytes

from w2vfast import _text
from w2vfast.text.accents import DROPPED, JOINING, accents_table
from w2vfast.text.tokenizers import CHARACTERS, SIMPLE, SimpleTokenizer

LETTERS = re.compile(r"[^\W\d]+")


def split(tokenizer, data):
    text = np.frombuffer(data, dtype=np.uint8).copy()
    tokens, n = tokenizer.split(text, text.size, np.empty(0, dtype=np.uint8))
    return tokens[:n].tobytes()


def simple_words(line):
    """Return the tokens of a line, by Python's regular expressions."""
    words = LETTERS.findall(line.decode("utf-8", "ignore").lower())
    return [w.encode() for w in words if 2 <= len(w) <= 15 and w[0] != "_"]


@pytest.mark.parametrize("start", range(0, 0x110000, 0x8000))
def test_every_character_is_lowered_and_ends_words_as_in_python(start):
    points = [c for c in range(start, start + 0x8000) if not 0xD800 <= c < 0xE000]
    text = " ".join(f"ab{chr(c)}cd {chr(c)}e" for c in points if c != 10)
    assert split(SIMPLE, text.encode()).split() == simple_words(text.encode())


@given(odd_bytes)
def test_simple_words_of_any_bytes_are_those_of_regular_expressions(data):
    lines = split(SIMPLE, data).split(b"\n")
    expected = [simple_words(line) for line in data.split(b"\n")]
    assert [line.split(b" ")[:-1] for line in lines] == expected


@pytest.mark.parametrize("n", [1, 2, 15, 16, 40])
@pytest.mark.parametrize("letter", ["a", "é", "月", "𐐨", "Ⱥ"])
def test_words_of_2_to_15_characters_are_kept(n, letter):
    word = (letter * n).lower().encode()
    kept = [word] if 2 <= n <= 15 else []
    assert split(SIMPLE, (letter * n).encode()).split() == kept


@pytest.mark.parametrize("n", [0, 1, 3, 4, 5, 40])
def test_lengths_of_words_may_be_given(n):
    word = b"\xc3\xa9" * n
    kept = [word] if 3 <= n <= 4 else []
    assert split(SimpleTokenizer(min_length=3, max_length=4), word).split() == kept
    assert split(SimpleTokenizer(min_length=0, max_length=50), word).split() == (
        [word] if n else []
    )


@pytest.mark.parametrize("start", range(0, 0x110000, 0x8000))
def test_no_character_has_more_tokens_than_there_is_room_for(start):
    table = accents_table()
    for point in range(max(start, 0x80), start + 0x8000):
        if not 0xD800 <= point < 0xE000:
            lower = chr(point).lower()[0]
            plain = int(table[ord(lower)])
            char = lower if plain in (0, DROPPED, JOINING) else chr(plain)
            assert len(char.encode()) + 1 <= 2 * len(chr(point).encode())


def test_accents_are_dropped_and_end_no_word():
    plain = SimpleTokenizer(remove_accents=True)
    text = "Café, ÉTÉ cafe\u0301 İstanbul Ångström 한국어 ЁЖ"
    expected = "cafe ete cafe istanbul angstrom 한국어 еж "
    assert split(plain, text.encode()).decode() == expected
    # These depend on the characters beside them: the block is split by Python.
    assert split(plain, "ΟΔΥΣΣΕΎΣ été".encode()).decode() == "οδυσσευς ete "
    jamo = "\u1112\u1161\u11ab"
    longer = SimpleTokenizer(remove_accents=True, min_length=1)
    assert split(longer, f"{jamo} é".encode()).decode() == "한 e "


def test_a_text_that_grows_in_lower_case_is_split():
    assert split(SIMPLE, ("ȺȺ " * 500 + "ΣΑΣ").encode()).split()[-1] == "σας".encode()


def test_the_last_sigma_of_a_word_is_final():
    assert split(SIMPLE, "ΟΔΥΣΣΕΥΣ ΣΑΣ".encode()).decode() == "οδυσσευς σας "


@given(odd_bytes)
def test_characters_are_separated_and_white_space_is_dropped(data):
    decoded = data.decode("utf-8", "surrogateescape")
    expected = "".join(
        c if c == "\n" else "" if c.isspace() else f"{c} " for c in decoded
    )
    found = split(CHARACTERS, data).decode("utf-8", "surrogateescape")
    assert found == expected


@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(0, 20))
def test_a_block_is_cut_after_its_last_whole_character(text, back):
    data = text.encode()
    n = max(0, len(data) - back)
    cut = _text.after_character(np.frombuffer(data, dtype=np.uint8), n)
    assert data[:cut].decode() == data[:n].decode("utf-8", "ignore")
    assert n - cut < 4


@given(odd_bytes)
def test_after_newline_is_the_end_of_the_last_line(data):
    text = np.frombuffer(data, dtype=np.uint8)
    assert _text.after_newline(text, len(data)) == data.rfind(b"\n") + 1


def test_an_output_that_is_too_short_is_an_error():
    text = np.zeros(8, dtype=np.uint8)
    for write in (_text.simple_tokens, _text.character_tokens):
        with pytest.raises(ValueError, match="in 0 to 15, got 16"):
            write(text, 8, np.zeros(15, dtype=np.uint8))


def test_a_table_of_accents_that_is_too_short_is_an_error():
    text, out = np.zeros(8, dtype=np.uint8), np.zeros(16, dtype=np.uint8)
    with pytest.raises(ValueError, match="in 0 to 5, got 1114112"):
        _text.simple_tokens(text, 8, out, accents=np.zeros(5, dtype=np.uint32))
