"""Sentences of an iterable: how many, and whether one is a list of tokens or a text."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence, Sized
from typing import Any

import numpy as np

from w2vfast.errors import shown
from w2vfast.text.tables import column_names


def known_length(sentences: object) -> int | None:
    """Return the number of sentences, or None if the iterable does not know it.

    A wrapper may have a length only if what it wraps has one, as the sentences that
    gensim's `Phrases` joins.
    """
    if not isinstance(sentences, Sized):
        return None
    try:
        return len(sentences)
    except (TypeError, NotImplementedError):
        return None


def token_list(sentence: Any, k: int) -> Sequence[Any]:
    """Return the tokens of sentence k of an iterable; raise TypeError for a string."""
    if isinstance(sentence, (list, tuple)):
        return sentence
    if isinstance(sentence, Mapping):
        raise TypeError(_row_message(sentence, k))
    if _is_missing(sentence):
        raise TypeError(_missing_message(sentence, k))
    if isinstance(sentence, np.ndarray) and sentence.ndim == 1:
        tokens: list[Any] = sentence.tolist()
        return tokens
    _refuse_table(sentence, k)
    if isinstance(sentence, (str, bytes)) or not isinstance(sentence, Iterable):
        message = (
            f"sentence {k} is {shown(sentence)}, but a sentence is a list of tokens: "
            "[['the', 'cat', 'sat']], not ['the cat sat']. Split texts by "
            "text.split(), or in Word2Vec by tokenize='whitespace' or another "
            "tokenizer; give a file of text as LineSentence(path), or in Word2Vec as "
            "corpus_file=."
        )
        raise TypeError(message)
    return list(sentence)


def text_of(text: Any, k: int) -> str:
    """Return text k of an iterable, which is not a str."""
    if isinstance(text, bytes):
        return text.decode("utf-8", "surrogateescape")
    if isinstance(text, Mapping):
        raise TypeError(_row_message(text, k))
    if _is_missing(text):
        raise TypeError(_missing_message(text, k))
    message = (
        f"sentence {k} is {shown(text)}, and texts are read, each a str. Give texts "
        "only, or lists of tokens only, which need no tokenize=."
    )
    raise TypeError(message)


def _refuse_table(sentence: object, k: int) -> None:
    """Raise TypeError for a table; one of pandas is an iterable of its names."""
    names = column_names(sentence)
    if names is None:
        return
    name = next(iter(names), "text")
    message = (
        f"sentence {k} is a table with the columns {', '.join(map(repr, names))}, such "
        "as a part of one that is read in parts. Give one table, or the rows of a "
        f"column, each a list of tokens: [text.split() for table in tables for text in "
        f"table[{name!r}]]."
    )
    raise TypeError(message)


def _is_missing(value: Any) -> bool:
    """Tell whether a value is None, or not a number, or pandas' missing value."""
    if isinstance(value, float):
        return math.isnan(value)
    return value is None or type(value).__name__ in ("NAType", "NaTType")


def _missing_message(value: object, k: int) -> str:
    return (
        f"sentence {k} is missing: it is {shown(value)}. Drop missing rows first: "
        "series.dropna(), or [row for row in rows if row is not None]."
    )


def _row_message(row: Mapping[Any, Any], k: int) -> str:
    """Say that a sentence is a row of a table."""
    names = ", ".join(map(repr, row))
    name = next(iter(row), "text")
    return (
        f"sentence {k} is a row of a table with the columns {names}. Name one of them, "
        f"in Word2Vec by column={name!r}, or give it: "
        f"[row[{name!r}].split() for row in rows]."
    )
