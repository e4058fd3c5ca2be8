"""Ranks that are threads of one process, for tests without MPI; a text for ranks."""

import contextlib
import threading

import numpy as np

from w2vfast import _core
from w2vfast.distributed import merge_times
from w2vfast.distributed.ranks import RankError

MODES = [
    {"sg": 1, "negative": 5},
    {"sg": 1, "hs": 1, "negative": 0},
    {"sg": 0, "negative": 5},
    {"sg": 0, "hs": 1, "negative": 0},
]


class ThreadRanks:
    """One of several threads that do together what processes do by MPI."""

    def __init__(self, index, size, shared, memory=None):
        self.index, self.size, self.memory = index, size, memory
        self._shared = shared
        self._has_failed = False

    def within(self, step, seconds):
        return contextlib.nullcontext()

    def meet(self, step):
        found = self._all((step, ""))
        errors = [error for _, error in found if error]
        if errors:
            self._has_failed = True
            raise RankError(f"a rank failed: {errors[0]}")
        if len({other for other, _ in found}) > 1:
            self._has_failed = True
            raise RankError(f"different steps: {found}")

    def failed(self, error):
        if not self._has_failed and self.size > 1:
            self._has_failed = True
            self._all(("", repr(error)))

    def add_up(self, array):
        array[...] = np.sum(self._all(array.copy()), axis=0, dtype=array.dtype)

    def gather(self, message):
        return self._all(message)

    def exchange(self, messages):
        return [sent[self.index] for sent in self._all(list(messages))]

    def _all(self, value):
        """Return the values of all ranks."""
        slots, barrier = self._shared
        slots[self.index] = value
        barrier.wait()
        found = list(slots)
        barrier.wait()
        return found


def on_ranks(size, action, timeout=60, memory_floats=None):
    """Call action(ranks) on each rank; return the results, which may be errors.

    With `memory_floats`, merges add up so many numbers at once in memory of all ranks.
    """
    shared = ([None] * size, threading.Barrier(size, timeout=timeout))
    results, memories = [None] * size, [None] * size
    if memory_floats is not None:
        n_bytes = _core.RankMemory.bytes_of(memory_floats)
        buffers = [np.zeros(n_bytes, dtype=np.uint8) for _ in range(size)]
        memories = [_core.RankMemory(buffers, k) for k in range(size)]

    def run(index):
        try:
            ranks = ThreadRanks(index, size, shared, memories[index])
            results[index] = action(ranks)
        except Exception as error:
            results[index] = error

    threads = [threading.Thread(target=run, args=(k,)) for k in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def write_random_text(path, *, seed, exponent, n_words, n_distinct, width=10):
    """Write lines of `width` words, whose frequencies follow Zipf's law."""
    numbers = np.random.default_rng(seed).zipf(exponent, n_words)
    words = np.char.add("w", np.minimum(numbers, n_distinct).astype(str))
    lines = words.reshape(-1, width).tolist()
    path.write_text("".join(" ".join(line) + "\n" for line in lines))
    return path


def merge_after(n_ids, monkeypatch):
    """Let all ranks merge after so few ids, in all modes."""
    for name in ("OFTEN", "SELDOM"):
        schedule = getattr(merge_times, name)._replace(fewest_ids=n_ids)
        monkeypatch.setattr(merge_times, name, schedule)
