"""Scores of phrase candidates, computed from their counts."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

from w2vfast.errors import ParameterError, Setting

Scorer = Callable[..., float]


def original_scorer(
    worda_count: int,
    wordb_count: int,
    bigram_count: int,
    len_vocab: int,
    min_count: float,
    corpus_word_count: int,
) -> float:
    """Score a candidate by how often its words co-occur.

    Parameters
    ----------
    worda_count, wordb_count, bigram_count : int
        Occurrences of the first word, of the last word, and of the candidate.
    len_vocab : int
        Distinct words and candidates.
    min_count : float
        Discount that lowers the score of rare candidates [occurrences].
    corpus_word_count : int
        Words of the corpus.  Ignored.

    Returns
    -------
    float
        -inf if one of the words does not occur.

    Notes
    -----
    Mikolov et al. 2013, arXiv:1310.4546, equation 6, multiplied by `len_vocab` to make
    the threshold depend less on the size of the corpus.  Differs: the C program
    multiplies by the number of words of the corpus.
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
    """Score a candidate by normalised pointwise mutual information, from -1 to 1.

    Parameters
    ----------
    worda_count, wordb_count, bigram_count : int
        Occurrences of the first word, of the last word, and of the candidate.
    len_vocab : int
        Ignored.
    min_count : float
        Least number of occurrences of a candidate.
    corpus_word_count : int
        Words of the corpus.

    Returns
    -------
    float
        -inf below `min_count`, or if the candidate or one of the words does not occur.

    Notes
    -----
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


def built_in_name(scoring: Any) -> Any:
    """Return the name of a built-in scorer, also if gensim's function is given.

    Anything else is returned as it is.
    """
    for name, scorer in SCORERS.items():
        of_gensim = getattr(scoring, "__module__", "") == "gensim.models.phrases"
        if scoring is scorer or (of_gensim and scoring.__name__ == scorer.__name__):
            return name
    return scoring


def checked_scorer(
    scoring: str | Scorer, min_count: float, threshold: float
) -> str | Scorer:
    """Check a scorer together with its `min_count` and `threshold`.

    Parameters
    ----------
    scoring : {"default", "npmi"} or callable
    min_count, threshold : float

    Returns
    -------
    str or callable
        The name of a built-in scorer, also if it was given as a function; otherwise
        the custom function.

    Raises
    ------
    TypeError, ValueError
        If a value is not accepted.  The message names what is accepted.
    """
    scoring = built_in_name(scoring)
    if isinstance(scoring, str) and scoring not in SCORERS:
        message = f"scoring must be 'default', 'npmi' or a function, got {scoring!r}"
        raise ValueError(message)
    if not isinstance(scoring, str):
        _check_custom_scorer(scoring)
    if not min_count > 0:
        error = ParameterError("min_count", min_count, "above 0")
        raise error
    if scoring == "default" and not threshold > 0:
        accepted = ("above 0 for ", Setting("scoring", scoring))
        error = ParameterError("threshold", threshold, accepted)
        raise error
    if scoring == "npmi" and not -1 <= threshold <= 1:
        accepted = ("from -1 to 1 for ", Setting("scoring", scoring))
        error = ParameterError("threshold", threshold, accepted, "Try 0.5.")
        raise error
    return scoring


def _check_custom_scorer(scoring: Any) -> None:
    if not callable(scoring):
        message = f"scoring must be 'default', 'npmi' or a function, got {scoring!r}"
        raise TypeError(message)
    parameters = inspect.signature(scoring).parameters
    if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        return
    missing = [name for name in _SCORER_ARGUMENTS if name not in parameters]
    if missing:
        message = (
            "a scoring function is called with the keyword arguments "
            f"{', '.join(_SCORER_ARGUMENTS)}; this one lacks {', '.join(missing)}"
        )
        raise ValueError(message)
