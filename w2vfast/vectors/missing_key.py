"""Errors of look-up: a missing key, with similarly spelt keys, and no key at all."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

import numpy as np

from w2vfast.errors import ended, shortened

_MAX_SUGGESTIONS = 3
_MAX_SENTENCES = 3  # missing keys that a message about several names
_COMPARED_KEYS = 50_000  # most frequent keys compared with a missing one
_LONGEST_COMPARED = 1000  # characters; the time grows with their square


class MissingKeyError(KeyError):
    """A key that is not among the vectors; the message suggests similar keys.

    Similar keys are searched for only when the message is read, because many programs
    look up keys just to see whether they exist.
    """

    def __init__(self, key: object, keys: Sequence[str | int]) -> None:
        super().__init__(key)
        self._keys = keys

    def __reduce__(self) -> tuple[Any, ...]:
        # Pickled with the message instead of the whole vocabulary.
        return KeyError, (str(self),)

    def __str__(self) -> str:
        key = self.args[0]
        message = (
            f"{shortened(key)} is not in the vocabulary of {len(self._keys)} words"
        )
        similar = _similar_keys(key, self._keys[:_COMPARED_KEYS])
        if similar:
            return f"{message}; did you mean {' or '.join(map(repr, similar))}?"
        if isinstance(key, int | np.integer) and _are_words(self._keys):
            message += (
                f"; a number is a key here, and row {key} has index_to_key[{key}]"
            )
        return message


class NotIteratedError(TypeError, KeyError):
    """Vectors were iterated; a KeyError, too, by which NumPy finds no sequence."""

    def __str__(self) -> str:
        return (
            "vectors are not iterated. For the words use index_to_key, for the rows "
            "vectors, for both zip(wv.index_to_key, wv.vectors)."
        )


def missing_sentences(missing: Sequence[str | int], keys: Sequence[str | int]) -> str:
    """Return a sentence about each of the first missing keys, with similar keys."""
    errors = (MissingKeyError(key, keys) for key in missing[:_MAX_SENTENCES])
    return " ".join(ended(str(error)) for error in errors)


def _are_words(keys: Sequence[str | int]) -> bool:
    return isinstance(next(iter(keys), None), str)


def _similar_keys(key: object, keys: Sequence[str | int]) -> list[str | int]:
    """Return a few keys that differ from `key` in type, case or a typing error."""
    text = key.decode(errors="replace") if isinstance(key, bytes) else str(key)
    if len(text) > _LONGEST_COMPARED:
        return []
    same = [k for k in keys if str(k).lower() == text.lower()]
    if same or isinstance(key, int | np.integer):
        return same[:_MAX_SUGGESTIONS]
    near = [k for k in keys if isinstance(k, str) and abs(len(k) - len(text)) < 3]
    return list(difflib.get_close_matches(text, near, n=_MAX_SUGGESTIONS, cutoff=0.7))
