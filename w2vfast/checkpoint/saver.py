"""Write checkpoints of a run: when, from which copy, and what happens on failure."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from w2vfast.checkpoint.folder import CheckpointFolder
from w2vfast.checkpoint.identity import RunIdentity
from w2vfast.checkpoint.interval import Interval
from w2vfast.checkpoint.storage import Checkpoint
from w2vfast.errors import CheckpointWarning, warn
from w2vfast.system.leftovers import remove_unfinished
from w2vfast.system.log import logger
from w2vfast.system.resources import available_memory
from w2vfast.system.signals import WaitingSignals
from w2vfast.system.threads import start_thread
from w2vfast.training.history import EpochStats
from w2vfast.training.position import NEVER, Position

if TYPE_CHECKING:
    from w2vfast.training.weights import Weights

SIGNALS = ("SIGTERM", "SIGUSR1")
_ABANDON_SECONDS = 2.0  # for a write to find that its files are gone


class CheckpointedRun(Protocol):
    """A run that checkpoints are of, such as a `Trainer`; see there."""

    @property
    def weights(self) -> Weights: ...  # noqa: D102
    @property
    def starts(self) -> NDArray[np.int64]: ...  # noqa: D102
    @property
    def arrays(self) -> dict[str, NDArray[Any]]: ...  # noqa: D102
    @property
    def ids_done(self) -> int: ...  # noqa: D102
    @property
    def n_ids(self) -> int: ...  # noqa: D102
    @property
    def n_epochs(self) -> int: ...  # noqa: D102
    def can_stand_at(self, position: Position) -> bool: ...  # noqa: D102
    def restore(  # noqa: D102
        self,
        position: Position,
        starts: NDArray[np.int64],
        arrays: Mapping[str, NDArray[Any]],
    ) -> None: ...


class Saver:
    """Writes checkpoints of one run; the `Pauses` of its trainer.

    While the workers pause, the weights are copied; a thread writes the copy while they
    go on.  If there is no memory for a copy, or no thread can be started, the weights
    are written during the pause.

    Parameters
    ----------
    folder : CheckpointFolder
        In use by this process alone.
    interval : Interval
    run : RunIdentity
    trainer : CheckpointedRun
    history : list of EpochStats
        Of all epochs that are done; read at each checkpoint.
    signals : WaitingSignals
        Of `SIGNALS`: each brings a checkpoint; SIGTERM has its effect after it.
    is_finished : bool
        Nothing is left to train, and the last checkpoint says so.

    Attributes
    ----------
    signals : WaitingSignals
        As given.
    run : RunIdentity
        INOUT; what the next checkpoints are of.
    """

    def __init__(
        self,
        folder: CheckpointFolder,
        interval: Interval,
        run: RunIdentity,
        trainer: CheckpointedRun,
        history: Sequence[EpochStats],
        signals: WaitingSignals,
        is_finished: bool,
    ) -> None:
        self._folder = folder
        self._interval = interval
        self.run = run
        self._trainer = trainer
        self._history = history
        self.signals = signals
        self._is_finished = is_finished
        # Not `Thread.join`: interrupted, it takes the thread for ended.
        self._written = threading.Event()  # what was begun
        self._written.set()
        self._failure: Exception | None = None
        self._plan_next(trainer.ids_done)

    # ---- Pauses --------------------------------------------------------------------

    def next_at(self, ids: int) -> int:
        """Return after how many ids of the run a checkpoint is due."""
        self._warn_of_failure()
        if any(map(self.signals.has, SIGNALS)):
            return ids
        if self._interval.words is not None:
            return self._due_at
        is_due = time.monotonic() >= self._due_time and self._written.is_set()
        return ids if is_due else NEVER

    def take(self, position: Position) -> None:
        """Begin to write a checkpoint; after SIGTERM, write it and let that act."""
        self.save(position, at_once=self.signals.has("SIGTERM"))
        self.signals.forget("SIGUSR1")
        self.signals.obey("SIGTERM")

    def save(self, position: Position, *, at_once: bool) -> None:
        """Begin to write a checkpoint; if it is to be at once, write all of it."""
        self.wait()
        copy = None if at_once else _copied(self._weights())
        if copy is None or not self._begin(self._checkpoint(position, copy)):
            self._write(self._checkpoint(position, self._weights()))
            self._warn_of_failure()
        self._plan_next(position.ids)

    def finish(self, position: Position) -> None:
        """Write the last checkpoint, from which nothing is left to train."""
        self.wait()
        if not self._is_finished:
            self._write(self._checkpoint(position, self._weights(), finished=True))
            self._warn_of_failure()
        self.signals.obey("SIGTERM")

    # ---- writing -------------------------------------------------------------------

    def _begin(self, checkpoint: Checkpoint) -> bool:
        """Begin to write on another thread; return False if none can be started."""
        self._written = written = threading.Event()

        def write() -> None:
            try:
                self._write(checkpoint)
            finally:
                written.set()

        thread = threading.Thread(target=write, daemon=True)
        try:
            start_thread(thread)
        except MemoryError:
            written.set()
            return False
        except KeyboardInterrupt:
            if thread.ident is None:  # it never began
                written.set()
            raise
        return True

    def wait(self) -> None:
        """Wait until what was begun is written."""
        self._written.wait()
        self._warn_of_failure()

    def close(self) -> None:
        """Wait until what was begun is written; Ctrl-C meanwhile abandons it."""
        try:
            self.wait()
        except KeyboardInterrupt:
            self._abandon()
            raise

    def _abandon(self) -> None:
        # A thread cannot be ended, so its files are removed until it finds none.
        end, ended = time.monotonic() + _ABANDON_SECONDS, False
        while not ended and time.monotonic() < end:
            with contextlib.suppress(KeyboardInterrupt):  # a third one
                remove_unfinished(self._folder.path)
                ended = self._written.wait(0.01)

    def _plan_next(self, ids: int) -> None:
        seconds, words = self._interval
        self._due_time = time.monotonic() + (seconds or 0)
        self._due_at = ids + (words or 0)

    def _weights(self) -> dict[str, NDArray[np.float32]]:
        return {name: rows.vectors for name, rows in self._trainer.weights}

    def _checkpoint(
        self,
        position: Position,
        weights: Mapping[str, NDArray[np.float32]],
        finished: bool = False,
    ) -> Checkpoint:
        return Checkpoint(
            run=self.run,
            position=position,
            finished=finished,
            history=list(self._history),
            starts=self._trainer.starts,
            weights=weights,
            arrays=self._trainer.arrays,
        )

    def _write(self, checkpoint: Checkpoint) -> None:
        start = time.perf_counter()
        try:
            path = self._folder.add(checkpoint)
        # On its own thread: it is reported on that of the run.
        except Exception as error:
            self._failure = error
            return
        logger.info(
            "Checkpoint %s: %s tokens are done; written in %.1f s.",
            path,
            f"{checkpoint.position.ids:,}",
            time.perf_counter() - start,
        )

    def _warn_of_failure(self) -> None:
        failure, self._failure = self._failure, None
        if failure is not None:
            message = (
                f"a checkpoint could not be written: {failure}. Training goes on, the "
                f"checkpoints before it are kept, and the next one is tried when due."
            )
            warn(CheckpointWarning(message))


def _copied(
    weights: Mapping[str, NDArray[np.float32]],
) -> dict[str, NDArray[np.float32]] | None:
    """Copy matrices; None if there is no memory for it."""
    available = available_memory()
    size = sum(matrix.nbytes for matrix in weights.values())
    if available is not None and size > available:
        return None
    try:
        return {name: matrix.copy() for name, matrix in weights.items()}
    except MemoryError:
        return None
