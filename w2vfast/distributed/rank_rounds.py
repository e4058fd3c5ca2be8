"""Train deterministic rounds on several ranks: the same bytes for any number of them.

Every rank has all ids, and trains some of the shards of each round.  Then all ranks get
what all shards have learned, and each of them merges as one process does; see
`training.deterministic_run`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from w2vfast import _core
from w2vfast.distributed.rank_parts import RankParts, part_lengths
from w2vfast.distributed.rank_trainer import DistributedTrainer
from w2vfast.distributed.ranks import Ranks
from w2vfast.system.threads import POLL_SECONDS
from w2vfast.training.deterministic_run import (
    DeterministicRun,
    numbers_of,
    restore_numbers,
)
from w2vfast.training.history import EpochStats, Progress
from w2vfast.training.position import Pauses, Position
from w2vfast.training.spans import SHARDS

if TYPE_CHECKING:
    from w2vfast.training.fast_run import FastRun
    from w2vfast.training.run_input import RunInput

_COUNTERS = 5  # float64 of a shard, as many as int64 of `Shards.sampling`


class RankRounds(DeterministicRun):
    """The workers of one rank, which train its shards of each round."""

    ranks: Ranks
    _is_pause_due = False  # on any rank, so that all pause

    def tasks(self, epoch: int, queue: _core.SpanQueue) -> list[Callable[[], object]]:
        """Return what each thread calls, as `DeterministicRun.tasks`."""
        self._is_pause_due = False
        return super().tasks(epoch, queue)

    def _pauses_before(self, first: int, end: int) -> bool:
        if self._is_pause_due:
            self._queue.restrict(first, end)  # the position is the same on all ranks
        return self._is_pause_due

    def _open_round(self, first: int, end: int) -> None:
        shards = self._shards_of(self.ranks.index)
        own = [min(first + shard, end) for shard in (shards.start, shards.stop)]
        self._queue.restrict(first, end, *own)

    def _begin_round(self) -> None:
        super()._begin_round()
        if self._round == len(self._plan.bounds) - 1:
            # The last spans may be other ranks'; they are done, too.
            n_spans = len(self._plan.order)
            self._queue.restrict(n_spans, n_spans)

    def _close_round(self) -> None:
        self._exchange()
        super()._close_round()

    def _shards_of(self, rank: int) -> range:
        bounds = [SHARDS * k // self.ranks.size for k in (rank, rank + 1)]
        return range(*bounds)

    def _exchange(self) -> None:
        """Let all ranks have what each shard has learned in this round."""
        self.ranks.meet("the end of a round")
        first, end = self._plan.bounds[self._round : self._round + 2].tolist()
        n_shards = end - first
        own = [k for k in self._shards_of(self.ranks.index) if k < n_shards]
        is_due = self._queue.pauses_at(self._ids_before + self._ids_in_round)
        messages = self.ranks.gather(bytes([is_due]) + b"".join(map(self._packed, own)))
        self._is_pause_due = any(message[0] for message in messages)
        for rank, message in enumerate(messages):
            if rank != self.ranks.index:
                shards = [k for k in self._shards_of(rank) if k < n_shards]
                self._unpack(shards, np.frombuffer(message[1:], dtype=np.uint8))

    def _packed(self, shard: int) -> bytes:
        rows = _core.pack_shard(self._shards, shard)
        numbers = np.array([len(rows), *self._shards.sampling[shard]])
        counts = numbers_of(self.counters[shard])
        return b"".join(part.tobytes() for part in (numbers, counts, rows))

    def _unpack(self, shards: list[int], message: NDArray[np.uint8]) -> None:
        times = self._shards.sampling
        for shard in shards:
            numbers, message = np.split(message, [8 * (1 + 2 * _COUNTERS)])
            n_bytes, *times[shard] = numbers[: 8 * (1 + _COUNTERS)].view(np.int64)
            counts = numbers[8 * (1 + _COUNTERS) :].view(np.float64)
            restore_numbers(self.counters[shard], counts)
            rows, message = np.split(message, [n_bytes])
            _core.unpack_shard(self._shards, shard, rows)
        self._shards.sampling = times


class RoundsTrainer(DistributedTrainer):
    """One rank's deterministic run; the result is the same on all ranks.

    Parameters
    ----------
    ranks : Ranks
    given : RunInput
        `ids` are of all ranks, from `ids_of_all`.
    """

    _run: RankRounds

    def __init__(self, ranks: Ranks, given: RunInput) -> None:
        super().__init__(given)
        self._run.ranks = self._ranks = ranks
        ranks.meet("the first epoch")  # a rank may have failed above

    def _run_kind(self) -> type[FastRun]:
        return RankRounds

    @property
    def restored(self) -> Position | None:
        """Where the run stood that this one goes on from."""
        return self._restored

    def spans(self, epoch: int) -> NDArray[np.int64]:
        """Return the offsets of an epoch's spans, shape (S + 1,)."""
        return self._run.spans(epoch)

    def run_epoch(
        self,
        epoch: int,
        report: Callable[[Progress], object] = lambda _: None,
        pauses: Pauses | None = None,
        report_seconds: float = POLL_SECONDS,
    ) -> EpochStats:
        """Train one epoch, whose rounds all ranks share; see `Trainer.run_epoch`."""
        stats = super().run_epoch(epoch, report, pauses, report_seconds)
        self._ranks.meet("the end of the epoch")
        return stats


def ids_of_all(
    ranks: Ranks, parts: RankParts, ids: NDArray[np.int32]
) -> NDArray[np.int32]:
    """Return the ids of all ranks, in the order of the text.

    Parameters
    ----------
    ranks : Ranks
    parts : RankParts
        Of this rank, each in one piece.
    ids : ndarray of int32, shape (n,)
        Of this rank.

    Returns
    -------
    ndarray of int32, shape (N,)
    """
    lengths = part_lengths(ranks, parts)
    starts = np.cumsum(lengths) - lengths
    found = np.zeros(lengths.sum(), dtype=np.int32)
    own = 0
    for place, length in zip(parts.places, parts.lengths, strict=True):
        found[starts[place] : starts[place] + length] = ids[own : own + length]
        own += length
    ranks.add_up(found)  # each id is 0 on all ranks but one
    return found
