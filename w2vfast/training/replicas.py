"""Which rows each worker replicates, and how often replicas are merged.

The most frequently updated rows would move from core to core at every update, so each
worker trains on its own replicas of them.  A merge adds up what n workers have learned
separately.  The sum overshoots if each of them alone has moved a row near its goal:
so the more often a row is updated, the sooner its replicas must be merged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from w2vfast.params import TrainParams
    from w2vfast.training.huffman import HuffmanTree

# Rows that each of two workers replicates, and each of more workers (of either kind).
REPLICATED_WORDS, REPLICATED_NODES = 2048, 4096
REPLICATED_BY_MANY = 64
REPLICA_BYTES = 1 << 25  # of all workers together
# Of the kept words; words are not replicated if one is more frequent.
LARGEST_SHARE = 0.03
# Kept words of all workers between two merges, times the window.
WORDS_BETWEEN_MERGES = 20_480
MIN_MERGES = 64  # of a worker in an epoch in which every word is kept
RAMP_WORDS = 1 << 20  # kept words of all workers at the start, with more merges
USES_BETWEEN_MERGES = 128  # of a row by two workers
MAX_LEVELS = 16
PATH_BLOCK = 1 << 16  # words whose paths are processed together


class ReplicaPlan(NamedTuple):
    """The rows that a worker replicates, and when it merges them.

    Attributes
    ----------
    words, nodes : ndarray of int64, shape (levels,)
        ``words[level]``: how many first rows of `syn0` and `syn1neg` every
        2**level-th merge covers; ``nodes[level]``: of `syn1`.  Ascending; the last is
        the number of replicated rows.  Empty if none are replicated.
    period : int
        Kept words of this worker between two merges [words].
    ramp : int
        Its first kept words, with more merges: the period rises from a 32nd
        (`RAMP_PARTS` of the kernels) to its full length [words].
    """

    words: NDArray[np.int64]
    nodes: NDArray[np.int64]
    period: int
    ramp: int


def plan_replicas(
    params: TrainParams,
    n_ids: int,
    row_bytes: int,
    shares: NDArray[np.float64],
    tree: HuffmanTree | None,
) -> ReplicaPlan:
    """Plan the replicas of a run in fast mode.

    Parameters
    ----------
    params : TrainParams
    n_ids : int
        Ids of an epoch.
    row_bytes : int
        Size of a row with its padding [bytes].
    shares : ndarray of float64, shape (rows,)
        From `sampling.kept_shares`. IN
    tree : HuffmanTree or None

    Returns
    -------
    ReplicaPlan

    Notes
    -----
    Words are not replicated if one is more frequent than any word of a large text.
    Nothing is replicated with full softmax, which updates all rows equally often.
    """
    none = np.empty(0, dtype=np.int64)
    n_workers = params.n_workers
    period = max(1, _words_between_merges(params, n_ids) // n_workers)
    ramp = max(1, RAMP_WORDS // n_workers)
    if n_workers == 1 or params.objective == "softmax":
        return ReplicaPlan(none, none, period, ramp)
    n_words, n_nodes = _n_rows(params, row_bytes, len(shares))
    if n_workers == 2:
        # A word is an input of about as many blocks as its window has words on one
        # side, because windows shrink by half on average.  Negative samples are not
        # counted: a rare word that made up half of them raised the loss by 0.3 %.
        words = _levels(n_workers * period * params.window * shares[:n_words])
        nodes = none
        if tree is not None:
            nodes = _levels(n_workers * period * _node_shares(shares, tree, n_nodes))
    else:  # they overshoot so much sooner that every merge covers all replicas
        words = np.array([n_words], dtype=np.int64)
        nodes = np.array([n_nodes], dtype=np.int64) if tree is not None else none
    words = words if shares.max() <= LARGEST_SHARE else none
    return ReplicaPlan(words, nodes, period, ramp)


def _words_between_merges(params: TrainParams, n_ids: int) -> int:
    """Return the kept words of all workers between two merges.

    The wider the window, the further each word moves the rows; inner nodes need twice
    as many merges.
    """
    window = 2 * params.window if params.hs else params.window
    return min(WORDS_BETWEEN_MERGES // window, n_ids // MIN_MERGES)


def _n_rows(params: TrainParams, row_bytes: int, n_rows: int) -> tuple[int, int]:
    """Return how many of n_rows words and of n_rows inner nodes are replicated."""
    two = params.n_workers == 2
    n_words = min(REPLICATED_WORDS if two else REPLICATED_BY_MANY, n_rows)
    n_nodes = min(REPLICATED_NODES if two else REPLICATED_BY_MANY, n_rows)
    n_nodes = n_nodes if params.hs else 0
    n_replicas = n_words * (2 if params.negative else 1) + n_nodes
    # A replica is stored twice: as it is, and as it was after its last merge.
    part = min(1.0, REPLICA_BYTES / (2 * row_bytes * n_replicas * params.n_workers))
    return int(part * n_words), int(part * n_nodes)


def _node_shares(
    shares: NDArray[np.float64], tree: HuffmanTree, n_nodes: int
) -> NDArray[np.float64]:
    """Compute the share of kept words whose path has each of the first nodes."""
    sums = np.zeros(n_nodes + 1)
    for start in range(0, len(shares), PATH_BLOCK):
        ends = tree.offsets[start : start + PATH_BLOCK + 1]
        nodes = np.minimum(tree.points[ends[0] : ends[-1]], n_nodes)
        weights = np.repeat(shares[start : start + PATH_BLOCK], np.diff(ends))
        sums += np.bincount(nodes, weights, n_nodes + 1)
    return sums[:n_nodes]


def _levels(uses: NDArray[np.float64]) -> NDArray[np.int64]:
    """Compute how many rows each level merges, from their uses in one period.

    A row is merged at every merge, or at every 2**level-th one for the highest level
    at which it is used at most USES_BETWEEN_MERGES times in between.
    """
    # Rows are only about sorted by use: a row is treated as the most used one after it.
    most_used_after = np.maximum.accumulate(uses[::-1])[::-1]
    limits = USES_BETWEEN_MERGES / 2.0 ** np.arange(1, MAX_LEVELS)
    levels = [int(np.count_nonzero(most_used_after > limit)) for limit in limits]
    rising = [level for level in levels if level < len(uses)]
    return np.array([*rising, len(uses)], dtype=np.int64)
