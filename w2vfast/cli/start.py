"""The program `w2vfast`: answers Ctrl-C from the first moment, then runs `main`.

Imports as little as it can.  NumPy and others take a tenth of a second to import, in
which a `KeyboardInterrupt` would be a traceback, or be taken for another error.
"""

from __future__ import annotations

# The part of `signal` that is compiled: the other part takes 10 ms to import.
import _signal as signal  # type: ignore[import-not-found]
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

EXIT_INTERRUPTED = 130
_MESSAGE = "w2vfast: interrupted; no file was left half-written.\n"

_is_program = False  # not a function that another program calls


class Loading:
    """While the block imports modules, Ctrl-C ends the program at once.

    No file is being written then, and no thread runs.  Without effect in a program that
    calls `w2vfast.cli.main.main`, or that ignores or handles Ctrl-C.
    """

    def __enter__(self) -> None:
        self._is_active = (
            _is_program
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        )
        if self._is_active:
            signal.signal(signal.SIGINT, _end)

    def __exit__(self, *_: object) -> None:
        if self._is_active:
            signal.signal(signal.SIGINT, signal.default_int_handler)


def _end(number: int, frame: FrameType | None) -> None:
    os.write(2, _MESSAGE.encode())
    os._exit(EXIT_INTERRUPTED)


def main() -> int:
    """Run the program; return its exit status."""
    global _is_program
    _is_program = True
    try:
        with Loading():
            from w2vfast.cli.main import main as run
        _replace_unknown_characters()
        return run()
    except KeyboardInterrupt:  # outside of `run`, which handles its own
        os.write(2, _MESSAGE.encode())
        return EXIT_INTERRUPTED


def _replace_unknown_characters() -> None:
    r"""Print what a terminal does not know as escapes, such as ``\u6708``."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # None without a console
            stream.reconfigure(errors="backslashreplace")
