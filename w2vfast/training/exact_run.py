"""A run of exact mode: the C program's only thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from w2vfast import _core
from w2vfast.errors import Name, Setting, SettingsWarning, warn
from w2vfast.training.kernel_objects import kernel_model, kernel_options
from w2vfast.training.position import restore_counters
from w2vfast.training.spans import even_spans

if TYPE_CHECKING:
    from w2vfast.training.position import Position, WorkerState
    from w2vfast.training.run_input import RunInput


class ExactRun:
    """One worker that reads the ids in order; see `FastRun` for the methods.

    Parameters
    ----------
    given : RunInput

    Warns
    -----
    SettingsWarning
        If there are more ids than `train_words`, or, at the end of an epoch, vectors
        that are not finite.
    """

    def __init__(self, given: RunInput) -> None:
        ids, p, train_words = given.ids, given.params, given.train_words
        _warn_if_cut(train_words, len(ids))
        self._weights = given.weights
        self._ids = ids
        self._is_finite = True
        self._starts = even_spans(ids, p.max_sentence_length)
        model = kernel_model(given.weights, given.tables, p.vector_size)
        options = kernel_options(p, len(ids))
        self._worker = _core.ExactWorker(
            model, options, p.start_alpha, p.epochs, train_words
        )
        # The C program trains once.  A second training starts the generator as C's
        # thread of this number does, so that it draws other numbers than the first.
        self._worker.restore(**{**self._worker.state, "random": given.epochs_before})

    @property
    def counters(self) -> list[_core.Counters]:
        """What the worker has done so far."""
        return [self._worker.counters]

    @property
    def summary(self) -> str:
        """How many workers trained: one, as all of C's results are defined by it."""
        return "1 thread"

    def spans(self, epoch: int) -> NDArray[np.int64]:
        """Return the offsets of an epoch's spans, which serve to tell where it ends."""
        del epoch
        return self._starts

    def tasks(self, epoch: int, queue: _core.SpanQueue) -> list[Callable[[], object]]:
        """Return what the only thread calls; the queue serves to stop it."""
        del epoch  # the worker's state carries over
        return [lambda: self._worker.train_epoch(self._ids, queue)]

    def stop(self, queue: _core.SpanQueue) -> None:
        """Let the thread return soon; may be called on any."""
        queue.stop()

    @property
    def state(self) -> WorkerState:
        """Where the worker is in the text, and its random numbers and alpha."""
        return self._worker.state

    @property
    def arrays(self) -> dict[str, NDArray[Any]]:
        """Arrays besides the weights that a run needs to go on: none."""
        return {}

    def restore(
        self,
        position: Position,
        starts: NDArray[np.int64],
        arrays: Mapping[str, NDArray[Any]],
    ) -> None:
        """Go on from where another run stood."""
        del arrays
        self._starts = starts
        restore_counters(self._worker.counters, position)
        self._worker.restore(**position.worker)  # type: ignore[arg-type]

    def reported_alpha(self, epoch: float) -> float:
        """Return the present learning rate."""
        del epoch
        return self._worker.alpha

    def check(self, epoch: int) -> None:
        """Warn, once, if a vector is not finite; the C program accepts any."""
        name = self._weights.first_non_finite() if self._is_finite else None
        if name is not None:
            self._is_finite = False
            message = (
                f"{name} became non-finite in epoch {epoch + 1}. As in the C program, "
                "training goes on. Lower ",
                *(Name("alpha"), "."),
            )
            warn(SettingsWarning(message))


def _warn_if_cut(train_words: int, n_ids: int) -> None:
    if n_ids > train_words:
        message = (
            f"the counts of the vocabulary add up to {train_words}, but the text has "
            f"{n_ids} of its words and sentence ends: as in the C program, an epoch "
            f"ends after {train_words}. Count the words of this text, or use ",
            *(Setting("mode", "fast"), ", to train on all of it."),
        )
        warn(SettingsWarning(message))
