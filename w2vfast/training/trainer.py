"""Train weights on encoded ids: spans, progress, and the end of an epoch.

The calling thread waits and reports; every worker runs one function of `_core` without
the GIL for an epoch.  Epochs end at a barrier, where callbacks run.  `fast_run` and
`exact_run` have what differs between the modes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from w2vfast import _core
from w2vfast.system.threads import run_threads
from w2vfast.training import sampling
from w2vfast.training.exact_run import ExactRun
from w2vfast.training.fast_run import FastRun
from w2vfast.training.history import EpochStats, Losses, Sample, Timeline
from w2vfast.training.kernel_objects import kernel_model
from w2vfast.training.pairs import warn_if_few_pairs

if TYPE_CHECKING:
    from w2vfast.params import TrainParams
    from w2vfast.training.tables import Tables
    from w2vfast.training.weights import Weights

SAMPLES_WANTED = 512  # of a run, over time
SHORTEST_SPAN, LONGEST_SPAN, SPANS_WANTED = 2_000, 64_000, 512  # ids


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
        rate is computed from; in C the sum of the vocabulary's counts [tokens].
    params : TrainParams
    epochs_before : int
        Epochs of earlier runs with these weights; another epoch has other random
        numbers.
    unknown : int
        Occurrences of words outside the vocabulary [occurrences].
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
        keep_always = sampling.C_KEEP_ALWAYS if params.exact else sampling.KEEP_ALWAYS
        keep = None if tables.keep is None else tables.keep / keep_always
        warn_if_few_pairs(ids, keep, params)
        self._ids = ids
        self._params = params
        self._unknown = unknown
        self._objectives = _objectives(params)
        model = kernel_model(weights, tables, params.vector_size)
        self._run: FastRun | ExactRun
        if params.exact:
            self._run = ExactRun(model, ids, params, train_words)
        else:
            self._run = FastRun(model, weights, ids, tables, params, epochs_before)
        self._starts = self._cut_spans()

    def _cut_spans(self) -> NDArray[np.int64]:
        n_ids = len(self._ids)
        length = min(max(n_ids // SPANS_WANTED, SHORTEST_SPAN), LONGEST_SPAN)
        return _core.span_starts(self._ids, length, self._params.max_sentence_length)

    @property
    def n_ids(self) -> int:
        """Ids of one epoch."""
        return len(self._ids)

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
        run_threads(self._run.tasks(epoch, queue), queue.stop, report_now)
        samples = timeline.close(sample_now())
        report(self.ids_done, self._status(before))
        self._run.check(epoch)
        means = (self.losses - before).mean(self._objectives)
        return EpochStats(
            epoch=epoch,
            alpha=self._run.reported_alpha(epoch + 1),
            words=self.ids_done - ids_before,
            seconds=time.perf_counter() - start,
            hs_loss=means.get("hs"),
            ns_loss=means.get("ns"),
            samples=samples,
            unknown=self._unknown,
            softmax_loss=means.get("softmax"),
        )

    def _sample(self, epoch: int, seconds: float, words: int, before: Losses) -> Sample:
        alpha = self._run.reported_alpha(epoch + words / self.n_ids)
        since = self.losses - before
        return Sample(
            seconds, words, alpha, since.predictions, since.hs, since.ns, since.softmax
        )

    def _status(self, before: Losses) -> str:
        epoch = self.ids_done / self.n_ids
        n_epochs = self._params.epochs
        text = f"epoch {min(int(epoch) + 1, n_epochs)}/{n_epochs}"
        text += f" alpha {self._run.reported_alpha(epoch):.5f}"
        means = (self.losses - before).mean(self._objectives)
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
