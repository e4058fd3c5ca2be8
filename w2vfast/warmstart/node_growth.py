"""Inner nodes of the tree of a grown vocabulary, computed from the tree before.

Other counts give another Huffman tree, whose nodes separate other sets of words, so no
node can be kept as it is.  What the old tree has learned about each word can be kept:
it is summed up at the leaves, and each node of the new tree begins with the difference
between the words on its two sides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from w2vfast.training.huffman import HuffmanTree

_COLUMNS = 16  # computed at a time, so that scratch memory does not grow with D


class _Shape(NamedTuple):
    """A tree from the root down, with n inner nodes.

    Attributes
    ----------
    children : ndarray of int64, shape (n, 2)
        What branch 0 and branch 1 lead to: an inner node, or n + leaf.
    levels : list of ndarray of int64
        Inner nodes by their distance from the root.
    lengths : ndarray of int64, shape (rows,)
        Path length of each leaf; 0 for a row that is not a leaf.
    """

    children: NDArray[np.int64]
    levels: list[NDArray[np.int64]]
    lengths: NDArray[np.int64]


def grown_nodes(
    before: HuffmanTree,
    after: HuffmanTree,
    origins: NDArray[np.int64],
    syn1: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Compute the initial vectors of the inner nodes of a new tree.

    Parameters
    ----------
    before, after : HuffmanTree
    origins : ndarray of int64, shape (rows after growth,)
        Leaf of `before` that each leaf of `after` was, -1 if it is new.
    syn1 : ndarray of float32, shape (rows, D)
        The inner nodes of `before`.

    Returns
    -------
    ndarray of float32, shape (n, D)
        The inner nodes of `after`; zeros where one side has new words only.

    Notes
    -----
    To first order log sigmoid(y) = y / 2 - log 2, so for an input x the old tree gives
    a word the log probability u . x - L log 2, with u the sum of +-1/2 of the vectors
    on its path.  The log odds of two sets of words are then (mean u of the one - mean
    u of the other) . x, the words weighted by 2 ** -L, and that difference is where a
    node begins.  A tree that has not changed keeps its vectors, because the +-1/2 of
    all nodes below a node cancel out in the mean.
    """
    old, new = _shape(before), _shape(after)
    weights = np.where(old.lengths > 0, 0.5**old.lengths, 0.0)
    weights = np.where(origins >= 0, weights[origins], 0.0)
    vectors = np.empty((len(new.children), syn1.shape[1]), dtype=np.float32)
    for start in range(0, syn1.shape[1], _COLUMNS):
        columns = slice(start, start + _COLUMNS)
        leaves = _sum_along_paths(old, syn1[:, columns])
        vectors[:, columns] = _mean_differences(new, leaves[origins], weights)
    return vectors


def _shape(tree: HuffmanTree) -> _Shape:
    lengths = np.diff(tree.offsets)
    n_nodes = int(tree.points.max()) + 1
    leaf = np.repeat(np.arange(len(lengths)), lengths)
    step = np.arange(len(leaf)) - tree.offsets[leaf]
    is_last = step == lengths[leaf] - 1
    children = np.empty((n_nodes, 2), dtype=np.int64)
    children[tree.points, tree.codes] = np.where(
        is_last, n_nodes + leaf, np.roll(tree.points, -1)
    )
    depth = np.empty(n_nodes, dtype=np.int64)
    depth[tree.points] = step
    order = np.argsort(depth, kind="stable")
    levels = np.split(order, np.cumsum(np.bincount(depth))[:-1])
    return _Shape(children, levels, lengths)


def _sum_along_paths(shape: _Shape, syn1: NDArray[np.float32]) -> NDArray[np.float64]:
    """Sum +-1/2 of the vectors on each leaf's path, shape (rows, columns)."""
    n_nodes = len(shape.children)
    sums = np.zeros((n_nodes + len(shape.lengths), syn1.shape[1]))
    for nodes in shape.levels:
        half = syn1[nodes] / np.float64(2)
        sums[shape.children[nodes, 0]] = sums[nodes] + half
        sums[shape.children[nodes, 1]] = sums[nodes] - half
    return sums[n_nodes:]


def _mean_differences(
    shape: _Shape, leaves: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Subtract the weighted means of the leaves on the two sides of each inner node."""
    n_nodes = len(shape.children)
    total = np.concatenate([np.zeros(n_nodes), weights])
    sums = np.concatenate(
        [np.zeros((n_nodes, leaves.shape[1])), weights[:, None] * leaves]
    )
    for nodes in reversed(shape.levels):
        zero, one = shape.children[nodes].T
        total[nodes] = total[zero] + total[one]
        sums[nodes] = sums[zero] + sums[one]
    means = sums / np.where(total > 0, total, 1.0)[:, None]
    zero, one = shape.children.T
    both = (total[zero] > 0) & (total[one] > 0)
    return np.where(both[:, None], means[zero] - means[one], 0.0)
