"""A grown vocabulary: its order, its counts, and where its rows come from."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from w2vfast.text.vocab import SENTENCE_END, Vocab
from w2vfast.text.vocab_growth import grow_from_counts, grow_vocab


@given(
    counts=st.lists(st.integers(1, 50), min_size=1, max_size=12),
    more=st.lists(st.integers(0, 50), min_size=12, max_size=12),
    new=st.lists(st.integers(1, 50), max_size=6),
)
def test_a_grown_vocabulary_is_a_permutation_of_old_and_new(counts, more, new):
    counts = np.array([7, *sorted(counts, reverse=True)])
    words = [SENTENCE_END, *(f"w{i}" for i in range(1, len(counts)))]
    more = np.array(more)[: len(counts)]
    more = np.concatenate([more, np.zeros(len(counts) - len(more), int)])
    new_words = [f"n{i}" for i in range(len(new))]
    grown = grow_vocab(Vocab(words, counts), more, new_words, np.array(new, int))
    every, total = [*words, *new_words], np.concatenate([counts + more, new])
    assert grown.words == [every[row] for row in grown.origins]
    assert grown.counts.tolist() == [total[row] for row in grown.origins]
    assert grown.words[0] == SENTENCE_END
    assert (np.diff(grown.counts[1:]) <= 0).all()
    assert (grown.origins[grown.rows] == np.arange(len(every))).all()


@pytest.mark.parametrize("exact", [False, True])
def test_a_grown_vocabulary_hides_the_rows_that_were_hidden(exact):
    vocab = Vocab([SENTENCE_END, "a", "b"], np.array([3, 2, 1]), exact=exact)
    grown = grow_from_counts(vocab, {"c": 9, "b": 4}, min_count=1)
    assert grown.exact == exact
    assert grown.words == [SENTENCE_END, "c", "b", "a"]
    assert grown.counts.tolist() == [3, 9, 5, 2]
    assert grown.origins.tolist() == [0, 3, 2, 1]
