"""Which rows each worker replicates, and how often replicas are merged.

The most frequently updated rows would move from core to core at every update, so each
worker trains on its own replicas of them.  How replicas are merged, and why workers may
then learn apart for so long: `_core_parts/merge.pxi`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from w2vfast.training.sampling import AliasTable

if TYPE_CHECKING:
    from w2vfast.params import TrainParams
    from w2vfast.training.huffman import HuffmanTree
    from w2vfast.training.tables import Tables

REPLICATED_WORDS, REPLICATED_NODES = 2048, 4096
# Kept words of all workers between two merges: at the start of a run, and at most.
FIRST_WORDS_BETWEEN_MERGES = 512
WORDS_BETWEEN_MERGES = 1 << 18
# The exponent of a merge (of shards or ranks), times updates, learning rate and
# curvature: of skip-gram and CBOW with negative sampling, and of hierarchical softmax
# alone.  Two ranks of CBOW with negative sampling alone have one of their own
# (distributed/merge_times.py).  The merges of workers overlap in time, so they need a
# margin.
# Source of the values: docs/benchmarks/ranks.md, and tried.md, Replicas and merges.
SKIPGRAM_TRANSPORT, CBOW_TRANSPORT, PATH_TRANSPORT = 0.8, 1.5, 2.0
OVERLAP_MARGIN = 1.5
PATH_BLOCK = 1 << 16  # words whose paths are processed together


class ReplicaPlan(NamedTuple):
    """The rows that a worker replicates, and when it merges them.

    Attributes
    ----------
    inputs, outputs, nodes : ndarray of float32, shape (rows,)
        How often training one kept word uses each of the first rows of `syn0`,
        `syn1neg` and `syn1`, on average; of `syn0`, for each context of the word.
        Those that a worker uses often are replicated; empty if none are.
    first_period, period : int
        Kept words of this worker between two merges: at the start of a run, and at
        most [words].
    transport : float
        How far a merge goes from a sum, 0, towards replacing what was learned apart.
    """

    inputs: NDArray[np.float32]
    outputs: NDArray[np.float32]
    nodes: NDArray[np.float32]
    first_period: int
    period: int
    transport: float


def plan_replicas(
    params: TrainParams, shares: NDArray[np.float64], tables: Tables
) -> ReplicaPlan:
    """Plan the replicas of a run in fast mode.

    Parameters
    ----------
    params : TrainParams
    shares : ndarray of float64, shape (rows,)
        From `sampling.kept_shares`. IN
    tables : Tables

    Returns
    -------
    ReplicaPlan

    Notes
    -----
    A word is an output once where it is the centre word, and wherever it is drawn as a
    negative sample.
    """
    n_words, n_nodes = n_replicated(params, len(shares))
    uses = row_uses(params, shares, tables, n_words, n_nodes)
    inputs, outputs, nodes = (rows.astype(np.float32) for rows in uses)
    return ReplicaPlan(
        inputs,
        outputs,
        nodes,
        max(1, FIRST_WORDS_BETWEEN_MERGES // params.n_workers),
        max(1, WORDS_BETWEEN_MERGES // params.n_workers),
        OVERLAP_MARGIN * transport_factor(params),
    )


def transport_factor(params: TrainParams) -> float:
    """Return how far merges go towards replacing what was learned apart.

    The curvature of a row is that of the loss while the other rows stay as they are.
    They move, too; what this changes depends on the mode, and is measured.
    """
    if params.negative == 0:
        return PATH_TRANSPORT
    return SKIPGRAM_TRANSPORT if params.sg else CBOW_TRANSPORT


class RowUses(NamedTuple):
    """How often training one kept word uses each of the first rows, on average.

    Attributes
    ----------
    inputs, outputs, nodes : ndarray of float64, shape (rows,)
        Of `syn0`, for each context of the word, `syn1neg` and `syn1`.
    """

    inputs: NDArray[np.float64]
    outputs: NDArray[np.float64]
    nodes: NDArray[np.float64]


def row_uses(
    params: TrainParams,
    shares: NDArray[np.float64],
    tables: Tables,
    n_words: int,
    n_nodes: int,
) -> RowUses:
    """Compute how often rows are used.

    Parameters
    ----------
    params, shares, tables
        As for `plan_replicas`.
    n_words, n_nodes : int
        Of the first words and inner nodes.

    Returns
    -------
    RowUses
    """
    outputs = shares[:n_words]
    if isinstance(tables.noise, AliasTable):
        outputs = outputs + params.negative * _noise_shares(tables.noise)[:n_words]
    nodes = np.empty(0)
    if tables.tree is not None:
        nodes = _node_shares(shares, tables.tree, n_nodes)
    return RowUses(_input_uses(params, shares[:n_words]), outputs, nodes)


def _input_uses(
    params: TrainParams, shares: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Compute how often words are used as inputs, for each context of a kept word.

    In CBOW, a word that is there k times among the contexts moves their mean k times
    as far, and each of the k receives the update: it is used k**2 times.  Shards count
    their uses by the same formula; see `square_uses` in `_core_parts/rounds.pxi`.
    """
    return shares * (1 + other_contexts(params) * shares)


def other_contexts(params: TrainParams) -> int:
    """Return how many others a context shares its mean with: in skip-gram none."""
    if params.sg:
        return 0
    return min(params.mean_contexts - 1, params.max_sentence_length)


def n_replicated(params: TrainParams, n_rows: int) -> tuple[int, int]:
    """Return how many of n_rows words and of their inner nodes are replicated.

    Nothing is with full softmax, which updates all rows equally often.
    """
    if params.n_workers == 1 or params.exact or params.objective == "softmax":
        return 0, 0
    n_nodes = min(REPLICATED_NODES, n_rows) if params.hs else 0
    return min(REPLICATED_WORDS, n_rows), n_nodes


def replica_rows(params: TrainParams, n_rows: int) -> int:
    """Return how many rows all replicas take; each is stored three times."""
    n_words, n_nodes = n_replicated(params, n_rows)
    return 3 * params.n_workers * (n_words * (2 if params.negative else 1) + n_nodes)


def _noise_shares(noise: AliasTable) -> NDArray[np.float64]:
    """Compute how often each word is drawn as one negative sample."""
    thresholds, aliases = noise.entries.T
    own = thresholds.astype(np.float64) / (1 << 32)
    others = np.bincount(aliases, 1 - own, minlength=len(own))
    shares: NDArray[np.float64] = (own + others) / len(own)
    return shares


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
