"""Threads that share a job, stop together, and report progress."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

Progress = Callable[[int, int | None], None]

POLL_SECONDS = 0.1
GIVE_UP_SECONDS = 0.5  # for threads that sit in a read when the others have stopped


class Stopped(Exception):
    """Ends a helper when the work has failed or was interrupted elsewhere."""


class Crew:
    """The calling thread and its helpers, who do one job after the other.

    Parameters
    ----------
    size : int
        Threads, the calling one included.
    progress : callable, optional
        Called with (done, total) on the calling thread, about 10 times a second.
    total : int or None
        What `done` will be at the end.
    """

    def __init__(self, size: int, progress: Progress | None, total: int | None) -> None:
        self.size = size
        self.done = 0
        self._total = total
        self._progress = progress
        self._next_call = 0.0
        self._owner = threading.get_ident()
        self._stop = threading.Event()
        self._error: BaseException | None = None

    def run(self, work: Callable[[int], None]) -> None:
        """Call work(k) for each k below `size`, on a thread each.

        A thread's error stops the others, whose `poll` raises, and is raised here.
        So does an interrupt; a helper that sits in a read then is left behind.
        """
        helpers = [
            threading.Thread(target=self._help, args=(work, k), daemon=True)
            for k in range(1, self.size)
        ]
        try:
            for helper in helpers:
                helper.start()
            work(0)
            for helper in helpers:
                while helper.is_alive():
                    helper.join(POLL_SECONDS)
                    self.poll()
            self.poll()
        except BaseException:
            self._stop.set()
            _leave(helpers)
            raise

    def poll(self) -> None:
        """Report progress, or raise if the work has failed; call it often."""
        if threading.get_ident() != self._owner:
            if self._stop.is_set():
                raise Stopped
            return
        if self._error is not None:
            raise self._error
        now = time.monotonic()
        if self._progress is not None and now >= self._next_call:
            self._next_call = now + POLL_SECONDS
            self._progress(self.done, self._total)

    def finish(self) -> None:
        """Report that all is done."""
        if self._progress is not None:
            self._progress(self.done, self._total)

    @contextmanager
    def locked(self, lock: threading.Lock) -> Iterator[None]:
        """Hold `lock`; waiting for it polls."""
        while not lock.acquire(timeout=POLL_SECONDS):
            self.poll()
        try:
            yield
        finally:
            lock.release()

    def _help(self, work: Callable[[int], None], k: int) -> None:
        try:
            work(k)
        except Stopped:
            pass
        except BaseException as error:
            self._error = self._error or error
            self._stop.set()


def _leave(helpers: Sequence[threading.Thread]) -> None:
    limit = time.monotonic() + GIVE_UP_SECONDS
    for helper in helpers:
        if helper.is_alive():
            helper.join(max(0.0, limit - time.monotonic()))
