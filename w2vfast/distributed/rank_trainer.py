"""Train this rank's part of a text, and merge with the other ranks meanwhile."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from w2vfast.distributed.merge_times import merge_positions, n_levels
from w2vfast.distributed.rank_merges import SharedRows, mean_curvature, merge_rows
from w2vfast.distributed.ranks import Ranks, float_totals, totals
from w2vfast.system.threads import POLL_SECONDS
from w2vfast.training.deterministic_run import contexts_of_windows, updates_per_use
from w2vfast.training.fast_run import FastRun
from w2vfast.training.history import EpochStats, Losses, Progress
from w2vfast.training.position import Pauses, Position
from w2vfast.training.replicas import TRANSPORT, row_uses
from w2vfast.training.trainer import Trainer

if TYPE_CHECKING:
    from w2vfast.params import TrainParams
    from w2vfast.training.tables import Tables
    from w2vfast.training.weights import Weights

MATRICES = ("syn0", "syn1", "syn1neg")
SEED_STEP = 0x9E3779B97F4A7C15  # odd, so that the seeds of ranks differ in all bits


class RankRun(FastRun):
    """The workers of one rank, which sample the curvature for its merges."""

    _samples_curvature = True

    def curvature(self, m: int) -> NDArray[np.float64] | None:
        """Return the mean over the workers of `_core.Worker.curvature`."""
        found = [worker.curvature(m) for worker in self._workers]
        known = [h for h in found if h is not None]
        return np.mean(known, axis=0) if known else None


class RankTrainer(Trainer):
    """One rank's training run; the result is the same on all ranks.

    Parameters
    ----------
    ranks : Ranks
    weights, ids, tables, train_words, params
        As for `Trainer`; `ids` are of this rank, and of `params` only `workers` and
        `seed` may differ between ranks.
    epochs_before, unknown : int
        As for `Trainer`.
    """

    _run: RankRun

    def __init__(
        self,
        ranks: Ranks,
        weights: Weights,
        ids: NDArray[np.int32],
        tables: Tables,
        train_words: int,
        params: TrainParams,
        epochs_before: int = 0,
        unknown: int = 0,
    ) -> None:
        seed = (params.seed + ranks.index * SEED_STEP) % 2**63
        own = dataclasses.replace(params, seed=seed)
        super().__init__(
            *(weights, ids, tables, train_words, own, epochs_before, unknown)
        )
        self._ranks = ranks
        ranks.meet("the first epoch")  # a rank may have failed above
        self._all_ids = totals(ranks, len(ids))[0]
        self._rows = self._shared_rows(tables)

    def _run_kind(self) -> type[FastRun]:
        return RankRun

    def _shared_rows(self, tables: Tables) -> dict[str, SharedRows]:
        p, n_rows = self._params, len(self.weights.syn0.vectors)
        shares = self._run.kept_shares(tables.keep)
        sums = np.append(shares, 1.0)
        self._ranks.add_up(sums)
        uses = row_uses(p, sums[:-1] / sums[-1], tables, n_rows, n_rows)
        updates = dict(zip(MATRICES, _updates(p, *uses), strict=True))
        return {
            name: SharedRows.of(rows.vectors, updates[name], self._ranks.size)
            for name, rows in self.weights
        }

    def should_stop(self, wanted: bool) -> bool:
        """Whether a hook of any rank asks to stop: all ranks stop together."""
        self._ranks.meet("the next epoch")
        return totals(self._ranks, wanted)[0] > 0

    def run_epoch(
        self,
        epoch: int,
        report: Callable[[Progress], object] = lambda _: None,
        pauses: Pauses | None = None,
        report_seconds: float = POLL_SECONDS,
    ) -> EpochStats:
        """Train one epoch of this rank's ids; merge with the other ranks.

        Parameters as for `Trainer.run_epoch`; `pauses` is not used.

        Returns
        -------
        EpochStats
            Of all ranks.
        """
        del pauses
        before, start = self.losses, time.perf_counter()
        merges = EpochMerges(self, epoch)
        stats = super().run_epoch(epoch, report, merges, report_seconds)
        merges.end_epoch()
        self._run.check(epoch)
        seconds = time.perf_counter() - start  # with the merges at the end
        stats = dataclasses.replace(stats, seconds=seconds)
        return self._of_all_ranks(stats, before)

    def _of_all_ranks(self, stats: EpochStats, before: Losses) -> EpochStats:
        own = self.losses - before
        words, predictions = totals(self._ranks, stats.words, own.predictions)
        sums = float_totals(self._ranks, own.hs, own.ns, own.softmax)
        means = Losses(predictions, *sums).mean(self._objectives)
        return dataclasses.replace(
            stats,
            words=words,
            hs_loss=means.get("hs"),
            ns_loss=means.get("ns"),
            softmax_loss=means.get("softmax"),
        )

    def merge_positions(self, epoch: int) -> list[float]:
        """Return at which shares of an epoch the ranks merge, its end excluded."""
        seen = epoch * self._all_ids
        positions = merge_positions(self._all_ids, seen)
        return [position / self._all_ids for position in positions]

    def merge(self, number: int, epoch: float, levels: int) -> None:
        """Merge the first levels of all matrices with the other ranks.

        Parameters
        ----------
        number : int
            Of this merge in the run, which decides whose changes come last.
        epoch : float
            Epochs done by all ranks.
        levels : int
        """
        ranks = self._ranks
        ranks.meet(f"merge {number}")
        words = np.zeros(ranks.size, dtype=np.int64)
        words[ranks.index] = self._run.kept_words
        ranks.add_up(words)
        strength = TRANSPORT * self._run.reported_alpha(epoch)
        for m, name in enumerate(MATRICES):
            if name in self._rows:
                found = self._run.curvature(m)
                curvature = mean_curvature(ranks, found, self._params.vector_size)
                merge_rows(
                    *(ranks, self._rows[name], curvature, words),
                    *(number % ranks.size, levels, strength),
                )


class EpochMerges:
    """Pauses the workers of a rank when it is to merge with the others.

    Every rank passes the same share of its own ids between two merges, so that the
    learning rate is the same on all of them.
    """

    def __init__(self, trainer: RankTrainer, epoch: int) -> None:
        self._trainer = trainer
        self._epoch = epoch
        self._shares = trainer.merge_positions(epoch)
        self._n_done = 0

    def next_at(self, ids: int) -> int:
        """Return after how many ids of this rank it is to merge."""
        del ids
        if self._n_done == len(self._shares):
            return 2**62
        share = self._epoch + self._shares[self._n_done]
        return int(share * self._trainer.n_ids)

    def take(self, position: Position) -> None:
        """Merge, more than once if this rank has passed several positions."""
        while position.ids >= self.next_at(position.ids):
            self._merge()

    def finish(self, position: Position) -> None:
        """Do nothing."""

    def end_epoch(self) -> None:
        """Take part in the merges that are left, and merge all rows."""
        while self._n_done < len(self._shares):
            self._merge()
        self._trainer.merge(self._n_done + 1, self._epoch + 1, 64)

    def _merge(self) -> None:
        share = self._shares[self._n_done]
        self._n_done += 1
        self._trainer.merge(self._n_done, self._epoch + share, n_levels(self._n_done))


def _updates(
    params: TrainParams, *uses: NDArray[np.float64]
) -> list[NDArray[np.float64]]:
    """Return the updates of each row of `MATRICES` in training one kept word."""
    contexts = contexts_of_windows(params).mean()
    inputs, nodes, outputs = updates_per_use(params)
    if params.sg and params.negative_sharing == "pair":
        outputs, nodes = contexts * outputs, contexts * nodes
    return [uses[0] * contexts * inputs, uses[2] * nodes, uses[1] * outputs]
