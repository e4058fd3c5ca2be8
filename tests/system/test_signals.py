"""Signals that wait until the program is ready for them."""

import signal
import threading

import pytest
from helpers import posix_only

from w2vfast.system.signals import WaitingSignals

pytestmark = posix_only


class Arrived(Exception):
    """Raised by the handler of a program."""


@pytest.fixture(autouse=True)
def handler():
    def arrive(number, frame):
        raise Arrived

    before = {name: signal.getsignal(getattr(signal, name)) for name in NAMES}
    for name in NAMES:
        signal.signal(getattr(signal, name), arrive)
    yield arrive
    for name, what in before.items():
        signal.signal(getattr(signal, name), what)


NAMES = ("SIGTERM", "SIGUSR1")


def test_a_signal_is_noted_and_obeyed_later(handler):
    with WaitingSignals([*NAMES, "SIGNOTHERE"]) as signals:
        assert not signals.has("SIGTERM")
        signal.raise_signal(signal.SIGTERM)
        assert signals.has("SIGTERM")
        assert not signals.has("SIGUSR1")
        assert not signals.has("SIGNOTHERE")
        with pytest.raises(Arrived):
            signals.obey("SIGTERM")
        assert not signals.has("SIGTERM")
        signals.obey("SIGTERM")
        signals.obey("SIGNOTHERE")
    assert signal.getsignal(signal.SIGTERM) is handler


def test_a_signal_can_be_forgotten_and_noted_again():
    with WaitingSignals(NAMES) as signals:
        for _ in range(2):
            signal.raise_signal(signal.SIGUSR1)
            assert signals.has("SIGUSR1")
            signals.forget("SIGUSR1")
            assert not signals.has("SIGUSR1")


def test_a_second_sigterm_is_urgent_and_a_second_sigusr1_is_not():
    with WaitingSignals(NAMES):
        for _ in range(2):
            signal.raise_signal(signal.SIGUSR1)
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(Arrived):
            signal.raise_signal(signal.SIGTERM)


def test_a_second_sigterm_acts_once():
    """A handler that returns would see one that is obeyed again at the end."""
    arrived = []
    signal.signal(signal.SIGTERM, lambda number, frame: arrived.append(number))
    with WaitingSignals(NAMES):
        for _ in range(2):
            signal.raise_signal(signal.SIGTERM)
        assert len(arrived) == 1
    assert len(arrived) == 1


@pytest.mark.parametrize("error", [False, True])
def test_a_sigterm_that_nobody_answered_acts_at_the_end(error):
    def leave_unanswered():
        with WaitingSignals(NAMES):
            signal.raise_signal(signal.SIGUSR1)
            signal.raise_signal(signal.SIGTERM)
            if error:
                raise ValueError

    with pytest.raises(Arrived):
        leave_unanswered()


def test_another_thread_changes_no_handler(handler):
    found = []

    def run():
        with WaitingSignals(NAMES) as signals:
            found.append(signal.getsignal(signal.SIGTERM))
            found.append(signals.has("SIGTERM"))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert found == [handler, False]
