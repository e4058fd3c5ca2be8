"""Train weights on encoded ids: spans, workers, progress, and the end of an epoch.

The calling thread waits and reports; every worker runs one function of `_core` without
the GIL for an epoch.  Epochs end at a barrier, where callbacks run.
"""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from w2vfast import _core
from w2vfast.errors import Name, Setting, SettingsMemoryError, SettingsWarning
from w2vfast.system.threads import run_threads
from w2vfast.training import sampling
from w2vfast.training.history import EpochStats, Losses, Sample, Timeline
from w2vfast.training.replicas import plan_replicas
from w2vfast.training.sampling import AliasTable, StepTable

if TYPE_CHECKING:
    from w2vfast.params import TrainParams
    from w2vfast.training.tables import Tables
    from w2vfast.training.weights import Weights

SAMPLES_WANTED = 512  # of a run, over time
SHORTEST_SPAN, LONGEST_SPAN, SPANS_WANTED = 2_000, 64_000, 512  # ids
SAMPLED_IDS = 1 << 20  # at least, from which word shares are estimated
SHORT_TEXT = 20_000  # ids; every loss of a shorter text is computed
CHECK_ROWS = 4096  # rows that are searched for non-finite numbers at a time


class Trainer:
    """One training run: the same weights, ids and settings over several epochs.

    Parameters
    ----------
    weights : Weights
        INOUT; padded while the trainer works.
    ids : ndarray of int32, shape (N,)
        0 ends a sentence.
    tables : Tables
        For the vocabulary's counts and the mode.
    train_words : int
        Exact mode: the number of ids after which an epoch ends, and which the learning
        rate is computed from; in C the sum of the vocabulary's counts [words].
    params : TrainParams
    epochs_before : int
        Epochs of earlier runs with these weights; another epoch has other random
        numbers.
    unknown : int
        Words of the text that are out of vocabulary [words].
    """

    def __init__(
        self,
        weights: Weights,
        ids: NDArray[np.int32],
        tables: Tables,
        train_words: int,
        params: TrainParams,
        epochs_before: int = 0,
        unknown: int = 0,
    ) -> None:
        _check_ids(ids, len(weights.syn0.vectors))
        self._weights = weights
        self._ids = ids
        self._params = params
        self._epochs_before = epochs_before
        self._unknown = unknown
        self._objectives = _objectives(params)
        self._model = _kernel_model(weights, tables, params.vector_size)
        self._exact: _core.ExactWorker | None = None
        self._workers: list[_core.Worker] = []
        if params.mode == "exact":
            self._exact = self._new_exact_worker(train_words)
        else:
            self._workers = self._new_workers(tables)
        self._starts = self._cut_spans()

    def _options(self) -> _core.Options:
        p = self._params
        return _core.Options(
            sg=p.sg,
            hs=p.hs,
            softmax=p.objective == "softmax",
            negative=p.negative,
            window=p.window,
            shrink_windows=p.shrink_windows,
            cbow_mean=p.cbow_mean,
            pair=p.negative_sharing == "pair",
            divide_gradient=p.cbow_gradient == "mean",
            all_losses=p.compute_loss or len(self._ids) < SHORT_TEXT,
            max_sentence_length=p.max_sentence_length,
        )

    def _new_exact_worker(self, train_words: int) -> _core.ExactWorker:
        _warn_if_cut(train_words, len(self._ids))
        p = self._params
        return _core.ExactWorker(
            self._model, self._options(), p.start_alpha, p.epochs, train_words
        )

    def _new_workers(self, tables: Tables) -> list[_core.Worker]:
        p = self._params
        in_step = os.environ.get("W2VFAST_LOCKSTEP") == "1"
        lockstep = _core.Lockstep(p.n_workers) if in_step else None
        replicas = self._plan_replicas(tables) if p.n_workers > 1 else None
        options = self._options()
        try:
            return [
                _core.Worker(
                    self._model, options, p.seed, replicas=replicas, lockstep=lockstep
                )
                for _ in range(p.n_workers)
            ]
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

    def _plan_replicas(self, tables: Tables) -> _core.Replicas:
        row_bytes = self._weights.syn0.pad().strides[0]
        shares = self._kept_shares(tables.keep)
        plan = plan_replicas(
            self._params, len(self._ids), row_bytes, shares, tables.tree
        )
        return _core.Replicas(
            plan.words, plan.nodes, period=plan.period, ramp=plan.ramp
        )

    def _kept_shares(self, keep: NDArray[np.uint32] | None) -> NDArray[np.float64]:
        """Estimate word shares from a sample of the ids.

        The vocabulary's counts may come from another text.
        """
        sample = self._ids[:: max(1, len(self._ids) // SAMPLED_IDS)]
        counts = np.bincount(sample, minlength=len(self._weights.syn0.vectors))
        return sampling.kept_shares(counts, keep)

    def _cut_spans(self) -> NDArray[np.int64]:
        n_ids = len(self._ids)
        length = min(max(n_ids // SPANS_WANTED, SHORTEST_SPAN), LONGEST_SPAN)
        return _core.span_starts(self._ids, length, self._params.max_sentence_length)

    @property
    def n_ids(self) -> int:
        """Ids of one epoch."""
        return len(self._ids)

    @property
    def _counters(self) -> list[_core.Counters]:
        if self._exact is not None:
            return [self._exact.counters]
        return [worker.counters for worker in self._workers]

    @property
    def ids_done(self) -> int:
        """Ids visited so far by all workers, in all epochs."""
        return sum(counters.ids for counters in self._counters)

    @property
    def losses(self) -> Losses:
        """Losses so far of all workers, in all epochs."""
        of_workers = (
            Losses(c.predictions, c.hs_loss, c.ns_loss, c.softmax_loss)
            for c in self._counters
        )
        return sum(of_workers, start=Losses())

    def alpha_at(self, epoch: float) -> float:
        """Return the learning rate after `epoch` of the run's epochs."""
        p = self._params
        if self._exact is not None:
            return self._exact.alpha
        line = p.start_alpha + (p.end_alpha - p.start_alpha) * epoch / p.epochs
        return max(line, p.alpha_floor)

    def run_epoch(
        self, epoch: int, report: Callable[[int, str], object] = lambda *_: None
    ) -> EpochStats:
        """Train one epoch.

        Parameters
        ----------
        epoch : int
            From 0.
        report : callable
            Called on this thread about ten times a second, with the number of ids done
            in all epochs and a short description of the state.

        Returns
        -------
        EpochStats

        Raises
        ------
        FloatingPointError
            In fast mode, if a vector became non-finite.
        """
        before, ids_before, start = self.losses, self.ids_done, time.perf_counter()
        queue = _core.SpanQueue(self._starts)
        timeline = Timeline(max(2, SAMPLES_WANTED // self._params.epochs))

        def sample_now() -> Sample:
            seconds = time.perf_counter() - start
            return self._sample(epoch, seconds, self.ids_done - ids_before, before)

        def report_now() -> None:
            timeline.add(sample_now())
            report(self.ids_done, self._status(before))

        timeline.add(sample_now())
        run_threads(self._tasks(queue, epoch), queue.stop, report_now)
        samples = timeline.close(sample_now())
        report(self.ids_done, self._status(before))
        alpha = self.alpha_at(epoch + 1)
        if self._exact is None:
            self._check_finite(epoch)
        means = (self.losses - before).mean(self._objectives)
        return EpochStats(
            epoch=epoch,
            alpha=alpha,
            words=self.ids_done - ids_before,
            seconds=time.perf_counter() - start,
            hs_loss=means.get("hs"),
            ns_loss=means.get("ns"),
            samples=samples,
            unknown=self._unknown,
            softmax_loss=means.get("softmax"),
        )

    def _tasks(self, queue: _core.SpanQueue, epoch: int) -> list[Callable[[], object]]:
        """Return what each thread calls: one pass over the queue."""
        exact = self._exact
        if exact is not None:
            return [lambda: exact.train_epoch(self._ids, queue)]
        p = self._params
        stream = self._epochs_before + epoch
        schedule = _core.AlphaSchedule(
            p.start_alpha, p.end_alpha, p.alpha_floor, epoch=epoch, n_epochs=p.epochs
        )

        def task(worker: _core.Worker) -> Callable[[], object]:
            return lambda: worker.train_epoch(self._ids, queue, stream, schedule)

        return [task(worker) for worker in self._workers]

    def _sample(self, epoch: int, seconds: float, words: int, before: Losses) -> Sample:
        alpha = self.alpha_at(epoch + words / self.n_ids)
        since = self.losses - before
        return Sample(
            seconds, words, alpha, since.predictions, since.hs, since.ns, since.softmax
        )

    def _status(self, before: Losses) -> str:
        epoch = self.ids_done / self.n_ids
        n_epochs = self._params.epochs
        text = f"epoch {min(int(epoch) + 1, n_epochs)}/{n_epochs}"
        text += f" alpha {self.alpha_at(epoch):.5f}"
        means = (self.losses - before).mean(self._objectives)
        for name, loss in means.items():
            text += f" {name if len(means) > 1 else 'loss'} {loss:.3f}"
        return text

    def _check_finite(self, epoch: int) -> None:
        for name, rows in self._weights:
            if not _is_finite(rows.vectors):
                message = (
                    f"{name} became non-finite in epoch {epoch + 1} of "
                    f"{self._params.epochs} (alpha={self.alpha_at(epoch):g} at its "
                    f"start). Lower alpha, and train a new model."
                )
                raise FloatingPointError(message)


def _objectives(params: TrainParams) -> tuple[str, ...]:
    """Name the objectives that are trained, as `Losses` names them."""
    is_trained = {
        "hs": params.hs,
        "ns": params.negative > 0,
        "softmax": params.objective == "softmax",
    }
    return tuple(name for name, trained in is_trained.items() if trained)


def _kernel_model(weights: Weights, tables: Tables, dim: int) -> _core.Model:
    """Pass the arrays of weights and tables to the kernels."""
    noise: _core.Noise | None = None
    if isinstance(tables.noise, AliasTable):
        noise = _core.AliasNoise(tables.noise.entries)
    elif isinstance(tables.noise, StepTable):
        step = tables.noise
        noise = _core.StepNoise(step.last, step.guide, step.shift)
    paths = None
    if tables.tree is not None:
        tree = tables.tree
        paths = _core.Paths(tree.offsets, tree.points, tree.codes)
    return _core.Model(
        weights.syn0.pad(),
        None if weights.syn1 is None else weights.syn1.pad(),
        None if weights.syn1neg is None else weights.syn1neg.pad(),
        dim,
        keep=tables.keep,
        noise=noise,
        paths=paths,
        frozen=tables.frozen,
    )


def _is_finite(matrix: NDArray[np.float32]) -> bool:
    # A float64 sum of finite float32 is finite: one pass, without a mask.
    starts = range(0, len(matrix), CHECK_ROWS)
    blocks = (matrix[start : start + CHECK_ROWS] for start in starts)
    return all(np.isfinite(block.sum(dtype=np.float64)) for block in blocks)


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


def _warn_if_cut(train_words: int, n_ids: int) -> None:
    if n_ids > train_words:
        message = (
            f"the counts of the vocabulary add up to {train_words}, but the text has "
            f"{n_ids} of its words and sentence ends: as in the C program, an epoch "
            f"ends after {train_words}. Count the words of this text, or use ",
            *(Setting("mode", "fast"), ", to train on all of it."),
        )
        warnings.warn(SettingsWarning(message), stacklevel=2)
