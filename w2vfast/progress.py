"""Progress bars on standard error."""

from __future__ import annotations

from types import TracebackType
from typing import Any


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
