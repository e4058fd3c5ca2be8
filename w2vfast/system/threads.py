"""Run one job on several threads, report its progress, and stop it together."""

from __future__ import annotations

import functools
import mmap
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from queue import SimpleQueue
from typing import Any

Report = Callable[[int, int | None], None]

POLL_SECONDS = 0.1
# How long an error or interrupt waits for threads that may be blocked in a read.
LEAVE_SECONDS = 0.5
_FREE_BYTES = 1 << 22  # for the first objects of a thread


class Threads:
    """Daemon threads that wait for work; each is started when it has some to do.

    They live over several jobs: whoever starts a thread waits until it runs, which
    takes longer than to wake one.  At the end of a ``with`` block all of them end.
    """

    def __init__(self) -> None:
        self._threads: list[threading.Thread] = []
        self._queues: list[SimpleQueue[Callable[[], object] | None]] = []

    def __enter__(self) -> Threads:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def call(self, k: int, work: Callable[[], object]) -> None:
        """Let thread k call `work`, after what it has to do already.

        Raises
        ------
        MemoryError
            As of `start_thread`; thread k is then still new.
        """
        if k == len(self._threads):
            queue: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
            queue.put(work)
            thread = threading.Thread(target=_serve, args=(queue,), daemon=True)
            # In this order, so that an interrupt leaves no thread that waits for ever.
            self._queues[k:] = [queue]
            start_thread(thread)
            self._threads.append(thread)
        else:
            self._queues[k].put(work)

    def end(self, seconds: float | None = None) -> None:
        """Let all threads end; wait for that, at most `seconds` in all if given."""
        for queue in self._queues:
            queue.put(None)
        limit = None if seconds is None else time.monotonic() + seconds
        for thread in self._threads:
            left = None if limit is None else max(0.0, limit - time.monotonic())
            thread.join(left)


def _serve(queue: SimpleQueue[Callable[[], object] | None]) -> None:
    """Do the work of a queue until there is None."""
    while (work := queue.get()) is not None:
        work()
        del work  # what it holds is not kept until the next one


class ThreadGroup:
    """One job of several threads: each runs one task.

    Waiting relies on events, not on `Thread.join`: before Python 3.13, a join that a
    signal interrupts marks the thread as ended while it still runs.

    Parameters
    ----------
    tasks : sequence of callable
    on_error : callable
        Called with the error on the thread whose task raised it.
    """

    def __init__(
        self,
        tasks: Sequence[Callable[[], object]],
        on_error: Callable[[BaseException], object],
    ) -> None:
        self._tasks = tasks
        self._on_error = on_error
        self._begun = [threading.Event() for _ in tasks]
        self._ended = [threading.Event() for _ in tasks]
        self._n_started = 0

    def start(self, threads: Threads) -> None:
        """Start all tasks; some may already run if this is interrupted."""
        for k in range(len(self._tasks)):
            try:
                threads.call(k, functools.partial(self._run, k))
            except MemoryError as error:
                message = (
                    f"only {self._n_started} of {len(self._tasks)} threads could be "
                    f"started ({error}). Use fewer workers, or raise the limits of "
                    "the system (ulimit -u, ulimit -v)."
                )
                raise MemoryError(message) from error
            self._n_started += 1

    def wait(self, poll: Callable[[], object], seconds: float = POLL_SECONDS) -> None:
        """Wait for all tasks; call `poll` every so many seconds."""
        for ended in self._ended:
            while not ended.wait(seconds):
                poll()

    def wait_uninterrupted(self) -> None:
        """Wait for the tasks that have begun; ignore interrupts meanwhile."""
        for k, (begun, ended) in enumerate(zip(self._begun, self._ended, strict=True)):
            if k > self._n_started:
                break  # no thread was asked to run it
            while True:
                try:
                    # A thread that was being started when an interrupt arrived may
                    # begin a little later.
                    if k < self._n_started or begun.wait(POLL_SECONDS):
                        ended.wait()
                    break
                except KeyboardInterrupt:
                    continue

    def _run(self, k: int) -> None:
        self._begun[k].set()
        try:
            self._tasks[k]()
        except BaseException as error:
            self._on_error(error)
        finally:
            self._ended[k].set()


def start_thread(thread: threading.Thread) -> None:
    """Start a thread.

    Raises
    ------
    MemoryError
        If the system allows no more threads, or there is no memory for one.
        `Thread.start` alone would wait for ever for a thread that finds no memory
        before it runs.
    """
    try:
        mmap.mmap(-1, _FREE_BYTES).close()
        thread.start()
    except OSError as error:
        message = "no memory for a new thread"
        raise MemoryError(message) from error
    except RuntimeError as error:
        raise MemoryError(str(error)) from error


def run_threads(
    tasks: Sequence[Callable[[], object]],
    stop: Callable[[], object],
    report: Callable[[], object],
    seconds: float = POLL_SECONDS,
    threads: Threads | None = None,
) -> None:
    """Run each task on its own thread and wait for all of them.

    Parameters
    ----------
    tasks : sequence of callable
        Must return soon after `stop` was called.
    stop : callable
        Called after an error or an interrupt, on any thread.
    report : callable
        Called on this thread every so many seconds.
    seconds : float, default 0.1
    threads : Threads, optional
        What runs the tasks; None: threads that end with them.

    Raises
    ------
    BaseException
        The first error of a task, or the interrupt of this thread, such as
        KeyboardInterrupt.  All tasks have ended by then.
    """
    errors: list[BaseException] = []

    def fail(error: BaseException) -> None:
        errors.append(error)
        stop()

    group = ThreadGroup(tasks, fail)
    with Threads() if threads is None else nullcontext(threads) as team:
        try:
            group.start(team)
            group.wait(report, seconds)
        except BaseException:
            stop()
            group.wait_uninterrupted()
            raise
    if errors:
        raise errors[0]


class Stopped(Exception):
    """Ends a helper's work after an error or interrupt on another thread."""


class Crew:
    """The calling thread and its helpers, which work together on one job at a time.

    Differs from `run_threads`: the calling thread works too, and the work itself
    polls, so that it may stop in the middle.

    Parameters
    ----------
    size : int
        Threads, the calling one included.
    report : callable, optional
        Called with (done, total) on the calling thread, about ten times a second.
    total : int or None
        Value of `done` at the end.
    """

    def __init__(self, size: int, report: Report | None, total: int | None) -> None:
        self.size = size
        self.done = 0
        self._total = total
        self._report = report
        self._next_call = 0.0
        self._owner = threading.get_ident()
        self._stop = threading.Event()
        self._error: BaseException | None = None

    def run(self, work: Callable[[int], None]) -> None:
        """Call work(k) for each k below `size`, each on its own thread.

        A thread's error stops the others, whose `poll` raises, and is raised here; so
        does an interrupt.  A helper that is blocked in a read is then not waited for.
        """
        tasks = [functools.partial(work, k) for k in range(1, self.size)]
        helpers, threads = ThreadGroup(tasks, self._fail), Threads()
        try:
            helpers.start(threads)
            work(0)
            helpers.wait(self.poll)
            self.poll()
        except BaseException:
            self._stop.set()
            threads.end(LEAVE_SECONDS)
            raise
        threads.end()

    def poll(self) -> None:
        """Report progress, or raise if the job has failed; work calls it often."""
        if threading.get_ident() != self._owner:
            if self._stop.is_set():
                raise Stopped
            return
        if self._error is not None:
            raise self._error
        now = time.monotonic()
        if self._report is not None and now >= self._next_call:
            self._next_call = now + POLL_SECONDS
            self._report(self.done, self._total)

    def finish(self) -> None:
        """Report the end of the job."""
        if self._report is not None:
            self._report(self.done, self._total)

    def counted(self, members: Iterable[Any]) -> Iterator[Any]:
        """Yield members; those that were used are what is done."""
        for done, member in enumerate(members, 1):
            yield member
            self.done = done

    @contextmanager
    def locked(self, lock: threading.Lock) -> Iterator[None]:
        """Hold `lock`; poll while waiting for it."""
        while not lock.acquire(timeout=POLL_SECONDS):
            self.poll()
        try:
            yield
        finally:
            lock.release()

    def _fail(self, error: BaseException) -> None:
        if not isinstance(error, Stopped):
            self._error = self._error or error
            self._stop.set()
