"""A range is processed in chunks, each position once."""

import numpy as np
import pytest

from w2vfast.phrases import chunks
from w2vfast.system.threads import Crew


@pytest.mark.parametrize("n_threads", [1, 3])
@pytest.mark.parametrize(("start", "stop"), [(0, 0), (0, 7), (5, 26), (3, 4)])
def test_each_position_is_processed_once(n_threads, start, stop, monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK_IDS", 7)
    visits = np.zeros(30, int)
    threads = set()

    def work(thread, first, last):
        threads.add(thread)
        assert 0 < last - first <= 7
        visits[first:last] += 1

    crew = Crew(n_threads, None, stop)
    chunks.run_in_chunks(crew, start, stop, work)
    assert visits[start:stop].tolist() == [1] * (stop - start)
    assert visits.sum() == stop - start
    assert threads <= set(range(n_threads))
    assert crew.done == stop


def test_an_error_in_a_chunk_is_raised(monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK_IDS", 7)

    def work(thread, first, last):
        if first == 14:
            message = "third chunk"
            raise RuntimeError(message)

    with pytest.raises(RuntimeError, match="third chunk"):
        chunks.run_in_chunks(Crew(2, None, 100), 0, 100, work)
