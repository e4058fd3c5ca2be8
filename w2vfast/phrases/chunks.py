"""Process a range of token positions in chunks, on several threads."""

from __future__ import annotations

import threading
from collections.abc import Callable

from w2vfast.system.threads import Crew

CHUNK_IDS = 1 << 18  # ids that a thread processes at once


def run_in_chunks(
    crew: Crew, start: int, stop: int, work: Callable[[int, int, int], None]
) -> None:
    """Call work(thread, first, last) for chunks that together cover start to stop.

    Each thread takes the next chunk when it has finished one.
    """
    firsts = iter(range(start, stop, CHUNK_IDS))
    lock = threading.Lock()

    def take_chunks(thread: int) -> None:
        while True:
            crew.poll()
            with lock:
                first = next(firsts, stop)
                crew.done = first
            if first == stop:
                return
            work(thread, first, min(first + CHUNK_IDS, stop))

    crew.run(take_chunks)
