"""Connector words and delimiters of phrases, and the checks of both."""

from __future__ import annotations

from collections.abc import Iterable

from w2vfast.errors import ParameterError, shortened

# Articles, prepositions and conjunctions.
ENGLISH_CONNECTOR_WORDS = frozenset(
    {"a", "an", "the"}
    | {"at", "by", "for", "from", "in", "of", "on", "to", "with", "without"}
    | {"and", "or"}
)


def checked_connector_words(connector_words: Iterable[str]) -> frozenset[str]:
    """Return connector words as a set.

    Raises
    ------
    TypeError
        If `connector_words` is a single string, or contains something other than
        strings.
    """
    if isinstance(connector_words, (str, bytes)):
        message = (
            f"connector_words must be a set of words, got {connector_words!r}. Split "
            "a string first: frozenset('of the'.split())."
        )
        raise TypeError(message)
    words = frozenset(connector_words)
    for word in words:
        if not isinstance(word, str):
            message = f"connector_words must be strings, got {shortened(word)}"
            raise TypeError(message)
    return words


def checked_delimiter(delimiter: str) -> str:
    """Return the delimiter, which separates the words of a phrase.

    Raises
    ------
    ValueError
        If it is not a string, or empty.
    """
    if not isinstance(delimiter, str) or not delimiter:
        error = ParameterError("delimiter", delimiter, "a string and not empty")
        raise error
    return delimiter
