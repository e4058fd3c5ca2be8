"""Messages of the package, through the standard `logging` module.

The logger is named "w2vfast".  It is silent unless the program configures logging, for
example by ``logging.basicConfig(level=logging.INFO)``; the command line uses
`lines_on_stderr`.
"""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Iterator

logger = logging.getLogger("w2vfast")
logger.addHandler(logging.NullHandler())


class _Lines(logging.Handler):
    """Write records as plain lines on the standard error of the moment."""

    def emit(self, record: logging.LogRecord) -> None:
        # The reader of a pipe may be gone ("2>&1 | head"), the stream may be closed,
        # and pythonw has no standard error.
        with contextlib.suppress(OSError, ValueError):
            if sys.stderr is not None:
                sys.stderr.write(f"{self.format(record)}\n")
                sys.stderr.flush()


@contextlib.contextmanager
def lines_on_stderr(level: int, prefixes: dict[int, str]) -> Iterator[None]:
    """Print the package's messages on standard error while the block runs.

    Parameters
    ----------
    level : int
        Messages below it are dropped, as in `logging`.
    prefixes : dict of int to str
        Text in front of the messages of a level.
    """

    class Prefixed(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            return prefixes.get(record.levelno, "") + record.getMessage()

    handler = _Lines()
    handler.setFormatter(Prefixed())
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(level)
    try:
        yield
    finally:
        logger.setLevel(before)
        logger.removeHandler(handler)
