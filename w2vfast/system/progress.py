"""Progress of long work: a bar on a terminal or in a notebook, log lines elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from w2vfast.system.log import logger

LOG_SECONDS = 30.0  # at least, between two log lines


class _Display(Protocol):
    def show(self, done: int, text: str, total: int | None) -> None: ...

    def close(self) -> None: ...


class ProgressBar:
    """The progress of one phase of work.

    Parameters
    ----------
    progress : bool or None
        True shows a bar on standard error, False nothing.  None shows a bar if
        standard error is a terminal or in a notebook.  Elsewhere, and where standard
        error cannot be written, it logs a line (level INFO) at most every 30 s and one
        at the end.
    total : int or None
        Units in all, None if not known.
    unit : str
        Name of a unit, as in ``words/s``.
    """

    def __init__(self, progress: bool | None, total: int | None, unit: str) -> None:
        self._display: _Display | None = None
        self._lines = _LogLines(total, unit)
        is_wanted = progress or (progress is None and is_interactive())
        if progress is not False:
            self._display = self._lines
        if is_wanted and _has_stderr():
            with self._or_log_lines():
                self._display = _Bar(total, unit)

    @contextlib.contextmanager
    def _or_log_lines(self) -> Iterator[None]:
        """Go on with log lines if standard error cannot be written."""
        try:
            yield
        # A closed or full one, or an object of the program that has no `write`.
        except (OSError, ValueError, AttributeError):
            self._display = self._lines

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def show(self, done: int, text: str = "", total: int | None = None) -> None:
        """Report `done` units in all; `text` names the work, `total` sets the total."""
        if self._display is not None:
            with self._or_log_lines():
                self._display.show(done, text, total)

    def close(self) -> None:
        """Remove the display's hold on the terminal, or log the last state."""
        if self._display is not None:
            with self._or_log_lines():
                self._display.close()
            self._display = None


def is_interactive() -> bool:
    """Tell whether somebody watches: a terminal on standard error, or a notebook."""
    # A program may have replaced standard error by an object with `write` only, or
    # closed it.
    with contextlib.suppress(AttributeError, ValueError):
        if sys.stderr.isatty():
            return True
    # A notebook has loaded IPython; a plain program need not.
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return shell is not None and "IPKernelApp" in shell.config


def _has_stderr() -> bool:
    """Tell whether a bar can be written: pythonw and services have no such stream."""
    return sys.stderr is not None and not getattr(sys.stderr, "closed", False)


class _Bar:
    def __init__(self, total: int | None, unit: str) -> None:
        from tqdm.auto import tqdm  # only here: its import takes time

        self._bar: Any = tqdm(
            total=total, unit=f" {unit}", unit_scale=True, dynamic_ncols=True
        )

    def show(self, done: int, text: str, total: int | None) -> None:
        if total is not None:
            self._bar.total = total
        if text:
            self._bar.set_description_str(text, refresh=False)
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        self._bar.close()


class _LogLines:
    def __init__(self, total: int | None, unit: str) -> None:
        self._total, self._unit = total, unit
        self._done, self._text = 0, ""
        self._begun = self._last_line = time.monotonic()
        self._is_logged = True  # there is nothing to report yet

    def show(self, done: int, text: str, total: int | None) -> None:
        self._done, self._text = done, text or self._text
        self._total = self._total if total is None else total
        self._is_logged = False
        if time.monotonic() - self._last_line >= LOG_SECONDS:
            self._log()

    def close(self) -> None:
        if not self._is_logged:
            self._log()

    def _log(self) -> None:
        self._last_line = time.monotonic()
        self._is_logged = True
        seconds = max(self._last_line - self._begun, 1e-9)
        share = f" ({self._done / self._total:.0%})" if self._total else ""
        logger.info(
            "%s: %s %s%s, %s %s/s",
            self._text or "progress",
            f"{self._done:,}",
            self._unit,
            share,
            f"{self._done / seconds:,.0f}",
            self._unit,
        )


class PhaseBars:
    """A `ProgressBar` for each phase of a run, one after the other.

    Parameters
    ----------
    progress : bool or None
        As for `ProgressBar`.
    """

    def __init__(self, progress: bool | None) -> None:
        self._progress = progress
        self._phase = ""
        self._bar = ProgressBar(False, None, "")

    def __enter__(self) -> PhaseBars:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def phase(self, text: str, unit: str) -> Callable[[int, int | None], None]:
        """Return a phase's progress function; its bar appears at the first call."""

        def show(done: int, total: int | None) -> None:
            if self._phase != text:
                self._bar.close()
                self._phase = text
                self._bar = ProgressBar(self._progress, total, unit)
            self._bar.show(done, text, total)

        return show
