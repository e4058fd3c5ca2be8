"""Progress bars on standard error."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any


def say(shown: bool, text: str) -> None:
    """Write a line where the bars are, if they are shown."""
    if shown and sys.stderr is not None:
        with contextlib.suppress(OSError):  # nobody may be listening any more
            sys.stderr.write(f"{text}\n")


class ProgressBar:
    """A tqdm bar, or nothing at all.

    Parameters
    ----------
    shown : bool
    total : int or None
        Units in all, None if not known.
    unit : str
        Name of a unit, as in ``words/s``.
    """

    def __init__(self, shown: bool, total: int | None, unit: str) -> None:
        self._bar: Any = None
        if shown:
            from tqdm.auto import tqdm  # only here: its import takes time

            self._bar = tqdm(
                total=total, unit=f" {unit}", unit_scale=True, dynamic_ncols=True
            )

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def show(self, done: int, text: str = "", total: int | None = None) -> None:
        """Move the bar to `done` units and put `text` before it."""
        if self._bar is None:
            return
        if total is not None:
            self._bar.total = total
        if text:
            self._bar.set_description_str(text, refresh=False)
        self._bar.update(done - self._bar.n)


class PhaseBars:
    """A bar for each phase of a run, one after the other.

    Parameters
    ----------
    shown : bool
    """

    def __init__(self, shown: bool) -> None:
        self._shown = shown
        self._phase = ""
        self._bar = ProgressBar(False, None, "")

    def __enter__(self) -> PhaseBars:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.__exit__(kind, error, trace)

    def phase(self, text: str, unit: str) -> Callable[[int, int | None], None]:
        """Return a phase's progress function; its bar comes with the first call."""

        def show(done: int, total: int | None) -> None:
            if self._phase != text:
                self._bar.__exit__(None, None, None)
                self._phase = text
                self._bar = ProgressBar(self._shown, total, unit)
            self._bar.show(done, text, total)

        return show
