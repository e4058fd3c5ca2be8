"""Of which rows each worker has copies, and how often these meet.

Copies keep cores from passing the hottest rows on all the time.  What n workers learn
apart is added up, and overshoots where each alone would nearly reach the goal: so the
hotter a row is, the sooner its copies have to meet, and the colder, the rarer they can.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from w2vfast.params import TrainParams
    from w2vfast.training.huffman import HuffmanTree

PRIVATE_WORDS, PRIVATE_NODES = 2048, 4096  # that each of two workers has copies of
HOT_ROWS = 64  # of words and of inner nodes, that each of more workers has copies of
COPY_BYTES = 1 << 25  # for all workers together
HOTTEST_SHARE = 0.03  # of the kept words; with a hotter one no words have copies
MERGE_SPREAD = 20_480  # kept words of all workers, times the window, between two merges
LEAST_MERGES = 64  # of a worker in an epoch of which every word is kept
RAMP = 1 << 20  # kept words of all workers at the start of a run, with more merges
MEETING_USES = 128  # of a row by two workers, after which its copies meet
LEVELS = 16  # of meeting, at most
PATH_BLOCK = 1 << 16  # words whose paths are looked at together


class Copies(NamedTuple):
    """What a worker has copies of.

    Attributes
    ----------
    words, nodes : ndarray of int64, shape (levels,)
        How many rows of the words' matrices, and how many inner nodes, each merge
        brings together, every second, every fourth and so on; rising, and the last is
        how many rows have copies.  Empty: none has.
    period : int
        Kept words of this worker between two merges [words].
    ramp : int
        Its first kept words, in which there are fewer between them: the period rises
        from a 32nd, `RAMP_PARTS` of the kernels, to all of it [words].
    """

    words: NDArray[np.int64]
    nodes: NDArray[np.int64]
    period: int
    ramp: int


def plan_copies(
    params: TrainParams,
    n_ids: int,
    row_bytes: int,
    shares: NDArray[np.float64],
    tree: HuffmanTree | None,
) -> Copies:
    """Decide on the copies of a run in fast mode.

    Parameters
    ----------
    params : TrainParams
    n_ids : int
        Of an epoch.
    row_bytes : int
        Of a row with its padding [bytes].
    shares : ndarray of float64, shape (V,)
        From `sampling.kept_shares`. IN
    tree : HuffmanTree or None

    Notes
    -----
    Words have no copies where one is hotter than any of a large text, nothing has with
    full softmax: there every row is as hot as any other.
    """
    none = np.empty(0, dtype=np.int64)
    n_workers = params.n_workers
    period = max(1, _spread(params, n_ids) // n_workers)
    ramp = max(1, RAMP // n_workers)
    if n_workers == 1 or params.objective == "softmax":
        return Copies(none, none, period, ramp)
    n_words, n_nodes = _n_rows(params, row_bytes, len(shares))
    if n_workers == 2:
        # A word is an input of about as many blocks as its window reaches to one side,
        # since windows shrink by half in the mean.  Noise is left out: a rare word that
        # was half of it raised the loss by 0.3 %.
        words = _levels(n_workers * period * params.window * shares[:n_words])
        nodes = none
        if tree is not None:
            nodes = _levels(n_workers * period * _node_shares(shares, tree, n_nodes))
    else:  # they overshoot so much sooner that all copies meet at every merge
        words = np.array([n_words], dtype=np.int64)
        nodes = np.array([n_nodes], dtype=np.int64) if tree is not None else none
    return Copies(words if shares.max() <= HOTTEST_SHARE else none, nodes, period, ramp)


def _spread(params: TrainParams, n_ids: int) -> int:
    """Kept words of all workers between two merges; inner nodes want fewer.

    The wider the window, the further each word moves the rows.
    """
    window = 2 * params.window if params.hs else params.window
    return min(MERGE_SPREAD // window, n_ids // LEAST_MERGES)


def _n_rows(params: TrainParams, row_bytes: int, n_rows: int) -> tuple[int, int]:
    """Rows of words and inner nodes with copies; there are n_rows of each."""
    two = params.n_workers == 2
    n_words = min(PRIVATE_WORDS if two else HOT_ROWS, n_rows)
    n_nodes = min(PRIVATE_NODES if two else HOT_ROWS, n_rows) if params.hs else 0
    copied = n_words * (2 if params.negative else 1) + n_nodes
    # Each copy has a twin, as it was when last merged.
    part = min(1.0, COPY_BYTES / (2 * row_bytes * copied * params.n_workers))
    return int(part * n_words), int(part * n_nodes)


def _node_shares(
    shares: NDArray[np.float64], tree: HuffmanTree, n_nodes: int
) -> NDArray[np.float64]:
    """Compute which share of the kept words each of the first nodes is passed by."""
    sums = np.zeros(n_nodes + 1)
    for start in range(0, len(shares), PATH_BLOCK):
        ends = tree.offsets[start : start + PATH_BLOCK + 1]
        nodes = np.minimum(tree.points[ends[0] : ends[-1]], n_nodes)
        weights = np.repeat(shares[start : start + PATH_BLOCK], np.diff(ends))
        sums += np.bincount(nodes, weights, n_nodes + 1)
    return sums[:n_nodes]


def _levels(uses: NDArray[np.float64]) -> NDArray[np.int64]:
    """Say how many rows meet when, given their uses between two merges.

    A row meets at every merge, or at every 2**level-th one with the highest level for
    which it is used at most MEETING_USES times from meeting to meeting.
    """
    # Sorted by hotness, though not quite: a row goes with the hottest after it.
    hottest_after = np.maximum.accumulate(uses[::-1])[::-1]
    limits = MEETING_USES / 2.0 ** np.arange(1, LEVELS)
    levels = [int(np.count_nonzero(hottest_after > limit)) for limit in limits]
    rising = [level for level in levels if level < len(uses)]
    return np.array([*rising, len(uses)], dtype=np.int64)
