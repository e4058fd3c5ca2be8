"""What a notebook shows of a model or of vectors: a small HTML table."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

import numpy.typing as npt

SHOWN_WORDS = 5


def html_summary(
    title: str,
    facts: Mapping[str, object],
    words: Sequence[str | int],
    counts: npt.NDArray[Any] | None,
) -> str:
    """Return a table of facts and of the first words.

    Parameters
    ----------
    title : str
    facts : mapping of str to object
        Names and values, one row each.  Integers get thousands separators.
    words : sequence of str or int, length V
    counts : ndarray of int, shape (V,), optional
        Occurrences of the words [occurrences].

    Returns
    -------
    str
        HTML in which every word and value is escaped.
    """
    rows = [_row(name, _number(value)) for name, value in facts.items()]
    if len(words):
        rows.append(_row("first words", _first_words(words, counts)))
    return f"<table><caption>{_text(title)}</caption>{''.join(rows)}</table>"


def _row(name: str, value: str) -> str:
    return f"<tr><th>{_text(name)}</th><td>{_text(value)}</td></tr>"


def _number(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _first_words(words: Sequence[str | int], counts: npt.NDArray[Any] | None) -> str:
    names = [str(word) for word in words[:SHOWN_WORDS]]
    if counts is not None:
        numbers = counts[:SHOWN_WORDS].tolist()
        names = [f"{name} ({n:,})" for name, n in zip(names, numbers, strict=True)]
    return ", ".join(names) + (", ..." if len(words) > SHOWN_WORDS else "")


def _text(text: str) -> str:
    # A word may contain bytes that are not UTF-8, which HTML cannot contain.
    valid = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return html.escape(valid)
