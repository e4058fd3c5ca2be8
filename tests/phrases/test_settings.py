"""Connector words and delimiters are checked."""

import pytest

from w2vfast.phrases import ENGLISH_CONNECTOR_WORDS
from w2vfast.phrases.settings import checked_connector_words, checked_delimiter


def test_connector_words_become_a_set():
    assert checked_connector_words(["of", "the", "of"]) == {"of", "the"}
    assert checked_connector_words(ENGLISH_CONNECTOR_WORDS) >= {"of", "the", "and"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("of the", r"must be a set of words, got 'of the'. Split"),
        (b"of", "must be a set of words"),
        ([1], "must be strings, got 1"),
    ],
)
def test_connector_words_of_a_wrong_type_are_rejected(words, message):
    with pytest.raises(TypeError, match=message):
        checked_connector_words(words)


def test_a_delimiter_may_be_longer_than_one_character():
    assert checked_delimiter("__") == "__"


@pytest.mark.parametrize("delimiter", ["", None, 3])
def test_a_delimiter_must_be_a_string_and_not_empty(delimiter):
    with pytest.raises(ValueError, match=f"not empty, got {delimiter!r}"):
        checked_delimiter(delimiter)
