"""What phrases are, written for reading: dictionaries of joined text."""

import math
from collections import Counter

from hypothesis import strategies as st

WORDS = ["a", "b", "c", "of", "the", "a_b", "_", "b_", "é", "漢字", "x" * 17, "of_a"]
sentences_of_words = st.lists(
    st.lists(st.sampled_from(WORDS), max_size=12), min_size=1, max_size=30
).map(lambda sentences: [["a", "b"], *sentences])
connectors = st.sampled_from([frozenset(), frozenset({"of"}), frozenset({"of", "the"})])
delimiters = st.sampled_from(["_", "__", " ", "é"])


def candidates(sentence, connector_words):
    """Lists of words that begin and end with a word, connector words between."""
    found = []
    open_words = []
    for word in sentence:
        if word in connector_words:
            open_words = open_words and [*open_words, word]
            continue
        if open_words:
            found.append([*open_words, word])
        open_words = [word]
    return found


def counted(sentences, connector_words=frozenset(), delimiter="_"):
    """Counts of words and joined candidates, and the number of words."""
    counts = Counter()
    n_words = 0
    for sentence in sentences:
        n_words += len(sentence)
        counts.update(word for word in sentence if word not in connector_words)
        counts.update(map(delimiter.join, candidates(sentence, connector_words)))
    return counts, n_words


def score(counts, n_words, words, delimiter, scoring, min_count):
    """The score of a candidate, None if something does not occur."""
    a, b = counts[words[0]], counts[words[-1]]
    ab = counts[delimiter.join(words)]
    if 0 in (a, b, ab):
        return None
    if scoring == "default":
        return (ab - min_count) / (a * b) * len(counts.keys())
    if ab < min_count:
        return None
    p_a, p_b, p_ab = a / n_words, b / n_words, ab / n_words
    return math.log(p_ab / (p_a * p_b)) / -math.log(p_ab)


def joined(sentence, connector_words, delimiter, score_of, threshold):
    """The sentence with phrases joined from left to right."""
    out = []
    rest = list(sentence)
    while rest:
        phrase = next(iter(candidates(rest, connector_words)), None)
        if phrase is None:
            return out + rest
        start = next(i for i, word in enumerate(rest) if word not in connector_words)
        out += rest[:start]
        found = score_of(phrase)
        if found is not None and found > threshold:
            out.append(delimiter.join(phrase))
            rest = rest[start + len(phrase) :]
        else:
            out += phrase[:-1]
            rest = rest[start + len(phrase) - 1 :]
    return out
