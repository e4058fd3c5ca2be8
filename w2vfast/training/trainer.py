"""Train weights on encoded ids: threads, progress, and the end of an epoch.

The calling thread waits and reports; every worker runs one function of `_core` without
the GIL for an epoch, or up to a pause, on a thread that lives as long as the epoch.
Epochs end at a barrier, where callbacks run.  `fast_run`,
`deterministic_run` and `exact_run` have what differs between the modes.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from w2vfast import _core
from w2vfast.system.threads import POLL_SECONDS, Threads, run_threads
from w2vfast.training import sampling
from w2vfast.training.deterministic_run import DeterministicRun
from w2vfast.training.exact_run import ExactRun
from w2vfast.training.fast_run import FastRun
from w2vfast.training.history import EpochStats, Losses, Progress, Sample, Timeline
from w2vfast.training.pairs import warn_if_few_pairs
from w2vfast.training.position import NoPauses, Pauses, Position

if TYPE_CHECKING:
    from w2vfast.params import TrainParams
    from w2vfast.training.run_input import RunInput

SAMPLES_WANTED = 512  # of a run, over time


@dataclass(frozen=True)
class _Epoch:
    """What was before an epoch, and its samples so far."""

    number: int  # from 0
    ids_before: int
    losses_before: Losses
    start: float  # of time.perf_counter [s]
    timeline: Timeline


class Trainer:
    """One training run: the same weights, ids and settings over several epochs.

    Parameters
    ----------
    given : RunInput

    Attributes
    ----------
    weights, ids, train_words
        As given.
    """

    def __init__(self, given: RunInput) -> None:
        _check_ids(given.ids, len(given.weights.syn0.vectors))
        params = given.params
        warn_if_few_pairs(given.ids, _keep_probabilities(given), params)
        self.weights = given.weights
        self.ids = given.ids
        self.train_words = given.train_words
        self._params = params
        self._unknown = given.unknown
        self._objectives = _objectives(params)
        self._run: FastRun | ExactRun
        self._run = (ExactRun if params.exact else self._run_kind())(given)
        self._starts = self._run.spans(0)
        self._restored: Position | None = None

    def _run_kind(self) -> type[FastRun]:
        return DeterministicRun if self._params.deterministic else FastRun

    @property
    def n_ids(self) -> int:
        """Ids of one epoch."""
        return len(self.ids)

    @property
    def ids_done(self) -> int:
        """Ids visited so far by all workers, in all epochs."""
        return sum(counters.ids for counters in self._run.counters)

    @property
    def losses(self) -> Losses:
        """Losses so far of all workers, in all epochs."""
        of_workers = (
            Losses(c.predictions, c.hs_loss, c.ns_loss, c.softmax_loss)
            for c in self._run.counters
        )
        return sum(of_workers, start=Losses())

    @property
    def n_epochs(self) -> int:
        """Epochs of the whole run."""
        return self._params.epochs

    def should_stop(self, wanted: bool) -> bool:
        """Whether to stop before the next epoch, as a hook wants."""
        return wanted

    @property
    def summary(self) -> str:
        """What trained: threads, replicas, merges."""
        return self._run.summary

    @property
    def starts(self) -> NDArray[np.int64]:
        """Offsets of the epoch's spans, shape (S + 1,), the number of ids last."""
        return self._starts

    @property
    def first_epoch(self) -> int:
        """Epochs that are done already, in the run that this one goes on from."""
        return 0 if self._restored is None else self._restored.epoch

    @property
    def arrays(self) -> dict[str, NDArray[Any]]:
        """Arrays besides the weights that a run needs to go on, by name; copies."""
        return self._run.arrays

    def restore(
        self,
        position: Position,
        starts: NDArray[np.int64],
        arrays: Mapping[str, NDArray[Any]],
    ) -> None:
        """Go on from where another run stood; the caller puts its weights in place.

        Parameters
        ----------
        position : Position
        starts : ndarray of int64, shape (S + 1,)
            `starts` of that run: random numbers are keyed by the spans.
        arrays : mapping of str to ndarray
            `arrays` of that run.

        Raises
        ------
        ValueError, OverflowError
            If they are of no run.
        """
        self._run.restore(position, starts, arrays)
        self._starts = starts
        self._restored = position

    def can_stand_at(self, position: Position) -> bool:
        """Whether `restore` takes a position; nothing is assumed about it."""
        is_within = position.is_within(self.n_epochs, self.n_ids)
        return is_within and self.has_state_of(position)

    def has_state_of(self, position: Position) -> bool:
        """Whether the workers of a position were those of such a trainer."""
        mine = {name: type(number) for name, number in self._run.state.items()}
        its = {name: type(number) for name, number in position.worker.items()}
        return mine == its

    def position_after(self, epoch: int) -> Position:
        """Return where the run stands between two epochs, after so many."""
        if epoch < self.n_epochs:
            self._starts = self._run.spans(epoch)
        return self._position(self._new_epoch(epoch), 0)

    def _position(self, epoch: _Epoch, next_span: int) -> Position:
        return Position(
            epoch.number,
            next_span,
            self._run.state,
            self.ids_done,
            self.losses,
            epoch.ids_before,
            epoch.losses_before,
            time.perf_counter() - epoch.start,
            epoch.timeline.samples,
            epoch.timeline.stride,
        )

    def _new_epoch(self, number: int) -> _Epoch:
        most = max(2, SAMPLES_WANTED // self._params.epochs)
        now = time.perf_counter()
        return _Epoch(number, self.ids_done, self.losses, now, Timeline(most))

    def _restored_epoch(self, found: Position) -> _Epoch:
        most = max(2, SAMPLES_WANTED // self._params.epochs)
        start = time.perf_counter() - found.seconds
        timeline = Timeline(most, found.samples, found.sample_stride)
        return _Epoch(
            found.epoch, found.ids_before, found.losses_before, start, timeline
        )

    def run_epoch(
        self,
        epoch: int,
        report: Callable[[Progress], object] = lambda _: None,
        pauses: Pauses | None = None,
        report_seconds: float = POLL_SECONDS,
    ) -> EpochStats:
        """Train one epoch, or the rest of the epoch that `restore` began.

        Parameters
        ----------
        epoch : int
            From 0.
        report : callable
            Called on this thread with a `Progress`: at the start of the epoch, while
            it runs, and at its end.
        pauses : Pauses, optional
            When the workers pause between two spans, in exact mode two sentences.
        report_seconds : float, default 0.1
            Time between two reports while the epoch runs [s].

        Returns
        -------
        EpochStats

        Raises
        ------
        FloatingPointError
            In fast mode, if a vector became non-finite.
        """
        found = self._restored
        self._starts = self._run.spans(epoch)
        if found is not None and found.epoch == epoch:
            begun, first_span = self._restored_epoch(found), found.next_span
        else:
            begun, first_span = self._new_epoch(epoch), 0
        queue = _core.SpanQueue(self._starts, first_span)
        begun.timeline.add(self._sample(begun))
        report(self._progress(begun))
        self._run_spans(begun, queue, report, pauses or NoPauses(), report_seconds)
        samples = begun.timeline.close(self._sample(begun))
        report(self._progress(begun)._replace(epoch=epoch + 1))
        self._end_epoch(epoch)
        means = (self.losses - begun.losses_before).mean(self._objectives)
        return EpochStats(
            epoch=epoch,
            alpha=self._run.reported_alpha(epoch + 1),
            words=self.ids_done - begun.ids_before,
            seconds=time.perf_counter() - begun.start,
            hs_loss=means.get("hs"),
            ns_loss=means.get("ns"),
            samples=samples,
            unknown=self._unknown,
            softmax_loss=means.get("softmax"),
        )

    def _run_spans(
        self,
        epoch: _Epoch,
        queue: _core.SpanQueue,
        report: Callable[[Progress], object],
        pauses: Pauses,
        report_seconds: float,
    ) -> None:
        """Train until the queue is empty; let all workers return for each pause."""

        def plan_pause() -> None:
            queue.pause_at(max(0, pauses.next_at(self.ids_done) - epoch.ids_before))

        def report_now() -> None:
            epoch.timeline.add(self._sample(epoch))
            plan_pause()
            report(self._progress(epoch))

        stop = functools.partial(self._run.stop, queue)
        with Threads() as threads:
            while not self._is_done(queue):
                plan_pause()
                tasks = self._run.tasks(epoch.number, queue)
                run_threads(tasks, stop, report_now, report_seconds, threads)
                if not self._is_done(queue):
                    pauses.take(self._position(epoch, queue.next_span))

    def _end_epoch(self, epoch: int) -> None:
        """Do what is left of an epoch once all its spans are trained."""
        self._run.check(epoch)

    def _is_done(self, queue: _core.SpanQueue) -> bool:
        return queue.next_span == len(self._starts) - 1

    def _sample(self, epoch: _Epoch) -> Sample:
        words = self.ids_done - epoch.ids_before
        since = self.losses - epoch.losses_before
        return Sample(
            time.perf_counter() - epoch.start,
            words,
            self._run.reported_alpha(epoch.number + words / self.n_ids),
            *(since.predictions, since.hs, since.ns, since.softmax),
        )

    def _progress(self, begun: _Epoch) -> Progress:
        share = min(1.0, (self.ids_done - begun.ids_before) / self.n_ids)
        return Progress(
            begun.number + share,
            self.n_epochs,
            self.ids_done,
            self._run.reported_alpha(begun.number + share),
            self.losses,
            self._status(begun),
        )

    def _status(self, begun: _Epoch) -> str:
        epoch = self.ids_done / self.n_ids
        n_epochs = self._params.epochs
        text = f"epoch {min(int(epoch) + 1, n_epochs)}/{n_epochs}"
        text += f" alpha {self._run.reported_alpha(epoch):.5f}"
        means = (self.losses - begun.losses_before).mean(self._objectives)
        for name, loss in means.items():
            text += f" {name if len(means) > 1 else 'loss'} {loss:.3f}"
        return text


def _objectives(params: TrainParams) -> tuple[str, ...]:
    """Name the objectives that are trained, as `Losses` names them."""
    is_trained = {
        "hs": params.hs,
        "ns": params.negative > 0,
        "softmax": params.objective == "softmax",
    }
    return tuple(name for name, trained in is_trained.items() if trained)


def _keep_probabilities(given: RunInput) -> NDArray[np.float64] | None:
    """Return with which probability subsampling keeps each word."""
    keep, is_exact = given.tables.keep, given.params.exact
    keep_always = sampling.C_KEEP_ALWAYS if is_exact else sampling.KEEP_ALWAYS
    return None if keep is None else keep / keep_always


def _check_ids(ids: NDArray[np.int32], n_rows: int) -> None:
    # The kernels use ids as row numbers without a check.
    if len(ids) == 0:
        message = "nothing to train on: no word of the text is in the vocabulary."
        raise ValueError(message)
    if ids.min() < 0 or ids.max() >= n_rows:
        message = (
            f"ids must be in [0, {n_rows}), the rows of the vectors; got "
            f"{ids.min()} to {ids.max()}."
        )
        raise ValueError(message)
