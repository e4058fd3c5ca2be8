"""What the matrices of a model become when its vocabulary has grown.

Rows of words move with their words and keep every bit.  Rows of new words begin as
rows of a new model do, by the seed and by the word's number among all that ever came
in.  Inner nodes belong to a tree, and the tree of other counts is another; see
`grownnodes`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from w2vfast.training.trainer import Rows, Weights, new_weights
from w2vfast.warmstart.node_growth import grown_nodes

if TYPE_CHECKING:
    from collections.abc import Callable

    from w2vfast.params import TrainParams
    from w2vfast.text.vocab_growth import GrownVocab
    from w2vfast.training.huffman import HuffmanTree

ROWS_AT_ONCE = 4096  # so that no third matrix is needed


def grown_weights(
    weights: Weights,
    counts: NDArray[np.int64],
    grown: GrownVocab,
    params: TrainParams,
    build_tree: Callable[[NDArray[np.int64]], HuffmanTree],
) -> Weights:
    """Make the matrices of a grown vocabulary.

    Parameters
    ----------
    weights : Weights
        Of V words; stay as they are.
    counts : ndarray of int64, shape (V,)
        Occurrences before the growth, which `weights.syn1` was trained with.
    grown : GrownVocab
        The words afterwards.
    params : TrainParams
    build_tree : callable
        Gives the tree of some counts.

    Returns
    -------
    Weights
        Compact, in memory of their own.

    Raises
    ------
    MemoryError
        If there is no room for them beside the old ones.

    Notes
    -----
    Differs: gensim lets the vectors of inner nodes stand in their old rows, which in
    the new tree are other nodes.
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
        trees = build_tree(counts), build_tree(grown.counts)
        leaves = np.where(is_old, grown.origins, -1)
        nodes = grown_nodes(*trees, leaves, weights.syn1.vectors)
        after.syn1.vectors[: len(nodes)] = nodes
    after.pack()
    return after


def _move(before: Rows, after: Rows, origins: NDArray[np.int64]) -> None:
    """Put each old row where its word is now."""
    now = np.flatnonzero(origins < len(before.vectors))
    for start in range(0, len(now), ROWS_AT_ONCE):
        rows = now[start : start + ROWS_AT_ONCE]
        after.vectors[rows] = before.vectors[origins[rows]]
