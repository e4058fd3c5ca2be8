"""Signals that wait until the program is ready for them, or arrive while it is in C."""

import signal
import threading

import pytest
from helpers import posix_only

from w2vfast.errors import Terminated
from w2vfast.system.signals import HeardSignals, WaitingSignals, terminate

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


def test_a_signal_that_another_process_got_acts_as_well(handler):
    with WaitingSignals(NAMES) as signals:
        for _ in range(2):
            with pytest.raises(Arrived):
                signals.act("SIGTERM")
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


# ---- signals while the main thread is in C -------------------------------------------


@pytest.fixture
def ctrl_c():
    """Let Ctrl-C raise KeyboardInterrupt, which it may not in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def raised(number, heard):
    """Raise a signal in the block; return what the handler raises."""
    with pytest.raises(KeyboardInterrupt) as caught, heard:
        signal.raise_signal(number)
    return type(caught.value)


@pytest.mark.usefixtures("ctrl_c")
def test_what_handlers_will_raise_is_heard():
    signals = HeardSignals()
    assert raised(signal.SIGINT, signals.heard()) is KeyboardInterrupt
    before = signal.signal(signal.SIGTERM, terminate)
    try:
        assert raised(signal.SIGTERM, signals.heard()) is Terminated
        assert [type(end) for end in signals.ends()] == [Terminated]
    finally:
        signal.signal(signal.SIGTERM, before)
    assert signals.ends() == []


@pytest.mark.usefixtures("ctrl_c")
def test_a_signal_that_waits_and_one_before_the_block_are_not_heard(handler):
    signals = HeardSignals()
    with WaitingSignals(["SIGTERM"]) as waiting, signals.heard():
        signal.raise_signal(signal.SIGTERM)
        assert signals.ends() == []
        waiting.forget("SIGTERM")
    assert raised(signal.SIGINT, signals.heard()) is KeyboardInterrupt
    with signals.heard():
        assert signals.ends() == []


def test_signals_are_left_to_another_part_that_is_told_of_them():
    import socket

    own, theirs = socket.socketpair()
    with own, theirs:
        theirs.setblocking(False)
        before = signal.set_wakeup_fd(theirs.fileno())
        try:
            with HeardSignals().heard():
                assert signal.set_wakeup_fd(theirs.fileno()) == theirs.fileno()
        finally:
            assert signal.set_wakeup_fd(before) == theirs.fileno()
