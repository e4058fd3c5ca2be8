"""Signals that wait until the program is ready, and signals while it is in C."""

from __future__ import annotations

import atexit
import contextlib
import functools
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

from w2vfast.errors import Terminated

if TYPE_CHECKING:
    import socket


def terminate(*_: object) -> NoReturn:
    """Raise Terminated; a handler of SIGTERM."""
    raise Terminated


class WaitingSignals:
    """Notes some signals while a block runs, instead of what they would do.

    Python calls handlers on the main thread only, so on any other thread, and for a
    signal whose handler Python cannot restore, nothing is noted or changed.

    Parameters
    ----------
    names : sequence of str
        Such as "SIGTERM"; those that the system does not have are ignored.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._before: dict[int, Callable[[int, FrameType | None], Any] | int] = {}
        self._noted: set[int] = set()

    def __enter__(self) -> WaitingSignals:
        if threading.current_thread() is not threading.main_thread():
            return self
        for name in self._names:
            number = getattr(signal, name, None)
            before = None if number is None else signal.getsignal(number)
            if number is not None and before is not None:
                self._before[number] = before
                signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number in list(self._before):
            self._restore(number)
        self.obey("SIGTERM")

    def has(self, name: str) -> bool:
        """Whether a signal has arrived since it was last obeyed or forgotten."""
        return getattr(signal, name, None) in self._noted

    def forget(self, name: str) -> None:
        """Take a signal as answered."""
        self._noted.discard(getattr(signal, name, 0))

    def obey(self, name: str) -> None:
        """Let a signal that has arrived do what it would have done at once."""
        if self.has(name):
            self.act(name)

    def act(self, name: str) -> None:
        """Let a signal do what it would have done, also if another process got it."""
        number = getattr(signal, name)
        self._noted.discard(number)
        self._restore(number)
        signal.raise_signal(number)

    def _note(self, number: int, frame: FrameType | None) -> None:
        del frame
        if number == signal.SIGTERM and self.has("SIGTERM"):
            self.obey("SIGTERM")  # it is urgent
        else:
            self._noted.add(number)

    def _restore(self, number: int) -> None:
        before = self._before.pop(number, None)
        if before is not None:
            signal.signal(number, before)


class HeardSignals:
    """Signals that another thread hears of while the main thread is in C.

    Python calls no handler there.  Nothing is heard if another part of the program is
    told of signals in the same way.
    """

    @contextlib.contextmanager
    def heard(self) -> Iterator[None]:
        """Let `ends` hear of the signals that arrive during the block."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        self.ends()  # what arrived before
        own = _sockets()[1].fileno()
        before = signal.set_wakeup_fd(own, warn_on_full_buffer=False)
        if before != -1:
            signal.set_wakeup_fd(before)
        try:
            yield
        finally:
            if before == -1:
                signal.set_wakeup_fd(-1)

    def ends(self) -> list[BaseException]:
        """Return what handlers will raise for the signals since the last call."""
        with contextlib.suppress(BlockingIOError):
            return [
                _RAISED[handler]()
                for handler in map(signal.getsignal, _sockets()[0].recv(256))
                if handler in _RAISED
            ]
        return []


_RAISED: dict[Any, type[BaseException]] = {
    signal.default_int_handler: KeyboardInterrupt,
    terminate: Terminated,
}


@functools.cache
def _sockets() -> tuple[socket.socket, socket.socket]:
    """Return where bytes arrive, and where C writes the numbers of signals."""
    import socket  # takes milliseconds, which a program without ranks need not wait

    pair = socket.socketpair()
    for end in pair:
        end.setblocking(False)
        atexit.register(end.close)
    return pair
