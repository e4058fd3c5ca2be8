"""Reference implementation of phrases in plain Python, and texts to test it with."""

import math
import random
from collections import Counter

from hypothesis import strategies as st

# Few words, so that pairs repeat.  Some contain the delimiter, are longer than 16
# bytes, or are not ASCII.
WORDS = ["a", "b", "c", "of", "the", "a_b", "_", "b_", "é", "漢字", "x" * 17, "of_a"]
sentences_of_words = st.lists(
    st.lists(st.sampled_from(WORDS), max_size=12), min_size=1, max_size=30
).map(lambda sentences: [["a", "b"], *sentences])
connectors = st.sampled_from([frozenset(), frozenset({"of"}), frozenset({"of", "the"})])
delimiters = st.sampled_from(["_", "__", " ", "é"])
scorings = st.sampled_from([("default", 0.5), ("default", 3.0), ("npmi", 0.1)])


def new_york_sentences():
    """Make sentences in which only "new york" co-occurs often: 300 times."""
    rng = random.Random(3)
    names = [f"w{i}" for i in range(30)]
    sentences = []
    for _ in range(300):
        words = rng.choices(names, k=8)
        sentences.append([*words[:4], "new", "york", *words[4:]])
        sentences.append(["new", rng.choice(names), "york"])
    return sentences


def candidates(sentence, connector_words):
    """List the candidates: two words, and the connector words between them."""
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
    """Count words and joined candidates; also return the number of words."""
    counts = Counter()
    n_words = 0
    for sentence in sentences:
        n_words += len(sentence)
        counts.update(word for word in sentence if word not in connector_words)
        counts.update(map(delimiter.join, candidates(sentence, connector_words)))
    return counts, n_words


def score(counts, n_words, words, delimiter, scoring, min_count):
    """Score a candidate; None if it or one of its words does not occur."""
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


def analyzed(sentence, connector_words, delimiter, score_of, threshold):
    """List (phrase, score) and (word, None), joining from left to right."""
    out = []
    rest = list(sentence)
    while rest:
        phrase = next(iter(candidates(rest, connector_words)), None)
        if phrase is None:
            return out + [(word, None) for word in rest]
        start = next(i for i, word in enumerate(rest) if word not in connector_words)
        out += [(word, None) for word in rest[:start]]
        found = score_of(phrase)
        if found is not None and found > threshold:
            out.append((delimiter.join(phrase), found))
            rest = rest[start + len(phrase) :]
        else:
            out += [(word, None) for word in phrase[:-1]]
            rest = rest[start + len(phrase) - 1 :]
    return out
