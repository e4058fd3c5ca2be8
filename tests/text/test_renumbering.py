"""Renumbering: ids without a row are dropped, and runs of threads are joined."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from text_reference import without_empty_sentences

from w2vfast.system.threads import Crew
from w2vfast.text.renumbering import renumber

# Rows of the ids 0 to 5 of two workers; -1 drops an id.
ROW_MAPS = {
    0: np.array([0, 1, -1, 2, -1, 3], dtype=np.int32),
    1: np.array([0, 3, 2, -1, 1, -1], dtype=np.int32),
}
blocks_of_ids = st.lists(
    st.tuples(st.integers(0, 1), st.lists(st.integers(-1, 5), max_size=6)),
    min_size=1,
    max_size=8,
)


def ends_of_blocks(blocks, exact):
    """Return how many rows there are up to the end of each block."""
    ends = []
    for n in range(1, len(blocks) + 1):
        rows = [
            int(ROW_MAPS[worker][id])
            for worker, block in blocks[:n]
            for id in block
            if id >= 0 and ROW_MAPS[worker][id] >= 0
        ]
        ends.append(len(rows if exact else without_empty_sentences(rows)))
    return ends


@pytest.mark.parametrize("exact", [False, True])
@given(blocks=blocks_of_ids, workers=st.integers(1, 5))
def test_any_number_of_threads_gives_the_same_rows(blocks, workers, exact):
    ids = np.array([id for _, block in blocks for id in block], dtype=np.int32)
    table = np.array([[len(block), worker, 1] for worker, block in blocks])
    rows = [
        int(ROW_MAPS[worker][id])
        for worker, block in blocks
        for id in block
        if id >= 0 and ROW_MAPS[worker][id] >= 0
    ]
    provisional = ids.tolist()
    if not exact:
        rows = without_empty_sentences(rows)
        provisional = without_empty_sentences(provisional)
    crew = Crew(workers, None, None)
    n_sentences, ends = renumber(ids, table, ROW_MAPS, crew, exact)
    assert ids[: ends[-1]].tolist() == rows
    assert ends.tolist() == ends_of_blocks(blocks, exact)
    assert n_sentences == provisional.count(0)
