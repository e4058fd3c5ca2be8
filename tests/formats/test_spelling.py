"""Words in files: white space refused or escaped, and nothing lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from w2vfast.formats.spelling import CELL_ENDS, WHITE_SPACE, spell, unspell

any_words = st.text(min_size=1).filter(
    lambda word: not any("\ud800" <= c <= "\udfff" for c in word)
)


@given(st.lists(st.one_of(any_words, st.sampled_from([" ", "\\", "\\x20", "a b\\"]))))
def test_any_word_comes_back_from_its_escapes(words):
    names = spell(words, "escape")
    assert not any(set(name) & set(WHITE_SPACE) for name in names)
    assert [unspell(name, spaces="escape") for name in names] == words


def test_what_escapes_look_like():
    words = ["new york", "tab\there", "back\\slash", "plain"]
    names = spell(words, "escape")
    assert names == [rb"new\x20york", rb"tab\x09here", rb"back\x5cslash", b"plain"]


def test_a_word_without_white_space_is_spelt_as_it_is():
    words = ["back\\slash", "\\x20", "月", "\udcff", 17]
    names = [b"back\\slash", b"\\x20", "月".encode(), b"\xff", b"17"]
    assert spell(words) == names
    assert [unspell(name, "surrogateescape") for name in names[:4]] == words[:4]


@pytest.mark.parametrize("word", ["a b", "\t", "a\r", "\n", ""])
def test_a_word_that_would_be_cut_is_refused_with_its_row(word):
    with pytest.raises(ValueError, match=r"\(row 1\).*spaces='escape'"):
        spell(["ok", word])


def test_an_empty_word_has_no_escape():
    with pytest.raises(ValueError, match="is empty"):
        spell([""], "escape")
    assert spell([""], allow_empty=True) == [b""]


def test_a_cell_of_a_table_may_hold_spaces():
    assert spell(["new york"], ends=CELL_ENDS) == [b"new york"]
    with pytest.raises(ValueError, match="white space"):
        spell(["new\tyork"], ends=CELL_ENDS)


@pytest.mark.parametrize("name", [b"\\", b"a\\b", b"\\x2", b"\\x41", b"\\x5C", b"\\\\"])
def test_a_backslash_that_begins_no_escape_is_refused(name):
    with pytest.raises(ValueError, match="begins no escape"):
        unspell(name, spaces="escape")


def test_an_unknown_way_is_refused():
    with pytest.raises(ValueError, match="spaces must be one of refuse, escape, got"):
        spell(["a"], "underscore")
