"""Trainings whose merges are timed evenly, and the processor time of their workers."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from programs import MODES
from scaling_model import Side, hogwild_costs, round_costs, sides_of

from w2vfast import _core
from w2vfast.params import TrainParams
from w2vfast.system.threads import run_threads
from w2vfast.text.corpus import encode
from w2vfast.training import sampling
from w2vfast.training.deterministic_run import DeterministicRun
from w2vfast.training.fast_run import FastRun
from w2vfast.training.kernel_objects import kernel_options
from w2vfast.training.replicas import (
    OVERLAP_MARGIN,
    RowUses,
    row_uses,
    transport_factor,
)
from w2vfast.training.run_input import RunInput
from w2vfast.training.spans import SEEN_PER_ROUND, SHARDS, RoundPlan, plan_rounds
from w2vfast.training.tables import Tables, build_tables
from w2vfast.training.weights import new_weights


@dataclass(frozen=True)
class Setting:
    """A training.

    Attributes
    ----------
    mode : str
        A name of `programs.MODES`.
    size : int
        D.
    workers : int
    period : int or None
        Kept words of all workers between two merges; None without any.
    deterministic : bool
    """

    mode: str
    size: int
    workers: int = 1
    period: int | None = None
    deterministic: bool = False

    @property
    def params(self) -> TrainParams:
        """The parameters of a training whose last epoch is timed."""
        return TrainParams(
            **MODES[self.mode],
            negative=0 if MODES[self.mode]["hs"] else 5,
            vector_size=self.size,
            workers=self.workers,
            deterministic=self.deterministic,
            # Rounds: short ones, then long ones that allocate their memory, then timed.
            epochs=3 if self.deterministic else 2,
        )

    @property
    def period_of_worker(self) -> float | None:
        """Kept words of one worker between two merges; a lone one is as one of two."""
        return None if self.period is None else self.period / max(2, self.workers)


class Text:
    """An encoded text, the tables of a mode, and how often rows are used."""

    def __init__(self, corpus: Path, mode: str) -> None:
        self.params = Setting(mode, 1).params
        vocab, encoded = encode(corpus, min_count=self.params.min_count)
        self.ids = encoded.ids
        self.tables: Tables = build_tables(vocab.counts, self.params)
        shares = sampling.kept_shares(vocab.counts, self.tables.keep)
        self.n_rows = n_rows = len(shares)
        self.uses: RowUses = row_uses(self.params, shares, self.tables, n_rows, n_rows)
        self.kept = sampling.kept_fraction(vocab.counts, self.tables.keep)

    @property
    def sides(self) -> list[Side]:
        """The matrices that the mode uses."""
        return sides_of(self.params, self.uses)

    def costs(self, setting: Setting, cache: float) -> dict[str, float]:
        """Return what the model counts in a training; `cache` is in cache lines."""
        row, period = -(-4 * setting.size // 64), setting.period_of_worker
        if setting.deterministic:
            shard = setting.period / SHARDS
            costs = round_costs(self.sides, setting.workers, shard, row)
        else:
            costs = hogwild_costs(self.sides, setting.workers, period, row, cache)
        return costs._asdict()


class _HogwildRun(FastRun):
    """Workers with replicas or without, that merge after equal times."""

    def __init__(self, text: Text, setting: Setting, given: RunInput):
        self._text, self._setting = text, setting
        super().__init__(given)

    def _new_workers(self, model: _core.Model, tables: Tables) -> list[_core.Worker]:
        p, period, replicas = self._params, self._setting.period_of_worker, None
        del tables
        if period is not None:
            limits = [side.limit for side in self._text.sides]
            rows = (limits[0], limits[-1], limits[-1])
            first = zip(self._text.uses, rows, strict=True)
            replicas = _core.Replicas(
                *(uses[:n].astype(np.float32) for uses, n in first),
                first_period=int(period),
                period=int(period),
                transport=OVERLAP_MARGIN * transport_factor(p),
            )
        options = kernel_options(p, len(self._ids))
        return [
            _core.Worker(model, options, p.seed, replicas=replicas)
            for _ in range(p.n_workers)
        ]


class _RoundsRun(DeterministicRun):
    """Rounds of equal length after an epoch; notes for how long workers wait."""

    def __init__(self, text: Text, setting: Setting, given: RunInput):
        self._setting, self.waits = setting, 0.0  # seconds
        super().__init__(given)

    @property
    def plan(self) -> RoundPlan:
        """The rounds of an epoch."""
        return self._plan

    def spans(self, epoch: int) -> np.ndarray:
        """See `FastRun`; long rounds without a first epoch of short ones diverge."""
        if epoch == 0:
            return super().spans(epoch)
        seen = int(SEEN_PER_ROUND * self._setting.period / self._kept)
        limit = self._params.max_sentence_length
        self._plan = plan_rounds(self._ids, seen, self._kept, limit)
        return self._plan.starts

    def _close_round(self) -> None:
        begin = time.perf_counter()
        super()._close_round()
        self.waits += time.perf_counter() - begin

    def _begin_round(self) -> None:
        begin = time.perf_counter()
        super()._begin_round()
        self.waits += time.perf_counter() - begin


def unevenness(plan: RoundPlan) -> float:
    """Return how much longer the longest shards of rounds are than the mean ones."""
    lengths = np.diff(plan.starts)[plan.order]
    rounds = np.split(lengths, plan.bounds[1:-1])
    return sum(part.max() for part in rounds) / sum(part.mean() for part in rounds)


def new_run(text: Text, setting: Setting) -> _HogwildRun | _RoundsRun:
    """Return a run of new weights."""
    weights = new_weights(text.n_rows, setting.params)
    given = RunInput(weights, text.ids, text.tables, setting.params, len(text.ids))
    kind = _RoundsRun if setting.deterministic else _HogwildRun
    return kind(text, setting, given)


def measure(text: Text, setting: Setting) -> dict[str, float]:
    """Train all epochs; return times of the last one for a kept word [ns].

    Returns
    -------
    dict of float
        `ns`: processor time of all workers together.  In rounds also `waits`, the
        time in which only one worker works, and `uneven`, how much longer the longest
        shard of a round is than the mean one.
    """
    run = new_run(text, setting)
    scale = 1e9 / (text.kept * len(text.ids))  # nanoseconds for each kept word
    last = setting.params.epochs - 1
    for epoch in range(last):
        train_epoch(run, epoch)
    waited = getattr(run, "waits", 0)
    times = {"ns": scale * train_epoch(run, last)}
    if isinstance(run, _RoundsRun):
        waits = scale * (run.waits - waited)
        times |= {"waits": waits, "uneven": unevenness(run.plan)}
    return times


def train_epoch(run: _HogwildRun | _RoundsRun, epoch: int) -> float:
    """Return the processor time of all workers together [s]."""
    seconds: list[float] = []
    queue = _core.SpanQueue(run.spans(epoch))
    tasks = [functools.partial(_timed, t, seconds) for t in run.tasks(epoch, queue)]
    run_threads(tasks, queue.stop, lambda: None)
    run.check(epoch)  # arithmetic with numbers that are not finite may be slower
    return sum(seconds)


def _timed(task: Callable[[], object], seconds: list[float]) -> None:
    begin = time.thread_time()
    task()
    seconds.append(time.thread_time() - begin)
