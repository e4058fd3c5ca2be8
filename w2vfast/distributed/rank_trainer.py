"""Train this rank's part of a text, and merge with the other ranks meanwhile."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from w2vfast.distributed.merge_times import (
    CurvatureTimes,
    MergeLimit,
    n_levels,
    schedule_of,
    transport_of,
)
from w2vfast.distributed.rank_merges import (
    Curvature,
    Merge,
    SampledCurvature,
    SharedRows,
    mean_curvatures,
    merge_matrices,
)
from w2vfast.distributed.rank_parts import RankParts
from w2vfast.distributed.ranks import Ranks, float_totals, totals
from w2vfast.system.threads import POLL_SECONDS
from w2vfast.training.deterministic_run import updates_per_use
from w2vfast.training.fast_run import FastRun
from w2vfast.training.history import EpochStats, Losses, Progress
from w2vfast.training.position import NEVER, NoPauses, Pauses, Position
from w2vfast.training.replicas import row_uses
from w2vfast.training.spans import even_spans
from w2vfast.training.trainer import Trainer
from w2vfast.training.weights import MATRICES

if TYPE_CHECKING:
    from w2vfast.params import TrainParams
    from w2vfast.training.run_input import RunInput
    from w2vfast.training.tables import Tables

ALL_LEVELS = 64
SEED_STEP = 0x9E3779B97F4A7C15  # odd, so that no two ranks have one seed


class Begun(NamedTuple):
    """What was done of an epoch before this run.

    Attributes
    ----------
    epoch : int
    n_ids : int
        Of this rank.
    share : float
        Of the ids of all ranks.
    """

    epoch: int
    n_ids: int
    share: float


class RankRun(FastRun):
    """The workers of one rank, which sample the curvature for its merges."""

    _samples_curvature = True
    # Workers pause between two spans: with short ones no rank waits long for another.
    _longest_span = 4_000  # ids

    def train_rest(
        self, ids: NDArray[np.int32], n_done: int, position: Position
    ) -> tuple[NDArray[np.int64], int]:
        """Go on with ids of which the first ones are done in this epoch.

        Parameters
        ----------
        ids : ndarray of int32, shape (N,)
            The ids of this run in any order of sentences.
        n_done : int
        position : Position
            Of this rank.

        Returns
        -------
        starts : ndarray of int64, shape (S + 1,)
            Offsets of the spans.
        next_span : int
            Spans that are done.
        """
        limits = self._params.max_sentence_length, self._longest_span
        parts = [even_spans(part, *limits) for part in (ids[:n_done], ids[n_done:])]
        next_span = len(parts[0]) - 1
        starts = np.concatenate([parts[0][:-1], n_done + parts[1]])
        self._ids = ids
        self.restore(position, starts, {})
        return starts, next_span

    def curvature(self, m: int) -> SampledCurvature | None:
        """Return the mean of what the workers have found; None if it is nothing."""
        found = [(worker.curvature(m), worker) for worker in self._workers]
        known = [
            SampledCurvature(h, worker.curvature_scales(m))
            for h, worker in found
            if h is not None
        ]
        if not known:
            return None
        return SampledCurvature(
            *(np.mean(part, 0) for part in zip(*known, strict=True))
        )


class DistributedTrainer(Trainer):
    """What is common to the trainers of ranks, which stop together."""

    _ranks: Ranks

    def should_stop(self, wanted: bool) -> bool:
        """Whether a hook of any rank asks to stop: all ranks stop together."""
        self._ranks.meet("the next epoch")
        return totals(self._ranks, wanted)[0] > 0


class RankTrainer(DistributedTrainer):
    """One rank's training run; the result is the same on all ranks.

    Parameters
    ----------
    ranks : Ranks
    given : RunInput
        `ids` are of this rank, and of `params` only `workers` and `seed` may differ
        between ranks.
    parts : ndarray of int64, shape (P, 2), or None
        As of `EncodedCorpus`; None if this rank has the whole text.

    Attributes
    ----------
    parts : RankParts
    """

    _run: RankRun

    def __init__(
        self,
        ranks: Ranks,
        given: RunInput,
        parts: NDArray[np.int64] | None = None,
    ) -> None:
        seed = (given.params.seed + ranks.index * SEED_STEP) % 2**63
        own = dataclasses.replace(given.params, seed=seed)
        super().__init__(given._replace(params=own))
        self._ranks = ranks
        whole = np.array([[ranks.index, self.n_ids]])
        self.parts = RankParts(*(whole if parts is None else parts).T)
        self._begun = Begun(-1, 0, 0.0)
        ranks.meet("the first epoch")  # a rank may have failed above
        self._all_ids = totals(ranks, self.n_ids)[0]
        self._schedule = schedule_of(given.params, ranks.size)
        self._transport = transport_of(given.params, ranks.size)
        self._rows = self._shared_rows(given.tables)
        self._curvatures: dict[str, Curvature] = {}  # at their last exchange
        self._exchanges = CurvatureTimes()
        self._limit = MergeLimit()

    def _run_kind(self) -> type[FastRun]:
        return RankRun

    @property
    def summary(self) -> str:
        """What trained: ranks, and threads, replicas and merges of this one."""
        return f"{self._ranks.size} ranks, this one by {super().summary}"

    def _shared_rows(self, tables: Tables) -> dict[str, SharedRows]:
        p, n_rows = self._params, len(self.weights.syn0.vectors)
        shares = self._run.kept_shares(tables.keep)
        sums = np.append(shares, 1.0)
        self._ranks.add_up(sums)
        uses = row_uses(p, sums[:-1] / sums[-1], tables, n_rows, n_rows)
        updates = dict(zip(MATRICES, _updates(p, *uses), strict=True))
        times = self._ranks.size, self._schedule
        return {
            name: SharedRows.of(rows.vectors, updates[name], *times)
            for name, rows in self.weights
        }

    def run_epoch(
        self,
        epoch: int,
        report: Callable[[Progress], object] = lambda _: None,
        pauses: Pauses | None = None,
        report_seconds: float = POLL_SECONDS,
    ) -> EpochStats:
        """Train one epoch of this rank's ids; merge with the other ranks.

        Parameters as for `Trainer.run_epoch`; `pauses` is asked after merges.

        Returns
        -------
        EpochStats
            Of all ranks.
        """
        self._merges = merges = EpochMerges(self, epoch, pauses or NoPauses())
        stats = super().run_epoch(epoch, report, merges, report_seconds)
        return self._of_all_ranks(stats, merges.losses_before)

    def _end_epoch(self, epoch: int) -> None:
        """Merge all rows, also those that are not finite; then all ranks notice."""
        self._merges.end_epoch()
        super()._end_epoch(epoch)

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

    # ---- checkpoints ---------------------------------------------------------------

    def of_all_ranks(
        self, position: Position, n_places: int
    ) -> tuple[Position, NDArray[np.int64]]:
        """Return where all ranks stand, from where this one does.

        Parameters
        ----------
        position : Position
        n_places : int
            Parts of the text.

        Returns
        -------
        position : Position
        done : ndarray of int64, shape (n_places,)
            How many ids of each part are done in this epoch.
        """
        ranks = self._ranks
        done = self.parts.done(position.ids - position.ids_before, n_places)
        ranks.add_up(done)
        kept = int(position.worker["kept_words"])
        ids, before, kept = totals(ranks, position.ids, position.ids_before, kept)
        return (
            dataclasses.replace(
                position,
                next_span=0,
                worker={"kept_words": kept},
                ids=ids,
                losses=_losses_of_all(ranks, position.losses),
                ids_before=before,
                losses_before=_losses_of_all(ranks, position.losses_before),
            ),
            done,
        )

    def go_on(self, position: Position, done: NDArray[np.int64]) -> None:
        """Go on from where all ranks stood; the weights are in place.

        Parameters
        ----------
        position : Position
            Of all ranks.
        done : ndarray of int64, shape (n_places,)
            As from `of_all_ranks`.
        """
        size, is_first = self._ranks.size, self._ranks.index == 0
        self.parts, self.ids, n_done = self.parts.done_first(self.ids, done)
        before = position.epoch * self.n_ids
        own = dataclasses.replace(
            position,
            worker={"kept_words": int(position.worker["kept_words"]) // size},
            ids=before + n_done,
            losses=position.losses if is_first else Losses(),
            ids_before=before,
            losses_before=position.losses_before if is_first else Losses(),
        )
        self._starts, next_span = self._run.train_rest(self.ids, n_done, own)
        self._restored = dataclasses.replace(own, next_span=next_span)
        self._begun = Begun(position.epoch, n_done, done.sum() / self._all_ids)
        words = self._kept_words_of_ranks()
        for rows in self._rows.values():
            rows.begin(words)

    def standing(self, epoch: int, losses_before: Losses, last: Position) -> Position:
        """Return where this rank stands; no worker runs.

        Parameters
        ----------
        epoch : int
        losses_before : Losses
            At the start of the epoch.
        last : Position
            The last pause, for time and samples.
        """
        return dataclasses.replace(
            last,
            epoch=epoch,
            worker=self._run.state,
            ids=self.ids_done,
            losses=self.losses,
            ids_before=epoch * self.n_ids,
            losses_before=losses_before,
        )

    def begun(self, epoch: int) -> Begun:
        """Return how much of an epoch was done before this run."""
        return self._begun if self._begun.epoch == epoch else Begun(epoch, 0, 0.0)

    def losses_before(self, epoch: int) -> Losses:
        """Return the losses at the start of an epoch, which begins now."""
        found = self._restored
        is_rest = found is not None and found.epoch == epoch
        return found.losses_before if found is not None and is_rest else self.losses

    # ---- merges --------------------------------------------------------------------

    def merge_positions(self, epoch: int) -> list[float]:
        """Return at which shares of an epoch the ranks merge, its end excluded."""
        seen = epoch * self._all_ids
        positions = self._schedule.positions(self._all_ids, seen)
        return [position / self._all_ids for position in positions]

    def merge(self, number: int, epoch: float, levels: int) -> None:
        """Merge the first levels of all matrices with the other ranks.

        Parameters
        ----------
        number : int
            Of this merge in its epoch, from 1; it decides whose changes come last.
        epoch : float
            Epochs done by all ranks.
        levels : int
        """
        ranks, step = self._ranks, f"merge {number}"
        with ranks.within(step, self._limit.seconds):
            ranks.meet(step)
            # Merges of as many rows take turns, and so do the ends of epochs.
            turn = (number >> n_levels(number)) + int(epoch)
            merge = Merge(
                self._kept_words_of_ranks(),
                last=turn % ranks.size,
                n_levels=levels,
                strength=self._transport * self._run.reported_alpha(epoch),
            )
            if self._exchanges.is_due(epoch * self._all_ids):
                self._curvatures = self._curvatures_of_ranks()
            merge_matrices(ranks, self._rows, self._curvatures, merge)
        self._limit.merged()

    def _curvatures_of_ranks(self) -> dict[str, Curvature]:
        found = {name: self._run.curvature(m) for m, name in enumerate(MATRICES)}
        return mean_curvatures(
            self._ranks,
            {name: found[name] for name in self._rows},
            self._curvatures,
            self._params.vector_size,
        )

    def _kept_words_of_ranks(self) -> NDArray[np.int64]:
        words = np.zeros(self._ranks.size, dtype=np.int64)
        words[self._ranks.index] = self._run.kept_words
        self._ranks.add_up(words)
        return words


class EpochMerges:
    """Pauses the workers of a rank when it is to merge with the others.

    Every rank passes the same share of its own ids between two merges, so that the
    learning rate is the same on all of them.

    Parameters
    ----------
    trainer : RankTrainer
    epoch : int
    pauses : Pauses
        Asked at the start of the epoch, and after each merge but the last: then it is
        after a merge of all rows.
    """

    def __init__(self, trainer: RankTrainer, epoch: int, pauses: Pauses) -> None:
        self._trainer = trainer
        self._epoch = epoch
        self._pauses = pauses
        self._begun = trainer.begun(epoch)
        self._shares = trainer.merge_positions(epoch)
        self._n_done = int(np.searchsorted(self._shares, self._begun.share, "right"))
        self.losses_before = trainer.losses_before(epoch)
        self._last = trainer.position_after(epoch)
        self._take_if_due()

    def next_at(self, ids: int) -> int:
        """Return after how many ids of this rank it is to merge."""
        del ids
        if self._n_done == len(self._shares):
            return NEVER
        n_ids, n_done = self._trainer.n_ids, self._begun.n_ids
        share = self._shares[self._n_done]
        rest = (share - self._begun.share) / (1 - self._begun.share)
        return self._epoch * n_ids + n_done + int(rest * (n_ids - n_done))

    def take(self, position: Position) -> None:
        """Merge, more than once if this rank has passed several positions."""
        self._last = position
        while position.ids >= self.next_at(position.ids):
            self._merge()

    def finish(self, position: Position) -> None:
        """Do nothing."""

    def end_epoch(self) -> None:
        """Take part in the merges that are left, and merge all rows."""
        while self._n_done < len(self._shares):
            self._merge()
        self._trainer.merge(self._n_done + 1, self._epoch + 1, ALL_LEVELS)

    def _merge(self) -> None:
        share = self._epoch + self._shares[self._n_done]
        self._n_done += 1
        n_done = self._trainer.ids_done
        is_due = self._pauses.next_at(n_done) <= n_done
        levels = ALL_LEVELS if is_due else n_levels(self._n_done)
        self._trainer.merge(self._n_done, share, levels)
        if is_due:
            self._pauses.take(self._standing())

    def _take_if_due(self) -> None:
        n_done = self._trainer.ids_done
        if self._pauses.next_at(n_done) <= n_done:
            self._pauses.take(self._standing())

    def _standing(self) -> Position:
        trainer, before = self._trainer, self.losses_before
        return trainer.standing(self._epoch, before, self._last)


def _losses_of_all(ranks: Ranks, own: Losses) -> Losses:
    predictions = totals(ranks, own.predictions)[0]
    return Losses(predictions, *float_totals(ranks, own.hs, own.ns, own.softmax))


def _updates(
    params: TrainParams, *uses: NDArray[np.float64]
) -> list[NDArray[np.float64]]:
    """Return the updates of each row of `MATRICES` in training one kept word."""
    contexts = params.mean_contexts
    inputs, nodes, outputs = updates_per_use(params)
    if params.sg and params.negative_sharing == "pair":
        outputs, nodes = contexts * outputs, contexts * nodes
    return [uses[0] * contexts * inputs, uses[2] * nodes, uses[1] * outputs]
