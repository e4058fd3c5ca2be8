"""The matrices of a model after its vocabulary has grown.

Rows of known words move with their words, bit for bit.  A row of a new word begins as
in a new model: it depends on the seed and on how many words were added before it.
Other counts give another Huffman tree, so inner nodes are computed anew; see
`w2vfast.warmstart.node_growth`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from w2vfast.training.tables import build_tree
from w2vfast.training.weights import Rows, Weights, new_weights
from w2vfast.warmstart.node_growth import grown_nodes

if TYPE_CHECKING:
    from w2vfast.params import TrainParams
    from w2vfast.text.vocab_growth import GrownVocab

ROWS_AT_ONCE = 4096  # copied at a time, so that no third matrix is needed


def grown_weights(
    weights: Weights,
    counts: NDArray[np.int64],
    grown: GrownVocab,
    params: TrainParams,
) -> Weights:
    """Make the matrices of a grown vocabulary.

    Parameters
    ----------
    weights : Weights
        Not changed.
    counts : ndarray of int64, shape (rows,)
        Occurrences before the growth; they give the tree of `weights.syn1`.
    grown : GrownVocab
        The words afterwards.
    params : TrainParams

    Returns
    -------
    Weights
        Compact, in new memory.

    Raises
    ------
    MemoryError
        If they do not fit in memory beside the old ones.

    Notes
    -----
    Differs: gensim keeps the vectors of inner nodes in their old rows, which belong
    to other nodes of the new tree.
    """
    after = new_weights(len(grown), params)
    before = len(counts)
    fresh = after.syn0.vectors[before:].copy()
    is_old = grown.origins < before
    _move(weights.syn0, after.syn0, grown.origins)
    after.syn0.vectors[~is_old] = fresh[grown.origins[~is_old] - before]
    if weights.syn1neg is not None and after.syn1neg is not None:
        _move(weights.syn1neg, after.syn1neg, grown.origins)
    if weights.syn1 is not None and after.syn1 is not None:
        exact = params.exact
        trees = build_tree(counts, exact), build_tree(grown.counts, exact)
        leaves = np.where(is_old, grown.origins, -1)
        nodes = grown_nodes(*trees, leaves, weights.syn1.vectors)
        after.syn1.vectors[: len(nodes)] = nodes
    after.pack()
    return after


def _move(before: Rows, after: Rows, origins: NDArray[np.int64]) -> None:
    """Copy each old row to the row of its word now."""
    now = np.flatnonzero(origins < len(before.vectors))
    for start in range(0, len(now), ROWS_AT_ONCE):
        rows = now[start : start + ROWS_AT_ONCE]
        after.vectors[rows] = before.vectors[origins[rows]]
