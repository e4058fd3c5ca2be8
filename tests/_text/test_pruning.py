"""Pruning removes the rarest words for good and counts what it removed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from word_counters import (
    encode_text,
)

from w2vfast import _text


def pruned_reference(words, max_live):
    """Return ids (-1: pruned), counts of kept words, pruned words and tokens."""
    counts, ids, pruned, out = {}, {}, {}, []
    threshold = 0
    for word in words:
        if word in pruned:
            pruned[word] += 1
            out.append(-1)
            continue
        counts[word] = counts.get(word, 0) + 1
        out.append(ids.setdefault(word, len(ids) + 1))
        while len(counts) > max_live:
            threshold += 1
            for rare in [w for w, count in counts.items() if count <= threshold]:
                pruned[rare] = counts.pop(rare)
    return out, counts, len(pruned), sum(pruned.values())


@given(st.lists(st.integers(0, 40), max_size=400), st.integers(1, 20))
def test_pruned_words_do_not_return(numbers, max_live):
    words = [b"w%d" % n + b"x" * (n % 3 * 12) for n in numbers]
    counter = _text.WordCounter(max_live)
    ids = encode_text(counter, b"".join(word + b" " for word in words))
    out, counts, pruned_words, pruned_tokens = pruned_reference(words, max_live)
    assert ids == out
    assert (counter.pruned_words, counter.pruned_tokens) == (
        pruned_words,
        pruned_tokens,
    )
    assert len(counter) == len(counts) <= max_live
    survivors = np.flatnonzero(counter.counts())
    names = [word.encode() for word in counter.words(survivors)]
    assert dict(zip(names, counter.counts()[survivors], strict=True)) == counts


def test_the_id_of_a_pruned_word_has_no_word():
    counter = _text.WordCounter(1)
    encode_text(counter, b"a b b ")
    for id in (0, -1, 1, 99):
        with pytest.raises(IndexError, match=f"id {id}"):
            counter.words(np.array([id]))
