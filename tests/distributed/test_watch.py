"""Steps that take too long are noticed."""

import threading
import time

import pytest

from w2vfast.distributed import watch
from w2vfast.distributed.watch import Watch


@pytest.fixture(autouse=True)
def short_polls(monkeypatch):
    monkeypatch.setattr(watch, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(watch, "IDLE_POLLS", 3)


def waited(is_so):
    end = time.monotonic() + 20
    while not is_so() and time.monotonic() < end:
        time.sleep(0.005)
    return is_so()


def test_a_step_that_takes_too_long_is_noticed():
    late = []
    with Watch(lambda *step: late.append(step)).over("a merge", 0.05):
        assert waited(lambda: late)
    assert late == [("a merge", 0.05)]


def test_steps_that_end_in_time_are_not_noticed_and_share_one_thread():
    late, n_before = [], threading.active_count()
    watched = Watch(lambda *step: late.append(step))
    for step in range(100):
        with watched.over(str(step), 0.5):
            time.sleep(0.01)
            assert threading.active_count() == n_before + 1
    assert not late


def test_the_thread_ends_without_steps_and_starts_again():
    late, n_before = [], threading.active_count()
    watched = Watch(lambda *step: late.append(step))
    for name in ("first", "second"):
        with watched.over(name, 20):
            assert threading.active_count() == n_before + 1
        assert waited(lambda: threading.active_count() == n_before)
    with watched.over("third", 0.02):
        assert waited(lambda: late)
    assert late == [("third", 0.02)]
