"""Threads that share a job: errors, interrupts and progress."""

import errno
import os
import signal
import threading
import time
import weakref

import pytest
from helpers import posix_only

from w2vfast.system import threads as threads_module
from w2vfast.system.threads import Crew, Stopped, Threads, run_threads


def interrupt_soon():
    """Interrupt this process in 0.3 s, as Ctrl-C does."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # even if started with &
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()


# --- run_threads --------------------------------------------------------------------


def test_each_task_runs_once_on_its_own_thread():
    seen = []
    barrier = threading.Barrier(3, timeout=10)

    def task():
        barrier.wait()
        seen.append(threading.get_ident())

    run_threads([task] * 3, lambda: None, lambda: None)
    assert len(set(seen)) == 3
    assert threading.get_ident() not in seen


def test_an_error_of_a_task_stops_the_others_and_reaches_the_caller():
    stopped = threading.Event()

    def fail():
        message = "broken"
        raise ValueError(message)

    with pytest.raises(ValueError, match="broken"):
        run_threads([lambda: stopped.wait(30), fail], stopped.set, lambda: None)
    assert stopped.is_set()


def test_an_interrupt_stops_the_tasks_before_it_is_raised():
    stopped, ended = threading.Event(), []

    def work():
        stopped.wait(30)
        ended.append(True)

    def interrupt():
        raise KeyboardInterrupt

    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run_threads([work, work], stopped.set, interrupt)
    assert ended == [True, True]
    assert time.monotonic() - begun < 10


@posix_only
def test_an_interrupt_while_waiting_leaves_no_task_running():
    """An interrupted Thread.join would mark the running thread as ended."""
    stopped, ended = threading.Event(), []

    def work():
        stopped.wait(30)
        time.sleep(1)
        ended.append(True)

    interrupt_soon()
    with pytest.raises(KeyboardInterrupt):
        run_threads([work], stopped.set, lambda: None)
    assert ended == [True]


@posix_only
def test_a_second_interrupt_does_not_cut_the_wait_short():
    signal.signal(signal.SIGINT, signal.default_int_handler)
    stopped, ended = threading.Event(), []

    def work():
        stopped.wait(30)
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.5)
        ended.append(True)

    def interrupt():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_threads([work], stopped.set, interrupt)
    assert ended == [True]


def test_tasks_that_no_thread_could_be_started_for_are_not_waited_for(monkeypatch):
    stopped, start = threading.Event(), threads_module.start_thread
    numbers = iter(range(1000))

    def start_two(thread):
        if next(numbers) >= 2:
            raise MemoryError
        start(thread)

    monkeypatch.setattr(threads_module, "start_thread", start_two)
    begun = time.monotonic()
    with pytest.raises(MemoryError, match="only 2 of 200 threads"):
        run_threads([lambda: stopped.wait(30)] * 200, stopped.set, lambda: None)
    assert time.monotonic() - begun < 10


# --- Crew ---------------------------------------------------------------------------


def test_every_member_of_a_crew_works_once():
    seen = []
    crew = Crew(4, None, None)
    crew.run(seen.append)
    assert sorted(seen) == [0, 1, 2, 3]
    crew.run(seen.append)
    assert len(seen) == 8


@pytest.mark.parametrize("broken", [0, 2])
def test_an_error_of_one_member_stops_all_and_is_raised(broken):
    crew = Crew(3, None, None)
    before = threading.active_count()

    def work(k):
        if k == broken:
            raise ZeroDivisionError
        limit = time.monotonic() + 30
        while time.monotonic() < limit:
            time.sleep(0.001)
            crew.poll()

    with pytest.raises(ZeroDivisionError):
        crew.run(work)
    assert threading.active_count() == before


def test_a_helper_is_told_to_stop_by_poll():
    crew, raised = Crew(2, None, None), []

    def work(k):
        if k == 0:
            raise ZeroDivisionError
        try:
            while True:
                crew.poll()
        except Stopped:
            raised.append(k)
            raise

    with pytest.raises(ZeroDivisionError):
        crew.run(work)
    assert raised == [1]


def test_a_blocked_helper_is_not_waited_for():
    release = threading.Event()
    crew = Crew(2, None, None)

    def work(k):
        if k == 0:
            raise ZeroDivisionError
        release.wait(30)

    begun = time.monotonic()
    with pytest.raises(ZeroDivisionError):
        crew.run(work)
    assert time.monotonic() - begun < 10
    release.set()


@posix_only
def test_an_interrupt_while_a_crew_waits_stops_its_helpers():
    crew, ended = Crew(2, None, None), threading.Event()

    def work(k):
        if k == 0:
            return
        try:
            while True:
                time.sleep(0.01)
                crew.poll()
        finally:
            ended.set()

    interrupt_soon()
    with pytest.raises(KeyboardInterrupt):
        crew.run(work)
    assert ended.is_set()


def test_progress_is_reported_on_the_calling_thread():
    calls = []

    def progress(done, total):
        assert threading.current_thread() is threading.main_thread()
        calls.append((done, total))

    crew = Crew(2, progress, 10)

    def work(k):
        if k == 1:
            time.sleep(0.3)
            crew.done = 10

    crew.run(work)
    crew.finish()
    assert calls[0] == (0, 10)
    assert calls[-1] == (10, 10)


def test_waiting_for_a_lock_polls():
    crew, lock = Crew(1, None, None), threading.Lock()
    polls = []
    crew.poll = lambda: polls.append(True) or lock.release()
    lock.acquire()
    with crew.locked(lock):
        assert lock.locked()
    assert polls == [True]
    assert not lock.locked()


# --- Threads ------------------------------------------------------------------------


def test_threads_live_over_several_jobs():
    seen = []
    both = threading.Barrier(2, timeout=10)

    def task():
        both.wait()
        seen.append(threading.get_ident())

    before = threading.active_count()
    with Threads() as lasting:
        for _ in range(3):
            run_threads([task, task], both.abort, lambda: None, 0.1, lasting)
        assert threading.active_count() == before + 2
    assert threading.active_count() == before
    assert len(seen) == 6
    assert len(set(seen)) == 2


def test_threads_are_left_for_another_job_after_an_error():
    def fail():
        message = "broken"
        raise ValueError(message)

    done = []
    with Threads() as lasting:
        with pytest.raises(ValueError, match="broken"):
            run_threads([fail, fail], lambda: None, lambda: None, 0.1, lasting)
        more = [lambda: done.append(True)] * 3
        run_threads(more, lambda: None, lambda: None, 0.1, lasting)
    assert done == [True] * 3


def test_threads_keep_nothing_of_what_they_have_done():
    class Work:
        def __call__(self):
            pass

    with Threads() as lasting:
        work = Work()
        gone = weakref.ref(work)
        run_threads([work], lambda: None, lambda: None, 0.1, lasting)
        del work
        limit = time.monotonic() + 10
        while gone() is not None and time.monotonic() < limit:
            time.sleep(0.001)
        assert gone() is None


@posix_only
def test_an_interrupt_ends_lasting_threads_after_their_tasks():
    stopped, ended = threading.Event(), []
    before = threading.active_count()

    def work():
        stopped.wait(30)
        time.sleep(0.3)
        ended.append(True)

    def interrupt():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), Threads() as lasting:
        run_threads([work] * 2, stopped.set, interrupt, 0.1, lasting)
    assert ended == [True, True]
    assert threading.active_count() == before


def test_a_bounded_end_comes_in_time():
    release, threads = threading.Event(), Threads()
    for k in range(2):
        threads.call(k, lambda: release.wait(30))
    begun = time.monotonic()
    threads.end(0.2)
    assert 0.2 <= time.monotonic() - begun < 5
    release.set()
    threads.end()


def test_too_little_memory_for_a_thread_is_a_memory_error(monkeypatch):
    def fail(_):
        message = "can't start new thread"
        raise RuntimeError(message)

    monkeypatch.setattr(threading.Thread, "start", fail)
    with pytest.raises(MemoryError, match=r"only 0 of 3 threads .* fewer workers"):
        run_threads([lambda: None] * 3, lambda: None, lambda: None)


def test_a_thread_is_not_started_without_memory_for_its_first_objects(monkeypatch):
    """`Thread.start` would wait for it for ever."""

    def no_memory(*_):
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    monkeypatch.setattr(threads_module.mmap, "mmap", no_memory)
    with pytest.raises(MemoryError, match=r"0 of 1 threads .*\(no memory for a new"):
        run_threads([lambda: None], lambda: None, lambda: None)
