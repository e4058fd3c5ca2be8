"""A run of fast mode whose result is the same for any number of workers."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from w2vfast import _core
from w2vfast.training import sampling
from w2vfast.training.fast_run import FastRun
from w2vfast.training.kernel_objects import kernel_options
from w2vfast.training.spans import SHARDS, plan_rounds

if TYPE_CHECKING:
    from w2vfast.params import TrainParams
    from w2vfast.training.tables import Tables
    from w2vfast.training.weights import Weights

TRANSPORT = 1.5  # by which the expected curvature is multiplied when rows are merged


class DeterministicRun(FastRun):
    """Workers that train the shards of a round, then merge them, round after round.

    Parameters as for `FastRun`.
    """

    def __init__(
        self,
        model: _core.Model,
        weights: Weights,
        ids: NDArray[np.int32],
        tables: Tables,
        params: TrainParams,
        epochs_before: int,
    ) -> None:
        super().__init__(model, weights, ids, tables, params, epochs_before)
        counts = self._sampled_counts()
        self._kept = sampling.kept_fraction(counts, tables.keep)
        n_workers = len(self._workers)
        self._trained = threading.Barrier(n_workers, self._close_round)
        self._merged = threading.Barrier(n_workers, self._begin_round)
        self._plan = plan_rounds(ids, 0, self._kept, params.max_sentence_length)
        self._epoch = self._round = self._ids_before = self._ids_in_round = 0
        self._queue = _core.SpanQueue(self._plan.starts)

    def _new_workers(self, model: _core.Model, tables: Tables) -> list[_core.Worker]:
        p = self._params
        del tables  # no replicas
        self._shards = _core.Shards(model, SHARDS, updates_per_use(p))
        options = kernel_options(p, len(self._ids))
        return [
            _core.Worker(model, options, p.seed, shards=self._shards)
            for _ in range(min(p.n_workers, SHARDS))
        ]

    @property
    def counters(self) -> list[_core.Counters]:
        """What each shard has counted, so that losses are added in a fixed order."""
        return self._shards.counters

    def spans(self, epoch: int) -> NDArray[np.int64]:
        """Return the offsets of an epoch's spans, shape (S + 1,)."""
        seen = epoch * len(self._ids)
        limit = self._params.max_sentence_length
        self._plan = plan_rounds(self._ids, seen, self._kept, limit)
        return self._plan.starts

    def tasks(self, epoch: int, queue: _core.SpanQueue) -> list[Callable[[], object]]:
        """Return what each thread calls: it trains and merges round after round."""
        self._queue, self._epoch, self._round = queue, epoch, -1
        self._ids_before = 0
        self._begin_round()
        self._trained.reset()
        self._merged.reset()
        schedule = self._schedule(epoch)
        return [
            functools.partial(self._run_rounds, worker, part, schedule)
            for part, worker in enumerate(self._workers)
        ]

    def _run_rounds(
        self, worker: _core.Worker, part: int, schedule: _core.AlphaSchedule
    ) -> None:
        plan, epoch_key = self._plan, self._epochs_before + self._epoch
        job = (self._ids, self._queue, plan.order, epoch_key, schedule)
        with contextlib.suppress(threading.BrokenBarrierError):  # after `stop`
            for number in range(len(plan.bounds) - 1):
                worker.train_round(*job, self._ids_before)
                self._trained.wait()
                self._shards.merge(
                    self._queue, number, self._strength, part, len(self._workers)
                )
                self._merged.wait()

    def _begin_round(self) -> None:
        """Let workers take the spans of the next round; while none of them runs."""
        if self._round >= 0:
            self._ids_before += self._ids_in_round
        self._round += 1
        bounds = self._plan.bounds[self._round : self._round + 2]
        if len(bounds) == 2:
            self._queue.restrict(*bounds)
            spans = self._plan.order[bounds[0] : bounds[1]]
            lengths = self._plan.starts[spans + 1] - self._plan.starts[spans]
            self._ids_in_round = int(lengths.sum())

    def _close_round(self) -> None:
        """Prepare the merge; while no worker runs."""
        self._shards.close_round(self._queue)
        first, end = self._plan.bounds[self._round : self._round + 2]
        start, n_ids = (
            self._plan.starts[first],
            np.diff(self._plan.starts[[first, end]]),
        )
        alpha = self.reported_alpha(self._epoch + start / len(self._ids))
        kept_words = self._kept * float(n_ids[0]) / (end - first)
        self._strength = TRANSPORT * alpha * kept_words

    def stop(self, queue: _core.SpanQueue) -> None:
        """Let the threads return soon; may be called on any of them."""
        super().stop(queue)
        self._trained.abort()
        self._merged.abort()


def updates_per_use(params: TrainParams) -> tuple[float, float, float]:
    """Return how many updates one use of a row of each matrix is worth.

    Parameters
    ----------
    params : TrainParams

    Returns
    -------
    tuple of float
        For `syn0`, `syn1` and `syn1neg`.

    Notes
    -----
    In skip-gram an output has an update for each block of contexts.  In CBOW with
    means an input moves the mean by a part of its own change only, so that an update
    counts as this part of one.
    """
    smallest = 1 if params.shrink_windows else params.window
    contexts = 2 * np.arange(smallest, params.window + 1)
    if params.sg:
        is_alone = params.negative_sharing == "pair"
        blocks = 1 if is_alone else np.ceil(contexts / _core.MAX_INPUTS).mean()
        return 1.0, float(blocks), float(blocks)
    part = 1.0
    if params.cbow_mean and params.negative_sharing != "chunk":
        part /= contexts.mean()
    if params.cbow_gradient == "mean":
        part /= contexts.mean()
    return float(part), 1.0, 1.0
