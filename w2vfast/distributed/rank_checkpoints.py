"""Checkpoints of several ranks: the first one writes and reads for all.

A checkpoint is a state after a merge of all rows, in which all ranks have the same
weights: besides these, how many ids of each part of the text are done.  So any number
of ranks can go on with it, and one process without ranks, too.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from w2vfast.checkpoint.identity import RunIdentity
from w2vfast.checkpoint.plan import CheckpointPlan, NoCheckpoints
from w2vfast.checkpoint.saver import SIGNALS, CheckpointedRun, Saver
from w2vfast.checkpoint.storage import Checkpoint
from w2vfast.distributed.rank_parts import RankParts, WholeText, whole_text
from w2vfast.distributed.rank_rounds import RoundsTrainer
from w2vfast.distributed.rank_trainer import RankTrainer
from w2vfast.distributed.ranks import Ranks, share_array, share_rows, totals
from w2vfast.system.json_files import checked
from w2vfast.system.signals import WaitingSignals
from w2vfast.training.history import EpochStats
from w2vfast.training.position import NEVER, Pauses, Position

if TYPE_CHECKING:
    from w2vfast.params import TrainParams
    from w2vfast.training.trainer import Trainer
    from w2vfast.training.weights import Weights

DONE, LENGTHS = "part_done", "part_lengths"  # arrays of a checkpoint


class RankPlan:
    """A wish for checkpoints that all ranks have.

    Parameters
    ----------
    ranks : Ranks
    plan : CheckpointPlan
        The folder is used by the first rank only.
    """

    def __init__(self, ranks: Ranks, plan: CheckpointPlan) -> None:
        self._ranks = ranks
        self._plan = plan

    @contextlib.contextmanager
    def prepared(self, params: TrainParams) -> Iterator[None]:
        """Raise early, on all ranks, what `CheckpointPlan.prepared` raises."""
        is_first = self._ranks.index == 0
        waiting = WaitingSignals(("SIGUSR1",))
        with self._plan.prepared(params) if is_first else waiting:
            self._ranks.meet("the folder of checkpoints")
            yield

    @contextlib.contextmanager
    def run(
        self,
        trainer: Trainer,
        identity: Callable[[], RunIdentity],
        history: list[EpochStats],
    ) -> Iterator[Pauses]:
        """Let all ranks stand where the newest checkpoint stood; yield their pauses.

        Parameters and errors as for `CheckpointPlan.run`; `trainer` is a `RankTrainer`
        or a `RoundsTrainer`.
        """
        if isinstance(trainer, RoundsTrainer):
            # All ranks stand where one process would, so the first one saves alone.
            with self._run_of_first(trainer, identity, history) as (saver, signals):
                self._ranks.meet("the newest checkpoint")
                _share_rounds(self._ranks, trainer, history)
                yield RoundPauses(self._ranks, saver, signals)
            return
        ranks, trainer = self._ranks, cast(RankTrainer, trainer)
        before = self._before()
        text = self._text(trainer, before)
        whole = WholeRun(trainer, text, before)

        def of_all_ranks() -> RunIdentity:
            own, n_ids = identity(), int(text.lengths.sum())
            return dataclasses.replace(
                own, n_ids=n_ids, train_words=n_ids, ids=whole.digest
            )

        with self._run_of_first(whole, of_all_ranks, history) as (saver, signals):
            if saver is not None:
                saver.run = dataclasses.replace(saver.run, ids=text.digest)
            ranks.meet("the newest checkpoint")
            whole.share(ranks, history)
            yield RankPauses(ranks, whole, saver, signals)

    @contextlib.contextmanager
    def _run_of_first(
        self,
        trainer: CheckpointedRun,
        identity: Callable[[], RunIdentity],
        history: list[EpochStats],
    ) -> Iterator[tuple[Saver | None, WaitingSignals]]:
        """Prepare the first rank's run; yield its saver, and this rank's signals."""
        if self._ranks.index > 0:
            with WaitingSignals(SIGNALS) as signals:
                yield None, signals
        else:
            with self._plan.run(trainer, identity, history) as saver:
                yield saver, saver.signals

    def _before(self) -> Checkpoint | None:
        """Return the checkpoint to go on from; its arrays are not checked yet."""
        if self._ranks.index > 0:
            return None
        found = self._plan.before
        return None if found is None else found[1]

    def _text(self, trainer: RankTrainer, before: Checkpoint | None) -> WholeText:
        """Return the text; one process has it in the parts that the ranks had."""
        if self._ranks.size == 1 and before is not None:
            lengths = before.arrays.get(LENGTHS)
            # Others are refused when the checkpoint is read.
            if lengths is not None and _are_parts_of(lengths, trainer.n_ids):
                trainer.parts = RankParts(np.arange(len(lengths)), lengths)
        self._ranks.meet("the parts of the text")
        return whole_text(self._ranks, trainer.parts, trainer.ids)


def _are_parts_of(lengths: NDArray[Any], n_ids: int) -> bool:
    """Whether an array that nothing is known of has the lengths of parts of a text."""
    is_list = lengths.dtype == np.int64 and lengths.ndim == 1
    return is_list and bool((lengths >= 0).all()) and int(lengths.sum()) == n_ids


def plan_of_ranks(
    ranks: Ranks, plan: NoCheckpoints | CheckpointPlan
) -> NoCheckpoints | CheckpointPlan | RankPlan:
    """Return the plan with which these ranks train.

    One process alone needs the plan of ranks to go on from a checkpoint of theirs.
    """
    if isinstance(plan, NoCheckpoints):
        return plan
    if ranks.size == 1:
        found = plan.before if plan.resume else None
        if found is None or DONE not in found[1].arrays:
            return plan
    return RankPlan(ranks, plan)


class WholeRun:
    """The run of all ranks, as what writes and reads checkpoints sees a trainer.

    Parameters
    ----------
    trainer : RankTrainer
        INOUT; of this rank.
    text : WholeText
    before : Checkpoint or None
        What the run goes on from.
    """

    def __init__(
        self, trainer: RankTrainer, text: WholeText, before: Checkpoint | None
    ) -> None:
        self._trainer = trainer
        self._lengths = text.lengths
        self._done = np.zeros_like(text.lengths)
        self._restored: Position | None = None
        # One process knows nothing of parts, and digests its text as a whole.  Words
        # and counts of the vocabulary are compared in any case.
        self._is_of_one, self.digest = False, text.digest
        if before is not None and DONE not in before.arrays:
            self._is_of_one, self.digest = True, before.run.ids
        self.ids_done = 0 if before is None else before.position.ids
        self.n_ids = int(text.lengths.sum())
        self.starts = np.array([0, self.n_ids])

    @property
    def weights(self) -> Weights:
        """Of this rank; after a merge, of all."""
        return self._trainer.weights

    @property
    def n_epochs(self) -> int:
        """Epochs of the whole run."""
        return self._trainer.n_epochs

    @property
    def arrays(self) -> dict[str, NDArray[Any]]:
        """How many ids of each part are done in this epoch, and how many it has."""
        if self._is_of_one:
            return {}
        return {DONE: self._done.copy(), LENGTHS: self._lengths}

    def can_stand_at(self, position: Position) -> bool:
        """Whether `restore` takes a position; nothing is assumed about it."""
        is_within = position.is_within(self.n_epochs, self.n_ids)
        return is_within and self._trainer.has_state_of(position)

    def restore(
        self,
        position: Position,
        starts: NDArray[np.int64],
        arrays: Mapping[str, NDArray[Any]],
    ) -> None:
        """Take note of where the ranks stood.

        Raises
        ------
        ValueError
            If what is done of the parts does not fit the position.
        """
        if DONE in arrays:
            self._done = np.array(arrays[DONE])
        else:
            n_done = int(starts[position.next_span])
            all_parts = RankParts(np.arange(len(self._lengths)), self._lengths)
            self._done = all_parts.done(n_done, len(self._lengths))
        n_done = position.ids - position.ids_before
        is_within = ((self._done >= 0) & (self._done <= self._lengths)).all()
        if position.epoch < self.n_epochs and not (
            is_within and n_done == self._done.sum()
        ):
            message = "its parts do not fit each other"
            raise ValueError(message)
        self._is_of_one = False
        self._restored = position

    def share(self, ranks: Ranks, history: list[EpochStats]) -> None:
        """Let all ranks stand where the first one has read that they stood.

        Parameters
        ----------
        ranks : Ranks
        history : list of EpochStats
            INOUT; that of the first rank.
        """
        own = _Standing(self._restored, history, self._done.tolist())
        found = _share_standing(ranks, own)
        if found.position is None:
            return
        history[:] = found.history
        for _, rows in self.weights:
            share_rows(ranks, rows.vectors)
        self._trainer.go_on(found.position, np.array(found.done, dtype=np.int64))

    def whole(self, position: Position) -> Position:
        """Return where all ranks stand, from where each does; note what is done."""
        position, self._done = self._trainer.of_all_ranks(position, len(self._lengths))
        self.ids_done = position.ids
        return position


def _share_rounds(
    ranks: Ranks, trainer: RoundsTrainer, history: list[EpochStats]
) -> None:
    """Let all deterministic ranks stand where the first one stands.

    Parameters
    ----------
    ranks : Ranks
    trainer : RoundsTrainer
        INOUT
    history : list of EpochStats
        INOUT; that of the first rank.
    """
    found = _share_standing(ranks, _Standing(trainer.restored, history))
    if found.position is None:
        return
    history[:] = found.history
    starts, arrays = trainer.spans(found.position.epoch), trainer.arrays
    for array in arrays.values():
        share_array(ranks, array)
    for _, rows in trainer.weights:
        share_rows(ranks, rows.vectors)
    trainer.restore(found.position, starts, arrays)


@dataclass(frozen=True)
class _Standing:
    """Where the first rank stands.

    Parameters
    ----------
    position : Position or None
        None if it begins at the start.
    history : list of EpochStats
    done : list of int
        How many ids of each part of the text are done in this epoch.
    """

    position: Position | None
    history: list[EpochStats]
    done: list[int] = dataclasses.field(default_factory=list)


def _share_standing(ranks: Ranks, own: _Standing) -> _Standing:
    """Return where the first rank stands."""
    text = json.dumps(dataclasses.asdict(own)) if ranks.index == 0 else ""
    return checked(_Standing, json.loads(ranks.gather(text.encode())[0]), "a rank")


class RankPauses:
    """The pauses in which ranks write checkpoints, between two merges.

    Parameters
    ----------
    ranks : Ranks
    run : WholeRun
        INOUT
    saver : Saver or None
        Of the first rank.
    signals : WaitingSignals
        Of this rank.
    """

    def __init__(
        self, ranks: Ranks, run: WholeRun, saver: Saver | None, signals: WaitingSignals
    ) -> None:
        self._ranks = ranks
        self._run = run
        self._saver = saver
        self._signals = signals
        self._ends = False

    def next_at(self, ids: int) -> int:
        """Return `ids` if a checkpoint is due, on all ranks, and else a far number."""
        self._ranks.meet("the question for checkpoints")
        n_done = totals(self._ranks, ids)[0]
        is_due = self._saver is not None and self._saver.next_at(n_done) <= n_done
        wanted = [is_due, *map(self._signals.has, SIGNALS)]
        n_wanted = totals(self._ranks, *wanted)
        self._ends = n_wanted[1 + SIGNALS.index("SIGTERM")] > 0
        return ids if any(n_wanted) else NEVER

    def take(self, position: Position) -> None:
        """Write a checkpoint; after SIGTERM on any rank, let it act on all."""
        position = self._run.whole(position)
        _save_together(self._ranks, self._saver, self._signals, position, self._ends)

    def finish(self, position: Position) -> None:
        """Write the last checkpoint, from which nothing is left to train."""
        position = self._run.whole(position)
        if self._saver is not None:
            self._saver.finish(position)


class RoundPauses:
    """The pauses in which deterministic ranks write checkpoints, between two rounds.

    Parameters
    ----------
    ranks : Ranks
    saver : Saver or None
        Of the first rank.
    signals : WaitingSignals
        Of this rank.
    """

    def __init__(
        self, ranks: Ranks, saver: Saver | None, signals: WaitingSignals
    ) -> None:
        self._ranks = ranks
        self._saver = saver
        self._signals = signals

    def next_at(self, ids: int) -> int:
        """Return after how many ids this rank wants a pause; then all have one."""
        if self._saver is not None:
            return self._saver.next_at(ids)
        return ids if any(map(self._signals.has, SIGNALS)) else NEVER

    def take(self, position: Position) -> None:
        """Write a checkpoint; after SIGTERM on any rank, let it act on all."""
        ends = totals(self._ranks, self._signals.has("SIGTERM"))[0] > 0
        _save_together(self._ranks, self._saver, self._signals, position, ends)

    def finish(self, position: Position) -> None:
        """Write the last checkpoint, from which nothing is left to train."""
        if self._saver is not None:
            self._saver.finish(position)


def _save_together(
    ranks: Ranks,
    saver: Saver | None,
    signals: WaitingSignals,
    position: Position,
    ends: bool,
) -> None:
    """Let the first rank write a checkpoint; if all are to end by SIGTERM, end."""
    if saver is not None:
        saver.save(position, at_once=ends)
    signals.forget("SIGUSR1")
    ranks.meet("the checkpoint")  # the next merge has a shorter limit
    if ends:
        signals.act("SIGTERM")  # another rank may have got it
