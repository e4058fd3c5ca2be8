"""What makes two words a phrase: scores, connector words, and what may be given."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable
from typing import Any

Scorer = Callable[..., float]

# Articles, then prepositions, then conjunctions.
ENGLISH_CONNECTOR_WORDS = frozenset(
    {"a", "an", "the"}
    | {"at", "by", "for", "from", "in", "of", "on", "to", "with", "without"}
    | {"and", "or"}
)


def original_scorer(
    worda_count: int,
    wordb_count: int,
    bigram_count: int,
    len_vocab: int,
    min_count: float,
    corpus_word_count: int,
) -> float:
    """Score a candidate by how often its words stand together.

    Parameters
    ----------
    worda_count, wordb_count, bigram_count : int
        Occurrences of the first word, of the last, and of the candidate.
    len_vocab : int
        Distinct words and candidates.
    min_count : float
        What rare candidates are discounted by [occurrences].
    corpus_word_count : int
        Words of the corpus; without effect here.

    Returns
    -------
    float
        -inf if a word does not occur.

    Source
    ------
    Mikolov et al. 2013, arXiv:1310.4546, equation 6, times `len_vocab`, so that the
    threshold depends less on the size of the corpus.  Differs: the C program has the
    corpus's words in its place.
    """
    together = worda_count * wordb_count
    if together == 0:
        return -math.inf
    return (bigram_count - min_count) / float(together) * len_vocab


def npmi_scorer(
    worda_count: int,
    wordb_count: int,
    bigram_count: int,
    len_vocab: int,
    min_count: float,
    corpus_word_count: int,
) -> float:
    """Score a candidate by normalised pointwise mutual information, in -1 to 1.

    Parameters
    ----------
    worda_count, wordb_count, bigram_count : int
        Occurrences of the first word, of the last, and of the candidate.
    len_vocab : int
        Without effect here.
    min_count : float
        The occurrences that a candidate needs.
    corpus_word_count : int
        Words of the corpus.

    Returns
    -------
    float
        -inf below `min_count`, or if something does not occur.

    Source
    ------
    Bouma 2009, Normalized (Pointwise) Mutual Information in Collocation Extraction.
    """
    if bigram_count < min_count or 0 in (worda_count, wordb_count, bigram_count):
        return -math.inf
    n_words = float(corpus_word_count)
    p_a, p_b, p_ab = (
        worda_count / n_words,
        wordb_count / n_words,
        bigram_count / n_words,
    )
    return math.log(p_ab / (p_a * p_b)) / -math.log(p_ab)


SCORERS: dict[str, Scorer] = {"default": original_scorer, "npmi": npmi_scorer}
_SCORER_ARGUMENTS = tuple(inspect.signature(original_scorer).parameters)


def checked_scorer(
    scoring: str | Scorer, min_count: float, threshold: float
) -> str | Scorer:
    """Return the name of a scorer, or one of the user's own, if all three fit.

    Raises
    ------
    TypeError, ValueError
        If they do not; the message says what would.
    """
    names = {scorer: name for name, scorer in SCORERS.items()}
    scoring = names.get(scoring, scoring) if callable(scoring) else scoring
    if isinstance(scoring, str) and scoring not in SCORERS:
        message = f"scoring must be 'default', 'npmi' or a function, got {scoring!r}"
        raise ValueError(message)
    if not isinstance(scoring, str):
        _check_own_scorer(scoring)
    if not min_count > 0:
        message = f"min_count must be above 0, got {min_count}"
        raise ValueError(message)
    if scoring == "default" and not threshold > 0:
        message = f"threshold must be above 0 for scoring='default', got {threshold}"
        raise ValueError(message)
    if scoring == "npmi" and not -1 <= threshold <= 1:
        message = (
            f"threshold must be in -1 to 1 for scoring='npmi', got {threshold}; "
            "0.5 is a good start"
        )
        raise ValueError(message)
    return scoring


def _check_own_scorer(scoring: Any) -> None:
    if not callable(scoring):
        message = f"scoring must be 'default', 'npmi' or a function, got {scoring!r}"
        raise TypeError(message)
    parameters = inspect.signature(scoring).parameters
    if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        return
    missing = [name for name in _SCORER_ARGUMENTS if name not in parameters]
    if missing:
        message = (
            "a scoring function is called with the keywords "
            f"{', '.join(_SCORER_ARGUMENTS)}; the one given lacks {', '.join(missing)}"
        )
        raise ValueError(message)


def checked_connector_words(connector_words: Iterable[str]) -> frozenset[str]:
    """Return connector words as a set.

    Raises
    ------
    TypeError
        If they are one string, or not strings.
    """
    if isinstance(connector_words, (str, bytes)):
        message = (
            f"connector_words must be a set of words, got {connector_words!r}; "
            "frozenset('of the'.split()) makes one of a string"
        )
        raise TypeError(message)
    words = frozenset(connector_words)
    for word in words:
        if not isinstance(word, str):
            message = f"connector_words must be strings, got {word!r}"
            raise TypeError(message)
    return words


def checked_delimiter(delimiter: str) -> str:
    """Return what stands between the words of a phrase, if it can.

    Raises
    ------
    ValueError
        If it is no string, or empty.
    """
    if not isinstance(delimiter, str) or not delimiter:
        message = f"delimiter must be a string, not empty, got {delimiter!r}"
        raise ValueError(message)
    return delimiter
