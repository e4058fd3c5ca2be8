"""Estimate time, memory and traffic of a training on several machines."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from w2vfast.distributed.limits import with_bases
from w2vfast.distributed.merge_times import n_levels, schedule_of
from w2vfast.params import TrainParams
from w2vfast.training.weights import estimate_memory

# Words a second of one thread, times D.  Source: docs/benchmarks/speed.md, one thread;
# Intel Xeon (family 6, model 207, AVX-512), D = 200.
WORDS_TIMES_DIM = {
    "sg-neg": 1.955e6 * 200,
    "sg-hs": 1.192e6 * 200,
    "cbow-neg": 4.021e6 * 200,
    "cbow-hs": 2.838e6 * 200,
}
# Speed of 1, 2, 4, ... 128 threads of a machine, as a multiple of one's: two are
# measured, more are predicted, the mean for cores that share a cache and that do not.
# Source: docs/how-it-works/threads.md, What to expect from more workers.
THREAD_GAINS = {
    "sg-neg": (1.0, 1.90, 3.55, 6.50, 11.35, 19.15, 29.50, 41.70),
    "sg-hs": (1.0, 1.94, 3.80, 7.25, 13.50, 24.00, 38.05, 53.00),
    "cbow-neg": (1.0, 1.85, 3.25, 5.55, 8.95, 14.00, 19.80, 25.60),
    "cbow-hs": (1.0, 1.88, 3.60, 6.45, 11.15, 18.15, 25.30, 30.55),
}
LINK_SHARE = 0.85  # of a link's bits a second, that a sum over the ranks gets
# What one merged number of a row adds to a training, without sending: passes over the
# rows, waiting for the slower rank, and rows that are out of the cache afterwards.
# Source: docs/benchmarks/ranks.md; AMD EPYC (family 26, model 2, AVX-512).
SECONDS_PER_NUMBER = 2.0e-9


class Job(NamedTuple):
    """A training that is planned.

    Attributes
    ----------
    words : float
        Words of the text [tokens].
    vocab : int
        Words of the vocabulary.
    size : int
        D.
    epochs : int
    mode : str
        A key of `WORDS_TIMES_DIM`.
    nodes, threads : int
        Machines, one rank each, and threads of each.
    link : float
        Bits a second between two machines.
    speed : float or None
        Words a second of one thread; None: as measured, see `WORDS_TIMES_DIM`.
    """

    words: float
    vocab: int
    size: int
    epochs: int
    mode: str
    nodes: int
    threads: int
    link: float
    speed: float | None = None


class Cost(NamedTuple):
    """What a training takes.

    Attributes
    ----------
    train_seconds, send_seconds, merge_seconds : float
        Training; sending rows; transporting and adding them [s].
    merges : int
        In all epochs, those at the ends of epochs included.
    sent_bytes : float
        Sent by each machine.
    memory_bytes : int
        Of each machine, without the ids of its part of the text.
    """

    train_seconds: float
    send_seconds: float
    merge_seconds: float
    merges: int
    sent_bytes: float
    memory_bytes: int

    @property
    def seconds(self) -> float:
        """All of it, one after the other [s]."""
        return self.train_seconds + self.send_seconds + self.merge_seconds


def cost_of(job: Job) -> Cost:
    """Estimate what a training takes.

    Parameters
    ----------
    job : Job

    Returns
    -------
    Cost

    Notes
    -----
    A sum of B bytes over N machines sends 2 B (N - 1) / N bytes from each of them, by
    the ring algorithm.
    """
    speed = job.speed or WORDS_TIMES_DIM[job.mode] / job.size
    gain = thread_gain(job.mode, job.threads)
    train_seconds = job.words * job.epochs / (speed * gain * job.nodes)
    memory = _memory(job)
    if job.nodes == 1:
        return Cost(train_seconds, 0, 0, 0, 0, memory)
    merges, rows = _merged_rows(job)
    numbers = 2 * rows * job.size  # of syn0 and of the outputs
    sent = 4 * numbers * 2 * (job.nodes - 1) / job.nodes
    send_seconds = 8 * sent / (LINK_SHARE * job.link)
    merge_seconds = numbers * SECONDS_PER_NUMBER
    return Cost(train_seconds, send_seconds, merge_seconds, merges, sent, memory)


def thread_gain(mode: str, threads: int) -> float:
    """Return how many times as fast as one thread so many are; above 128, as 128."""
    gains = THREAD_GAINS[mode]
    return float(np.interp(threads, 2 ** np.arange(len(gains)), gains))


def _merged_rows(job: Job) -> tuple[int, int]:
    """Count the merges of all epochs, and the rows of one matrix that they merge."""
    schedule = schedule_of(_params(job), job.nodes)
    bounds = schedule.level_bounds(job.vocab)
    merges = rows = 0
    n_ids = int(job.words)
    for epoch in range(job.epochs):
        n = len(schedule.positions(n_ids, epoch * n_ids))
        merges += n + 1
        rows += job.vocab  # at the end of the epoch
        for merge in range(1, n + 1):
            rows += bounds[min(n_levels(merge), len(bounds) - 1)]
    return merges, rows


def _memory(job: Job) -> int:
    sizes = estimate_memory(job.vocab + 1, _params(job))
    return (with_bases(sizes) if job.nodes > 1 else sizes)["total"]


def _params(job: Job) -> TrainParams:
    return TrainParams(
        vector_size=job.size,
        sg=job.mode.startswith("sg"),
        hs=job.mode.endswith("hs"),
        negative=0 if job.mode.endswith("hs") else 5,
        workers=job.threads,
    )
