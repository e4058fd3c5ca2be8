"""Ask a function of the user which words stay in the vocabulary, as gensim does."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from w2vfast.aliases import Word
from w2vfast.errors import ParameterError, ParameterTypeError, shown

RULE_DEFAULT, RULE_DISCARD, RULE_KEEP = 0, 1, 2

# Takes a word, its count and `min_count`; returns one of the three answers, or None.
TrimRule = Callable[[Word, int, int], int | None]


def check_trim_rule(rule: object, exact: bool, has_text: bool = True) -> None:
    """Refuse what is no function, any in exact mode, and any where no text is given.

    Raises
    ------
    ParameterTypeError, ParameterError
    """
    name = "trim_rule"
    if rule is None:
        return
    if not callable(rule):
        accepted = "a function of a word, its count and min_count, or None"
        raise ParameterTypeError(name, rule, accepted)
    if exact:
        hint = "The C program has no such rule. Leave the words out of the text."
        raise ParameterError(name, rule, "None with mode='exact'", hint)
    if not has_text:
        hint = "It is not kept: give it to build_vocab."
        raise ParameterError(name, rule, "None without a text", hint)


def kept_words(
    rule: TrimRule | None,
    is_asked: NDArray[np.bool_],
    words_of: Callable[[NDArray[np.intp]], Iterable[Word]],
    counts: NDArray[np.int64],
    min_count: int,
) -> NDArray[np.bool_] | None:
    """Return which words stay.

    Parameters
    ----------
    rule : callable or None
        `RULE_KEEP` keeps a word, `RULE_DISCARD` drops it; with `RULE_DEFAULT` or None
        `min_count` decides.
    is_asked : ndarray of bool, shape (n,)
        The words that the rule is asked about; the others do not stay.  The sentence
        end, in row 0, is not asked.
    words_of : callable
        Returns the words of some rows.
    counts : ndarray of int64, shape (n,)
        Their counts [occurrences].
    min_count : int

    Returns
    -------
    ndarray of bool, shape (n,), or None
        None without a rule.

    Raises
    ------
    ValueError
        If the rule returns anything else.
    """
    if rule is None:
        return None
    is_kept = np.zeros(counts.size, np.bool_)
    rows = 1 + np.flatnonzero(is_asked[1:])
    asked = zip(words_of(rows), counts[rows].tolist(), strict=True)
    is_kept[rows] = [_stays(rule, word, count, min_count) for word, count in asked]
    return is_kept


def _stays(rule: TrimRule, word: Word, count: int, min_count: int) -> bool:
    answer = rule(word, count, min_count)
    if answer in (RULE_KEEP, RULE_DISCARD):
        return answer == RULE_KEEP
    if answer not in (RULE_DEFAULT, None):
        message = (
            f"trim_rule must return {RULE_DEFAULT} (min_count decides), {RULE_DISCARD} "
            f"(discard) or {RULE_KEEP} (keep), got {shown(answer)} for {shown(word)}."
        )
        raise ValueError(message)
    return count >= min_count
