"""Steps that take too long are noticed."""

import threading
import time
from types import SimpleNamespace

import pytest

from w2vfast.distributed import watch
from w2vfast.distributed.watch import Watch


@pytest.fixture
def threads(monkeypatch):
    """The threads that watches have started; they poll often and end soon."""
    found = []

    def started(**options):
        found.append(threading.Thread(**options))
        return found[-1]

    known = SimpleNamespace(Lock=threading.Lock, Thread=started)
    monkeypatch.setattr(watch, "threading", known)
    monkeypatch.setattr(watch, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(watch, "IDLE_POLLS", 3)
    return found


def waited(is_so):
    end = time.monotonic() + 20
    while not is_so() and time.monotonic() < end:
        time.sleep(0.005)
    return is_so()


def test_a_step_that_takes_too_long_is_noticed(threads):
    late = []
    with Watch(lambda *step: late.append(step)).over("a merge", 0.05):
        assert waited(lambda: late)
    assert late == [("a merge", 0.05)]


def test_a_step_that_goes_on_is_told_more_and_more_rarely(threads, monkeypatch):
    monkeypatch.setattr(watch, "FIRST_NOTE", 0.1)
    told = []
    watched = Watch(print, slow=lambda *step: told.append(step))
    for name in ("a merge", "the end"):
        with watched.over(name, 20):
            assert waited(lambda: len(told) == 2)
        assert [step for step, _ in told] == [name] * 2
        assert 0.1 < told[0][1] <= 0.2 < told[1][1]
        told.clear()


def test_steps_that_end_in_time_are_not_noticed_and_share_one_thread(
    threads, monkeypatch
):
    monkeypatch.setattr(watch, "IDLE_POLLS", 1000)
    late = []
    watched = Watch(lambda *step: late.append(step))
    for step in range(30):
        with watched.over(str(step), 20):
            time.sleep(0.01)
    assert not late
    assert len(threads) == 1


def test_the_thread_ends_without_steps_and_another_one_starts(threads):
    late = []
    watched = Watch(lambda *step: late.append(step))
    with watched.over("first", 20):
        time.sleep(0.1)
        assert threads[0].is_alive()
    assert waited(lambda: not threads[0].is_alive())
    with watched.over("second", 0.02):
        assert waited(lambda: late)
    assert late == [("second", 0.02)]
    assert len(threads) == 2


def test_steps_are_watched_after_a_thread_could_not_start(threads, monkeypatch):
    def refuse():
        raise RuntimeError("can't start new thread")

    late = []
    watched = Watch(lambda *step: late.append(step))
    working = watch.threading.Thread
    monkeypatch.setattr(
        watch.threading, "Thread", lambda **options: SimpleNamespace(start=refuse)
    )
    with pytest.raises(RuntimeError, match="new thread"), watched.over("first", 20):
        pass
    monkeypatch.setattr(watch.threading, "Thread", working)
    with watched.over("second", 0.02):
        assert waited(lambda: late)
    assert late == [("second", 0.02)]


def test_each_step_is_polled(threads):
    polls = []
    with Watch(lambda *_: None, lambda: polls.append(1)).over("a merge", 20):
        assert waited(lambda: len(polls) > 2)
