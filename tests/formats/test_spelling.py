"""The bytes that represent a word: white space is an error or is escaped."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from w2vfast.formats.spelling import CELL_ENDS, WHITE_SPACE, spell, unspell

words_without_surrogates = st.text(min_size=1).filter(
    lambda word: not any("\ud800" <= c <= "\udfff" for c in word)
)
words_with_escapes = st.sampled_from([" ", "\\", "\\x20", "a b\\"])


@given(st.lists(st.one_of(words_without_surrogates, words_with_escapes)))
def test_escapes_of_any_word_can_be_undone(words):
    names = spell(words, "escape")
    assert not any(set(name) & set(WHITE_SPACE) for name in names)
    assert [unspell(name, spaces="escape") for name in names] == words


def test_the_form_of_escapes():
    words = ["new york", "tab\there", "back\\slash", "plain"]
    names = spell(words, "escape")
    assert names == [rb"new\x20york", rb"tab\x09here", rb"back\x5cslash", b"plain"]


def test_a_word_without_white_space_is_plain_utf8():
    words = ["back\\slash", "\\x20", "月", "\udcff", 17]
    names = [b"back\\slash", b"\\x20", "月".encode(), b"\xff", b"17"]
    assert spell(words) == names
    assert [unspell(name, "surrogateescape") for name in names[:4]] == words[:4]


@pytest.mark.parametrize("word", ["a b", "\t", "a\r", "\n"])
def test_a_word_that_readers_would_split_is_an_error_with_its_row(word):
    with pytest.raises(ValueError, match=r"\(row 1\).*spaces='escape'"):
        spell(["ok", word])


def test_half_a_surrogate_pair_is_an_error_with_its_row():
    with pytest.raises(ValueError, match=r"\(row 1\) contains half of a surrogate"):
        spell(["ok", "\ud800"], "escape")


def test_an_empty_word_has_no_escape():
    with pytest.raises(ValueError, match=r"\(row 0\) is empty") as caught:
        spell([""], "escape")
    assert "spaces='escape'" not in str(caught.value)
    assert spell([""], allow_empty=True) == [b""]


def test_a_cell_of_a_table_may_contain_spaces():
    assert spell(["new york"], ends=CELL_ENDS) == [b"new york"]
    with pytest.raises(ValueError, match="white space"):
        spell(["new\tyork"], ends=CELL_ENDS)


@pytest.mark.parametrize("name", [b"\\", b"a\\b", b"\\x2", b"\\x41", b"\\x5C", b"\\\\"])
def test_a_backslash_that_does_not_begin_an_escape_is_an_error(name):
    with pytest.raises(ValueError, match="does not begin an escape"):
        unspell(name, spaces="escape")


def test_bytes_that_are_not_utf8_are_an_error_or_handled_as_asked():
    with pytest.raises(UnicodeDecodeError, match="is not UTF-8") as caught:
        unspell(b"a\xff")
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)
    assert (again.object, again.start) == (b"a\xff", 1)
    with pytest.raises(ValueError, match="is not UTF-8"):
        unspell(b"a\xff")
    assert unspell(b"a\xff", "surrogateescape") == "a\udcff"
    assert unspell(b"a\xff", "ignore") == "a"


def test_an_unknown_value_of_spaces_is_an_error():
    with pytest.raises(ValueError, match="spaces must be one of refuse, escape, got"):
        spell(["a"], "underscore")
