"""A run of fast mode: workers that train spans of the ids at the same time."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from w2vfast import _core
from w2vfast.errors import Name, Setting, SettingsMemoryError
from w2vfast.training import sampling
from w2vfast.training.kernel_objects import kernel_model, kernel_options
from w2vfast.training.position import restore_counters
from w2vfast.training.replicas import plan_replicas
from w2vfast.training.spans import LONGEST_SPAN, even_spans
from w2vfast.training.worker_count import (
    in_lockstep,
    useful_workers,
    warn_if_cpus_are_shared,
)

if TYPE_CHECKING:
    from w2vfast.training.position import Position, WorkerState
    from w2vfast.training.run_input import RunInput
    from w2vfast.training.tables import Tables

SAMPLED_IDS = 1 << 20  # from which word shares are estimated


class FastRun:
    """Workers on the same weights, each with its own replicas and random numbers.

    Parameters
    ----------
    given : RunInput

    Raises
    ------
    SettingsMemoryError
        If the buffers of the workers do not fit.
    """

    _samples_curvature = False  # without replicas, which need it for their merges
    _longest_span = LONGEST_SPAN

    def __init__(self, given: RunInput) -> None:
        ids, p = given.ids, given.params
        self._weights = given.weights
        self._ids = ids
        self._starts = even_spans(ids, p.max_sentence_length, self._longest_span)
        warn_if_cpus_are_shared(p)
        n_workers = useful_workers(p, len(ids), len(self._starts) - 1)
        self._params = replace(p, workers=n_workers)
        self._epochs_before = given.epochs_before
        self._workers = self._workers_in_memory(given.tables)

    def _workers_in_memory(self, tables: Tables) -> list[_core.Worker]:
        p = self._params
        model = kernel_model(self._weights, tables, p.vector_size)
        try:
            return self._new_workers(model, tables)
        except MemoryError as error:
            message = (
                f"there is not enough memory for the buffers of {p.n_workers} workers "
                "with ",
                *(Setting("window", p.window), ", ", Setting("negative", p.negative)),
                *(" and ", Setting("max_sentence_length", p.max_sentence_length)),
                ". Lower one of them, or ",
                Name("workers"),
                ".",
            )
            raise SettingsMemoryError(message) from error

    def _new_workers(self, model: _core.Model, tables: Tables) -> list[_core.Worker]:
        p = self._params
        lockstep = _core.Lockstep(p.n_workers) if in_lockstep() else None
        replicas = self._plan_replicas(tables) if p.n_workers > 1 else None
        options = kernel_options(p, len(self._ids))
        return [
            _core.Worker(
                *(model, options, p.seed),
                replicas=replicas,
                lockstep=lockstep,
                sample_curvature=self._samples_curvature,
            )
            for _ in range(p.n_workers)
        ]

    def _plan_replicas(self, tables: Tables) -> _core.Replicas:
        plan = plan_replicas(self._params, self.kept_shares(tables.keep), tables)
        return _core.Replicas(
            plan.inputs,
            plan.outputs,
            plan.nodes,
            first_period=plan.first_period,
            period=plan.period,
            transport=plan.transport,
        )

    def kept_shares(self, keep: NDArray[np.uint32] | None) -> NDArray[np.float64]:
        """Estimate word shares from a sample of the ids; see `sampling.kept_shares`.

        The vocabulary's counts may come from another text.
        """
        return sampling.kept_shares(self._sampled_counts(), keep)

    def _sampled_counts(self) -> NDArray[np.int64]:
        n_words = len(self._weights.syn0.vectors)
        return sampling.sampled_counts(self._ids, n_words, SAMPLED_IDS)

    @property
    def counters(self) -> list[_core.Counters]:
        """What each worker has done so far, in all epochs."""
        return [worker.counters for worker in self._workers]

    @property
    def summary(self) -> str:
        """How many workers trained, and what each of them had replicas of."""
        n = len(self._workers)
        rows = np.max([worker.n_replicated for worker in self._workers], axis=0)
        n_words, n_nodes = int(max(rows[0], rows[2])), int(rows[1])
        if n == 1 or n_words + n_nodes == 0:
            return f"{n} thread{'s' if n > 1 else ''}"
        nodes = f" and {n_nodes:,} inner nodes" if n_nodes else ""
        return (
            f"{n} threads, each with replicas of {n_words:,} words{nodes}, merged by "
            "transport"
        )

    def spans(self, epoch: int) -> NDArray[np.int64]:
        """Return the offsets of an epoch's spans, shape (S + 1,)."""
        del epoch  # the same in all epochs
        return self._starts

    def tasks(self, epoch: int, queue: _core.SpanQueue) -> list[Callable[[], object]]:
        """Return what each thread calls: it trains spans until the queue is empty."""
        job = (self._ids, queue, self._epochs_before + epoch, self._schedule(epoch))
        return [functools.partial(worker.train_epoch, *job) for worker in self._workers]

    def _schedule(self, epoch: int) -> _core.AlphaSchedule:
        p = self._params
        return _core.AlphaSchedule(
            p.start_alpha, p.end_alpha, p.alpha_floor, epoch=epoch, n_epochs=p.epochs
        )

    def stop(self, queue: _core.SpanQueue) -> None:
        """Let the threads return soon; may be called on any of them."""
        queue.stop()

    @property
    def kept_words(self) -> int:
        """Kept words of all workers so far, by which merges are timed."""
        return sum(worker.kept_words for worker in self._workers)

    @property
    def state(self) -> WorkerState:
        """What a run needs to time its merges as this one."""
        return {"kept_words": self.kept_words}

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
        """Go on from where another run stood, with any number of workers."""
        del arrays
        self._starts = starts
        restore_counters(self.counters[0], position)
        for worker in self._workers:
            n_words = int(position.worker["kept_words"]) // len(self._workers)
            worker.kept_words = n_words

    def reported_alpha(self, epoch: float) -> float:
        """Return the learning rate after `epoch` epochs; the kernels compute theirs."""
        p = self._params
        line = p.start_alpha + (p.end_alpha - p.start_alpha) * epoch / p.epochs
        return max(line, p.alpha_floor)

    def check(self, epoch: int) -> None:
        """Raise FloatingPointError if a vector became non-finite in this epoch."""
        name = self._weights.first_non_finite()
        if name is not None:
            message = (
                f"{name} became non-finite in epoch {epoch + 1} of "
                f"{self._params.epochs} (alpha={self.reported_alpha(epoch):g} at "
                f"its start). Lower alpha, and train a new model."
            )
            raise FloatingPointError(message)
