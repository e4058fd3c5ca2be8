"""A run of fast mode whose result is the same for any number of workers."""

from __future__ import annotations

import contextlib
import functools
import threading
import zlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from w2vfast import _core
from w2vfast.training import sampling
from w2vfast.training.fast_run import FastRun
from w2vfast.training.kernel_objects import kernel_options, mean_parts, sample_sets
from w2vfast.training.replicas import other_contexts, transport_factor
from w2vfast.training.spans import SHARDS, plan_rounds

if TYPE_CHECKING:
    from w2vfast.params import TrainParams
    from w2vfast.training.position import Position, WorkerState
    from w2vfast.training.run_input import RunInput
    from w2vfast.training.tables import Tables


class DeterministicRun(FastRun):
    """Workers that train the shards of a round, then merge them, round after round.

    Parameters as for `FastRun`.
    """

    def __init__(self, given: RunInput) -> None:
        super().__init__(given)
        limit = given.params.max_sentence_length
        self._kept = sampling.kept_fraction(self._sampled_counts(), given.tables.keep)
        n_workers = len(self._workers)
        self._trained = threading.Barrier(n_workers, self._close_round)
        self._merged = threading.Barrier(n_workers, self._begin_round)
        self._plan = plan_rounds(given.ids, 0, self._kept, limit)
        self._epoch = self._round = self._ids_before = self._ids_in_round = 0
        self._queue = _core.SpanQueue(self._plan.starts)
        self._is_open = False

    def _new_workers(self, model: _core.Model, tables: Tables) -> list[_core.Worker]:
        p = self._params
        del tables  # no replicas
        self._shards = _core.Shards(
            model, SHARDS, updates_per_count(p), other_contexts(p)
        )
        options = kernel_options(p, len(self._ids))
        return [
            _core.Worker(model, options, p.seed, shards=self._shards)
            for _ in range(min(p.n_workers, SHARDS))
        ]

    @property
    def counters(self) -> list[_core.Counters]:
        """What each shard has counted, so that losses are added in a fixed order."""
        return self._shards.counters

    @property
    def summary(self) -> str:
        """How many workers trained, and how many rounds the last epoch had."""
        n, rounds = len(self._workers), len(self._plan.bounds) - 1
        return (
            f"{n} thread{'s' if n > 1 else ''}, merged after each of {rounds:,} rounds "
            "of the last epoch"
        )

    def spans(self, epoch: int) -> NDArray[np.int64]:
        """Return the offsets of an epoch's spans, shape (S + 1,)."""
        seen = epoch * len(self._ids)
        limit = self._params.max_sentence_length
        self._plan = plan_rounds(self._ids, seen, self._kept, limit)
        return self._plan.starts

    @property
    def state(self) -> WorkerState:
        """A checksum of the order of the spans, to notice another version's."""
        return {"order": zlib.crc32(self._plan.order.astype("<i8").tobytes())}

    @property
    def arrays(self) -> dict[str, NDArray[Any]]:
        """The curvature, when shards sample it, and what each shard has counted."""
        return {
            "curvature": self._shards.state,
            "sampling": self._shards.sampling,
            "counters": np.array([*map(numbers_of, self.counters)]),
        }

    def restore(
        self,
        position: Position,
        starts: NDArray[np.int64],
        arrays: Mapping[str, NDArray[Any]],
    ) -> None:
        """Go on from where another run stood.

        Raises
        ------
        ValueError
            If this version cuts the text into other spans, or there is no round.
        """
        is_left = position.epoch < self._params.epochs
        is_same = np.array_equal(self.spans(position.epoch), starts)
        if is_left and not (is_same and position.worker == self.state):
            message = (
                "its rounds are not those of this version of w2vfast. Go on with the "
                "version that wrote it"
            )
            raise ValueError(message)
        if position.next_span not in self._plan.bounds:
            message = f"no round begins with span {position.next_span}"
            raise ValueError(message)
        self._shards.state = np.array(arrays["curvature"])
        self._shards.sampling = np.array(arrays["sampling"])
        for counters, numbers in zip(self.counters, arrays["counters"], strict=True):
            restore_numbers(counters, numbers)

    def tasks(self, epoch: int, queue: _core.SpanQueue) -> list[Callable[[], object]]:
        """Return what each thread calls: it trains and merges round after round."""
        self._queue, self._epoch = queue, epoch
        self._round = int(np.searchsorted(self._plan.bounds, queue.next_span)) - 1
        self._ids_before = self._n_ids_of(0, queue.next_span)
        self._ids_in_round = 0
        self._begin_round()
        self._trained.reset()
        self._merged.reset()
        schedule = self._schedule(epoch)
        return [
            functools.partial(self._run_rounds, worker, index, schedule)
            for index, worker in enumerate(self._workers)
        ]

    def _run_rounds(
        self, worker: _core.Worker, index: int, schedule: _core.AlphaSchedule
    ) -> None:
        plan, epoch_key = self._plan, self._epochs_before + self._epoch
        job = (self._ids, self._queue, plan.order, epoch_key, schedule)
        with contextlib.suppress(threading.BrokenBarrierError):  # after `stop`
            while self._is_open:
                worker.train_round(*job, self._ids_before)
                self._trained.wait()
                self._shards.merge(self._queue, self._round, self._strength, index)
                self._merged.wait()

    def _begin_round(self) -> None:
        """Let workers take the spans of the next round, unless there is a pause.

        While none of them runs.
        """
        self._ids_before += self._ids_in_round
        self._round += 1
        bounds = self._plan.bounds[self._round : self._round + 2]
        self._is_open = len(bounds) == 2
        if self._is_open:
            self._open_round(*bounds)
            self._ids_in_round = self._n_ids_of(*bounds)
            self._is_open = not self._pauses_before(*bounds)

    def _pauses_before(self, first: int, end: int) -> bool:
        """Whether workers return before the round of these spans."""
        del first, end
        return self._queue.pauses_at(self._ids_before)

    def _open_round(self, first: int, end: int) -> None:
        """Let workers take the spans of a round, which have these places in `order`."""
        self._queue.restrict(first, end)

    def _n_ids_of(self, first: int, end: int) -> int:
        """Count the ids of spans, which are numbered in the order of training."""
        spans = self._plan.order[first:end]
        return int((self._plan.starts[spans + 1] - self._plan.starts[spans]).sum())

    def _close_round(self) -> None:
        """Prepare the merge; while no worker runs."""
        self._shards.close_round(self._queue)
        alpha = self.reported_alpha(self._epoch + self._ids_before / len(self._ids))
        self._strength = transport_factor(self._params) * alpha

    def stop(self, queue: _core.SpanQueue) -> None:
        """Let the threads return soon; may be called on any of them."""
        # Barriers first: no round may be merged that not all workers have trained.
        self._trained.abort()
        self._merged.abort()
        super().stop(queue)


def numbers_of(counters: _core.Counters) -> NDArray[np.float64]:
    """Return what a shard has counted, for `restore_numbers`."""
    c = counters
    found = (c.ids, c.predictions, c.hs_loss, c.ns_loss, c.softmax_loss)
    return np.array(found, np.float64)


def restore_numbers(counters: _core.Counters, numbers: NDArray[np.float64]) -> None:
    """Set counters to what `numbers_of` returned; INOUT."""
    ids, predictions, *losses = numbers.tolist()
    counters.restore(int(ids), int(predictions), *losses)


def updates_per_count(params: TrainParams) -> tuple[float, float, float]:
    """Return the updates for each use that a shard counts.

    It counts a row of `syn1neg` once for each set of samples, of which a centre word
    of skip-gram may have several.
    """
    inputs, nodes, outputs = updates_per_use(params)
    return inputs, nodes, outputs / sample_sets(params)


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
    In skip-gram an output has an update for each block of contexts; the curvature is
    that of all blocks already, but with wide windows merges are nearer to one worker
    with a larger exponent (docs/how-it-works/threads.md).  In CBOW with means an input
    alone moves the mean by a part of its own change only.  But all contexts of a mean
    receive the same error, so that they change alike, and their mean as much as each.
    """
    if params.sg:
        is_alone = params.negative_sharing == "pair"
        blocks = 1.0 if is_alone else mean_parts(params, _core.MAX_INPUTS)
        return 1.0, blocks, blocks
    is_divided = params.cbow_mean and params.cbow_gradient == "mean"
    return 1.0 / params.mean_contexts if is_divided else 1.0, 1.0, 1.0
