"""A run of exact mode: the C program's only thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from w2vfast import _core
from w2vfast.errors import Name, Setting, SettingsWarning, warn
from w2vfast.training.kernel_objects import kernel_options
from w2vfast.training.position import restore_counters
from w2vfast.training.spans import even_spans

if TYPE_CHECKING:
    from w2vfast.params import TrainParams
    from w2vfast.training.position import Position, WorkerState
    from w2vfast.training.weights import Weights


class ExactRun:
    """One worker that reads the ids in order; see `FastRun` for the methods.

    Parameters
    ----------
    model : _core.Model
        INOUT; of `weights`.
    weights : Weights
    ids : ndarray of int32, shape (N,)
    params : TrainParams
    train_words : int
        Ids after which an epoch ends, and over which alpha falls.

    Warns
    -----
    SettingsWarning
        If there are more ids than that, or, at the end of an epoch, vectors that are
        not finite.
    """

    def __init__(
        self,
        model: _core.Model,
        weights: Weights,
        ids: NDArray[np.int32],
        params: TrainParams,
        train_words: int,
    ) -> None:
        _warn_if_cut(train_words, len(ids))
        options = kernel_options(params, len(ids))
        self._weights = weights
        self._ids = ids
        self._is_finite = True
        self._starts = even_spans(ids, params.max_sentence_length)
        self._worker = _core.ExactWorker(
            model, options, params.start_alpha, params.epochs, train_words
        )

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
