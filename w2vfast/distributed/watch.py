"""Watch steps that may take too long, on a thread that lives longer than a step.

A thread for each step (`threading.Timer`) would cost milliseconds where all processors
are busy, because whoever starts a thread waits until it runs.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

POLL_SECONDS = 0.1
IDLE_POLLS = 50  # without a step, after which the thread ends
FIRST_NOTE = 60.0  # of a step, after which it is told that it goes on [s]


class _Step(NamedTuple):
    name: str
    seconds: float
    begin: float  # of time.monotonic [s]


class Watch:
    """Calls a function about a step that takes too long; one step at a time.

    Parameters
    ----------
    late : callable
        Called as late(step, seconds), on another thread.
    poll : callable
        Called on that thread every `POLL_SECONDS` of a step.
    slow : callable
        Called on that thread as slow(step, seconds so far) after `FIRST_NOTE`, after
        twice this time, four times, and so on.
    """

    def __init__(
        self,
        late: Callable[[str, float], object],
        poll: Callable[[], object] = lambda: None,
        slow: Callable[[str, float], object] = lambda step, seconds: None,
    ) -> None:
        self._late = late
        self._poll_step = poll
        self._slow = slow
        self._next_note = FIRST_NOTE  # of the step
        self._lock = threading.Lock()
        self._step: _Step | None = None
        self._is_running = False

    @contextlib.contextmanager
    def over(self, step: str, seconds: float) -> Iterator[None]:
        """Watch a step, which may take so many seconds."""
        try:
            with self._lock:
                self._step = _Step(step, seconds, time.monotonic())
                self._next_note = FIRST_NOTE
                if not self._is_running:
                    threading.Thread(target=self._poll, daemon=True).start()
                    self._is_running = True
            yield
        finally:
            with self._lock:
                self._step = None

    def _poll(self) -> None:
        n_idle = 0
        while n_idle < IDLE_POLLS:
            time.sleep(POLL_SECONDS)
            with self._lock:
                step = self._step
                n_idle = 0 if step else n_idle + 1
                self._is_running = n_idle < IDLE_POLLS
                if not step:
                    continue
                self._poll_step()
                so_far = time.monotonic() - step.begin
                # Under the lock: the step has not ended in time meanwhile.
                if so_far > step.seconds:
                    self._is_running = False
                    self._late(step.name, step.seconds)
                    return
                if so_far > self._next_note:
                    self._slow(step.name, so_far)
                    self._next_note *= 2
