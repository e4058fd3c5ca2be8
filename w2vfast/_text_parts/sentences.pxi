# Phrases in lists of words, scored and joined as Python objects.  Part of _text.pyx.

from cpython.unicode cimport PyUnicode_Check
from libc.math cimport INFINITY
from libc.stdint cimport int64_t


cdef class PhraseScores:
    """Scores of the candidates of a sentence; the base class."""

    cdef double threshold

    cdef double score(self, phrase, word_a, word_b) except *:
        raise NotImplementedError

    def score_of(self, phrase, word_a, word_b):
        """Return the score of a candidate, or None if it is not a phrase."""
        cdef double score = self.score(phrase, word_a, word_b)
        return score if score > self.threshold else None


@cython.final
cdef class CountScores(PhraseScores):
    """Scores from counts and a rule.

    Parameters
    ----------
    counts : PhraseCounts
    rule : PhraseRule
    """

    cdef PhraseCounts counts
    cdef PhraseRule rule

    def __init__(self, PhraseCounts counts not None, PhraseRule rule not None):
        self.counts = counts
        self.rule = rule
        self.threshold = rule.rule.threshold

    cdef double score(self, phrase, word_a, word_b) except *:
        cdef int64_t count_ab = self.counts.get(phrase)
        if count_ab == 0:
            return -INFINITY
        return phrase_score(
            &self.rule.rule, self.counts.get(word_a), self.counts.get(word_b), count_ab
        )


@cython.final
cdef class StoredScores(PhraseScores):
    """Scores from a dictionary.

    Parameters
    ----------
    scores : dict of str to float
        By joined phrase.
    threshold : float
    """

    cdef dict scores

    def __init__(self, dict scores not None, double threshold):
        self.scores = scores
        self.threshold = threshold

    cdef double score(self, phrase, word_a, word_b) except *:
        found = self.scores.get(phrase)
        return -INFINITY if found is None else found


@cython.final
cdef class FunctionScores(PhraseScores):
    """Scores from a function.

    Parameters
    ----------
    function : callable
        function(phrase, word_a, word_b) returns a float, or None if the words are no
        candidate.
    threshold : float
    """

    cdef object function

    def __init__(self, function, double threshold):
        self.function = function
        self.threshold = threshold

    cdef double score(self, phrase, word_a, word_b) except *:
        found = self.function(phrase, word_a, word_b)
        return -INFINITY if found is None else found


cdef check_word(word):
    if not PyUnicode_Check(word):
        message = (
            f"a sentence is a list of words, each a str; got {word!r:.60} of type "
            f"{type(word).__name__} in one"
        )
        raise TypeError(message)


cdef add_words(list found, list words, bint with_scores):
    for word in words:
        found.append((word, None) if with_scores else word)


def analyze_sentence(
    sentence,
    connector_words,
    str delimiter not None,
    PhraseScores scores not None,
    bint with_scores,
):
    """Join the phrases of a sentence from left to right.

    Parameters
    ----------
    sentence : iterable of str
    connector_words : frozenset of str
    delimiter : str
    scores : PhraseScores
    with_scores : bool

    Returns
    -------
    list of str, or of (str, float or None)
        Words and phrases; with `with_scores`, (phrase, score) and (word, None).

    Raises
    ------
    TypeError
        If a word is not a str.
    """
    cdef list found = []
    cdef list parts = []  # a word that may begin a phrase, and connectors after it
    cdef double score
    for word in sentence:
        check_word(word)
        if word in connector_words:
            if parts:
                parts.append(word)
            else:
                add_words(found, [word], with_scores)
            continue
        if parts:
            phrase = delimiter.join([*parts, word])
            score = scores.score(phrase, parts[0], word)
            if score > scores.threshold:
                found.append((phrase, score) if with_scores else phrase)
                parts.clear()
                continue
            add_words(found, parts, with_scores)
            parts.clear()
        parts.append(word)
    add_words(found, parts, with_scores)
    return found
