"""Where a run stands between two spans, and who is told when it pauses there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from w2vfast import _core
from w2vfast.training.history import Losses, Sample

WorkerState = dict[str, int | float]
NEVER = 2**62  # ids, more than any run visits


@dataclass(frozen=True)
class Position:
    """All that a run needs besides its weights, texts and settings to go on.

    No worker is inside a span, so that the spans before `next_span` are in the weights,
    and no part of any other is.

    Parameters
    ----------
    epoch : int
        Epochs of this run that are done.
    next_span : int
        Spans of this epoch that are done; exact mode, which does not take spans, 0.
    worker : dict
        Numbers of the mode's workers, from `FastRun.state` or `ExactRun.state`.
    ids : int
        Ids visited in all epochs of this run.
    losses : Losses
        Of all epochs of this run.
    ids_before, losses_before
        The same at the start of this epoch.
    seconds : float
        Since then, without the time in which nothing ran [s].
    samples : tuple of Sample
        Of this epoch.
    sample_stride : int
        Of the samples, `Timeline` keeps one in so many.
    """

    epoch: int
    next_span: int
    worker: WorkerState
    ids: int
    losses: Losses
    ids_before: int
    losses_before: Losses
    seconds: float
    samples: tuple[Sample, ...]
    sample_stride: int

    def is_within(self, n_epochs: int, n_ids: int) -> bool:
        """Whether a run of so many epochs may stand here; nothing is assumed.

        Parameters
        ----------
        n_epochs : int
        n_ids : int
            Of an epoch.
        """
        return (
            0 <= self.epoch <= n_epochs
            and 0 <= self.ids_before <= self.ids <= n_epochs * n_ids
            and self.next_span >= 0
            and self.sample_stride >= 1
        )


def restore_counters(counters: _core.Counters, position: Position) -> None:
    """Let one worker's counters have the sums of all workers of another run."""
    sums = position.losses
    counters.restore(position.ids, sums.predictions, sums.hs, sums.ns, sums.softmax)


class Pauses(Protocol):
    """Decides when a run pauses, and uses the pause."""

    def next_at(self, ids: int) -> int:
        """Return after how many ids of the run it is to pause.

        Parameters
        ----------
        ids : int
            Ids visited so far in all epochs; called about ten times a second.
        """

    def take(self, position: Position) -> None:
        """Use a pause: no worker runs until this returns."""

    def finish(self, position: Position) -> None:
        """Take note of the end of the run: its last epoch is done."""


class NoPauses:
    """A run that never pauses."""

    def next_at(self, ids: int) -> int:
        """Return a number of ids that no run reaches."""
        del ids
        return NEVER

    def take(self, position: Position) -> None:
        """Do nothing."""

    def finish(self, position: Position) -> None:
        """Do nothing."""
