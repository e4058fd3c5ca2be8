"""Merging dictionaries: counts are added, first occurrences are kept."""

import numpy as np
import pytest

from w2vfast import _text
from w2vfast.system.threads import Crew
from w2vfast.text.merging import merge_dictionaries


def counted(blocks, n_workers):
    """Count blocks of words; return the dictionaries and the table of blocks."""
    counters = [_text.WordCounter() for _ in range(n_workers)]
    table = []
    for worker, words in blocks:
        first_id = counters[worker].next_id
        counters[worker].encode_tokens(words, np.zeros(len(words), dtype=np.int32))
        table.append([len(words), worker, first_id])
    return counters, np.array(table)


BLOCKS = [
    (2, ["c", "a"]),
    (0, ["b", "a"]),
    (1, ["d", "c"]),
    (2, ["e", "b"]),
    (0, ["f"]),
]


@pytest.mark.parametrize("n_threads", [1, 2, 3])
def test_merged_words_have_total_counts_and_the_order_of_the_corpus(n_threads):
    counters, table = counted(BLOCKS, 3)
    words = merge_dictionaries(counters, table, Crew(n_threads, None, None))
    assert counters == []
    ids = np.argsort(words.first_seen[1:]) + 1
    assert words.counter.words(ids) == ["c", "a", "b", "d", "e", "f"]
    assert words.counter.counts()[ids].tolist() == [2, 2, 2, 1, 1, 1]
    assert words.most_frequent()[1] == 2


def test_each_workers_ids_are_mapped_to_the_merged_ids():
    counters, table = counted(BLOCKS, 3)
    own_words = [c.words(np.arange(1, c.next_id)) for c in counters]
    words = merge_dictionaries(counters, table, Crew(2, None, None))
    assert sorted(words.id_maps) == [0, 1, 2]
    for worker, names in enumerate(own_words):
        id_map = words.id_maps[worker]
        assert id_map[0] == _text.EOS
        assert words.counter.words(id_map[1:].astype(np.int64)) == names


def test_text_and_integers_cannot_be_merged():
    counters, table = counted([(0, ["a"]), (1, [1])], 2)
    with pytest.raises(TypeError, match="mixes integer tokens"):
        merge_dictionaries(counters, table, Crew(1, None, None))
